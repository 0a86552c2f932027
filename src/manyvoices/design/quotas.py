"""Quotas: how many people of which kind a study takes, as a pure rule.

A cell says whom it counts (`where`, question id -> values) and how many it takes. `limit` is hard:
nobody is let in past it. `target` is soft: it is shown as reached, and people still come in. A
person is known by the answers given so far, so that a cell can be undecided for them: it is looked
at again after every page. The caller reads the counts under a lock and writes the reservations in
the same transaction; without that no rule of quotas holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from manyvoices.design.protocol import QuotaCell, Recruitment

__all__ = ["Cell", "CellState", "Decision", "Traits", "admit", "cells_of", "matches"]

Traits = Mapping[str, Any]
"""Question id -> the answer as it is stored. A question that is not answered yet is absent."""

DecisionKind = Literal["ok", "waiting", "over_quota"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the rule sees it."""

    key: str
    """Names the cell in its study, whatever happens to the others."""
    where: Mapping[str, tuple[str, ...]]
    """Question id -> values of which one must have been given; empty counts everybody."""
    limit: int | None
    """People at most; None = no hard limit."""
    target: int | None = None
    """People wanted; more are let in."""


@dataclass(frozen=True, slots=True)
class CellState:
    """A cell and who holds its places now."""

    cell: Cell
    active: int = 0
    """Places held by people who are not finished: some of them may come free."""
    complete: int = 0
    """Places of people who have finished: these do not come free."""

    @property
    def taken(self) -> int:
        return self.active + self.complete

    @property
    def is_full(self) -> bool:
        """Whether nobody else is let in now."""
        return self.cell.limit is not None and self.taken >= self.cell.limit

    @property
    def is_filled(self) -> bool:
        """Whether nobody else will be let in, even if everybody under way gave up."""
        return self.cell.limit is not None and self.complete >= self.cell.limit

    @property
    def is_on_target(self) -> bool:
        """Whether as many as were wanted have finished."""
        wanted = self.cell.target if self.cell.target is not None else self.cell.limit
        return wanted is not None and self.complete >= wanted


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a person."""

    kind: DecisionKind
    hold: tuple[str, ...] = ()
    """Keys of the cells in which a place is to be reserved; empty unless ``ok``."""
    full: tuple[str, ...] = field(default=())
    """Keys of the cells that stand in the way."""


def admit(facts: Traits, cells: Iterable[CellState]) -> Decision:
    """Whether somebody with the answers `facts` gets a place in every cell that counts them.

    `cells` are the cells in which they hold no place yet. All or nothing: one full cell and no
    place is taken in any other. ``waiting`` where places may still come free, ``over_quota`` where
    every place of a cell belongs to somebody who has finished.
    """
    counting = [state for state in cells if matches(state.cell, facts)]
    full = [state for state in counting if state.is_full]
    if full:
        kind: DecisionKind = "over_quota" if any(s.is_filled for s in full) else "waiting"
        return Decision(kind, full=tuple(state.cell.key for state in full))
    return Decision("ok", hold=tuple(state.cell.key for state in counting))


def matches(cell: Cell, facts: Traits) -> bool:
    """Whether `cell` counts somebody with the answers `facts`; what is not known does not match."""
    return all(name in facts and fits(facts[name], values) for name, values in cell.where.items())


def fits(value: Any, wanted: Sequence[str]) -> bool:
    """Whether a stored answer is one of `wanted`: a value, or a range of numbers as ``18..24``.

    Of an answer with several values (multiple choice) one is enough.
    """
    if isinstance(value, list):
        return any(fits(one, wanted) for one in value)
    if isinstance(value, Mapping):  # "other" with text: the choice itself is under `value`
        return "value" in value and fits(value["value"], wanted)
    return value is not None and any(_is(value, one) for one in wanted)


def _is(value: Any, wanted: str) -> bool:
    low, dots, high = wanted.partition("..")
    if not dots:
        return str(value) == wanted
    try:
        number = float(value)
        return (not low or number >= float(low)) and (not high or number <= float(high))
    except (TypeError, ValueError):
        return str(value) == wanted


def cells_of(recruitment: Recruitment) -> tuple[Cell, ...]:
    """Every cell of a study: all places, each value of ``quotas``, and ``cells``."""
    found = []
    if recruitment.places is not None:
        found.append(Cell("everybody", {}, recruitment.places))
    for name, values in recruitment.quotas.items():
        found += [Cell(f"{name}={value}", {name: (value,)}, n) for value, n in values.items()]
    found += [_cell(written) for written in recruitment.cells]
    return tuple({cell.key: cell for cell in found}.values())


def _cell(written: QuotaCell) -> Cell:
    where = {name: written.values_of(name) for name in written.where}
    return Cell(written.key, where, written.limit, written.target)
