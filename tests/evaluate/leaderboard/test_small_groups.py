"""No group of few people is shown, and none can be worked out from the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.aggregate import Battles
from manyvoices.evaluate.leaderboard.small_groups import OTHER, fold, people_of


def battles(sizes: dict[str, int], *, named: bool = True) -> Battles:
    rows = [
        {"model_a": "x", "model_b": "y", "outcome": "A", "group": group}
        | ({"participant_id": f"{group}-{i}"} if named else {})
        for group, n in sizes.items()
        for i in range(n)
    ]
    return Battles.from_rows(rows, groups=("group",))


def test_large_groups_stay_and_small_ones_are_one() -> None:
    found = fold(battles({"a": 30, "b": 20, "c": 6, "d": 5}), "group", 10)
    assert list(found.parts) == ["a", "b", OTHER]
    assert found.small == ("d", "c")
    assert people_of(found.parts[OTHER]) == 11


def test_a_single_small_group_takes_the_next_with_it() -> None:
    found = fold(battles({"a": 30, "b": 20, "c": 15, "d": 9}), "group", 10)
    assert list(found.parts) == ["a", "b", OTHER]
    assert set(found.small) == {"c", "d"}


def test_where_two_groups_cannot_be_shown_none_is() -> None:
    assert fold(battles({"a": 30, "b": 5}), "group", 10).parts == {}
    assert fold(battles({"a": 30}), "group", 10).parts == {}


def test_battles_of_nobody_count_for_one_person_each() -> None:
    assert list(fold(battles({"a": 30, "b": 20}, named=False), "group", 10).parts) == ["a", "b"]


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 25), min_size=1),
    st.integers(1, 15),
)
def test_no_group_shown_is_small_and_no_folded_one_stands_alone(
    sizes: dict[str, int], least: int
) -> None:
    whole = battles(sizes)
    found = fold(whole, "group", least)
    assert all(people_of(part) >= least for part in found.parts.values())
    assert len(found.small) != 1 or not found.parts
    assert len(found.parts) != 1
    if found.parts:
        assert sum(map(len, found.parts.values())) == len(whole)


def test_the_field_must_be_there() -> None:
    with pytest.raises(ValueError, match="no group field"):
        fold(battles({"a": 3}), "colour", 10)
