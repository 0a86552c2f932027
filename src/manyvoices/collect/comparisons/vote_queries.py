"""How many votes count, how many are set aside, and by which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count

from manyvoices.collect.comparisons.models import Comparison
from manyvoices.schema.comparisons import ComparisonVerdict


@dataclass(frozen=True, slots=True)
class VoteCounts:
    """Of people, or of bots."""

    votes: int = 0
    aside: int = 0
    by_rule: Mapping[str, int] = field(default_factory=dict)
    """One vote may show several."""


def votes_by_rule(study_id: str) -> dict[bool, VoteCounts]:
    """Whether of bots -> how many votes, of who has not withdrawn: one statement, of as many rows
    as there are different sets of rules. What failed was never voted on."""
    rows = Comparison.objects.filter(
        study_id=study_id, participant__withdrawn_at=None, verdict__isnull=False
    ).exclude(verdict=ComparisonVerdict.FAILED)
    found: dict[bool, list[tuple[list[str], int]]] = {False: [], True: []}
    groups = rows.order_by().values_list("simulated", "quarantined").annotate(n=Count("pk"))
    for simulated, rules, n in groups:
        found[simulated].append((rules, n))
    return {simulated: _summed(groups) for simulated, groups in found.items() if groups}


def _summed(groups: list[tuple[list[str], int]]) -> VoteCounts:
    by_rule: Counter[str] = Counter()
    for rules, n in groups:
        by_rule.update(dict.fromkeys(rules, n))
    return VoteCounts(
        votes=sum(n for _rules, n in groups),
        aside=sum(n for rules, n in groups if rules),
        by_rule=dict(sorted(by_rule.items())),
    )
