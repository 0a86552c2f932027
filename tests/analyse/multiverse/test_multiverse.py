"""Every combination once; conclusions and influences are those of a plain count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analyse.releases import Plan, write_release

from manyvoices.aggregate import Scores, fit
from manyvoices.analyse import Settings, read_dataset
from manyvoices.analyse.multiverse import (
    Choice,
    Ratings,
    choices_of,
    conclude,
    distinct,
    influences,
    multiverse,
    orders,
    release_ratings,
    straight_liners,
    universes,
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    plan = Plan(n_people=60, reversed_region="South", n_conversations=3, p_failed=0)
    return read_dataset(write_release(tmp_path_factory.mktemp("release"), plan))


@pytest.fixture(scope="module")
def ratings(dataset):
    return release_ratings(dataset)[0]


def test_every_combination_is_there_once_and_the_default_first(ratings):
    choices = choices_of(ratings)
    rows = universes(choices)
    assert len(rows) == np.prod([len(one.levels) for one in choices])
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert not rows[0].any()


def test_what_a_method_does_not_hear_makes_no_other_universe():
    base = {"method": "win_rate", "alpha": "1", "tie_threshold": "5", "scale": "raw",
            "turns": "openings"}  # fmt: skip
    assert distinct(base) == distinct(base | {"alpha": "10", "turns": "all turns"})
    assert distinct(base) != distinct(base | {"tie_threshold": "0"})
    mean = base | {"method": "mean_score"}
    assert distinct(mean) == distinct(mean | {"tie_threshold": "0"})
    assert distinct(mean) != distinct(mean | {"turns": "all turns"})
    ranks = base | {"method": "rank_centrality"}
    assert distinct(ranks) != distinct(ranks | {"alpha": "10"})
    ranks |= {"scale": "normalised"}
    assert distinct(ranks) != distinct(ranks | {"turns": "all turns"})


def test_universes_are_what_aggregate_gives_one_by_one(ratings):
    choices = choices_of(ratings)
    found = orders(ratings, choices)
    opening = ratings.opening
    plain = Scores(
        model=ratings.model[opening], score=ratings.score[opening], turn=ratings.turn[opening],
        cluster=ratings.person[opening], models=ratings.models,
    )  # fmt: skip
    seen = 0
    for universe in range(len(found.places)):
        how = found.settings(universe)
        usual = {"scale": "raw", "weight": "by row", "turns": "openings",
                 "subset": "all", "language": "all", "people": "everybody"}  # fmt: skip
        if any(how.get(name, value) != value for name, value in usual.items()):
            continue
        seen += 1
        data = plain
        if how["method"] not in ("mean_score", "within_turn_rank"):
            data = plain.battles(float(how["tie_threshold"]))
        options = {"alpha": float(how["alpha"])} if how["method"] == "rank_centrality" else {}
        wanted = fit(data, how["method"], **options).scores
        assert found.scores[universe] == pytest.approx(wanted, rel=1e-7), how
    assert seen == 5 * 3 * 4


def test_people_who_count_the_same_are_weighted_by_their_number_of_answers():
    person = np.repeat([0, 0, 0, 1], 2)
    ratings = Ratings(
        score=np.array([80, 20, 80, 20, 80, 20, 10, 90.0]),
        model=np.array([0, 1] * 4), person=person, turn=np.repeat(np.arange(4), 2),
        opening=np.ones(8, bool), models=("a", "b"),
        subsets={"all": np.ones(8, bool)}, languages={"all": np.ones(8, bool)},
        people={"everybody": np.ones(8, bool)},
    )  # fmt: skip
    found = orders(ratings, choices_of(ratings, methods=("win_rate", "mean_score")))
    how = [found.settings(u) for u in range(len(found.places))]
    equal = [
        u
        for u, h in enumerate(how)
        if h["weight"] == "by person" and h["method"] == "win_rate" and h["scale"] == "raw"
    ]
    assert found.scores[equal] == pytest.approx(np.full((len(equal), 2), 0.5))
    rows = [
        u
        for u, h in enumerate(how)
        if h["weight"] == "by row" and h["method"] == "win_rate" and h["scale"] == "raw"
    ]
    assert found.scores[rows] == pytest.approx(np.tile([0.75, 0.25], (len(rows), 1)))


def test_normalised_scores_forget_how_a_person_uses_the_scale(ratings):
    stretched = replace(ratings, score=ratings.score * (1 + ratings.person % 3) + ratings.person)
    choices = (Choice("method", "", ("mean_score",)), Choice("scale", "", ("normalised", "raw")))
    plain, odd = orders(ratings, choices), orders(stretched, choices)

    def standard(row):
        return (row - row.mean()) / row.std()

    assert standard(odd.scores[0]) == pytest.approx(standard(plain.scores[0]), abs=1e-9)
    assert not np.allclose(standard(odd.scores[1]), standard(plain.scores[1]), atol=1e-3)


def test_influence_is_the_analysis_of_variance_of_a_full_factorial():
    choices = (Choice("x", "X", ("a", "b")), Choice("y", "Y", ("c", "d", "e")))
    places = universes(choices)
    values = 10.0 * places[:, 0] + places[:, 1]
    found = {one.choice: one for one in influences(values, places, choices)}
    total = ((values - values.mean()) ** 2).sum()
    assert found["x"].eta2 == pytest.approx(6 * 25 / total)
    assert found["x"].eta2 + found["y"].eta2 == pytest.approx(1)
    assert dict(found["y"].levels) == pytest.approx({"c": 5, "d": 6, "e": 7})
    nothing = influences(np.ones(6), places, choices)
    assert [one.eta2 for one in nothing] == [0, 0]


def test_conclusions_are_shares_of_universes(dataset):
    found = multiverse(dataset, Settings(min_group=10))
    assert found.tau[0] == pytest.approx(1)
    assert found.conclusions[0].by_default
    first = found.models[found.leader[0]]
    assert found.conclusions[0].text == f"{first} leads"
    assert found.conclusions[0].share == pytest.approx((found.leader == found.leader[0]).mean())
    assert sum(part for _, part in found.leaders) == pytest.approx(1)
    assert sum(one.eta2 for one in found.influences) <= 1 + 1e-9
    assert found.n_distinct < len(found.tau)
    languages = next(one for one in found.choices if one.name == "language")
    assert languages.levels == ("all", "en only")
    assert "The release marks no balanced subset." in found.not_forks


def test_a_planted_difference_between_groups_holds_in_every_universe(dataset):
    # PRISM's demographics come first; without its gender the study's own questions are asked.
    own = replace(dataset, people=dataset.people.drop("gender"))
    found = multiverse(own, Settings(min_group=10))
    assert found.claim is not None
    assert "(region)" in found.claim.text
    assert np.nanmax(found.claim.p) < 0.05
    assert found.conclusions[-2].share == 1
    same = found.claim.low[0] < found.claim.estimate[0] < found.claim.high[0]
    assert same


def test_people_who_give_one_score_to_all_are_straight_liners():
    turn = np.repeat(np.arange(6), 3)
    score = np.where(np.isin(turn, (0, 1, 4)), 50.0, np.tile([1.0, 2.0, 3.0], 6))
    ratings = Ratings(
        score=score, model=np.tile([0, 1, 2], 6), person=np.repeat([0, 0, 1, 1, 2, 2], 3),
        turn=turn, opening=np.ones(18, bool), models=("a", "b", "c"), subsets={}, languages={},
        people={},
    )  # fmt: skip
    assert straight_liners(ratings).tolist() == [True, False, False]


def test_a_universe_without_an_order_says_so_and_counts_apart():
    everywhere = np.ones(8, bool)
    few = np.array([True] * 4 + [False] * 4)
    ratings = Ratings(
        score=np.array([60, 40, 30, 70, 80, 20, 10, 90.0]),
        model=np.array([0, 1, 0, 1, 1, 2, 2, 0]), person=np.repeat(np.arange(4), 2),
        turn=np.repeat(np.arange(4), 2), opening=everywhere, models=("a", "b", "c"),
        subsets={"all": everywhere, "few": few}, languages={"all": everywhere},
        people={"everybody": everywhere},
    )  # fmt: skip
    found = orders(ratings, choices_of(ratings, methods=("mean_score", "win_rate")))
    result = conclude(found, ratings, None)
    gone = np.isnan(result.tau)
    assert gone.any()
    assert (result.leader[gone] == -1).all()
    assert result.conclusions[0].n_unknown == gone.sum()
