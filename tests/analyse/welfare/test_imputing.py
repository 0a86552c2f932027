"""Filling gaps: PRISM's imputer as it is, and a check whether it knows anything."""

from __future__ import annotations

import numpy as np
import pytest

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.welfare.imputing import (
    additive_means,
    column_means,
    hold_out,
    impute,
    impute_many,
    pool,
)
from manyvoices.analyse.welfare.tables import WelfareTable

pytest.importorskip("sklearn", reason="scikit-learn is absent")
DRAWN = Resampling(n_resamples=100)


def table(values: np.ndarray, *, met: float = 0.7, seed: int = 0) -> WelfareTable:
    rng = np.random.default_rng(seed)
    shown = np.where(rng.random(values.shape) < met, values, np.nan)
    users = tuple(f"p{n}" for n in range(len(values)))
    return WelfareTable("rating", users, tuple("abcdefgh"[: values.shape[1]]), shown, (0.0, 100.0))


def tastes(noise: float, seed: int = 0) -> np.ndarray:
    """People along one line of taste, which half of the models please and half displease."""
    rng = np.random.default_rng(seed)
    side = np.array([1, 1, 1, -1, -1, -1])
    drawn = 50 + 15 * rng.normal(size=(150, 1)) * side + noise * rng.normal(size=(150, 6))
    return np.clip(drawn, 0, 100)


def test_it_is_scikit_learns_imputer_with_prisms_settings() -> None:
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    made = table(tastes(5))
    theirs = np.clip(IterativeImputer(random_state=1).fit_transform(made.values), 0, 100)
    ours = impute(made).values
    assert np.array_equal(ours, theirs)
    assert np.array_equal(ours[made.observed], made.values[made.observed])


def test_tastes_that_run_along_a_line_are_found_by_imputing_and_not_by_means() -> None:
    found = hold_out(table(tastes(5)), n_rounds=2, resampling=DRAWN)
    assert found.helped
    assert found.beat_additive
    assert found.guesses[-1].rmse < 0.7 * found.guesses[0].rmse


def test_noise_is_not_found_by_anything() -> None:
    rng = np.random.default_rng(1)
    found = hold_out(table(50 + 10 * rng.normal(size=(150, 6))), n_rounds=2, resampling=DRAWN)
    assert not found.helped
    assert found.guesses[0].rmse == pytest.approx(10, rel=0.15)


def test_person_and_model_means_are_least_squares() -> None:
    made = table(tastes(8), met=0.8, seed=3)
    rows, columns = np.nonzero(made.observed)
    design = np.zeros((len(rows), 150 + 6))
    design[np.arange(len(rows)), rows] = design[np.arange(len(rows)), 150 + columns] = 1
    solved = np.linalg.lstsq(design, made.values[rows, columns], rcond=None)[0]
    fitted = np.clip(solved[:150, None] + solved[None, 150:], 0, 100)
    assert additive_means(made, rounds=200)[rows, columns] == pytest.approx(fitted[rows, columns])
    assert column_means(made)[0] == pytest.approx(np.nanmean(made.values, axis=0))


def test_without_gaps_rubins_rules_give_the_plain_interval() -> None:
    whole = table(tastes(10), met=1.1)
    rows = np.arange(100)
    found = pool((whole, whole, whole), rows)
    part = whole.values[rows]
    reach = 1.959964 * part.std(axis=0, ddof=1) / 10
    assert found.mean == pytest.approx(part.mean(axis=0))
    assert found.high - found.mean == pytest.approx(reach, rel=1e-4)
    assert found.missing == pytest.approx(np.zeros(6), abs=1e-20)


def test_rubins_rules_by_hand() -> None:
    whole = tastes(10)[:, :2]
    tables = tuple(table(np.clip(whole + shift, 0, 100), met=1.1) for shift in (-1.0, 0.0, 1.0))
    found, n = pool(tables, np.arange(150)), 150
    means = np.array([one.values.mean(axis=0) for one in tables])
    within = np.mean([one.values.var(axis=0, ddof=1) / n for one in tables], axis=0)
    between = means.var(axis=0, ddof=1)
    assert found.missing == pytest.approx((4 / 3 * between) / (within + 4 / 3 * between))


def test_several_tables_admit_more_doubt_than_one_that_is_taken_as_seen() -> None:
    """Four made-up studies with half of the ratings missing; the truth is 50 for every model."""
    hits, wider = [], []
    for seed in range(4):
        made = table(tastes(12, seed)[:60], met=0.5, seed=seed)
        many = pool(impute_many(made, m=4, seed=seed), np.arange(60))
        hits.append((many.low <= 50) & (many.high >= 50))
        reach = 1.96 * impute(made).values.std(axis=0, ddof=1) / np.sqrt(60)
        wider.append((many.high - many.low) / 2 / reach)
    assert np.mean(hits) > 0.85
    assert np.min(wider) > 1
