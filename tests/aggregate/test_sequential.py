"""A test that is looked at after every person: it may err no more often than it says, ever."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from manyvoices.aggregate import sequential_many, sequential_test
from manyvoices.aggregate.betting import evidence_of
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.sequential import GO_ON, Method

METHODS: tuple[Method, ...] = get_args(Method)
KINDS = ("coin", "ties", "beta", "rare", "people", "rising spread")


def drawn(kind: str, n: int, t: int, rng: np.random.Generator) -> tuple[FloatArray, float]:
    """Sequences (n, t) of one kind, and their mean."""
    if kind == "coin":
        return (rng.random((n, t)) < 0.3) * 1.0, 0.3
    if kind == "ties":
        return rng.choice([0.0, 0.5, 1.0], (n, t), p=[0.35, 0.3, 0.35]), 0.5
    if kind == "beta":
        return rng.beta(2, 3, (n, t)), 0.4
    if kind == "rare":
        return rng.beta(0.1, 0.9, (n, t)), 0.1
    if kind == "people":
        return rng.binomial(10, rng.beta(4, 6, (n, t))) / 10, 0.4
    spread = np.where(np.arange(t) < t // 2, 0.05, 0.5)
    return 0.5 + spread * rng.choice([-1, 1], (n, t)), 0.5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_is_inside_at_every_look(kind: str, method: Method) -> None:
    """By `test_a_mean_is_inside_exactly_if_it_is_never_decided_upon`, without ends at each look."""
    values, mean = drawn(kind, 500, 400, np.random.default_rng(0))
    found = sequential_many(values, null=mean, alpha=0.1, method=method)
    assert (found.decision != GO_ON).mean() <= 0.1


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_found_where_there_is_nothing_although_everybody_is_looked_at(
    method: Method,
) -> None:
    rng = np.random.default_rng(1)
    values = (rng.random((600, 500)) < 0.5) * 1.0
    assert (sequential_many(values, method=method).decision != GO_ON).mean() <= 0.05
    t = np.arange(1, 501)
    z = np.abs(np.cumsum(values, axis=1) / t - 0.5) / (0.5 / np.sqrt(t))
    naive = (z > stats.norm.ppf(0.975))[:, 19:].any(axis=1).mean()
    assert naive > 0.2


@pytest.mark.parametrize("method", METHODS)
def test_an_e_value_is_not_expected_to_grow_under_the_null(method: Method) -> None:
    values, mean = drawn("people", 4000, 30, np.random.default_rng(2))
    found = sequential_many(values, null=mean, method=method)
    assert np.exp(found.log_e).mean() <= 1.02


values_of = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=120)


@settings(max_examples=40, deadline=None)
@given(values=values_of, mean=st.floats(0.02, 0.98), method=st.sampled_from(METHODS))
def test_a_mean_is_inside_exactly_if_it_is_never_decided_upon(
    values: list[float], mean: float, method: Method
) -> None:
    found = sequential_test(values, alpha=0.4, method=method)
    asked = sequential_test(values, alpha=0.4, null=mean, method=method, with_path=False)
    if min(abs(mean - found.low), abs(mean - found.high)) > 1e-5:
        inside = found.low < mean < found.high
        assert inside == (asked.decision == GO_ON)
    assert (asked.decision == "a") <= (asked.low >= mean)
    assert (asked.decision == "b") <= (asked.high <= mean)


@settings(max_examples=30, deadline=None)
@given(values=values_of, method=st.sampled_from(METHODS))
def test_the_path_is_what_was_known_after_each_value(values: list[float], method: Method) -> None:
    found = sequential_test(values, alpha=0.4, method=method)
    assert found.path.shape == (found.n, 2)
    assert (np.diff(found.path[:, 0]) >= 0).all()
    assert (np.diff(found.path[:, 1]) <= 0).all()
    cut = len(values) // 2 + 1
    before = sequential_test(values[:cut], alpha=0.4, method=method)
    assert np.abs(found.path[:cut] - before.path).max() < 1e-9
    for end, exact in zip(found.path[-1], (found.low, found.high), strict=True):
        assert abs(end - exact) <= 1 / 400 + 1e-6
    assert found.path[-1, 0] <= found.low + 1e-12
    assert found.path[-1, 1] >= found.high - 1e-12


@settings(max_examples=30, deadline=None)
@given(values=values_of, method=st.sampled_from(METHODS))
def test_exchanging_the_models_exchanges_the_answer(values: list[float], method: Method) -> None:
    one = sequential_test(values, alpha=0.3, margin=0.1, method=method)
    other = sequential_test(1 - np.array(values), alpha=0.3, margin=0.1, method=method)
    swapped = {"a": "b", "b": "a"}
    assert other.decision == swapped.get(one.decision, one.decision)
    assert other.decided_at == one.decided_at
    assert other.low == pytest.approx(1 - one.high, abs=2e-6)
    assert other.log_e == pytest.approx(one.log_e, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(values=values_of, method=st.sampled_from(METHODS))
def test_the_capital_of_who_bets_on_more_falls_with_the_mean(
    values: list[float], method: Method
) -> None:
    evidence = evidence_of(np.array([values]), 0.05, method)
    capital = np.array([evidence.above(mean)[0] for mean in np.linspace(0.02, 0.98, 25)])
    assert (np.diff(capital, axis=0) <= 1e-9).all()


@pytest.mark.parametrize("method", METHODS)
def test_many_sequences_at_once_are_each_by_itself(method: Method) -> None:
    values, _ = drawn("ties", 8, 300, np.random.default_rng(3))
    values[:4] = np.clip(values[:4] + (values[:4] == 0.5) * 0.5, 0, 1)
    many = sequential_many(values, margin=0.1, alpha=0.2, method=method, ends=True)
    assert many.low is not None
    assert many.high is not None
    for i, row in enumerate(values):
        one = sequential_test(row, margin=0.1, alpha=0.2, method=method, with_path=False)
        assert (one.decision, one.decided_at or -1) == (many.decision[i], many.decided_at[i])
        assert (one.low, one.high, one.log_e) == (many.low[i], many.high[i], many.log_e[i])
    assert sequential_many(values).low is None
    assert len(sequential_many(np.zeros((0, 5))).decision) == 0


def test_a_decision_is_reached_once_and_stays() -> None:
    found = sequential_test([1.0] * 30 + [0.0] * 30)
    assert found.decision == "a"
    assert found.decided_at is not None
    assert found.decided_at <= 15
    assert sequential_test([1.0] * found.decided_at).decision == "a"
    assert sequential_test([1.0] * (found.decided_at - 1)).decision == GO_ON


def test_as_good_as_equal_is_said_of_a_narrow_interval_and_with_a_margin_alone() -> None:
    values = np.tile([0.4, 0.6], 400)
    assert sequential_test(values, with_path=False).decision == GO_ON
    found = sequential_test(values, margin=0.05, with_path=False)
    assert found.decision == "equal"
    assert found.low >= 0.45
    assert found.high <= 0.55


def test_betting_needs_the_fewest_people() -> None:
    values = (np.random.default_rng(4).random((200, 1500)) < 0.42) * 1.0
    people = {}
    for method in METHODS:
        at = sequential_many(values, method=method).decided_at
        people[method] = np.where(at < 0, 1500, at).mean()
    assert people["betting"] < 0.8 * min(people["plug_in"], people["empirical_bernstein"])


@pytest.mark.parametrize("method", METHODS)
def test_nobody_yet_is_open(method: Method) -> None:
    found = sequential_test([], method=method)
    assert (found.decision, found.low, found.high, found.n) == (GO_ON, 0, 1, 0)
    assert found.path.shape == (0, 2)
    assert found.decided_at is None


@pytest.mark.parametrize(
    ("values", "options", "said"),
    [
        ([0.5, 1.2], {}, "between 0 and 1"),
        ([float("nan")], {}, "between 0 and 1"),
        ([0.5], {"alpha": 0}, "alpha"),
        ([0.5], {"null": 1.0}, "null"),
        ([0.5], {"margin": 0.5}, "margin"),
        ([0.5], {"margin": -0.1}, "margin"),
        ([0.5], {"method": "z"}, "'betting', 'plug_in' or 'empirical_bernstein'"),
    ],
)
def test_what_cannot_be_is_refused(values: list[float], options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sequential_test(values, **options)


def test_the_benchmark_says_what_is_in_the_methods_at_a_smaller_size() -> None:
    """`benchmarks.sequential`, with 150 sequences of 150 people."""
    from benchmarks.sequential import errors, outside, people

    for line in list(outside(150, 150, 0))[2:]:
        assert all(float(cell.strip(" %")) <= 8 for cell in line.split("|")[2:-1]), line
    for line in list(errors(150, 150, 0))[2:]:
        *found, naive = (float(cell.strip(" %*")) for cell in line.split("|")[2:-1])
        assert max(found) <= 8 < naive
    rows = [line.split("|") for line in people(150, 150, 0)][2:]
    assert [row[2].strip() for row in rows[:5]] == ["0.5", "0.48", "0.45", "0.4", "0.3"]
    assert int(rows[4][3].split(",")[1]) < 100
