"""An entry of the codebook, and a variable while it is being counted."""

from __future__ import annotations

from dataclasses import dataclass, field

from manyvoices.curate.documents.instruments import Asked
from manyvoices.curate.documents.prism_columns import SIMULATED, Known
from manyvoices.curate.documents.tally import Tally
from manyvoices.schema import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One variable of one file."""

    file: str
    """``prism/survey.jsonl``."""
    variable: str
    """Column, or path in a nested record; ``<survey>.<question>`` for an answer's value."""
    label: str
    category: str
    """``direct`` from a person or model, ``constructed`` from that, ``meta`` about it; ``NA`` for a
    column that only holds others."""
    type: str
    question_text: str
    """As people read it; empty where nobody was asked."""
    n: int
    """Rows of the file, or values where a record holds several."""
    n_missing: int | None
    n_unique: int | None
    """Different values; None for columns that only hold others."""
    distribution: dict[str, Json]
    """Counts by value, or mean, std, min, max (of a text: of its length in characters), or first
    and last date; under ``parts`` the same for each key of a mapping."""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """All variables of a release, file by file."""

    entries: tuple[Entry, ...]

    def files(self) -> dict[str, list[Entry]]:
        """File -> its variables, in order."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.file, []).append(entry)
        return found


@dataclass
class Column:
    """A variable that is being counted."""

    known: Known
    asked: Asked | None
    tally: Tally
    path: tuple[str, ...] = field(default=())


def entry_of(file: str, variable: str, column: Column) -> Entry:
    """What was counted, as the codebook has it."""
    known, asked, tally = column.known, column.asked, column.tally
    holds_others = known.category == "NA"
    shown: dict[str, Json] = {} if holds_others else tally.distribution()
    if tally.parts and not holds_others:
        shown = {"parts": {key: _part(key, part, asked) for key, part in tally.parts.items()}}
    told = known.notes.replace("Sliders without numbers.", "") if asked else known.notes
    notes = " ".join(f"{told} {asked.notes if asked else ''}".split())
    return Entry(
        file=file,
        variable=variable,
        label=known.label,
        category=known.category,
        type=known.type or next(iter(tally.kinds), "string"),
        question_text=asked.text if asked else "",
        n=tally.n,
        n_missing=None if holds_others else tally.n_missing,
        n_unique=None if holds_others else tally.n_unique,
        distribution=shown,
        notes=notes,
    )


def _part(key: str, part: Tally, asked: Asked | None) -> dict[str, Json]:
    label = asked.parts.get(key, "") if asked else ""
    shown = part.distribution()
    return ({"label": label} if label else {}) | {"missing": part.n_missing} | shown


def unlisted(variable: str, question: Asked | None) -> Known:
    """A column that is not PRISM's: a question of this study, or the order of its options."""
    if question is not None:
        return Known(question.label, "direct", question.type, question.showing)
    if variable.startswith("order_"):
        of = variable.removeprefix("order_")
        return Known(
            f"Place at which each option of {of} was shown, from 1", "meta", "dict", "count"
        )
    if variable == "simulated":
        return SIMULATED
    if variable.startswith("included_in_"):
        sample = variable.removeprefix("included_in_").replace("_", " ")
        return Known(f"In the sample {sample}", "constructed", "binary", "values")
    return Known(variable.replace("_", " ").capitalize(), "direct", "", "text")
