"""Votes that are all the same: an interval by hand, against SciPy, and its coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tests.evaluate.preference.studies import BASE, OURS, planted, votes

from manyvoices.evaluate.preference.agreeing import agreement
from manyvoices.evaluate.preference.alike import independent, of_alike
from manyvoices.evaluate.preference.analysing import rates
from manyvoices.evaluate.preference.clustered import Measure
from manyvoices.evaluate.preference.placing import place_of
from manyvoices.evaluate.preference.rates import difference, mean_of, win_rate
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.votes import CHOICE, TIE, Votes

RULES = Rules()


def all_said(study: Votes, winner: str, ties: bool = False) -> Votes:
    """The same study, in which `winner` won every vote, or every vote was a tie."""
    code = study.models.index(winner)
    score = np.where(study.a == code, 1.0, 0.0)
    status = np.full(len(study), TIE if ties else CHOICE)
    return replace(study, score=np.full(len(study), 0.5) if ties else score, status=status)


def alike(
    value: float, people: int, prompts: int, bounds: tuple[float, float] = (0.0, 1.0)
) -> Measure:
    rater, prompt = np.repeat(np.arange(people), prompts), np.tile(np.arange(prompts), people)
    return of_alike(value, rater, prompt, level=0.95, bounds=bounds)


@pytest.mark.parametrize("people", [5, 30])
def test_one_vote_each_is_the_exact_interval_and_test_of_the_binomial(people: int) -> None:
    each = np.arange(people)
    found = of_alike(1.0, each, each, level=0.95, bounds=(0.0, 1.0))
    theirs = binomtest(people, people)
    exact = theirs.proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    assert found.p(0.5) == pytest.approx(theirs.pvalue)
    assert found.alike == people


def test_more_votes_of_the_same_people_add_nothing() -> None:
    assert alike(1.0, 5, 5).low == alike(1.0, 5, 400).low == alike(1.0, 400, 5).low
    assert alike(1.0, 6, 6).low > alike(1.0, 5, 400).low


def test_always_lost_is_always_won_turned_over_and_all_ties_lie_around_one_half() -> None:
    won, lost, tied = (alike(value, 8, 9) for value in (1.0, 0.0, 0.5))
    assert (lost.low, lost.high) == pytest.approx((1 - won.high, 1 - won.low))
    assert lost.p(0.5) == won.p(0.5) == pytest.approx(2 * 0.5**8)
    assert tied.high - 0.5 == pytest.approx(0.5 - tied.low)
    assert tied.p(0.5) == 1.0


@given(
    st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(2, 12),
    st.integers(2, 12),
    st.floats(0.001, 0.999),
)
def test_the_test_rejects_just_what_the_interval_leaves_out(
    value: float, people: int, prompts: int, null: float
) -> None:
    found = alike(value, people, prompts)
    inside = found.low <= null <= found.high
    assert inside == (found.p(null) >= 0.05) or abs(found.p(null) - 0.05) < 1e-9


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_votes_apart_are_the_most_that_share_neither_person_nor_prompt(
    cells: list[tuple[int, int]],
) -> None:
    def most(rest: list[tuple[int, int]]) -> int:
        if not rest:
            return 0
        (rater, prompt), *others = rest
        free = [cell for cell in others if cell[0] != rater and cell[1] != prompt]
        return max(most(others), 1 + most(free))

    rater, prompt = (np.unique(codes, return_inverse=True)[1] for codes in np.array(cells).T)
    assert independent(rater, prompt) == most(list(dict.fromkeys(cells)))


def test_rates_of_which_all_votes_are_alike_are_covered_as_declared() -> None:
    # The truth is 0.9 and people and prompts both differ, so that votes come alike in clusters.
    rng = np.random.default_rng(4)
    rater, prompt = np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6)
    outside = 0
    for _ in range(2000):
        tastes, fits = rng.random(6) < 0.9, rng.random(4) < 0.5
        chance = np.where(fits[prompt], tastes[rater], 0.9)  # 0.9 on average, whatever is drawn
        score = (rng.random(24) < chance).astype(float)
        if np.ptp(score) == 0:
            found = of_alike(float(score[0]), rater, prompt, level=0.95, bounds=(0.0, 1.0))
            outside += not found.low <= 0.9 <= found.high
    assert outside <= 0.05 * 2000


def test_a_model_that_always_wins_has_an_interval_and_a_test() -> None:
    study = all_said(votes(planted(0.5), raters=20, prompts=10, each=5), OURS)
    row = rates(study, [(OURS, BASE)], RULES, 5)[0]
    assert row["rate"]["value"] == row["rate"]["high"] == 1.0
    assert row["rate"]["low"] == pytest.approx(0.025 ** (1 / row["rate"]["alike"]))
    assert row["p"] < 0.01
    bootstrap = win_rate(
        study, OURS, BASE, RULES.model_copy(update={"interval": "two_way_bootstrap"})
    )
    assert bootstrap.low == row["rate"]["low"]


def test_a_side_that_is_all_alike_is_not_taken_for_certain() -> None:
    # Five people of one group who happen to agree made a difference with p = 0.0002 before.
    study = votes(planted(0.5), raters=60, prompts=12, each=4)
    few = study.select(study.rater < 5)
    found = difference(all_said(few, OURS), study.select(study.rater >= 5), OURS, BASE, RULES)
    assert np.isnan(found.p(0.0))
    assert found.why == "every vote of one side is the same"
    turned = difference(study.select(study.rater >= 5), all_said(few, OURS), OURS, BASE, RULES)
    assert turned.value == -found.value
    assert turned.why == found.why


def test_where_one_model_always_wins_nothing_is_said_of_place_in_log_odds() -> None:
    found = place_of(all_said(votes(planted(0.5), raters=30), OURS), RULES)
    assert "won every vote in one of the places" in found.log_odds.why
    assert np.isnan(found.log_odds.low)
    assert found.balanced.why == "each place of a pair saw one verdict alone"


def test_the_left_side_that_always_wins_is_told_as_such() -> None:
    study = votes(planted(0.5), raters=30)
    left = replace(study, score=np.ones(len(study)), status=np.full(len(study), CHOICE))
    found = place_of(left, RULES)
    assert found.share.low > 0.5
    assert found.balanced.value == 1.0
    assert found.balanced.n == len(study)


def test_full_agreement_has_no_interval_of_no_width() -> None:
    study = votes(planted(0.5), raters=12, prompts=4, each=4)
    found = agreement(all_said(study, OURS, ties=True), RULES)
    assert found["alpha"].why == "every vote is the same, so chance alone gives full agreement"
    assert found["pairs"].value == 1.0
    assert found["pairs"].why == "all agree"
    assert np.isnan(found["pairs"].low)
    assert found["decided"].why == "no two people who judged the same both named a model"


def test_the_declared_interval_is_that_of_every_formula() -> None:
    study = votes(planted(0.5, position=0.5), raters=30)
    cautious = RULES.model_copy(update={"interval": "two_way_sum"})
    plain, wide = place_of(study, RULES), place_of(study, cautious)
    for name in ("share", "balanced", "log_odds"):
        assert getattr(wide, name).se > getattr(plain, name).se


def test_a_mean_without_bounds_or_of_one_prompt_stays_without_an_interval() -> None:
    ones, people, prompt = np.ones(4), np.arange(4), np.zeros(4, dtype=np.int64)
    assert mean_of(ones, people, prompt, RULES).why == "one prompt alone says nothing about others"
    found = mean_of(ones, people, people, RULES, bounds=None)
    assert found.why == "every vote is the same"


def test_a_model_of_ties_without_a_best_fit_says_when_there_is_none() -> None:
    study = all_said(votes(planted(0.5), raters=12), OURS, ties=True)
    for ties, why in (("davidson", "no best fit"), ("dropped", "no vote counts")):
        found = rates(study, [(OURS, BASE)], RULES.model_copy(update={"ties": ties}), 5)[0]
        assert why in found["rate"]["why"]
        assert np.isnan(found["p"])
