"""Place, length and agreement: against other functions of the house, and what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluate.preference.studies import planted, votes
from tests.real_data import needs_real_data, real

from manyvoices.aggregate import Battles, krippendorff_alpha, position_bias
from manyvoices.evaluate.preference.agreeing import agreement, judged
from manyvoices.evaluate.preference.judges import as_battles
from manyvoices.evaluate.preference.model import fit
from manyvoices.evaluate.preference.placing import length_of, place_of
from manyvoices.evaluate.preference.planting import Planted
from manyvoices.evaluate.preference.reading import read_votes
from manyvoices.evaluate.preference.rules import Rules

RULES = Rules()
THREE = Planted({"a": 0.8, "b": 0.0, "c": -0.7}, position=0.5, ties=0.2, length=0.6)


def test_place_is_that_of_aggregate_and_what_was_planted() -> None:
    study = votes(THREE, raters=150, prompts=50, each=20)
    found = place_of(study, RULES)
    theirs = position_bias(as_battles(study, RULES), n_resamples=0)
    assert found.share.value == pytest.approx(theirs.share)
    assert found.balanced.value == pytest.approx(theirs.balanced)
    assert len(found.pairs) == 3
    fitted = fit(study, RULES, length=True)
    place, length = (fitted.coefficient(name, RULES) for name in ("place", "length"))
    assert place.low < 0.5 < place.high
    assert length.low < 0.6 < length.high
    assert place.high - place.low < 0.5


@needs_real_data
def test_the_balanced_share_of_mt_bench_is_that_of_aggregate() -> None:
    path = real("battles/mt_bench_human.jsonl")
    found, theirs = place_of(read_votes(path), RULES), position_bias(Battles.from_arena(path))
    assert found.balanced.value == pytest.approx(theirs.balanced)
    assert found.balanced.low == pytest.approx(theirs.balanced_low, abs=0.01)
    assert found.balanced.high == pytest.approx(theirs.balanced_high, abs=0.01)


def test_strengths_come_back_and_ties_with_them() -> None:
    study = votes(THREE, raters=200, prompts=80, each=30)
    fitted = fit(study, RULES, length=True)
    assert fitted.converged
    assert fitted.theta - fitted.theta.mean() == pytest.approx(
        np.array([0.8, 0.0, -0.7]) - 0.1 / 3, abs=0.15
    )
    assert np.exp(fitted.log_nu) == pytest.approx(THREE.nu, rel=0.15)


def test_the_influences_of_all_votes_cancel_where_nothing_is_penalised() -> None:
    fitted = fit(votes(THREE, raters=60), RULES)
    columns = [len(fitted.theta), len(fitted.theta) + 1]  # ties, place
    assert np.abs(fitted.influence[:, columns].sum(axis=0)).max() < 1e-3


def test_the_longer_answer_wins_where_that_was_planted() -> None:
    found = length_of(votes(planted(0.5, length=1.0), raters=60), RULES)
    assert found.share.low > 0.5
    assert found.n_without_texts == 0
    none = length_of(votes(planted(0.5), raters=60), RULES)
    assert none.share.low < 0.5 < none.share.high


def test_without_texts_length_is_not_looked_at() -> None:
    study = votes(planted(0.5))
    from dataclasses import replace

    bare = replace(study, words_a=study.words_a * np.nan)
    found = length_of(bare, RULES)
    assert found.share.n == 0
    assert found.log_odds.why == "the data holds no texts"
    assert found.n_without_texts == int(study.counts(RULES).sum())


def test_agreement_is_that_of_aggregate_with_an_interval_over_people() -> None:
    study = votes(planted(0.6, prompt_sd=2.0), raters=60, prompts=12, each=12)
    found = agreement(study, RULES)
    counts = judged(study, RULES).counts()
    rows = [[name for name, n in enumerate(row) for _ in range(int(n))] for row in counts]
    alpha = krippendorff_alpha(rows, n_resamples=0)
    assert found["alpha"].value == pytest.approx(alpha.value)
    assert found["alpha"].low < alpha.value < found["alpha"].high
    assert found["alpha"].df == 59
    pairs = [row @ (row - 1) / (row.sum() * (row.sum() - 1)) for row in counts]
    assert found["items"].value == pytest.approx(np.mean(pairs))


def test_people_who_toss_coins_do_not_agree_and_the_interval_says_so() -> None:
    inside = 0
    for seed in range(40):
        found = agreement(votes(planted(0.5, ties=0.0), raters=30, seed=seed), RULES)["alpha"]
        inside += found.low <= 0 <= found.high
    assert inside >= 34


def test_nobody_who_judged_the_same_gives_no_agreement() -> None:
    found = agreement(votes(planted(0.5), raters=1, each=10), RULES)
    assert found["alpha"].why == "nobody judged what another one judged"
