"""Load a study: read ``study.yaml`` and the files that it names, and report every fault at once.

Three steps. `sources` turns each file into data with line numbers. The files that a study names
are put in the places where they are named, so that one validation sees everything. Pydantic
(form) and `checks` (sense) then say what is wrong, and each finding is led back to its file and
line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from manyvoices.design.checks import Finding, check_study
from manyvoices.design.protocol import Recruitment, Study, StudyFile
from manyvoices.design.questions import Attributes, OpenQuestion, Page, VisibleIf, found_text
from manyvoices.design.quota_tables import read_cells
from manyvoices.design.record_files import parse_lines
from manyvoices.design.responders import ResponderSpec
from manyvoices.design.sources import (
    Loc,
    ReadText,
    is_inside,
    parse_yaml,
    path_text,
    read_from_folder,
)
from manyvoices.design.stages import (
    STAGE_KINDS,
    ConsentStage,
    Continuing,
    ConversationsStage,
    Feedback,
    Opening,
    Rating,
    Stage,
    SurveyStage,
    TypeRule,
)
from manyvoices.design.translations import check_translations
from manyvoices.design.wording import did_you_mean, one_of, put_in_words, repeats_others
from manyvoices.schema.errors import Fault, StudyError

__all__ = [
    "Attributes",
    "ConsentStage",
    "Continuing",
    "ConversationsStage",
    "Feedback",
    "OpenQuestion",
    "Opening",
    "Page",
    "Rating",
    "Recruitment",
    "ResponderSpec",
    "Stage",
    "Study",
    "StudyFile",
    "SurveyStage",
    "TypeRule",
    "VisibleIf",
    "load_study",
    "read_study",
]

_TEXT_FILE = re.compile(r"[^\n]+\.(md|txt)")
_YAML_FILE = re.compile(r"[^\n]+\.ya?ml")


def load_study(path: str | Path) -> Study:
    """Load a study from its ``study.yaml`` (or from the folder that holds one).

    Raises `StudyError` with every fault found, each with its file and line, and OSError where
    `path` itself cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "study.yaml"
    path.stat()
    return _load(path.name, read_from_folder(path.parent), path.parent)


def read_study(files: Mapping[str, str], name: str | None = None) -> Study:
    """Load a study from texts (``Study.source_files``) instead of a folder; same faults.

    `name` says which text is the study; by default the first.
    """

    def read(wanted: str) -> str:
        if wanted not in files:
            raise FileNotFoundError(wanted)
        return files[wanted]

    return _load(name if name is not None else next(iter(files)), read, Path())


def _load(name: str, read: ReadText, folder: Path) -> Study:
    loader = _Loader(read=read, folder=folder)
    data = loader.read_main(name)
    written: StudyFile | None = None
    if isinstance(data, dict):
        written = loader.validate(data)
        for finding in check_study(data):
            loader.add(finding)
        if written is not None:
            for finding in check_translations(written):
                loader.add(finding)
    if loader.faults or written is None:
        raise StudyError(loader.sorted_faults())
    fields = {key: getattr(written, key) for key in StudyFile.model_fields}
    digest = hashlib.sha256(_canonical(data).encode()).hexdigest()
    return Study.model_construct(**fields, digest=digest, source_files=loader.texts)


def split_open(text: str) -> tuple[str, str]:
    """The question and the help that a text file of an open question says."""
    first, _, rest = text.strip().partition("\n\n")
    return " ".join(first.lstrip("# ").split()), rest.strip()


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)


