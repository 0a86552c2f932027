"""One way of judging replies against another: accuracy, kappa, confusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from math import nan
from typing import Any

from manyvoices.aggregate import cohen_kappa
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.refusals.rules import LABELS, Label


def compared(
    found: Mapping[str, Label], truth: Mapping[str, Label], resampling: Resampling
) -> dict[str, Any]:
    """What `found` is worth against `truth`, over the replies that both have a label for.

    Returns:
        ``n``; ``accuracy`` of three labels and ``accuracy_two`` of refusal (full or partial)
        against compliance, with Wilson intervals; ``kappa``; ``confusion`` (truth -> found ->
        count); ``by_label`` with precision and recall; how many only one side has.
    """
    names = [name for name in truth if name in found]
    pairs = [(truth[name], found[name]) for name in names]
    cells = Counter(pairs)
    two = sum(_is_refusal(a) == _is_refusal(b) for a, b in pairs)
    kappa = cohen_kappa(
        [a for a, _ in pairs], [b for _, b in pairs],
        confidence=resampling.level, n_resamples=resampling.n_resamples, seed=resampling.seed,
    )  # fmt: skip
    return {
        "n": len(pairs),
        "n_only_found": len(found) - len(names),
        "n_only_truth": len(truth) - len(names),
        "accuracy": _share(sum(a == b for a, b in pairs), len(pairs), resampling.level),
        "accuracy_two": _share(two, len(pairs), resampling.level),
        "kappa": asdict(kappa),
        "confusion": {a: {b: cells[a, b] for b in LABELS} for a in LABELS},
        "by_label": {label: _of_label(label, cells, resampling.level) for label in LABELS},
    }


def _is_refusal(label: Label) -> bool:
    return label != "full_compliance"


def _share(n: int, of: int, level: float) -> dict[str, float]:
    low, high = wilson(n, of, level)
    return {"value": n / of if of else nan, "low": low, "high": high, "n": of}


def _of_label(label: Label, cells: Counter[tuple[Label, Label]], level: float) -> dict[str, Any]:
    right = cells[label, label]
    said = sum(cells[other, label] for other in LABELS)
    there = sum(cells[label, other] for other in LABELS)
    return {"precision": _share(right, said, level), "recall": _share(right, there, level)}
