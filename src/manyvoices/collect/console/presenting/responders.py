"""What each model was asked and how its answers were rated. Only researchers see these names."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.console.charts import bins, columns, quantile
from manyvoices.collect.console.contexts import FailureCount, ResponderRow, ScoreSpread, Share
from manyvoices.collect.console.filters import Filter, query_string
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting.words import failure, latency
from manyvoices.collect.console.queries.calls import ANSWERED, WAITING
from manyvoices.collect.console.queries.study import StudyFacts
from manyvoices.collect.conversations.budget import Usage


def responder_rows(facts: StudyFacts, *, simulated: bool) -> list[ResponderRow]:
    """One row per responder of the current version, and per other responder that was asked."""
    current = [m.id for m in facts.versions[0].spec.models] if facts.versions else []
    asked = {name for kind, name, _outcome in facts.outcomes if kind is simulated}
    names = [*current, *sorted(asked.difference(current))]
    return [_row(facts, name, simulated=simulated) for name in names]


def _row(facts: StudyFacts, name: str, *, simulated: bool) -> ResponderRow:
    counts = {
        outcome: n
        for (kind, responder, outcome), n in facts.outcomes.items()
        if kind is simulated and responder == name
    }
    answered, waiting = counts.pop(ANSWERED, 0), counts.pop(WAITING, 0)
    missing = sum(counts.values())
    chosen = Filter(simulated=simulated, responder=name)
    url = reverse("console:failures", args=[facts.study.pk])
    settled = answered + missing
    return ResponderRow(
        name=name,
        asked=settled + waiting,
        answered=Share(answered, settled),
        missing=Share(missing, settled, url + query_string(chosen)),
        waiting=waiting,
        failures=[
            FailureCount(
                failure(kind),
                n,
                url + query_string(Filter(simulated=simulated, responder=name, failure=kind)),
            )
            for kind, n in sorted(counts.items(), key=lambda item: -item[1])
        ],
        latency=latency(facts.latency_ms.get((simulated, name))),
        spread=_spread(facts, facts.scores.get((simulated, name), {})),
        tokens=sum(facts.tokens.get((simulated, name), (0, 0))),
        cost=_cost(facts, name, facts.tokens.get((simulated, name), (0, 0))),
    )


def _cost(facts: StudyFacts, name: str, tokens: tuple[int, int]) -> str:
    """By the prices of the current version; empty where the model has none there."""
    spec = facts.versions[0].spec if facts.versions else None
    model = next((m for m in spec.models if m.id == name), None) if spec else None
    if model is None or model.prices is None:
        return ""
    money = Usage(0, *tokens).picos(model) / 1e12
    unit = spec.budget.currency if spec and spec.budget else ""
    return f"{number(money, 2)} {unit}".strip()


def _spread(facts: StudyFacts, scores: dict[int, int]) -> ScoreSpread | None:
    if not scores:
        return None
    low, high = _range(facts)
    first, median, third = (number(quantile(scores, q)) for q in (0.25, 0.5, 0.75))
    n = sum(scores.values())
    label = _(
        "%(n)s ratings between %(low)d and %(high)d: median %(median)s, "
        "half of them from %(first)s to %(third)s."
    ) % {
        "n": number(n), "low": low, "high": high,
        "median": median, "first": first, "third": third,
    }  # fmt: skip
    return ScoreSpread(
        n=n,
        median=median,
        middle_half=_("%(first)s to %(third)s") % {"first": first, "third": third},
        columns=columns(bins(scores, low=low, high=high), label=label, width=120, height=28),
        low=low,
        high=high,
    )


def _range(facts: StudyFacts) -> tuple[int, int]:
    """The widest scale of any version, so that every rating has its place."""
    ranges = [
        stage.rating.range
        for version in facts.versions
        for _index, stage in version.spec.conversation_stages()
    ]
    return min(low for low, _high in ranges), max(high for _low, high in ranges)
