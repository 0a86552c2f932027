"""Raking: margins hit, weights positive, no scale, impossible margins named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.curate.raking import effective_sample_size, rake
from manyvoices.schema.errors import DataError

GENDERS, AGES = ("f", "m"), ("young", "middle", "old")
COUNTS = st.lists(st.integers(1, 12), min_size=6, max_size=6)
SHARES = st.tuples(
    st.lists(st.floats(0.05, 1), min_size=2, max_size=2),
    st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
)


def people(counts: list[int]) -> dict[str, list[str]]:
    cells = [(g, a) for g in GENDERS for a in AGES]
    rows = [cell for cell, n in zip(cells, counts, strict=True) for _ in range(n)]
    return {"gender": [g for g, _ in rows], "age": [a for _, a in rows]}


def margins(shares: tuple[list[float], list[float]]) -> dict[str, dict[str, float]]:
    return {
        "gender": dict(zip(GENDERS, shares[0], strict=True)),
        "age": dict(zip(AGES, shares[1], strict=True)),
    }


@given(COUNTS, SHARES)
@settings(deadline=None)
def test_where_every_cell_has_people_the_margins_are_hit_with_positive_weights(
    counts: list[int], shares: tuple[list[float], list[float]]
) -> None:
    found = rake(people(counts), margins(shares), tolerance=1e-9)
    assert found.converged
    assert found.max_error <= 1e-9
    assert (found.weights > 0).all()
    assert found.weights.mean() == pytest.approx(1)
    table = people(counts)
    for name, target in margins(shares).items():
        for level, value in target.items():
            here = sum(w for w, v in zip(found.weights, table[name], strict=True) if v == level)
            want = value / sum(target.values())
            assert here / found.weights.sum() == pytest.approx(want, abs=1e-8)


@given(COUNTS, SHARES, st.floats(0.01, 1000), st.floats(0.01, 1000))
@settings(deadline=None)
def test_scales_do_not_matter(
    counts: list[int], shares: tuple[list[float], list[float]], a: float, b: float
) -> None:
    n = sum(counts)
    base = list(np.linspace(1, 2, n))
    one = rake(people(counts), margins(shares), base=base)
    scaled = {k: {level: v * a for level, v in m.items()} for k, m in margins(shares).items()}
    other = rake(people(counts), scaled, base=[w * b for w in base])
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-6)


@given(COUNTS)
@settings(deadline=None)
def test_margins_that_hold_already_leave_all_weights_at_one(counts: list[int]) -> None:
    table = people(counts)
    held = {name: {v: float(values.count(v)) for v in values} for name, values in table.items()}
    found = rake(table, held)
    np.testing.assert_allclose(found.weights, 1)
    assert found.design_effect == pytest.approx(1)
    assert found.n_effective == pytest.approx(sum(counts))


def test_one_margin_is_post_stratification() -> None:
    found = rake({"g": ["f", "m", "m", "m"]}, {"g": {"f": 1, "m": 1}})
    np.testing.assert_allclose(found.weights, [2, 2 / 3, 2 / 3, 2 / 3])
    assert found.n_effective == pytest.approx(16 / (4 + 3 * 4 / 9))
    assert effective_sample_size([2, 2 / 3, 2 / 3, 2 / 3]) == pytest.approx(found.n_effective)
    assert effective_sample_size([]) == 0


def test_a_joint_margin_is_fitted_cell_by_cell() -> None:
    table = people([1, 2, 3, 4, 5, 6])
    wanted = {(g, a): 1.0 for g in GENDERS for a in AGES}
    found = rake(table, {("gender", "age"): wanted})
    assert found.max_error < 1e-12
    assert found.fits[0].level == "f x young"


def test_trimmed_weights_stay_within_their_bounds_and_the_report_says_how_many() -> None:
    table = people([1, 9, 9, 9, 9, 9])
    shares = {"gender": {"f": 0.5, "m": 0.5}, "age": {"young": 0.3, "middle": 0.35, "old": 0.35}}
    free = rake(table, shares)
    cut = rake(table, shares, trim=(0.3, 2.0))
    assert free.weights.max() > 2 > cut.weights.max() - 1e-8
    assert cut.weights.min() >= 0.3 - 1e-8
    assert cut.converged
    assert cut.n_trimmed
    assert cut.n_effective > free.n_effective


def test_bounds_that_no_margins_allow_are_not_reported_as_reached() -> None:
    table = people([1, 1, 1, 20, 20, 20])
    found = rake(table, {"gender": {"f": 0.5, "m": 0.5}}, trim=(0.5, 1.5), max_iter=50)
    assert not found.converged
    assert found.worst.startswith("gender")
    assert found.max_error > 0.01


def test_impossible_margins_are_all_named() -> None:
    table = {"g": ["f", "m", "x"], "a": ["young", "young", "old"]}
    with pytest.raises(DataError) as caught:
        rake(table, {"g": {"f": 0.5, "m": 0.0, "x": 0.3, "y": 0.2}, "a": {"young": 1, "old": 1}})
    told = "\n".join(map(str, caught.value.faults))
    assert "g: m: found 1 people, target 0" in told
    assert "g: y: found nobody, target 0.2" in told
    assert len(caught.value.faults) == 2


def test_a_level_without_a_target_is_named() -> None:
    with pytest.raises(DataError, match="g: x: found 2 people and no target"):
        rake({"g": ["f", "x", "x"]}, {"g": {"f": 1}})


def test_margins_that_contradict_each_other_are_named() -> None:
    table = people([1, 1, 1, 1, 1, 1])
    joint = {(g, a): 1.0 for g in GENDERS for a in AGES}
    with pytest.raises(DataError, match="gender x age"):
        rake(table, {"gender": {"f": 0.9, "m": 0.1}, ("gender", "age"): joint})


def test_margins_that_only_together_are_impossible_are_not_reached_and_the_worst_is_named() -> None:
    table = {"g": ["f", "m"], "a": ["young", "old"]}
    found = rake(table, {"g": {"f": 0.5, "m": 0.5}, "a": {"young": 0.9, "old": 0.1}}, max_iter=50)
    assert not found.converged
    assert found.worst.split(":")[0] in {"g", "a"}


def test_people_without_an_answer_are_an_error_or_left_out() -> None:
    table = {"g": ["f", "m", None]}
    with pytest.raises(DataError, match="1 people without a value"):
        rake(table, {"g": {"f": 1, "m": 1}})
    found = rake(table, {"g": {"f": 1, "m": 1}}, missing="leave out")
    assert np.isnan(found.weights[2])
    assert (found.n_weighted, found.n_left_out) == (2, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"margins": {}},
        {"margins": {"g": {"f": -1, "m": 2}}},
        {"margins": {"g": {"f": 0, "m": 0}}},
        {"margins": {"g": {"f": 1, "m": 1}}, "base": [1.0, 0.0]},
        {"margins": {"g": {"f": 1, "m": 1}}, "trim": (2.0, 3.0)},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(DataError):
        rake({"g": ["f", "m"]}, **wrong)  # type: ignore[arg-type]
