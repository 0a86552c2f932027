"""All heads of one run, fitted to what seen people said; nothing here reads or writes files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.choices import BoolArray, Choices, FloatArray, Ranked, choices_of
from manyvoices.train.personal.choosing import Chosen, choose, fit_chosen, folds_of
from manyvoices.train.personal.data import PeopleData
from manyvoices.train.personal.disagreement import MeanVariance, fit_mean_variance
from manyvoices.train.personal.errors import TooFewPeople
from manyvoices.train.personal.evaluate import Heads
from manyvoices.train.personal.fairness import Population, population_of
from manyvoices.train.personal.features import Features
from manyvoices.train.personal.lowrank import PersonalHead, Weights
from manyvoices.train.personal.scaling import Scaling, scaling_of
from manyvoices.train.personal.survey import Row, SurveyColumns, survey_columns

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The heads, and what they were fitted to."""

    scaling: Scaling
    prompt_scaling: Scaling
    x: FloatArray
    """(n_items, d)."""
    y: FloatArray
    """(n_items, dy) of each item's message."""
    z: FloatArray
    """(n_people, p)."""
    survey: SurveyColumns
    choices: Choices
    """What was fitted to: of seen people, without what is asked."""
    chosen: Chosen
    heads: Heads
    weights: Weights
    """Of all people, after what `choices` say; of unseen ones, the survey's."""
    population: Population
    mean_variance: MeanVariance
    constant: MeanVariance
    """The same without a variance that differs."""


def fitted_rankings(data: PeopleData) -> BoolArray:
    """(n_groups,) the rankings that heads are fitted to."""
    return ~data.asked & ~data.unseen[data.ranking_person]


def train_heads(
    data: PeopleData, features: Features, config: PersonalConfig, told: Told = lambda _text: None
) -> Trained:
    """Fit everything.

    Args:
        features: Of ``data.texts``.

    Raises:
        TooFewPeople: Fewer people than folds.
        ConvergenceError: A head was not found.
    """
    rankings = _rankings(data, config)
    scaling, prompt_scaling, x, y = _scaled(data, features, rankings, config)
    seen = [row for row, away in zip(data.rows, data.unseen, strict=True) if not away]
    survey = _survey(seen, config, told)
    z = survey.encode(data.rows)
    choices = choices_of(
        rankings,
        data.item_person,
        len(data.people),
        likelihood=config.heads.likelihood,
        margin_scale=config.heads.margin_scale,
    )
    chosen, heads = _heads(choices, x, z, config, told)
    population = population_of(
        heads.personal,
        z[~data.unseen],
        seen,
        config.survey.groups,
        min_people=config.survey.min_people,
    )
    told("the mean-and-variance head")
    pairs = choices_of(rankings, data.item_person, len(data.people), likelihood="pairs")
    mean_variance, constant = _disagreement(pairs, x, y, config)
    return Trained(
        scaling,
        prompt_scaling,
        x,
        y,
        z,
        survey,
        choices,
        chosen,
        heads,
        heads.personal.posterior(choices, x, z),
        population,
        mean_variance,
        constant,
    )


def _rankings(data: PeopleData, config: PersonalConfig) -> list[Ranked]:
    """What heads are fitted to; raises `TooFewPeople` where that is fewer than folds need."""
    rankings = data.chosen(fitted_rankings(data))
    n_seen, least = len({one.person for one in rankings}), config.heads.folds * 2
    if n_seen < least:
        raise TooFewPeople(n_seen, least, "are left to fit to")
    return rankings


def _survey(seen: Sequence[Row], config: PersonalConfig, told: Told) -> SurveyColumns:
    """The columns of what seen people answered; a question that nobody did is told."""
    survey = survey_columns(seen, config.survey.questions, min_people=config.survey.min_people)
    for question in survey.unknown:
        told(f"survey.questions names {question}, which nobody of the training side answered")
    return survey


def _disagreement(
    pairs: Choices, x: FloatArray, y: FloatArray, config: PersonalConfig
) -> tuple[MeanVariance, MeanVariance]:
    """The head of mean and variance, and the same without a variance that differs."""
    l2, l2_sd = config.disagreement.l2, config.disagreement.l2_sd
    varying, constant = (
        fit_mean_variance(pairs, x, y, l2=l2, l2_sd=l2_sd, constant_sd=constant)
        for constant in (False, True)
    )
    return varying, constant


def _scaled(
    data: PeopleData, features: Features, rankings: list[Ranked], config: PersonalConfig
) -> tuple[Scaling, Scaling, FloatArray, FloatArray]:
    raw, asked = features.replies[data.item_text], features.prompts[data.item_text]
    scaling = scaling_of(raw, rankings, config.features.components)
    # Messages are one group: between them is where they differ.
    firsts = sorted({one.items[0] for one in rankings})
    all_prompts = Ranked(0, tuple(firsts), (0,) * len(firsts))
    prompts = scaling_of(asked, [all_prompts], config.features.prompt_components)
    return scaling, prompts, scaling(raw), prompts(asked)


def _heads(
    choices: Choices, x: FloatArray, z: FloatArray, config: PersonalConfig, told: Told
) -> tuple[Chosen, Heads]:
    settings = config.heads
    rng = np.random.default_rng(config.seed)
    folds = folds_of(choices, x, z, settings.folds, rng)
    chosen = choose(
        folds,
        l2=settings.l2,
        directions=settings.directions,
        basis=settings.basis_l2,
        survey=settings.survey_l2,
        told=told,
    )
    told(f"{chosen.k} directions were chosen; fitting to everybody")
    pooled, personal = fit_chosen(folds, chosen)
    return chosen, Heads(PersonalHead(pooled.parameters), PersonalHead(personal.parameters))
