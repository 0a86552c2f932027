"""A reward model's pass over ranked trees: TRL's pairs, Open-Assistant's rows, our packed trees.

    python -m benchmarks.reward_packing                 100 real trees, hidden 512 (15 CPU minutes)
    python -m benchmarks.reward_packing --trees 20      the first twenty
    python -m benchmarks.reward_packing --small         a minute's version, as the suite runs it
    python -m benchmarks.reward_packing --gpu           bf16 and flex_attention, 160M to 1B (a GPU)

Same model, same data, same loss (all pairs, mean in a group, then over groups), one forward and
backward pass over everything, in float32 and one thread on a CPU. Where an arm had a choice it was
given the kinder one: TRL's pairs go one by one through TRL's own collator and the model call and
formula of `RewardTrainer.compute_loss`, without the Trainer around them and without the padding
that its shuffled batches would add; nothing is dropped for its length (TRL would drop it).
Open-Assistant's groups go one by one, padded to their own longest reply. Arms take turns, ten
trees at a time, so that a busy machine is equally busy for all. What counts is CPU time.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from manyvoices.train.config import (
    DataConfig,
    FilterConfig,
    ModelConfig,
    TinyConfig,
)
from manyvoices.train.config_reward import LossConfig
from manyvoices.train.reward.batches import fill
from manyvoices.train.reward.lengths import TokenGroup, tokenise
from manyvoices.train.reward.losses import ranking_loss
from manyvoices.train.reward.model import RewardModel, load_reward_model
from manyvoices.train.reward.packing import Pack, divide, lay_out, n_tokens
from manyvoices.train.reward.pairs import compare
from manyvoices.train.reward.rows import Rows, flatten
from manyvoices.train.views import ReplyGroup, read_views

TREES = Path(__file__).resolve().parents[2] / "shared/data/oasst/en_100_tree.jsonl"
LOSS = LossConfig(regularise=0.0)
ARMS = ("TRL pairs", "OASST rows", "ours")
AIMS = {"TRL pairs": 2.5, "OASST rows": 1.3}
TURN = 10
"""Trees per turn."""
PYTHIA = {
    "160M": TinyConfig(family="neox", hidden=768, layers=12, heads=12, vocab=50304),
    "410M": TinyConfig(family="neox", hidden=1024, layers=24, heads=16, vocab=50304),
    "1B": TinyConfig(family="neox", hidden=2048, layers=16, heads=8, vocab=50304),
}
"""Pythia's shapes, with random weights: speed does not ask what they know."""

Scores = dict[tuple[int, int], float]
"""(group, reply) -> score."""


@dataclass
class Outcome:
    """What one arm did."""

    seconds: float = 0.0
    tokens: int = 0
    computed: int = 0
    """With padding."""
    memory: float = 0.0
    """Most above what the loaded model takes, MiB."""
    scores: Scores = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One forward and backward pass, ready to run."""

    run: Callable[[RewardModel], tuple[Tensor, Scores]]
    tokens: int
    computed: int


def groups_of(path: Path, n_trees: int | None) -> list[list[ReplyGroup]]:
    """Ranked groups by tree, synthetic ones included, as the facts counted them."""
    config = DataConfig(
        path=path, filters=FilterConfig(synthetic=True, unreviewed=True, deduplicate="none")
    )
    trees: dict[str, list[ReplyGroup]] = {}
    for group in read_views(config).groups():
        trees.setdefault(group.tree_id, []).append(group)
    return list(trees.values())[:n_trees]


def build(tiny: TinyConfig, trees: Sequence[Sequence[ReplyGroup]]) -> tuple[RewardModel, Any, Any]:
    texts: dict[str, None] = {}
    for tree in trees:
        for group in tree:
            texts |= {turn.text: None for turn in group.prefix} | dict.fromkeys(group.replies)
    return load_reward_model(ModelConfig(tiny=tiny), texts, seed=0)


# -- the arms ---------------------------------------------------------------------------------


def trl_calls(groups: Sequence[tuple[int, TokenGroup]], pad: int, per_call: int) -> Iterator[Call]:
    """Pairs of one group, `per_call` at a time, in TRL's collation."""
    from trl.trainer.reward_trainer import DataCollatorForPreference

    collate = DataCollatorForPreference(pad_token_id=pad)
    rows: list[tuple[dict[str, list[int]], float, tuple[int, int, int]]] = []
    for number, group in groups:
        prefix = [i for part in group.prefix for i in part]
        ranks = group.source.ranks
        n = len(ranks)
        pairs = [(i, j) for i in range(n) for j in range(n) if ranks[i] < ranks[j]]
        for i, j in pairs:
            ids = {
                "chosen_ids": [*prefix, *group.replies[i]],
                "rejected_ids": [*prefix, *group.replies[j]],
            }
            rows.append((ids, 1 / len(pairs), (number, i, j)))
    for at in range(0, len(rows), per_call):
        some = rows[at : at + per_call]
        inputs = collate([ids for ids, _, _ in some])
        weights = torch.tensor([weight for _, weight, _ in some])
        places = [place for _, _, place in some]

        def run(
            model: RewardModel,
            inputs: dict[str, Tensor] = inputs,
            weights: Tensor = weights,
            places: Sequence[tuple[int, int, int]] = places,
        ) -> tuple[Tensor, Scores]:
            device = model.device
            moved = {name: tensor.to(device) for name, tensor in inputs.items()}
            outputs = model.classifier(**moved, use_cache=False)
            chosen, rejected = torch.chunk(outputs.logits.squeeze(-1), chunks=2)
            loss = (weights.to(device) * -logsigmoid(chosen - rejected)).sum()
            scores: Scores = {}
            for k, (number, i, j) in enumerate(places):
                scores[number, i], scores[number, j] = chosen[k].item(), rejected[k].item()
            return loss, scores

        yield Call(run, int(inputs["attention_mask"].sum()), inputs["input_ids"].numel())


