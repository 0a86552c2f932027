"""The trainer `trl`: what TRL trains is our mask, packed threads do not see each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.sft_parts import config, threads, write_trees

from manyvoices.train.errors import (
    AlreadyTrained,
    CheckpointFailed,
    LossNotFinite,
    NothingToResume,
    ResumeRefused,
)
from manyvoices.train.masks import IGNORED
from manyvoices.train.metrics_log import read_metrics
from manyvoices.train.results import StepLog, silent
from manyvoices.train.sft import run
from manyvoices.train.sft.by_thread import thread_trainer
from manyvoices.train.sft.held_out import held_out
from manyvoices.train.sft.rows import Row, rows_of

Trainer = Callable[..., Any]


@pytest.fixture
def trainer_of(tmp_path: Path, tiny: Any) -> Trainer:
    def build(family: str = "llama", length: int = 96, **changes: Any) -> Any:
        model, tokenizer, format = tiny(family)
        rows = rows_of(threads(), tokenizer, format, length).rows
        changes["optim"] = {"max_length": length} | changes.get("optim", {})
        settings = config(tmp_path, **changes)
        made = thread_trainer(settings, model, tokenizer, rows, measure=None, progress=silent)
        return made, rows

    return build


def documents(batch: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The threads of a batch, as ids and labels, padding taken off and packs taken apart."""
    found = []
    for r in range(len(batch["input_ids"])):
        ids, labels = batch["input_ids"][r].tolist(), batch["labels"][r].tolist()
        if "position_ids" in batch:
            starts = [i for i, p in enumerate(batch["position_ids"][r].tolist()) if p == 0]
            bounds = zip(starts, [*starts[1:], len(ids)], strict=True)
        else:
            bounds = iter([(0, int(batch["attention_mask"][r].sum()))])
        found += [(tuple(ids[a:b]), tuple(labels[a:b])) for a, b in bounds]
    return found


@pytest.mark.parametrize("packing", [False, True])
def test_every_token_that_trl_trains_is_one_of_our_mask(trainer_of: Trainer, packing: bool) -> None:
    trainer, rows = trainer_of(packing=packing)
    seen = [d for batch in trainer.get_train_dataloader() for d in documents(batch)]
    assert sorted(seen) == sorted((row.ids, row.labels) for row in rows)


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_packed_threads_give_the_loss_and_gradients_of_single_ones(
    trainer_of: Trainer, family: str
) -> None:
    packed, _ = trainer_of(family, packing=True, length=200, optim={"batch_size": 3})
    batch = next(iter(packed.get_train_dataloader()))
    inside = documents(batch)
    assert len(inside) > 2
    assert len(batch["input_ids"]) == 1
    model = packed.model
    loss = packed.compute_loss(model, dict(batch))
    loss.backward()
    got = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    total = sum(label != IGNORED for _, labels in inside for label in labels)
    alone = torch.zeros(())
    for ids, labels in inside:
        logits = model(input_ids=torch.tensor([ids])).logits[0, :-1]
        part = torch.nn.functional.cross_entropy(
            logits, torch.tensor(labels[1:]), reduction="sum", ignore_index=IGNORED
        )
        (part / total).backward()
        alone += part.detach() / total
    assert loss.item() == pytest.approx(alone.item(), abs=1e-5)
    for name, parameter in model.named_parameters():
        assert torch.allclose(got[name], parameter.grad, atol=1e-5), name


def test_defaults_that_are_meant_for_a_gpu_are_off(trainer_of: Trainer) -> None:
    arguments = trainer_of()[0].args
    assert not arguments.bf16
    assert not arguments.activation_checkpointing
    assert arguments.report_to == []
    assert arguments.use_cpu == (not torch.cuda.is_available())
    assert not arguments.logging_nan_inf_filter


def test_held_out_loss_counts_every_target_once(tiny: Any) -> None:
    from manyvoices.train.distributed import here

    model, tokenizer, format = tiny("neox")
    rows = rows_of(threads(), tokenizer, format, 96).rows
    sums = [0.0, 0, 0]
    for row in rows:
        logits = model(input_ids=torch.tensor([row.ids])).logits[0]
        for t in range(1, len(row.ids)):
            if row.labels[t] != IGNORED:
                sums[0] -= logits[t - 1].log_softmax(-1)[row.labels[t]].item()
                sums[1] += int(logits[t - 1].argmax()) == row.labels[t]
                sums[2] += 1
    for size in (1, 4):
        found = held_out(model, rows, tokenizer.pad_token_id, size, here())
        assert found.tokens == sums[2]
        assert found.loss == pytest.approx(sums[0] / sums[2], abs=1e-5)
        assert found.token_accuracy == pytest.approx(sums[1] / sums[2])


@pytest.fixture
def run_config(tmp_path: Path) -> Callable[..., Any]:
    write_trees(tmp_path / "trees.jsonl")
    return lambda **changes: config(tmp_path, **changes)


def weights(folder: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder).state_dict()


