"""Ratings that people gave to answers, one row each: the input of methods that use the numbers.

Battles keep only who was rated higher. `Scores` keep by how much, so that means, normalised means
and ranks within a turn can be taken, and the same rows give battles too: all methods then stand on
the same people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.columns import (
    as_array,
    column_names,
    encode_names,
    encode_sorted,
    require_columns,
)
from manyvoices.aggregate.errors import NoBattlesError
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray, ObjectArray
from manyvoices.aggregate.rows import check_weights, labels_of, seen_only

TIE_THRESHOLD = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """One score for each (participant, turn, model); rows of one turn stand in the order shown."""

    model: IntArray
    """(rows,) code of the model; index into `models`."""
    score: FloatArray
    """(rows,) finite, higher is better."""
    turn: IntArray
    """(rows,) code of the turn; the answers of one turn were shown side by side."""
    cluster: IntArray
    """(rows,) code of the participant."""
    models: tuple[str, ...]
    opening: BoolArray | None = None
    """(rows,) whether the turn opened its conversation; None means that all did. Models are
    compared on opening turns alone, since later turns hold answers of the winner only."""
    weight: FloatArray | None = None
    """(rows,) weight of each row, at least 0; None means 1 each. In battles the two weights of a
    pair are multiplied."""
    groups: Mapping[str, ObjectArray] = field(default_factory=dict)
    simulated: BoolArray | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Reason -> rows of the source that are not here."""
    participants: tuple[str, ...] = ()
    """Label of each participant code; empty where unknown."""
    tie_threshold: float = TIE_THRESHOLD
    """Scores of one turn that are no further apart are a tie when battles are made."""

    def __post_init__(self) -> None:
        rows = len(self.model)
        if not rows:
            raise NoBattlesError("rated answer")
        columns = {"score": self.score, "turn": self.turn, "cluster": self.cluster,
                   "opening": self.opening, "weight": self.weight, "simulated": self.simulated,
                   **self.groups}  # fmt: skip
        for name, column in columns.items():
            if column is not None and len(column) != rows:
                raise ValueError(f"column {name} has {len(column)} rows, column model has {rows}")
        if not (self.model.min() >= 0 and self.model.max() < len(self.models)):
            raise ValueError(f"column model holds codes outside 0..{len(self.models) - 1}")
        if not np.isfinite(self.score).all():
            raise ValueError("scores must be finite: leave answers out that were not rated")
        if self.weight is not None:
            check_weights(self.weight)
        if not self.tie_threshold >= 0:
            raise ValueError(f"tie_threshold must be at least 0, found {self.tie_threshold!r}")

    def __len__(self) -> int:
        return len(self.model)

    @property
    def n_participants(self) -> int:
        """Number of distinct participants."""
        return len(np.unique(self.cluster))

    @property
    def is_opening(self) -> BoolArray:
        """(rows,) whether the row is of an opening turn."""
        return np.ones(len(self), dtype=np.bool_) if self.opening is None else self.opening

    def battles(self, tie_threshold: float | None = None) -> Battles:
        """Every pair of answers of one opening turn, as PRISM made them.

        `Battles.models` are those of these scores, so that codes mean the same in both; a model
        that met nobody stays in the list. A turn that shows a model twice gives no battle of it
        with itself.
        """
        threshold = self.tie_threshold if tie_threshold is None else tie_threshold
        first, second = self.pairs()
        gap = self.score[first] - self.score[second]
        weight = None if self.weight is None else self.weight[first] * self.weight[second]
        return Battles(
            a=self.model[first],
            b=self.model[second],
            outcome=np.where(np.abs(gap) <= threshold, 0.5, (gap > 0).astype(np.float64)),
            models=self.models,
            cluster=self.cluster[first],
            weight=weight,
            groups={name: column[first] for name, column in self.groups.items()},
            simulated=None if self.simulated is None else self.simulated[first],
            participants=self.participants,
        )

    def pairs(self) -> tuple[IntArray, IntArray]:
        """Row numbers (pairs,) of both sides of every pair, turn by turn in the order given."""
        rows = np.flatnonzero(self.is_opening)
        _, arrival, turn = np.unique(self.turn[rows], return_index=True, return_inverse=True)
        place = np.argsort(np.argsort(arrival))[turn]
        rows = rows[np.argsort(place, kind="stable")]
        size = np.bincount(place)
        begin = np.cumsum(size) - size
        firsts, seconds, keys = [], [], []
        for n_shown in np.unique(size[size > 1]):
            left, right = np.triu_indices(n_shown, 1)
            turns = np.flatnonzero(size == n_shown)
            firsts.append((begin[turns][:, None] + left).ravel())
            seconds.append((begin[turns][:, None] + right).ravel())
            keys.append(np.repeat(turns, len(left)))
        if not firsts:
            return rows[:0], rows[:0]
        order = np.argsort(np.concatenate(keys), kind="stable")
        first = rows[np.concatenate(firsts)[order]]
        second = rows[np.concatenate(seconds)[order]]
        different = self.model[first] != self.model[second]
        return first[different], second[different]

    def select(self, rows: BoolArray | IntArray) -> Scores:
        """Return the scores at `rows`, with only the models that still appear in them."""

        def cut(column: Any) -> Any:
            return None if column is None else column[rows]

        model, _, models, _ = seen_only(self.model[rows], self.model[rows], self.models)
        return replace(
            self, model=model, models=models, score=cut(self.score), turn=cut(self.turn),
            cluster=cut(self.cluster), opening=cut(self.opening), weight=cut(self.weight),
            simulated=cut(self.simulated),
            groups={name: cut(column) for name, column in self.groups.items()}, excluded={},
        )  # fmt: skip

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        participant: str = "participant_id",
        turn: str = "turn_id",
        model: str = "model",
        score: str = "score",
        opening: str | None = None,
        weight: str | None = None,
        simulated: str | None = None,
        groups: Sequence[str] = (),
        tie_threshold: float = TIE_THRESHOLD,
    ) -> Scores:
        """Read a polars or pandas frame, a pyarrow table, or a dict of columns.

        `turn` must tell all turns of all people apart. A row without a score, a model or a
        participant is left out and counted in `excluded`. An `opening` column is read where there
        is one under that name.
        """
        if opening is None and "opening" in column_names(frame):
            opening = "opening"
        named = [participant, turn, model, score, opening, weight, simulated, *groups]
        require_columns(frame, [name for name in named if name is not None])
        people, labels = encode_sorted(frame[participant])
        models, names = encode_names(frame[model])
        values = np.array(as_array(frame[score]), dtype=np.float64)
        turns, _ = encode_sorted(frame[turn])
        reasons = {"unrated": ~np.isfinite(values), "no_model": models < 0,
                   "no_participant": people < 0, "no_turn": turns < 0}  # fmt: skip
        kept = ~np.any(list(reasons.values()), axis=0)
        if not kept.any():
            raise NoBattlesError("rated answer")

        def cut(name: str | None, dtype: type) -> Any:
            return None if name is None else as_array(frame[name]).astype(dtype)[kept]

        code, _, left, _ = seen_only(models[kept], models[kept], names)
        return cls(
            model=code, score=values[kept], turn=turns[kept], cluster=people[kept], models=left,
            opening=cut(opening, np.bool_), weight=cut(weight, np.float64),
            simulated=cut(simulated, np.bool_),
            groups={name: labels_of(frame[name])[kept] for name in groups},
            excluded={name: int(mask.sum()) for name, mask in reasons.items() if mask.any()},
            participants=tuple(str(label) for label in labels), tie_threshold=tie_threshold,
        )  # fmt: skip

    @classmethod
    def from_prism(
        cls,
        directory: str | PathLike[str],
        tie_threshold: float = TIE_THRESHOLD,
        *,
        groups: Sequence[str] = ("conversation_type",),
    ) -> Scores:
        """Read all rated turns of a PRISM release; see `sources.scores_from_prism`."""
        from manyvoices.aggregate.sources import scores_from_prism

        return scores_from_prism(directory, tie_threshold=tie_threshold, groups=groups)

    @classmethod
    def from_release(
        cls,
        directory: str | PathLike[str],
        tie_threshold: float = TIE_THRESHOLD,
        *,
        groups: Sequence[str] = ("conversation_type",),
    ) -> Scores:
        """Read all rated turns of a native release; see `sources.scores_from_release`."""
        from manyvoices.aggregate.sources import scores_from_release

        return scores_from_release(directory, tie_threshold=tie_threshold, groups=groups)
