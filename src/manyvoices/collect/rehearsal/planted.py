"""What the analysis should find: the order of the responders that a plan implies.

Each scripted persona answers the bots' own opening messages, its texts are measured, and every
side's taste is applied to them: the mean is the expected place on the scale. The order of those
means is the planted order. Models that are not scripted answer only when they are asked, so their
order is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, pairwise
from typing import Any

from manyvoices.collect.rehearsal.plan import BIAS_SD, Bot, Plan
from manyvoices.collect.rehearsal.planted_pairs import PairRate, pair_rates
from manyvoices.collect.rehearsal.taste import BASE, NOISE_SD, Taste, style
from manyvoices.design import ResponderSpec
from manyvoices.design.dialogue import derive_seed
from manyvoices.llm import PERSONAS, ChatMessage, answer

MOST_TEXTS = 400
"""Openings measured per model; beyond that the mean hardly moves."""
CLEAR = 0.05
"""Share of the scale from which a difference is called clear on both sides."""
UNKNOWN = (
    "Not every model of this study is scripted: how the others write is not known before they are "
    "asked. The bots' tastes are planted all the same; orders name the scripted models only."
)


@dataclass(frozen=True, slots=True)
class Flip:
    """Two models whose order differs between the planted group and the others."""

    group_prefers: str
    others_prefer: str
    margin_group: float
    """How much higher the group is expected to place its own choice, as a share of the scale."""
    margin_others: float


@dataclass(frozen=True, slots=True)
class Planted:
    """The expected outcome of a plan."""

    expected: Mapping[str, Mapping[str, float]]
    """``everyone``, ``group``, ``others`` -> model -> expected place on the scale (0..1)."""
    orders: Mapping[str, tuple[str, ...]]
    """``everyone``, ``group``, ``others`` -> models, best first."""
    flips: tuple[Flip, ...]
    """Clearest first."""
    unknown: tuple[str, ...]
    """Models whose place is not known beforehand."""
    win_rates: tuple[PairRate, ...] = ()
    """What verdicts on two answers side by side should come to."""

    @property
    def separation(self) -> float | None:
        """The smallest step between neighbours in everyone's order; None below two models."""
        places = sorted(self.expected["everyone"].values())
        return min((b - a for a, b in pairwise(places)), default=None)


def expect(plan: Plan) -> Planted:
    """Work out the planted order overall and on each side."""
    scripted = [spec for spec in plan.study.models if spec.provider == "scripted"]
    sides: dict[str, tuple[Taste, Sequence[Bot]]] = {"everyone": (Taste(), plan.bots)}
    if plan.group is not None:
        for side, member in (("group", True), ("others", False)):
            bots = [bot for bot in plan.bots if bot.in_group is member]
            sides[side] = (plan.tastes[side], bots)
    shares = {name: len(bots) / max(len(plan.bots), 1) for name, (_t, bots) in sides.items()}
    expected: dict[str, dict[str, float]] = {name: {} for name in sides}
    for spec in scripted:
        styles = [style(text) for text in _texts(plan, spec)]
        if plan.group is None:
            expected["everyone"][spec.id] = _mean_place(plan.tastes["everyone"], styles)
            continue
        for side in ("group", "others"):
            expected[side][spec.id] = _mean_place(plan.tastes[side], styles)
        expected["everyone"][spec.id] = sum(
            shares[side] * expected[side][spec.id] for side in ("group", "others")
        )
    return Planted(
        expected=expected,
        orders={side: _order(places) for side, places in expected.items()},
        flips=_flips(expected),
        unknown=tuple(spec.id for spec in plan.study.models if spec.provider != "scripted"),
        win_rates=pair_rates(plan),
    )


def _texts(plan: Plan, spec: ResponderSpec) -> list[str]:
    """What the persona of `spec` says to the bots' openings, or to the first many of them."""
    assert spec.persona is not None
    openings = [text for bot in plan.bots for text in bot.openings.values()]
    system = [ChatMessage("system", spec.system)] if spec.system else []
    return [
        answer(
            PERSONAS[spec.persona],
            [*system, ChatMessage("user", text)],
            seed=derive_seed(plan.seed, "planted", spec.id, number),
            max_words=spec.max_tokens,
        ).text
        for number, text in enumerate(openings[:MOST_TEXTS])
    ]


def _mean_place(taste: Taste, styles: Sequence[Taste]) -> float:
    return BASE + sum(map(taste.of_style, styles)) / max(len(styles), 1)


def _order(places: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(sorted(places, key=lambda model: (-places[model], model)))


def _flips(expected: Mapping[str, Mapping[str, float]]) -> tuple[Flip, ...]:
    if "group" not in expected:
        return ()
    group, others = expected["group"], expected["others"]
    found = []
    for pair in combinations(group, 2):
        first, second = sorted(pair, key=lambda model: -group[model])
        margins = group[first] - group[second], others[second] - others[first]
        if min(margins) >= CLEAR:
            found.append(Flip(first, second, *margins))
    return tuple(sorted(found, key=lambda flip: -min(flip.margin_group, flip.margin_others)))


def document(plan: Plan, planted: Planted) -> dict[str, Any]:
    """The plan as the JSON that is kept beside the database."""
    members = sum(bot.in_group for bot in plan.bots)
    group = plan.group
    return {
        "study_id": plan.study.id,
        "study_digest": plan.study.digest,
        "simulated": True,
        "seed": plan.seed,
        "participants": len(plan.bots),
        "group": None
        if group is None
        else {"question": group.question, "values": list(group.values), "participants": members},
        "score": {
            "base": BASE,
            "noise_sd": NOISE_SD,
            "bias_sd": BIAS_SD,
            "unit": "share of the rating scale",
        },
        "tastes": {side: asdict(taste) for side, taste in plan.tastes.items()},
        "orders": {side: list(order) for side, order in planted.orders.items()},
        "expected": {
            side: {model: round(place, 4) for model, place in places.items()}
            for side, places in planted.expected.items()
        },
        "separation": planted.separation,
        "flips": [asdict(flip) for flip in planted.flips],
        "win_rates": [asdict(one) for one in planted.win_rates],
        "unknown": list(planted.unknown),
        "note": UNKNOWN if planted.unknown else "",
    }
