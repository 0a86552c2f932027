"""The page of a classifier against people's labels, put in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from manyvoices.report.pages.making import number
from manyvoices.report.pages.safety import (
    Curve,
    Page,
    Scale,
    Table,
    estimate,
    known,
    mark,
    share_scale,
)
from manyvoices.schema.wording import plural


def page(results: Mapping[str, Any]) -> Page:
    """Measures at the threshold, curves, correlations."""
    found, config = results["all"], results["config"]
    row = found["at_threshold"]
    head = [(name, {**row[key], "n": found["n"]}) for name, key in (
        ("Precision", "precision"), ("Recall", "recall"), ("F1", "f1"))]  # fmt: skip
    return Page(
        kicker="A classifier against people",
        title=f"What “{results['score']}” says of people’s “{results['label']}”",
        lead=(
            f"{plural(found['n'], 'text')} with both, {number(found['n_positive'])} toxic by "
            f"people (from {config['data']['positive_from']:g}); "
            f"{number(found['n_without_label'])} have no label and "
            f"{number(found['n_without_score'])} no score and are left out. "
            f"{config['level']:.0%} intervals over resamples of "
            f"{plural(found['n_clusters'], 'cluster')}."
        ),
        notice="",
        scales=(
            share_scale(f"At the threshold {row['threshold']:g}", "",
                        [*head, ("AUC", {**found["auc"], "n": found["n"]})]),
            _correlations(results),
        ),
        curves=(_precision_recall(found), _calibration(found)),
        tables=(_thresholds(found),),
    )  # fmt: skip


def _precision_recall(found: Mapping[str, Any]) -> Curve:
    points = [
        (100 * row["recall"]["value"], 100 * row["precision"]["value"])
        for row in found["curve"]
        if known(row["precision"]["value"]) and known(row["recall"]["value"])
    ]
    said = "One point for each threshold; the numbers stand in the table below."
    return Curve("Precision and recall", said, "recall", "precision", tuple(points))


def _calibration(found: Mapping[str, Any]) -> Curve:
    bins = found["calibration"]["bins"]
    said = (
        f"Expected calibration error {number(found['calibration']['error'], 3)}, Brier score "
        f"{number(found['calibration']['brier'], 3)}. On the line, as many are toxic as scored."
    )
    return Curve(
        "Calibration", said, "mean score", "share toxic",
        tuple((100 * row["mean_score"], 100 * row["value"]) for row in bins),
        tuple((100 * row["mean_score"], 100 * row["low"], 100 * row["high"]) for row in bins),
        diagonal=True,
    )  # fmt: skip


def _correlations(results: Mapping[str, Any]) -> Scale:
    pairs = results["correlations"]["pairs"]
    rows = [mark(f"{p['first']}, {p['second']}", p["spearman"], -1.0, 1.0) for p in pairs]
    said = "Spearman’s rho over the texts that have both; Pearson’s r stands in correlations.csv."
    return Scale("Correlations of labels and scores", said, "−1", "1", 50.0, tuple(rows))


def _thresholds(found: Mapping[str, Any]) -> Table:
    rows = [
        (f"{row['threshold']:g}", number(row["tp"] + row["fp"]),
         *(estimate(row[name]) for name in ("precision", "recall", "f1")))
        for row in found["curve"]
    ]  # fmt: skip
    head = ("threshold", "found", "precision", "recall", "F1")
    return Table("Every threshold", "", head, tuple(rows))
