"""The balanced subset: counts as in the paper, a draw that no row order moves."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.curate.drawing import draw
from manyvoices.curate.subsets import balanced_subset
from manyvoices.schema.errors import DataError

TYPES = ("unguided", "values guided", "controversy guided")
HELD = st.lists(
    st.tuples(st.integers(0, 5).map("user{}".format), st.sampled_from(TYPES)), max_size=60
)


def table(held: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {
        "conversation_id": [f"c{i}" for i in range(len(held))],
        "user_id": [user for user, _ in held],
        "conversation_type": [kind for _, kind in held],
    }


@settings(deadline=None)
@given(HELD)
def test_everybody_kept_has_as_many_of_each_type_as_of_their_rarest(
    held: list[tuple[str, str]],
) -> None:
    found = balanced_subset(table(held), types=TYPES)
    kept = Counter(held[int(one[1:])] for one in found.included)
    for user in {user for user, _ in held}:
        least = min(held.count((user, kind)) for kind in TYPES)
        assert [kept[user, kind] for kind in TYPES] == [least] * 3


@settings(deadline=None)
@given(HELD)
def test_every_conversation_is_in_or_has_a_reason(held: list[tuple[str, str]]) -> None:
    found = balanced_subset(table(held), types=TYPES)
    assert sorted([*found.included, *found.excluded]) == sorted(table(held)["conversation_id"])
    assert all(found.excluded.values())


@settings(deadline=None)
@given(HELD, st.randoms())
def test_the_order_of_rows_changes_nothing(held: list[tuple[str, str]], rng: object) -> None:
    rows = table(held)
    order = list(range(len(held)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    mixed = {name: [values[i] for i in order] for name, values in rows.items()}
    one, other = balanced_subset(rows, types=TYPES), balanced_subset(mixed, types=TYPES)
    assert set(one.included) == set(other.included)


def test_another_seed_draws_others() -> None:
    rows = table(
        [("user0", kind) for kind in TYPES for _ in range(30)] + [("user0", TYPES[0])] * 60
    )
    drawn = {balanced_subset(rows, types=TYPES, seed=seed).included for seed in range(5)}
    assert len(drawn) == 5


def test_the_flags_say_who_is_in() -> None:
    found = balanced_subset(table([("a", TYPES[0]), ("b", TYPES[0]), ("b", TYPES[0])]), types=None)
    assert found.flags(["c0", "c1", None]) == [True, True, False]
    assert found.flags_of_people(["a", "z"]) == [True, False]


def test_what_cannot_be_balanced_is_named() -> None:
    rows = table([("a", TYPES[0]), ("a", "another"), ("a", None)])  # type: ignore[list-item]
    found = balanced_subset(rows, types=TYPES)
    assert found.excluded == {
        "c0": "its author held no conversation of type values guided",
        "c1": "its type is another",
        "c2": "it has no type",
    }


def test_an_id_on_two_rows_is_a_fault() -> None:
    rows = {"conversation_id": ["c", "c"], "user_id": ["a", "a"], "conversation_type": ["x", "x"]}
    with pytest.raises(DataError, match="'c' again"):
        balanced_subset(rows)


def test_missing_columns_are_all_named() -> None:
    with pytest.raises(DataError) as caught:
        balanced_subset({"conversation_id": []})
    assert [fault.path for fault in caught.value.faults] == ["user_id", "conversation_type"]


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
@settings(max_examples=25, deadline=None)
@given(HELD.filter(lambda held: len({kind for _, kind in held}) == 3))
def test_the_published_draw_is_that_of_pandas(held: list[tuple[str, str]]) -> None:
    import pandas as pd

    rows = table(held)
    frame = pd.DataFrame(rows)
    kinds = frame["conversation_type"].unique()
    expected: set[str] = set()
    for _, group in frame.groupby("user_id"):
        counts = group["conversation_type"].value_counts()
        if all(kind in counts.index for kind in kinds):
            for kind in kinds:
                part = group[group["conversation_type"] == kind]
                drawn = part.sample(int(counts.loc[kinds].min()), random_state=0)
                expected |= set(drawn["conversation_id"])
    assert set(balanced_subset(rows, method="prism").included) == expected


def test_all_are_drawn_where_there_are_not_enough() -> None:
    assert draw(["a", "b"], 3, group="g", seed=0, method="manyvoices") == ["a", "b"]
