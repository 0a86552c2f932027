"""Paying replies and describing a run of PPO: rewards, configuration, bad input."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.ppo_runs import (  # noqa: E402
    QUESTIONS,
    Scripted,
    lucky_byte,
    scripted_rounds,
    settings,
)

from manyvoices.train.config import read_config  # noqa: E402
from manyvoices.train.config_ppo import (  # noqa: E402
    PpoConfig,
    RewardSource,
)
from manyvoices.train.errors import ConfigError, EmptySplitError  # noqa: E402
from manyvoices.train.ppo import run  # noqa: E402
from manyvoices.train.ppo.errors import RewardUnusable  # noqa: E402
from manyvoices.train.ppo.rewards import Fair, ModelReward, reward_of, share_of  # noqa: E402
from manyvoices.train.views import Turn  # noqa: E402

CPU = torch.device("cpu")


# Rewards


def prompt(n: int) -> list[tuple[Turn, ...]]:
    return [(Turn("prompter", "Why?"),)] * n


def test_groups_are_folded_by_mean_minimum_or_quantile() -> None:
    def by_group(_prompts: Any, replies: Sequence[str]) -> Any:
        return torch.tensor([[0.0, 1.0, 5.0]]).repeat(len(replies), 1)

    assert Fair(by_group, "mean")(prompt(2), ["a", "b"]).tolist() == [2, 2]
    assert Fair(by_group, "min")(prompt(1), ["a"]).tolist() == [0]
    assert Fair(by_group, "quantile", 0.25)(prompt(1), ["a"]).tolist() == [0.5]
    assert Fair(by_group, "mean", scale=0.5)(prompt(1), ["a"]).tolist() == [1]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (lambda p, r: [1.0], "gave 1 for 2 replies"),
        (lambda p, r: 3.0, "gave a single number for 2 replies"),
        (lambda p, r: [1.0, float("nan")], "the reward of reply 1 is nan"),
    ],
)
def test_a_reward_that_is_no_number_per_reply_is_refused(scores: Any, message: str) -> None:
    with pytest.raises(RewardUnusable, match=message):
        Fair(scores)(prompt(2), ["a", "b"])


def test_built_in_rewards_count_what_they_say(tmp_path: Path) -> None:
    _, _, tokenizer = scripted_rounds(settings(tmp_path), Scripted())

    def scores(**source: Any) -> list[float]:
        return reward_of(RewardSource(**source), tokenizer, CPU)(prompt(2), ["eel", ""]).tolist()

    assert scores(builtin="length") == [3, 0]
    assert scores(builtin="tokens") == [3, 0]
    assert scores(builtin="share", arguments={"text": "e"}) == pytest.approx([2 / 3, 0])
    assert share_of("ee")([], ["eel"]) == pytest.approx([2 / 3])
    place = "tests.train.ppo_runs:lucky_byte"
    assert scores(function=place) == lucky_byte([], ["eel", ""])


@pytest.mark.parametrize("place", ["no.such.module:f", "tests.train.ppo_runs:absent"])
def test_a_function_that_is_not_there_is_named(place: str, tmp_path: Path) -> None:
    with pytest.raises(RewardUnusable, match=r"reward.function names .*, which cannot be imported"):
        reward_of(RewardSource(function=place), None, CPU)


def test_our_reward_model_pays_what_it_scores(tmp_path: Path) -> None:
    from manyvoices.train.config import ModelConfig, TinyConfig
    from manyvoices.train.reward.model import load_reward_model

    model, tokenizer, format = load_reward_model(
        ModelConfig(tiny=TinyConfig(hidden=32, vocab=288)), QUESTIONS, seed=3
    )
    model.save_pretrained(tmp_path / "rm")
    tokenizer.save_pretrained(tmp_path / "rm")
    reward = ModelReward(tmp_path / "rm", CPU, batch_size=2)
    turns, replies = prompt(3), ["Because.", "No.", "I do not know that at all."]
    paid = reward(turns, replies)
    rows = [
        format.encode((*t, Turn("assistant", r)), tokenizer).ids
        for t, r in zip(turns, replies, strict=True)
    ]
    with torch.no_grad():
        assert paid.tolist() == pytest.approx(model(rows).tolist(), abs=1e-5)
    folder = str(tmp_path / "rm")
    config = settings(tmp_path, reward={"model": folder}, critic={"body": "own", "path": folder})
    lines = run(config).metrics
    assert abs(float(str(lines["score"]))) > 0


def test_a_folder_without_a_reward_model_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(RewardUnusable, match=r"reward.model: there is no folder .*nowhere"):
        ModelReward(tmp_path / "nowhere", CPU)


# Configuration and data


def test_the_defaults_are_the_papers_configuration(tmp_path: Path) -> None:
    c = PpoConfig.model_validate(
        {
            "data": {"path": "x"},
            "model": {"path": "y"},
            "out": "z",
            "reward": {"builtin": "length"},
            "optim": {"max_steps": 10_000},
        }
    )
    assert (c.optim.lr, c.optim.betas, c.optim.schedule) == (1e-6, (0.9, 0.95), "constant")
    assert (c.kl.coef, c.kl.target, c.kl.horizon) == (0.1, 6.0, 10_000)
    assert (c.gamma, c.lam, c.clip, c.value_clip, c.value_coef) == (1.0, 0.95, 0.4, 0.4, 1.0)
    assert (c.ppo_epochs, c.score_clip, c.rollouts, c.optim.batch_size) == (4, 4.0, 16, 1)
    g = c.generate
    assert (g.max_new_tokens, g.top_p, g.temperature) == (512, 0.7, 1.0)


def test_all_faults_of_a_configuration_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ppo.yaml"
    path.write_text(
        "data: {path: x}\nmodel: {tiny: {}}\nout: o\nreward: {builtin: share}\n"
        "kl: {coeff: 1}\ngenerate: {top_p: 2}\ncritic: {path: c}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        read_config(path, PpoConfig)
    text = str(caught.value)
    for line, place in ((4, "reward"), (5, "kl"), (6, "generate.top_p"), (7, "critic")):
        assert f"ppo.yaml:{line}: {place}" in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"generate": {"max_new_tokens": 64}}, "so that prompts have room"),
        ({"algorithm": "grpo", "group_size": 3}, "a multiple of group_size"),
        ({"reward": {"builtin": "length", "function": "a:b"}}, "exactly one of them"),
        (
            {"generate": {"server": {"url": "http://a/v1", "model": "m", "lora_name": "l"}}},
            "model.lora, whose adapters are sent",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        settings(tmp_path, **more)


def test_long_prompts_lose_their_beginning_and_a_line_says_how_much(tmp_path: Path) -> None:
    told: list[str] = []
    config = settings(
        tmp_path, optim={"max_length": 20, "max_steps": 2}, generate={"max_new_tokens": 5}
    )
    run(config, progress=lambda log: told.append(log.text) if log.kind == "note" else None)
    assert told[0].startswith("8 prompts of at most 15 tokens; 6 were longer and lost their first")


def test_without_prompts_there_is_nothing_to_ask(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    config = settings(tmp_path, data={"path": str(path)})
    path.write_text(
        json.dumps({"messages": [{"role": "assistant", "content": "I speak first."}]}) + "\n",
        encoding="utf-8",
    )
    with pytest.raises(EmptySplitError):
        run(config)


def test_a_round_asks_the_next_prompts_of_an_endless_row(tmp_path: Path) -> None:
    config = settings(tmp_path, rollouts=6)
    rounds, _, _ = scripted_rounds(config, Scripted())
    asked = [a for number in range(4) for a in rounds._asked(number)]
    texts = [a.turns[0].text for a in asked]
    assert [Counter(texts[i : i + 8]) for i in (0, 8, 16)] == [Counter(QUESTIONS)] * 3
    assert len({a.seed for a in asked}) == len(asked)
    assert texts[:8] != texts[8:16]
