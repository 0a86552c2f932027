"""Least squares of many outcomes, against statsmodels and by its invariances."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.analyse.regression import RegressionError, dependent_columns, ols
from manyvoices.analyse.regression_design import design_matrix

CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def _data(seed: int = 0, n: int = 400, k: int = 5, m: int = 3):
    """Rows of 60 people who answer alike, k columns with a constant, m outcomes."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 60, n)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, k - 2)), rng.random(n) < 0.2])
    y = x @ rng.normal(size=(k, m)) + rng.normal(size=(60, m))[people] + rng.normal(size=(n, m))
    return x, y, people


def _compare(fit, peers) -> None:
    for j, peer in enumerate(peers):
        np.testing.assert_allclose(fit.coef[:, j], peer.params, **CLOSE)
        np.testing.assert_allclose(fit.se[:, j], peer.bse, **CLOSE)
        np.testing.assert_allclose(fit.t[:, j], peer.tvalues, **CLOSE)
        np.testing.assert_allclose(fit.p[:, j], peer.pvalues, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(np.c_[fit.low, fit.high][:, [j, fit.coef.shape[1] + j]],
                                   peer.conf_int(), **CLOSE)  # fmt: skip
        assert fit.r2[j] == pytest.approx(peer.rsquared, abs=1e-12)


def _peers(x, y, **options):
    sm = pytest.importorskip("statsmodels.api", reason="the oracle, of the extra dev")
    return [sm.OLS(column, x).fit(**options) for column in y.T]


def test_clustered_errors_are_those_of_statsmodels():
    x, y, people = _data()
    peers = _peers(x, y, cov_type="cluster", cov_kwds={"groups": people}, use_t=True)
    fit = ols(x, y, cluster=people)
    _compare(fit, peers)
    assert fit.n_clusters == 60
    assert fit.df == 59


def test_clusters_larger_than_a_block_of_work_are_those_of_statsmodels():
    x, y, _ = _data(20, n=9000)
    people = np.repeat([0, 1, 2, 3, 4, 5], [5000, 1, 2047, 2, 949, 1001])
    peers = _peers(x, y, cov_type="cluster", cov_kwds={"groups": people}, use_t=True)
    fit = ols(x, y, cluster=people)
    for j, peer in enumerate(peers):
        np.testing.assert_allclose(fit.se[:, j], peer.bse, **CLOSE)


def test_robust_errors_are_those_of_statsmodels():
    x, y, _ = _data(1)
    fit = ols(x, y, se="HC1")
    _compare(fit, _peers(x, y, cov_type="HC1", use_t=True))
    assert fit.df == 395


def test_classical_errors_are_those_of_statsmodels():
    x, y, _ = _data(2)
    _compare(ols(x, y, se="classical"), _peers(x, y))


def test_a_design_without_a_constant_explains_about_zero_as_in_statsmodels():
    x, y, _ = _data(3)
    _compare(ols(x[:, 1:], y, se="classical"), _peers(x[:, 1:], y))


def test_a_dummy_for_every_level_counts_as_a_constant():
    x, y, _ = _data(4)
    x[:, 0] = 1 - x[:, -1]
    _compare(ols(x, y, se="classical"), _peers(x, y))


def test_badly_scaled_columns_keep_their_digits():
    x, y, people = _data(5)
    x[:, 1] = 1e7 * x[:, 1]
    x[:, 2] = 2000 + 10 * x[:, 2]
    peers = _peers(x, y, cov_type="cluster", cov_kwds={"groups": people}, use_t=True)
    fit = ols(x, y, cluster=people)
    for j, peer in enumerate(peers):
        np.testing.assert_allclose(fit.coef[:, j], peer.params, rtol=1e-7)
        np.testing.assert_allclose(fit.se[:, j], peer.bse, rtol=1e-7)


@pytest.mark.parametrize("se", ["classical", "HC1"])
def test_absorbed_groups_give_what_a_dummy_per_group_gives(se):
    x, y, _ = _data(6)
    site = np.random.default_rng(1).integers(0, 12, len(x))
    dummies = np.column_stack([x[:, 1:], site[:, None] == np.arange(12)]).astype(float)
    whole = ols(dummies, y, se=se)
    inside = ols(x[:, 1:], y, se=se, absorb=site)
    for name in ("coef", "se", "t", "p", "low", "high"):
        np.testing.assert_allclose(getattr(inside, name), getattr(whole, name)[:4], **CLOSE)
    assert inside.df == whole.df


def test_absorbed_groups_across_clusters_count_as_their_dummies():
    x, y, people = _data(7)
    site = np.random.default_rng(1).integers(0, 12, len(x))
    dummies = np.column_stack([x[:, 1:], site[:, None] == np.arange(12)]).astype(float)
    whole = ols(dummies, y, cluster=people)
    inside = ols(x[:, 1:], y, cluster=people, absorb=site)
    np.testing.assert_allclose(inside.se, whole.se[:4], **CLOSE)


def test_absorbed_groups_within_clusters_count_as_one_constant():
    x, y, people = _data(8)
    n, n_people = len(x), len(np.unique(people))
    dummies = np.column_stack([x[:, 1:], people[:, None] == np.unique(people)]).astype(float)
    whole = ols(dummies, y, cluster=people)
    inside = ols(x[:, 1:], y, cluster=people, absorb=people)
    factor = np.sqrt((n - 4 - n_people) / (n - 4 - 1))
    np.testing.assert_allclose(inside.se, whole.se[:4] * factor, **CLOSE)


def test_one_outcome_is_a_column():
    x, y, people = _data(9)
    one, all_ = ols(x, y[:, 0], cluster=people), ols(x, y, cluster=people)
    assert one.coef.shape == (5, 1)
    np.testing.assert_allclose(one.se[:, 0], all_.se[:, 0], **CLOSE)


def test_clusters_of_one_row_give_robust_errors():
    x, y, _ = _data(10)
    n = len(x)
    alone, robust = ols(x, y, cluster=np.arange(n)), ols(x, y, se="HC1")
    np.testing.assert_allclose(alone.se, robust.se, **CLOSE)  # n/(n-1) * (n-1)/(n-k) = n/(n-k)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 100))
def test_order_of_rows_names_of_clusters_and_units_change_nothing(seed, unit):
    x, y, people = _data(seed, n=120, m=1)
    plain = ols(x, y, cluster=people)
    order = np.random.default_rng(seed).permutation(len(x))
    names = np.array([f"user{p * 7}" for p in people], dtype=object)
    moved = ols(x[order] * unit, y[order], cluster=names[order].astype(str))
    np.testing.assert_allclose(moved.coef * unit, plain.coef, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(moved.p, plain.p, rtol=1e-6, atol=1e-9)


def test_columns_that_repeat_others_are_named():
    x, y, people = _data(11)
    x = np.column_stack([x, x[:, 1] - 2 * x[:, 2], np.zeros(len(x))])
    names = ["one", "a", "b", "c", "d", "twice", "nothing"]
    with pytest.raises(RegressionError, match="twice, nothing"):
        ols(x, y, cluster=people, names=names)
    assert dependent_columns(x) == (5, 6)
    assert dependent_columns(x[:, :5]) == ()


def test_a_column_that_is_constant_within_absorbed_groups_is_named():
    x, y, people = _data(12)
    x[:, 1] = people / 3
    with pytest.raises(RegressionError, match=r"repeat the columns before them: one, of_people\."):
        ols(x, y, cluster=people, absorb=people, names=["one", "of_people", "b", "c", "d"])


def test_missing_values_are_refused_with_their_place():
    x, y, people = _data(13)
    x[7, 2] = np.nan
    with pytest.raises(RegressionError, match=r"1 values of x .* row 7, column 2"):
        ols(x, y, cluster=people)
    x[7, 2], y[9, 1] = 0, np.inf
    with pytest.raises(RegressionError, match=r"1 values of y .* row 9, column 1"):
        ols(x, y, cluster=people)


def test_too_few_rows_or_clusters_are_refused():
    x, y, people = _data(14)
    with pytest.raises(RegressionError, match="5 rows cannot carry 5"):
        ols(x[:5], y[:5], se="HC1")
    with pytest.raises(RegressionError, match="one cluster"):
        ols(x, y, cluster=np.zeros(len(x)))
    with pytest.raises(RegressionError, match="need `cluster`"):
        ols(x, y)
    with pytest.raises(RegressionError, match="`cluster` is"):
        ols(x, y, cluster=people[:-1])


def test_an_outcome_without_variance_has_no_p():
    x, y, people = _data(15)
    y[:, 0] = 0
    fit = ols(x, y, cluster=people)
    assert np.isnan(fit.p[:, 0]).all()
    assert np.isnan(fit.r2[0])
    assert np.isfinite(fit.p[:, 1:]).all()


FRAME = pl.DataFrame(
    {
        "user_id": ["a", "a", "b", "c", "d", "d"],
        "gender": ["Female", "Female", "Male", "Male", "Other", "Other"],
        "region": ["UK", "UK", "US", "US", "US", "US"],
        "turns": [2, 3, 4, 5, 6, 7],
    }
)


def test_a_design_has_a_column_for_every_level_but_the_base():
    design = design_matrix(FRAME, {"gender": "Male", "region": None}, numeric=["turns"])
    assert design.names == ("intercept", "gender=Female", "gender=Other", "region=UK", "turns")
    assert design.bases == (("gender", "Male"), ("region", "US"))
    assert design.matrix.tolist() == [
        [1, 1, 0, 1, 2],
        [1, 1, 0, 1, 3],
        [1, 0, 0, 0, 4],
        [1, 0, 0, 0, 5],
        [1, 0, 1, 0, 6],
        [1, 0, 1, 0, 7],
    ]


def test_small_groups_stay_in_the_design_and_are_not_shown():
    design = design_matrix(FRAME, {"gender": "Female"}, min_group=2)
    terms = {term.level: (term.n, term.shown) for term in design.terms}
    assert terms == {"": (4, True), "Male": (2, True), "Other": (1, False)}


def test_columns_that_repeat_others_can_be_left_out_by_name():
    design = design_matrix(FRAME, {"gender": "Male", "region": "US"}).independent()
    assert design.left_out == ("region=UK",)
    assert design.names == ("intercept", "gender=Female", "gender=Other")
    assert len(design.terms) == design.matrix.shape[1] == 3


def test_a_design_says_what_it_lacks():
    with pytest.raises(RegressionError, match="no column age"):
        design_matrix(FRAME, {"age": None})
    with pytest.raises(RegressionError, match="no level Mars"):
        design_matrix(FRAME, {"region": "Mars"})
    holes = FRAME.with_columns(gender=pl.Series(["Male", None, None, "x", "x", "x"]))
    with pytest.raises(RegressionError, match="2 rows have no value of gender"):
        design_matrix(holes, {"gender": None})
