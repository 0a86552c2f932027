"""Populations and schemes as data: who is in, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from manyvoices.analyse.dataset import GroupField
from manyvoices.analyse.welfare import Population, load_plan, plan_for
from manyvoices.schema import DataError

PEOPLE = pl.DataFrame(
    {"gender": ["Male", "Female", None, "Prefer not to say", "Non-binary"] * 10},
)


def test_prisms_complements_hold_those_who_would_rather_not_say_and_ours_do_not() -> None:
    theirs = load_plan("prism").population("nonmale").members(PEOPLE)
    ours = Population("x", "Not male", "gender", ("Male",), complement=True).members(PEOPLE)
    assert theirs[:5].tolist() == [False, True, True, True, True]
    assert ours[:5].tolist() == [False, True, False, False, True]


def test_prisms_plan_is_two_countries_four_populations_and_seven_schemes() -> None:
    plan = load_plan("prism")
    assert [region.field for region in plan.regions] == ["included_in_US_REP", "included_in_UK_REP"]
    assert plan.welfare == ("all", "nonmale", "nonwhite", "below_45")
    assert [(one.population, one.n) for one in plan.schemes] == [
        *(("all", n) for n in (10, 20, 50, 100)),
        *((name, 100) for name in ("male", "white", "above_45")),
    ]
    assert plan.reference == "rep_100"


def test_nobody_is_in_a_region_that_the_release_does_not_mark() -> None:
    region = load_plan("prism").regions[0]
    assert not region.members(PEOPLE).any()
    marked = PEOPLE.with_columns(
        included_in_US_REP=pl.Series([True, False, None, True, False] * 10)
    )
    assert region.members(marked)[:5].tolist() == [True, False, False, True, False]


def test_any_field_makes_its_largest_group_and_the_others() -> None:
    people = PEOPLE.with_columns(gender=pl.col("gender").fill_null("Female"))
    field = GroupField("gender", "Gender", ("Male", "Female", "Non-binary"))
    plan = plan_for(people, (field,), min_group=5)
    assert plan.welfare == ("all", "not_gender")
    assert plan.population("gender").values == ("Female",)
    assert plan.population("not_gender").members(people).sum() == 20
    assert plan_for(people, (field,), min_group=25).welfare == ("all",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x", "missing required field"),
        ("[", "a welfare plan"),
        (
            "{title: x, regions: [], populations: [{id: all, label: A}], welfare: [none], "
            "schemes: [{id: s, label: S, population: all, n: 5}], reference: t}",
            "'none', expected an id",
        ),
        (
            "{title: x, regions: [], populations: [{id: m, label: M, field: g, values: [a]}], "
            "welfare: [m], schemes: [{id: s, label: S, population: m, n: 5}], reference: s}",
            "draws from everyone",
        ),
    ],
)
def test_a_file_that_is_no_plan_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        load_plan(path)


def test_a_plan_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "{title: Mine, regions: [{id: a, label: A}], populations: [{id: all, label: All}], "
        "welfare: [all], schemes: [{id: s, label: S, population: all, n: 5}], reference: s}"
    )
    assert load_plan(path).schemes[0].n == 5
