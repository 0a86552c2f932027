"""What a form says of an order: the same, however somebody put it together."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from manyvoices.collect.trees.ranking_forms import FLAGS, read_ranking, shuffled

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
IDS = [f"reply-{i}" for i in range(9)]
Order = tuple[list[str], list[list[str]]]
"""The ids in the order shown, and groups of some of them, best first."""


@st.composite
def orders(draw: st.DrawFn) -> Order:
    shown = draw(st.permutations(IDS[: draw(st.integers(2, len(IDS)))]))
    places = [draw(st.none() | st.integers(0, 4)) for _ in shown]
    numbers = sorted({place for place in places if place is not None})
    pairs = list(zip(shown, places, strict=True))
    return shown, [[key for key, place in pairs if place == number] for number in numbers]


def form(shown: list[str], places: dict[str, str], **more: str) -> dict[str, list[str]]:
    fields = {f"place-{key}": [text] for key, text in places.items()}
    return {"shown": list(shown), **fields, **{name: [value] for name, value in more.items()}}


def numbered(groups: list[list[str]], numbers: list[int]) -> dict[str, str]:
    return {
        key: str(number) for group, number in zip(groups, numbers, strict=True) for key in group
    }


@unhurried
@given(orders(), st.data())
def test_only_the_order_of_the_numbers_counts(order: Order, data: st.DataObject) -> None:
    shown, groups = order
    steps = data.draw(st.lists(st.integers(1, 90), min_size=len(groups), max_size=len(groups)))
    dense = form(shown, numbered(groups, list(range(1, len(groups) + 1))))
    with_gaps = form(shown, numbered(groups, list(accumulate(steps))))
    assert read_ranking(dense, IDS).groups == groups
    assert read_ranking(with_gaps, IDS).groups == groups


@unhurried
@given(orders(), st.randoms())
def test_the_order_of_fields_blanks_and_other_digits_change_nothing(
    order: Order, rng: object
) -> None:
    shown, groups = order
    places = numbered(groups, list(range(1, len(groups) + 1)))
    texts = {
        key: f" {text.translate(str.maketrans('123456789', '١٢٣٤٥٦٧٨٩'))} "
        for key, text in places.items()
    }
    empty = {key: " " for key in shown if key not in texts}
    fields = list(form(shown, texts | empty, moved="1").items())
    rng.shuffle(fields)  # type: ignore[attr-defined]
    assert read_ranking(dict(fields), IDS).groups == groups


@unhurried
@given(orders())
def test_nothing_is_invented(order: Order) -> None:
    shown, groups = order
    read = read_ranking(form(shown, numbered(groups, list(range(1, len(groups) + 1)))), IDS)
    placed = [key for group in read.groups for key in group]
    assert len(placed) == len(set(placed))
    assert bool(read.errors) == (len(placed) < 2)
    assert read.flags == {}
    assert not read.all_bad


def test_a_place_that_is_no_number_is_named_where_it_stands() -> None:
    for text in ("first", "0", "-1", "1.5", "9" * 400):
        read = read_ranking(form(IDS[:2], {IDS[0]: text, IDS[1]: "1"}), IDS)
        assert list(read.errors) == [f"place-{IDS[0]}"], text


def test_replies_that_were_never_there_are_no_part_of_it() -> None:
    posted = form(["stranger", *IDS[:2], IDS[0]], {"stranger": "1", IDS[0]: "3", IDS[1]: "2"})
    read = read_ranking(posted, IDS)
    assert read.shown == IDS[:2]
    assert read.groups == [[IDS[1]], [IDS[0]]]


def test_where_all_are_bad_no_order_is_needed_and_none_is_made_up() -> None:
    assert read_ranking(form(IDS[:2], {}, **{"all-bad": "1"}), IDS).errors == {}
    as_shown = form(IDS[:2], {IDS[0]: "1", IDS[1]: "2"}, moved="0", **{"all-bad": "1"})
    assert read_ranking(as_shown, IDS).groups == []
    assert not read_ranking(as_shown, IDS).is_unmoved
    made = form(IDS[:2], {IDS[0]: "1", IDS[1]: "2"}, moved="1", **{"all-bad": "1"})
    assert read_ranking(made, IDS).groups == [[IDS[0]], [IDS[1]]]


@pytest.mark.parametrize(
    ("moved", "asked_back", "is_unmoved"),
    [("0", "", True), ("0", "1", False), ("1", "", False), ("", "", False)],
)
def test_an_order_that_nobody_made_is_asked_back_once(
    moved: str, asked_back: str, is_unmoved: bool
) -> None:
    posted = form(IDS[:2], {IDS[0]: "1", IDS[1]: "2"}, moved=moved)
    assert read_ranking(posted | {"asked-back": [asked_back]}, IDS).is_unmoved is is_unmoved


def test_flags_are_those_that_there_are_and_belong_to_a_reply() -> None:
    posted = form(IDS[:2], {IDS[0]: "1", IDS[1]: "2"})
    posted |= {f"flag-{IDS[0]}": ["spam", "wrong", "rude"], "flag-stranger": ["spam"]}
    assert read_ranking(posted, IDS).flags == {IDS[0]: ["wrong", "spam"]}
    assert set(FLAGS) == {"wrong", "unsafe", "spam", "cannot_judge"}


@unhurried
@given(st.integers(0, 2**62), st.sets(st.sampled_from(IDS)), st.sampled_from(IDS))
def test_the_order_shown_is_drawn_by_the_seed_and_survives_a_newcomer(
    seed: int, keys: set[str], new: str
) -> None:
    before = shuffled(keys, seed)
    assert sorted(before) == sorted(keys)
    assert shuffled(reversed(before), seed) == before
    after = shuffled(keys | {new}, seed)
    assert [key for key in after if key in keys] == before


def test_other_seeds_show_other_orders() -> None:
    assert len({tuple(shuffled(IDS[:3], seed)) for seed in range(100)}) == 6
