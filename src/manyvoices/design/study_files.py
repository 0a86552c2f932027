"""The files of a study as they are read: texts, the place of everything in them, and the faults.

Each finding is led back to the file and line where it stands, or to the nearest place that does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.design.checks import Finding
from manyvoices.design.questions import found_text
from manyvoices.design.quota_tables import read_cells
from manyvoices.design.record_files import parse_lines
from manyvoices.design.sources import Loc, ReadText, is_inside, parse_yaml, path_text
from manyvoices.schema.errors import Fault

TEXT_FILE = re.compile(r"[^\n]+\.(md|txt)")
_YAML_FILE = re.compile(r"[^\n]+\.ya?ml")


@dataclass
class StudyFiles:
    """Gathers one study's texts, the places of everything in them, and its faults.

    What reads the file named `name` at the place `loc` gives its content, or None and a fault.
    """

    read: ReadText
    folder: Path
    texts: dict[str, str] = field(default_factory=dict)
    places: dict[Loc, tuple[str, int]] = field(default_factory=dict)
    broken: set[Loc] = field(default_factory=set)
    """Places whose fault is known already; what pydantic says about them would only repeat it."""
    faults: list[Fault] = field(default_factory=list)

    # Reading

    def read_text(self, name: str, loc: Loc) -> str | None:
        if name in self.texts:
            return self.texts[name]
        if not is_inside(name):
            self.fail(
                Finding(loc, f"{name!r}, which leads out of the study's folder", "a file below it")
            )
            return None
        try:
            self.texts[name] = self.read(name)
        except UnicodeDecodeError as error:
            found = f"{name}, which is not UTF-8 (byte {error.start})"
            self.fail(Finding(loc, found, "a text in UTF-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "there is no such file"
            self.fail(
                Finding(loc, f"{name}, which cannot be read: {reason}", f"a file in {self.folder}")
            )
        return self.texts.get(name)

    def parse(self, name: str, text: str | None, loc: Loc, key: str | None = None) -> Any:
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

    def text(self, name: str, loc: Loc) -> Any:
        """A text file's content; a text that is no file name stands for itself."""
        return self.read_text(name, loc) if TEXT_FILE.fullmatch(name) else name

    def open_question(self, name: str, loc: Loc) -> Any:
        """First paragraph: the question. What follows: help."""
        text = self.text(name, loc)
        if text is None:
            return None
        label, help_text = split_open(text)
        return {"label": label, "help": help_text}

    def table(self, name: str, loc: Loc) -> Any:
        """A CSV file of quota cells as the list that could stand in its place."""
        if not name.endswith(".csv"):
            self.fail(Finding(loc, found_text(name), "a .csv file, or a list of cells"))
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

    def records(self, key: str) -> Callable[[str, Loc], Any]:
        """Reads a list of records, as JSON Lines or YAML."""

        def read(name: str, loc: Loc) -> Any:
            if _YAML_FILE.fullmatch(name):
                return self.yaml_named(key)(name, loc)
            if not name.endswith(".jsonl"):
                expected = "a .jsonl or .yaml file, or its content"
                self.fail(Finding(loc, found_text(name), expected))
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

    def yaml_named(self, key: str) -> Callable[[str, Loc], Any]:
        """Reads a YAML file; if its top is a mapping that has `key`, what stands there."""

        def read(name: str, loc: Loc) -> Any:
            if not _YAML_FILE.fullmatch(name):
                self.fail(Finding(loc, found_text(name), "a .yaml file, or its content"))
                return None
            text = self.read_text(name, loc)
            return None if text is None else self.parse(name, text, loc, key)

        return read

    # Finding fault

    def fail(self, finding: Finding, loc: Loc | None = None) -> None:
        self.add(finding)
        self.broken.add(finding.loc if loc is None else loc)

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

    def is_broken(self, loc: Loc) -> bool:
        """Whether a fault is known already at `loc` or above it."""
        real = self._real(loc)
        return any(real[:depth] in self.broken for depth in range(len(real) + 1))

    def _real(self, loc: Loc) -> Loc:
        """`loc` without the steps that stand in no file (tags of unions, keys left out)."""
        real: Loc = ()
        for part in loc:
            if (*real, part) in self.places or (*real, part) in self.broken:
                real = (*real, part)
        return real

    def sorted_faults(self) -> list[Fault]:
        """By file in the order read, then by line; each once."""
        order = {str(self.folder / name): number for number, name in enumerate(self.texts)}
        unique = dict.fromkeys(self.faults)
        return sorted(unique, key=lambda f: (order.get(f.file, 0), f.line or 0))


def split_open(text: str) -> tuple[str, str]:
    """The question and the help that a text file of an open question says."""
    first, _, rest = text.strip().partition("\n\n")
    return " ".join(first.lstrip("# ").split()), rest.strip()
