"""Census samples: the published tables and counts, quotas, reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.people import in_cells, published_cells
from tests.real_data import needs_real_data, real

from manyvoices.curate.census import census_sample, quotas
from manyvoices.curate.census_tables import (
    CensusTable,
    census_table,
    prism_cells,
    read_joint,
    read_uk_census,
    read_us_census,
)
from manyvoices.schema.errors import DataError

PUBLISHED = {
    # locale: eligible people in a cell, people after, furthest cell after (percentage points)
    "uk": (274, 243, 6.53),
    "us": (287, 230, 1.85),
}


def census(locale: str) -> CensusTable:
    if locale == "uk":
        return read_uk_census(real("prism/census/uk.csv"))
    return read_us_census(real("prism/census/us_census_aggregate.csv"))


def eligible(locale: str) -> dict[str, list[str]]:
    """The people behind the published shares, cell by cell."""
    n = PUBLISHED[locale][0]
    shares = published_cells(real(f"prism/golden/census_{locale}_observed_balanced_pct.csv"))
    return in_cells({cell: round(share * n / 100) for cell, share in shares.items()})


@needs_real_data
@pytest.mark.parametrize(("locale", "name"), [("uk", "uk_2021"), ("us", "us")])
def test_the_census_tables_are_the_published_ones(locale: str, name: str) -> None:
    table = census(locale)
    published = published_cells(real(f"prism/golden/census_{name}_adult_pct.csv"))
    assert table.shares.keys() == published.keys()
    for cell, percent in published.items():
        assert 100 * table.shares[cell] == pytest.approx(percent, abs=1e-6)
    assert table.population == {"uk": 47_204_870, "us": 298_477_760}[locale]


@needs_real_data
@pytest.mark.parametrize("locale", ["uk", "us"])
def test_the_differences_before_are_the_published_ones_in_every_cell(locale: str) -> None:
    table, people = census(locale), eligible(locale)
    sample = census_sample(people, table, preset="prism")
    published = published_cells(real(f"prism/golden/census_{locale}_observed_balanced_pct.csv"))
    assert sample.n_eligible == PUBLISHED[locale][0]
    for row in sample.cells:
        assert row.before == pytest.approx(published[row.cell] - 100 * row.share, abs=1e-5)


@needs_real_data
@pytest.mark.parametrize("locale", ["uk", "us"])
def test_the_published_code_takes_as_many_people_as_published(locale: str) -> None:
    sample = census_sample(eligible(locale), census(locale), preset="prism")
    _, n_after, furthest = PUBLISHED[locale]
    assert len(sample.included) == n_after
    assert sample.largest_difference == pytest.approx(furthest, abs=0.005)
    for by in (("age", "gender", "ethnicity"), ("age", "gender"), ("ethnicity", "gender")):
        after = sample.differences(by, when="after")
        assert max(map(abs, after.values())) < 7, "the paper: all differences within about 7 points"


@needs_real_data
def test_the_exact_number_of_the_paper_is_another_sample() -> None:
    sizes = {
        locale: len(census_sample(eligible(locale), census(locale), preset="paper").included)
        for locale in PUBLISHED
    }
    assert sizes == {"uk": 232, "us": 222}


@needs_real_data
def test_the_corrected_us_table_counts_everybody_once() -> None:
    path = real("prism/census/us_census_aggregate.csv")
    once, twice = read_us_census(path, hispanic="once"), read_us_census(path)
    assert once.population == pytest.approx(260e6)
    for ethnicity in ("White", "Black", "Asian"):
        here, there = once.margin("ethnicity")[ethnicity], twice.margin("ethnicity")[ethnicity]
        assert here * 260e6 == pytest.approx(there * 298_477_760)
    assert min(once.shares.values()) > 0
    assert "approximation" in once.notes[0]


CELLS = [(a, b) for a in ("young", "old") for b in ("x", "y", "z")]
TABLES = st.lists(st.integers(0, 50), min_size=6, max_size=6).filter(any)


def joint(counts: list[int]) -> CensusTable:
    return census_table("t", ("age", "kind"), dict(zip(CELLS, counts, strict=True)))


@settings(deadline=None)
@given(TABLES, st.integers(1, 400))
def test_the_largest_remainders_sum_to_n_and_are_never_a_place_off(
    counts: list[int], n: int
) -> None:
    places = quotas(joint(counts), n, "largest remainder")
    assert sum(places.values()) == n
    assert all(abs(places[cell] - share * n) < 1 for cell, share in joint(counts).shares.items())


@settings(deadline=None)
@given(TABLES, st.integers(1, 400))
def test_the_published_code_gives_every_cell_a_place(counts: list[int], n: int) -> None:
    assert min(quotas(joint(counts), n, "prism").values()) >= 1


def test_everybody_is_in_or_has_a_reason() -> None:
    people = {
        "user_id": ["a", "b", "c", "d"],
        "age": ["young", "young", None, "old"],
        "kind": ["x", "x", "x", "w"],
    }
    sample = census_sample(people, joint([1, 1, 1, 1, 1, 1]), n=6)
    assert len(sample.included) == 1
    assert set(sample.included) | set(sample.excluded) == {"a", "b", "c", "d"}
    assert sample.excluded["c"] == "age is nothing, which the census table has no cell for"
    assert sample.excluded["d"] == "kind is 'w', which the census table has no cell for"
    assert "2 people and 1 places" in next(iter(sample.excluded.values()))
    assert any("5 of 6 places stay empty" in note for note in sample.notes)


def test_the_order_of_people_changes_nothing() -> None:
    people = in_cells({("young", "x", "_"): 30, ("old", "y", "_"): 30})
    people["kind"] = people.pop("gender")
    backwards = {name: values[::-1] for name, values in people.items()}
    table = joint([9, 0, 0, 0, 11, 0])
    one, other = (census_sample(p, table, n=20) for p in (people, backwards))
    assert set(one.included) == set(other.included)
    assert len(one.included) == 20


def test_prisms_groups_become_the_census_groups() -> None:
    found = prism_cells(
        {
            "user_id": ["a", "b"],
            "age": ["65+ years old", "Prefer not to say"],
            "gender": ["Male", "Non-binary / third gender"],
            "ethnicity_categorised": ["Hispanic / Latino", "Prefer not to say"],
        }
    )
    assert list(zip(*found.values(), strict=True)) == [
        ("a", "65+ years old", "Male", "Other"),
        ("b", None, None, None),
    ]


def test_any_joint_table_can_be_read_and_its_faults_are_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("region,sex,count\nnorth,f,10\nnorth,m,30\n")
    table = read_joint(good)
    assert table.shares == {("north", "f"): 0.25, ("north", "m"): 0.75}
    assert table.margin("sex") == {"f": 0.25, "m": 0.75}
    bad.write_text("region,count\nnorth,many\nsouth,1\nsouth,2\n")
    with pytest.raises(DataError) as caught:
        read_joint(bad)
    assert [fault.line for fault in caught.value.faults] == [2, 4]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    for read in (read_uk_census, read_us_census, read_joint):
        with pytest.raises(DataError):
            read(path)
    with pytest.raises(DataError):
        read_joint(tmp_path / "absent.csv")
