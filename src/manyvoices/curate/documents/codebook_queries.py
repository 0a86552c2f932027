"""What the documents ask of a codebook: one variable, how often each value was there, the dates."""

from __future__ import annotations

from typing import Any

from manyvoices.curate.documents.codebook_entries import Codebook, Entry


def lookup(codebook: Codebook, variable: str) -> Entry | None:
    """The first variable of that name; a survey's question in any form it is in."""
    for entry in codebook.entries:
        if variable in (entry.variable, entry.variable.rpartition(".")[2]):
            return entry
    return None


def of_people(codebook: Codebook, name: str) -> Entry | None:
    """A variable with one row for each person, where there is such a file."""
    rows = [entry for entry in codebook.entries if entry.file.endswith("survey.jsonl")]
    return lookup(Codebook(tuple(rows)), name) or lookup(codebook, name)


def elements(entry: Entry) -> dict[str, Any]:
    """How often each element of a column of lists was there."""
    shown = entry.distribution.items()
    return {name: n for name, n in shown if not name.endswith(" elements")}


def is_counted(entry: Entry) -> bool:
    shown = entry.distribution
    return bool(shown) and all(isinstance(n, int) for n in shown.values())


def dates(codebook: Codebook) -> str | None:
    """First and last day on which something was given."""
    spans: list[tuple[str, str]] = [
        (str(e.distribution["earliest date"])[:10], str(e.distribution["latest date"])[:10])
        for e in codebook.entries
        if "earliest date" in e.distribution and e.category == "meta"
    ]
    if not spans:
        return None
    return f"From {min(first for first, _ in spans)} to {max(last for _, last in spans)}."
