"""How every answer that was asked for came out, by model: each way of failing in its own column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from manyvoices.evaluate.preference.judging import pairs_of
from manyvoices.io import detect_format, read_comparisons
from manyvoices.schema import Comparison

ALWAYS = ("answered", "timeout", "empty", "other_language")


def answers_of(path: Path) -> dict[str, dict[str, int]]:
    """Model -> outcome -> answers; empty for a file of battles, which says nothing of it."""
    return answers(read_comparisons(path)) if _is_native(path) else {}


def has_texts(path: Path) -> bool:
    """Whether there is a comparison with two texts."""
    return _is_native(path) and any(pairs_of(read_comparisons(path)))


def _is_native(path: Path) -> bool:
    return path.is_dir() or detect_format(path) == "native-comparisons"


def answers(comparisons: Iterable[Comparison]) -> dict[str, dict[str, int]]:
    """Every attempt of every turn, by model; `ALWAYS`, then the further kinds that occurred."""
    found: dict[str, Counter[str]] = {}
    for record in comparisons:
        for exchange in record.exchanges:
            for answer in exchange.answers:
                kind = answer.failure or ("answered" if answer.text else "empty")
                found.setdefault(record.models[answer.position], Counter())[kind] += 1
    kinds = [*ALWAYS, *sorted({kind for one in found.values() for kind in one} - set(ALWAYS))]
    return {model: {kind: found[model][kind] for kind in kinds} for model in sorted(found)}
