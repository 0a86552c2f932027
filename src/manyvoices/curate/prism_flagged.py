"""PRISM's four files once more, with what curation found of texts, conversations and people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from manyvoices.curate.flags import FlagTable, metadata_rows
from manyvoices.curate.subsetting import Subsets
from manyvoices.io.prism import find, read_prism_file, write_prism_conversations
from manyvoices.io.writing import write_records
from manyvoices.schema import PrismConversation, PrismSurveyRow, PrismUtterance

PeopleStep: TypeAlias = Callable[[PrismSurveyRow], PrismSurveyRow]


def write_flagged(
    source: Path, folder: Path, *, flags: FlagTable, subsets: Subsets, people: PeopleStep
) -> dict[str, int]:
    """Write the four files of `source` to `folder` with flags; return the rows of each.

    A flag that nobody has computed this time stays as it was.

    Args:
        people: What is done to each row of the survey before its flags are put in.
    """
    kept = subsets.conversations
    talks = read_prism_file(find(source, "conversations"), "conversations")
    said = read_prism_file(find(source, "utterances"), "utterances")
    return {
        "survey": write_records(
            (flag_person(people(row), subsets) for row in survey_rows(source)),
            folder / "survey.jsonl",
        ),
        "conversations": write_prism_conversations(
            _in_subset(talks, kept), folder / "conversations.jsonl"
        ),
        "utterances": write_records(_in_subset(said, kept), folder / "utterances.jsonl"),
        "metadata": write_records(flags.flagged(metadata_rows(source)), folder / "metadata.jsonl"),
    }


def survey_rows(prism: Path) -> Iterator[PrismSurveyRow]:
    """The rows of ``survey.jsonl``."""
    return read_prism_file(find(prism, "survey"), "survey")


def flag_person(row: PrismSurveyRow, subsets: Subsets) -> PrismSurveyRow:
    """A survey row with ``included_in_...``."""
    return row | {name: row["user_id"] in who for name, who in subsets.people.items()}


def _in_subset(
    rows: Iterable[PrismConversation | PrismUtterance], kept: frozenset[str] | None
) -> Iterator[PrismConversation | PrismUtterance]:
    for row in rows:
        if kept is None:
            yield row
        else:
            yield replace(row, included_in_balanced_subset=row.conversation_id in kept)
