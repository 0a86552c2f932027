"""Small runs of PPO, shared by its tests and by the processes that they start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.train.made import message, tree

from manyvoices.io.oasst import write_trees
from manyvoices.train.config_ppo import PpoConfig

QUESTIONS = (
    "Why is the sky blue?",
    "How do I cook rice?",
    "Write a poem about the sea.",
    "What is a prime number?",
    "Say something.",
    "Tell me more about it, please.",
    "Where do rivers begin?",
    "Who are you?",
)


def written(folder: Path) -> Path:
    """Eight trees with one question and one answer each."""
    path = folder / "trees.jsonl"
    if not path.exists():
        answer = "It is so."
        write_trees(
            [tree(message(f"P{i}", q, message(f"a{i}", answer))) for i, q in enumerate(QUESTIONS)],
            path,
        )
    return path


def settings(folder: Path, name: str = "run", **more: Any) -> PpoConfig:
    """Three rounds of 8 replies of at most 6 tokens, two updates in each; `more` is merged in."""
    plain: dict[str, Any] = {
        "data": {"path": str(written(folder)), "split": {"share": 0}},
        "model": {"tiny": {"hidden": 32, "layers": 2, "heads": 4, "vocab": 288}},
        "out": str(folder / name),
        "reward": {"builtin": "share", "arguments": {"text": "e"}, "scale": 4.0},
        "optim": {"lr": 3e-3, "batch_size": 8, "max_length": 64, "max_steps": 6},
        "generate": {"max_new_tokens": 6, "top_p": 1.0},
        "rollouts": 8,
        "ppo_epochs": 2,
        "samples": {"every": 1, "number": 2},
    }
    return PpoConfig.model_validate(_merged(plain, more))


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both = {**one, **other}
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(one.get(name), dict) and name != "reward":
            both[name] = _merged(one[name], value)
    return both


def lucky_byte(_prompts: Sequence[Any], replies: Sequence[str]) -> list[float]:
    """Four times the share of a reply's characters that are the letter ``z``."""
    return [4.0 * reply.count("z") / max(len(reply), 1) for reply in replies]


class Scripted:
    """A generator whose replies are of 1, 3, 4 and 6 tokens in turn; those of 6 have no end."""

    def __call__(self, asked: Sequence[Any]) -> list[Any]:
        from manyvoices.train.ppo.rollouts import Written

        replies = []
        for i, one in enumerate(asked):
            length = (1, 3, 4, 6)[i % 4]
            ids = [10 + (one.seed + 7 * t) % 200 for t in range(length)]
            if length < 6:
                ids[-1] = 0
            replies.append(Written(tuple(ids), "z" * (i % 5) + "abc", length < 6))
        return replies


def scripted_rounds(config: PpoConfig, generator: Any, reward: Any = lucky_byte) -> Any:
    """(rounds, actors, tokenizer) on tiny models, with `noise` to shake weights with."""
    import torch

    from manyvoices.train.distributed import here
    from manyvoices.train.models import load_model
    from manyvoices.train.ppo.prompts import encoded_prompts
    from manyvoices.train.ppo.rounds import Rounds
    from manyvoices.train.ppo.training import build_actors
    from manyvoices.train.views import Prompt, Turn

    prompts = [Prompt((Turn("prompter", q),), str(i), "en") for i, q in enumerate(QUESTIONS)]
    policy, tokenizer, format = load_model(config.model, QUESTIONS)
    place = here("cpu")
    actors, reference = build_actors(config, policy, tokenizer, place)
    items = encoded_prompts(prompts, tokenizer, format, config).items
    rounds: Any = Rounds(config, items, generator, reward, reference, place, pad=1)
    rounds.noise = torch.Generator().manual_seed(0)
    return rounds, actors, tokenizer


def farthest(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference between two sets of weights."""
    assert set(one) == set(other)
    return max(float((one[name] - other[name]).abs().max()) for name in one)
