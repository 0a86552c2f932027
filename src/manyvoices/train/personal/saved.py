"""Saved heads, and what is done with them: rewards for PPO, one person's scores."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from manyvoices.train.personal.choices import FloatArray, Ranked, choices_of
from manyvoices.train.personal.disagreement import MeanVariance
from manyvoices.train.personal.errors import FeaturesFixed, HeadsUnreadable
from manyvoices.train.personal.fairness import (
    Population,
    Rule,
    fair_utility,
    group_utilities,
)
from manyvoices.train.personal.features import FeatureSource, Prompt
from manyvoices.train.personal.features_saved import source_of
from manyvoices.train.personal.laplace import Parameters
from manyvoices.train.personal.lowrank import PersonalHead
from manyvoices.train.personal.saving import FACTS, HEADS, VERSION
from manyvoices.train.personal.scaling import Scaling
from manyvoices.train.personal.survey import Row, SurveyColumns
from manyvoices.train.views import ReplyGroup


@dataclass(frozen=True, slots=True, eq=False)
class PersonalModel:
    """Heads that were read back."""

    folder: Path
    facts: Mapping[str, Any]
    source: FeatureSource
    scaling: Scaling
    prompt_scaling: Scaling
    pooled: PersonalHead
    personal: PersonalHead
    mean_variance: MeanVariance
    survey: SurveyColumns
    population: Population

    @staticmethod
    def load(folder: Path | str) -> PersonalModel:
        """Read a folder that `saving.save` wrote.

        Raises:
            HeadsUnreadable: It holds no heads.
            FeaturesFixed: Its features know only the texts of their own run.
        """
        folder = Path(folder)
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            with np.load(folder / HEADS, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if facts["version"] != VERSION:
                raise ValueError(f"version {facts['version']}, expected {VERSION}")
            return _model(folder, facts, arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise HeadsUnreadable(folder, str(error) or type(error).__name__) from error

    def features(self, prompts: Sequence[Prompt], replies: Sequence[str]) -> FloatArray:
        """(n, d) scaled features of replies, each to the prompt of its place."""
        return self.scaling(self.source(prompts, replies).replies)

    def distribution(
        self, prompts: Sequence[Prompt], replies: Sequence[str]
    ) -> tuple[FloatArray, FloatArray]:
        """(n,) mean and (n,) standard deviation of each reply's utility to a person drawn at
        random, by the mean-and-variance head."""
        found = self.source(prompts, replies)
        x, y = self.scaling(found.replies), self.prompt_scaling(found.prompts)
        return self.mean_variance.mu(x), self.mean_variance.sigma(x, y)

    def cautious(
        self, prompts: Sequence[Prompt], replies: Sequence[str], quantile: float = 0.1
    ) -> FloatArray:
        """(n,) utility that a share 1 - `quantile` of people get at least, by the same head: a
        reward that avoids risk and knows nobody's name."""
        mean, sd = self.distribution(prompts, replies)
        return np.asarray(mean + ndtri(quantile) * sd)

    def weights_of(self, answers: Row, said: Sequence[ReplyGroup] = ()) -> FloatArray:
        """(K,) weights of one person, from the survey and what they ranked."""
        z = self.survey.encode([answers])
        rankings: list[Ranked] = []
        prompts: list[Prompt] = []
        replies: list[str] = []
        for group in said:
            items = tuple(range(len(replies), len(replies) + len(group.replies)))
            rankings.append(Ranked(0, items, group.ranks, group.scores, group.weight))
            prompts += [group.prefix] * len(items)
            replies += group.replies
        if not rankings:
            return np.asarray(self.personal.prior(z).mean[0])
        choices = choices_of(rankings, np.zeros(len(replies), dtype=np.int64), 1)
        x = self.features(prompts, replies)
        return np.asarray(self.personal.posterior(choices, x, z).mean[0])

    def reward_for(self, weights: FloatArray) -> PersonReward:
        """The reward of a person with these weights (K,)."""
        return PersonReward(self, weights)

    def reward(
        self, rule: Rule = "mean", *, question: str | None = None, quantile: float = 0.1
    ) -> GroupReward:
        """A reward that is fair by `rule`; see `fairness.fair_utility`."""
        return GroupReward(self, rule, question, quantile)


