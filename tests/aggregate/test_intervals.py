"""Intervals of three kinds, sandwich errors, and the jackknife, each against a plain telling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from manyvoices.aggregate import Battles, bootstrap, fit, sandwich
from manyvoices.aggregate.bootstrap import Resampler, jackknife
from manyvoices.aggregate.intervals import acceleration, interval
from manyvoices.aggregate.settings import Settings


def two_models(n_people: int, chance: float, seed: int, taste: float = 0.0) -> Battles:
    """Six battles by each person, whose own log odds differ by `taste`."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), 6)
    own = np.log(chance / (1 - chance)) + taste * rng.normal(size=n_people)
    outcome = (rng.random(len(person)) < 1 / (1 + np.exp(-own[person]))) * 1.0
    zero = np.zeros(len(person), int)
    return Battles(zero, zero + 1, outcome, ("x", "y"), person)


def test_basic_is_the_percentile_interval_reflected_at_the_score(drawn_battles: Battles) -> None:
    ends = {kind: bootstrap(drawn_battles, n_resamples=200, interval=kind)["rank_centrality"]
            for kind in ("percentile", "basic")}  # fmt: skip
    point = fit(drawn_battles).scores
    assert ends["basic"].low == pytest.approx(2 * point - ends["percentile"].high)
    assert ends["basic"].high == pytest.approx(2 * point - ends["percentile"].low)
    assert ends["basic"].interval == "basic"


