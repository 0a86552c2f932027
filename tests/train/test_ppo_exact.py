"""PPO's update against plain loops, against other ways to cut a batch, and after interruptions."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.ppo_runs import (  # noqa: E402
    Scripted,
    farthest,
    lucky_byte,
    scripted_rounds,
    settings,
)

from manyvoices.train.metrics_log import read_metrics  # noqa: E402
from manyvoices.train.ppo import run  # noqa: E402
from manyvoices.train.ppo.rounds import Part  # noqa: E402
from manyvoices.train.ppo.stepping import PpoStep  # noqa: E402
from manyvoices.train.results import StepLog  # noqa: E402
from manyvoices.train.updates import Updater  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


# One update, written out


def one_reply(actors: Any, prompt: Sequence[int], reply: Sequence[int]) -> tuple[Any, Any, Any]:
    """Log-probabilities (n,), values (n + 1,) and entropies (n,) without padding or batches."""
    ids = torch.tensor([[*prompt, *reply]])
    out = actors.policy(input_ids=ids, output_hidden_states=True)
    first = len(prompt) - 1
    logs = out.logits[0].log_softmax(-1)[first:-1]
    chosen = torch.stack([logs[t, token] for t, token in enumerate(reply)])
    values = actors.head(out.hidden_states[-1][0, first:])[:, 0]
    return chosen, values, -(logs.exp() * logs).sum(-1)


def plain_update(config: Any, actors: Any, reference: Any, rows: list[Any], beta: float) -> float:
    """One update of PPO as the papers write it, reply by reply and token by token.

    Adam's first step is -lr * sign(g) up to eps; it is written out as well. Returns the loss.
    """
    advantages, returns, old_logs, old_values = [], [], [], []
    with torch.no_grad():
        for prompt, reply, score, ended in rows:
            logs, values, _ = one_reply(actors, prompt, reply)
            theirs, _, _ = one_reply(reference, prompt, reply)
            score = min(max(score, -config.score_clip), config.score_clip)
            score -= 0.0 if ended else config.no_end_penalty
            rewards = [-beta * float(a - b) for a, b in zip(logs, theirs, strict=True)]
            rewards[-1] += score
            advantage, following = [0.0] * len(reply), 0.0
            for t in reversed(range(len(reply))):
                after = float(values[t + 1]) if t + 1 < len(reply) else 0.0
                delta = rewards[t] + config.gamma * after - float(values[t])
                following = delta + config.gamma * config.lam * following
                advantage[t] = following
            advantages.append(advantage)
            returns.append([a + float(v) for a, v in zip(advantage, values, strict=False)])
            old_logs.append(logs.tolist())
            old_values.append(values.tolist())
    flat = [a for advantage in advantages for a in advantage]
    mean = sum(flat) / len(flat)
    spread = math.sqrt(sum((a - mean) ** 2 for a in flat) / (len(flat) - 1) + 1e-8)
    total = torch.zeros(())
    for i, (prompt, reply, _, _) in enumerate(rows):
        logs, values, entropies = one_reply(actors, prompt, reply)
        for t in range(len(reply)):
            ratio = (logs[t] - old_logs[i][t]).exp()
            a = (advantages[i][t] - mean) / spread
            bounded = ratio.clamp(1 - config.clip, 1 + config.clip)
            policy = torch.maximum(-a * ratio, -a * bounded)
            before = old_values[i][t]
            near = values[t].clamp(before - config.value_clip, before + config.value_clip)
            error = torch.maximum((values[t] - returns[i][t]) ** 2, (near - returns[i][t]) ** 2)
            total = total + policy + config.value_coef * 0.5 * error
            total = total - config.entropy_coef * entropies[t]
    loss = total / len(flat)
    loss.backward()
    with torch.no_grad():
        for parameter in actors.parameters():
            grad = parameter.grad
            if grad is not None:
                parameter -= config.optim.lr * grad / (grad.abs() + config.optim.eps)
    return float(loss.detach())


def test_one_update_equals_the_same_written_out_token_by_token(tmp_path: Path) -> None:
    config = settings(
        tmp_path,
        reward={"function": "tests.train.ppo_runs:lucky_byte"},
        optim={"lr": 1e-3, "clip": None, "eps": 1e-4, "max_steps": 1},
        ppo_epochs=1,
        entropy_coef=0.01,
        no_end_penalty=0.5,
        score_clip=1.0,
        value_coef=0.7,
    )
    rounds, actors, _ = scripted_rounds(config, Scripted())
    with torch.no_grad():  # a policy that has moved, so that the KL and the values are not 0
        for parameter in actors.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=rounds.noise)
    start, other = copy.deepcopy(actors), copy.deepcopy(actors)
    other.policy = copy.deepcopy(rounds.reference.model)
    updater = Updater(actors, config.optim, 1, rounds.place)
    update = updater.update(list(rounds.parts(0, 0, 1)), PpoStep(rounds, config))
    made = rounds.current
    assert update is not None
    assert made is not None
    assert {len(row.reply) for row in made.rows} == {1, 3, 4, 6}, "replies of unequal length"
    assert {row.ended for row in made.rows} == {True, False}
    rows = [(row.prompt, row.reply, row.score, row.ended) for row in made.rows]
    loss = plain_update(config, start, other, rows, config.kl.coef)
    assert update.loss == pytest.approx(loss, abs=1e-6)
    assert farthest(dict(actors.state_dict()), dict(start.state_dict())) < 2e-6
    assert made.metrics["kl"] != 0


def trained(folder: Path, name: str, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from safetensors.torch import load_file

    result = run(settings(folder, name, **more))
    assert result.model is not None
    return load_file(result.model / "model.safetensors"), read_metrics(result.out / "metrics.jsonl")


def test_how_a_mini_batch_is_cut_into_forward_passes_changes_nothing(tmp_path: Path) -> None:
    whole, lines = trained(tmp_path, "whole")
    parts, others = trained(
        tmp_path, "parts", optim={"batch_size": 3, "accumulate": 3}, generate={"batch_size": 5}
    )
    assert farthest(whole, parts) < 1e-5
    for one, other in zip(lines, others, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=1e-5)
        assert one["entropy"] == pytest.approx(other["entropy"], abs=1e-4)


# Interruptions


class StoppedError(Exception):
    """Stands for a machine that is switched off."""


@pytest.mark.parametrize("after", [2, 3])
def test_a_run_that_was_stopped_between_or_within_rounds_ends_as_one_that_was_not(
    tmp_path: Path, after: int
) -> None:
    more = {"save_every": 1, "kl": {"target": 1.0, "horizon": 50}}
    straight, lines = trained(tmp_path, "straight", **more)
    config = settings(tmp_path, "stopped", **more)

    def stop(log: StepLog) -> None:
        if log.kind == "saved" and log.step == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        run(config, progress=stop)
    run(config, resume=True)
    from safetensors.torch import load_file

    again = load_file(config.out / "model" / "model.safetensors")
    assert farthest(straight, again) == 0
    others = read_metrics(config.out / "metrics.jsonl")
    assert [line["step"] for line in others] == [1, 2, 3, 4, 5, 6]
    for one, other in zip(lines, others, strict=True):
        assert {k: v for k, v in one.items() if k != "seconds"} == {
            k: v for k, v in other.items() if k != "seconds"
        }
    samples = (config.out / "samples.jsonl").read_text().splitlines()
    assert [json.loads(line)["round"] for line in samples] == [0, 0, 1, 1, 2, 2]
    assert samples == (tmp_path / "straight" / "samples.jsonl").read_text().splitlines()


# Several processes


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left."""
    folder = tmp_path_factory.mktemp("together")
    settings(folder)  # writes the data before there are two who would
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    script = str(Path(__file__).with_name("ppo_of_several.py"))
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *words, script, str(folder)],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.mark.parametrize("kind", ["whole", "sharded"])
def test_two_processes_equal_one_on_the_same_round(
    together: Path, tmp_path: Path, kind: str
) -> None:
    from safetensors.torch import load_file

    facts = json.loads((together / "facts.json").read_text())
    assert facts["worlds"] == [2, 2], "torchrun did not start two processes"
    assert facts["sharded"] == [False] * 3 + [True] * 3, "three rounds each"
    alone, lines = trained(tmp_path, "alone")
    two = load_file(together / kind / "model" / "model.safetensors")
    assert farthest(alone, two) < 1e-4
    others = read_metrics(together / kind / "metrics.jsonl")
    for one, other in zip(lines, others, strict=True):
        assert one["tokens"] == other["tokens"]
        for name in ("loss", "grad_norm", "entropy", "approx_kl"):
            assert one[name] == pytest.approx(other[name], abs=1e-4), name
        if "score" in one:
            for name in ("score", "kl", "kl_coef", "reply_tokens", "ended"):
                assert one[name] == pytest.approx(other[name], abs=1e-4), name


def test_a_part_says_whether_a_round_begins_with_it() -> None:
    assert Part(3, 0, 0, 0).is_first
    assert not Part(3, 1, 0, 0).is_first
    assert lucky_byte([], ["zzaa"]) == [2.0]
