"""Every check over one release: what it proposes to leave out, and tables of what was seen.

Checks compare texts with each other, so they hold them all in memory, unlike the metadata steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from manyvoices.curate.checks_answers import AnswerChecks, check_answers
from manyvoices.curate.checks_duplicates import find_duplicates
from manyvoices.curate.checks_model_text import model_text_evidence
from manyvoices.curate.checks_reading import (
    marks_of_native,
    marks_of_prism,
    times_of_native,
    times_of_prism,
)
from manyvoices.curate.csv_files import write_csv
from manyvoices.curate.exclusions import Exclusion
from manyvoices.curate.place import Place
from manyvoices.curate.texts import MODEL_RESPONSE
from manyvoices.io.native import read_native
from manyvoices.io.prism import read_prism

_COLUMNS = ("instance_id", "user_id", "conversation_id", "text")


def propose(place: Place, texts: Sequence[Path], folder: Path) -> list[Exclusion]:
    """Check texts, sliders and times; write what was seen into `folder`, return the proposals.

    Nothing is decided. Signs of a language model's text are evidence for a person, never a reason
    to propose anything, so they are in ``model_text.csv`` alone.

    Args:
        texts: The release's texts in shards.
    """
    kinds, shown = _by_kind(texts)
    answers = _answers(place)
    proposals = [row for kind in kinds.values() for row in find_duplicates(kind).proposals()]
    sliders = [(s.user_id, s.n_sliders, s.n_untouched, s.n_at_default) for s in answers.sliders]
    header = ("user_id", "sliders", "untouched", "at_default")
    write_csv(folder / "sliders.csv", header, sliders)
    header = ("instance_id", "user_id", "seen")
    write_csv(folder / "model_text.csv", header, _signs(kinds, shown))
    return [*proposals, *answers.proposals()]


def _by_kind(
    shards: Sequence[Path],
) -> tuple[dict[str, dict[str, list[Any]]], dict[str, list[str]]]:
    """What people wrote, by kind of text, and what models wrote, by conversation."""
    kinds: dict[str, dict[str, list[Any]]] = {}
    shown: dict[str, list[str]] = defaultdict(list)
    for path in shards:
        for row in pq.read_table(path, columns=["column_id", *_COLUMNS]).to_pylist():
            if row["column_id"] != MODEL_RESPONSE:
                table = kinds.setdefault(row["column_id"], {name: [] for name in _COLUMNS})
                for name in _COLUMNS:
                    table[name].append(row[name])
            elif row["text"]:
                shown[row["conversation_id"]].append(row["text"])
    return kinds, shown


def _signs(
    kinds: dict[str, dict[str, list[Any]]], shown: dict[str, list[str]]
) -> Iterator[tuple[str, str | None, str]]:
    for table in kinds.values():
        for one in model_text_evidence(table, shown=shown).evidence:
            yield one.instance_id, one.user_id, "; ".join(one.seen)


def _answers(place: Place) -> AnswerChecks:
    if place.native:
        native = read_native(place.directory)
        marks = marks_of_native(native.answers, native.conversations)
        return check_answers(marks, times_of_native(native.participants, native.conversations))
    assert place.prism is not None, "a place has native files or PRISM's"
    prism = read_prism(place.prism)
    marks = marks_of_prism(prism.survey, prism.conversations, prism.utterances)
    return check_answers(marks, times_of_prism(prism.survey, prism.conversations))
