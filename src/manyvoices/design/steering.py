"""A study with a batch in force: what ``serve --next-batch`` and ``rehearse --next-batch`` run.

The study's own text is edited, so that the version that people take part under, and the study that
a release carries, says by itself how they were assigned. Everything else in the file, comments and
order included, stays as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from manyvoices.design.protocol import Study
from manyvoices.design.record_files import parse_lines
from manyvoices.design.study import load_study, read_study
from manyvoices.schema.errors import Fault, StudyError

STEERED = ("comparisons", "conversations")
EXPLORATION = 0.2
"""Where the study says nothing."""


def with_batch(study: Path, batch: Path, *, stage: str | None = None) -> Study:
    """The study at `study` with the asks in the file `batch` assigned first.

    `stage`: id of the stage; by default the study's only one of comparisons, or else of
    conversations. An exploration share that the study gives stays.

    Raises `StudyError` with every fault of the study and of the batch, each with its file and
    line: models, prompts, types and questions that the study does not have are faults.
    """
    plain = load_study(study)
    path = study / "study.yaml" if study.is_dir() else study
    number, kind = _stage(plain, path, stage)
    text = _text(batch)
    source = parse_lines(text, str(batch))
    if source.faults:
        raise StudyError(source.faults)
    name = next(iter(plain.source_files))
    files = {
        **plain.source_files,
        name: _assigned(plain.source_files[name], number, kind, batch.name),
        batch.name: text,
    }
    try:
        return read_study(files, name)
    except StudyError as error:
        raise StudyError([_placed(fault, path, batch) for fault in error.faults]) from error


def _text(batch: Path) -> str:
    try:
        return batch.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"bytes that are not UTF-8 (from byte {error.start})"
        raise StudyError([Fault(str(batch), None, "", found, "JSON Lines in UTF-8")]) from error


def _stage(study: Study, path: Path, wanted: str | None) -> tuple[int, str]:
    """(index, kind) of the stage that is steered."""
    there = [(i, s.kind, s.id) for i, s in enumerate(study.stages) if s.kind in STEERED]
    if wanted is not None:
        found = [stage for stage in there if stage[2] == wanted]
    else:
        kinds = {kind for _, kind, _ in there}
        kind = next((kind for kind in STEERED if kind in kinds), None)
        found = [stage for stage in there if stage[1] == kind]
    if len(found) != 1:
        names = ", ".join(name for _, _, name in there) or "none"
        what = f"no stage {wanted}" if wanted else f"{len(found)} stages that could be steered"
        hint = "name one with --stage" if len(found) > 1 else ""
        expected = f"one stage of comparisons or conversations; there: {names}"
        raise StudyError([Fault(str(path), None, "stages", what, expected, hint)])
    return found[0][0], found[0][1]


def _placed(fault: Fault, study: Path, batch: Path) -> Fault:
    """The fault under the name by which the user knows the file."""
    if fault.file == batch.name:
        return replace(fault, file=str(batch))
    return replace(fault, file=str(study.parent / fault.file))


def _assigned(text: str, number: int, kind: str, batch: str) -> str:
    """``study.yaml`` whose stage says ``assignment: {policy: batch, batch: ...}``."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None, "it was loaded as a study before"
    body = _body(root, number, kind)
    written = {"policy": "batch", "batch": batch, "exploration": EXPLORATION}
    for key, value in body.value:
        if key.value == "assignment":
            before = yaml.safe_load(text[value.start_mark.index : value.end_mark.index]) or {}
            kept = before if isinstance(before, dict) else {}
            entry = f"assignment: {_flow({**written, **_exploration(kept)})}"
            old = text[key.start_mark.index : value.end_mark.index]
            tail = old[len(old.rstrip()) :]
            end = value.end_mark.index
            return text[: key.start_mark.index] + entry + tail + text[end:]
    entry = f"assignment: {_flow(written)}"
    start = body.start_mark.index
    if body.flow_style:
        comma = ", " if body.value else ""
        return text[: start + 1] + entry + comma + text[start + 1 :]
    return text[:start] + entry + "\n" + " " * body.start_mark.column + text[start:]


def _body(root: yaml.Node, number: int, kind: str) -> yaml.MappingNode:
    stages = next(value for key, value in root.value if key.value == "stages")
    (entry,) = [value for key, value in stages.value[number].value if key.value == kind]
    assert isinstance(entry, yaml.MappingNode)
    return entry


def _exploration(before: Mapping[str, Any]) -> dict[str, Any]:
    return {"exploration": before["exploration"]} if "exploration" in before else {}


def _flow(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(
        dict(value), default_flow_style=True, sort_keys=False, width=10**6
    ).strip()
