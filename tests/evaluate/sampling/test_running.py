"""A run from its configuration to a study that people can be given."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from tests.evaluate.sampling.samples import PROMPTS, config_file, plain_report
from tests.evaluate.test_generating import Scripted
from tests.real_data import needs_real_data, real

from manyvoices.collect.trees.arriving_documents import read_reports
from manyvoices.design import load_study
from manyvoices.evaluate.generating import FILE
from manyvoices.evaluate.sampling import Config, SamplingOutcome, lines, read_report, run
from manyvoices.evaluate.sampling.config import PromptsConfig
from manyvoices.evaluate.sampling.errors import SameModelTwice, UnknownSampling
from manyvoices.evaluate.sampling.prompts import read_prompts
from manyvoices.io import FaultLog
from manyvoices.llm.port import FailureKind
from manyvoices.train.config import read_config
from manyvoices.train.errors import ConfigError

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
GERMAN = "Das ist eine ganz gewöhnliche Antwort in deutscher Sprache, und sie ist lang genug."


class OasstResult(BaseModel):
    """As Open-Assistant's reader declares it, our own words for the published fields."""

    sampling_config: str
    sampling_params: dict[str, Any]
    outputs: list[str]


class OasstPrompt(BaseModel):
    prompt: str
    results: list[OasstResult]


class OasstReport(BaseModel):
    model_name: str
    date: str
    args: dict[str, Any]
    prompts: list[OasstPrompt]


def ran(folder: Path, **more: Any) -> SamplingOutcome:
    return run(read_config(config_file(folder, **more), Config), now=NOW)


def row(found: SamplingOutcome, model: str, sampling: str) -> dict[str, Any]:
    return next(
        r for r in found.results["rows"] if (r["model"], r["sampling"]) == (model, sampling)
    )


def test_personas_are_asked_and_oassts_reader_takes_each_report(tmp_path: Path) -> None:
    found = ran(tmp_path)
    for name in ("plain", "essay"):
        text = (tmp_path / "out" / "reports" / f"{name}_sampling.json").read_text()
        report = OasstReport.model_validate_json(text)
        assert [one.prompt for one in report.prompts] == PROMPTS
        shape = [(r.sampling_config, len(r.outputs)) for r in report.prompts[0].results]
        assert shape == [("sampled", 2), ("greedy", 1)]
        assert report.prompts[0].results[1].sampling_params["do_sample"] is False
        assert report.date == NOW.isoformat()
    assert row(found, "plain", "sampled")["n_outputs"] == 6
    words = row(found, "plain", "sampled")["measures"]["words"]
    assert words["low"] <= words["value"] <= words["high"]
    assert row(found, "plain", "sampled")["outcomes"]["answered"] == 6


def test_a_study_of_trees_takes_the_reports_as_replies_to_rank(tmp_path: Path) -> None:
    ran(tmp_path)
    log = FaultLog()
    paths = sorted((tmp_path / "out" / "reports").iterdir())
    trees = list(read_reports(paths, log, configs=["greedy"]))
    log.raise_if_any()
    assert [arriving.tree.prompt.text for arriving in trees] == PROMPTS
    assert all(len(arriving.tree.prompt.replies) == 2 for arriving in trees)


def test_two_models_of_like_names_have_a_file_each(tmp_path: Path) -> None:
    models = [{"id": name, "provider": "scripted", "persona": "plain"} for name in ("a/b", "A_b")]
    found = ran(tmp_path, models=models)
    assert found.results["reports"] == ["a_b_sampling.json", "A_b-2_sampling.json"]
    for name, model in zip(found.results["reports"], ("a/b", "A_b"), strict=True):
        assert read_report(tmp_path / "out" / "reports" / name).model_name == model


def test_a_local_model_that_was_just_made_answers(tmp_path: Path, tiny_policy: Path) -> None:
    models = [{"id": "mine", "provider": "local", "folder": str(tiny_policy), "max_tokens": 8}]
    found = ran(tmp_path, models=models, samplings=[{"name": "hot", "temperature": 1.0}])
    one = row(found, "mine", "hot")
    assert one["n_outputs"] == 6
    assert one["measures"]["cut_off"]["value"] > 0.5  # it has not learned to stop
    assert one["measures"]["words"]["n"] > 0


