"""Measures of a reward model, by hand, against SciPy, and at the edges."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from scipy.stats import kendalltau

from manyvoices.analyse.resampling import Resampling
from manyvoices.train.reward.calibration import by_chance, calibration_error
from manyvoices.train.reward.metrics import ScoredGroup, metrics_by, reward_metrics
from manyvoices.train.reward.tau import tau_b

FEW = Resampling(n_resamples=200)


def group(
    scores: tuple[float, ...], ranks: tuple[int, ...], tree: str = "a", **more: object
) -> ScoredGroup:
    return ScoredGroup(scores, ranks, tree, **more)  # type: ignore[arg-type]


def test_three_pairs_one_of_them_wrong() -> None:
    m = reward_metrics([group((2.0, 0.0, 1.0), (0, 1, 2))], resampling=FEW)
    assert m.all_pairs.value == pytest.approx(2 / 3)
    assert m.all_pairs.n == 3
    assert (m.best_worst.value, m.top_1.value) == (1.0, 1.0)
    assert m.tau_b.value == pytest.approx(1 / 3)


def test_equal_scores_count_half_and_tied_ranks_do_not_count() -> None:
    m = reward_metrics([group((1.0, 1.0, 5.0), (0, 1, 1))], resampling=FEW)
    assert m.all_pairs.value == pytest.approx(0.25)
    assert m.all_pairs.n == 2


def test_top_1_is_shared_among_equal_scores() -> None:
    m = reward_metrics([group((1.0, 1.0, 0.0), (0, 1, 2))], resampling=FEW)
    assert m.top_1.value == 0.5


def test_large_groups_count_more_by_pairs_and_the_same_by_groups() -> None:
    groups = [group((3.0, 2.0, 1.0, 0.0), (0, 1, 2, 3)), group((0.0, 1.0), (0, 1), "b")]
    m = reward_metrics(groups, resampling=FEW)
    assert m.all_pairs.value == pytest.approx(6 / 7)
    assert m.all_pairs_by_group.value == pytest.approx(0.5)


def test_groups_of_ties_alone_are_ignored_and_counted() -> None:
    m = reward_metrics([group((1.0, 0.0), (0, 0)), group((1.0, 0.0), (0, 1))], resampling=FEW)
    assert (m.n_groups, m.ignored) == (1, 1)


def test_nothing_to_measure_is_nan_and_not_a_crash() -> None:
    m = reward_metrics([], resampling=FEW)
    assert isnan(m.all_pairs.value)
    assert isnan(m.calibration_error.value)


def test_a_score_that_is_no_number_is_named() -> None:
    with pytest.raises(ValueError, match=r"tree a are .*nan"):
        reward_metrics([group((float("nan"), 0.0), (0, 1))])


def test_tau_b_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, y = rng.integers(0, 4, 6).tolist(), rng.integers(0, 4, 6).tolist()
        expected = kendalltau(x, y).statistic
        assert tau_b(x, y) == pytest.approx(expected, nan_ok=True)


def test_calibration_of_a_model_that_knows_its_chances() -> None:
    """Differences are drawn, and the preferred side by the chance that they state."""
    rng = np.random.default_rng(1)
    d = rng.normal(0, 2, 6_000)
    wins = rng.random(len(d)) < 1 / (1 + np.exp(-d))
    groups = [
        group((float(x), 0.0) if w else (0.0, float(x)), (0, 1), str(i))
        for i, (x, w) in enumerate(zip(d, wins, strict=True))
    ]
    honest = reward_metrics(groups, resampling=Resampling(n_resamples=0))
    assert honest.calibration_error.value < 0.02
    bold = [group(tuple(5 * s for s in g.scores), g.ranks, g.tree_id) for g in groups]
    boasting = reward_metrics(bold, resampling=Resampling(n_resamples=0))
    assert boasting.calibration_error.value > 0.1
    assert boasting.brier.value > honest.brier.value
    assert boasting.all_pairs.value == honest.all_pairs.value


def test_intervals_draw_trees_and_not_pairs() -> None:
    """Ten trees of a hundred equal pairs know no more than ten pairs."""
    rng = np.random.default_rng(2)
    right = rng.random(10) < 0.6
    many = [group((1.0, 0.0) if w else (0.0, 1.0), (0, 1), str(i)) for i, w in enumerate(right)]
    once = reward_metrics(many, resampling=FEW).all_pairs
    repeated = reward_metrics(many * 100, resampling=FEW).all_pairs
    assert (repeated.value, repeated.low, repeated.high) == (once.value, once.low, once.high)
    assert repeated.n == 100 * once.n
    assert once.low < once.value < once.high


def test_people_are_drawn_where_that_is_asked_for() -> None:
    groups = [group((1.0, 0.0), (0, 1), str(i), rater="one person") for i in range(5)]
    assert reward_metrics(groups, cluster="tree", resampling=FEW).n_clusters == 5
    assert reward_metrics(groups, cluster="rater", resampling=FEW).n_clusters == 1


def test_by_language_and_by_what_is_known_of_people() -> None:
    groups = [
        group((1.0, 0.0), (0, 1), "a", language="en", groups={"age": "young"}),
        group((0.0, 1.0), (0, 1), "b", language="de", groups={"age": "old"}),
        group((1.0, 0.0), (0, 1), "c", language="en"),
    ]
    found = metrics_by(groups, ["age"], resampling=FEW)
    assert list(found["language"]) == ["de", "en"]
    assert found["language"]["en"].all_pairs.value == 1.0
    assert found["age"]["old"].all_pairs.value == 0.0
    assert found["age"]["young"].all_pairs.n == 1


def test_one_tree_has_no_interval_however_many_pairs_it_holds() -> None:
    """It had one of no width, since resampling draws the same tree again and again."""
    m = reward_metrics([group((2.0, 0.0, 1.0), (0, 1, 2))] * 20, resampling=FEW)
    for name in ("all_pairs", "tau_b", "log_loss", "calibration_error"):
        measure = getattr(m, name)
        assert measure.value == measure.value
        assert isnan(measure.low)
        assert isnan(measure.high)


def test_what_was_always_right_is_not_certain() -> None:
    right = [group((1.0, 0.0), (0, 1), str(i)) for i in range(5)]
    m = reward_metrics(right, resampling=FEW)
    assert (m.all_pairs.low, m.all_pairs.high) == (pytest.approx(0.5655, abs=1e-4), 1.0)
    assert (m.tau_b.low, m.tau_b.high) == (pytest.approx(2 * 0.5655 - 1, abs=2e-4), 1.0)
    wrong = [group((0.0, 1.0), (0, 1), str(i)) for i in range(5)]
    turned = reward_metrics(wrong, resampling=FEW)
    assert (turned.all_pairs.low, turned.all_pairs.high) == (
        0.0,
        pytest.approx(1 - m.all_pairs.low),
    )
    # The same five trees over and over know no more.
    assert reward_metrics(right * 40, resampling=FEW).all_pairs.low == m.all_pairs.low
    # Scores that are all equal are one half by definition.
    flat = reward_metrics([group((0.0, 0.0), (0, 1), str(i)) for i in range(5)], resampling=FEW)
    assert (flat.all_pairs.low, flat.all_pairs.high) == (0.5, 0.5)


def test_what_chance_alone_makes_of_calibration_is_that_of_drawn_verdicts() -> None:
    rng = np.random.default_rng(3)
    d = rng.normal(0, 1, 150)
    p = 1 / (1 + np.exp(-d))
    place = np.zeros(150, dtype=np.int64)

    def drawn() -> float:
        # The chance of the better reply, of verdicts that fall as the chances say.
        of_better = np.where(rng.random(150) < p, p, 1 - p)
        return calibration_error(of_better, place, Resampling(n_resamples=0)).value

    found = by_chance(p, Resampling(n_resamples=2000))
    errors = np.array([drawn() for _ in range(2000)])
    assert found.value == pytest.approx(errors.mean(), abs=0.003)
    assert found.low == pytest.approx(np.quantile(errors, 0.025), abs=0.005)
    assert found.high == pytest.approx(np.quantile(errors, 0.975), abs=0.005)
    assert found.value > 0.05  # a model without fault looks like this on 150 pairs
