"""Group differences in topics: recovered where planted, absent where not, as in other sources."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks.topic_tests import prism_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.topics.planted import planted

from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.analyse.regression import RegressionError
from manyvoices.analyse.topics.prevalence import BASES, topic_prevalence

GOLDEN = Path(__file__).parents[4] / "shared" / "data" / "prism" / "golden"
PUBLISHED_COLUMNS = {
    "age": "age",
    "conversation_type": "conversation_type",
    "ethnicity": "ethnicity_simplified",
    "gender": "gender",
    "region": "location_special_region",
    "religion": "religion_simplified",
}
COLUMNS = ("conversation_type", "gender", "region")


def _row(found, name: str) -> int:
    return found.fit.names.index(name)


def test_a_planted_liking_is_recovered_within_its_interval() -> None:
    data = planted(300, liking=0.2)
    found = topic_prevalence(data.rows, data.topics, COLUMNS, bases={"gender": "B"})
    row = _row(found, "gender=A")
    assert found.fit.low[row, 0] <= 0.2 <= found.fit.high[row, 0]
    assert found.found[row, 0]
    assert dict(found.bases)["gender"] == "B"


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """95 % of 40 is 38; fewer than 34 would be chance once in 300 times."""
    inside = 0
    for seed in range(40):
        data = planted(100, liking=0.15, seed=seed)
        found = topic_prevalence(data.rows, data.topics, COLUMNS, bases={"gender": "B"})
        row = _row(found, "gender=A")
        inside += bool(found.fit.low[row, 0] <= 0.15 <= found.fit.high[row, 0])
    assert inside >= 34


def test_where_nothing_is_planted_nothing_stands_after_correction() -> None:
    for seed in range(5):
        data = planted(200, liking=0.0, seed=seed)
        assert not topic_prevalence(data.rows, data.topics, COLUMNS).found.any()


def test_errors_that_ignore_people_are_smaller_where_people_have_tastes() -> None:
    data = planted(200)
    mine = topic_prevalence(data.rows, data.topics, COLUMNS)
    prism = topic_prevalence(data.rows, data.topics, COLUMNS, compat="prism")
    np.testing.assert_allclose(mine.fit.coef, prism.fit.coef)
    row = _row(mine, "gender=B") if "gender=B" in mine.fit.names else _row(mine, "gender=A")
    assert (mine.fit.se[row] > prism.fit.se[row]).all()
    assert (mine.errors, prism.errors) == ("cluster", "HC1")


def test_coefficients_and_errors_are_those_of_a_formula_in_statsmodels() -> None:
    formula = pytest.importorskip("statsmodels.formula.api", reason="the oracle, of the extra dev")
    data = planted(80, seed=3)
    found = topic_prevalence(data.rows, data.topics, COLUMNS, bases={"gender": "B"}, min_group=0)
    frame = data.rows.to_pandas().assign(y=(data.topics == 2).astype(float))
    bases = dict(found.bases)
    terms = " + ".join(f"C({name}, Treatment({bases[name]!r}))" for name in COLUMNS)
    codes = frame["user_id"].astype("category").cat.codes.to_numpy()
    peer = formula.ols(f"y ~ {terms}", frame).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    np.testing.assert_allclose(sorted(found.fit.coef[:, 2]), sorted(peer.params), rtol=1e-9)
    np.testing.assert_allclose(sorted(found.fit.se[:, 2]), sorted(peer.bse), rtol=1e-9)


def test_small_groups_and_those_who_decline_are_held_fixed_and_not_shown() -> None:
    data = planted(200)
    gender = pl.Series(["A"] * 700 + ["B"] * 40 + ["Prefer not to say"] * 40 + [None] * 20)
    found = topic_prevalence(data.rows.with_columns(gender=gender), data.topics, ("gender",))
    shown = {
        term.level for term, is_shown in zip(found.terms, found.shown, strict=True) if is_shown
    }
    held = {term.level for term in found.terms}
    assert held == {"", "B", "Prefer not to say", "(not answered)"}
    assert not shown  # 10 people are in B.


def test_cells_with_few_expected_texts_would_be_found_by_chance_and_are_not_tested() -> None:
    """Rare topics, a group of 20 people, no difference at all: robust errors are far too small."""
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(600), 3)
    group = np.where(people < 20, "few", np.where(people < 350, "some", "most"))
    rows = pl.DataFrame({"user_id": [f"u{i}" for i in people], "gender": group})
    few, some = [], []
    for _ in range(20):
        topics = rng.choice(9, size=len(people), p=[*[0.02] * 8, 0.84])
        found = topic_prevalence(rows, topics, ("gender",), bases={"gender": "most"})
        small, large = (_row(found, f"gender={name}") for name in ("few", "some"))
        few += (found.fit.p[small, :8] < 0.01).tolist()
        some += (found.fit.p[large, :8] < 0.01).tolist()
        assert np.isnan(found.q[small, :8]).all()
        assert np.isfinite(found.q[large, :8]).all()
        assert not found.starred[small, :8].any()
    assert np.mean(few) > 0.2
    assert np.mean(some) < 0.04


def test_too_few_people_are_refused() -> None:
    data = planted(6)
    with pytest.raises(RegressionError, match="at least 8 people; 6 are here"):
        topic_prevalence(data.rows, data.topics, COLUMNS)
    with pytest.raises(RegressionError, match="no topic"):
        topic_prevalence(data.rows, np.full(len(data.topics), -1), COLUMNS)


P_VALUES = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=30)


@settings(max_examples=50, deadline=None)
@given(P_VALUES)
def test_corrected_p_values_are_those_of_scipy_and_never_smaller(values: list[float]) -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    p = np.array(values)
    q = benjamini_hochberg(p)
    tested = ~np.isnan(p)
    assert (np.isnan(q) == ~tested).all()
    assert (q[tested] >= p[tested] - 1e-12).all()
    if tested.any():
        np.testing.assert_allclose(q[tested], scipy_stats.false_discovery_control(p[tested]))


@pytest.fixture(scope="module")
def published() -> list[dict[str, str]]:
    path = GOLDEN / "topic_regression_tests.csv"
    if not path.exists():
        pytest.skip("PRISM's published coefficients are not on this machine")
    with path.open() as file:
        return list(csv.DictReader(file))


def test_prisms_design_has_the_published_coefficients(published: list[dict[str, str]]) -> None:
    """31 coefficients of 22 topics, by name; the published texts are not here to be regressed."""
    rows = prism_rows()
    topics = np.random.default_rng(0).integers(-1, 22, len(rows))
    found = topic_prevalence(rows, topics, tuple(BASES), compat="prism")
    assert (found.fit.n, found.left_out) == (8011, ())
    assert dict(found.bases) == dict(BASES)
    mine = {_plain(f"{term.column}{term.level}") for term in found.terms[1:]}
    theirs = {_plain(row["coefficient"]) for row in published}
    assert len(theirs) == 31
    # Everybody who kept their age to themselves stopped after PRISM's survey; in the synthetic
    # release, which knows no more than how many they were, one of them went on.
    assert mine - {"age:prefernottosay"} == theirs
    assert found.fit.coef.shape == (1 + len(mine), 22)


def _plain(name: str) -> str:
    """A coefficient's name as PRISM's R code and as ours writes it, made one."""
    for theirs, mine in PUBLISHED_COLUMNS.items():
        for prefix in (mine, theirs):
            if name.startswith(prefix):
                level = name.removeprefix(prefix).lower().replace("/", "or")
                return f"{theirs}:{level.replace(' ', '')}"
    return name


def test_published_stars_are_the_p_values_below_one_in_a_hundred(
    published: list[dict[str, str]],
) -> None:
    stars = [row for row in published if row["significant_99pc"] == "1"]
    assert len(published) == 682
    assert len(stars) == 110
    assert all((float(row["pval"]) < 0.01) == (row["significant_99pc"] == "1") for row in published)
    assert set(Counter(row["cluster_id"] for row in published).values()) == {31}
    corrected = benjamini_hochberg(np.array([float(row["pval"]) for row in published]))
    # What stands of PRISM's own p-values (four digits) once 682 tests are corrected for.
    assert int((corrected < 0.05).sum()) == 102
