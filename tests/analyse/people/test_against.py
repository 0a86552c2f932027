"""A sample against a population: equal to scipy's tests, right under the null, exact by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from manyvoices.analyse.people import Margin, compare, read_references
from manyvoices.analyse.people.against import corrected
from manyvoices.analyse.people.intervals import difference, wilson
from manyvoices.schema.errors import DataError


def answers(**counts: int) -> list[str]:
    return [name for name, n in counts.items() for _ in range(n)]


def test_the_wilson_interval_is_scipys() -> None:
    for n, of in ((0, 10), (3, 10), (10, 10), (117, 1500)):
        theirs = stats.binomtest(n, of).proportion_ci(0.95, method="wilson")
        assert wilson(n, of) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_nothing_has_no_interval_and_a_part_cannot_exceed_the_whole() -> None:
    assert all(map(math.isnan, wilson(0, 0)))
    with pytest.raises(DataError):
        wilson(3, 2)


def test_newcombes_published_example_comes_out() -> None:
    # Newcombe 1998, table II, example (a): 56/70 less 48/80, method 10: 0.0524 to 0.3339.
    low, high = difference(56, 70, 48 / 80, 80)
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_goodness_of_fit_is_scipys() -> None:
    shares = {"a": 0.5, "b": 0.3, "c": 0.2}
    seen = answers(a=40, b=40, c=20)
    found = compare([*seen, None, "elsewhere"], Margin("census", "x", shares))
    theirs = stats.chisquare([40, 40, 20], [50, 30, 20])
    assert found.chi2 == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue)
    assert not found.simulated
    assert found.w == pytest.approx(math.sqrt(theirs.statistic / 100))
    assert (found.n, found.n_outside) == (100, 2)
    assert found.distance == pytest.approx(0.1)
    assert found.furthest.label in {"a", "b"}


def test_a_sample_as_reference_is_tested_for_homogeneity() -> None:
    found = compare(answers(a=40, b=60), Margin("earlier", "x", {"a": 0.25, "b": 0.75}, n=80))
    theirs = stats.chi2_contingency([[40, 60], [20, 60]], correction=False)
    assert found.chi2 == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue)


def test_few_people_get_a_simulated_p_value_near_the_exact_one() -> None:
    found = compare(answers(a=7, b=2), Margin("census", "x", {"a": 0.5, "b": 0.5}))
    assert found.simulated
    assert found.p == pytest.approx(stats.binomtest(7, 9).pvalue, abs=0.02)


def test_a_level_that_the_population_lacks_is_impossible_under_it() -> None:
    found = compare(answers(a=9, b=1), Margin("census", "x", {"a": 1.0, "b": 0.0}))
    assert found.distance == pytest.approx(0.1)


def test_random_samples_are_called_unlike_at_the_nominal_rate() -> None:
    rng = np.random.default_rng(3)
    shares = {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.06, "e": 0.04}
    names = list(shares)
    rejected = beyond = 0
    for seed in range(200):
        drawn = rng.choice(names, 60, p=list(shares.values()))
        found = compare(drawn.tolist(), Margin("census", "x", shares), seed=seed)
        rejected += found.p < 0.05
        beyond += found.distance > found.distance_limit
    # 200 trials at 5%: 99.9% of such runs lie below 22.
    assert rejected <= 22
    assert beyond <= 22


def test_holms_correction_is_the_step_down_one() -> None:
    margin = Margin("census", "x", {"a": 0.5, "b": 0.5})
    found = [compare(answers(a=k, b=100 - k), margin) for k in (65, 60, 52)]
    p = [one.p for one in found]
    assert [one.p_holm for one in corrected(found)] == pytest.approx(
        [3 * p[0], max(3 * p[0], 2 * p[1]), max(2 * p[1], p[2])]
    )


def test_margins_are_read_from_a_long_table(tmp_path: Path) -> None:
    path = tmp_path / "earlier.csv"
    path.write_text(
        "population,column,level,share,n\nA,gender,F,40,28\nA,gender,M,60,28\nB,gender,F,0.5,\n"
        "B,gender,M,0.5,\n"
    )
    first, second = read_references([path]).margins
    assert (first.population, first.column, first.n) == ("A", "gender", 28)
    assert first.shares == pytest.approx({"F": 0.4, "M": 0.6})
    assert second.n is None


def test_faults_of_margins_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("column,level,share\ngender,F,a few\ngender,M,1\ngender,M,2\n")
    with pytest.raises(DataError) as caught:
        read_references([path])
    assert ":2" in str(caught.value)
    assert ":4" in str(caught.value)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_references([tmp_path / "none.csv"])
