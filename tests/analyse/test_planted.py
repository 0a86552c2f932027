"""What was planted in a synthetic PRISM is found again in its files, within its interval.

A tenth of the release: 150 people, 816 conversations. See `benchmarks.synthetic.planted` for the
model of a score.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from benchmarks.synthetic.planted import TOPICS, Effect
from benchmarks.synthetic_prism import Planted, write_planted
from tests.real_data import needs_real_data

from manyvoices.aggregate.battles import Battles
from manyvoices.analyse.battles import opening_battles
from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.leaderboard import leaderboard
from manyvoices.analyse.multilevel import group_differences
from manyvoices.analyse.ranks.features import features_of
from manyvoices.analyse.ranks.openers import openers_of
from manyvoices.analyse.ranks.score_models import WITHIN, by_feature, score_models
from manyvoices.analyse.regression import ols
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.topics.chapter import TopicsResult, topics_of
from manyvoices.analyse.variance import disagreement
from manyvoices.analyse.welfare.experiment import people_of, study_welfare
from manyvoices.analyse.welfare.plan import plan_for
from manyvoices.analyse.welfare.tables import welfare_tables

pytestmark = needs_real_data

PLAN = Planted()
SEED = 4
LIKED = (("claude-2", 30.0), ("gpt-4", -30.0))
FEW = Settings(resampling=Resampling(n_resamples=50))
SETTINGS = Settings(resampling=Resampling(n_resamples=200), stability_seeds=0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("planted")
    write_planted(folder, PLAN, seed=SEED, share=0.1)
    return read_dataset(folder)


@pytest.fixture(scope="module")
def openers(dataset: Dataset) -> pl.DataFrame:
    """Rated answers of opening turns, with their person's gender."""
    people = dataset.people.select("user_id", "gender")
    return dataset.openers().join(people, on="user_id", how="left", maintain_order="left")


def test_the_same_seed_gives_the_same_files_and_a_plan_must_name_what_there_is(
    tmp_path: Path,
) -> None:
    for name in ("a", "b"):
        write_planted(tmp_path / name, seed=1, share=0.01)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    for plan, words in (
        (Planted(qualities={"gpt-99": 3.0}), "no model is called 'gpt-99'"),
        (Planted(group_models=(Effect("gender", "Elf", "gpt-4", 1.0),)), "nobody has 'Elf'"),
        (Planted(topic_effects=(Effect("gender", "Male", "chess", 2.0),)), "no topic 'chess'"),
    ):
        with pytest.raises(ValueError, match=words):
            write_planted(tmp_path / "c", plan, share=0.01)


def test_quality_taste_and_length_are_found_by_least_squares_within_people(
    openers: pl.DataFrame,
) -> None:
    model = openers["model"].to_numpy()
    women = (openers["gender"] == "Female").to_numpy()
    chars = openers["model_response"].str.len_chars().to_numpy() / 100
    planted = {
        **{
            f"quality of {name}": (model == name, points) for name, points in PLAN.qualities.items()
        },
        **{
            f"taste of women for {e.what}": (women & (model == e.what), e.size)
            for e in PLAN.group_models
        },
        "quality of claude-2": (model == "claude-2", 0.0),
        "length": (chars, PLAN.points_per_100_chars),
    }
    columns = np.column_stack([np.asarray(x, dtype=np.float64) for x, _ in planted.values()])
    people = openers["user_id"].to_numpy()
    fit = ols(columns, openers["score"].to_numpy(), cluster=people, absorb=people, level=0.99)
    for i, (name, (_, size)) in enumerate(planted.items()):
        assert fit.low[i, 0] < size < fit.high[i, 0], name
        if size:
            assert not fit.low[i, 0] < 0 < fit.high[i, 0], name


def test_the_leaderboard_has_the_planted_order(dataset: Dataset) -> None:
    battles = Battles.from_rows(opening_battles(dataset.table))
    board = leaderboard(battles, methods=("rank_centrality",), resampling=SETTINGS.resampling)
    (found,) = board.boards
    order = [row.model.rsplit("/", 1)[-1] for row in found.standings]
    assert order[0] == "gpt-4"
    assert order[-1] == "flan-t5-xxl"
    assert order.index("zephyr-7b-beta") < order.index("command-light")
    place = {row.model.rsplit("/", 1)[-1]: row for row in found.standings}
    assert place["flan-t5-xxl"].rank_low > 15
    assert place["gpt-4"].rank_high <= 3


def test_the_length_of_an_answer_moves_its_score_as_planted(dataset: Dataset) -> None:
    found = openers_of(dataset, tie_threshold=5)
    rows = dataset.openers()["model_response"]
    features = features_of(rows)
    models = {one.name: one for one in score_models(found, features, features)}
    (length,) = [e for n, e in by_feature(models[WITHIN]).items() if "len" in n or "char" in n]
    size = PLAN.points_per_100_chars / 100
    assert length.coef - 2.6 * length.se < size < length.coef + 2.6 * length.se
    assert length.low > 0