def test_a_run_leaves_a_model_metrics_samples_and_says_what_it_trained_on(
    run_config: Any,
) -> None:
    told: list[StepLog] = []
    settings = run_config(eval_every=2)
    result = run(settings, progress=told.append)
    assert weights(result.model)
    lines = read_metrics(result.out / "metrics.jsonl")
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4]
    held = [line for line in lines if "eval_loss" in line]
    assert [line["step"] for line in held] == [2, 4]
    assert held[1]["eval_loss"] < held[0]["eval_loss"]
    assert {"eval_token_accuracy", "eval_tokens"} < set(held[0])
    notes = [log.text for log in told if log.kind == "note"]
    assert any("the training side" in note and "trained" in note for note in notes)
    samples = (result.out / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(samples) == 2
    assert {"prompt", "reply", "ended", "seed"} < set(json.loads(samples[0]))
    assert json.loads((result.out / "data.json").read_text())["data_hash"]


def test_equal_seeds_give_equal_weights_and_samples(run_config: Any, tmp_path: Path) -> None:
    first = run(run_config(out=tmp_path / "a"))
    second = run(run_config(out=tmp_path / "b"))
    one, two = weights(first.model), weights(second.model)
    assert all(torch.equal(one[name], two[name]) for name in one)
    read = [(r.out / "samples.jsonl").read_text(encoding="utf-8") for r in (first, second)]
    assert read[0] == read[1]


@pytest.mark.parametrize("packing", [False, True])
def test_a_resumed_run_equals_one_that_was_never_interrupted(
    run_config: Any, tmp_path: Path, packing: bool, monkeypatch: Any
) -> None:
    settings: dict[str, Any] = {"save_every": 3, "packing": packing, "optim": {"max_steps": 7}}
    whole = run(run_config(out=tmp_path / "whole", **settings))
    interrupted = run_config(out=tmp_path / "cut", **settings)

    def stop(log: StepLog) -> None:
        if log.kind == "train" and log.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, progress=stop)
    resumed = run(interrupted, resume=True)
    one, two = weights(whole.model), weights(resumed.model)
    assert all(torch.equal(one[name], two[name]) for name in one)
    losses = [
        [(x["step"], x["loss"]) for x in read_metrics(r.out / "metrics.jsonl") if "loss" in x]
        for r in (whole, resumed)
    ]
    assert losses[0] == losses[1]


def test_runs_are_not_mixed_up(run_config: Any) -> None:
    with pytest.raises(NothingToResume):
        run(run_config(), resume=True)
    run(run_config())
    with pytest.raises(AlreadyTrained):
        run(run_config())
    with pytest.raises(ResumeRefused, match=r"lr"):
        run(run_config(optim={"lr": 0.5}), resume=True)


def test_a_loss_that_is_no_number_ends_the_run_before_the_weights_change(
    run_config: Any, monkeypatch: Any
) -> None:
    from trl import SFTTrainer

    real = SFTTrainer.compute_loss

    def broken(self: Any, *args: Any, **kwargs: Any) -> Any:
        loss = real(self, *args, **kwargs)
        return loss * float("nan") if self.state.global_step == 2 else loss

    monkeypatch.setattr(SFTTrainer, "compute_loss", broken)
    settings = run_config(save_every=2)
    with pytest.raises(LossNotFinite, match=r"update 3.*step-00000002"):
        run(settings)
    assert weights(settings.out / "checkpoints" / "step-00000002" / "model")


def test_a_full_disk_leaves_the_last_checkpoint_whole(run_config: Any, monkeypatch: Any) -> None:
    from transformers import Trainer

    real = Trainer._save_optimizer_and_scheduler

    def full(self: Any, folder: str) -> None:
        if self.state.global_step == 4:
            raise OSError(28, "No space left on device")
        real(self, folder)

    monkeypatch.setattr(Trainer, "_save_optimizer_and_scheduler", full)
    settings = run_config(save_every=2, optim={"max_steps": 6})
    with pytest.raises(CheckpointFailed, match=r"No space left.*step-00000002"):
        run(settings)
    assert [p.name for p in (settings.out / "checkpoints").iterdir()] == ["step-00000002"]
    monkeypatch.undo()
    assert run(settings, resume=True).metrics["step"] == 6


def test_lora_trains_adapters_alone(trainer_of: Trainer) -> None:
    trainer, _ = trainer_of(model={"lora": {"r": 2, "dropout": 0.0}})
    before = {n: p.detach().clone() for n, p in trainer.model.named_parameters()}
    trainer.save_strategy = "no"
    trainer.train()
    changed = {
        n for n, p in trainer.model.named_parameters() if not torch.equal(before[n], p.detach())
    }
    assert changed
    assert all("lora_" in name for name in changed)


@pytest.mark.parametrize("trainer", ["trl", "tree"])
def test_merged_adapters_are_a_model_and_unmerged_ones_find_theirs(
    run_config: Any, tmp_path: Path, trainer: str
) -> None:
    lora = {"lora": {"r": 2, "dropout": 0.0}}
    apart = run(run_config(out=tmp_path / "apart", model=lora, trainer=trainer))
    merged = run(run_config(out=tmp_path / "merged", model=lora, merge=True, trainer=trainer))
    assert (apart.model / "adapter_config.json").exists()
    assert not (merged.model / "adapter_config.json").exists()
    from transformers import AutoModelForCausalLM

    ids = torch.arange(10, 30)[None]
    models = [AutoModelForCausalLM.from_pretrained(r.model) for r in (apart, merged)]
    said = [model(input_ids=ids).logits for model in models]
    assert torch.allclose(said[0], said[1], atol=1e-5)
    plain = AutoModelForCausalLM.from_pretrained(apart.out / "base")(input_ids=ids).logits
    assert not torch.allclose(said[1], plain, atol=1e-5)


def test_a_row_alone_is_its_own_batch() -> None:
    from manyvoices.train.sft.held_out import padded

    ids, mask, labels = padded([Row((5, 6), (IGNORED, 6)), Row((7,), (IGNORED,))], 1)
    assert ids.tolist() == [[5, 6], [7, 1]]
    assert mask.tolist() == [[1, 1], [1, 0]]
    assert labels.tolist() == [[IGNORED, 6], [IGNORED, IGNORED]]
