"""Each participant reduced once to columns, so that a resample is a product and not a new count.

A participant's battles become one column of pair counts (and of tie counts, and of sums of scores,
where a method asks for them). How often each participant is in a resample is a vector; the counts
of many resamples are one sparse product with the matrix of these vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.elo import Played, played_in_order
from manyvoices.aggregate.errors import NoBattlesError
from manyvoices.aggregate.evidence import Evidence, needs_ties
from manyvoices.aggregate.kinds import AnyArray, FloatArray, IntArray, Ties
from manyvoices.aggregate.rows import numbered
from manyvoices.aggregate.score_methods import SCORE_METHODS, values_of
from manyvoices.aggregate.scores import Scores
from manyvoices.aggregate.settings import Settings

By = Literal["cluster", "row"]
Data = Battles | Scores
CHUNK_BYTES = 16 << 20
AT_LEAST = 16
"""Resamples counted at a time even where they exceed the chunk: fewer would waste each look-up."""
EXACT_IN_FLOAT32 = float(1 << 20)
"""Half wins add up exactly in single precision up to eight times this, which leaves room for a
resample to hold a pair eight times as often as the data."""


@dataclass(frozen=True, slots=True, eq=False)
class Resampler:
    """Sufficient statistics of the units that are drawn, and how to draw them."""

    tables: Mapping[str, csr_array]
    """"wins" and "tied": (n * n, units). A score method: (2 n, units), sums over weights."""
    n_models: int
    n_draws: int
    n_units: int
    share: FloatArray | None
    """Chance of each unit where units are kinds of equal rows; None when all are alike."""
    played: Played | None = None

    @property
    def table(self) -> csr_array:
        """(n * n, units): pair counts of each unit."""
        return self.tables["wins"]

    @classmethod
    def of(
        cls,
        data: Data,
        by: By = "cluster",
        ties: Ties | None = None,
        *,
        methods: Sequence[str] = ("rank_centrality",),
        settings: Settings | None = None,
    ) -> Resampler:
        """Reduce `data` to one column per participant, or per row (battle; turn of `Scores`)."""
        chosen = settings or Settings()
        wanted = set(methods)
        battles = data if isinstance(data, Battles) else None
        if isinstance(data, Scores) and wanted - set(SCORE_METHODS):
            battles = data.battles()
        if not len(data):
            raise NoBattlesError
        unit, first, n_draws, share = _units(data, by, whole_rows="elo" in wanted)
        tables: dict[str, csr_array] = {}
        n_units = n_draws if share is None else len(share)
        n = len(data.models)
        if battles is not None and wanted - set(SCORE_METHODS):
            of_battle = unit if battles is data else unit[_first_rows(data)]
            tables["wins"] = _wins(battles, of_battle, n_units, ties or chosen.ties_used, first)
            if any(needs_ties(name, chosen) for name in wanted):
                tables["tied"] = _tied(battles, of_battle, n_units, first)
        for name in wanted & set(SCORE_METHODS):
            if not isinstance(data, Scores):
                raise ValueError(f"{name} needs scores; read them as Scores (battles keep none)")
            tables[name] = _sums(data, name, unit, n_units, chosen)
        played = None
        if "elo" in wanted and battles is not None:
            played = played_in_order(
                battles.a, battles.b, battles.outcome, n_models=n, weight=battles.weight,
                unit=of_battle, order=chosen.order, k=chosen.k,
            )  # fmt: skip
        return cls(tables, n, n_draws, n_units, share, played)

    def batches(
        self, n_resamples: int, seed: int, chunk_bytes: int = CHUNK_BYTES
    ) -> Iterator[FloatArray]:
        """Yield count matrices (b, n, n), together `n_resamples` of them."""
        for times in self.draws(n_resamples, seed, chunk_bytes):
            wins = self.evidence(times).wins
            assert wins is not None
            yield wins

    def draws(
        self, n_resamples: int, seed: int, chunk_bytes: int = CHUNK_BYTES
    ) -> Iterator[FloatArray]:
        """Yield (units, b), how often each unit is in each resample, `n_resamples` in all."""
        rng = np.random.default_rng(seed)
        size = self.chunk(n_resamples, chunk_bytes)
        for begin in range(0, n_resamples, size):
            yield self.draw(rng, min(size, n_resamples - begin))

    def chunk(self, n: int, chunk_bytes: int = CHUNK_BYTES) -> int:
        """How many of `n` data sets to hold at a time: as many as fit into `chunk_bytes`."""
        widest = max(self.n_units, self.n_models**2)
        return max(1, min(n, max(AT_LEAST, chunk_bytes // (8 * widest))))

    def draw(self, rng: np.random.Generator, size: int) -> FloatArray:
        """Return (units, size): how often each unit is in each of `size` resamples."""
        if self.share is not None:
            return rng.multinomial(self.n_draws, self.share, size=size).T.astype(np.float64)
        times = np.empty((size, self.n_draws))
        for row in times:
            row[:] = np.bincount(rng.integers(0, self.n_draws, self.n_draws),
                                 minlength=self.n_draws)  # fmt: skip
        return times.T

    def evidence(self, times: FloatArray) -> Evidence:
        """Return what the methods see of data sets that hold each unit `times` (units, B)."""
        counted = {name: _product(table, times) for name, table in self.tables.items()}
        return self._as_evidence(counted, times)

    def whole(self) -> FloatArray:
        """How often each unit is in the data as they are: (units, 1)."""
        if self.share is None:
            return np.ones((self.n_units, 1))
        return np.asarray(np.round(self.share * self.n_draws)[:, None])

    def without(self, units: IntArray) -> Evidence:
        """Return the evidence of the data without one unit, for each of `units` (B,)."""
        whole = self.whole()
        counted = {}
        for name, table in self.tables.items():
            total = _product(table, whole)
            counted[name] = total - table[:, units].toarray().T.astype(np.float64)
        times = None
        if self.played is not None:
            times = np.repeat(whole, len(units), axis=1)
            times[units, np.arange(len(units))] -= 1
        return self._as_evidence(counted, times)

    def _as_evidence(self, counted: Mapping[str, FloatArray], times: FloatArray | None) -> Evidence:
        n = self.n_models
        square = {name: counted[name].reshape(-1, n, n) for name in ("wins", "tied")
                  if name in counted}  # fmt: skip
        means = {name: (both[:, :n], both[:, n:]) for name, both in counted.items()
                 if name not in square}  # fmt: skip
        return Evidence(square.get("wins"), square.get("tied"), means, self.played, times)


def _product(table: csr_array, times: FloatArray) -> FloatArray:
    """Return (B, features) of table (features, units) and times (units, B)."""
    dense = np.ascontiguousarray(times, dtype=table.dtype)
    return np.ascontiguousarray((table @ dense).T, dtype=np.float64)


def _units(
    data: Data, by: By, *, whole_rows: bool
) -> tuple[IntArray, IntArray | None, int, FloatArray | None]:
    """Unit of each row, first row of each kind, number of draws, chance of each unit."""
    if by == "cluster":
        if data.cluster is None:
            raise ValueError("these battles name no participants; use by='row'")
        people, unit = numbered(data.cluster)
        return unit, None, len(people), None
    if by != "row":
        raise ValueError(f"by must be 'cluster' or 'row', found {by!r}")
    if isinstance(data, Scores):
        turns, unit = numbered(data.turn)
        return unit, None, len(turns), None
    if whole_rows:
        return np.arange(len(data)), None, len(data), None
    unit, first, count = _kinds(data)
    return unit, first, len(data), count / len(data)


def _first_rows(data: Data) -> IntArray:
    assert isinstance(data, Scores)
    return data.pairs()[0]


def _wins(
    battles: Battles, unit: IntArray, n_units: int, ties: Ties, first: IntArray | None
) -> csr_array:
    n = len(battles.models)
    for_a, for_b = battles.shares(ties)
    if first is not None:
        for_a, for_b = _only(first, for_a), _only(first, for_b)
    cell = (battles.a * n + battles.b, battles.b * n + battles.a)
    exact = battles.weight is None and battles.tally(ties).max(initial=0.0) < EXACT_IN_FLOAT32
    return _table(cell, (for_a, for_b), unit, (n * n, n_units), single=exact)


def _tied(battles: Battles, unit: IntArray, n_units: int, first: IntArray | None) -> csr_array:
    n = len(battles.models)
    tie = (battles.outcome == 0.5).astype(np.float64)
    if battles.weight is not None:
        tie *= battles.weight
    if first is not None:
        tie = _only(first, tie)
    cell = (battles.a * n + battles.b, battles.b * n + battles.a)
    return _table(cell, (tie, tie), unit, (n * n, n_units))


def _sums(
    scores: Scores, method: str, unit: IntArray, n_units: int, settings: Settings
) -> csr_array:
    n = len(scores.models)
    value, weight = values_of(scores, method, normalize_by=settings.normalize_by)
    cell = (scores.model, scores.model + n)
    # A sum of nothing must stay apart from a sum that happens to be zero: weights tell.
    return _table(cell, (value * weight, weight), unit, (2 * n, n_units))


def _table(
    cell: tuple[IntArray, IntArray],
    values: tuple[FloatArray, FloatArray],
    unit: IntArray,
    shape: tuple[int, int],
    *,
    single: bool = False,
) -> csr_array:
    """Sum both halves of `values` by (cell, unit); small integers keep the memory low."""
    kept = [each != 0 for each in values]
    rows = np.concatenate([c[k].astype(np.int32) for c, k in zip(cell, kept, strict=True)])
    columns = np.concatenate([unit[k].astype(np.int32) for k in kept])
    data = np.concatenate([
        v[k].astype(np.float32 if single else np.float64)
        for v, k in zip(values, kept, strict=True)
    ])  # fmt: skip
    table = csr_array((data, (rows, columns)), shape=shape)
    table.sum_duplicates()
    return table


def _kinds(battles: Battles) -> tuple[IntArray, IntArray, FloatArray]:
    """Group equal rows: kind of each row, first row of each kind, rows of each kind."""
    columns: list[AnyArray] = [battles.a, battles.b, battles.outcome]
    if battles.weight is not None:
        columns.append(battles.weight)
    key = np.zeros(len(battles), dtype=np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        key = key * len(values) + codes
    _, first, unit, count = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    return unit.astype(np.int64), first.astype(np.int64), count.astype(np.float64)


def _only(rows: IntArray, values: FloatArray) -> FloatArray:
    """Keep `values` at `rows` and nothing elsewhere, so that a kind is counted once."""
    kept = np.zeros_like(values)
    kept[rows] = values[rows]
    return kept
