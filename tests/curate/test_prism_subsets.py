"""PRISM's two subsets on people and conversations whose counts are the published ones.

Its survey is not here; the synthetic one has its real ids, and the published joint counts of types
per subset and of age, gender and ethnicity (see `benchmarks.synthetic_prism`).
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.real_data import needs_real_data, real

from manyvoices.curate.census import CensusSample, census_sample
from manyvoices.curate.census_tables import (
    DIMENSIONS,
    GENDERS,
    CensusTable,
    prism_cells,
    read_uk_census,
    read_us_census,
)
from manyvoices.curate.raking import rake
from manyvoices.curate.subsets import Subset, balanced_subset

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def prism() -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    from benchmarks.synthetic.conversations import types_of
    from benchmarks.synthetic.golden import read_golden
    from benchmarks.synthetic.people import by_person, survey_rows

    golden = read_golden()
    types, balanced = types_of(by_person(golden.skeleton), random.Random(0))
    talks = {
        "conversation_id": [conversation for conversation, _, _ in golden.skeleton],
        "user_id": [user for _, user, _ in golden.skeleton],
        "conversation_type": [types[conversation] for conversation, _, _ in golden.skeleton],
    }
    return talks, list(survey_rows(golden, balanced, random.Random(0)).values())


@pytest.fixture(scope="module", params=["manyvoices", "prism"])
def subset(request: pytest.FixtureRequest, prism: tuple[Any, Any]) -> Subset:
    return balanced_subset(prism[0], method=request.param)


def test_the_balanced_subset_has_the_published_size(subset: Subset) -> None:
    assert len(subset.included) == 6_696
    assert len(subset.people) == 1_246
    assert len(subset.excluded) == 8_011 - 6_696
    assert set(subset.per_type.values()) == {6_696 // 3}


def people_of(locale: str, subset: Subset, rows: list[dict[str, Any]]) -> dict[str, Any]:
    kept = set(subset.people)
    chosen = [
        row
        for row in rows
        if row["study_locale"] == locale and row["user_id"] in kept and row["gender"] in GENDERS
    ]
    return prism_cells(
        {name: [row[name] for row in chosen] for name in ("user_id", "age", "gender")}
        | {"ethnicity_categorised": [row["ethnicity"]["categorised"] for row in chosen]}
    )


def census(locale: str) -> CensusTable:
    if locale == "uk":
        return read_uk_census(real("prism/census/uk.csv"))
    return read_us_census(real("prism/census/us_census_aggregate.csv"))


@pytest.mark.parametrize(
    ("locale", "n_people", "n_eligible", "n_after"), [("uk", 283, 274, 243), ("us", 297, 287, 230)]
)
def test_the_census_samples_have_the_published_sizes(
    locale: str, n_people: int, n_eligible: int, n_after: int, subset: Subset, prism: Any
) -> None:
    people = people_of(locale, subset, prism[1])
    sample: CensusSample = census_sample(people, census(locale), preset="prism")
    assert (sample.n_people, sample.n_eligible, len(sample.included)) == (
        n_people,
        n_eligible,
        n_after,
    )
    assert sum(sample.flags(people["user_id"])) == n_after


@pytest.mark.parametrize("locale", ["uk", "us"])
def test_raking_meets_the_margins_that_drawing_cannot(
    locale: str, subset: Subset, prism: Any
) -> None:
    people, table = people_of(locale, subset, prism[1]), census(locale)
    margins = {name: table.margin(name) for name in DIMENSIONS}
    found = rake(people, margins, missing="leave out")
    assert found.converged
    assert found.max_error < 1e-8
    sample = census_sample(people, table, preset="prism")
    left = sample.differences(("age",), when="after")
    assert max(map(abs, left.values())) > 1
    # The price, said plainly: fewer effective people than were drawn.
    assert 190 < found.n_effective < len(sample.included)
