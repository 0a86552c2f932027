"""The rules by which votes are set aside, the figures behind them and decisions, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from manyvoices.collect.comparisons.models import Comparison, VoteDecision
from manyvoices.collect.comparisons.vote_queries import VoteCounts
from manyvoices.collect.console.contexts import Share
from manyvoices.design.comparisons import integrity
from manyvoices.schema.comparisons import ComparisonVerdict

_RULES = {
    integrity.TOO_FAST: gettext_noop("faster than anybody reads"),
    integrity.TOO_MANY: gettext_noop("too many verdicts of one person in an hour"),
    integrity.REPEATED_PROMPT: gettext_noop("the same prompt again and again"),
    integrity.ONE_SIDED: gettext_noop("the same place many times in a row"),
    integrity.BUSY_ADDRESS: gettext_noop("many verdicts from one network address within an hour"),
    integrity.BY_HAND: gettext_noop("set aside by hand"),
}
_FIGURES = {
    "seconds": gettext_noop("Seconds from the last answers to the verdict"),
    "words": gettext_noop("Words that were to be read"),
    "words_per_second": gettext_noop("Words per second"),
    "votes_in_the_hour": gettext_noop("Verdicts of this person within the hour"),
    "same_place_in_a_row": gettext_noop("Verdicts for the same place in a row"),
    "prompts_alike": gettext_noop("Times that this person sent this prompt"),
    "names_told": gettext_noop("Answers that name a model"),
}


@dataclass(frozen=True)
class CountsView:
    """How many votes are set aside, of people or of bots."""

    simulated: bool
    aside: Share
    by_rule: list[tuple[str, int]]


@dataclass(frozen=True)
class DecisionView:
    """What a moderator did with a vote."""

    gave_back: bool
    reason: str
    by: str
    at: datetime
    rules: str


@dataclass(frozen=True)
class DecidingView:
    """What was decided of one vote, and what may be."""

    decisions: list[DecisionView]
    may_decide: bool
    is_aside: bool
    problem: str = ""
    typed: str = ""


def rule_words(rules: Sequence[str]) -> str:
    """Rules in words, each with the name that it has in releases."""
    return ", ".join(f"{_(_RULES[rule])} ({rule})" if rule in _RULES else rule for rule in rules)


def figures(evidence: Mapping[str, Any]) -> list[tuple[str, object]]:
    """The figures behind the rules, in words; those that are not known by their names."""
    known = [(_(_FIGURES[name]), evidence[name]) for name in _FIGURES if name in evidence]
    return known + [item for item in sorted(evidence.items()) if item[0] not in _FIGURES]


def counts_views(found: Mapping[bool, VoteCounts]) -> list[CountsView]:
    """People first."""
    return [
        CountsView(
            simulated,
            Share(counts.aside, counts.votes),
            [(rule_words([rule]), n) for rule, n in counts.by_rule.items()],
        )
        for simulated, counts in sorted(found.items())
    ]


def deciding(
    row: Comparison, *, may_decide: bool, problem: str = "", typed: str = ""
) -> DecidingView:
    """Of a vote; nothing may be decided of what was never judged."""
    is_vote = row.verdict not in (None, ComparisonVerdict.FAILED.value)
    return DecidingView(
        decisions=[
            DecisionView(
                d.action == VoteDecision.Action.GIVE_BACK, d.reason, d.by, d.at, rule_words(d.rules)
            )
            for d in row.decisions.all()
        ],
        may_decide=may_decide and is_vote,
        is_aside=bool(row.quarantined),
        problem=problem,
        typed=typed,
    )
