"""``manyvoices evaluate reward``: known accuracies, baselines, groups of people, and faults."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.analyse.releases import Plan, write_release
from tests.real_data import REAL, real
from tests.train.made import message, tree
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from manyvoices import cli  # noqa: E402
from manyvoices.evaluate.config_reward import RewardEvaluationConfig  # noqa: E402
from manyvoices.evaluate.errors import (  # noqa: E402
    NoGroupsError,
    NoRewardHead,
    ScoreNotFinite,
    UnknownProperty,
)
from manyvoices.evaluate.reward import RewardResult, run  # noqa: E402
from manyvoices.io.oasst import write_trees  # noqa: E402
from manyvoices.train.config import ModelConfig, TinyConfig, read_config  # noqa: E402
from manyvoices.train.errors import ConfigError, ModelFolderError  # noqa: E402
from manyvoices.train.models import load_model  # noqa: E402
from manyvoices.train.views import Turn  # noqa: E402


def config(saved: Path, data: Path | dict[str, Any], out: Path, **more: Any) -> Any:
    sets = data if isinstance(data, dict) else {"made": {"path": data}}
    plain = {"model": {"path": saved}, "data": sets, "part": "all", "resamples": 200, "out": out}
    return RewardEvaluationConfig(**{**plain, **more})


def model_scores(reward_model: Any, prompt: str, replies: list[str]) -> list[float]:
    """Rows of whole conversations: not how the evaluation scores, which packs trees."""
    model, tokenizer, format = reward_model
    with torch.no_grad():
        rows = [
            format.encode([Turn("prompter", prompt), Turn("assistant", r)], tokenizer).ids
            for r in replies
        ]
        scores: list[float] = model.eval()(rows).tolist()
    return scores


def planted(reward_model: Any, path: Path, wrong: int, n: int = 40, k: int = 2) -> Path:
    """`n` trees whose people agree with the model, but in the first `wrong`, where they say the
    opposite; every second tree is German."""
    rng = random.Random(0)
    trees = []
    for i in range(n):
        prompt = f"Question {i}?"
        replies = [" ".join(rng.choices(["sky", "sea", "light"], k=3 + r)) for r in range(k)]
        scores = model_scores(reward_model, prompt, replies)
        assert len(set(scores)) == k
        order = sorted(range(k), key=lambda r: scores[r], reverse=i >= wrong)
        lang = "de" if i % 2 else "en"
        answers = [
            message(f"a{i}-{r}", reply, rank=order.index(r), lang=lang)
            for r, reply in enumerate(replies)
        ]
        trees.append(tree(message(f"P{i}", prompt, *answers, lang=lang)))
    write_trees(trees, path)
    return path


@pytest.fixture(scope="module")
def found(reward_model: Any, saved: Path, tmp_path_factory: pytest.TempPathFactory) -> RewardResult:
    """40 trees of which the model is wrong on 10."""
    folder = tmp_path_factory.mktemp("planted")
    data = planted(reward_model, folder / "trees.jsonl", wrong=10)
    return run(config(saved, data, folder / "out"))


def test_a_model_that_people_agree_with_in_three_of_four_trees_has_that_accuracy(
    found: RewardResult,
) -> None:
    model = found.results["model"]
    for name in ("all_pairs", "all_pairs_by_group", "best_worst", "top_1"):
        assert model[name]["value"] == 0.75
        assert model[name]["low"] < 0.75 < model[name]["high"]
    assert model["tau_b"]["value"] == pytest.approx(0.5)
    assert model["all_pairs"]["n"] == model["n_clusters"] == 40


def test_results_stand_by_data_set_and_language(found: RewardResult) -> None:
    by = found.results["model"]["by"]
    assert by["data set"]["made"]["all_pairs"]["value"] == 0.75
    assert set(by["language"]) == {"de", "en"}
    assert by["language"]["de"]["n_groups"] == 20


def test_baselines_are_judged_on_the_same_groups(found: RewardResult) -> None:
    rows = [json.loads(line) for line in (found.out / "groups.jsonl").read_text().splitlines()]
    sizes = [row["characters"] for row in rows]  # best reply first
    longer = [(best > last) + 0.5 * (best == last) for best, last in sizes]
    assert found.results["longer"]["all_pairs"]["value"] == pytest.approx(sum(longer) / 40)
    assert found.results["random"]["all_pairs"]["value"] == 0.5
    assert found.results["random"]["top_1"]["value"] == 0.5
    assert "log_loss" not in found.results["longer"]


def test_best_of_two_pairs_is_the_accuracy(found: RewardResult) -> None:
    two = found.results["best_of"]["2"]
    assert two["beaten"]["model"]["value"] == 0.75
    assert two["beaten"]["gain"]["value"] == 0.25
    assert two["place"]["model"]["value"] == 1.25
    assert set(found.results["best_of"]) == {"2"}  # no group is larger


def test_rows_hold_scores_and_no_texts(found: RewardResult) -> None:
    lines = (found.out / "groups.jsonl").read_text().splitlines()
    assert len(lines) == 40
    assert "Question" not in "".join(lines)
    right = [row["scores"][0] > row["scores"][1] for row in map(json.loads, lines)]
    assert sum(right) == 30


def test_the_table_names_all_three_and_how_it_was_measured(found: RewardResult) -> None:
    text = (found.out / "README.md").read_text()
    assert "| all pairs | 0.750 (" in text
    assert "95% intervals over 200 resamples of whole trees" in text
    assert "## By language" in text
    assert "## Best of n" in text
    assert json.loads((found.out / "results.json").read_text())["model"]["n_groups"] == 40


def test_padded_rows_give_the_same_as_packed_trees(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=2, n=8, k=4)
    tree_way = run(config(saved, data, tmp_path / "a"))
    rows_way = run(config(saved, data, tmp_path / "b", packing={"mode": "rows"}, batch_size=3))
    for one, other in (("all_pairs", 0.75), ("top_1", 0.75), ("best_worst", 0.75)):
        assert tree_way.results["model"][one]["value"] == other
        assert rows_way.results["model"][one]["value"] == other
    assert set(tree_way.results["best_of"]) == {"2", "3", "4"}
    assert tree_way.results["best_of"]["4"]["place"]["model"]["value"] == (6 * 1 + 2 * 4) / 8


def with_head(saved: Path, folder: Path, value: float) -> Path:
    """The saved model with every weight of its head set to `value`."""
    from safetensors.torch import load_file, save_file

    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = load_file(folder / "model.safetensors")
    weights["score.weight"].fill_(value)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_head_of_zeros_ties_everything_and_is_right_half_of_the_time(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    folder = with_head(saved, tmp_path / "model", 0.0)
    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=3, n=6)
    model = run(config(folder, data, tmp_path / "out")).results["model"]
    assert [model["all_pairs"][name] for name in ("value", "low", "high")] == [0.5, 0.5, 0.5]
    assert model["log_loss"]["value"] == pytest.approx(0.6931, abs=1e-4)
    assert model["brier"]["value"] == 0.25
    assert model["tau_b"]["n"] == 0


def test_scores_that_are_no_numbers_are_an_error_that_names_the_tree(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    folder = with_head(saved, tmp_path / "model", float("nan"))
    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=0, n=2)
    with pytest.raises(ScoreNotFinite, match="made/P"):
        run(config(folder, data, tmp_path / "out", packing={"mode": "rows"}))


def test_only_what_the_split_holds_out_is_judged_and_several_data_sets_stand_apart(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=0, n=20)
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(
        "".join(
            json.dumps({"prompt": f"Q {i}", "chosen": "A long good answer.", "rejected": "No."})
            + "\n"
            for i in range(4)
        )
    )
    sets = {
        "trees": {"path": data, "split": {"share": 0.25}},
        "pairs": {"path": pairs, "split": {"share": 0.5}},
    }
    result = run(config(saved, sets, tmp_path / "out", part="test")).results
    by = result["model"]["by"]["data set"]
    assert {name: row["n_groups"] for name, row in by.items()} == {"trees": 5, "pairs": 2}
    assert by["trees"]["all_pairs"]["value"] == 1
    assert result["longer"]["by"]["data set"]["pairs"]["all_pairs"]["value"] == 1


def prism_row(i: int) -> dict[str, Any]:
    """An opening with four replies that one person scored."""
    turns: list[dict[str, Any]] = [
        {"turn": 0, "role": "user", "content": f"Question {i}?"},
        *(
            {
                "turn": 0,
                "role": "model",
                "content": f"Answer {k} " + "word " * k,
                "model_name": f"model-{k}",
                "model_provider": "made",
                "score": 20 * (k + 1),
                "if_chosen": k == 3,
                "within_turn_id": k,
            }
            for k in range(4)
        ),
    ]
    return {
        "conversation_id": f"c{i}",
        "user_id": f"user{i % 6}",
        "conversation_type": "unguided",
        "opening_prompt": f"Question {i}?",
        "conversation_turns": 1,
        "conversation_history": turns,
        "performance_attributes": {},
        "choice_attributes": {},
        "open_feedback": "",
        "generated_datetime": "2023-11-22 11:00:00",
        "timing_duration_s": 1.0,
        "timing_duration_mins": 0.1,
        "included_in_balanced_subset": True,
    }


def test_orders_of_people_are_reported_by_kind_and_resampled_by_person(
    saved: Path, tmp_path: Path
) -> None:
    data = tmp_path / "conversations.jsonl"
    data.write_text("".join(json.dumps(prism_row(i)) + "\n" for i in range(12)))
    more: dict[str, Any] = {"by": ("conversation_type",), "cluster": "rater"}
    result = run(config(saved, data, tmp_path / "out", **more)).results
    assert result["model"]["n_clusters"] == 6
    assert result["longer"]["all_pairs"]["value"] == 1
    assert result["model"]["by"]["conversation_type"]["unguided"]["n_groups"] == 12
    scores = result["best_of"]["2"]["score"]
    assert scores["random"]["value"] == 50
    assert scores["longer"]["value"] == scores["best"]["value"] == pytest.approx(80 - 40 / 3)


def test_a_release_is_judged_by_its_raters_survey_answers(saved: Path, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=6, n_simulated=0, p_failed=0.0))
    more: dict[str, Any] = {"by": ("region", "turn"), "cluster": "rater", "best_of": 6}
    result = run(config(saved, folder, tmp_path / "out", **more)).results
    by = result["model"]["by"]
    assert len(by["region"]) > 1
    assert sum(row["n_groups"] for row in by["region"].values()) <= result["model"]["n_groups"]
    assert set(by["turn"]) == {"opening", "continuation"}
    assert result["model"]["n_clusters"] == 6
    assert set(result["best_of"]) == {"2", "3", "4"}
    assert "## By region" in (tmp_path / "out" / "README.md").read_text()


def test_battles_of_an_arena_are_judged_as_pairs(saved: Path, tmp_path: Path) -> None:
    def talk(n: int, answer: str) -> list[dict[str, str]]:
        asked = {"role": "user", "content": f"Question {n}?"}
        return [asked, {"role": "assistant", "content": answer}]

    rows = [
        {
            "battle_id": f"b{n}",
            "model_a": "x",
            "model_b": "y",
            "winner": "model_a" if n % 4 else "model_b",
            "conversation_a": talk(n, "A long answer with words."),
            "conversation_b": talk(n, "No."),
        }
        for n in range(8)
    ]
    data = tmp_path / "battles.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run(config(saved, data, tmp_path / "out")).results
    assert result["model"]["all_pairs"]["n"] == 8
    assert result["longer"]["all_pairs"]["value"] == 0.75


def test_a_property_that_nothing_has_is_named_with_those_there_are(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    data = planted(reward_model, tmp_path / "trees.jsonl", wrong=0, n=2)
    with pytest.raises(UnknownProperty, match="nothing here has age"):
        run(config(saved, data, tmp_path / "out", by=("age",)))


def test_data_without_ranked_replies_are_refused(saved: Path, tmp_path: Path) -> None:
    write_trees([tree(message("P", "Why?", message("a", "So.")))], tmp_path / "t.jsonl")
    with pytest.raises(NoGroupsError, match="holds no ranked replies"):
        run(config(saved, tmp_path / "t.jsonl", tmp_path / "out"))


def test_a_language_model_without_a_head_is_refused_before_the_data_is_read(
    tmp_path: Path,
) -> None:
    tiny = TinyConfig(hidden=32, layers=1, vocab=512)
    model, tokenizer, _ = load_model(ModelConfig(tiny=tiny), ["some words"])
    model.save_pretrained(tmp_path / "lm")
    tokenizer.save_pretrained(tmp_path / "lm")
    with pytest.raises(NoRewardHead, match="LlamaForCausalLM without the head"):
        run(config(tmp_path / "lm", tmp_path / "no-such-file", tmp_path / "out"))
    with pytest.raises(ModelFolderError, match="there is no folder"):
        run(config(tmp_path / "nowhere", tmp_path / "no-such-file", tmp_path / "out"))


def test_all_faults_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "evaluate.yaml"
    path.write_text(
        "model: {path: m, format: alpaca}\n"
        "data:\n  trees: {path: t.jsonl, langauges: [en]}\n"
        "best_of: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, RewardEvaluationConfig)
    text = str(caught.value)
    assert "evaluate.yaml:1: model.format: found 'alpaca', expected one of oasst, chatml" in text
    assert "evaluate.yaml:3: data.trees.langauges" in text
    assert "did you mean languages?" in text
    assert "best_of" in text
    assert "the key out" in text


def test_holding_nothing_out_and_judging_what_is_held_out_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "evaluate.yaml"
    path.write_text(
        "model: {path: m}\ndata: {trees: {path: t.jsonl, split: {share: 0}}}\nout: o\npart: test\n"
    )
    with pytest.raises(
        ConfigError, match=r"part: found test, while data\.trees\.split\.share is 0"
    ):
        read_config(path, RewardEvaluationConfig)


def invoke(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, list(map(str, words)), prog_name="manyvoices"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_the_command_line_runs_from_file_to_table(
    reward_model: Any, saved: Path, tmp_path: Path
) -> None:
    planted(reward_model, tmp_path / "trees.jsonl", wrong=2, n=8)
    plain = {
        "model": {"path": str(saved)},
        "data": {"made": {"path": "trees.jsonl"}},
        "part": "all",
        "resamples": 50,
        "out": "found",
    }
    file = tmp_path / "evaluate.yaml"
    file.write_text(yaml.safe_dump(plain))
    code, shown, _ = invoke("evaluate", "reward", file)
    assert code == 0
    assert "0.750" in shown
    assert (tmp_path / "found" / "README.md").exists()
    code, shown, _ = invoke("evaluate", "reward", file, "--json")
    assert code == 0
    assert json.loads(shown)["model"]["all_pairs"]["value"] == 0.75


def test_the_command_line_tells_faults_by_exit_code(saved: Path, tmp_path: Path) -> None:
    assert invoke("evaluate", "reward", tmp_path / "missing.yaml")[0] == 1
    code, _, told = invoke("evaluate", "horoscope", tmp_path / "missing.yaml")
    assert code == 2
    assert "'reward'" in told
    file = tmp_path / "evaluate.yaml"
    file.write_text(f"model: {{path: {saved}}}\ndata: {{t: {{path: no.jsonl}}}}\nout: o\n")
    code, _, told = invoke("evaluate", "reward", file)
    assert code == 1
    assert "no.jsonl" in told


@pytest.mark.skipif(REAL is None, reason="the real data is not here: ../shared/data")
def test_real_trees_and_real_pairs_go_through(saved: Path, tmp_path: Path) -> None:
    sets = {
        "oasst": {"path": real("oasst/en_100_tree.jsonl")},
        "hh": {"path": real("preferences/hh_harmless_600.jsonl"), "max_examples": 40},
    }
    result = run(
        config(saved, sets, tmp_path / "out", model={"path": saved, "max_length": 512})
    ).results
    by = result["model"]["by"]["data set"]
    assert by["hh"]["n_groups"] == 40
    assert by["oasst"]["n_groups"] > 190
    # Random weights know nothing; people's order of OASST's replies follows their length a little.
    whole = result["model"]["all_pairs"]
    assert whole["low"] < whole["value"] < whole["high"]
    assert "4" in result["best_of"]
