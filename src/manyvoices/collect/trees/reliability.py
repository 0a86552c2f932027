"""How well reviewers read: agreement with what is known, with others, and with themselves.

The unit is a review: its share of labels that are the same, from 0 to 1. Labels of one review are
not independent, so counting each would make the intervals too narrow. Intervals are Wilson's
(E. B. Wilson, JASA 1927) at 95 %; with fractional counts they are, if anything, too wide.
"""

from __future__ import annotations

import math
import statistics
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from manyvoices.collect.trees.models import LabelsGiven

Z = 1.959963984540054
STEP = 0.25
"""Marks on a five-point scale that are one point apart are taken as the same."""
BINARY = frozenset(
    {"spam", "fails_task", "lang_mismatch", "pii", "not_appropriate", "hate_speech"}
    | {"sexual_content", "moral_judgement", "political_content"}
)
"""Labels with two values: here only the same is the same."""
LATEST = 50_000
"""Reviews that are looked at: the latest ones."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A share with its 95 % interval; all None where there is nothing to compare."""

    n: int
    """Reviews."""
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One person as a reviewer, by pseudonym."""

    participant: uuid.UUID
    n_reviews: int
    gold: Agreement
    consensus: Agreement
    again: Agreement
    """With their own earlier review of the same text."""


def wilson(successes: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share: `successes` of `n`, which may be a fraction; n above 0."""
    share, z2 = successes / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def agreement(shares: list[float]) -> Agreement:
    """The mean of shares of reviews, with its interval."""
    if not shares:
        return Agreement(0)
    total = math.fsum(shares)
    low, high = wilson(total, len(shares))
    return Agreement(len(shares), total / len(shares), low, high)


def is_same(label: str, one: float, other: float) -> bool:
    """Whether two values of a label are the same: exactly, or on a scale within one point."""
    return abs(one - other) <= (0 if label in BINARY else STEP) + 1e-9


def compared(
    given: Mapping[str, float | None], known: Mapping[str, float | None]
) -> tuple[int, int]:
    """Labels that are the same, and labels that both hold. What was left open or "cannot tell" is
    not compared: to be in doubt is no mistake."""
    pairs = [
        (name, given[name], value)
        for name, value in known.items()
        if value is not None and given.get(name) is not None
    ]
    return sum(is_same(name, a, b) for name, a, b in pairs if a is not None), len(pairs)


def reviewers(study_id: str) -> list[Reviewer]:
    """Everybody who reviewed, those with most reviews first. Two statements."""
    from manyvoices.collect.quality.models import CheckGiven

    rows = LabelsGiven.objects.filter(
        message__tree__study=study_id, source=LabelsGiven.Source.TASK, counts=True
    )
    latest = rows.order_by("-pk").values_list("message_id", "participant_id", "labels")[:LATEST]
    reviews = list(latest)
    consensus = _with_others(reviews)
    checks: dict[tuple[uuid.UUID, str], list[float]] = defaultdict(list)
    given = CheckGiven.objects.filter(task__study=study_id, n_compared__gt=0)
    for person, kind, same, n in given.values_list(
        "task__participant_id", "kind", "n_same", "n_compared"
    ):
        checks[person, kind].append(same / n)
    n_reviews: dict[uuid.UUID, int] = defaultdict(int)
    for _message, person, _labels in reviews:
        n_reviews[person] += 1
    people = {*n_reviews, *(person for person, _kind in checks)}
    found = [
        Reviewer(
            participant=person,
            n_reviews=n_reviews.get(person, 0),
            gold=agreement(checks.get((person, "gold"), [])),
            consensus=agreement(consensus.get(person, [])),
            again=agreement(checks.get((person, "again"), [])),
        )
        for person in people
    ]
    return sorted(found, key=lambda one: (-one.n_reviews, one.participant))


def _with_others(
    reviews: list[tuple[uuid.UUID, uuid.UUID, dict[str, float | None]]],
) -> dict[uuid.UUID, list[float]]:
    """Person -> share of labels as the others have them, of each review with two others at least.

    The others' value is their median; where they are split evenly on a yes or no, nothing is said.
    """
    of_message: dict[uuid.UUID, list[tuple[uuid.UUID, dict[str, float | None]]]] = defaultdict(list)
    for message, person, labels in reviews:
        of_message[message].append((person, labels))
    shares: dict[uuid.UUID, list[float]] = defaultdict(list)
    for given in of_message.values():
        for i, (person, labels) in enumerate(given):
            others = [other for j, (_person, other) in enumerate(given) if j != i]
            same, n = compared(labels, _medians(others))
            if n:
                shares[person].append(same / n)
    return shares


def _medians(reviews: list[dict[str, float | None]]) -> dict[str, float | None]:
    values: dict[str, list[float]] = defaultdict(list)
    for labels in reviews:
        for name, value in labels.items():
            if value is not None:
                values[name].append(value)
    found: dict[str, float | None] = {}
    for name, own in values.items():
        middle = statistics.median(own)
        if len(own) >= 2 and not (name in BINARY and middle not in (0, 1)):
            found[name] = middle
    return found
