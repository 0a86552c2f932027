"""The codebook: every variable of every file, as in appendix V of the PRISM paper.

One pass over each file; in memory are counts, not rows. What may be shown of a column is decided
before it is read: closed lists by name, people's words by their length alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.curate.documents.instruments import (
    Asked,
    conversation_columns,
    survey_columns,
    survey_questions,
)
from manyvoices.curate.documents.native_fields import native_fields
from manyvoices.curate.documents.prism_columns import OPENED, PRISM_COLUMNS, SIMULATED, Known
from manyvoices.curate.documents.tally import Tally
from manyvoices.design import Study
from manyvoices.io.native import NATIVE_FILES, read_native_file
from manyvoices.io.native_comparisons import COMPARISONS_FILE, read_comparisons
from manyvoices.io.native_trees import TREE_FILES, read_tree_file
from manyvoices.io.oasst_flat import below
from manyvoices.io.prism import PRISM_FILES, find, read_prism_file
from manyvoices.schema import Answer, Json, LabelSummary
from manyvoices.schema.grown import GrownTree


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
class _Column:
    """A variable that is being counted."""

    known: Known
    asked: Asked | None
    tally: Tally
    path: tuple[str, ...] = field(default=())


def build_codebook(release_dir: Path | str, study: Study | None) -> Codebook:
    """Describe every variable of a release's native and PRISM files.

    Args:
        release_dir: A release, or a folder with PRISM's four files.
        study: Where the questions' words and options come from. Without it, values that only one
            row has are not named: they may be what somebody wrote in.

    Raises:
        DataError: A file has faults.
    """
    folder = Path(release_dir)
    entries: list[Entry] = []
    for path in data_files(folder, "native"):
        name = path.name.split(".")[0]
        entries += _describe_native(path, path.relative_to(folder).as_posix(), name, study)
    for path in data_files(folder, "prism"):
        name = path.name.split(".")[0]
        entries += _describe_prism(path, path.relative_to(folder).as_posix(), name, study)
    return Codebook(tuple(entries))


def data_files(folder: Path, form: str) -> list[Path]:
    """The files of a release in one form that are there, in the form's order."""
    names = (*NATIVE_FILES, COMPARISONS_FILE, *TREE_FILES) if form == "native" else PRISM_FILES
    inside = folder / form
    if form == "prism" and not inside.is_dir():
        inside = folder  # the four files alone, as PRISM publishes them
    found = (find(inside, name) for name in names)
    return [path for path in found if path.is_file()]


# PRISM's files


def _describe_prism(path: Path, file: str, name: str, study: Study | None) -> Iterator[Entry]:
    columns: dict[str, _Column] = {}
    asked = survey_columns(study) if name == "survey" else conversation_columns(study)
    for row in read_prism_file(path, name):
        for variable, value in _variables(row if isinstance(row, dict) else _plain(row)):
            column = columns.get(variable)
            if column is None:
                columns[variable] = column = _prism_column(name, variable, asked, study is None)
            column.tally.see(value)
    order = list(PRISM_COLUMNS[name])
    if name == "survey":
        order = _with_questions(order, list(columns))
    for variable in sorted(columns, key=order.index) if columns else ():
        yield _entry(file, variable, columns[variable])


def _plain(record: Any) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(record)
    row.pop("split", None)
    return row


def _variables(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A row's variables: its columns, and the keys of those that PRISM describes one by one."""
    for name, value in row.items():
        yield name, value
        if name in OPENED and isinstance(value, dict):
            for key, inner in value.items():
                yield f"{name}_{key.removeprefix(f'{name}_')}", inner


def _prism_column(name: str, variable: str, asked: Mapping[str, Asked], alone: bool) -> _Column:
    question = asked.get(variable)
    known = PRISM_COLUMNS[name].get(variable) or _unknown(variable, question)
    if question is not None and name == "survey" and variable not in OPENED:
        # What this study asked, whatever PRISM asked under the same name.
        kind = question.type if variable not in PRISM_COLUMNS[name] else known.type
        showing = known.showing if variable.startswith("location_") else question.showing
        known = known._replace(type=kind, showing=showing, category="direct")
    tally = Tally(known.showing, question.options if question else ())
    typed = known.category == "direct" or variable == "gender"
    tally.fold_once = alone and typed and name == "survey" and known.showing == "values"
    return _Column(known, question, tally)


def _unknown(variable: str, question: Asked | None) -> Known:
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


def _with_questions(order: list[str], found: list[str]) -> list[str]:
    """PRISM's order, with a study's own questions where its file has them: before ``study_id``."""
    own = [name for name in found if name not in order]
    at = order.index("study_id")
    return order[:at] + own + order[at:]


# Native files


def _describe_native(path: Path, file: str, name: str, study: Study | None) -> Iterator[Entry]:
    fields = native_fields(name)
    asked = _native_asked(study) if name == "conversations" else {}
    columns = {
        path_: _Column(known, asked.get(path_), Tally(known.showing))
        for path_, known in fields.items()
    }
    questions: dict[str, _Column] = {}
    see_answer = _answer_counter(questions, study)
    for record in _native_records(path, name):
        _see(columns, "", record)
        if isinstance(record, GrownTree):
            for message, _parent in below(record.tree.prompt):
                _see(columns, "tree.prompt.", message)
        if isinstance(record, Answer):
            see_answer(record)
    for path_, column in columns.items():
        yield _entry(file, path_, column)
    for variable, column in questions.items():
        yield _entry(file, variable, column)


def _native_records(path: Path, name: str) -> Iterator[Any]:
    if name == COMPARISONS_FILE:
        return read_comparisons(path)
    return (read_tree_file if name in TREE_FILES else read_native_file)(path, name)


def _see(columns: Mapping[str, _Column], prefix: str, record: Any) -> None:
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


def _answer_counter(questions: dict[str, _Column], study: Study | None) -> Callable[[Answer], None]:
    """Counts the answers to each question apart, as ``<survey>.<question>``."""
    asked = survey_questions(study)

    def see(answer: Answer) -> None:
        variable = f"{answer.survey}.{answer.question_id}"
        column = questions.get(variable)
        if column is None:
            question = asked.get((answer.survey, answer.question_id))
            known = _unknown(answer.question_id, question)
            if not known.type or answer.kind == "multiple":
                known = known._replace(type="list" if answer.kind == "multiple" else answer.kind)
            tally = Tally(known.showing, question.options if question else ())
            questions[variable] = column = _Column(known, question, tally)
        column.tally.see(answer.value)

    return see


# Entries


def _entry(file: str, variable: str, column: _Column) -> Entry:
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