@pytest.fixture(scope="module")
def topics(dataset: Dataset) -> TopicsResult:
    pytest.importorskip("umap", reason="topics need the extra [topics]")
    pytest.importorskip("hdbscan", reason="topics need the extra [topics]")
    return topics_of(dataset, SETTINGS)


def test_the_planted_topics_are_the_topics_found(dataset: Dataset, topics: TopicsResult) -> None:
    texts = dataset.conversations["opening_prompt"].to_list()
    true = [next(t for t, words in TOPICS.items() if any(w in x for w in words)) for x in texts]
    pairs = Counter(zip(topics.labels.tolist(), true, strict=True))
    right = sum(max(pairs[n, t] for t in TOPICS) for n in range(len(topics.topics)))
    placed = int((topics.labels >= 0).sum())
    assert right > 0.95 * placed
    assert placed > 0.8 * len(texts)
    named = {t for t, words in TOPICS.items() for one in topics.topics if {*words} & {*one.words}}
    assert named == set(TOPICS)


def test_who_writes_on_a_topic_more_often_is_found_by_as_much_as_planted(
    dataset: Dataset, topics: TopicsResult
) -> None:
    garden = {n for n, one in enumerate(topics.topics) if {*TOPICS["garden"]} & {*one.words}}
    gender = next(one for one in topics.groups if one.column == "gender")
    woman = gender.levels.index("Female")
    talks = dataset.conversations.join(dataset.people, on="user_id", how="left")
    chances = [PLAN.shares(row)["garden"] for row in talks.iter_rows(named=True)]
    women = (talks["gender"] == "Female").to_numpy()
    expected = (np.array(chances)[women].sum() / np.sum(chances)) / women.mean()
    assert expected > 1.3
    for n in garden:
        assert gender.low[woman, n] < expected < gender.high[woman, n]
        assert gender.low[woman, n] > 1


def test_people_differ_in_their_mean_score_as_planted(dataset: Dataset) -> None:
    person = disagreement(dataset, SETTINGS).parts["person"]
    shifts = [PLAN.habits(user, SEED)[0] for user in dataset.openers()["user_id"].unique()]
    assert person.low < np.var(shifts, ddof=1) < person.high
    assert person.low > 0


def test_people_differ_in_how_much_of_the_scale_they_use_as_planted(openers: pl.DataFrame) -> None:
    used = (
        openers.group_by("user_id").agg(pl.col("score").std(), pl.len()).filter(pl.col("len") > 15)
    )
    spreads = [PLAN.habits(user, SEED)[1] for user in used["user_id"]]
    assert np.corrcoef(spreads, used["score"].to_numpy())[0, 1] > 0.6


def test_the_groups_taste_is_the_surest_difference_between_groups(dataset: Dataset) -> None:
    found = group_differences(dataset, SETTINGS)
    (planted,) = PLAN.group_models
    women = [e for e in found.effects if (e.group, e.model) == (planted.level, planted.what)]
    assert women
    assert women[0].low < planted.size < women[0].high
    assert women[0].false_sign < 0.01
    assert (found.effects[0].group, found.effects[0].model) == (planted.level, planted.what)
    assert all(e.q > 0.01 for e in found.effects if e.model != planted.what)


def test_what_the_others_lose_when_men_alone_choose_is_what_was_planted(tmp_path: Path) -> None:
    """Men like gpt-4 best (16 points), all others claude-2 (30), and each dislikes the other's.

    Together they choose zephyr-7b-beta (8) or one of the two; men alone choose gpt-4, which is
    worth 14 points less than nothing to the others: they lose 22 to 44.
    """
    others = ("Female", "Non-binary / third gender")
    taste = [Effect("gender", "Male", "claude-2", -20.0)]
    taste += [Effect("gender", g, m, x) for g in others for m, x in LIKED]
    write_planted(tmp_path, Planted(group_models=tuple(taste)), seed=SEED, share=0.08)
    dataset = read_dataset(tmp_path)
    gender = dataset.field("gender")
    assert gender is not None
    people = people_of(welfare_tables(dataset)[0], dataset.people)
    plan = plan_for(people, (gender,), min_group=20)
    result = study_welfare(dataset, FEW, plan=plan)
    measure = next(m for m in result.regions[0].measures if m.measure == "rating")
    best = {panel.label: panel.best_model for panel in measure.panels}
    (harm,) = measure.harms
    assert best[harm.minority] == "claude-2"
    assert harm.low < 44
    assert harm.high > 22
    assert harm.low > 0
    assert harm.p < 0.05
