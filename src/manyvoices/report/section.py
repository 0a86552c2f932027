"""One chapter of a report: what a result says, as figures, tables and sentences.

Every chapter is a function of a frozen result and returns a `Section`; the page puts all of them
into one form, so that each item says how many, by which method, with which interval, and after
which figure of which paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import Drawing
from manyvoices.report.data_table import DataTable


@dataclass(frozen=True, slots=True)
class Item:
    """A figure, a table, or both of one question."""

    name: str
    """Letters, digits and dashes, led by the section's id: names its place and its files."""
    title: str
    """What it says, as a finding."""
    n: str
    """How many of what: "8,011 opening prompts of 1,396 people"."""
    method: str
    """How it was computed and what its interval covers, in plain words."""
    source: str = ""
    """The paper's figure or table that it answers to ("PRISM, Figure 5"); empty where none does."""
    drawing: Drawing | None = None
    """`Drawing.name` is the item's name; its title and caption may be empty: the item's stand."""
    table: DataTable | None = None
    """Its name is the item's name."""
    notes: tuple[str, ...] = ()
    """What a reader must know besides, a sentence each."""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter."""

    lead: str
    """One or two sentences: what was asked, and the answer."""
    items: tuple[Item, ...]
    in_short: tuple[str, ...] = ()
    """Sentences for the top of the report; none or one, seldom two."""
    notes: tuple[str, ...] = ()
    """What could not be computed, and what it would need."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """How a chapter is made: computed by `analyse`, then rendered."""

    id: str
    """As in ``report --only ID``."""
    title: str
    compute: Callable[[Any, Settings], Any]
    """From the release (see `takes`) to a frozen result that can be pickled, or `NotEnough`."""
    render: Callable[[Any], Section]
    takes: Literal["study", "trees", "ratings"] = "study"
    """``study``: a `Dataset`; ``trees``: the path of OASST-form trees or messages, or of a release
    that holds trees; ``ratings``: the path of a rated table."""