def _model(folder: Path, facts: Any, arrays: Mapping[str, FloatArray]) -> PersonalModel:
    if facts["features_fixed"]:
        raise FeaturesFixed(facts["feature_source"])
    survey = SurveyColumns.from_json(facts["survey"])
    d, p = arrays["pooled"].shape[0], len(survey.columns)
    nobody = Parameters(arrays["pooled"], np.zeros((d, 0)), np.zeros((0, p)))
    personal = Parameters(arrays["shared"], arrays["basis"], arrays["survey"])
    groups = {q: {a: np.array(w) for a, w in mine.items()} for q, mine in facts["groups"].items()}
    return PersonalModel(
        folder=folder,
        facts=facts,
        source=source_of(facts["features"], folder),
        scaling=Scaling(arrays["centre"], arrays["rotation"]),
        prompt_scaling=Scaling(arrays["prompt_centre"], arrays["prompt_rotation"]),
        pooled=PersonalHead(nobody),
        personal=PersonalHead(personal),
        mean_variance=MeanVariance(arrays["mean"], arrays["log_sd"]),
        survey=survey,
        population=Population(arrays["covariance"], groups),
    )


@dataclass(frozen=True, slots=True)
class PersonReward:
    """One person's utility of replies: a `Reward` for PPO and best-of-n."""

    model: PersonalModel
    weights: FloatArray

    def __call__(self, prompts: Sequence[Prompt], replies: Sequence[str]) -> FloatArray:
        """(n,)."""
        return self.model.personal.utility(self.model.features(prompts, replies), self.weights)


@dataclass(frozen=True, slots=True)
class GroupReward:
    """Many people's utility of replies, made one number: a `Reward` for PPO and best-of-n."""

    model: PersonalModel
    rule: Rule = "mean"
    question: str | None = None
    quantile: float = 0.1

    def __call__(self, prompts: Sequence[Prompt], replies: Sequence[str]) -> FloatArray:
        """(n,)."""
        return fair_utility(
            self.model.personal,
            self.model.features(prompts, replies),
            self.model.population,
            self.rule,
            question=self.question,
            quantile=self.quantile,
        )

    def by_group(self, prompts: Sequence[Prompt], replies: Sequence[str]) -> FloatArray:
        """(n, groups) utilities to each group's mean person, for PPO to fold."""
        x = self.model.features(prompts, replies)
        found = group_utilities(self.model.personal, x, self.model.population, str(self.question))
        return found[1]


@lru_cache(maxsize=4)
def _loaded(folder: str) -> PersonalModel:
    return PersonalModel.load(folder)


def reward(
    prompts: Sequence[Prompt],
    replies: Sequence[str],
    *,
    folder: str,
    rule: str = "mean",
    question: str | None = None,
    quantile: float = 0.1,
) -> FloatArray:
    """A reward by name, for a PPO configuration: ``reward: {function:
    "manyvoices.train.personal.saved:reward", arguments: {folder: ..., rule: minimum, ...}}``.

    Args:
        rule: ``mean``, ``minimum``, ``quantile``, or ``groups``: (n, groups), which PPO folds.
    """
    model = _loaded(folder)
    if rule == "groups":
        return model.reward("minimum", question=question).by_group(prompts, replies)
    if rule not in ("mean", "minimum", "quantile"):
        raise ValueError(f"rule is {rule!r}; expected mean, minimum, quantile or groups")
    made = GroupReward(model, rule, question, quantile)  # type: ignore[arg-type]
    return made(prompts, replies)
