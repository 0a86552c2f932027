"""The same ratings with length and layout held equal, where the data hold the texts.

As Chatbot Arena's style control: Bradley-Terry with what the two answers differ in as covariates
(`aggregate.covariates`). Intervals are of the sandwich over whole people, not of the bootstrap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from scipy.special import ndtri

from manyvoices.aggregate import Battles, Covariates, UnusableError, diagnose
from manyvoices.aggregate.covariates import Regression, regress
from manyvoices.aggregate.ratings import ELO_CENTRE, ELO_PER_LOG
from manyvoices.evaluate.leaderboard.reading import Source
from manyvoices.evaluate.leaderboard.settings import Settings
from manyvoices.io import read_battles, read_native, read_prism_conversations
from manyvoices.io.arena import conversations
from manyvoices.io.converting_comparisons import to_battles as of_comparisons
from manyvoices.io.converting_talks import to_battles as of_talks
from manyvoices.io.prism import find
from manyvoices.llm.features import measure
from manyvoices.schema import Battle, ChatLine, Outcome
from manyvoices.schema.errors import ConvergenceError

LENGTH, BREAKS, LISTS = "length", "line breaks", "lists"
NAMES = (LENGTH, BREAKS, LISTS)
"""Words and line breaks as (a - b) / (a + b), lists as 1 or 0; each divided by its deviation."""
Styled: TypeAlias = tuple[Battle, dict[str, float], dict[str, float]]
"""A battle, and the style of the answers of both sides."""
LEAST = 50
"""Battles with both texts, below which nothing is said."""


def style_board(source: Source, settings: Settings) -> dict[str, Any] | None:
    """Ratings with style held equal, and what style is worth; None where that cannot be said.

    Stands on the battles that hold both texts (``n_battles`` of them), fitted with and without the
    covariates, so that ``score`` and ``plain`` differ by the style alone. ``coefficients`` are log
    odds for one standard deviation.
    """
    if not settings.style or settings.method != "bradley_terry":
        return None
    styled = _linked(_texts(source, settings), settings)
    if styled is None:
        return None
    battles, covariates = styled
    try:
        with_style, plain = regress(battles, covariates), regress(battles)
    except (ConvergenceError, UnusableError):
        return None  # the style tells the model, or nothing differs: there is nothing to hold equal
    return {
        "n_battles": len(battles),
        "n_people": battles.n_participants,
        **_rated(battles.models, covariates.names, with_style, plain, settings.level),
    }


def _linked(texts: Iterable[Styled], settings: Settings) -> tuple[Battles, Covariates] | None:
    """The battles of models that wins link with each other; None below `LEAST` of them."""
    found = [one for one in texts if settings.simulated or not one[0].simulated]
    battles = Battles.from_rows(
        (battle for battle, _, _ in found), groups=("at",), both_bad=settings.both_bad
    )
    if len(battles) < LEAST:
        return None
    kept = np.array([int(at) for at in battles.groups["at"]])
    linked = set(diagnose(battles).components[0])
    codes = np.array([model in linked for model in battles.models])
    rows = codes[battles.a] & codes[battles.b]
    battles, kept = battles.select(rows), kept[rows]
    if len(battles.models) < 2 or len(battles) < LEAST:
        return None
    sides = [{name: [found[i][s][name] for i in kept] for name in NAMES} for s in (1, 2)]
    return battles, _covariates(*sides)


def _rated(
    models: Sequence[str], names: Sequence[str], fitted: Regression, plain: Regression, level: float
) -> dict[str, Any]:
    """``rows``, the highest rating first, and ``coefficients``."""
    n, z = len(models), float(ndtri((1 + level) / 2))
    errors = np.sqrt(np.diagonal(fitted.covariance))
    scores = ELO_CENTRE + ELO_PER_LOG * fitted.theta
    before = ELO_CENTRE + ELO_PER_LOG * plain.theta
    order = np.argsort(-scores, kind="stable").tolist()
    return {
        "rows": [
            {
                "model": models[i],
                **_estimate("score", scores[i], z * ELO_PER_LOG * errors[i]),
                "plain": round(float(before[i]), 6),
            }
            for i in order
        ],
        "coefficients": [
            {"name": name, **_estimate("value", fitted.beta[k], z * errors[n + k])}
            for k, name in enumerate(names)
        ],
    }


def _estimate(name: str, value: float, reach: float) -> dict[str, float]:
    ends = {name: value, "low": value - reach, "high": value + reach}
    return {key: round(float(end), 6) for key, end in ends.items()}


def _covariates(of_a: dict[str, list[float]], of_b: dict[str, list[float]]) -> Covariates:
    """Those that differ at all: a constant one tells nothing."""
    shares = Covariates.differences(
        {name: of_a[name] for name in (LENGTH, BREAKS)},
        {name: of_b[name] for name in (LENGTH, BREAKS)},
        relative=True,
    )
    both = shares + Covariates.differences({LISTS: of_a[LISTS]}, {LISTS: of_b[LISTS]})
    used = both.values.std(axis=0) > 0
    names = tuple(name for name, is_used in zip(both.names, used, strict=True) if is_used)
    return Covariates(names, both.values[:, used])


def _texts(source: Source, settings: Settings) -> Iterator[Styled]:
    """Every battle that holds both texts, with the style of the last answer of each side."""
    place = 0
    for battle in _stream(source, settings):
        if battle.outcome is Outcome.FAILED or battle.model_a == battle.model_b:
            continue
        said = conversations(battle)
        if said is None:
            continue
        a, b = (_answers(side) for side in said)
        if not a or not b:
            continue
        bare = Battle(
            model_a=battle.model_a,
            model_b=battle.model_b,
            outcome=battle.outcome,
            participant_id=battle.participant_id,
            groups={"at": str(place)},
            simulated=battle.simulated,
        )
        yield bare, _style(a[-1]), _style(b[-1])
        place += 1


def _answers(lines: Iterable[ChatLine]) -> list[str]:
    """What the model said that is a text."""
    said = (line.content for line in lines if line.role == "assistant")
    return [text for text in said if isinstance(text, str)]


def _stream(source: Source, settings: Settings) -> Iterable[Battle]:
    lost: Counter[str] = Counter()
    path = source.path
    if source.form == "arena":
        return read_battles(path)
    if source.form == "prism":
        talks = read_prism_conversations(find(path, "conversations"))
        return of_talks(talks, lost, tie_threshold=settings.tie_threshold)
    if source.form == "native":
        release = read_native(path)
        return chain(
            of_talks(release.conversations, lost, tie_threshold=settings.tie_threshold),
            of_comparisons(release.comparisons, lost),
        )
    return ()


def _style(text: str) -> dict[str, float]:
    found = measure(text)
    return {
        LENGTH: float(found.words), BREAKS: float(found.line_breaks),
        LISTS: float(found.enumerated),
    }  # fmt: skip