def test_beams_reach_a_local_model_and_what_would_be_lost_is_refused(
    tmp_path: Path, tiny_policy: Path
) -> None:
    models = [{"id": "mine", "provider": "local", "folder": str(tiny_policy), "max_tokens": 6}]
    beams = {"name": "beam3", "temperature": 0, "samples": 2, "extra": {"num_beams": 3}}
    found = ran(tmp_path, models=models, samplings=[{"name": "greedy", "temperature": 0}, beams])
    assert row(found, "mine", "beam3")["measures"]["same"]["value"] == 1.0
    report = read_report(tmp_path / "out" / "reports" / "mine_sampling.json")
    assert report.prompts[0].results[1].sampling_params["num_beams"] == 3
    samplings = [{"name": "odd", "extra": {"mirostat": 2}}]
    with pytest.raises(ConfigError, match="mirostat in odd, which a local model is not given"):
        read_config(config_file(tmp_path, models=models, samplings=samplings), Config)


def test_no_path_of_the_machine_stands_in_a_report(tmp_path: Path) -> None:
    ran(tmp_path)
    text = (tmp_path / "out" / "reports" / "plain_sampling.json").read_text()
    assert str(tmp_path) not in text


def test_what_was_asked_once_is_not_asked_again_even_under_another_name(tmp_path: Path) -> None:
    ran(tmp_path)
    before = (tmp_path / "out" / FILE).read_bytes()
    renamed = [
        {"name": "hot", "temperature": 1.0, "top_p": 0.95},
        {"name": "greedy", "temperature": 0},
    ]
    found = ran(tmp_path, samplings=renamed)
    assert (tmp_path / "out" / FILE).read_bytes() == before
    assert row(found, "plain", "hot")["outcomes"]["answered"] == 6


def test_each_failure_has_a_column_and_never_a_text(tmp_path: Path) -> None:
    said = {
        "fine": "This is a perfectly ordinary answer, and it is long enough.",
        "slow": FailureKind.TIMEOUT,
        "mute": FailureKind.EMPTY,
        "foreign": GERMAN,
        "broken": FailureKind.MALFORMED,
    }
    models = [{"id": name, "provider": "scripted", "persona": "plain"} for name in said]
    config = read_config(
        config_file(tmp_path, models=models, samplings=[{"name": "one"}], samples=1), Config
    )
    found = run(config, now=NOW, build=lambda spec: Scripted(spec, said, []))
    for name, outcome in (
        ("slow", "timeout"), ("mute", "empty"), ("foreign", "other_language"), ("broken", "failed"),
    ):  # fmt: skip
        assert row(found, name, "one")["outcomes"][outcome] == 3
        report = read_report(tmp_path / "out" / "reports" / f"{name}_sampling.json")
        more = report.prompts[0].results[0].manyvoices
        assert more is not None
        assert more.outcomes == [outcome]
        assert report.prompts[0].results[0].outputs == [GERMAN if name == "foreign" else ""]
    assert row(found, "slow", "one")["measures"]["empty"]["value"] == 1.0
    assert row(found, "foreign", "one")["measures"]["other_language"]["value"] == 1.0
    shown = found.results["rows"]
    assert [r["model"] for r in shown] == list(said)


def study(folder: Path, out: Path) -> Path:
    """A study that compares what a run left."""
    for name in ("prompts.jsonl", "outputs.jsonl"):
        (folder / name).write_bytes((out / name).read_bytes())
    (folder / "consent.md").write_text("# Consent\n\nYou read answers and say which is better.\n")
    document = {
        "manyvoices": 1,
        "id": "side-by-side",
        "title": "Which answer is better?",
        "languages": ["en"],
        "stages": [
            {"consent": {"text": "consent.md", "minimum_age": 18, "withdrawal_days": 14}},
            {
                "comparisons": {
                    "source": "outputs",
                    "prompts": "prompts.jsonl",
                    "outputs": "outputs.jsonl",
                    "count": 3,
                }
            },
        ],
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_a_study_of_comparisons_takes_the_outputs_of_the_named_sampling(tmp_path: Path) -> None:
    found = ran(tmp_path, study={"sampling": {"plain": "greedy"}})
    assert found.results["outputs_from"] == {"plain": "greedy", "essay": "sampled"}
    folder = tmp_path / "study"
    folder.mkdir()
    read = load_study(study(folder, tmp_path / "out"))
    stage = read.stages[-1]
    assert {output.model for output in stage.outputs} == {"plain", "essay"}  # type: ignore[union-attr]
    again = read_prompts(PromptsConfig(path=folder))
    assert [one.text for one in again] == PROMPTS
    assert {one.language for one in again} == {"en"}


def test_reports_of_others_are_compared_without_asking_anybody(tmp_path: Path) -> None:
    for name in ("a/one", "b/two"):
        (tmp_path / f"{name[0]}.json").write_text(json.dumps(plain_report(name)))
    found = ran(tmp_path, prompts=None, models=[], reports=["a.json", "b.json"])
    assert row(found, "a/one", "greedy")["outcomes"]["empty"] == 2
    assert row(found, "a/one", "k50")["measures"]["self_bleu"]["n"] == 2
    records = (tmp_path / "out" / "outputs.jsonl").read_text().splitlines()
    assert {json.loads(line)["model"] for line in records} == {"a/one", "b/two"}
    assert list(lines(found))


def test_a_model_twice_and_an_unknown_sampling_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(plain_report("plain")))
    with pytest.raises(SameModelTwice, match="plain twice"):
        ran(tmp_path, reports=["a.json"])
    with pytest.raises(UnknownSampling, match=r"found beam5, expected one of plain's"):
        ran(tmp_path, study={"sampling": "beam5"})