def test_bca_of_a_mean_is_that_of_scipy() -> None:
    battles = two_models(40, 0.85, seed=1)
    share = battles.outcome.reshape(40, 6).mean(axis=1)
    theirs = stats.bootstrap(
        (share,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    ours = bootstrap(battles, "win_rate", n_resamples=20_000, interval="bca")["win_rate"]
    assert ours.low[0] == pytest.approx(theirs.low, abs=0.004)
    assert ours.high[0] == pytest.approx(theirs.high, abs=0.004)


def test_acceleration_is_the_skewness_of_the_scores_without_each_unit() -> None:
    values = np.random.default_rng(0).exponential(size=(30, 1))
    without = (values.sum() - values) / 29
    away = without.mean() - without[:, 0]
    expected = (away**3).sum() / (6 * (away**2).sum() ** 1.5)
    assert acceleration(without)[0] == pytest.approx(expected)
    counts = np.full(30, 3.0)
    repeated = acceleration(np.repeat(without, 3, axis=0))
    assert acceleration(without, counts) == pytest.approx(repeated)
    assert acceleration(np.ones((5, 2))).tolist() == [0, 0]


@pytest.mark.parametrize("by", ["cluster", "row"])
@pytest.mark.parametrize("method", ["rank_centrality", "bradley_terry", "elo"])
def test_the_jackknife_leaves_out_one_unit_after_the_other(
    drawn_battles: Battles, method: str, by
) -> None:
    settings = Settings()
    sampler = Resampler.of(drawn_battles, by, methods=(method,), settings=settings)
    found = jackknife(sampler, method, settings, chunk_bytes=3000)
    people, unit = np.unique(drawn_battles.cluster, return_inverse=True)
    if by == "cluster":
        assert len(found) == len(people)
        for person in (0, 7, 39):
            plain = fit(drawn_battles.select(unit != person), method).scores
            assert found[person] == pytest.approx(plain, abs=1e-8)
    elif method == "elo":
        kept = np.arange(len(drawn_battles)) != 3
        assert found[3] == pytest.approx(fit(drawn_battles.select(kept), method).scores)
    else:
        assert sampler.whole().sum() == len(drawn_battles)


def test_bca_covers_a_skewed_share_at_least_as_often_as_percentile() -> None:
    hits = {"percentile": 0, "bca": 0}
    for trial in range(150):
        battles = two_models(25, 0.9, seed=trial)
        for kind in hits:
            found = bootstrap(
                battles, "win_rate", n_resamples=300, level=0.9, seed=trial, interval=kind
            )["win_rate"]
            hits[kind] += bool(found.low[0] <= 0.9 <= found.high[0])
    assert hits["bca"] / 150 >= 0.83
    assert hits["bca"] >= hits["percentile"] - 5


def test_the_chance_of_being_first_is_shared_among_equals() -> None:
    battles = Battles.from_rows([("x", "y", "TIE", "p"), ("y", "z", "TIE", "q"),
                                 ("x", "z", "TIE", "r")])  # fmt: skip
    found = bootstrap(battles, "rank_centrality", n_resamples=50)["rank_centrality"]
    assert found.p_first == pytest.approx([1 / 3] * 3)


def test_the_chance_of_being_first_sums_to_one(drawn_battles: Battles) -> None:
    found = bootstrap(drawn_battles, "bradley_terry", n_resamples=300)["bradley_terry"]
    assert found.p_first.sum() == pytest.approx(1)
    assert np.argmax(found.p_first) == 0


def test_differences_of_two_models_are_paired(drawn_battles: Battles) -> None:
    found = bootstrap(drawn_battles, "bradley_terry", n_resamples=500)["bradley_terry"]
    value, low, high = found.difference("ash", "beech")
    gap = found.scores[:, 0] - found.scores[:, 1]
    assert (low, high) == pytest.approx(tuple(np.quantile(gap, [0.025, 0.975])))
    assert value == found.ratings.scores[0] - found.ratings.scores[1]


def told_plainly(battles: Battles) -> np.ndarray:
    """Liang and Zeger's sandwich, with loops over people."""
    theta = fit(battles, "bradley_terry").scores
    n = len(theta)
    z = np.zeros((len(battles), n))
    z[np.arange(len(battles)), battles.a] = 1
    z[np.arange(len(battles)), battles.b] = -1
    p = 1 / (1 + np.exp(-z @ theta))
    bread = np.linalg.pinv((z * (p * (1 - p))[:, None]).T @ z)
    meat = np.zeros((n, n))
    people = np.unique(battles.cluster)
    for person in people:
        rows = battles.cluster == person
        piece = ((battles.outcome - p)[rows, None] * z[rows]).sum(axis=0)
        meat += np.outer(piece, piece)
    return bread @ meat @ bread * len(people) / (len(people) - 1)


def test_sandwich_errors_are_those_of_the_textbook(drawn_battles: Battles) -> None:
    found = sandwich(drawn_battles)
    assert found.covariance == pytest.approx(told_plainly(drawn_battles), abs=1e-12)
    assert found.scores == pytest.approx(fit(drawn_battles, "bradley_terry").scores, abs=1e-9)
    table = found.to_frame("dict")
    assert table["model"][0] == "ash"
    assert list(table) == ["rank", "model", "score", "error", "low", "high", "design_effect"]


def test_sandwich_and_bootstrap_tell_the_same_errors() -> None:
    battles = two_models(300, 0.6, seed=5, taste=1.0)
    errors = sandwich(battles).errors
    drawn = bootstrap(battles, "bradley_terry", n_resamples=1000)["bradley_terry"]
    assert errors == pytest.approx(drawn.scores.std(axis=0), rel=0.1)


def test_the_design_effect_says_whether_people_judge_alike() -> None:
    independent = sandwich(two_models(400, 0.6, seed=1)).design_effect[0]
    alike = sandwich(two_models(400, 0.6, seed=1, taste=2.0)).design_effect[0]
    assert independent == pytest.approx(1, abs=0.25)
    assert alike > 1.8


def test_a_difference_by_sandwich_takes_the_covariance_along(drawn_battles: Battles) -> None:
    found = sandwich(drawn_battles, level=0.9)
    value, low, high = found.difference("ash", "elm")
    unit = np.array([1, 0, 0, 0, -1.0])
    error = np.sqrt(unit @ found.covariance @ unit)
    assert (high - low) / 2 == pytest.approx(stats.norm.ppf(0.95) * error)
    assert low < value < high
    assert found.p_beats()[0, 4] > 0.999


def test_an_unknown_interval_is_refused(drawn_battles: Battles) -> None:
    with pytest.raises(ValueError, match="bca"):
        bootstrap(drawn_battles, interval="exact")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="without each unit"):
        interval("bca", np.zeros(1), np.zeros((3, 1)), 0.9)
