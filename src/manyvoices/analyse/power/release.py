"""How many people a study like this release, or like this rehearsal, needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.scores import Scores
from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, GroupField, NotEnough
from manyvoices.analyse.multilevel import (
    PeopleStats,
    field_effects,
    group_codes,
    opening_scores,
)
from manyvoices.analyse.power.groups import GroupPower, Played, group_power, replay_effect
from manyvoices.analyse.power.replay import PowerCurve, replay
from manyvoices.analyse.settings import Settings

EFFECT = 5.0
"""Points of the scale."""
POWER = 0.8


@dataclass(frozen=True, slots=True)
class StudyPower:
    """Everything about sizes that a release can say."""

    curve: PowerCurve
    groups: tuple[GroupPower, ...]
    """Every group of every field that can be compared; empty where there is none."""
    played: tuple[Played, ...]
    """The first of `groups`, played at a few sizes, beside its formula."""
    effect: float
    power: float
    n_simulated: int
    """People of the release that are bots of a rehearsal."""


def opening_battles_of(dataset: Dataset, *, tie_threshold: float) -> Battles:
    """The battles of opening turns with participants, by `aggregate`."""
    found = opening_scores(dataset)
    return Scores(
        model=found.model, score=found.score, turn=found.conversation, cluster=found.person,
        models=found.models, participants=found.people, tie_threshold=tie_threshold,
    ).battles()  # fmt: skip


def study_power(
    dataset: Dataset,
    settings: Settings,
    *,
    sizes: Sequence[int] | None = None,
    method: str = "rank_centrality",
    effect: float = EFFECT,
    power: float = POWER,
    fields: Sequence[str] | None = None,
    n_draws: int = 300,
    n_played: int = 60,
    on_size: Callable[[int], None] | None = None,
) -> StudyPower:
    """Play the release again at many sizes, for its leaderboard and for differences of groups.

    `fields` are columns whose groups are compared (None: the demographics). Raises `NotEnough`
    where the release has too few people or models.
    """
    settings.tick("power by replaying the study")
    drawn = settings.resampling
    curve = replay(
        opening_battles_of(dataset, tie_threshold=settings.tie_threshold),
        sizes=sizes, method=method, n_draws=n_draws, level=drawn.level, seed=drawn.seed,
        on_size=on_size,
    )  # fmt: skip
    groups, played = _groups(dataset, settings, effect, power, fields, n_played)
    people = dataset.table.participants
    return StudyPower(
        curve, groups, played, effect, power, sum(person.simulated for person in people)
    )


def _groups(
    dataset: Dataset,
    settings: Settings,
    effect: float,
    power: float,
    columns: Sequence[str] | None,
    n_played: int,
) -> tuple[tuple[GroupPower, ...], tuple[Played, ...]]:
    scores = opening_scores(dataset)
    stats = PeopleStats.of(
        scores.score, scores.model, scores.person, len(scores.people), len(scores.models)
    )
    level, seed = settings.resampling.level, settings.resampling.seed
    rows: list[GroupPower] = []
    played: tuple[Played, ...] = ()
    for field in _fields(dataset, columns):
        codes = group_codes(dataset, field, scores.people)
        found = field_effects(
            stats, codes, field.levels, scores.models, field=field.column, label=field.label,
            min_group=settings.min_group, n_deals=0, level=level,
        )  # fmt: skip
        if found is None:
            continue
        rows.extend(group_power(found, effect=effect, power=power, level=level))
        if not played and n_played:
            kept = [place for place, name in enumerate(field.levels) if name in dict(found.groups)]
            people = sum(n for _, n in found.groups)
            played = replay_effect(
                stats, np.where(np.isin(codes, kept), codes, -1),
                field.levels.index(rows[0].group), effect=effect,
                sizes=(people // 4, people // 2, people), n_draws=n_played, level=level, seed=seed,
            )  # fmt: skip
    return tuple(rows), played


def _fields(dataset: Dataset, columns: Sequence[str] | None) -> tuple[GroupField, ...]:
    if columns is None:
        return tuple(f for f in dataset.demographics() if f.column != CONVERSATION_TYPE)
    found = []
    for column in columns:
        field = dataset.field(column) if column in dataset.people.columns else None
        if field is None:
            known = ", ".join(field.column for field in dataset.fields())
            raise NotEnough(f"{column} makes no groups of people; these do: {known}.")
        found.append(field)
    return tuple(found)
