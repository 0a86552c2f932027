"""One view of a comparison for all who read it: which count, what each side said, who beat whom.

What a verdict means for two places is said here once, so that battles, pairs, ranks and reward
models never differ about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations

from manyvoices.schema import ChatLine, Comparison, ComparisonVerdict, Outcome

UNJUDGED = "comparisons not judged"
SET_ASIDE = "comparisons set aside: "
"""Followed by the rule that set it aside."""

PREFERENCES = (ComparisonVerdict.CHOICE, ComparisonVerdict.TIE, ComparisonVerdict.ALL_BAD)
"""Verdicts that say something of the models."""

_EQUAL = {
    ComparisonVerdict.TIE: Outcome.TIE,
    ComparisonVerdict.ALL_BAD: Outcome.BOTH_BAD,
    ComparisonVerdict.CANNOT_JUDGE: Outcome.FAILED,
    ComparisonVerdict.FAILED: Outcome.FAILED,
}


def counting(
    records: Iterable[Comparison], left_out: Counter[str], *, with_quarantined: bool = False
) -> Iterator[Comparison]:
    """The judged comparisons; those not judged, and those set aside, are counted in `left_out`.

    A vote that several rules set aside is counted once, under the first of them.
    """
    for record in records:
        if record.verdict is None:
            left_out[UNJUDGED] += 1
        elif record.quarantined and not with_quarantined:
            left_out[SET_ASIDE + record.quarantined[0]] += 1
        else:
            yield record


def ranks(record: Comparison) -> dict[int, int]:
    """Place -> 0-based rank, best first, of a record whose verdict is ``choice``."""
    return {place: rank for rank, group in enumerate(record.order or ()) for place in group}


def place_pairs(record: Comparison) -> Iterator[tuple[int, int, Outcome]]:
    """(first place, second place, outcome) of every two places of a judged comparison.

    ``FAILED`` where nothing can be said of the models: a side gave nothing, or the person could not
    tell.
    """
    assert record.verdict is not None
    order = ranks(record)
    for a, b in combinations(range(len(record.models)), 2):
        if record.verdict is ComparisonVerdict.CHOICE:
            gap = order[a] - order[b]
            yield a, b, Outcome.TIE if gap == 0 else Outcome.A if gap < 0 else Outcome.B
        else:
            yield a, b, _EQUAL[record.verdict]


def conversations(record: Comparison) -> list[list[ChatLine]] | None:
    """By place, the lines of the exchanges that every side answered; None where there is none.

    Where a side was asked again, its last answer that did not fail counts. What comes after an
    exchange in which a side gave nothing is left out, so that all conversations are equally long.
    """
    said: list[list[ChatLine]] = [[] for _ in record.models]
    for exchange in record.exchanges:
        given = {
            answer.position: answer.text
            for answer in sorted(exchange.answers, key=lambda answer: answer.attempt)
            if answer.text is not None and answer.failure is None
        }
        if len(given) < len(record.models):
            break
        for place, lines in enumerate(said):
            lines.append(ChatLine(role="user", content=exchange.message.text))
            lines.append(ChatLine(role="assistant", content=given[place]))
    return said if said[0] else None


def labels(record: Comparison) -> dict[str, str]:
    """What a comparison can be grouped by, and has: stage, prompt_id, category, pool."""
    names = ("stage", "prompt_id", "category", "pool")
    return {name: value for name in names if (value := getattr(record, name)) is not None}
