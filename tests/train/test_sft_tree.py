"""The trainer `tree`: one pass per tree equals the flattened threads, each turn counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.sft_parts import config, tree, write_trees

from manyvoices.train.errors import EmptySplitError
from manyvoices.train.masks import IGNORED, joined
from manyvoices.train.metrics_log import read_metrics
from manyvoices.train.results import StepLog
from manyvoices.train.sft import run
from manyvoices.train.sft.by_tree import losses, prepare, step
from manyvoices.train.sft.trees import Parts, collate, parts_of
from manyvoices.train.views import TreeNode, TreeView, Turn

FAR = 10_000


def parts_for(trees: list[TreeView], setup: Any, length: int = FAR, **options: Any) -> Parts:
    _, tokenizer, format = setup
    options = {"row_tokens": FAR} | options
    return parts_of(trees, lambda turn: format.encode([turn], tokenizer), length, **options)


def paths(node: TreeNode, above: tuple[Turn, ...] = ()) -> Iterator[tuple[Turn, ...]]:
    """The turns from the root to every assistant message."""
    here = (*above, Turn(node.role, node.text))
    if node.role == "assistant":
        yield here
    for child in node.children:
        yield from paths(child, here)


def flattened(model: Any, trees: list[TreeView], setup: Any) -> torch.Tensor:
    """Sum of the losses of all assistant turns, each in a row of its own with its path before."""
    _, tokenizer, format = setup
    total = torch.zeros(())
    for view in trees:
        for turns in paths(view.root):
            *before, last = [format.encode([turn], tokenizer) for turn in turns]
            ids = torch.tensor([joined([*before, last]).ids])
            labels = torch.tensor([IGNORED] * sum(map(len, before)) + list(last.labels))
            logits = model(input_ids=ids).logits[0, :-1]
            total = total + torch.nn.functional.cross_entropy(
                logits, labels[1:], reduction="sum", ignore_index=IGNORED
            )
    return total


@pytest.mark.parametrize("format", ["oasst", "chatml"])
@pytest.mark.parametrize("family", ["llama", "neox"])
@pytest.mark.parametrize("way", ["segments", "dense"])
def test_a_forest_gives_the_loss_and_gradients_of_flattened_threads(
    tiny: Any, tmp_path: Path, family: str, way: Any, format: str
) -> None:
    setup = tiny(family, format)
    model = prepare(setup[0], config(tmp_path), way, 0)
    trees = [tree("a"), tree("b", system=True)]
    parts = parts_for(trees, setup)
    packed = step(way)(model, collate(parts.parts))
    packed.loss_sum.backward()
    got = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    model.set_attn_implementation("sdpa")
    single = flattened(model, trees, setup)
    single.backward()
    n = float(packed.weight_sum)
    assert n == parts.targets
    assert packed.loss_sum.item() / n == pytest.approx(single.item() / n, abs=1e-5)
    for name, parameter in model.named_parameters():
        assert torch.allclose(got[name] / n, parameter.grad / n, atol=1e-5), name


def test_every_turn_is_trained_once_and_nothing_else_is(tiny: Any) -> None:
    setup = tiny()
    _, tokenizer, _ = setup
    view = tree("a", system=True)
    batch = collate(parts_for([view], setup).parts)
    text = tokenizer.decode(batch.targets, skip_special_tokens=False)
    said = [node.text for node in view.root.walk() if node.role == "assistant"]
    assert sorted(text.split(tokenizer.eos_token)[:-1]) == sorted(said)
    # What is predicted is the next token of the same message.
    assert [batch.pack.ids[at + 1] for at in batch.at] == list(batch.targets)


def test_shared_turns_stand_once_and_the_line_says_what_it_saves(tiny: Any) -> None:
    setup = tiny()
    _, tokenizer, format = setup
    view = tree("a")
    parts = parts_for([view], setup)
    answered = [n for n in view.root.walk() if n.text != "Why?"]
    once = sum(len(format.encode([Turn(n.role, n.text)], tokenizer)) for n in answered)
    assert parts.tokens == once
    assert parts.turns == 5
    assert parts.thread_tokens > parts.tokens
    assert f"{parts.thread_tokens:,} tokens" in parts.line()


def test_threads_are_counted_as_the_view_of_threads_gives_them(tiny: Any, trees_100: Path) -> None:
    from manyvoices.train.config import DataConfig
    from manyvoices.train.views import read_views

    setup = tiny()
    views = read_views(DataConfig(path=trees_100))
    parts = parts_for(list(views.trees(whole=True)), setup)
    _, tokenizer, format = setup
    whole = [format.encode(thread.turns, tokenizer) for thread in views.threads()]
    assert parts.thread_tokens == sum(map(len, whole))
    assert parts.thread_targets == sum(encoded.n_trained for encoded in whole)
    assert parts.tokens < parts.thread_tokens


def test_large_trees_are_divided_and_lose_nothing(tiny: Any) -> None:
    setup = tiny("neox")
    trees = [tree("a"), tree("b")]
    whole = parts_for(trees, setup)
    divided = parts_for(trees, setup, row_tokens=70)
    assert divided.divided == 2
    assert divided.repeated == divided.tokens - whole.tokens > 0
    assert divided.targets == whole.targets
    model = prepare(setup[0], config(Path()), "segments", 0)
    sums = [
        sum(step("segments")(model, collate([part])).loss_sum.item() for part in parts.parts)
        for parts in (whole, divided)
    ]
    assert sums[0] == pytest.approx(sums[1], rel=1e-5)


def test_paths_that_are_too_long_become_windows_and_lose_nothing(tiny: Any) -> None:
    setup = tiny()
    parts = parts_for([tree("a")], setup, length=24)
    assert parts.windows > 0
    assert parts.targets == parts_for([tree("a")], setup).targets
    assert max(max(collate([p]).pack.positions) for p in parts.parts) < 24


def test_replies_can_weigh_by_their_rank(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    _, tokenizer, format = setup
    batch = collate(parts_for([tree("a")], setup, decay=0.25).parts)
    worst = format.encode([Turn("assistant", "It just is.")], tokenizer).n_trained
    assert sorted(batch.weights)[:worst] == [0.25] * worst
    assert set(sorted(batch.weights)[worst:]) == {1.0}
    model = prepare(setup[0], config(tmp_path), "segments", 0)
    loss, _, weights = losses(model, batch, "segments")
    made = step("segments")(model, batch)
    assert made.loss_sum.item() == pytest.approx((loss * weights).sum().item(), rel=1e-6)
    assert float(made.weight_sum) == pytest.approx(sum(batch.weights))


def test_only_the_best_replies_if_so_wished(tiny: Any) -> None:
    parts = parts_for([tree("a")], tiny(), top_k=1)
    assert parts.turns == 4


def test_a_tree_without_an_answer_cannot_be_trained_on(tiny: Any) -> None:
    view = TreeView(TreeNode("Hello?", "prompter", (), "n"), (), "t", "en")
    with pytest.raises(EmptySplitError, match=r"assistant"):
        parts_for([view], tiny())


@pytest.fixture
def run_config(tmp_path: Path) -> Callable[..., Any]:
    write_trees(tmp_path / "trees.jsonl")
    return lambda **changes: config(tmp_path, trainer="tree", **changes)


def test_a_run_learns_and_a_resumed_one_equals_it(run_config: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    told: list[StepLog] = []
    settings: dict[str, Any] = {"save_every": 3, "eval_every": 3, "optim": {"max_steps": 7}}
    whole = run(run_config(out=tmp_path / "whole", **settings), progress=told.append)
    interrupted = run_config(out=tmp_path / "cut", **settings)

    def stop(log: StepLog) -> None:
        if log.kind == "train" and log.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, progress=stop)
    resumed = run(interrupted, resume=True)
    assert whole.model is not None
    assert resumed.model is not None
    models = [AutoModelForCausalLM.from_pretrained(r.model) for r in (whole, resumed)]
    one, two = (model.state_dict() for model in models)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert models[0].config._attn_implementation == "sdpa"
    held = [x["eval_loss"] for x in read_metrics(whole.out / "metrics.jsonl") if "eval_loss" in x]
    assert held[-1] < held[0]
    notes = [log.text for log in told if log.kind == "note"]
    assert any("each once" in note for note in notes)
