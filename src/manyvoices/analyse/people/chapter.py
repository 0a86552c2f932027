"""Everything that the chapter about people shows, from one release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.people.against import Comparison, compare, corrected
from manyvoices.analyse.people.census import CensusComparison, census_comparison
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.people.places import Places, places
from manyvoices.analyse.people.reference import Margin, read_references
from manyvoices.analyse.people.rows import survey_rows, usecase_labels
from manyvoices.analyse.settings import Settings
from manyvoices.curate.census_tables import CensusTable
from manyvoices.curate.describe_counts import Block, block
from manyvoices.curate.describe_people import (
    DEMOGRAPHICS,
    LLM_USE,
    Recruited,
    demographics,
    llm_use,
    recruitment,
)

NO_REFERENCE = (
    "No reference population was given, so nothing is said about whom these people stand"
    " for. Give a census or margins (CSV: column, level, share) as a reference."
)


@dataclass(frozen=True, slots=True)
class ShareRow:
    """So many of so many people, with the Wilson interval of the share."""

    label: str
    n: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0 to 1; NaN of nothing."""
        return self.n / self.of if self.of else float("nan")


@dataclass(frozen=True, slots=True)
class ShareBlock:
    """One variable."""

    title: str
    rows: tuple[ShareRow, ...]
    n_missing: int


@dataclass(frozen=True, slots=True)
class People:
    """Tables 5-10 and figures 6-8 of PRISM, for any release."""

    n_people: int
    n_with_conversations: int
    n_survey_only: int
    n_simulated: int
    level: float
    """Of all intervals."""
    blocks: tuple[ShareBlock, ...]
    """Table 5."""
    comparisons: tuple[Comparison, ...]
    """Each margin of each reference population; tables 6 and 7 where those are earlier studies."""
    census: tuple[CensusComparison, ...]
    """Figure 8."""
    places: Places | None
    """Table 8, figures 6 and 7."""
    llm_use: tuple[ShareBlock, ...]
    """Table 9."""
    recruited: tuple[Recruited, ...]
    """Table 10, as far as a release tells."""
    notes: tuple[str, ...]


def people_chapter(dataset: Dataset, settings: Settings) -> People:
    """Count people, and hold them against the reference populations of `settings`.

    Raises:
        NotEnough: The release holds nobody.
        DataError: A file of a reference population cannot be read.
    """
    if not dataset.people.height:
        raise NotEnough("The release holds no people.")
    settings.tick("people")
    rows = survey_rows(dataset)
    given = read_references(settings.references)
    level = settings.resampling.level
    who = demographics(rows)
    notes = [] if settings.references else [NO_REFERENCE]
    census = _census(dataset, rows, given.joint, settings, notes)
    kept = _margins(dataset, given.margins, settings, notes)
    return People(
        n_people=who.n_people,
        n_with_conversations=_with_conversations(dataset, who.n_people),
        n_survey_only=who.n_people - _with_conversations(dataset, who.n_people),
        n_simulated=sum(row.get("simulated") is True for row in rows),
        level=level,
        blocks=_blocks((*who.blocks, *_own_questions(dataset, who.blocks)), level),
        comparisons=corrected(kept),
        census=census,
        places=places(rows),
        llm_use=_blocks(llm_use(rows, labels=usecase_labels(dataset)), level),
        recruited=recruitment(rows),
        notes=tuple(notes),
    )


def _census(
    dataset: Dataset,
    rows: Sequence[Mapping[str, Any]],
    tables: Iterable[CensusTable],
    settings: Settings,
    notes: list[str],
) -> tuple[CensusComparison, ...]:
    """People beside each table; a table that nobody could be placed in is told in `notes`."""
    shown = []
    for table in tables:
        found = census_comparison(dataset, rows, table, settings)
        if found is None:
            lacking = ", ".join(table.dimensions)
            notes.append(f"Nobody could be placed in {table.name}: it needs {lacking} of people.")
        else:
            shown.append(found)
    return tuple(shown)


def _margins(
    dataset: Dataset, margins: Iterable[Margin], settings: Settings, notes: list[str]
) -> list[Comparison]:
    """Answers beside each margin that somebody's answer is a level of; the rest in `notes`."""
    resampling, compared = settings.resampling, []
    for margin in margins:
        if margin.column not in dataset.people.columns:
            notes.append(f"{margin.population}: the people have no column {margin.column}.")
            continue
        answers = dataset.people[margin.column].to_list()
        compared.append(compare(answers, margin, level=resampling.level, seed=resampling.seed))
    notes += [
        f"{one.population}: no answer to {one.column} is one of its levels."
        for one in compared
        if not one.n
    ]
    return [one for one in compared if one.n]


def _own_questions(dataset: Dataset, known: Sequence[Block]) -> list[Block]:
    """Questions with options that PRISM did not have, of a study that has some of PRISM's."""
    counted = {path.replace(".", "_") for path in (*DEMOGRAPHICS.values(), *LLM_USE.values())}
    titles = {one.title for one in known}
    return [
        block(field.label, dataset.people[field.column].to_list())
        for field in dataset.fields()
        if field.column not in counted
        and field.label not in titles
        and field.column not in titles
        and not field.column.startswith(("location_", "included_in"))
        and not field.column.endswith(("_simplified", "_country", "_categorised"))
    ]


def _with_conversations(dataset: Dataset, n_people: int) -> int:
    return min(n_people, dataset.conversations["user_id"].n_unique())


def _blocks(blocks: Iterable[Block], level: float) -> tuple[ShareBlock, ...]:
    return tuple(
        ShareBlock(
            one.title,
            tuple(ShareRow(r.label, r.n, r.of, *wilson(r.n, r.of, level)) for r in one.rows),
            one.n_missing,
        )
        for one in blocks
    )
