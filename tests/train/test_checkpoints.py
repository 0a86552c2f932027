"""Checkpoints are whole or not there, whatever happens while one is written."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.small_runs import settings, train

from manyvoices.train.checkpoints import Checkpoints, publish
from manyvoices.train.distributed import Place
from manyvoices.train.errors import CheckpointFailed, CheckpointUnreadable
from manyvoices.train.model_files import Pretrained

HERE = Place(0, 1, torch.device("cpu"))


class FullDisk(Pretrained):
    """Writes half of a checkpoint, then the disk is full. A fake: it raises what Linux raises."""

    def __init__(self, model: Any, after: int) -> None:
        super().__init__(model)
        self.left = after

    def save(self, folder: Path, weights: Any) -> None:
        if self.left == 0:
            (folder / "model.safetensors").write_bytes(b"half of it")
            raise OSError(28, "No space left on device", str(folder / "model.safetensors"))
        self.left -= 1
        super().save(folder, weights)


@contextmanager
def files_no_longer_than(n_bytes: int) -> Iterator[None]:
    """The kernel refuses to write more into a file: a real failure in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "checkpoints").iterdir())


def test_a_full_disk_leaves_the_last_checkpoint_and_says_what_to_do(tmp_path: Path) -> None:
    from manyvoices.train.tiny import tiny_model

    model = tiny_model(hidden=32, vocab=320)
    with pytest.raises(CheckpointFailed) as caught:
        train(settings(tmp_path), model=model, files=FullDisk(model, after=1))
    message = str(caught.value)
    assert "step-00000006 could not be written: [Errno 28] No space left on device" in message
    assert "step-00000003, is intact" in message
    assert "Make room (or lower keep), then go on with --resume" in message
    assert names(tmp_path) == ["step-00000003"], "the half-written one is gone, its room is free"
    result, _ = train(settings(tmp_path), resume=True)
    assert result.step == 6


def test_a_full_disk_at_the_first_checkpoint_says_that_there_is_none(tmp_path: Path) -> None:
    from manyvoices.train.tiny import tiny_model

    model = tiny_model(hidden=32, vocab=320)
    with pytest.raises(CheckpointFailed, match=r"No checkpoint was made yet.*start again"):
        train(settings(tmp_path), model=model, files=FullDisk(model, after=0))
    assert names(tmp_path) == []


@pytest.mark.parametrize("limit", [20_000, 120_000, 300_000])
def test_a_write_that_the_kernel_ends_is_told_as_one_sentence(tmp_path: Path, limit: int) -> None:
    """Not a fake: the limits fall into the random states, the weights, and the optimizer."""

    def one_more(folder: Path) -> None:
        torch.save(torch.zeros(4_000), folder / "state" / "random-0.pt")
        model.save_pretrained(folder / "model")
        torch.save(torch.zeros(100_000), folder / "state" / "optimizer.pt")

    _, model = train(settings(tmp_path, optim={"max_steps": 3}))
    with files_no_longer_than(limit), pytest.raises(CheckpointFailed) as caught:
        Checkpoints(tmp_path, 2, HERE).save(4, one_more)
    assert "step-00000003, is intact" in str(caught.value)
    assert names(tmp_path) == ["step-00000003"]


def test_what_a_crash_left_half_written_is_neither_read_nor_kept(tmp_path: Path) -> None:
    train(settings(tmp_path, optim={"max_steps": 3}))
    half = tmp_path / "checkpoints" / ".writing-00000009"
    (half / "model").mkdir(parents=True)
    checkpoints = Checkpoints(tmp_path, 5, HERE)
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.step == 3
    checkpoints.save(4, lambda folder: (folder / "state" / "run.json").write_text("{}") and None)
    assert not half.exists()


def test_only_the_newest_stay(tmp_path: Path) -> None:
    train(settings(tmp_path, save_every=1, keep=2))
    assert names(tmp_path) == ["step-00000005", "step-00000006"]


@pytest.mark.parametrize(
    ("file", "what"),
    [("state/optimizer.pt", "cannot be read"), ("state/run.json", "run.json"),
     ("model/model.safetensors", "cannot be read"), ("state/random-0.pt", "cannot be read")],
)  # fmt: skip
def test_a_damaged_checkpoint_is_named_with_the_way_out(
    tmp_path: Path, file: str, what: str
) -> None:
    train(settings(tmp_path))
    path = tmp_path / "checkpoints" / "step-00000006" / file
    path.unlink()  # the published model may share its bytes
    path.write_bytes(b"damaged" if path.suffix != ".json" else b"")
    if path.suffix == ".json":
        path.unlink()
    with pytest.raises(CheckpointUnreadable, match=what) as caught:
        train(settings(tmp_path), resume=True)
    assert "Remove that folder to go on from the one before it" in str(caught.value)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    from manyvoices.train.tiny import tiny_model

    train(settings(tmp_path))
    with pytest.raises(CheckpointUnreadable, match=r"size mismatch|Error"):
        train(settings(tmp_path), model=tiny_model(hidden=64, vocab=320), resume=True)


def test_the_published_model_is_whole_and_stays_when_checkpoints_go(tmp_path: Path) -> None:
    result, _ = train(settings(tmp_path))
    assert result.model == tmp_path / "model"
    saved = (result.checkpoint / "model" / "model.safetensors").read_bytes()
    assert (result.model / "model.safetensors").read_bytes() == saved


def test_publishing_over_an_older_model_replaces_it(tmp_path: Path) -> None:
    for text in ("old", "new"):
        (tmp_path / text).mkdir()
        (tmp_path / text / "file").write_text(text)
        publish(tmp_path / text, tmp_path / "model", None)
    assert (tmp_path / "model" / "file").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "new", "old"]


def test_adapters_are_saved_as_adapters_and_resumed(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    from tests.train.small_runs import same_weights

    from manyvoices.train.tiny import tiny_model

    def adapted() -> Any:
        torch.manual_seed(0)
        config = peft.LoraConfig(r=2, lora_dropout=0.1, target_modules="all-linear")
        return peft.get_peft_model(tiny_model(hidden=32, vocab=320), config)

    _, straight = train(settings(tmp_path / "whole"), model=adapted())
    assert (tmp_path / "whole/model/adapter_model.safetensors").exists()
    assert not list((tmp_path / "whole/model").glob("model*.safetensors"))

    parts = settings(tmp_path / "parts")
    model = adapted()
    with pytest.raises(CheckpointFailed):
        train(parts, model=model, files=FullDisk(model, after=1))
    _, resumed = train(parts, model=adapted(), resume=True)
    assert same_weights(straight, resumed)
