"""Two releases side by side: what differs is found, what does not is not, and nothing is paired
that does not belong together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.analyse.releases import QUALITIES, Plan, write_release

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.methods import fit
from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.comparison import ReleaseComparison, compare_releases
from manyvoices.analyse.comparison_scores import scores_apart
from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.canvas import render as draw
from manyvoices.report.drawn import draw_chapter
from manyvoices.report.sections.comparison import CHAPTER

DRAWN = Resampling(n_resamples=200)
OTHER = {"birch": 60.0, "alder": 30.0, "cedar": 50.0, "elm": 70.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("releases")
    write_release(made / "one", Plan(n_people=60, p_failed=0))
    write_release(made / "alike", Plan(n_people=60, p_failed=0, seed=99))
    write_release(made / "other", Plan(n_people=60, p_failed=0, seed=3, qualities=OTHER))
    return made


@pytest.fixture(scope="module")
def one(folder: Path) -> Dataset:
    return read_dataset(folder / "one")


def compare(one: Dataset, other: Path | None) -> ReleaseComparison:
    return compare_releases(one, Settings(resampling=DRAWN, compare=other))


@pytest.fixture(scope="module")
def other(one: Dataset, folder: Path) -> ReleaseComparison:
    return compare(one, folder / "other")


def test_a_model_whose_quality_changed_is_beyond_noise(other: ReleaseComparison) -> None:
    assert other.ranks is not None
    assert [place.model for place in other.ranks.places] == ["alder", "birch", "cedar"]
    alder = other.ranks.places[0]
    assert alder.apart
    assert alder.rank == (1, 3)
    assert alder.low > 0
    assert other.ranks.tau < 0
    assert other.scores is not None
    found = {row.model: row for row in other.scores.models}
    assert found["alder"].low < QUALITIES["alder"] - OTHER["alder"] < found["alder"].high
    assert found["birch"].low < 0 < found["birch"].high


def test_two_releases_from_one_plan_do_not_differ(one: Dataset, folder: Path) -> None:
    found = compare(one, folder / "alike")
    assert found.ranks is not None
    assert found.ranks.tau == 1
    assert not any(place.apart for place in found.ranks.places)
    assert found.scores is not None
    assert found.scores.low < 0 < found.scores.high
    assert all(column.p_holm > 0.05 for column in found.people)


def test_scores_are_those_of_each_release_on_the_shared_models_alone(
    other: ReleaseComparison, folder: Path
) -> None:
    assert other.ranks is not None
    for side, name in enumerate(("one", "other")):
        rows = opening_battles(read_dataset(folder / name).table)
        shared = {"alder", "birch", "cedar"}
        kept = [row for row in rows if {row.model_a, row.model_b} <= shared]
        expected = fit(Battles.from_rows(kept), "rank_centrality")
        scores = dict(zip(expected.models, expected.scores, strict=True))
        for place in other.ranks.places:
            assert place.score[side] == pytest.approx(scores[place.model])
        assert other.ranks.n_battles[side] == len(kept)


def test_tau_is_scipys(other: ReleaseComparison) -> None:
    assert other.ranks is not None
    scores = np.array([place.score for place in other.ranks.places])
    expected = stats.kendalltau(scores[:, 0], scores[:, 1]).statistic
    assert other.ranks.tau == pytest.approx(expected)


def test_shares_of_scores_are_a_recount_and_add_up_to_one(
    one: Dataset, other: ReleaseComparison
) -> None:
    assert other.scores is not None
    low, high = other.scores.scale
    counts, _ = np.histogram(one.openers()["score"].to_numpy(), bins=10, range=(low, high))
    assert other.scores.ours.shares == pytest.approx(counts / counts.sum())
    assert other.scores.theirs.shares.sum() == pytest.approx(1)
    assert (other.scores.ours.shares_low <= other.scores.ours.shares).all()


def test_another_scale_is_stretched_to_ours(one: Dataset) -> None:
    words = replace(one.table.words, score_range=(0, 10))
    scores = (one.utterances["score"] - 1) / 99 * 10
    small = replace(
        one,
        table=replace(one.table, words=words),
        utterances=one.utterances.with_columns(score=scores),
    )
    found = scores_apart(one, small, DRAWN)
    assert found is not None
    assert found.rescaled
    assert found.difference == pytest.approx(0, abs=1e-9)


def test_the_difference_of_two_independent_means_has_the_width_of_a_t_interval() -> None:
    from manyvoices.analyse.comparison_scores import _difference

    one, two = (60.0, 58.0, 62.0), (50.0, 47.0, 53.0)
    gap, low, high = _difference(one, two)
    assert gap == 10
    assert (gap - low, high - gap) == (pytest.approx(np.hypot(2, 3)), pytest.approx(np.hypot(2, 3)))


def test_people_are_held_against_the_other_people_as_a_sample(other: ReleaseComparison) -> None:
    (gender,) = other.people
    assert gender.column == "Gender"
    assert gender.n_reference is not None
    assert 50 < gender.n_reference <= 60
    assert other.n_people_in_both == 60


def test_without_another_release_or_with_something_else_there_is_a_note(
    one: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(NotEnough, match="no other release"):
        compare(one, None)
    (tmp_path / "battles.jsonl").write_text("{}")
    with pytest.raises(NotEnough, match=r"battles\.jsonl is no release"):
        compare(one, tmp_path / "battles.jsonl")


def test_releases_without_shared_models_or_ratings_say_so(one: Dataset, tmp_path: Path) -> None:
    write_release(tmp_path / "far", Plan(n_people=5, qualities={"oak": 5.0, "yew": 9.0}))
    found = compare(one, tmp_path / "far")
    assert found.ranks is None
    assert "Fewer than two models" in " ".join(CHAPTER.render(found).notes)
    write_release(tmp_path / "mute", Plan(n_people=5, p_unrated=1))
    found = compare(one, tmp_path / "mute")
    assert found.scores is None
    assert "no rated opening turn" in " ".join(CHAPTER.render(found).notes)


def test_the_chapter_shows_all_of_it_and_draws_the_same_twice(other: ReleaseComparison) -> None:
    section = CHAPTER.render(other)
    names = [item.name for item in section.items]
    assert names == [
        *("comparison-sizes", "comparison-people", "comparison-leaderboards"),
        *("comparison-scores", "comparison-model-scores"),
    ]
    drawn = draw_chapter(CHAPTER, section)
    assert "alder" in drawn.items[2].title
    assert "Kendall’s tau" in drawn.in_short[0]
    figure = section.items[2].drawing
    assert figure is not None
    assert draw(figure) == draw(figure)
