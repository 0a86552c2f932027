"""The chapter about people: PRISM's published numbers, and releases of other shapes."""

from __future__ import annotations

import csv
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analyse.releases import write_release
from tests.curate.people import published_cells
from tests.real_data import needs_real_data, real

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.people import People, people_chapter
from manyvoices.analyse.people.census import census_comparison
from manyvoices.analyse.people.places import places
from manyvoices.analyse.people.reference import read_references
from manyvoices.analyse.people.rows import iso_of, survey_rows
from manyvoices.analyse.settings import Settings

CENSUS = {"uk": "prism/census/uk.csv", "us": "prism/census/us_census_aggregate.csv"}
ETHNICITY = {"Black": "Black / African", "Other": "Hispanic / Latino"}


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("native")
    write_release(folder)
    return read_dataset(folder)


def eligible(native: Dataset, locale: str) -> tuple[Dataset, list[dict[str, Any]]]:
    """As many people of each cell as PRISM's notebook shows, in PRISM's columns."""
    n = {"uk": 274, "us": 287}[locale]
    shares = published_cells(real(f"prism/golden/census_{locale}_observed_balanced_pct.csv"))
    rows = []
    for (age, gender, ethnicity), percent in shares.items():
        rows += [
            {
                "user_id": f"user{len(rows) + i}",
                "age": age,
                "gender": gender,
                "ethnicity_categorised": ETHNICITY.get(ethnicity, ethnicity),
                "study_locale": locale,
            }
            for i in range(round(percent * n / 100))
        ]
    people = pl.DataFrame(rows)
    return replace(native, people=people, conversations=native.conversations.clear()), rows


@needs_real_data
@pytest.mark.parametrize("locale", ["uk", "us"])
def test_differences_from_the_census_are_those_of_figure_8(native: Dataset, locale: str) -> None:
    dataset, rows = eligible(native, locale)
    (table,) = read_references([real(CENSUS[locale])]).joint
    found = census_comparison(dataset, rows, table, Settings())
    assert found is not None
    observed = published_cells(real(f"prism/golden/census_{locale}_observed_balanced_pct.csv"))
    name = {"uk": "uk_2021", "us": "us"}[locale]
    expected = published_cells(real(f"prism/golden/census_{name}_adult_pct.csv"))
    before = {cell.cell: cell.before for cell in found.sample.cells}
    assert len(before) == 60
    for cell, value in before.items():
        assert value == pytest.approx(observed[cell] - expected[cell], abs=2e-5)
    assert len(found.sample.included) == {"uk": 243, "us": 230}[locale]


@needs_real_data
@pytest.mark.parametrize("locale", ["uk", "us"])
def test_prisms_people_are_unlike_both_countries_beyond_chance(
    native: Dataset, locale: str
) -> None:
    dataset, rows = eligible(native, locale)
    (table,) = read_references([real(CENSUS[locale])]).joint
    found = census_comparison(dataset, rows, table, Settings())
    assert found is not None
    age, gender, _ = found.by_dimension
    assert age.p_holm < 0.001  # too few people of 65 and more
    assert gender.p_holm > 0.05
    assert age.distance > age.distance_limit


@needs_real_data
def test_every_country_of_table_8_is_known() -> None:
    with real("prism/golden/tab08_geographics.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    names = [row[0] for row in rows if row[0] not in ("", "Prefer not to say")]
    assert [name for name in names if iso_of(name) is None] == []
    born = [row for row in rows if row[1] not in ("0", "") and row[0] in names]
    assert len({iso_of(row[0]) for row in born}) == len(born)


def test_names_and_codes_of_countries_become_codes() -> None:
    assert iso_of("GBR") == iso_of("United Kingdom") == "GBR"
    assert iso_of("Czech Republic") == "CZE"
    assert iso_of("türkiye") == "TUR"
    assert iso_of("Atlantis") is iso_of("") is iso_of(None) is None


def located(*countries: str | None) -> list[dict[str, Any]]:
    return [
        {"location": {"reside_country": name, "reside_countryISO": iso_of(name)}}
        for name in countries
    ]


def test_answers_that_are_no_country_are_named_and_not_lost() -> None:
    found = places(located("France", "France", "Atlantis", "Prefer not to say", None))
    assert found is not None
    (shown,) = found.maps
    assert shown.counts == {"FRA": 2}
    assert shown.unmatched == (("Atlantis", 1),)
    assert shown.n_not_said == 2
    assert shown.most == ("France", 2)


def test_equally_large_countries_are_as_mixed_as_they_are_many() -> None:
    found = places(located("France", "Ghana", "Peru", "Chad"))
    assert found is not None
    assert found.maps[0].effective == pytest.approx(4)


def test_without_countries_there_are_no_places() -> None:
    assert places(located(None, None)) is None


def test_a_study_of_another_shape_is_described_too(native: Dataset) -> None:
    found = people_chapter(native, Settings())
    assert found.n_people == native.people.height
    assert {"gender", "region"} <= {block.title.lower() for block in found.blocks}
    assert found.places is None
    assert any("reference population" in note for note in found.notes)
    assert isinstance(pickle.loads(pickle.dumps(found)), People)


def test_people_are_held_against_margins_of_their_own_columns(
    native: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "margins.csv"
    path.write_text("column,level,share\nregion,North,0.5\nregion,South,0.5\nshoes,42,1\n")
    found = people_chapter(native, Settings(references=(path,)))
    (one,) = found.comparisons
    counts = native.people["region"].value_counts()
    seen = dict(counts.iter_rows())
    assert {level.label: level.n for level in one.levels} == seen
    assert any("no column shoes" in note for note in found.notes)


def test_a_census_that_nobody_fits_in_gives_a_note(native: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "joint.csv"
    path.write_text("height,weight,count\ntall,light,5\nsmall,light,3\n")
    found = people_chapter(native, Settings(references=(path,)))
    assert found.census == ()
    assert any("height, weight" in note for note in found.notes)


def test_nobody_is_not_enough(native: Dataset) -> None:
    with pytest.raises(NotEnough):
        people_chapter(replace(native, people=native.people.clear()), Settings())


def test_rows_keep_prisms_regions_and_fill_in_the_united_nations(native: Dataset) -> None:
    people = pl.DataFrame(
        {
            "user_id": ["a", "b"],
            "location_birth_country": ["Chile", "United Kingdom"],
            "location_special_region": [None, "UK"],
        }
    )
    first, second = survey_rows(replace(native, people=people))
    assert first["location"]["special_region"] == "Americas"
    assert first["location"]["birth_subregion"] == "South America"
    assert second["location"]["special_region"] == "UK"
