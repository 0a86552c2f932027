"""Scale use: equal to plain loops, planted habits found, groups that do not differ left alone."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scale_use import person_habits, scale_use, score_habits
from manyvoices.analyse.scale_use.turns import interactions, turn_rows
from manyvoices.analyse.settings import Settings

DRAWN = Settings(resampling=Resampling(n_resamples=60))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    plan = Plan(n_people=90, n_turns=3, p_failed=0.1, p_unrated=0.05)
    return read_dataset(write_release(tmp_path_factory.mktemp("made-up"), plan))


def plain(dataset: Dataset) -> list[tuple[str, int, list[float]]]:
    """(person, turn, scores) of every interaction, by a loop."""
    found: dict[str, tuple[str, int, list[float]]] = {}
    for row in dataset.utterances.iter_rows(named=True):
        if row["score"] is not None:
            kept = found.setdefault(row["interaction_id"], (row["user_id"], row["turn"], []))
            kept[2].append(row["score"])
    return list(found.values())


def test_each_interaction_has_the_mean_range_and_spread_of_its_scores(dataset: Dataset) -> None:
    shown, rows = interactions(dataset), plain(dataset)
    assert len(shown.mean) == len(rows)
    assert shown.mean == pytest.approx([np.mean(scores) for _, _, scores in rows])
    several = [max(s) - min(s) if len(s) > 1 else np.nan for _, _, s in rows]
    assert shown.range == pytest.approx(several, nan_ok=True)
    spread = [np.std(s, ddof=1) if len(s) > 1 else np.nan for _, _, s in rows]
    assert shown.sd == pytest.approx(spread, nan_ok=True)


@pytest.mark.parametrize("part", ["openers", "continuers"])
def test_habits_are_means_over_a_persons_interactions(dataset: Dataset, part) -> None:
    habit, rows = person_habits(interactions(dataset), part, (1, 100)), plain(dataset)
    for row, user in enumerate(habit.users):
        mine = [s for u, turn, s in rows if u == user and (turn == 0) == (part == "openers")]
        means = [np.mean(s) for s in mine]
        ranges = [max(s) - min(s) for s in mine if len(s) > 1]
        if not means:
            assert np.isnan(habit.centrality[row])
            continue
        assert habit.centrality[row] == pytest.approx(np.mean(means))
        assert habit.distance[row] == pytest.approx(abs(np.mean(means) - 50.5))
        if ranges:
            assert habit.expressivity[row] == pytest.approx(np.mean(ranges))


def test_the_middle_of_the_scale_is_prisms_fifty_only_where_asked(dataset: Dataset) -> None:
    shown = interactions(dataset)
    ours, theirs = (
        person_habits(shown, "openers", (1, 100), compat=compat) for compat in (None, "prism")
    )
    known = ~np.isnan(ours.centrality)
    assert theirs.distance[known] == pytest.approx(np.abs(ours.centrality[known] - 50))


def test_turns_count_people_and_conversations_that_got_so_far(dataset: Dataset) -> None:
    rows = turn_rows(dataset, interactions(dataset), DRAWN.resampling)
    lengths = dataset.conversations.select("user_id", "conversation_turns").rows()
    for row in rows:
        long = [user for user, n in lengths if n >= row.turn]
        assert (row.n_people, row.n_conversations) == (len(set(long)), len(long))
        assert row.n_ended == sum(n == row.turn for _, n in lengths)
        mean = [np.mean(s) for _, turn, s in plain(dataset) if turn == row.turn - 1]
        assert row.mean.mean == pytest.approx(np.mean(mean))
        assert row.mean.low <= row.mean.mean <= row.mean.high


def test_normalised_scores_have_mean_nothing_and_each_score_is_counted(dataset: Dataset) -> None:
    raw, openers, everything = score_habits(dataset, DRAWN).histograms
    assert raw.n == dataset.utterances["score"].drop_nulls().len() == raw.counts.sum()
    assert everything.mean == pytest.approx(0, abs=1e-9)
    assert openers.mean != pytest.approx(0, abs=1e-9)
    assert everything.counts.sum() == everything.n


def test_later_turns_bunch_more_where_two_answers_of_one_model_are_rated(dataset: Dataset) -> None:
    contrast = {one.what: one for one in score_habits(dataset, DRAWN).contrasts}
    assert contrast["Mean range"].high < 0
    assert contrast["Mean score"].low > 0
    one = contrast["Mean range"]
    assert one.difference == pytest.approx(one.continuers - one.openers)


def test_small_groups_are_hidden_and_who_would_not_say_is_in_none(dataset: Dataset) -> None:
    fields = {field.column: field for field in score_habits(dataset, DRAWN).fields}
    gender = fields["gender"]
    assert {group.label for group in gender.groups} == {"Female", "Male"}
    assert [label for label, _ in gender.hidden] == ["Non-binary"]
    assert all(group.n_people >= 20 for group in gender.groups)
    sizes = [group.n_people for group in gender.groups]
    assert sizes == sorted(sizes, reverse=True)
    assert gender.p_centrality > 0.05


def test_a_group_that_scores_higher_is_found(dataset: Dataset) -> None:
    women = dataset.people.filter(pl.col("gender") == "Female")["user_id"]
    raised = dataset.utterances.with_columns(
        score=pl.when(pl.col("user_id").is_in(women.implode()))
        .then((pl.col("score") + 25).clip(1, 100))
        .otherwise(pl.col("score"))
    )
    fields = score_habits(replace(dataset, utterances=raised), DRAWN).fields
    gender = next(field for field in fields if field.column == "gender")
    assert gender.p_centrality < 0.001
    by_name = {group.label: group for group in gender.groups}
    assert by_name["Female"].centrality.low > by_name["Male"].centrality.high


def test_a_release_without_scores_says_so(dataset: Dataset) -> None:
    empty = replace(dataset, utterances=dataset.utterances.clear())
    with pytest.raises(NotEnough, match="Nobody rated"):
        scale_use(empty, DRAWN)


def test_both_halves_are_pickled_for_the_cache(dataset: Dataset) -> None:
    result = scale_use(dataset, DRAWN)
    again = pickle.loads(pickle.dumps(result))
    assert again.scores.turns == result.scores.turns
    assert again.attributes.order == result.attributes.order
