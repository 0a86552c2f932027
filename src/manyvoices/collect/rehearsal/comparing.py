"""How a bot compares answers: what it prefers, when it says "equal", and which texts it knows.

The rule is Thurstone's (Psychological Review 34, 1927, case V): a bot sees each answer's utility
with an error of its own, normal with the spread of its ratings, and prefers the higher one. What
lies closer together than the tie band is equally good to it, where a study offers that.

With a planted win rate the bot does not look at style: it recognises whose stored texts it sees,
and draws the verdict.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import erf, sqrt

from manyvoices.collect.rehearsal.taste import BASE, NOISE_SD, Taste
from manyvoices.design import Study
from manyvoices.design.comparisons.assigning import compared_models
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.schema.errors import ManyvoicesError

TIE_BAND = 0.05
"""Share of the scale below which two answers are equally good."""
FLOOR = 0.05
"""Place on the scale below which an answer is bad."""
CANNOT_JUDGE = 0.01
"""How often a bot says that it cannot judge."""
PLANTED_TIES = 0.08
"""Share of ties among verdicts with a planted win rate, where the study offers them."""
LIKE = 0.8
"""Share of words from which a text on the page counts as a stored one."""
_WORD = re.compile(r"\w+")

Groups = list[list[int]]
"""Places, best first; those in one group are equally good."""


class NoSuchWinRate(ManyvoicesError):
    """The win rate that was asked for cannot be planted in this study."""


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often `model` is preferred to `against`, a tie counting half."""

    model: str
    against: str
    rate: float


@dataclass(frozen=True, slots=True)
class Known:
    """The stored texts of a study, by which a bot recognises the models of a planted win rate."""

    rates: tuple[WinRate, ...]
    texts: Mapping[tuple[str, ...], frozenset[str]] = field(default_factory=dict)
    """Words of a text -> models that gave it."""

    def model_of(self, text: str, among: Sequence[str]) -> str | None:
        """Which of `among` wrote `text`; None where none did, or several did."""
        seen = words(text)
        found = self.texts.get(seen)
        if found is None:
            likest = max(self.texts, key=lambda one: _likeness(one, seen), default=())
            if _likeness(likest, seen) < LIKE:
                return None
            found = self.texts[likest]
        named = [name for name in among if name in found]
        return named[0] if len(named) == 1 else None

    def rate_of(self, first: str, second: str) -> float | None:
        """The chance that `texts` of the first are preferred; None where nothing is planted."""
        models = sorted({name for one in self.rates for name in (one.model, one.against)})
        a, b = self.model_of(first, models), self.model_of(second, models)
        for one in self.rates:
            if (a, b) == (one.model, one.against):
                return one.rate
            if (b, a) == (one.model, one.against):
                return 1 - one.rate
        return None


NOTHING = Known(())


def words(text: str) -> tuple[str, ...]:
    """What of a text is the same before and after it is shown as a page."""
    return tuple(_WORD.findall(text.lower()))


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    both = set(one) | set(other)
    return len(set(one) & set(other)) / len(both) if both else 0.0


def known_texts(study: Study, wanted: Mapping[str, float]) -> Known:
    """What bots need for the win rates `wanted`: model -> its rate against the baseline.

    Raises `NoSuchWinRate` where the study has no stage of stored outputs with that model and a
    baseline (or just one other model).
    """
    if not wanted:
        return Known(())
    stages = [
        stage
        for stage in study.stages
        if isinstance(stage, ComparisonsStage) and stage.source == "outputs"
    ]
    if not stages:
        raise NoSuchWinRate(
            "a win rate is planted by recognising stored texts, and the study has no stage of "
            "comparisons with source: outputs"
        )
    rates = []
    for model, rate in wanted.items():
        if not 0 <= rate <= 1:
            raise NoSuchWinRate(f"the win rate of {model} is {rate}, expected 0 to 1")
        rates.append(WinRate(model, _other(stages, model), rate))
    texts: dict[tuple[str, ...], set[str]] = {}
    for stage in stages:
        for output in stage.outputs:
            if (output.text or "").strip():
                texts.setdefault(words(output.text or ""), set()).add(output.model)
    return Known(tuple(rates), {key: frozenset(models) for key, models in texts.items()})


def _other(stages: Sequence[ComparisonsStage], model: str) -> str:
    """The model that `model` is held against."""
    for stage in stages:
        models = compared_models(stage, ())
        if model not in models:
            continue
        if stage.baseline is not None and stage.baseline != model:
            return stage.baseline
        if len(models) == 2:
            return next(name for name in models if name != model)
        raise NoSuchWinRate(
            f"{model} is held against {len(models) - 1} models, and the stage names no baseline "
            "other than it; set baseline"
        )
    known = sorted({name for stage in stages for name in compared_models(stage, ())})
    raise NoSuchWinRate(f"no stored output is by {model}; there are {', '.join(known)}")


# Verdicts


@dataclass(frozen=True, slots=True)
class Offered:
    """What the page lets a bot say beside a choice."""

    tie: bool
    all_bad: bool = False
    cannot_judge: bool = False


Verdict = Groups | str
"""An order, or ``tie``, ``all_bad``, ``cannot_judge``."""


def judge(
    texts: Sequence[str],
    taste: Taste,
    offered: Offered,
    rng: random.Random,
    known: Known | None = None,
) -> Verdict:
    """What a bot of this `taste` says of answers that stand side by side."""
    if offered.cannot_judge and rng.random() < CANNOT_JUDGE:
        return "cannot_judge"
    if known is not None and len(texts) == 2:
        rate = known.rate_of(texts[0], texts[1])
        if rate is not None:
            return _drawn(rate, offered, rng)
    seen = [taste.utility(text) + rng.gauss(0.0, NOISE_SD) for text in texts]
    if offered.all_bad and max(seen) + BASE < FLOOR:
        return "all_bad"
    groups = _grouped(seen, TIE_BAND if offered.tie else 0.0)
    return "tie" if len(groups) == 1 else groups


def _drawn(rate: float, offered: Offered, rng: random.Random) -> Verdict:
    ties = min(PLANTED_TIES, 2 * rate, 2 * (1 - rate)) if offered.tie else 0.0
    place = rng.random()
    if place < ties:
        return "tie"
    return [[0], [1]] if place - ties < rate - ties / 2 else [[1], [0]]


def _grouped(seen: Sequence[float], band: float) -> Groups:
    """Places from the best on; who lies within `band` of the one before stands in its group."""
    order = sorted(range(len(seen)), key=lambda place: -seen[place])
    groups: Groups = [[order[0]]]
    for before, place in pairwise(order):
        if seen[before] - seen[place] < band:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def expected_win_rate(gap: float, *, ties: bool) -> float:
    """Chance that an answer whose utility is higher by `gap` is preferred, a tie counting half."""
    spread, band = NOISE_SD * sqrt(2), TIE_BAND if ties else 0.0
    won = _normal((gap - band) / spread)
    lost = _normal((-gap - band) / spread)
    return won + (1 - won - lost) / 2


def _normal(z: float) -> float:
    return 0.5 * (1 + erf(z / sqrt(2)))
