"""From a release to heads on disk, and from there to rewards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.real_data import needs_real_data
from tests.train.made import data, example_tree
from tests.train.tasteful import WORDS, write_tasteful

from manyvoices.io.oasst import write_trees
from manyvoices.train.config import read_config
from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.errors import AlreadyTrained, ConfigError, ResumeRefused
from manyvoices.train.personal import run
from manyvoices.train.personal.data import people_data
from manyvoices.train.personal.errors import (
    FeaturesFixed,
    HeadsUnreadable,
    NoRatersError,
    TooFewPeople,
)
from manyvoices.train.personal.saved import PersonalModel, reward
from manyvoices.train.results import RunResult
from manyvoices.train.views import ReplyGroup, Turn, read_views

LONG, SHORT = " ".join(WORDS * 4), " ".join(WORDS[:5])
ASKED = [(Turn("prompter", "Tell me of rivers."),)] * 2


def config(release: Path, out: Path, **more: Any) -> PersonalConfig:
    plain = {
        "data": {"path": str(release)},
        "out": str(out),
        "features": {"components": 12},
        "heads": {"directions": [1, 2], "l2": [10.0], "survey_l2": [5.0], "folds": 2},
        "survey": {"groups": ["gender"]},
        "evaluation": {"resamples": 200, "shots": [0, 4], "draws": 2},
    }
    return PersonalConfig.model_validate(plain | more)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tasteful(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def made(release: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(config(release, tmp_path_factory.mktemp("made") / "out", store_people=True))


def test_a_run_finds_what_divides_women_and_men(made: RunResult) -> None:
    found = json.loads((made.out / "evaluation.json").read_text())
    assert found["people"] == {"seen": 48, "unseen": 12, "rankings": 360}
    assert found["chosen"]["k"] == 2
    survey = next(point for point in found["unseen"]["points"] if point["name"] == "survey")
    assert survey["difference"]["low"] > 0.1
    assert survey["accuracy"]["value"] > 0.7
    assert found["by_group"][0]["question"] == "gender"
    assert made.metrics["directions"] == 2


def test_the_folder_holds_what_it_says(made: RunResult) -> None:
    names = {path.name for path in made.out.iterdir()}
    assert {"README.md", "config.json", "data.json", "disagreement.jsonl"} <= names
    card = (made.out / "README.md").read_text()
    for words in ("48 people were learnt from, 12 held out", "## Privacy", "people.npz", "Female"):
        assert words in card
    lines = (made.out / "disagreement.jsonl").read_text().splitlines()
    spreads = [json.loads(line)["spread"] for line in lines]
    assert len(lines) == 360
    assert spreads == sorted(spreads, reverse=True)
    with np.load(made.out / "model" / "people.npz", allow_pickle=False) as people:
        assert people["mean"].shape == (60, 1)


def test_rewards_are_of_whom_they_are_for(made: RunResult) -> None:
    assert made.model is not None
    model = PersonalModel.load(made.model)
    women, men = (model.weights_of({"gender": name}) for name in ("Female", "Male"))
    for_women = model.reward_for(women)(ASKED, [LONG, SHORT])
    for_men = model.reward_for(men)(ASKED, [LONG, SHORT])
    assert for_women[0] > for_women[1]
    assert for_men[0] < for_men[1]
    folder = str(made.model)
    by_group = reward(ASKED, [LONG, SHORT], folder=folder, rule="groups", question="gender")
    assert by_group.shape == (2, 2)
    least = reward(ASKED, [LONG, SHORT], folder=folder, rule="minimum", question="gender")
    np.testing.assert_allclose(least, by_group.min(axis=1))
    with pytest.raises(ValueError, match="expected mean, minimum, quantile or groups"):
        reward(ASKED, [LONG, SHORT], folder=folder, rule="median")


def test_the_cautious_reward_is_below_the_mean_by_the_spread(made: RunResult) -> None:
    assert made.model is not None
    model = PersonalModel.load(made.model)
    mean, sd = model.distribution(ASKED, [LONG, SHORT])
    assert (sd > 0).all()
    np.testing.assert_allclose(model.cautious(ASKED, [LONG, SHORT]), mean - 1.2815515655446 * sd)


def test_a_few_rankings_tell_of_a_person_without_a_survey(made: RunResult) -> None:
    assert made.model is not None
    model = PersonalModel.load(made.model)
    said = [ReplyGroup(ASKED[0], (SHORT, LONG), (0, 1), None, f"t{i}", "en") for i in range(3)]
    unknown, told = model.weights_of({}), model.weights_of({}, said)
    apart = [float(np.diff(model.reward_for(w)(ASKED, [SHORT, LONG]))[0]) for w in (unknown, told)]
    assert apart[1] < apart[0] - 0.5


def test_resuming_gives_the_same_heads_and_another_configuration_is_refused(
    release: Path, made: RunResult
) -> None:
    same = config(release, made.out, store_people=True)
    with pytest.raises(AlreadyTrained):
        run(same)
    before = (made.out / "model" / "heads.npz").read_bytes()
    again = run(same, resume=True)
    assert (again.out / "model" / "heads.npz").read_bytes() == before
    with pytest.raises(ResumeRefused, match="seed: 0 then, 4 now"):
        run(config(release, made.out, store_people=True, seed=4), resume=True)


def test_without_store_people_nobody_s_weights_are_kept(release: Path, tmp_path: Path) -> None:
    few = {"directions": [2], "l2": [10.0], "survey_l2": [5.0], "folds": 2}
    result = run(config(release, tmp_path / "out", model={"embedder": "lsa"}, heads=few))
    assert result.model is not None
    assert not (result.model / "people.npz").exists()
    text = (
        "".join(p.read_text() for p in result.out.rglob("*.json*"))
        + (result.out / "README.md").read_text()
    )
    assert '"user' not in text.replace('"user0-', "").split('"tree_id"')[0]
    with pytest.raises(FeaturesFixed, match="places the texts of their own run only"):
        PersonalModel.load(result.model)


def test_a_decoder_s_features_go_through_and_come_back(release: Path, tmp_path: Path) -> None:
    tiny = {"tiny": {"hidden": 16, "layers": 1, "heads": 2, "vocab": 300}}
    few = {"path": str(release), "max_examples": 120}
    one = {"directions": [1], "l2": [10.0], "folds": 2}
    result = run(config(release, tmp_path / "out", model=tiny, data=few, heads=one))
    assert result.model is not None
    found = PersonalModel.load(result.model).reward()(ASKED, [LONG, SHORT])
    assert np.isfinite(found).all()


def test_no_torch_is_needed_but_for_a_decoder(release: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from manyvoices.train.config_personal import PersonalConfig\n"
        "from manyvoices.train.personal import run\n"
        "run(PersonalConfig.model_validate_json(sys.argv[1]))\n"
        "sys.exit('torch' in sys.modules)"
    )
    one = {"directions": [1], "l2": [10.0], "folds": 2}
    plain = config(release, tmp_path / "out", heads=one).model_dump_json()
    assert subprocess.run([sys.executable, "-c", code, plain], check=False).returncode == 0


def test_rankings_of_nobody_and_too_few_people_are_named(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "trees.jsonl"
    write_trees([example_tree()], path)
    with pytest.raises(NoRatersError, match="holds 1 rankings and none says whose it is"):
        run(config(path, tmp_path / "a"))
    few = {"path": str(release), "max_examples": 6}
    with pytest.raises(TooFewPeople, match=r"\d people rated, at least 10 are needed"):
        run(config(release, tmp_path / "b", data=few))
    with pytest.raises(HeadsUnreadable, match="holds no personal heads"):
        PersonalModel.load(tmp_path)


def test_no_conversation_is_on_both_sides(release: Path) -> None:
    settings = config(release, Path("out")).data
    found = people_data(read_views(settings), settings.split, held_out=0.34, seed=0, where="x")
    asked = {g.tree_id for g, there in zip(found.groups, found.asked, strict=True) if there}
    known = {g.tree_id for g, there in zip(found.groups, found.asked, strict=True) if not there}
    assert not asked & known
    assert len(asked) == 2 * 60
    assert found.unseen.sum() == 12
    again = people_data(read_views(data(release)), settings.split, held_out=0.34, seed=0, where="x")
    np.testing.assert_array_equal(found.asked, again.asked)


def test_all_faults_of_a_configuration_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "data: {path: x, split: {by: tree}}\nmodel: {embedder: words, path: y}\nout: o\n"
        "heads: {margin_scale: 0.1}\nfeatures: {k: 3}\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, PersonalConfig)
    text = str(caught.value)
    for words in ("embedder and path", "likelihood: pairs", "split.by", "features.k"):
        assert words in text
    path.write_text("data: {path: x}\nout: o\noptim: {lr: 0.1}\n")
    with pytest.raises(ConfigError, match="optim with lr"):
        read_config(path, PersonalConfig)


@needs_real_data
def test_the_synthetic_prism_goes_through(tmp_path: Path) -> None:
    """A twentieth of it, with a planted liking for length, which everybody shares."""
    from benchmarks.synthetic_prism import Planted, write_planted

    write_planted(tmp_path / "prism", Planted(points_per_100_chars=6.0), share=0.05)
    result = run(config(tmp_path / "prism", tmp_path / "out"))
    found = json.loads((result.out / "evaluation.json").read_text())
    assert found["seen"]["pooled"]["accuracy"]["low"] > 0.6
    for point in (*found["seen"]["points"], *found["unseen"]["points"]):
        assert point["difference"]["low"] <= 0.01
        assert point["difference"]["high"] >= -0.01
