"""Ranks by cohort, group, function and threshold, against plain loops and planted orders."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kendalltau

pytest.importorskip("polars")

from manyvoices.aggregate import fit, fit_counts, rank_agreement
from manyvoices.aggregate.counts import read_counts
from manyvoices.aggregate.resampling import Resampler
from manyvoices.analyse.dataset import CONVERSATION_TYPE, NotEnough
from manyvoices.analyse.ranks import (
    by_alpha,
    by_subset,
    by_threshold,
    cohorts,
    compare_functions,
    mean_differences,
    openers_of,
    pairs,
    rank_analysis,
    rankings_by_field,
)
from manyvoices.analyse.ranks.by_group import labels_of
from manyvoices.analyse.ranks.cohorts import draw_wins, first_of, people_orders, taus_with
from manyvoices.analyse.ranks.openers import ranks_of_wins
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings

from .planted_ranks import QUALITIES, planted

GOLDEN = Path("../shared/data/prism/golden")


@pytest.fixture(scope="module")
def openers():
    return openers_of(planted(n_people=80, seed=3), tie_threshold=5)


@pytest.fixture(scope="module")
def golden():
    file = GOLDEN / "pairwise_comparisons_all_battles_t5.csv"
    if not file.exists():
        pytest.skip(f"PRISM's published counts are not at {file}")
    wins, models = read_counts(file)
    with (GOLDEN / "rank_centrality_all_battles.csv").open() as text:
        rows = {row["model"]: row for row in csv.DictReader(text)}
    return wins, models, rows


def test_planted_order_is_recovered_by_every_aggregation_function(openers) -> None:
    found = compare_functions(openers.scores, resampling=Resampling(n_resamples=20))
    assert found.grid.models == tuple(QUALITIES)
    assert len(found.grid.settings) == 8
    assert not found.grid.missing
    assert (found.grid.ranks == np.arange(1, 7)).all()
    assert (found.tau == 1).all()


def test_taus_are_kendalls_tau_b_and_intervals_lie_around_resampled_orders() -> None:
    scores = openers_of(planted(n_people=25, noise=45.0, seed=1), tie_threshold=5).scores
    found = compare_functions(scores, resampling=Resampling(n_resamples=60))
    for i, j in ((0, 1), (2, 5), (6, 7)):
        peer = kendalltau(found.grid.scores[i], found.grid.scores[j]).statistic
        assert found.tau[i, j] == pytest.approx(peer)
    assert (found.tau_low <= found.tau_high).all()
    assert (found.tau_low[0, 1:] < 1).all()
    assert found.resampling.n_resamples == 60


def test_cohorts_equal_a_loop_over_the_same_draws(openers) -> None:
    scores = openers.scores
    sampler = Resampler.of(scores, "cluster")
    drawn = draw_wins(sampler, (10, 30), n_draws=12, seed=5)
    orders = np.concatenate(list(people_orders(sampler, n_draws=12, seed=5)))
    people = np.unique(scores.cluster)
    for size in (10, 30):
        for draw in range(12):
            chosen = np.isin(scores.cluster, people[orders[draw, :size]])
            battles = scores.select(chosen).battles()
            assert battles.models == scores.models
            np.testing.assert_array_equal(drawn[size][draw], battles.tally())
            np.testing.assert_array_equal(
                ranks_of_wins(drawn[size])[draw], fit(battles, "rank_centrality").ranks
            )


def test_a_cohort_holds_each_person_once(openers) -> None:
    sampler = Resampler.of(openers.scores, "cluster")
    orders = next(people_orders(sampler, n_draws=7, seed=0))
    times = first_of(orders, 13)
    assert times.shape == (80, 7)
    assert set(np.unique(times)) == {0.0, 1.0}
    assert (times.sum(axis=0) == 13).all()


def test_the_larger_the_cohort_the_steadier_the_ranks(openers) -> None:
    found = cohorts(openers.scores, sizes=(5, 20, 500), n_draws=200, seed=1)
    assert [one.size for one in found.sizes] == [5, 20, 80]
    assert found.models == tuple(QUALITIES)
    spread = [(one.ranks[4] - one.ranks[0]).sum() for one in found.sizes]
    assert spread[0] > spread[1] > spread[2] == 0
    assert found.sizes[-1].n_draws == 1
    np.testing.assert_array_equal(found.sizes[-1].ranks[2], np.arange(1, 7))
    assert found.sizes[0].tau[0] <= found.sizes[1].tau[0] <= found.sizes[2].tau[0] == 1
    assert found.sizes[0].p_first.sum() == pytest.approx(1)


def test_spreads_of_table_26_are_those_of_draws_without_replacement() -> None:
    # PRISM's Table 26: 21.3 prompts at N = 500 and 3.9 at N = 10, of 1,246 people. Such draws have
    # a variance of n (1 - n / N) times that of one person; draws with replacement have n times.
    without = np.sqrt(500 * (1 - 500 / 1246) / (10 * (1 - 10 / 1246)))
    assert 21.35 / 3.85 >= without >= 21.25 / 3.95
    assert np.sqrt(500 / 10) > 21.35 / 3.85
    data = planted(n_people=100, n_talks=3, seed=2)
    keep = [not (user < "u0050" and talk.endswith("-2"))
            for user, talk in zip(data.utterances["user_id"], data.utterances["conversation_id"],
                                  strict=True)]  # fmt: skip
    found = cohorts(openers_of(data, tie_threshold=5).select(np.array(keep)).scores,
                    sizes=(10, 60), n_draws=2000, seed=0)  # fmt: skip
    turns = next(one for one in found.properties if one.name == "opening turns")
    assert turns.cells[0] == (250.0, 0.0)
    sd = {n: cell[1] for n, cell in zip(found.table_sizes, turns.cells, strict=True)}
    assert sd[60] / sd[10] == pytest.approx(np.sqrt(60 * 0.4 / (10 * 0.9)), rel=0.12)


def _fields(data, columns, **more):
    seen = openers_of(data, tie_threshold=5)
    fields = [data.field(column) for column in columns]
    return rankings_by_field(seen, data, fields, min_group=10, n_lots=199, seed=0, **more)


def test_a_group_with_the_reverse_order_stands_out_and_another_split_does_not() -> None:
    data = planted(n_people=80, reversed_group="Male", noise=20.0)
    gender, age = _fields(data, ("gender", "age"))
    moves = gender.surprising()
    assert {group for group, _ in moves} == {"Male"}
    male = next(group for group in gender.groups if group.label == "Male")
    assert male.tau < male.tau_by_lot[0]
    assert {one.label: one.n_people for one in gender.groups} == {"Female": 54, "Male": 26}
    assert not age.surprising()


def test_chances_of_moves_are_fair_where_groups_differ_by_chance_alone() -> None:
    p = []
    for seed in range(40):
        data = planted(n_people=30, n_talks=2, noise=40.0, seed=seed)
        (age,) = _fields(data, ("age",))
        p += [group.up.p for group in age.groups[:1] if group.up is not None]
    small = np.mean(np.array(p) <= 0.1)
    # 40 chances of 0.1 each: more than 9 small ones come once in 100. Moves are whole places, so
    # the test errs on the side of saying nothing.
    assert small * len(p) <= 9
    assert np.mean(p) > 0.4


def test_conversation_types_are_groups_of_conversations_of_the_same_people() -> None:
    data = planted(n_people=40)
    (types,) = _fields(data, (CONVERSATION_TYPE,))
    assert [group.n_people for group in types.groups] == [40, 40]
    assert types.groups[0].n_battles == 40 * 2 * 6
    assert not types.surprising()


def test_small_groups_are_left_out_by_name() -> None:
    data = planted(n_people=30)
    seen = openers_of(data, tie_threshold=5)
    field = data.field("gender")
    assert rankings_by_field(seen, data, [field], min_group=12, n_lots=9, seed=0) == ()


def test_taus_leave_out_models_that_have_no_rank() -> None:
    ranks = np.array([[1, 2, 3, 0], [3, 2, 1, 4], [0, 0, 0, 1]])
    found = taus_with(ranks, np.array([1, 2, 3, 4]))
    np.testing.assert_allclose(found[:2], [1.0, 0.0])
    assert np.isnan(found[2])


def test_alpha_of_one_gives_the_corrected_scores_of_prisms_counts(golden) -> None:
    wins, models, rows = golden
    found = by_alpha(wins, models, alphas=(0.0, 1.0, 100.0))
    assert found.settings[found.reference] == "1"
    scores = dict(zip(found.models, found.scores[found.reference], strict=True))
    for model, row in rows.items():
        assert scores[model] == pytest.approx(
            float(row["recomputed_with_correct_pairing"]), abs=1e-6
        )
    assert found.models[0] == "command"
    ranks = dict(zip(found.models, found.ranks[found.reference], strict=True))
    assert all(ranks[model] == int(row["correct_pairing_rank"]) for model, row in rows.items())


def test_prisms_published_scores_come_with_its_mismatch(golden) -> None:
    wins, models, rows = golden
    found = by_alpha(wins, models, alphas=(1.0, 100.0), compat="prism")
    place = {model: i for i, model in enumerate(found.models)}
    for model, row in rows.items():
        score = found.scores[found.reference, place[model]]
        assert score == pytest.approx(float(row["published_score_alpha1"]), abs=1e-12)
        assert found.ranks[found.reference, place[model]] == int(row["published_rank"])


def test_the_mismatch_moves_prisms_order_and_pseudo_wins_do_not(golden) -> None:
    wins, models, _ = golden
    found = by_alpha(wins, models)
    assert not found.missing
    assert not found.spread().any()
    published = by_alpha(wins, models, alphas=(1.0,), compat="prism")
    scores = [dict(zip(g.models, g.scores[g.reference], strict=True)) for g in (found, published)]
    assert rank_agreement(*scores) == pytest.approx(0.838, abs=5e-4)
    assert found.ranks.shape == (9, 21)
    plain = fit_counts(wins, models, alpha=5.0)
    row = found.ranks[found.settings.index("5")]
    assert dict(zip(found.models, row, strict=True)) == dict(
        zip(plain.models, plain.ranks, strict=True)
    )


def test_thresholds_rank_as_fits_at_each_of_them_do(openers) -> None:
    found = by_threshold(openers.scores, thresholds=(0, 20, 50))
    assert found.settings == ("0", "5", "20", "50")
    assert found.settings[found.reference] == "5"
    for i, value in enumerate((0, 5, 20, 50)):
        peer = fit(openers.scores.battles(value), "rank_centrality")
        assert dict(zip(found.models, found.scores[i], strict=True)) == pytest.approx(
            dict(zip(peer.models, peer.scores, strict=True))
        )


def test_a_model_that_a_subset_lacks_has_no_rank_there(openers) -> None:
    some = openers.scores.model != openers.scores.models.index("elm")
    found = by_subset({"all": openers.scores, "rest": openers.scores.select(some)}, "all")
    assert found.ranks[1, found.models.index("elm")] == 0
    assert sorted(found.ranks[1]) == [0, 1, 2, 3, 4, 5]


def test_pairs_count_what_a_loop_counts(openers) -> None:
    found = pairs(openers, min_shared=5)
    turns: dict[int, list[int]] = {}
    for row, turn in enumerate(openers.scores.turn):
        turns.setdefault(int(turn), []).append(row)
    code = {model: i for i, model in enumerate(found.models)}
    met, won, both = np.zeros((6, 6)), np.zeros((6, 6)), {}
    for rows in turns.values():
        for x in rows:
            for y in rows:
                if x == y:
                    continue
                i, j = (code[openers.scores.models[openers.scores.model[z]]] for z in (x, y))
                gap = openers.scores.score[x] - openers.scores.score[y]
                met[i, j] += 1
                won[i, j] += 0.5 if abs(gap) <= 5 else float(gap > 0)
                both.setdefault((i, j), []).append(
                    (openers.scores.score[x], openers.scores.score[y])
                )
    np.testing.assert_array_equal(found.met, met)
    np.testing.assert_allclose(found.wins[~np.eye(6, dtype=bool)],
                               (won / np.maximum(met, 1))[~np.eye(6, dtype=bool)])  # fmt: skip
    for (i, j), values in both.items():
        r = np.corrcoef(np.array(values).T)[0, 1]
        assert found.correlation[i, j] == pytest.approx(r)
        assert found.shared[i, j] == len(values)
    assert list(found.mean_win) == sorted(found.mean_win, reverse=True)
    assert found.ratings.sum() == len(openers.scores)


def test_ties_can_be_dropped_or_kept_in_the_denominator(openers) -> None:
    half, drop, none = (pairs(openers, ties=ties) for ties in ("half", "drop", "none"))
    i, j = 0, 1
    ties = half.met[i, j] - none.wins[i, j] * half.met[i, j] - none.wins[j, i] * half.met[i, j]
    decided = half.met[i, j] - ties
    assert drop.wins[i, j] == pytest.approx(none.wins[i, j] * half.met[i, j] / decided)
    assert half.wins[i, j] == pytest.approx(none.wins[i, j] + ties / 2 / half.met[i, j])


def test_differences_in_mean_score_cover_zero_where_nothing_is_planted() -> None:
    n_cells = n_apart = n_found = 0
    for seed in range(12):
        data = planted(n_people=80, person_noise=8.0, seed=seed)
        found = _differences(data)
        n_cells += found.n_cells
        n_apart += found.n_apart
        n_found += found.discoveries().sum()
    assert n_cells == 12 * 12
    assert n_apart / n_cells < 0.12
    assert n_found <= 2


def test_a_planted_difference_is_found_with_its_sign_and_size() -> None:
    data = planted(n_people=200, reversed_group="Male")
    found = _differences(data)
    assert (found.first, found.second) == ("Male", "Female")
    ash = found.models.index("ash")
    assert (found.difference[ash] < -40).all()
    assert (found.low[ash] < found.difference[ash]).all()
    assert found.discoveries()[ash].all()


def _differences(data):
    seen = openers_of(data, tie_threshold=5)
    return mean_differences(
        seen.scores, labels_of(seen, data, "gender"), labels_of(seen, data, CONVERSATION_TYPE),
        field=data.field("gender"), by="conversation type", order=tuple(QUALITIES),
    )  # fmt: skip


def test_the_whole_analysis_stands_on_the_balanced_subset_where_one_is_marked() -> None:
    data = planted(n_people=60, balanced_people=40)
    found = rank_analysis(data, Settings(resampling=Resampling(n_resamples=20)))
    assert found.balanced
    assert found.cohorts.n_people == 40
    assert found.n_people == 60
    assert found.subsets is not None
    assert found.subsets.settings == ("all", "balanced subset")
    whole = rank_analysis(planted(n_people=30), Settings(resampling=Resampling(n_resamples=20)))
    assert not whole.balanced
    assert whole.subsets is None


def test_a_release_with_one_model_or_one_person_says_what_it_lacks() -> None:
    settings = Settings(resampling=Resampling(n_resamples=5))
    with pytest.raises(NotEnough, match="two models"):
        rank_analysis(planted(qualities={"ash": 1.0}, n_shown=1), settings)
    with pytest.raises(NotEnough, match="One person"):
        rank_analysis(planted(n_people=1), settings)


def test_two_people_are_enough_for_an_analysis_without_groups() -> None:
    found = rank_analysis(planted(n_people=2), Settings(resampling=Resampling(n_resamples=10)))
    assert found.fields == ()
    assert found.cohorts.sizes[-1].size == 2


def test_the_benchmarks_loop_gives_the_same_ranks() -> None:
    from benchmarks.analysing.ranks import main_rows

    (row,) = main_rows(scale=0.05)
    assert row.same
