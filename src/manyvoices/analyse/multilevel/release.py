"""The differences between groups of a release's people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, GroupField, NotEnough
from manyvoices.analyse.multilevel.effects import (
    FieldEffects,
    GroupEffect,
    adjusted,
    field_effects,
)
from manyvoices.analyse.multilevel.within import PeopleStats
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class GroupDifferences:
    """All fields that were compared."""

    fields: tuple[FieldEffects, ...]
    not_compared: tuple[str, ...]
    """Labels of fields without two groups that are large enough."""
    n_people: int
    """With at least two opening scores."""
    n_scores: int
    n_models: int
    min_group: int
    level: float

    @property
    def effects(self) -> tuple[GroupEffect, ...]:
        """Of all fields, the surest first."""
        rows = [row for one in self.fields for row in one.effects]
        return tuple(sorted(rows, key=lambda row: (row.false_sign, -abs(row.shrunk))))

    @property
    def n_unadjusted(self) -> int:
        """Differences with p below 0.05, each looked at by itself."""
        return sum(row.p < 0.05 for row in self.effects)

    @property
    def n_adjusted(self) -> int:
        """Differences that Benjamini-Hochberg claims at a false discovery rate of 5%."""
        return sum(row.q < 0.05 for row in self.effects)

    @property
    def n_shrunk(self) -> int:
        """Differences whose false sign rate is at most 5% after shrinkage."""
        return sum(row.false_sign <= 0.05 for row in self.effects)


@dataclass(frozen=True, slots=True, eq=False)
class OpeningScores:
    """The rated answers of opening turns as arrays, all (n,) where not said otherwise."""

    score: FloatArray
    model: IntArray
    person: IntArray
    conversation: IntArray
    models: tuple[str, ...]
    people: tuple[str, ...]
    """Ids, in the order of the codes."""


def opening_scores(dataset: Dataset) -> OpeningScores:
    """Rated answers of opening turns; raises `NotEnough` without two models and two people."""
    rows = dataset.openers()
    if rows.height == 0:
        raise NotEnough("No answer of an opening turn was rated.")
    models, model = np.unique(rows["model"].to_numpy().astype(str), return_inverse=True)
    people, person = np.unique(rows["user_id"].to_numpy().astype(str), return_inverse=True)
    _, talk = np.unique(rows["conversation_id"].to_numpy().astype(str), return_inverse=True)
    if len(models) < 2 or len(people) < 2:
        raise NotEnough("Opening turns hold scores of fewer than two models or two people.")
    return OpeningScores(
        score=rows["score"].to_numpy().astype(np.float64),
        model=model.astype(np.int64),
        person=person.astype(np.int64),
        conversation=talk.astype(np.int64),
        models=tuple(models.tolist()),
        people=tuple(people.tolist()),
    )


def group_codes(dataset: Dataset, field: GroupField, people: tuple[str, ...]) -> IntArray:
    """(people,) place of each person's answer in the field's levels; -1 = in none of them."""
    answer = dict(
        zip(dataset.people["user_id"].to_list(), dataset.people[field.column].to_list(),
            strict=True)
    )  # fmt: skip
    code = {level: place for place, level in enumerate(field.levels)}
    return np.array([code.get(answer.get(person) or "", -1) for person in people], dtype=np.int64)


def group_differences(
    dataset: Dataset, settings: Settings, *, n_deals: int = 500
) -> GroupDifferences:
    """Compare the groups of PRISM's demographics, or of the first fields that make groups.

    Raises:
        NotEnough: No field has two groups of `settings.min_group` people who rated openings.
    """
    scores = opening_scores(dataset)
    stats = PeopleStats.of(
        scores.score, scores.model, scores.person, len(scores.people), len(scores.models)
    )
    found, without = [], []
    for field in dataset.demographics():
        if field.column == CONVERSATION_TYPE:
            continue
        settings.tick(f"differences by {field.label.lower()}")
        one = field_effects(
            stats, group_codes(dataset, field, scores.people), field.levels, scores.models,
            field=field.column, label=field.label, min_group=settings.min_group,
            n_deals=n_deals, seed=settings.resampling.seed, level=settings.resampling.level,
        )  # fmt: skip
        if one is None:
            without.append(field.label)
        else:
            found.append(one)
    if not found:
        need = settings.min_group
        raise NotEnough(f"No question splits people into two groups of {need} or more.")
    return GroupDifferences(
        fields=adjusted(found),
        not_compared=tuple(without),
        n_people=int((stats.n_scores.sum(axis=1) > 1).sum()),
        n_scores=len(scores.score),
        n_models=len(scores.models),
        min_group=settings.min_group,
        level=settings.resampling.level,
    )
