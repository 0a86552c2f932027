"""Score distributions: by model on opening turns, by turn on all."""

from __future__ import annotations

from statistics import mean, stdev

import pytest
from tests.analyse.releases import Plan, make_records, make_table

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scores import N_BINS, score_distribution
from manyvoices.analyse.table import tabulate

PLAN = Plan(n_people=30, n_turns=3, p_unrated=0.1)


def test_means_by_model_are_those_of_its_opening_scores() -> None:
    openings = [c.turns[0] for c in make_records(PLAN).conversations]
    found = score_distribution(make_table(PLAN), resampling=Resampling(50))
    assert {row.label for row in found.by_model} == set(PLAN.qualities)
    for row in found.by_model:
        given = [
            u.score
            for turn in openings
            for u in turn.utterances
            if u.model == row.label and u.score is not None
        ]
        assert row.n == len(given)
        assert row.mean == pytest.approx(mean(given))
        assert row.sd == pytest.approx(stdev(given))
        assert row.low <= row.mean <= row.high
        assert row.q25 <= row.median <= row.q75


def test_models_are_ordered_by_their_mean() -> None:
    found = score_distribution(make_table(PLAN), resampling=Resampling(10))
    means = [row.mean for row in found.by_model]
    assert means == sorted(means, reverse=True)


def test_histograms_hold_every_score() -> None:
    found = score_distribution(make_table(PLAN), resampling=Resampling(10))
    assert sum(found.histogram) == found.n_scores
    assert len(found.histogram) == N_BINS
    assert sum(sum(row.histogram) for row in found.by_model) == found.n_opening
    assert sum(row.n for row in found.by_turn) == found.n_scores


def test_turns_with_few_scores_are_not_shown() -> None:
    found = score_distribution(make_table(PLAN), resampling=Resampling(10), min_n=10_000)
    assert found.by_turn == ()


def test_no_ratings_give_an_empty_distribution() -> None:
    for table in (make_table(Plan(p_unrated=1.0)), tabulate([], [], [])):
        found = score_distribution(table)
        assert (found.n_scores, found.by_model, found.by_turn) == (0, (), ())
