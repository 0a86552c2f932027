"""The bootstrap: the batch against the plain loop, people as units, honest failures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from manyvoices.aggregate import (
    BATTLE_METHODS,
    Battles,
    NoResampleError,
    bootstrap,
    fit,
    fit_counts,
)
from manyvoices.aggregate.bootstrap import Resampler
from manyvoices.aggregate.connectivity import connectivity, strongly_connected


def weighted(battles: Battles, weight: np.ndarray) -> Battles:
    base = np.ones(len(battles)) if battles.weight is None else battles.weight
    return Battles(battles.a, battles.b, battles.outcome, battles.models, weight=base * weight)


@pytest.mark.parametrize("ties", ["half", "both", "drop"])
@pytest.mark.parametrize("method", ["rank_centrality", "bradley_terry", "win_rate", "pagerank"])
def test_the_batch_equals_a_plain_loop_over_the_same_people(
    drawn_battles: Battles, method: str, ties
) -> None:
    drawn = bootstrap(drawn_battles, method, n_resamples=30, seed=3, ties=ties)[method]
    sampler = Resampler.of(drawn_battles, "cluster", ties)
    times = sampler.draw(np.random.default_rng(3), 30)
    people = np.unique(drawn_battles.cluster, return_inverse=True)[1]
    for each, scores in enumerate(drawn.scores):
        plain = fit(weighted(drawn_battles, times[people, each]), method, ties=ties).scores
        assert scores == pytest.approx(plain, abs=1e-9)


def test_every_resample_draws_as_many_people_as_there_are(drawn_battles: Battles) -> None:
    sampler = Resampler.of(drawn_battles, "cluster", "half")
    times = sampler.draw(np.random.default_rng(0), 200)
    assert times.shape == (40, 200)
    assert (times.sum(axis=0) == 40).all()
    assert times.mean(axis=1) == pytest.approx(np.ones(40), abs=0.35)


def test_a_person_comes_with_everything_they_said() -> None:
    rows = [("x", "y", "A", "p")] * 5 + [("y", "x", "A", "q")] * 5
    drawn = bootstrap(Battles.from_rows(rows), "win_rate", n_resamples=300)["win_rate"]
    assert set(drawn.scores[:, 0].tolist()) == {0.0, 0.5, 1.0}


@pytest.mark.parametrize("by", ["cluster", "row"])
def test_the_result_does_not_depend_on_the_size_of_the_chunks(drawn_battles: Battles, by) -> None:
    same = {"n_resamples": 50, "by": by, "seed": 1}
    whole = bootstrap(drawn_battles, BATTLE_METHODS, **same)
    parts = bootstrap(drawn_battles, BATTLE_METHODS, **same, chunk_bytes=3000)
    for method in BATTLE_METHODS:
        assert whole[method].scores == pytest.approx(parts[method].scores, abs=1e-9)


def test_the_same_seed_gives_the_same_resamples_and_another_seed_others(
    drawn_battles: Battles,
) -> None:
    first = bootstrap(drawn_battles, n_resamples=20, seed=5)["rank_centrality"]
    again = bootstrap(drawn_battles, n_resamples=20, seed=5)["rank_centrality"]
    other = bootstrap(drawn_battles, n_resamples=20, seed=6)["rank_centrality"]
    assert first.scores.tolist() == again.scores.tolist()
    assert first.scores.tolist() != other.scores.tolist()


def test_rows_are_drawn_by_kind_with_the_right_moments(drawn_battles: Battles) -> None:
    sampler = Resampler.of(drawn_battles, "row", "half")
    total = np.concatenate(list(sampler.batches(2000, 0, 1 << 20)))
    assert total.sum(axis=(1, 2)) == pytest.approx(np.full(2000, len(drawn_battles)))
    assert total.mean(axis=0) == pytest.approx(drawn_battles.tally(), abs=0.6)


def test_weights_equal_repeated_battles_of_the_same_person() -> None:
    rows = [("x", "y", 1.0, "p"), ("y", "x", 1.0, "q"), ("y", "z", 0.5, "r"), ("z", "x", 0.0, "p")]
    names = ("model_a", "model_b", "outcome", "participant_id")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    one = Battles.from_frame({**columns, "w": [3, 1, 2, 1]}, weight="w")
    many = Battles.from_rows([rows[0]] * 3 + [rows[1]] + [rows[2]] * 2 + [rows[3]])
    left = bootstrap(one, n_resamples=25)["rank_centrality"].scores
    right = bootstrap(many, n_resamples=25)["rank_centrality"].scores
    assert left == pytest.approx(right, abs=1e-12)


def test_when_judgements_of_a_person_agree_people_give_wider_intervals_than_rows() -> None:
    rng = np.random.default_rng(2)
    rows = []
    for person in range(60):
        taste = rng.normal(0.2, 1.5)
        for _ in range(20):
            outcome = float(rng.random() < 1 / (1 + np.exp(-taste)))
            rows.append(("x", "y", outcome, str(person)))
    battles = Battles.from_rows(rows)
    people = bootstrap(battles, "bradley_terry", n_resamples=400)["bradley_terry"]
    single = bootstrap(battles, "bradley_terry", n_resamples=400, by="row")["bradley_terry"]
    assert people.high[0] - people.low[0] > 1.5 * (single.high[0] - single.low[0])


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for trial in range(120):
        person = np.repeat(np.arange(50), 6)
        outcome = (rng.random(300) < 0.6) * 1.0
        battles = Battles(np.zeros(300, int), np.ones(300, int), outcome, ("x", "y"), person)
        found = bootstrap(battles, "win_rate", n_resamples=200, level=0.9, seed=trial)["win_rate"]
        hits += bool(found.low[0] <= 0.6 <= found.high[0])
    assert 0.8 <= hits / 120 <= 0.98


def test_ranks_and_comparisons_follow_from_the_same_resamples(drawn_battles: Battles) -> None:
    found = bootstrap(drawn_battles, "bradley_terry", n_resamples=300)["bradley_terry"]
    assert (found.low <= found.ratings.scores).all()
    assert (found.ratings.scores <= found.high).all()
    assert (found.rank_low <= found.ratings.ranks).all()
    assert (found.ratings.ranks <= found.rank_high).all()
    assert found.p_beats + found.p_beats.T == pytest.approx(np.ones((5, 5)))
    share = (found.scores[:, 0] > found.scores[:, 1]).mean()
    assert found.p_beats[0, 1] == pytest.approx(share)


def test_resamples_without_a_maximum_are_left_out_and_counted() -> None:
    rows = [("x", "y", "A", str(n)) for n in range(8)] + [
        ("y", "x", "A", "8"),
        ("y", "x", "A", "9"),
    ]
    battles = Battles.from_rows(rows)
    found = bootstrap(battles, "bradley_terry", n_resamples=1000)["bradley_terry"]
    assert found.n_failed == np.isnan(found.scores).all(axis=1).sum()
    # The chance to draw neither of the two who chose y is 0.8^10, to draw only them 0.2^10.
    assert found.n_failed / 1000 == pytest.approx(0.8**10, abs=0.03)
    assert np.isfinite(found.low).all()
    assert (
        bootstrap(battles, "bradley_terry", n_resamples=100, l2=0.1)["bradley_terry"].n_failed == 0
    )


def test_when_no_resample_has_scores_the_error_says_what_to_do() -> None:
    battles = Battles.from_rows([("x", "y", "A", "p"), ("y", "z", "A", "q"), ("z", "x", "A", "r"),
                                 ("x", "z", "A", "s")])  # fmt: skip
    with pytest.raises(NoResampleError, match="l2="):
        bootstrap(battles, "bradley_terry", n_resamples=1, seed=0)


def test_battles_without_participants_cannot_be_resampled_by_participant() -> None:
    battles = Battles.from_rows([("x", "y", "A"), ("y", "x", "A")])
    with pytest.raises(ValueError, match="by='row'"):
        bootstrap(battles)
    assert bootstrap(battles, by="row", n_resamples=10).n_units == 2


@pytest.mark.parametrize(
    "change", [{"n_resamples": 0}, {"level": 1.0}, {"by": "person"}, {"methods": []}]
)
def test_arguments_that_mean_nothing_are_refused(drawn_battles: Battles, change) -> None:
    with pytest.raises(ValueError, match=r"n_resamples|level|cluster|method"):
        bootstrap(drawn_battles, **change)


def test_progress_ends_at_the_number_of_resamples(drawn_battles: Battles) -> None:
    told: list[int] = []
    bootstrap(drawn_battles, n_resamples=30, chunk_bytes=3000, on_resamples=told.append)
    assert told == sorted(told)
    assert told[-1] == 30


def test_compat_is_resampled_too(drawn_battles: Battles) -> None:
    found = bootstrap(drawn_battles, n_resamples=5, compat="prism")["rank_centrality"]
    point = fit_counts(drawn_battles.tally("both"), drawn_battles.models, compat="prism")
    assert found.ratings.scores.tolist() == point.scores.tolist()


def test_the_batched_search_finds_strong_graphs_as_the_full_diagnosis_does() -> None:
    rng = np.random.default_rng(0)
    graphs = (rng.random((400, 5, 5)) < 0.3) * (1 - np.eye(5))
    names = tuple("abcde")
    expected = [connectivity(graph, names).is_strong for graph in graphs]
    assert strongly_connected(graphs).tolist() == expected
    assert 0 < sum(expected) < 400


def test_a_table_holds_score_and_interval_best_first(drawn_battles: Battles) -> None:
    table = bootstrap(drawn_battles, n_resamples=20)["rank_centrality"].to_frame("dict")
    names = ["rank", "model", "score", "low", "high", "rank_low", "rank_high", "p_first"]
    assert list(table) == names
    assert table["score"] == sorted(table["score"], reverse=True)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_seed_means_the_same_in_every_library_and_order_of_rows(library) -> None:
    rng = np.random.default_rng(0)
    rows = 300
    columns = {
        "model_a": ["x"] * rows,
        "model_b": ["y"] * rows,
        "outcome": rng.choice(["A", "B"], rows).tolist(),
        "participant_id": [f"p{code}" for code in rng.integers(0, 40, rows)],
    }
    turned = {name: values[::-1] for name, values in columns.items()}
    expected = bootstrap(Battles.from_frame(columns), "win_rate", n_resamples=20)
    for table in (columns, turned):
        found = bootstrap(Battles.from_frame(library(table)), "win_rate", n_resamples=20)
        assert found["win_rate"].scores == pytest.approx(expected["win_rate"].scores, abs=1e-12)
