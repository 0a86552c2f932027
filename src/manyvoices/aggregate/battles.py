"""Battles as columns: who met whom, what came of it, and which person said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, Literal

import numpy as np

from manyvoices.aggregate.columns import (
    as_array,
    column_names,
    encode,
    encode_names,
    encode_pair,
    encode_sorted,
    require_columns,
)
from manyvoices.aggregate.errors import SelfBattleError
from manyvoices.aggregate.kinds import BoolArray, FloatArray, IntArray, ObjectArray, Ties
from manyvoices.aggregate.outcomes import BothBad, exclusions, read_outcomes, shared_out
from manyvoices.aggregate.records import as_columns
from manyvoices.aggregate.rows import NOT_GIVEN, check_weights, clusters_of, labels_of, seen_only

__all__ = ["NOT_GIVEN", "Battles"]


@dataclass(frozen=True, slots=True, eq=False)
class Battles:
    """Paired comparisons of models, one row each; the input of `fit` and `bootstrap`.

    Which rows are left out, and under which name they are counted in `excluded`, is the rule of
    `manyvoices.aggregate.outcomes.exclusions`.
    """

    a: IntArray
    """(rows,) code of the first model; index into `models`."""
    b: IntArray
    """(rows,) code of the second model; never equal to `a`."""
    outcome: FloatArray
    """(rows,) 1.0 where a won, 0.5 for a tie, 0.0 where b won."""
    models: tuple[str, ...]
    """Names of the models, in sorted order when a constructor made them."""
    cluster: IntArray | None = None
    """(rows,) code of the participant; None where no row names one. A row without a participant
    among rows with one is a cluster of its own."""
    weight: FloatArray | None = None
    """(rows,) weight of each row, at least 0; None means 1 each."""
    groups: Mapping[str, ObjectArray] = field(default_factory=dict)
    """Field name -> (rows,) labels by which battles can be split."""
    simulated: BoolArray | None = None
    """(rows,) whether a bot gave the answer; None where the source does not say."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Reason -> rows of the source that are not here."""
    unseen: tuple[str, ...] = ()
    """Models that the source names but that are in no battle here, so they get no score."""
    participants: tuple[str, ...] = ()
    """Label of each participant code in `cluster`; empty where unknown. A row without a participant
    has a code beyond the last label."""

    def __post_init__(self) -> None:
        rows = len(self.a)
        columns = {"b": self.b, "outcome": self.outcome, "cluster": self.cluster,
                   "weight": self.weight, "simulated": self.simulated, **self.groups}  # fmt: skip
        for name, column in columns.items():
            if column is not None and len(column) != rows:
                raise ValueError(f"column {name} has {len(column)} rows, column a has {rows}")
        for name, codes in (("a", self.a), ("b", self.b)):
            if rows and not (codes.min() >= 0 and codes.max() < len(self.models)):
                raise ValueError(f"column {name} holds codes outside 0..{len(self.models) - 1}")
        same = self.a == self.b
        if same.any():
            row = int(np.argmax(same))
            raise SelfBattleError(row, self.models[self.a[row]])
        known = (self.outcome == 0.0) | (self.outcome == 0.5) | (self.outcome == 1.0)
        if not known.all():
            raise ValueError("outcome must be 1.0 (a won), 0.5 (tie) or 0.0 (b won)")
        if self.weight is not None:
            check_weights(self.weight)

    def __len__(self) -> int:
        return len(self.a)

    @property
    def n_participants(self) -> int | None:
        """Number of distinct participants, or None where the source names none."""
        return None if self.cluster is None else len(np.unique(self.cluster))

    @property
    def n_ties(self) -> int:
        """Number of tied rows."""
        return int((self.outcome == 0.5).sum())

    @property
    def n_simulated(self) -> int:
        """Number of rows in which a bot gave the answer."""
        return 0 if self.simulated is None else int(self.simulated.sum())

    @property
    def n_simulated_participants(self) -> int:
        """Number of participants that are bots; they are among `n_participants`."""
        if self.simulated is None or self.cluster is None:
            return 0
        return len(np.unique(self.cluster[self.simulated]))

    def tally(self, ties: Ties = "half") -> FloatArray:
        """Return wins (n, n): entry [i, j] is the weight of battles that i won over j.

        A tie adds half its weight each way ("half"), all of it each way ("both", as PRISM
        counted), or nothing ("drop").
        """
        n = len(self.models)
        for_a, for_b = self.shares(ties)
        wins = np.zeros(n * n)
        wins += np.bincount(self.a * n + self.b, weights=for_a, minlength=n * n)
        wins += np.bincount(self.b * n + self.a, weights=for_b, minlength=n * n)
        return wins.reshape(n, n)

    def tie_counts(self) -> FloatArray:
        """Return ties (n, n), symmetric: entry [i, j] is the weight of the ties of i and j."""
        n = len(self.models)
        tie = (self.outcome == 0.5) * (1.0 if self.weight is None else self.weight)
        half = np.bincount(self.a * n + self.b, weights=tie, minlength=n * n).reshape(n, n)
        return np.asarray(half + half.T)

    def shares(self, ties: Ties = "half") -> tuple[FloatArray, FloatArray]:
        """Return how much of a win each row gives to a and to b: two arrays (rows,)."""
        for_a, for_b = shared_out(self.outcome, ties)
        if self.weight is None:
            return for_a, for_b
        return for_a * self.weight, for_b * self.weight

    def select(self, rows: BoolArray | IntArray) -> Battles:
        """Return the battles at `rows`, with only the models that still appear in them."""

        def cut(column: Any) -> Any:
            return None if column is None else column[rows]

        a, b, models, unseen = seen_only(self.a[rows], self.b[rows], self.models)
        return Battles(
            a=a,
            b=b,
            outcome=self.outcome[rows],
            models=models,
            unseen=(*self.unseen, *unseen),
            cluster=cut(self.cluster),
            weight=cut(self.weight),
            groups={name: cut(column) for name, column in self.groups.items()},
            simulated=cut(self.simulated),
            participants=self.participants,
        )

    def split(self, by: str) -> Iterator[tuple[str, Battles]]:
        """Yield (label, battles) for each value of the group field `by`, labels sorted."""
        if by not in self.groups:
            known = ", ".join(self.groups) or "none"
            raise ValueError(f"no group field {by!r}; the fields read are: {known}")
        codes, labels = encode_names(self.groups[by])
        for code, label in enumerate(labels):
            yield label, self.select(codes == code)

    def excluding(self, more: Mapping[str, int]) -> Battles:
        """Return the same battles with further exclusions counted."""
        total = dict(self.excluded)
        for reason, count in more.items():
            if count:
                total[reason] = total.get(reason, 0) + count
        return replace(self, excluded=total)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        model_a: str = "model_a",
        model_b: str = "model_b",
        outcome: str = "outcome",
        participant: str | None = "participant_id",
        weight: str | None = None,
        simulated: str | None = None,
        groups: Sequence[str] = (),
        both_bad: BothBad = "tie",
        source: str = "<frame>",
    ) -> Battles:
        """Read a polars or pandas frame, a pyarrow table, or a dict of columns.

        Outcomes are the words of `schema.Outcome`, arena's words, or 1.0 / 0.5 / 0.0. The
        participant column may be absent under its default name; every other named column must
        be there. Raises `DataError` with the rows at fault.
        """
        if participant == "participant_id" and participant not in column_names(frame):
            participant = None
        named = [model_a, model_b, outcome, participant, weight, simulated, *groups]
        require_columns(frame, [name for name in named if name is not None])
        a, b, models = encode_pair(frame[model_a], frame[model_b])
        values = read_outcomes(*encode(frame[outcome]), source)
        keep, values, excluded = exclusions(a, b, values, both_bad)
        whole = bool(keep.all())

        def cut(column: Any) -> Any:
            return column if whole else column[keep]

        a, b, models, unseen = seen_only(cut(a), cut(b), models)
        people, labels = (None, []) if participant is None else encode_sorted(frame[participant])
        return cls(
            a=a,
            b=b,
            outcome=cut(values),
            models=models,
            unseen=unseen,
            cluster=None if people is None else clusters_of(cut(people), len(labels)),
            weight=None if weight is None else cut(as_array(frame[weight]).astype(np.float64)),
            groups={name: cut(labels_of(frame[name])) for name in groups},
            simulated=None if simulated is None else cut(as_array(frame[simulated]).astype(bool)),
            excluded=excluded,
            participants=tuple(str(label) for label in labels),
        )

    @classmethod
    def from_rows(
        cls, rows: Iterable[Any], *, both_bad: BothBad = "tie", groups: Sequence[str] = ()
    ) -> Battles:
        """Read `schema.Battle` records, mappings with the same keys, or plain tuples.

        A tuple is (model_a, model_b, outcome) or (model_a, model_b, outcome, participant_id).
        `groups` names fields to split by: keys of a record's own `groups`, or its attributes.
        """
        table = as_columns(rows, groups)
        return cls.from_frame(
            table,
            weight="weight" if "weight" in table else None,
            simulated="simulated",
            groups=groups,
            both_bad=both_bad,
            source="<rows>",
        )

    @classmethod
    def from_prism(
        cls,
        directory: str | PathLike[str],
        tie_threshold: float = 5,
        *,
        groups: Sequence[str] = ("conversation_type",),
    ) -> Battles:
        """Read the opening turns of a PRISM release; see `sources.battles_from_prism`."""
        from manyvoices.aggregate.sources import battles_from_prism

        return battles_from_prism(directory, tie_threshold=tie_threshold, groups=groups)

    @classmethod
    def from_release(
        cls,
        directory: str | PathLike[str],
        tie_threshold: float = 5,
        *,
        groups: Sequence[str] | None = None,
        source: Literal["conversations", "comparisons", "both"] | None = None,
        with_quarantined: bool = False,
        both_bad: BothBad = "tie",
    ) -> Battles:
        """Read the comparisons and the opening turns of a native release, or either.

        See `sources.battles_from_release`.
        """
        from manyvoices.aggregate.sources import battles_from_release

        return battles_from_release(
            directory,
            tie_threshold=tie_threshold,
            groups=groups,
            source=source,
            with_quarantined=with_quarantined,
            both_bad=both_bad,
        )

    @classmethod
    def from_arena(
        cls, path: str | PathLike[str], *, groups: Sequence[str] = (), both_bad: BothBad = "tie"
    ) -> Battles:
        """Read a file of arena battles; see `sources.battles_from_arena`."""
        from manyvoices.aggregate.sources import battles_from_arena

        return battles_from_arena(path, groups=groups, both_bad=both_bad)