def loss_of(
    model: RewardModel, part: Pack | Rows, numbers: dict[int, int]
) -> tuple[Tensor, Scores]:
    scores = model(part if isinstance(part, Pack) else part.ids)
    loss, _ = ranking_loss(scores, compare(part.orders(), LOSS).to(scores.device), LOSS)
    values = scores.tolist()
    found = {
        (numbers[id(group)], i): values[place]
        for group, places in part.groups
        for i, place in enumerate(places)
    }
    return loss, found


def row_calls(groups: Sequence[tuple[int, TokenGroup]], budget: int | None) -> Iterator[Call]:
    """One padded block of rows per group, or per as many as fit into `budget` tokens."""
    numbers = {id(group): number for number, group in groups}
    waiting: list[TokenGroup] = []
    for _, group in groups:
        if waiting and flatten([*waiting, group]).n_padded > (budget or 0):
            yield _row_call(flatten(waiting), numbers)
            waiting = []
        waiting.append(group)
    if waiting:
        yield _row_call(flatten(waiting), numbers)


def _row_call(rows: Rows, numbers: dict[int, int]) -> Call:
    tokens = sum(map(len, rows.ids))
    return Call(lambda model: loss_of(model, rows, numbers), tokens, rows.n_padded)


def pack_calls(
    groups: Sequence[tuple[int, TokenGroup]], budget: int | None, block: int = 1
) -> Iterator[Call]:
    """One pack per tree, or packs filled up to `budget` tokens."""
    numbers = {id(group): number for number, group in groups}
    parts = divide([group for _, group in groups], budget or 8192).parts
    packs = fill(parts, budget) if budget else [lay_out(part) for part in parts]
    for pack in packs:
        computed = -(-len(pack) // block) * block
        yield Call(lambda model, pack=pack: loss_of(model, pack, numbers), len(pack), computed)


def calls_of(
    arm: str, groups: Sequence[tuple[int, TokenGroup]], pad: int, budget: int | None = None
) -> list[Call]:
    if arm == "TRL pairs":
        return list(trl_calls(groups, pad, 1 if budget is None else 8))
    if arm == "OASST rows":
        return list(row_calls(groups, budget))
    return list(pack_calls(groups, budget, 128 if budget else 1))


# -- tokens -----------------------------------------------------------------------------------


def token_table(trees: Sequence[Sequence[TokenGroup]]) -> dict[str, int]:
    """Tokens per pass without padding."""
    pairs = rows = once = whole = 0
    for tree in trees:
        for group in tree:
            ranks, prefix = group.source.ranks, group.prefix_length
            lengths = [prefix + len(reply) for reply in group.replies]
            n = len(ranks)
            better = [(i, j) for i in range(n) for j in range(n) if ranks[i] < ranks[j]]
            pairs += sum(lengths[i] + lengths[j] for i, j in better)
            rows += sum(lengths)
            once += prefix + sum(map(len, group.replies))
        whole += n_tokens(tree)
    return {"TRL pairs": pairs, "OASST rows": rows, "prefix once per group": once, "ours": whole}


# -- measuring --------------------------------------------------------------------------------


def measure(
    model: RewardModel, trees: Sequence[Sequence[TokenGroup]], arms: Sequence[str] = ARMS
) -> dict[str, Outcome]:
    """CPU time, memory, scores and gradients of one pass by every arm, in turns."""
    outcomes = {arm: Outcome() for arm in arms}
    numbered = number(trees)
    n_groups = sum(map(len, numbered))
    pad = model.config.pad_token_id
    for arm in arms:  # what is done once: memory, kernels, imports
        attend(model, arm)
        for call in calls_of(arm, numbered[0][:1], pad):
            call.run(model)[0].backward()
    for start in range(0, len(numbered), TURN):
        some = [pair for tree in numbered[start : start + TURN] for pair in tree]
        for arm in arms:
            calls = calls_of(arm, some, pad)
            attend(model, arm)
            model.zero_grad()
            one_turn(model, calls, outcomes[arm], n_groups)
            print(f"  {min(start + TURN, len(numbered))} trees, {arm}: "
                  f"{outcomes[arm].seconds:.1f} CPU s", flush=True)  # fmt: skip
    return outcomes


def attend(model: RewardModel, arm: str, way: str = "segments") -> None:
    if arm == "ours":
        model.attend(way)  # type: ignore[arg-type]
    else:
        model.classifier.set_attn_implementation("sdpa")


def number(trees: Sequence[Sequence[TokenGroup]]) -> list[list[tuple[int, TokenGroup]]]:
    numbers = iter(range(sum(map(len, trees))))
    return [[(next(numbers), group) for group in tree] for tree in trees]


def one_turn(model: RewardModel, calls: Sequence[Call], outcome: Outcome, n_groups: int) -> None:
    forget_peak()
    before = resident("VmRSS")
    started = time.process_time()
    for call in calls:
        loss, scores = call.run(model)
        (loss / n_groups).backward()
        outcome.scores |= scores
    outcome.seconds += time.process_time() - started
    outcome.memory = max(outcome.memory, resident("VmHWM") - before)
    outcome.tokens += sum(call.tokens for call in calls)
    outcome.computed += sum(call.computed for call in calls)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            known = outcome.gradients.get(name)
            grad = parameter.grad.detach().clone()
            outcome.gradients[name] = grad if known is None else known + grad


def resident(what: str) -> float:
    """MiB of this process: ``VmRSS`` now, ``VmHWM`` at most since `forget_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    return float("nan")


def forget_peak() -> None:
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def differences(outcomes: dict[str, Outcome], arm: str) -> tuple[float, float]:
    """Largest difference of a score and of a gradient's entry from ours."""
    ours, other = outcomes["ours"], outcomes[arm]
    assert ours.scores.keys() == other.scores.keys()
    scores = max(abs(ours.scores[key] - other.scores[key]) for key in ours.scores)
    gradients = max(
        float((ours.gradients[name] - other.gradients[name]).abs().max())
        for name in other.gradients
    )
    return scores, gradients


# -- printing ---------------------------------------------------------------------------------


def print_tokens(table: dict[str, int]) -> None:
    print("\ntokens per pass, without padding")
    for arm, tokens in table.items():
        print(f"  {arm:24}{tokens:>10,}   {tokens / table['ours']:.2f} x ours")


def print_outcomes(outcomes: dict[str, Outcome], n_replies: int) -> None:
    ours = outcomes["ours"]
    print(f"\n{n_replies} ranked replies, forward and backward")
    print(f"  {'arm':12}{'CPU s':>9}{'replies/s':>11}{'ours is':>10}{'computed tokens':>17}"
          f"{'peak MiB':>10}{'max d score':>13}{'max d grad':>12}")  # fmt: skip
    for arm, found in outcomes.items():
        scores, gradients = differences(outcomes, arm)
        faster = found.seconds / ours.seconds
        aim = AIMS.get(arm)
        verdict = "" if aim is None else f"  aim {aim}: {'met' if faster >= aim else 'MISSED'}"
        print(f"  {arm:12}{found.seconds:>9.1f}{n_replies / found.seconds:>11.2f}{faster:>9.2f}x"
              f"{found.computed:>17,}{found.memory:>10.0f}{scores:>13.1e}{gradients:>12.1e}"
              f"{verdict}")  # fmt: skip


def as_json(table: dict[str, int], outcomes: dict[str, Outcome]) -> dict[str, Any]:
    return {
        "tokens": table,
        "arms": {
            arm: {
                "seconds": found.seconds,
                "computed": found.computed,
                "memory_mib": found.memory,
                "differences": differences(outcomes, arm),
            }
            for arm, found in outcomes.items()
        },
    }


def on_cpu(tiny: TinyConfig, n_trees: int | None, path: Path) -> dict[str, Any]:
    """The whole comparison; returns what it prints."""
    torch.set_num_threads(1)
    grouped = groups_of(path, None)
    model, tokenizer, format = build(tiny, grouped)
    token_groups = [
        tokenise(tree, lambda turn: format.encode([turn], tokenizer).ids, max_length=8192)[0]
        for tree in grouped[:n_trees]
    ]
    table = token_table(token_groups)
    n_replies = sum(len(group.replies) for tree in token_groups for group in tree)
    n_weights = sum(p.numel() for p in model.body.parameters())
    print(f"{len(token_groups)} trees, {sum(map(len, token_groups))} groups, {n_replies} replies; "
          f"{tiny.family}, hidden {tiny.hidden}, {tiny.layers} layers, {n_weights:,} weights; "
          "float32, 1 thread")  # fmt: skip
    print_tokens(table)
    model.eval()
    outcomes = measure(model, token_groups)
    print_outcomes(outcomes, n_replies)
    return as_json(table, outcomes)


# -- on a GPU (written without one: not run here) ---------------------------------------------


def on_gpu(names: Sequence[str], n_trees: int | None, path: Path, budget: int) -> None:
    """bf16: seconds per pass, ratio, and the share of the card's own matrix throughput."""
    if not torch.cuda.is_available():
        raise SystemExit("--gpu: torch finds no GPU here; this mode has not been run here")
    grouped = groups_of(path, n_trees)
    peak = matrix_throughput()
    print(f"{torch.cuda.get_device_name()}: {peak / 1e12:.0f} TFLOP/s in a bf16 product of 8192^3")
    for name in names:
        model, tokenizer, format = build(PYTHIA[name], grouped)
        model = model.to("cuda", torch.bfloat16).eval()
        token_groups = [
            tokenise(tree, lambda t, f=format, k=tokenizer: f.encode([t], k).ids, max_length=8192)[
                0
            ]
            for tree in grouped
        ]
        flat = [pair for tree in number(token_groups) for pair in tree]
        seconds = {}
        for arm in ARMS:
            calls = calls_of(arm, flat, model.config.pad_token_id, budget)
            attend(model, arm, "flex")
            seconds[arm] = gpu_seconds(model, calls)
            work = useful_work(model, calls)
            print(f"  {name} {arm:12}{seconds[arm]:8.2f} s  "
                  f"{torch.cuda.max_memory_allocated() / 2**30:6.1f} GiB  "
                  f"{work / seconds[arm] / peak:6.1%} of the card's matrix throughput")  # fmt: skip
        for arm in AIMS:
            print(f"  {name}: ours is {seconds[arm] / seconds['ours']:.2f} x {arm}")


def gpu_seconds(model: RewardModel, calls: Sequence[Call]) -> float:
    """Second pass of two: the first compiles."""
    torch.cuda.reset_peak_memory_stats()
    taken = 0.0
    for _ in range(2):
        model.zero_grad()
        torch.cuda.synchronize()
        started = time.perf_counter()
        for call in calls:
            loss, _ = call.run(model)
            loss.backward()
        torch.cuda.synchronize()
        taken = time.perf_counter() - started
    return taken


def useful_work(model: RewardModel, calls: Sequence[Call]) -> float:
    """Floating point operations of the linear layers alone, forward and backward, padding not
    counted: 6 per weight and token. Attention is left out, so the share is understated."""
    inside = sum(
        p.numel()
        for name, p in model.body.named_parameters()
        if p.ndim == 2 and "embed" not in name
    )
    return 6.0 * inside * sum(call.tokens for call in calls)


def matrix_throughput(n: int = 8192, repeats: int = 20) -> float:
    a = torch.randn(n, n, device="cuda", dtype=torch.bfloat16)
    for _ in range(3):
        a @ a
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(repeats):
        a @ a
    torch.cuda.synchronize()
    return 2 * n**3 * repeats / (time.perf_counter() - started)


def main(words: Sequence[str] | None = None) -> dict[str, Any] | None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=TREES)
    parser.add_argument("--trees", type=int, default=None)
    parser.add_argument("--family", choices=("llama", "neox"), default="neox")
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--small", action="store_true", help="four trees, hidden 64")
    parser.add_argument("--gpu", action="store_true", help="bf16 and flex_attention")
    parser.add_argument("--models", nargs="+", default=list(PYTHIA), choices=list(PYTHIA))
    parser.add_argument("--budget", type=int, default=16384, help="tokens per pass on a GPU")
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args(words)
    if given.gpu:
        on_gpu(given.models, given.trees, given.data, given.budget)
        return None
    hidden, n_trees = (64, 4) if given.small else (given.hidden, given.trees)
    tiny = TinyConfig(
        family=given.family, hidden=hidden, layers=given.layers, heads=given.heads, vocab=2048
    )
    found = on_cpu(tiny, n_trees, given.data)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")
    return found


if __name__ == "__main__":
    main()
