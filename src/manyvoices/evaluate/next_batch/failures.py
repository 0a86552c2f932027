"""Reason ``failures``: models and prompts that often gave nothing to judge.

A model that timed out is asked again; a stored output that is not there cannot be, so it is
flagged for people to mend.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from manyvoices.design.comparisons.batch import Ask
from manyvoices.evaluate.next_batch.config import NextConfig
from manyvoices.evaluate.next_batch.evidence import Evidence, Shown
from manyvoices.evaluate.next_batch.possible import Possible
from manyvoices.evaluate.next_batch.sharing import Wish

Z = 1.6448536269514722
"""One-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Failing:
    """What failed often."""

    wishes: list[Wish]
    flagged: list[dict[str, Any]]
    """What people have to look at, asked again or not."""


def failing(evidence: Evidence, possible: Possible, config: NextConfig) -> Failing:
    """Models, then prompts, whose share of failures is surely above the limit."""
    wishes: list[Wish] = []
    flagged: list[dict[str, Any]] = []
    for model, figures in _often(evidence.shown, "model", config):
        again = possible.texts is None and model in possible.models
        flagged.append({"model": model, **figures, "asked_again": again})
        if again:
            ask = Ask(models=(model,), reason="failures", evidence=figures)
            wishes.append(Wish(ask, most=config.failures.again))
    for prompt, figures in _often(evidence.shown, "prompt", config):
        again = possible.texts is None and prompt in possible.prompts
        flagged.append({"prompt": prompt, **figures, "asked_again": again})
        if again:
            ask = Ask(prompt=prompt, reason="failures", evidence=figures)
            wishes.append(Wish(ask, most=config.failures.again))
    flagged += _without_texts(possible)
    return Failing(wishes, flagged)


def _often(
    shown: Sequence[Shown], by: str, config: NextConfig
) -> Iterator[tuple[str, dict[str, Any]]]:
    n: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for one in shown:
        name: str | None = getattr(one, by)
        if name is not None:
            n[name] += 1
            failed[name] += one.failed
    for name in sorted(failed, key=lambda name: (-failed[name] / n[name], name)):
        low = lower_bound(failed[name], n[name])
        if low > config.failures.above:
            yield (
                name,
                {
                    "failed": failed[name],
                    "shown": n[name],
                    "share": round(failed[name] / n[name], 4),
                    "at_least": round(low, 4),
                },
            )


def lower_bound(failed: int, n: int) -> float:
    """Wilson's one-sided 95 % lower bound of a share (JASA 22, 1927)."""
    if n == 0:
        return 0.0
    p = failed / n
    middle = p + Z * Z / (2 * n)
    reach = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0.0, (middle - reach) / (1 + Z * Z / n))


def _without_texts(possible: Possible) -> Iterator[dict[str, Any]]:
    """Stored outputs that are not there."""
    if possible.texts is None:
        return
    for model in possible.models:
        gone = [name for name in possible.prompts if (name, model) not in possible.texts]
        if gone:
            found = {"failed": len(gone), "shown": len(possible.prompts)}
            share = {"share": round(len(gone) / len(possible.prompts), 4), "at_least": None}
            missing = {"no_stored_output": sorted(gone)[:20], "asked_again": False}
            yield {"model": model, **found, **share, **missing}
