"""What a score is worth against people's labels: precision, recall, AUC, calibration.

A text is positive where its label is at or above a value; it is found where its score is at or
above the threshold. Texts without a label or without a score are left out and counted. Intervals
resample whole clusters (trees, authors).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Means, Resampling, cluster_means

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
GRID = tuple(round(0.05 * step, 2) for step in range(1, 20))
RATES = ("precision", "recall", "f1", "accuracy")
BINS = 10
_BLOCK = 64


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Texts that have both; all (n,)."""

    score: FloatArray
    positive: npt.NDArray[np.bool_]
    cluster: IntArray


def judge(
    score: FloatArray, label: FloatArray, clusters: IntArray, *,
    positive_from: float, threshold: float, resampling: Resampling,
) -> dict[str, Any]:  # fmt: skip
    """All measures of one score against one label, (n,) each, NaN for none."""
    both = ~(np.isnan(score) | np.isnan(label))
    cluster = np.unique(clusters[both], return_inverse=True)[1].astype(np.int64)
    data = Judged(score[both], label[both] >= positive_from, cluster)
    thresholds = sorted({*GRID, threshold})
    curve, auc = _measured(data, thresholds, resampling)
    return {
        "n": int(both.sum()),
        "n_positive": int(data.positive.sum()),
        "n_clusters": int(cluster.max()) + 1 if len(cluster) else 0,
        "n_without_label": int(np.isnan(label).sum()),
        "n_without_score": int((np.isnan(score) & ~np.isnan(label)).sum()),
        "at_threshold": next(row for row in curve if row["threshold"] == threshold),
        "curve": curve,
        "auc": auc,
        "calibration": calibration(data, resampling),
    }


def confusion(data: Judged, threshold: float, weights: FloatArray) -> FloatArray:
    """(B, 4): weighted true and false positives, false and true negatives; `weights` (B, n)."""
    found = data.score >= threshold
    cells = np.stack(
        [found & data.positive, found & ~data.positive, ~found & data.positive,
         ~found & ~data.positive]
    )  # fmt: skip
    told: FloatArray = weights @ cells.T.astype(np.float64)
    return told


def _measured(
    data: Judged, thresholds: Sequence[float], resampling: Resampling
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """The curve, and the AUC, all from the same resamples."""

    def everything(weights: FloatArray) -> FloatArray:
        rates = [_rates(confusion(data, one, weights)) for one in thresholds]
        return np.concatenate([*rates, _auc(data, weights)[None]])

    one = np.ones((1, len(data.score)))
    point = everything(one)[:, 0]
    low, high = _interval(list(map(everything, _weights(data, resampling))), len(point), resampling)
    told = [
        {"value": float(v), "low": float(a), "high": float(b)}
        for v, a, b in zip(point, low, high, strict=True)
    ]
    curve = []
    for place, threshold in enumerate(thresholds):
        tp, fp, fn, tn = confusion(data, threshold, one)[0].astype(int).tolist()
        mine = told[place * len(RATES) : (place + 1) * len(RATES)]
        curve.append({"threshold": threshold, "tp": tp, "fp": fp, "fn": fn, "tn": tn,
                      **dict(zip(RATES, mine, strict=True))})  # fmt: skip
    return curve, told[-1]


def _rates(cells: FloatArray) -> FloatArray:
    """(4, B) `RATES` of cells (B, 4); NaN where there is nothing to divide by."""
    tp, fp, fn, tn = cells.T
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = [tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn),
                 (tp + tn) / (tp + fp + fn + tn)]  # fmt: skip
    return np.stack(rates)


def _auc(data: Judged, weights: FloatArray) -> FloatArray:
    """(B,) chance that a toxic text scores above another, ties half (Mann-Whitney; Hanley, McNeil,
    Radiology 143 (1982)); NaN where there are only texts of one kind."""
    values, code = np.unique(data.score, return_inverse=True)
    found = np.full(len(weights), np.nan)
    for place, row in enumerate(weights):
        yes = np.bincount(code, row * data.positive, len(values))
        no = np.bincount(code, row * ~data.positive, len(values))
        below = no.cumsum() - no / 2
        pairs = yes.sum() * no.sum()
        if pairs:
            found[place] = (yes * below).sum() / pairs
    return found


def _weights(data: Judged, resampling: Resampling) -> Iterator[FloatArray]:
    """Blocks (b, n) of how often each text is drawn, whole clusters at once."""
    n = int(data.cluster.max()) + 1 if len(data.cluster) else 0
    if n < 2:
        return
    rng = np.random.default_rng(resampling.seed)
    for start in range(0, resampling.n_resamples, _BLOCK):
        rows = min(_BLOCK, resampling.n_resamples - start)
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=rows)
        yield drawn[:, data.cluster].astype(np.float64)


def _interval(
    drawn: list[FloatArray], n: int, resampling: Resampling
) -> tuple[FloatArray, FloatArray]:
    """Percentiles of (n, b) blocks; resamples in which a measure is undefined are left out."""
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    if not drawn:
        return low, high
    tails = [(1 - resampling.level) / 2, (1 + resampling.level) / 2]
    for place, row in enumerate(np.concatenate(drawn, axis=1)):
        known = row[~np.isnan(row)]
        if len(known):
            low[place], high[place] = np.quantile(known, tails)
    return low, high


def calibration(data: Judged, resampling: Resampling) -> dict[str, Any]:
    """Ten bins of equal width: mean score and share of toxic texts; their mean distance (expected
    calibration error: Naeini et al., AAAI 2015) and the Brier score.

    Intervals of the shares resample clusters; a bin with texts of one kind alone has Wilson's.
    """
    places = np.minimum((data.score * BINS).astype(np.int64), BINS - 1)
    if not len(places):
        return {"bins": [], "error": float("nan"), "brier": float("nan")}
    shares = cluster_means(
        data.positive.astype(np.float64), places, data.cluster, n_groups=BINS, resampling=resampling
    )
    bins = [
        _bin(data, shares, place, places == place, resampling.level)
        for place in range(BINS)
        if shares.n[place]
    ]
    gaps = [row["n"] * abs(row["mean_score"] - row["value"]) for row in bins]
    brier = float(((data.score - data.positive) ** 2).mean())
    return {"bins": bins, "error": sum(gaps) / len(places), "brier": brier}


def _bin(
    data: Judged, shares: Means, place: int, here: npt.NDArray[np.bool_], level: float
) -> dict[str, Any]:
    n, share = int(shares.n[place]), float(shares.mean[place])
    low, high = float(shares.low[place]), float(shares.high[place])
    if share in (0.0, 1.0):
        low, high = wilson(round(share * n), n, level)
    return {
        "from": place / BINS, "to": (place + 1) / BINS, "n": n,
        "mean_score": float(data.score[here].mean()), "value": share, "low": low, "high": high,
    }  # fmt: skip