@dataclass
class _Loader:
    """Gathers one study's texts, the places of everything in them, and its faults."""

    read: ReadText
    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    places: dict[Loc, tuple[str, int]] = field(default_factory=dict)
    broken: set[Loc] = field(default_factory=set)
    """Places whose fault is known already; what pydantic says about them would only repeat it."""
    faults: list[Fault] = field(default_factory=list)

    # Reading and putting together

    def read_main(self, name: str) -> Any:
        data = self._parse(name, self.read_text(name, ()), ())
        if not isinstance(data, dict):
            if not self.faults:
                self.add(Finding((), found_text(data), "a mapping (manyvoices: 1, id: ...)"))
            return None
        if isinstance(stages := data.get("stages"), tuple):
            data["stages"] = tuple(self._stage(s, ("stages", i)) for i, s in enumerate(stages))
        self._include(data, "models", ("models",), self._yaml_named("models"))
        if isinstance(recruitment := data.get("recruitment"), dict):
            self._include(recruitment, "cells", ("recruitment", "cells"), self._table)
        if isinstance(languages := data.get("translations"), dict):
            for language in languages:
                self._translation(languages, language, ("translations", language))
        return data

    def _stage(self, entry: Any, loc: Loc) -> Any:
        """``{survey: {...}}`` as ``{kind: survey, ...}``, its files read; None where broken."""
        if not isinstance(entry, dict) or len(entry) != 1:
            found = found_text(entry) if not isinstance(entry, dict) else f"{len(entry)} keys"
            self._break(Finding(loc, found, f"one key: {', '.join(STAGE_KINDS)}"))
            return None
        ((kind, body),) = entry.items()
        inner = (*loc, kind)
        if kind not in STAGE_KINDS:
            hint = did_you_mean(kind, STAGE_KINDS)
            self._break(Finding(inner, f"a stage {kind}", one_of(STAGE_KINDS), hint), loc)
            return None
        if not isinstance(body, dict) or "kind" in body:
            found = found_text(body) if not isinstance(body, dict) else "the key kind"
            self._break(Finding(inner, found, "a mapping (key: value)"), loc)
            return None
        self._stage_files(kind, body, inner)
        return {"kind": kind, **body}

    def _stage_files(self, kind: str, body: dict[str, Any], loc: Loc) -> None:
        if kind == "consent":
            self._include(body, "text", (*loc, "text"), self._text)
        elif kind == "survey":
            self._include(body, "questions", (*loc, "questions"), self._yaml_named("pages"))
        elif kind == "tree_tasks":
            self._include(body, "guidelines", (*loc, "guidelines"), self._text)
            self._include(body, "quiz", (*loc, "quiz"), self._yaml_named("quiz"))
        elif kind == "comparisons":
            self._comparison_files(body, loc)
        else:
            self._conversation_files(body, loc)

    def _conversation_files(self, body: dict[str, Any], loc: Loc) -> None:
        self._batch(body, loc)
        if isinstance(feedback := body.get("feedback"), dict):
            for part in ("performance", "choice"):
                place = (*loc, "feedback", part)
                self._include(feedback, part, place, self._yaml_named(part))
            self._include(feedback, "open", (*loc, "feedback", "open"), self._open_question)

    def _comparison_files(self, body: dict[str, Any], loc: Loc) -> None:
        self._include(body, "guidance", (*loc, "guidance"), self._text)
        self._include(body, "prompts", (*loc, "prompts"), self._records("prompts"))
        self._include(body, "outputs", (*loc, "outputs"), self._records("outputs"))
        self._batch(body, loc)

    def _batch(self, body: dict[str, Any], loc: Loc) -> None:
        if isinstance(assignment := body.get("assignment"), dict):
            self._include(
                assignment, "batch", (*loc, "assignment", "batch"), self._records("batch")
            )

    def _include(
        self, parent: dict[str, Any], key: str, loc: Loc, read: Callable[[str, Loc], Any]
    ) -> None:
        """Where `parent[key]` is a text, let `read` put what it stands for in its place."""
        if isinstance(name := parent.get(key), str):
            parent[key] = read(name, loc)

    def _text(self, name: str, loc: Loc) -> Any:
        """A text file's content; a text that is no file name stands for itself."""
        return self.read_text(name, loc) if _TEXT_FILE.fullmatch(name) else name

    def _open_question(self, name: str, loc: Loc) -> Any:
        """First paragraph: the question. What follows: help."""
        text = self._text(name, loc)
        if text is None:
            return None
        label, help_text = split_open(text)
        return {"label": label, "help": help_text}

    def _translation(self, languages: dict[str, Any], language: str, loc: Loc) -> None:
        """One language's texts, the text files that they name read."""
        self._include(languages, language, loc, self._yaml_named(language))
        words = languages[language]
        if not isinstance(words, dict) or loc in self.broken:
            return
        resolved: dict[Any, Any] = {}
        for key, value in words.items():
            there = (*loc, key)
            text = self._text(value, there) if isinstance(value, str) else value
            if not isinstance(key, str) or not _TEXT_FILE.fullmatch(key):
                resolved[key] = text
            elif (source := self.read_text(key, there)) is not None and isinstance(text, str):
                resolved[source] = text
                for before, after in zip(split_open(source), split_open(text), strict=True):
                    if before:
                        resolved.setdefault(before, after)
                        self.places[(*loc, before)] = self.places.get(there, (str(self.folder), 1))
        languages[language] = resolved

    def _table(self, name: str, loc: Loc) -> Any:
        """A CSV file of quota cells as the list that could stand in its place."""
        if not name.endswith(".csv"):
            self._break(Finding(loc, found_text(name), "a .csv file, or a list of cells"))
            return None
        text = self.read_text(name, loc)
        if text is None:
            return None
        table = read_cells(text)
        file = str(self.folder / name)
        self.faults += [Fault(file, *fault) for fault in table.faults]
        for number, line in enumerate(table.lines):
            self.places[(*loc, number)] = (file, line)
        if table.faults:
            self.broken.add(loc)
        return table.cells

    def _records(self, key: str) -> Callable[[str, Loc], Any]:
        """Reads a list of records, as JSON Lines or YAML."""

        def read(name: str, loc: Loc) -> Any:
            if _YAML_FILE.fullmatch(name):
                return self._yaml_named(key)(name, loc)
            if not name.endswith(".jsonl"):
                expected = "a .jsonl or .yaml file, or its content"
                self._break(Finding(loc, found_text(name), expected))
                return None
            text = self.read_text(name, loc)
            if text is None:
                return None
            file = str(self.folder / name)
            source = parse_lines(text, file)
            self.faults += source.faults
            for place, line in source.lines.items():
                self.places[loc + place] = (file, line)
            if source.faults:
                self.broken.add(loc)
            return source.data

        return read

    def _yaml_named(self, key: str) -> Callable[[str, Loc], Any]:
        """Reads a YAML file; if its top is a mapping that has `key`, what stands there."""

        def read(name: str, loc: Loc) -> Any:
            if not _YAML_FILE.fullmatch(name):
                self._break(Finding(loc, found_text(name), "a .yaml file, or its content"))
                return None
            text = self.read_text(name, loc)
            return None if text is None else self._parse(name, text, loc, key)

        return read

    def read_text(self, name: str, loc: Loc) -> str | None:
        if name in self.texts:
            return self.texts[name]
        if not is_inside(name):
            self._break(
                Finding(loc, f"{name!r}, which leads out of the study's folder", "a file below it")
            )
            return None
        try:
            self.texts[name] = self.read(name)
        except UnicodeDecodeError as error:
            found = f"{name}, which is not UTF-8 (byte {error.start})"
            self._break(Finding(loc, found, "a text in UTF-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "there is no such file"
            self._break(
                Finding(loc, f"{name}, which cannot be read: {reason}", f"a file in {self.folder}")
            )
        return self.texts.get(name)

    def _parse(self, name: str, text: str | None, loc: Loc, key: str | None = None) -> Any:
        """Parse a file that stands at `loc`, or the part of it under `key`."""
        if text is None:
            return None
        file = str(self.folder / name)
        source = parse_yaml(text, file)
        known = set(self.faults)
        self.faults += [fault for fault in source.faults if fault not in known]
        data = source.data
        inside: Loc = ()
        if key is not None and isinstance(data, dict) and key in data:
            data, inside = data[key], (key,)
        for place, line in source.lines.items():
            if place[: len(inside)] == inside:
                self.places[loc + place[len(inside) :]] = (file, line)
        if data is None:
            if not source.faults:
                self.add(Finding(loc, "nothing", f"what the study asks of {name}"))
            self.broken.add(loc)
        return data

    # Finding fault

    def _break(self, finding: Finding, loc: Loc | None = None) -> None:
        self.add(finding)
        self.broken.add(finding.loc if loc is None else loc)

    def validate(self, data: dict[str, Any]) -> StudyFile | None:
        try:
            return StudyFile.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                finding = Finding(*put_in_words(detail, StudyFile))
                if not repeats_others(detail) and not self._is_broken(self._real(finding.loc)):
                    self.add(finding)
            return None

    def _is_broken(self, loc: Loc) -> bool:
        return any(loc[:depth] in self.broken for depth in range(len(loc) + 1))

    def _real(self, loc: Loc) -> Loc:
        """`loc` without the steps that stand in no file (tags of unions, keys left out)."""
        real: Loc = ()
        for part in loc:
            if (*real, part) in self.places or (*real, part) in self.broken:
                real = (*real, part)
        return real

    def add(self, finding: Finding) -> None:
        """Note `finding` at the place nearest to it that stands in a file."""
        real = self._real(finding.loc)
        file, line = self.places.get(real, (str(self.folder), None))
        # A key that is missing stands in no file, but it is what the fault is about.
        missing = finding.expected.startswith("the key") and finding.loc[-1:] != real[-1:]
        shown = (*real, finding.loc[-1]) if missing else real
        self.faults.append(
            Fault(file, line, path_text(shown), finding.found, finding.expected, finding.hint)
        )

    def sorted_faults(self) -> list[Fault]:
        """By file in the order read, then by line; each once."""
        order = {str(self.folder / name): number for number, name in enumerate(self.texts)}
        unique = dict.fromkeys(self.faults)
        return sorted(unique, key=lambda f: (order.get(f.file, 0), f.line or 0))
