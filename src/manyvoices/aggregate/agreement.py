"""How alike two rankings of the same models are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.ratings import Ratings

Scored = Ratings | Mapping[str, float] | Sequence[float] | FloatArray


def rank_agreement(first: Scored, second: Scored) -> float:
    """Kendall's tau-b of two sets of scores, higher = better in both: 1 same order, -1 reversed.

    Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945): concordant less
    discordant pairs over the geometric mean of the pairs that each side does not tie. Named
    scores (`Ratings`, mappings) are matched by name and must name the same models; plain
    sequences (n,) by position. NaN where one side ties everything. For two lists of ranks pass
    both as they are: tau-b is the same when both are reversed.
    """
    x, y = _matched(first, second)
    if len(x) < 2:
        raise ValueError(f"agreement needs at least two models, found {len(x)}")
    return float(taus(x[None], y[None])[0])


def taus(first: FloatArray, second: FloatArray) -> FloatArray:
    """The same (B,) of scores (B, n) and (B, n), or of one of many and one of one (1, n)."""
    x = np.sign(first[:, :, None] - first[:, None, :])
    y = np.sign(second[:, :, None] - second[:, None, :])
    untied = (x**2).sum(axis=(1, 2)) * (y**2).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((x * y).sum(axis=(1, 2)) / np.sqrt(untied))


def _matched(first: Scored, second: Scored) -> tuple[FloatArray, FloatArray]:
    named_1, named_2 = _named(first), _named(second)
    if named_1 is None or named_2 is None:
        if named_1 is not None or named_2 is not None:
            raise ValueError("give both rankings with names or both without")
        x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        if x.shape != y.shape or x.ndim != 1:
            raise ValueError(f"two sequences of one length are needed, found {x.shape}, {y.shape}")
        return x, y
    if named_1.keys() != named_2.keys():
        odd = ", ".join(sorted(named_1.keys() ^ named_2.keys()))
        raise ValueError(f"both rankings must name the same models; only one names: {odd}")
    return np.array(list(named_1.values())), np.array([named_2[name] for name in named_1])


def _named(scored: Scored) -> dict[str, float] | None:
    if isinstance(scored, Ratings):
        return dict(zip(scored.models, scored.scores.tolist(), strict=True))
    return dict(scored) if isinstance(scored, Mapping) else None
