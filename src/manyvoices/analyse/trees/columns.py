"""Message trees as columns: what is kept of a stream of trees once it has gone by.

Trees nest without end and may be as many as a project grows, so they are read once, one at a time,
and only numbers stay: no text, one row per message. Rows are ordered by the ids of trees, people,
languages and labels, so that the order of the file moves no number, not even a resampled one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from manyvoices.analyse.table import BoolArray, IntArray

FloatArray = NDArray[np.float64]
NONE = -1
"""Code of what is absent: no parent, no author, no rank, no decision, no date."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Values that messages carry under names: summed labels, classifier scores or emojis."""

    names: tuple[str, ...]
    message: IntArray
    """(m,) row of the message."""
    name: IntArray
    """(m,) place in `names`."""
    value: FloatArray
    """(m,) the mean over raters, the score, or how often."""
    count: IntArray
    """(m,) raters; 1 for scores and emojis."""

    def of(self, name: str, n_messages: int) -> FloatArray:
        """(n_messages,) the values of one name; NaN where a message has none."""
        found = np.full(n_messages, np.nan)
        if name in self.names:
            rows = self.name == self.names.index(name)
            found[self.message[rows]] = self.value[rows]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Single answers to labels, of releases that keep them: (m,) each."""

    names: tuple[str, ...]
    message: IntArray
    name: IntArray
    person: IntArray
    value: FloatArray
    """0 to 1; NaN means "cannot tell"."""


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Single rankings of replies, one row for each place of each ranking."""

    parent: IntArray
    """(r,) row of the message whose replies were ranked."""
    person: IntArray
    """(r,)"""
    all_bad: BoolArray
    """(r,) "all replies are bad": such a ranking has no places."""
    ranking: IntArray
    """(p,) which ranking a place belongs to."""
    message: IntArray
    """(p,) the reply."""
    place: IntArray
    """(p,) 0 is best; replies ranked equal share a place."""


@dataclass(frozen=True, slots=True, eq=False)
class TreeColumns:
    """All trees of a file. n messages, k trees; codes point into the tuples of names."""

    languages: tuple[str, ...]
    states: tuple[str, ...]
    people: tuple[str, ...]
    """Ids of authors and raters."""
    state: IntArray
    """(k,) or `NONE`."""
    tree: IntArray
    """(n,)"""
    parent: IntArray
    """(n,) row of the message above, `NONE` for a prompt."""
    depth: IntArray
    """(n,) 0 for a prompt."""
    is_assistant: BoolArray
    language: IntArray
    """(n,) ``""`` is a language too: none was named."""
    author: IntArray
    deleted: BoolArray
    synthetic: BoolArray
    simulated: BoolArray
    """(n,) by a bot of a rehearsal, as far as the file says."""
    review: IntArray
    """(n,) 1 accepted, 0 rejected, `NONE` not decided."""
    n_reviews: IntArray
    """(n,) `NONE` where the file does not say."""
    rank: IntArray
    day: IntArray
    """(n,) proleptic Gregorian ordinal (`datetime.date.fromordinal`), or `NONE`."""
    fingerprint: IntArray
    """(n,) equal for texts that `curate` holds for the same; 0 for texts too short to compare."""
    labels: Marks
    scores: Marks
    """Of a classifier (``detoxify``)."""
    emojis: Marks
    given: Given
    rankings: Rankings
    form: str
    """Format that it was read from."""
    n_unplaced: int = 0
    """Rankings and labels left out because they name messages that are not in the file."""

    @property
    def n_messages(self) -> int:
        return len(self.tree)

    @property
    def n_trees(self) -> int:
        return len(self.state)

    @property
    def live(self) -> BoolArray:
        """(n,) not deleted."""
        return ~self.deleted

    @property
    def by_people(self) -> BoolArray:
        """(n,) written by a person and not by a model."""
        return ~self.synthetic
