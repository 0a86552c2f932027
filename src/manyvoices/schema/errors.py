"""Every error that manyvoices raises on purpose, in one tree.

    ManyvoicesError
    ├── InputError            something a person wrote or a file holds is at fault (exit 1)
    │   ├── StudyError        a study.yaml or a file that it names
    │   └── DataError         a data file: release, trees, battles, ballots, ratings
    ├── ConvergenceError      an estimator did not reach its tolerance
    ├── MissingExtraError     a part is not installed; the message names the extra
    └── ResponderError        a model gave no answer (see ``manyvoices.llm``)

A user catches the base class::

    try:
        study = load_study(path)
    except ManyvoicesError as error:
        print(error)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    file: str
    """Path as the user gave it."""
    line: int | None
    """1-based; None where the fault has no line (a file that is missing, an empty file)."""
    path: str
    """Where in the record: ``turns[2].utterances[0].score``; empty for the record as a whole."""
    found: str
    """What is there, in words, cut short where it is somebody's text."""
    expected: str
    """What would have been right."""
    hint: str = ""
    """What to do about it, where that is not plain from `expected`."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f"{place}: {self.path}" if self.path else place
        text = f"{where}: found {self.found}, expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class ManyvoicesError(Exception):
    """Base of all errors raised on purpose."""


class InputError(ManyvoicesError):
    """What a person wrote is at fault. Carries every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault], *, n_more: int = 0) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.n_more = n_more
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [str(fault) for fault in self.faults]
        if self.n_more:
            lines.append(f"... and {self.n_more} more faults that are not listed")
        return "\n".join(lines)


class StudyError(InputError):
    """A ``study.yaml``, or a file that it names, cannot be used."""


class DataError(InputError):
    """A data file cannot be used as what it was said to be."""


class ConvergenceError(ManyvoicesError):
    """An estimator did not reach its tolerance; the message says how far it came."""


class MissingExtraError(ManyvoicesError):
    """A part of manyvoices that this needs is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(
            f"{what} needs a part that is not installed: pip install 'manyvoices[{extra}]'"
        )
