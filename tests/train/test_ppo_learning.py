"""PPO on a bandit: what is paid becomes more frequent, and the policy does not run away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.ppo_runs import scripted_rounds, settings  # noqa: E402

from manyvoices.train.metrics_log import read_metrics  # noqa: E402
from manyvoices.train.ppo import run  # noqa: E402
from manyvoices.train.ppo.errors import KlExploded  # noqa: E402
from manyvoices.train.ppo.generation import LocalGenerator  # noqa: E402


def rounds_of(out: Path) -> list[dict[str, Any]]:
    return [line for line in read_metrics(out / "metrics.jsonl") if "score" in line]


def mean(lines: list[dict[str, Any]], name: str) -> float:
    return sum(line[name] for line in lines) / len(lines)


def test_the_reward_rises_and_the_kl_comes_to_its_target(tmp_path: Path) -> None:
    """A letter that one token in 288 is pays up to 4; the target is 6 nats per reply.

    The best policy at KL 6 writes the letter about every third time (score 1.2).
    """
    config = settings(
        tmp_path,
        reward={"function": "tests.train.ppo_runs:lucky_byte"},
        optim={"lr": 0.01, "max_steps": 576},
        rollouts=32,
        ppo_epochs=4,
        clip=0.2,
        value_clip=0.2,
        kl={"coef": 0.15, "target": 6.0, "horizon": 300, "stop": 20.0},
        samples={"every": 0},
    )
    run(config)
    lines = rounds_of(config.out)
    assert len(lines) == 36
    assert mean(lines[:4], "score") < 0.1
    assert mean(lines[-8:], "score") > 0.8
    assert lines[0]["kl"] == 0
    assert 4 < mean(lines[-8:], "kl") < 9
    assert max(line["kl"] for line in lines) < 20
    assert mean(lines[-8:], "explained_variance") > 0.3, "the critic learns what to expect"


def test_a_policy_that_runs_away_is_stopped_and_its_last_checkpoint_is_whole(
    tmp_path: Path,
) -> None:
    config = settings(
        tmp_path,
        optim={"lr": 0.05, "max_steps": 40},
        kl={"coef": 0.0, "target": None, "stop": 1.0},
        save_every=1,
    )
    with pytest.raises(KlExploded, match=r"kl.stop is 1 .*Lower optim.lr") as caught:
        run(config)
    assert caught.value.round > 0
    from transformers import AutoModelForCausalLM

    newest = sorted((config.out / "checkpoints").iterdir())[-1]
    AutoModelForCausalLM.from_pretrained(newest / "model")


def test_weights_that_are_no_numbers_end_the_run_with_a_name(tmp_path: Path) -> None:
    rounds, actors, tokenizer = scripted_rounds(settings(tmp_path), None)
    rounds.generator = LocalGenerator(
        actors, tokenizer, rounds.config.generate, stop=0, pad=1, batch_size=8
    )
    with torch.no_grad():
        actors.policy.get_output_embeddings().weight.fill_(float("nan"))
    with pytest.raises(KlExploded, match="the mean KL per reply to the reference is nan"):
        rounds.at(next(iter(rounds.parts(0, 0, 1))), actors)


@pytest.mark.parametrize(
    "more",
    [
        {"critic": {"body": "own"}},
        {"model": {"lora": {"r": 4, "alpha": 8, "dropout": 0.1}}},
        {"model": {"tiny": {"family": "neox"}, "format": "chatml"}},
        {"model": {"activation_checkpointing": True}},
    ],
    ids=["own-critic", "lora", "neox-chatml", "checkpointing"],
)
def test_every_kind_of_actor_starts_at_the_reference_and_moves(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    config = settings(tmp_path, eval_every=2, data={"split": {"share": 0.25}}, **more)
    result = run(config)
    lines = rounds_of(config.out)
    assert lines[0]["kl"] == pytest.approx(0, abs=1e-5)
    assert lines[0]["ratio"] == pytest.approx(1, abs=1e-5)
    assert abs(lines[-1]["kl"]) > 1e-3
    assert result.metrics["eval_replies"] == 2
    assert len(json.loads((config.out / "data.json").read_text())["data_hash"]) == 64


def test_adapters_name_the_model_they_belong_to_and_load_with_it(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    config = settings(tmp_path, model={"lora": {"r": 4}})
    folder = run(config).model
    assert folder is not None
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert any("lora" in name for name, _ in model.named_parameters())
    assert AutoTokenizer.from_pretrained(folder).chat_template


@pytest.mark.parametrize("algorithm", ["grpo", "rloo"])
def test_trls_trainers_take_our_prompts_reward_and_checkpoints(
    tmp_path: Path, algorithm: str
) -> None:
    pytest.importorskip("trl")
    config = settings(
        tmp_path,
        algorithm=algorithm,
        group_size=4,
        optim={"max_steps": None, "epochs": 0.5, "lr": 1e-3},
        generate={"top_p": 0.9},
        save_every=2,
        eval_every=2,
        data={"split": {"share": 0.25}},
    )
    result = run(config)
    lines = read_metrics(config.out / "metrics.jsonl")
    # Half of 6 prompts, 4 replies to each, 8 replies a round: 2 rounds of 2 passes.
    assert max(line["step"] for line in lines) == 4
    assert sum("reward" in line for line in lines) == 2, "one line per round tells the reward"
    assert [line["step"] for line in lines if "eval_score" in line] == [2, 4]
    from transformers import AutoModelForCausalLM

    assert result.model is not None
    AutoModelForCausalLM.from_pretrained(result.model)
    assert [p.name for p in sorted((config.out / "checkpoints").iterdir())] == [
        "step-00000002",
        "step-00000004",
    ]
