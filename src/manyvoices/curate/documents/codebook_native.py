"""The codebook's entries of native files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.curate.documents.codebook_entries import Column, Entry, entry_of, unlisted
from manyvoices.curate.documents.instruments import (
    Asked,
    conversation_columns,
    survey_questions,
)
from manyvoices.curate.documents.native_fields import native_fields
from manyvoices.curate.documents.tally import Tally
from manyvoices.design import Study
from manyvoices.io.native import read_native_file
from manyvoices.io.native_comparisons import COMPARISONS_FILE, read_comparisons
from manyvoices.io.native_trees import TREE_FILES, read_tree_file
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Answer, LabelSummary
from manyvoices.schema.grown import GrownTree


def describe_native(path: Path, file: str, name: str, study: Study | None) -> Iterator[Entry]:
    """The fields of a native file, and each question that its answers are to."""
    fields = native_fields(name)
    asked = _native_asked(study) if name == "conversations" else {}
    columns = {
        path_: Column(known, asked.get(path_), Tally(known.showing))
        for path_, known in fields.items()
    }
    questions: dict[str, Column] = {}
    see_answer = _answer_counter(questions, study)
    for record in _native_records(path, name):
        _see(columns, "", record)
        if isinstance(record, GrownTree):
            for message, _parent in below(record.tree.prompt):
                _see(columns, "tree.prompt.", message)
        if isinstance(record, Answer):
            see_answer(record)
    for path_, column in columns.items():
        yield entry_of(file, path_, column)
    for variable, column in questions.items():
        yield entry_of(file, variable, column)


def _native_records(path: Path, name: str) -> Iterator[Any]:
    if name == COMPARISONS_FILE:
        return read_comparisons(path)
    return (read_tree_file if name in TREE_FILES else read_native_file)(path, name)


def _see(columns: Mapping[str, Column], prefix: str, record: Any) -> None:
    """Count a record's fields, and those of the records in it."""
    for name in record.__struct_fields__:
        path = f"{prefix}{name}"
        column = columns.get(path)
        if column is None:
            continue
        value = getattr(record, name)
        column.tally.see(_summaries(value) if name == "labels" else _as_json(value))
        if isinstance(value, list) and f"{path}[]." in _PREFIXES:
            for inner in value:
                _see(columns, f"{path}[].", inner)
        elif f"{path}." in _PREFIXES and value is not None:
            _see(columns, f"{path}.", value)


_PREFIXES = frozenset(
    {
        *("turns[].", "turns[].message.", "turns[].utterances[]."),
        *("exchanges[].", "exchanges[].message.", "exchanges[].answers[]."),
        *("tree.", "messages[].", "steps[].", "consensus[].", "reviews[].", "rankings[]."),
    }
)
"""Records in records. A tree's messages are walked apart: they nest without end."""


def _as_json(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return None if value is msgspec.UNSET else msgspec.to_builtins(value)


def _summaries(value: Any) -> Any:
    """Labels with the means that raters gave them; a review's labels are numbers already."""
    if not isinstance(value, dict):
        return _as_json(value)
    return {k: v.value if isinstance(v, LabelSummary) else v for k, v in value.items()}


def _native_asked(study: Study | None) -> dict[str, Asked]:
    asked = conversation_columns(study)
    if "score" in asked:
        asked["turns[].utterances[].score"] = asked.pop("score")
    return asked


def _answer_counter(questions: dict[str, Column], study: Study | None) -> Callable[[Answer], None]:
    """Counts the answers to each question apart, as ``<survey>.<question>``."""
    asked = survey_questions(study)

    def see(answer: Answer) -> None:
        variable = f"{answer.survey}.{answer.question_id}"
        column = questions.get(variable)
        if column is None:
            question = asked.get((answer.survey, answer.question_id))
            known = unlisted(answer.question_id, question)
            if not known.type or answer.kind == "multiple":
                known = known._replace(type="list" if answer.kind == "multiple" else answer.kind)
            tally = Tally(known.showing, question.options if question else ())
            questions[variable] = column = Column(known, question, tally)
        column.tally.see(answer.value)

    return see