def test_a_wrong_configuration_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    for more, wanted in (
        ({"models": [], "prompts": None}, "models to ask, or reports to read"),
        ({"prompts": None}, "prompts that the models are asked"),
        ({"samplings": [{"name": "a"}, {"name": "b"}]}, "two with equal parameters"),
    ):
        with pytest.raises(ConfigError, match=wanted):
            read_config(config_file(tmp_path, **more), Config)


def test_what_was_never_seen_on_three_prompts_may_still_happen(tmp_path: Path) -> None:
    refusals = row(ran(tmp_path), "plain", "greedy")["measures"]["refusal"]
    assert (refusals["value"], refusals["low"]) == (0.0, 0.0)
    assert refusals["high"] == pytest.approx(0.56, abs=0.01)  # Wilson, 0 of 3


def test_a_reward_model_scores_every_output(tmp_path: Path, saved: Path) -> None:
    found = ran(tmp_path, reward={"path": str(saved), "max_length": 128})
    score = row(found, "essay", "greedy")["measures"]["reward"]
    assert score["n"] == 3
    assert score["low"] <= score["value"] <= score["high"]


def test_toxicity_comes_from_whoever_is_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(plain_report()))
    row_of = {"text": "a/small-model says one thing.", "scores": {"toxicity": 0.25}}
    (tmp_path / "scores.jsonl").write_text(json.dumps(row_of) + "\n")
    more: dict[str, Any] = {"reports": ["a.json"], "toxicity": {"file": "scores.jsonl"}}
    found = ran(tmp_path, prompts=None, models=[], **more)
    toxicity = row(found, "a/small-model", "k50")["measures"]["toxicity"]
    assert (toxicity["value"], toxicity["n"]) == (0.25, 2)


def test_the_folder_of_a_training_run_means_the_model_in_it(tmp_path: Path) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "model" / "config.json").write_text("{}")
    models = [{"id": "mine", "provider": "local", "folder": "run"}]
    config = read_config(config_file(tmp_path, models=models), Config)
    assert config.models[0].folder == str(tmp_path / "run" / "model")


@needs_real_data
def test_the_three_published_reports_stand_side_by_side(tmp_path: Path) -> None:
    name = "oasst/2023-03-01_theblackcat102_pythia-{}-deduped-sft_sampling.json"
    paths = [str(real(name.format(size))) for size in ("1b", "3b", "12b")]
    found = ran(tmp_path, prompts=None, models=[], reports=paths, study={"sampling": "k50"})
    assert found.results["n_prompts"] == 100
    assert len(found.results["rows"]) == 12
    assert sum(r["n_outputs"] for r in found.results["rows"]) == 2100
    for one in found.results["rows"]:
        # Beam search says the same twice, sampling does not; greedy decoding repeats itself.
        measures = one["measures"]
        if one["sampling"] == "beam5":
            assert measures["self_bleu"]["low"] > 0.3
        if one["sampling"] == "k50":
            assert measures["self_bleu"]["high"] < 0.06
            assert measures["repeated"]["high"] < 0.01
        if one["sampling"] == "greedy":
            assert measures["repeated"]["low"] > 0.05
