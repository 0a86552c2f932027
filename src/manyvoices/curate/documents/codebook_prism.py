"""The codebook's entries of PRISM's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.curate.documents.codebook_entries import Column, Entry, entry_of, unlisted
from manyvoices.curate.documents.instruments import Asked, conversation_columns, survey_columns
from manyvoices.curate.documents.prism_columns import OPENED, PRISM_COLUMNS
from manyvoices.curate.documents.tally import Tally
from manyvoices.design import Study
from manyvoices.io.prism import read_prism_file


def describe_prism(path: Path, file: str, name: str, study: Study | None) -> Iterator[Entry]:
    """The variables of one of PRISM's files, in PRISM's order, those of the study after them."""
    columns: dict[str, Column] = {}
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
        yield entry_of(file, variable, columns[variable])


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


def _prism_column(name: str, variable: str, asked: Mapping[str, Asked], alone: bool) -> Column:
    question = asked.get(variable)
    known = PRISM_COLUMNS[name].get(variable) or unlisted(variable, question)
    if question is not None and name == "survey" and variable not in OPENED:
        # What this study asked, whatever PRISM asked under the same name.
        kind = question.type if variable not in PRISM_COLUMNS[name] else known.type
        showing = known.showing if variable.startswith("location_") else question.showing
        known = known._replace(type=kind, showing=showing, category="direct")
    tally = Tally(known.showing, question.options if question else ())
    typed = known.category == "direct" or variable == "gender"
    tally.fold_once = alone and typed and name == "survey" and known.showing == "values"
    return Column(known, question, tally)


def _with_questions(order: list[str], found: list[str]) -> list[str]:
    """PRISM's order, with a study's own questions where its file has them: before ``study_id``."""
    own = [name for name in found if name not in order]
    at = order.index("study_id")
    return order[:at] + own + order[at:]
