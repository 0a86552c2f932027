"""What verdicts on two answers side by side should come to: a win rate for every pair of models.

Stored outputs are measured as they are; scripted personas answer the prompts (in an arena, the
bots' own messages), each text once. The rate is the mean of Thurstone's rule over prompts and over
the bots' tastes, a tie counting half; "all bad" and "cannot judge" are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from manyvoices.collect.rehearsal.comparing import expected_win_rate
from manyvoices.collect.rehearsal.plan import Plan
from manyvoices.collect.rehearsal.taste import Taste, style
from manyvoices.collect.rehearsal.words import OPENINGS
from manyvoices.design import Study
from manyvoices.design.comparisons.assigning import compared_models
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import PERSONAS, ChatMessage, answer

MOST_PROMPTS = 200

Styles = Mapping[str, Mapping[str, Taste]]
"""Prompt -> model -> style of its answer."""


@dataclass(frozen=True, slots=True)
class PairRate:
    """The expected win rate of one model against another."""

    stage: str
    model: str
    against: str
    everyone: float
    group: float | None = None
    """Of the planted group; None where there is none, or the rate was planted as such."""
    others: float | None = None
    as_such: bool = False
    """Whether the rate itself was planted, whatever the texts are like."""


def pair_rates(plan: Plan) -> tuple[PairRate, ...]:
    """The rates of every pair that a stage of comparisons can show and whose texts are known."""
    found: list[PairRate] = []
    for stage in plan.study.stages:
        if isinstance(stage, ComparisonsStage):
            styles = _styles(plan, stage)
            models = compared_models(stage, [spec.id for spec in plan.study.models])
            for pair in combinations(models, 2):
                if stage.baseline is None or stage.baseline in pair:
                    model, against = sorted(pair, key=lambda name: name == stage.baseline)
                    rate = _rate(plan, stage, styles, model, against)
                    found += [rate] if rate is not None else []
    return tuple(found)


def _rate(
    plan: Plan, stage: ComparisonsStage, styles: Styles, model: str, against: str
) -> PairRate | None:
    for one in plan.known.rates:
        if {one.model, one.against} == {model, against}:
            return PairRate(stage.id, one.model, one.against, one.rate, as_such=True)
    pairs = [(by[model], by[against]) for by in styles.values() if {model, against} <= set(by)]
    if not pairs:
        return None

    def of(side: str) -> float:
        taste = plan.tastes[side]
        rates = [
            expected_win_rate(taste.of_style(a) - taste.of_style(b), ties=stage.tie)
            for a, b in pairs
        ]
        return sum(rates) / len(rates)

    if plan.group is None:
        return PairRate(stage.id, model, against, round(of("everyone"), 4))
    members = sum(bot.in_group for bot in plan.bots) / max(len(plan.bots), 1)
    group, others = of("group"), of("others")
    everyone = members * group + (1 - members) * others
    return PairRate(stage.id, model, against, round(everyone, 4), round(group, 4), round(others, 4))


def _styles(plan: Plan, stage: ComparisonsStage) -> Styles:
    if stage.source == "outputs":
        found: dict[str, dict[str, Taste]] = {}
        for output in stage.outputs:
            if (output.text or "").strip():
                found.setdefault(output.prompt, {})[output.model] = style(output.text or "")
        return found
    prompts = {prompt.id: prompt.text for prompt in stage.prompts[:MOST_PROMPTS]}
    if stage.source == "arena":
        prompts = {str(n): text for n, text in enumerate(OPENINGS["free"])}
    return {name: _said(plan.study, plan.seed, name, text) for name, text in prompts.items()}


def _said(study: Study, seed: int, name: str, text: str) -> dict[str, Taste]:
    """What the scripted models say to a prompt."""
    return {
        spec.id: style(
            answer(
                PERSONAS[spec.persona],
                [
                    *([ChatMessage("system", spec.system)] if spec.system else []),
                    ChatMessage("user", text),
                ],
                seed=derive_seed(seed, "compared", spec.id, name),
                max_words=spec.max_tokens,
            ).text
        )
        for spec in study.models
        if spec.provider == "scripted" and spec.persona is not None
    }
