"""The loop: what an update is, what a resumed run equals, and what stops one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.small_runs import VOCAB, next_token, rows, same_weights, settings, train

from manyvoices.train.config import OptimConfig
from manyvoices.train.errors import (
    AlreadyTrained,
    EmptySplitError,
    LossNotFinite,
    NothingToResume,
    ResumeRefused,
)
from manyvoices.train.metrics_log import read_metrics
from manyvoices.train.order import Shuffled, shuffled
from manyvoices.train.results import StepLog
from manyvoices.train.schedule import lr_at
from manyvoices.train.tiny import tiny_model


class StoppedError(Exception):
    """Stands for a machine that is switched off."""


def stopping_at(step: int) -> Any:
    """A progress that ends the run once the checkpoint of `step` is whole."""

    def hear(log: StepLog) -> None:
        if log.kind == "saved" and log.step == step:
            raise StoppedError

    return hear


def noisy(model: Any, batch: Any) -> Any:
    """A step that draws random numbers, as dropout does."""
    from dataclasses import replace

    result = next_token(model, batch)
    return replace(result, loss_sum=result.loss_sum * (0.5 + torch.rand(())))


def lines(out: Path) -> list[dict[str, Any]]:
    """The metrics without the seconds, which no two runs share."""
    return [
        {k: v for k, v in line.items() if k != "seconds"}
        for line in read_metrics(out / "metrics.jsonl")
    ]


def joined(lists: Iterable[list[int]]) -> list[int]:
    return [item for part in lists for item in part]


def test_an_update_is_adamw_on_the_sum_of_losses_over_the_sum_of_weights(tmp_path: Path) -> None:
    config = settings(tmp_path, optim={"max_steps": 1, "warmup_steps": 0, "eps": 1e-2})
    _, model = train(config, n_rows=4)

    plain = tiny_model(hidden=32, vocab=VOCAB)
    result = next_token(plain, rows(4))
    (result.loss_sum / result.weight_sum).backward()
    torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
    torch.optim.AdamW(plain.parameters(), 1e-3, (0.9, 0.95), 1e-2, 0.0).step()
    assert same_weights(model, plain, atol=1e-6)
    line = lines(tmp_path)[0]
    assert line["loss"] == pytest.approx(result.loss_sum.item() / result.weight_sum)
    assert line["tokens"] == sum(len(ids) for _, ids in rows(4))
    assert line["rows"] == 2.0, "a pair (sum, count) is averaged over its own count"


def test_micro_batches_of_unequal_weight_equal_one_batch(tmp_path: Path) -> None:
    small = {"batch_size": 1, "accumulate": 4}
    one, many = {"batch_size": 4, "accumulate": 1}, small
    _, whole = train(settings(tmp_path / "one", optim=one))
    _, parts = train(settings(tmp_path / "many", optim=many))
    assert same_weights(whole, parts, atol=1e-6)


@pytest.mark.parametrize("stopped_at", [1, 3, 4])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(
    tmp_path: Path, stopped_at: int
) -> None:
    more: dict[str, Any] = {"eval_every": 2, "keep": 9}

    def drawn(_model: Any) -> dict[str, float]:
        return {"drawn": float(torch.rand(()))}

    whole = settings(tmp_path / "whole", save_every=stopped_at, **more)
    _, straight = train(whole, step=noisy, evaluate=drawn)

    parts = settings(tmp_path / "parts", save_every=stopped_at, **more)
    with pytest.raises(StoppedError):
        train(parts, step=noisy, evaluate=drawn, progress=stopping_at(stopped_at))
    result, resumed = train(parts, step=noisy, evaluate=drawn, resume=True)

    assert result.step == 6
    assert same_weights(straight, resumed)
    assert lines(tmp_path / "parts") == lines(tmp_path / "whole")
    states = [
        torch.load(tmp_path / run / "checkpoints/step-00000006/state/optimizer.pt")["optimizer"]
        for run in ("whole", "parts")
    ]
    assert states[0]["optimizer"]["param_groups"] == states[1]["optimizer"]["param_groups"]
    for one, other in zip(*(s["optimizer"]["state"].values() for s in states), strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_that_was_done_is_not_trained_again_when_it_is_resumed(tmp_path: Path) -> None:
    _, first = train(settings(tmp_path))
    result, again = train(settings(tmp_path), resume=True)
    assert result.step == 6
    assert same_weights(first, again)
    assert [line["step"] for line in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_further_states_are_saved_and_restored(tmp_path: Path) -> None:
    class Counted:
        n = 0

        def state_dict(self) -> dict[str, int]:
            return {"n": self.n}

        def load_state_dict(self, state: Any) -> None:
            self.n = state["n"]

    def counting(counted: Counted) -> Any:
        def step(model: Any, batch: Any) -> Any:
            counted.n += 1
            return next_token(model, batch)

        return step

    first, second = Counted(), Counted()
    config = settings(tmp_path)
    stop = stopping_at(3)
    with pytest.raises(StoppedError):
        train(config, step=counting(first), state={"counted": first}, progress=stop)
    train(config, step=counting(second), state={"counted": second}, resume=True)
    assert first.n == 5, "two batches, two, and the last one of the epoch"
    assert second.n == 10


def test_evaluating_more_often_trains_the_same_model(tmp_path: Path) -> None:
    def drawn(model: Any) -> dict[str, float]:
        assert not model.training
        return {"drawn": float(torch.rand(()))}

    _, seldom = train(settings(tmp_path / "seldom"), step=noisy)
    _, often = train(settings(tmp_path / "often", eval_every=1), step=noisy, evaluate=drawn)
    assert same_weights(seldom, often)
    assert sum("eval_drawn" in line for line in lines(tmp_path / "often")) == 6


def test_checkpointed_activations_change_nothing_but_memory(tmp_path: Path) -> None:
    _, plain = train(settings(tmp_path / "plain"))
    config = settings(tmp_path / "saved")
    model_config = config.model.model_copy(update={"activation_checkpointing": True})
    _, spared = train(config.model_copy(update={"model": model_config}))
    assert spared.is_activation_checkpointing
    assert same_weights(plain, spared, atol=1e-6)


def test_weights_are_kept_in_float32_where_bfloat16_is_asked_for(tmp_path: Path) -> None:
    config = settings(tmp_path)
    half = config.model.model_copy(update={"dtype": "bfloat16"})
    model = tiny_model(hidden=32, vocab=VOCAB).to(torch.bfloat16)
    train(config.model_copy(update={"model": half}), model=model)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_nan_stops_the_run_before_the_weights_are_touched(tmp_path: Path) -> None:
    seen = []

    def breaking(model: Any, batch: Any) -> Any:
        result = next_token(model, batch)
        seen.append(result.ids)
        if len(seen) == 8:  # the first half of update 5, in the second epoch
            result.loss_sum.data.fill_(float("nan"))
        return result

    model = tiny_model(hidden=32, vocab=VOCAB)
    with pytest.raises(LossNotFinite) as caught:
        train(settings(tmp_path), step=breaking, model=model)
    assert caught.value.step == 5
    assert set(seen[7]) <= set(caught.value.ids)
    message = str(caught.value)
    assert "the loss is nan in update 5" in message
    assert "checkpoints/step-00000003, is intact" in message
    assert "learning rate" in message
    result, _ = train(settings(tmp_path), resume=True)
    assert result.step == 6


def test_an_infinite_gradient_stops_the_run_too(tmp_path: Path) -> None:
    def breaking(model: Any, batch: Any) -> Any:
        from dataclasses import replace

        result = next_token(model, batch)
        zero = sum(p.sum() for p in model.parameters()) * 0.0
        return replace(result, loss_sum=result.loss_sum + torch.sqrt(zero.abs()))

    with pytest.raises(LossNotFinite, match=r"the gradient is nan in update 1.*no checkpoint yet"):
        train(settings(tmp_path), step=breaking)


def test_an_update_in_which_nothing_has_a_weight_leaves_the_weights_alone(tmp_path: Path) -> None:
    from dataclasses import replace

    def nothing(model: Any, batch: Any) -> Any:
        result = next_token(model, batch)
        return replace(result, loss_sum=result.loss_sum * 0.0, weight_sum=0)

    _, model = train(settings(tmp_path), step=nothing)
    assert same_weights(model, tiny_model(hidden=32, vocab=VOCAB))
    assert lines(tmp_path)[0]["loss"] is None


def test_another_configuration_is_refused_with_the_fields_that_differ(tmp_path: Path) -> None:
    config = settings(tmp_path)
    train(config, identity={"data_hash": "one"})
    other = settings(tmp_path, optim={"lr": 2e-3}, seed=4)
    with pytest.raises(ResumeRefused) as caught:
        train(other, resume=True, identity={"data_hash": "two"})
    assert caught.value.differing == {
        "config.optim.lr": (1e-3, 2e-3),
        "config.seed": (0, 4),
        "identity.data_hash": ("one", "two"),
    }
    assert "config.optim.lr: 0.001 then, 0.002 now" in str(caught.value)


def test_how_often_it_saves_may_change_between_the_parts_of_a_run(tmp_path: Path) -> None:
    with pytest.raises(StoppedError):
        train(settings(tmp_path), progress=stopping_at(3))
    result, _ = train(settings(tmp_path, save_every=1, eval_every=2, keep=5), resume=True)
    assert result.step == 6


def test_a_folder_without_a_checkpoint_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(NothingToResume, match="holds no checkpoint to resume; start the run"):
        train(settings(tmp_path), resume=True)


def test_a_folder_with_a_run_is_not_trained_over(tmp_path: Path) -> None:
    train(settings(tmp_path))
    with pytest.raises(AlreadyTrained, match="checkpoint of step 6: --resume goes on"):
        train(settings(tmp_path))


def test_no_batch_at_all_is_an_error(tmp_path: Path) -> None:
    for length in ({"max_steps": 3}, {"max_steps": None, "epochs": 1}):
        with pytest.raises(EmptySplitError, match="the training data is empty"):
            train(settings(tmp_path / str(len(length)), optim=length), n_rows=0)


@pytest.mark.parametrize(("epochs", "steps"), [(1, 3), (2, 6), (1.5, 5)])
def test_epochs_are_counted_in_updates(tmp_path: Path, epochs: float, steps: int) -> None:
    result, _ = train(settings(tmp_path, optim={"max_steps": None, "epochs": epochs}))
    assert result.step == steps
    assert lines(tmp_path)[-1]["epoch"] == math.ceil(epochs) - 1


def test_every_example_comes_once_in_an_epoch_in_an_order_of_its_own() -> None:
    batches = Shuffled(list(range(10)), list, batch_size=2, accumulate=2, seed=3)
    first, second = (joined(batches(epoch, 0, 1)) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert first == shuffled(10, 3, 0)


def test_two_processes_share_the_global_batch_of_one() -> None:
    alone = Shuffled(list(range(11)), list, batch_size=2, accumulate=2, seed=0)
    shared = Shuffled(list(range(11)), list, batch_size=1, accumulate=2, seed=0)
    one = list(alone(0, 0, 1))
    two = [list(shared(0, rank, 2)) for rank in (0, 1)]
    for update in range(alone.steps(1)):
        at = slice(2 * update, 2 * update + 2)
        whole = joined(one[at])
        assert sorted(joined(two[0][at]) + joined(two[1][at])) == sorted(whole)


def test_the_learning_rate_rises_and_falls_as_it_is_told() -> None:
    def rates(schedule: Any, total: int = 6) -> list[float]:
        optim = OptimConfig(lr=1.0, warmup_steps=2, schedule=schedule)
        return [lr_at(step, optim, total) for step in range(1, total + 1)]

    assert rates("constant") == [0.5, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert rates("linear") == [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    cosine = [0.5, 1.0, 1.0, 0.5 + 0.25 * math.sqrt(2), 0.5, 0.5 - 0.25 * math.sqrt(2)]
    assert rates("cosine") == pytest.approx(cosine)


def test_a_long_gradient_is_shortened_to_the_clip(tmp_path: Path) -> None:
    """SGD-like check: Adam forgets the length of a gradient, its first moment does not."""
    config = settings(tmp_path, optim={"clip": 0.01, "max_steps": 1})
    train(config)
    state = torch.load(tmp_path / "checkpoints/step-00000001/state/optimizer.pt")
    moments = [s["exp_avg"] for s in state["optimizer"]["optimizer"]["state"].values()]
    norm = math.sqrt(sum(float((m / 0.1).square().sum()) for m in moments))
    assert norm == pytest.approx(0.01, rel=1e-4)
    assert lines(tmp_path)[0]["grad_norm"] > 0.01, "the log holds what it was before"


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from manyvoices.train.distributed import here
    from manyvoices.train.errors import DistributedError

    monkeypatch.setenv("MANYVOICES_DEVICE", "abacus")
    with pytest.raises(DistributedError, match="no device 'abacus': use cpu, cuda or mps"):
        here()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DistributedError, match="'cuda' was asked for, and torch finds no GPU"):
        here("cuda")
