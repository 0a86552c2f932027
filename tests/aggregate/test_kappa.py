"""Cohen's and Fleiss' kappa: textbook figures, plain definitions, and MT-bench as published."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.real_data import needs_real_data, real

from manyvoices.aggregate import Battles, Verdicts, cohen_kappa, fleiss_kappa

WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=30)


@given(st.data())
def test_cohen_is_the_plain_definition(data: st.DataObject) -> None:
    x = data.draw(WORDS)
    y = data.draw(st.lists(st.sampled_from("abc"), min_size=len(x), max_size=len(x)))
    n = len(x)
    observed = sum(a == b for a, b in zip(x, y, strict=True)) / n
    expected = sum(x.count(c) * y.count(c) for c in "abc") / n**2
    result = cohen_kappa(x, y, n_resamples=5)
    if expected == 1:
        assert math.isnan(result.value)
        assert "every rating is the same" in result.why_undefined
    else:
        assert result.value == pytest.approx((observed - expected) / (1 - expected))
        assert result.value == pytest.approx(cohen_kappa(y, x, n_resamples=0).value)


def test_weights_count_how_far_apart_two_ratings_are() -> None:
    x, y = [1, 2, 3, 3, 2, 1, 3], [1, 3, 3, 2, 1, 1, 1]
    table = np.zeros((3, 3))
    np.add.at(table, (np.array(x) - 1, np.array(y) - 1), 1 / 7)
    chance = np.outer(table.sum(axis=1), table.sum(axis=0))
    for name, power in (("linear", 1), ("quadratic", 2)):
        gap = np.abs(np.subtract.outer(range(3), range(3))) ** power
        expected = 1 - (gap * table).sum() / (gap * chance).sum()
        assert cohen_kappa(x, y, weights=name).value == pytest.approx(expected)
    named = [["low", "mid", "high"][v - 1] for v in x], [["low", "mid", "high"][v - 1] for v in y]
    same = cohen_kappa(*named, weights="linear", order=["low", "mid", "high"])
    assert same.value == pytest.approx(cohen_kappa(x, y, weights="linear").value)


def test_a_textbook_example_of_fleiss_comes_out_as_published() -> None:
    # Fourteen raters, ten subjects, five categories: the worked example of many textbooks.
    counts = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    values = [[place for place, times in enumerate(row) for _ in range(times)] for row in counts]
    result = fleiss_kappa(values)
    assert round(result.value, 3) == 0.210
    assert (round(result.observed, 3), round(result.expected, 3)) == (0.378, 0.213)
    assert result.low < result.value < result.high


def test_fleiss_needs_equally_many_ratings_and_names_what_does_not() -> None:
    with pytest.raises(ValueError, match="1 to 2: use krippendorff_alpha"):
        fleiss_kappa([[1, 2], [1]])
    assert "no unit" in fleiss_kappa([[1], [2]]).why_undefined
    assert "every rating is the same" in fleiss_kappa([[1, 1], [1, 1]]).why_undefined


def test_a_unit_that_one_rater_left_out_is_left_out_and_counted() -> None:
    result = cohen_kappa([1, 2, None, 1], [1, 2, 2, float("nan")])
    assert (result.n_units, result.n_left_out, result.value) == (2, 2, 1.0)
    assert "no unit" in cohen_kappa([None], [1]).why_undefined


def test_raters_who_always_agree_or_met_once_have_no_interval_of_no_width() -> None:
    for found in (
        cohen_kappa(list("abab"), list("abab")),
        cohen_kappa(["a"], ["b"]),
        fleiss_kappa([["a", "a"], ["b", "b"]]),
    ):
        assert math.isnan(found.low)
        assert math.isnan(found.high)
        assert found.why_no_interval
    assert not cohen_kappa(list("abab"), list("abaa")).why_no_interval


def test_the_interval_covers_what_the_large_sample_formula_says() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 3, 800)
    y = np.where(rng.random(800) < 0.6, x, rng.integers(0, 3, 800))
    result = cohen_kappa(x.tolist(), y.tolist(), n_resamples=4000)
    error = math.sqrt(result.observed * (1 - result.observed) / 800) / (1 - result.expected)
    assert result.value - result.low == pytest.approx(1.96 * error, rel=0.08)
    assert result.high - result.value == pytest.approx(1.96 * error, rel=0.08)


@pytest.mark.parametrize(
    ("change", "word"),
    [({"weights": "cubic"}, "quadratic"), ({"second": [1]}, "two ratings for each unit")],
)
def test_wrong_arguments_are_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        cohen_kappa(**{"first": [1, 2], "second": [1, 2], **change})


FIELDS = ("question_id", "turn")


def mt_bench(join: str) -> tuple[Verdicts, Verdicts]:
    files = ("battles/mt_bench_human.jsonl", "battles/mt_bench_gpt4.jsonl")
    read = [Battles.from_arena(real(name), groups=FIELDS) for name in files]
    human, machine = (Verdicts.from_battles(each, FIELDS, join=join) for each in read)
    return human, machine


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return json.loads(real("battles/mt_bench_published_agreement.json").read_text())


def matches(verdicts: tuple[list[str], list[str]], figures: dict[str, Any], n: str) -> None:
    result = cohen_kappa(*verdicts, n_resamples=4000)
    assert result.n_units == figures[n]
    assert round(result.observed, 4) == figures["raw_agreement"]
    assert round(result.value, 4) == figures["cohen_kappa"]
    # Their resamples are not ours: the ends of both intervals wobble in the third digit.
    assert result.low == pytest.approx(figures["kappa_ci_low"], abs=0.006)
    assert result.high == pytest.approx(figures["kappa_ci_high"], abs=0.006)


@needs_real_data
def test_the_first_authors_figures_come_from_pairs_whoever_stood_left(published) -> None:
    human, machine = mt_bench("pair")
    theirs = published["author_a"]
    matches(human.paired_with(machine), theirs["with_ties"], "n")
    matches(human.paired_with(machine, ties=False), theirs["ties_excluded"], "n")
    for turn, figures in theirs["by_turn"].items():
        place = FIELDS.index("turn")
        part = Verdicts({k: v for k, v in human.of.items() if str(k[place]) == turn}, "pair")
        matches(part.paired_with(machine), figures, "n")


@needs_real_data
def test_the_second_authors_figures_come_from_pairs_as_they_were_shown(published) -> None:
    human, machine = mt_bench("shown")
    theirs = published["author_b"]
    every = cohen_kappa(*human.paired_with(machine))
    decided = cohen_kappa(*human.paired_with(machine, ties=False))
    assert (every.n_units, decided.n_units) == (theirs["n_joined_pairs"], theirs["n_nontie"])
    assert round(every.observed, 4) == theirs["agreement_all"]
    assert round(every.value, 4) == theirs["kappa_all"]
    assert round(decided.observed, 4) == theirs["agreement_nontie"]
    assert round(decided.value, 4) == theirs["kappa_nontie"]


@needs_real_data
def test_the_share_of_inconsistent_verdicts_depends_on_what_it_is_a_share_of(published) -> None:
    with real("battles/mt_bench_gpt4.jsonl").open() as file:
        rows = [json.loads(line) for line in file]
    human, _ = mt_bench("pair")
    judged = {tuple(map(str, key)) for key in human.of}
    inconsistent = [row for row in rows if row["winner"] == "tie (inconsistent)"]
    joined = [
        row
        for row in inconsistent
        if (str(row["question_id"]), str(row["turn"]), *sorted((row["model_a"], row["model_b"])))
        in judged
    ]
    assert len(inconsistent) == published["author_b"]["gpt4_inconsistent_count"]
    assert (
        round(len(inconsistent) / len(rows), 4) == published["author_b"]["gpt4_inconsistent_rate"]
    )
    # The first author counted among the units that people judged too.
    assert (
        round(len(joined) / len(judged), 4) == published["author_a"]["position_inconsistency_rate"]
    )


def test_verdicts_need_fields_and_joins_that_exist() -> None:
    battles = Battles(np.array([0]), np.array([1]), np.array([1.0]), ("x", "y"))
    with pytest.raises(ValueError, match="no field 'turn'"):
        Verdicts.from_battles(battles, ("turn",))
    with pytest.raises(ValueError, match="'pair' or 'shown'"):
        Verdicts.from_battles(battles, join="left")
    one, two = (Verdicts.from_battles(battles, join=join) for join in ("pair", "shown"))
    with pytest.raises(ValueError, match="not the same"):
        one.paired_with(two)
