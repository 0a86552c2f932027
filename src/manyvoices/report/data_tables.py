"""The tables that describe a release, as HTML, CSV and Markdown: PRISM's tables 2-5 and 8-11, and
the numbers behind its figures 6 and 7 (figure 8 is `manyvoices.report.census_figure`).

Numbers come from `manyvoices.curate.describe_release`; here they get their form and nothing is
computed. The same description gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from manyvoices.curate.describe_counts import Block, Share
from manyvoices.curate.describe_release import Description
from manyvoices.curate.describe_texts import Languages, MetadataRow, TextLength
from manyvoices.io.writing import write_text
from manyvoices.report.data_table import GAP, DataTable, number, percent
from manyvoices.report.data_tables_comparisons import comparison_tables


def data_tables(found: Description) -> tuple[DataTable, ...]:
    """Every table that `found` has numbers for, in the paper's order."""
    tables = [
        *(_flag_tables(found) if found.flags is not None else ()),
        _demographics(found),
        _geography(found),
        _blocks("tab09_lm_usage", "Use of language models", found.llm_use),
        _recruitment(found),
        _lengths(found.lengths),
        *_places(found),
        *(comparison_tables(found.comparisons) if found.comparisons is not None else ()),
    ]
    return tuple(table for table in tables if table is not None and table.rows)


def write_data_tables(found: Description, folder: Path | str) -> list[Path]:
    """Write each table as ``NAME.csv``, ``NAME.md`` and ``NAME.html``; return the paths."""
    return write_tables(data_tables(found), folder)


def write_tables(tables: Iterable[DataTable], folder: Path | str) -> list[Path]:
    """The same for any tables."""
    written = []
    for table in tables:
        for suffix, text in (
            ("csv", table.to_csv()),
            ("md", table.to_markdown()),
            ("html", table.to_html()),
        ):
            path = Path(folder) / f"{table.name}.{suffix}"
            write_text(text, path)
            written.append(path)
    return written


def _flag_tables(found: Description) -> Iterable[DataTable | None]:
    flags = found.flags
    assert flags is not None
    header = (
        *("Text", "Is English", "Contains PII", "Manually-Checked PII"),
        *("Is Moderation Flagged", "Total Instances"),
    )
    total = flags.rows[0].n
    yield DataTable(
        "tab02_metadata",
        "What was found in the texts",
        header,
        tuple(_metadata(row, total) for row in flags.rows),
        note=f"{GAP}: nobody looked.",
    )
    if flags.categories:
        rows = [(name, *_cells(human), *_cells(model)) for name, human, model in flags.categories]
        _, human, model = flags.categories[0]
        totals = ("Total", number(human.of), percent(1.0, 2), number(model.of), percent(1.0, 2))
        columns = ("Category", "Human-written N", "(%)", "Model-written N", "(%)")
        yield DataTable(
            "tab03_moderation", "Moderation flags", columns, (*rows, totals), frozenset({len(rows)})
        )
    yield _languages(flags.languages_human, flags.languages_model)


def _metadata(row: MetadataRow, total: int) -> tuple[str, ...]:
    shares = (row.english, row.pii, row.pii_manual, row.moderation)
    texts = [GAP if one is None else f"{number(one.n)} ({percent(one.share)})" for one in shares]
    return (row.column, *texts, f"{number(row.n)} ({percent(row.n / total if total else 0)})")


def _languages(human: Languages | None, model: Languages | None) -> DataTable | None:
    if human is None and model is None:
        return None
    sides = [_side(human), _side(model)]
    length = max(map(len, sides))
    ranks = [str(i + 1) for i in range(length - 2)] + ["", ""]
    gap = (GAP, GAP, GAP)
    rows = []
    for i, rank in enumerate(ranks):
        cells: list[str] = []
        for side in sides:
            # The last two lines, Other and Total, stand side by side however long the lists are.
            place = i if i < length - 2 else len(side) - length + i
            inside = i < len(side) - 2 or i >= length - 2
            cells += side[place] if side and inside else gap
        rows.append((rank, *cells))
    header = ("", "Human-written", "N", "(%)", "Model-written", "N", "(%)")
    return DataTable("tab04_languages", "Languages detected", header, tuple(rows))


