"""The variance of a release's opening scores, taken apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset
from manyvoices.analyse.multilevel.release import OpeningScores, group_codes, opening_scores
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import IntArray
from manyvoices.analyse.variance.components import (
    Component,
    VarianceComponents,
    variance_components,
)
from manyvoices.analyse.variance.repeats import FixedContext, fixed_context

PERSON, MODEL, CONVERSATION = "person", "model", "conversation"
TASTE = "person x model"
GROUP, GROUP_TASTE = "group", "group x model"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where opening scores come from, and what is left of it in a fixed context."""

    parts: VarianceComponents
    """Every factor by itself; a group's factor has the name of its column."""
    summary: tuple[Component, ...]
    """The same with all groups as one part, and all tastes of groups as one."""
    fields: tuple[tuple[str, str], ...]
    """(column, label) of the groups."""
    fixed: FixedContext
    n_models: int
    n_conversations: int


def disagreement(dataset: Dataset, settings: Settings) -> Disagreement:
    """Take the opening scores apart.

    score = mean + person + groups + model + conversation (its prompt, and the day's mood) + person
    x model (taste) + groups x model (taste that is shared) + residual. People in no group of a
    field make one more group of it. Raises `NotEnough` where the release cannot tell these apart.
    """
    scores = opening_scores(dataset)
    n_models = len(scores.models)
    fields = [f for f in dataset.demographics() if f.column != CONVERSATION_TYPE]
    own = {f.column: group_codes(dataset, f, scores.people)[scores.person] + 1 for f in fields}
    factors: dict[str, IntArray] = {PERSON: scores.person, **own, MODEL: scores.model}
    factors[CONVERSATION] = scores.conversation
    factors[TASTE] = scores.person * n_models + scores.model
    factors |= {taste_of(name): code * n_models + scores.model for name, code in own.items()}
    settings.tick("variance components")
    parts = variance_components(
        scores.score, factors, scores.person, resampling=settings.resampling
    )
    return Disagreement(
        parts=parts,
        summary=_summary(parts, [f.column for f in fields]),
        fields=tuple((f.column, f.label) for f in fields),
        fixed=_fixed(dataset, scores, settings),
        n_models=n_models,
        n_conversations=int(scores.conversation.max()) + 1,
    )


def taste_of(column: str) -> str:
    """Name of the factor of a field's groups crossed with models."""
    return f"{column} x model"


def _summary(parts: VarianceComponents, columns: list[str]) -> tuple[Component, ...]:
    together = {GROUP: tuple(columns), GROUP_TASTE: tuple(map(taste_of, columns))}
    taken = {name: whole for whole, names in together.items() for name in names}
    wholes = dict.fromkeys(taken.get(each.name, each.name) for each in parts.components)
    return parts.folded({name: together.get(name, (name,)) for name in wholes})


def _fixed(dataset: Dataset, scores: OpeningScores, settings: Settings) -> FixedContext:
    rows = dataset.openers()
    texts = list(zip(rows["user_prompt"].to_list(), rows["model_response"].to_list(), strict=True))
    known = np.array([None not in pair for pair in texts])
    kept = [pair for pair in texts if None not in pair]
    return fixed_context(
        scores.score[known], kept, scores.person[known], resampling=settings.resampling
    )
