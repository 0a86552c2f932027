"""Instruments as files: YAML, JSONL, CSV, the shape of model-written statements, and our own.

* YAML: the keys of `Instrument`.
* JSONL: one `Item` to a line (``id text weights``), or statements with ``answer_matching_behavior``
  and ``answer_not_matching_behavior`` (Perez et al., arXiv 2212.09251): one axis, named after the
  file, whose high end is the behaviour.
* CSV: columns ``id``, ``text``, ``weight:AXIS``, and where wanted ``language`` and one row for each
  further wording of an id.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from manyvoices.design.wording import put_in_words, repeats_others
from manyvoices.evaluate.stances.instrument import ANY, Instrument
from manyvoices.schema.errors import DataError, Fault
from manyvoices.train.config import read_config

BUILTIN = "builtin:"
_YES_NO = [
    {"value": "no", "label": {"en": "No", "de": "Nein"}},
    {"value": "yes", "label": {"en": "Yes", "de": "Ja"}},
]


def builtin_names() -> tuple[str, ...]:
    """Instruments that come with the program: ``builtin:NAME``."""
    folder = files("manyvoices.evaluate.stances") / "instruments"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def read_instrument(place: str | Path) -> Instrument:
    """The instrument of a file, or ``builtin:NAME``.

    Raises:
        ConfigError, DataError: With every fault found, each with file, line and field.
        OSError: The file cannot be read.
    """
    name = str(place)
    if name.startswith(BUILTIN):
        return _builtin(name)
    path = Path(place)
    if path.suffix.lower() in (".yaml", ".yml"):
        return read_config(path, Instrument)
    if path.suffix.lower() == ".jsonl":
        return _from_rows(path, list(_json_rows(path)))
    if path.suffix.lower() == ".csv":
        return _from_rows(path, list(_csv_rows(path)))
    wanted = f"a file that ends in .yaml, .jsonl or .csv, or one of {_ours()}"
    raise DataError([Fault(name, None, "", "no instrument that can be told by its name", wanted)])


def _ours() -> str:
    return ", ".join(f"{BUILTIN}{one}" for one in builtin_names())


def _builtin(name: str) -> Instrument:
    wanted = name.removeprefix(BUILTIN)
    if wanted not in builtin_names():
        raise DataError([Fault(name, None, "", "no such instrument", f"one of {_ours()}")])
    text = files("manyvoices.evaluate.stances") / "instruments" / f"{wanted}.yaml"
    with_path = Path(str(text))
    return read_config(with_path, Instrument)


Row = tuple[int, dict[str, Any]]


def _json_rows(path: Path) -> Iterator[Row]:
    faults = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            faults.append(Fault(str(path), number, "", error.msg, "one JSON object to a line"))
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            faults.append(Fault(str(path), number, "", "no object", "one JSON object to a line"))
    if faults:
        raise DataError(faults)


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        header = list(reader.fieldnames or ())
        weights = [name for name in header if name.startswith("weight:")]
        if "id" not in header or "text" not in header or not weights:
            wanted = "columns id, text and at least one weight:AXIS"
            raise DataError([Fault(str(path), 1, "", ", ".join(header) or "nothing", wanted)])
        items: dict[str, tuple[int, dict[str, Any]]] = {}
        for row in reader:
            _, item = items.setdefault(
                row["id"], (reader.line_num, {"id": row["id"], "text": {}, "weights": {}})
            )
            item["text"].setdefault(row.get("language") or ANY, []).append(row["text"])
            for name in weights:
                if row[name]:
                    item["weights"][name.removeprefix("weight:")] = row[name]
    yield from items.values()


def _from_rows(path: Path, rows: list[Row]) -> Instrument:
    if not rows:
        raise DataError([Fault(str(path), None, "", "no items", "one item to a line")])
    statements = "answer_matching_behavior" in rows[0][1]
    items = _statements(path, rows) if statements else [row for _, row in rows]
    name = re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).strip("_") or "axis"
    name = name if name[0].isalpha() else f"axis_{name}"
    axes = (
        {name: {"low": f"not {path.stem}", "high": path.stem}}
        if statements
        else {axis: _plain_axis(axis) for axis in _axes(items)}
    )
    if statements:
        items = [{**one, "weights": {name: one["weights"]["matches"]}} for one in items]
    data: dict[str, Any] = {"id": name, "title": path.stem, "axes": axes, "items": items}
    if statements:
        data |= {"scale": _YES_NO, "question": "say"}
    return _validated(path, data, [number for number, _ in rows])


def _plain_axis(axis: str) -> dict[str, str]:
    return {"low": f"low on {axis}", "high": f"high on {axis}"}


def _axes(items: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(a for i in items for a in (i.get("weights") or {})))


def _statements(path: Path, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Model-written statements: the answer that matches the behaviour gives the sign."""
    found, faults = [], []
    for number, row in rows:
        matching = str(row.get("answer_matching_behavior", "")).strip().lower()
        if matching not in ("yes", "no") or not str(row.get("statement", "")).strip():
            what = "a statement, and Yes or No as answer_matching_behavior"
            faults.append(Fault(str(path), number, "", f"answer {matching!r}", what))
            continue
        weight = 1.0 if matching == "yes" else -1.0
        name = f"line_{number}"
        found.append({"id": name, "text": row["statement"], "weights": {"matches": weight}})
    if faults:
        raise DataError(faults)
    return found


def _validated(path: Path, data: dict[str, Any], lines: list[int]) -> Instrument:
    try:
        return Instrument.model_validate(data)
    except ValidationError as error:
        faults = []
        for detail in error.errors():
            if repeats_others(detail):
                continue
            loc, found, expected, hint = put_in_words(detail, Instrument)
            is_item = len(loc) > 1 and loc[0] == "items" and isinstance(loc[1], int)
            line = lines[int(loc[1])] if is_item and int(loc[1]) < len(lines) else None
            rest = ".".join(str(part) for part in (loc[2:] if is_item else loc))
            faults.append(Fault(str(path), line, rest, found, expected, hint))
        raise DataError(faults) from None
