"""Attributes: untouched, "does not apply" and a number are three things."""

from __future__ import annotations

from statistics import mean

import pytest
from tests.analyse.releases import Plan, make_records, make_table

from manyvoices.analyse.attributes import attribute_blocks
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import tabulate

DRAWN = Resampling(n_resamples=20)


def test_means_and_shares_equal_a_recount() -> None:
    plan = Plan(p_not_applicable=0.3)
    given = [c.performance_attributes["safety"] for c in make_records(plan).conversations]
    block = next(b for b in attribute_blocks(make_table(plan), resampling=DRAWN))
    safety = next(item for item in block.items if item.id == "safety")
    numbers = [value for value in given if value is not None]
    assert block.kind == "performance"
    assert safety.n == len(numbers) < len(given)
    assert safety.mean == pytest.approx(mean(numbers))
    n_not_applicable = len(given) - len(numbers)
    assert (safety.not_applicable.n, safety.not_applicable.of) == (n_not_applicable, len(given))


def test_a_survey_slider_left_alone_is_not_does_not_apply() -> None:
    block = attribute_blocks(make_table(), resampling=DRAWN)[-1]
    assert block.kind == "survey"
    (facts,) = block.items
    assert facts.id == "facts"
    assert facts.not_applicable.n == 0


def test_a_survey_slider_can_say_does_not_apply() -> None:
    records = make_records(Plan(n_people=2))
    replaced = [
        a if a.kind != "vas" else type(a)(**{**_fields(a), "value": {"facts": "not_applicable"}})
        for a in records.answers
    ]
    table = tabulate(records.participants, replaced, [])
    (block,) = attribute_blocks(table, resampling=DRAWN)
    (facts,) = block.items
    assert (facts.n, facts.not_applicable.n, facts.not_applicable.of) == (0, 2, 2)


def test_statements_are_ordered_by_mean_and_unanswered_blocks_are_left_out() -> None:
    blocks = attribute_blocks(make_table(), resampling=DRAWN)
    assert [block.kind for block in blocks] == ["performance", "choice", "survey"]
    means = [item.mean for item in blocks[0].items]
    assert means == sorted(means, reverse=True)
    assert attribute_blocks(tabulate([], [], [])) == ()


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}  # type: ignore[attr-defined]