def _side(found: Languages | None) -> list[tuple[str, str, str]]:
    if found is None:
        return []
    rows = [*found.first, found.other, Share("Total", found.n, found.n)]
    return [(row.label, *_cells(row)) for row in rows]


def _cells(row: Share) -> tuple[str, str]:
    return number(row.n), percent(row.share, 2)


def _demographics(found: Description) -> DataTable:
    people = found.demographics
    n = people.n_people
    first = [
        ("Total Participants", number(n), ""),
        *(
            (label, number(k), percent(k / n if n else 0))
            for label, k in (
                ("With conversations", people.n_with_conversations),
                # Where people compared answers too, no conversation is not nothing but a survey.
                (
                    "Just survey" if found.comparisons is None else "Without conversations",
                    people.n_survey_only,
                ),
            )
        ),
    ]
    note = f"{number(found.n_simulated)} of them were simulated." if found.n_simulated else ""
    return _blocks("tab05_demographics", "Who took part", people.blocks, first, note)


def _blocks(
    name: str,
    title: str,
    blocks: Sequence[Block],
    first: Sequence[tuple[str, str, str]] = (),
    note: str = "",
) -> DataTable:
    rows, heads = list(first), set()
    for one in blocks:
        heads.add(len(rows))
        rows.append((one.title, "", ""))
        rows += [(row.label, number(row.n), percent(row.share)) for row in one.rows]
    return DataTable(name, title, ("Category", "Count", "Pct"), tuple(rows), frozenset(heads), note)


def _geography(found: Description) -> DataTable:
    n = found.geography.n_people
    rows = tuple(
        (
            row.name,
            number(row.n_born),
            percent(row.n_born / n),
            number(row.n_reside),
            percent(row.n_reside / n),
        )
        for row in found.geography.countries
    )
    header = ("Category", "Born", "Pct Born", "Reside", "Pct Reside")
    note = f"{number(found.geography.n_same)} live where they were born."
    return DataTable(
        "tab08_geographics", "Where people were born and live", header, rows, note=note
    )


def _places(found: Description) -> Iterable[DataTable]:
    """The numbers behind figures 6 (a map) and 7 (a tree of regions)."""
    tree = found.geography.tree
    yield DataTable(
        "fig06_birth_countries",
        "People by country of birth",
        ("Country", "ISO", "N"),
        tuple((leaf.country, leaf.iso, number(leaf.n)) for leaf in tree),
    )
    yield DataTable(
        "fig07_regions",
        "People by region, subregion and country of birth",
        ("Region", "Subregion", "Country", "ISO", "N"),
        tuple((x.region, x.subregion, x.country, x.iso, number(x.n)) for x in tree),
    )


def _recruitment(found: Description) -> DataTable:
    rows = [
        (
            one.study,
            number(one.n.n),
            percent(one.n.share),
            GAP if one.cost is None else f"{one.cost:,.2f}",
        )
        for one in found.recruitment
    ]
    if rows:
        costs = [one.cost for one in found.recruitment]
        known = [cost for cost in costs if cost is not None]
        total = f"{sum(known):,.2f}" if known else GAP
        rows.insert(0, ("Total", number(found.recruitment[0].n.of), percent(1.0), total))
    header = ("Category", "Approved Submissions", "Approved Submissions Pct", "Cost")
    return DataTable("tab10_recruitment_studies", "Where people came from", header, tuple(rows))


def _lengths(found: Sequence[TextLength]) -> DataTable:
    rows = tuple(
        (
            row.column,
            number(row.n),
            *(
                GAP if value != value else number(round(value))
                for value in (row.mean, row.sd, row.low, row.q25, row.median, row.q75, row.high)
            ),
            number(row.n_unique),
        )
        for row in found
    )
    header = ("Text", "N", "Mean W", "Std W", "Min W", "25% W", "50% W", "75% W", "Max W")
    return DataTable("tab11_text_summary", "Words in the texts", (*header, "Unique W"), rows)
