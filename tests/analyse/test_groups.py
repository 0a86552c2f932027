"""Groups are compared with groups drawn by lot."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analyse.releases import Plan, make_table

from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.groups import compare_groups, default_fields
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.splits import group_fields, split_battles
from manyvoices.schema.errors import DataError

DRAWN = Resampling(n_resamples=40)


def test_a_planted_difference_between_regions_is_found() -> None:
    table = make_table(Plan(n_people=80, reversed_region="South"))
    found = compare_groups(table, opening_battles(table), "region", resampling=DRAWN, n_deals=60)
    assert [group.label for group in found.groups] == ["North", "South"]
    assert found.agreement is not None
    assert found.agreement.tau == pytest.approx(-1.0)
    assert found.agreement.tau < found.agreement.by_lot_low
    assert found.differ
    assert max(row.spots for row in found.models) == 3


def test_groups_that_agree_are_not_said_to_differ() -> None:
    table = make_table(Plan(n_people=80))
    found = compare_groups(table, opening_battles(table), "region", resampling=DRAWN, n_deals=60)
    assert found.agreement is not None
    assert found.agreement.tau == pytest.approx(1.0)
    assert not found.differ


def test_asking_more_questions_asks_for_stronger_evidence() -> None:
    table = make_table(Plan(n_people=80, reversed_region="South"))
    battles = opening_battles(table)
    found = compare_groups(table, battles, "region", resampling=DRAWN, n_deals=60, n_fields=100)
    assert found.threshold == pytest.approx(0.0005)
    assert not found.differ


def test_small_groups_and_people_who_would_rather_not_say_get_no_ranking() -> None:
    table = make_table(Plan(n_people=200))
    found = compare_groups(table, opening_battles(table), "gender", resampling=DRAWN, n_deals=5)
    assert [group.label for group in found.groups] == ["Female", "Male"]
    assert [label for label, _ in found.left_out] == ["Non-binary"]
    n_declined = sum(a.value == "Prefer not to say" for a in table.answers)
    n_named = sum(group.n_participants for group in found.groups) + found.left_out[0][1]
    assert n_declined > 0
    assert n_named == 200 - n_declined


def test_small_groups_are_joined_where_only_one_is_large_and_nobody_is_lost() -> None:
    table = make_table(Plan(n_people=60))
    battles = opening_battles(table)
    assert split_battles(table, battles, "gender").sizes == (36, 21, 1)
    found = compare_groups(table, battles, "gender", resampling=DRAWN, n_deals=5, min_group=22)
    assert [(group.label, group.n_participants) for group in found.groups] == [
        ("Female", 36),
        ("All others who answered", 22),
    ]
    assert found.folded == ("Male", "Non-binary")
    assert found.left_out == ()
    assert default_fields(table, battles, min_group=22)[0] == "gender"


def test_a_deal_keeps_the_sizes_of_groups_and_leaves_out_who_was_left_out() -> None:
    table = make_table(Plan(n_people=120))
    split = split_battles(table, opening_battles(table), "gender")
    dealt = split.dealt(np.random.default_rng(0))
    assert (dealt != split.group_of_unit).any()
    assert np.array_equal(np.sort(dealt), np.sort(split.group_of_unit))
    assert np.array_equal(dealt < 0, split.group_of_unit < 0)


def test_conversation_types_are_exchanged_within_a_person_only() -> None:
    table = make_table(Plan(n_people=30))
    split = split_battles(table, opening_battles(table), "conversation_type")
    dealt = split.dealt(np.random.default_rng(0))
    for person in range(30):
        mine = split.stratum_of_unit == person
        assert np.array_equal(np.sort(dealt[mine]), np.sort(split.group_of_unit[mine]))
    assert split.names == ("Anything you like", "About values")


def test_default_fields_are_those_with_groups_large_enough() -> None:
    large = make_table(Plan(n_people=200))
    assert default_fields(large, opening_battles(large)) == (
        "gender",
        "region",
        "conversation_type",
    )
    small = make_table(Plan(n_people=10))
    assert default_fields(small, opening_battles(small)) == ()


def test_an_unknown_field_is_a_fault_that_names_the_fields_there_are() -> None:
    table = make_table(Plan(n_people=4))
    assert group_fields(table) == ("gender", "region", "conversation_type", "language")
    with pytest.raises(DataError, match="gender, region, conversation_type, language"):
        split_battles(table, opening_battles(table), "shoe_size")


def test_groups_without_battles_give_an_empty_comparison() -> None:
    for plan in (Plan(n_people=0), Plan(p_unrated=1.0)):
        table = make_table(plan)
        found = compare_groups(
            table, opening_battles(table), "conversation_type", resampling=DRAWN, n_deals=5
        )
        assert (found.groups, found.models, found.agreement) == ((), (), None)


def test_language_is_a_field_of_the_person() -> None:
    table = make_table(Plan(n_people=150))
    found = compare_groups(table, opening_battles(table), "language", resampling=DRAWN, n_deals=5)
    assert [(g.label, g.n_participants) for g in found.groups] == [("cy", 30), ("en", 120)]
