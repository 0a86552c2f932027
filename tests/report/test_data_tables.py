"""The tables that describe data, and the census figure: form, order, bytes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.real_data import needs_real_data, real

from manyvoices.curate.census import CensusSample, census_sample
from manyvoices.curate.census_tables import census_table
from manyvoices.curate.describe_release import Description, describe_release
from manyvoices.report.canvas import render
from manyvoices.report.census_differences import census_differences
from manyvoices.report.census_figure import census_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.data_tables import data_tables, write_data_tables


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Description:
    from benchmarks.synthetic_prism import write_synthetic

    folder = tmp_path_factory.mktemp("prism")
    write_synthetic(folder, share=0.02)
    return describe_release(folder)


PUBLISHED = {
    "tab02_metadata": 6,
    "tab05_demographics": 3,
    "tab08_geographics": 5,
    "tab09_lm_usage": 3,
}


@needs_real_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_columns_are_those_of_the_published_table(name: str, described: Description) -> None:
    (table,) = [one for one in data_tables(described) if one.name == name]
    with real(f"prism/golden/{name}.csv").open() as file:
        header = next(csv.reader(file))
    assert len(table.header) == PUBLISHED[name]
    assert [h.replace("Text", "Category") for h in table.header] == header


@needs_real_data
def test_every_form_holds_the_same_numbers(described: Description, tmp_path: Path) -> None:
    paths = write_data_tables(described, tmp_path)
    assert {path.suffix for path in paths} == {".csv", ".md", ".html"}
    for table in data_tables(described):
        rows = list(csv.reader(io.StringIO(table.to_csv())))
        assert rows == [list(table.header), *map(list, table.rows)]
        html, markdown = table.to_html(), table.to_markdown()
        assert all(cell in html for cell in table.rows[0] if cell)
        assert markdown.count("\n|") >= len(table.rows) + 1


@needs_real_data
def test_the_same_description_gives_the_same_bytes(described: Description, tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_data_tables(described, tmp_path / "a")]
    assert [path.read_bytes() for path in write_data_tables(described, tmp_path / "b")] == first


@needs_real_data
def test_what_nobody_checked_is_a_dash_and_not_a_zero(described: Description) -> None:
    table = next(one for one in data_tables(described) if one.name == "tab02_metadata")
    assert {cell for row in table.rows for cell in row[1:5]} == {"–"}
    assert not any(one.name == "tab03_moderation" for one in data_tables(described))


def test_a_label_cannot_become_markup() -> None:
    table = DataTable("t", "A <b>title</b>", ("a", "b"), (("<script>x</script>|", "1"),))
    assert "<script>x" not in table.to_html()
    assert "x</script>\\|" in table.to_markdown()


def sample() -> CensusSample:
    cells = [(a, g, e) for a in ("young", "old") for g in ("f", "m") for e in ("x", "y")]
    joint = census_table("land", ("age", "gender", "kind"), dict.fromkeys(cells, 1.0))
    rows = [cells[i % 5] for i in range(40)]
    people = {
        "user_id": [f"u{i}" for i in range(40)],
        "age": [a for a, _, _ in rows],
        "gender": [g for _, g, _ in rows],
        "kind": [e for _, _, e in rows],
    }
    return census_sample(people, joint, n=16)


def test_the_census_figure_is_the_same_drawn_twice_and_says_its_numbers() -> None:
    first = render(census_figure(sample(), "after"))
    assert first == render(census_figure(sample(), "after"))
    assert first.name == "census-land-after"
    assert "10 people" in first.caption
    for label in ("young", "old", "All", ">f<", ">m<"):
        assert label in first.wide


def test_before_and_after_are_two_figures() -> None:
    before, after = (render(census_figure(sample(), when)) for when in ("before", "after"))
    assert "40 people" in before.caption
    assert before.wide != after.wide


def test_a_table_of_two_dimensions_has_no_such_figure() -> None:
    joint = census_table("land", ("age", "gender"), {("a", "f"): 1})
    people = {"user_id": ["u"], "age": ["a"], "gender": ["f"]}
    with pytest.raises(ValueError, match="three dimensions"):
        census_figure(census_sample(people, joint, n=1), "after")


@needs_real_data
@pytest.mark.parametrize(("locale", "census"), [("uk", "uk_2021"), ("us", "us")])
def test_the_table_before_is_the_published_one_with_its_sums(locale: str, census: str) -> None:
    from tests.curate.test_census import census as table_of
    from tests.curate.test_census import eligible

    def shares(name: str) -> dict[tuple[str, str], float]:
        with real(f"prism/golden/{name}.csv").open() as file:
            header, *rows = list(csv.reader(file))
        return {
            (row[0], column): float(value)
            for row in rows
            if row[1]
            for column, value in zip(header[1:], row[1:], strict=True)
        }

    observed = shares(f"census_{locale}_observed_balanced_pct")
    expected = shares(f"census_{census}_adult_pct")
    table = census_differences(census_sample(eligible(locale), table_of(locale)), "before")
    assert len(observed) == len(table.rows) * (len(table.header) - 1)
    for row in table.rows:
        age = "All Ages" if row[0] == "All" else row[0]
        for column, value in zip(table.header[1:], row[1:], strict=True):
            want = observed[age, column] - expected[age, column]
            assert float(value) == pytest.approx(want, abs=0.006)
