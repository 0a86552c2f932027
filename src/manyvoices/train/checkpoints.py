"""Checkpoints that are whole or not there: written beside, flushed to the disk, then renamed.

``OUT/checkpoints/step-00000012/model/`` is what transformers loads, ``state/`` what the loop goes
on from: optimizer, position in the data, random states of every process, configuration. Several
machines must see the same folder (a shared file system).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.train.distributed import Place, of_all
from manyvoices.train.errors import CheckpointFailed, CheckpointUnreadable, ResumeRefused

FOLDER = "checkpoints"
FACTS = "run.json"

FREE = frozenset({"out", "save_every", "eval_every", "keep", "log"})
"""Settings that a resumed run may have otherwise: they change no weight."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint on disk."""

    folder: Path
    step: int

    @property
    def model(self) -> Path:
        """Folder that transformers loads."""
        return self.folder / "model"

    @property
    def state(self) -> Path:
        """Folder of what the loop goes on from."""
        return self.folder / "state"

    def facts(self) -> dict[str, Any]:
        """Step, epoch, position, world, configuration and versions.

        Raises:
            CheckpointUnreadable: The file is missing or no JSON.
        """
        try:
            facts: dict[str, Any] = json.loads((self.state / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointUnreadable(self.folder, str(error)) from error
        return facts

    def refuse_others(self, now: Mapping[str, Any]) -> None:
        """Compare what the checkpoint was made with against what is now.

        Raises:
            ResumeRefused: With every field that differs.
        """
        then = dict(_flat(self.facts()["made_with"]))
        current = dict(_flat(json.loads(json.dumps(now, default=str))))
        names = [n for n in {**then, **current} if n.removeprefix("config.") not in FREE]
        names = [n for n in names if not n.startswith("config.log")]
        differing = {
            name: (then.get(name), current.get(name))
            for name in names
            if then.get(name) != current.get(name)
        }
        if differing:
            raise ResumeRefused(self.folder, differing)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        keep: How many stay; older ones are removed after a new one is whole.
    """

    def __init__(self, out: Path, keep: int, place: Place) -> None:
        self.folder, self.keep, self.place = out / FOLDER, keep, place

    def all(self) -> list[Checkpoint]:
        """Whole ones, oldest first; half-written ones have another name."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.glob("step-*") if path.is_dir()]
        return sorted((Checkpoint(p, int(p.name[5:])) for p in found), key=lambda c: c.step)

    def latest(self) -> Checkpoint | None:
        """The newest whole one."""
        return next(reversed(self.all()), None)

    def save(self, step: int, write: Callable[[Path], None]) -> Checkpoint:
        """Make the checkpoint of `step`; all processes call it, and all write into one folder.

        Args:
            write: Fills a new folder; it may make ``model/`` and ``state/`` on rank 0 and files
                of its own on each rank.

        Raises:
            CheckpointFailed: Something could not be written; the checkpoints before are intact.
        """
        final = self.folder / f"step-{step:08d}"
        partial = self.folder / f".writing-{step:08d}"
        last = self.latest()
        self._all_do(lambda: self._clear(partial), final, partial, last, alone=True)
        self._all_do(lambda: write(partial), final, partial, last)
        self._all_do(lambda: _put(partial, final), final, partial, last, alone=True)
        if self.place.writes:
            for old in self.all()[: -self.keep]:
                shutil.rmtree(old.folder, ignore_errors=True)
        return Checkpoint(final, step)

    def _clear(self, partial: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in self.folder.glob(".writing-*"):
            shutil.rmtree(left, ignore_errors=True)
        (partial / "model").mkdir(parents=True)
        (partial / "state").mkdir()

    def _all_do(
        self,
        act: Callable[[], None],
        final: Path,
        partial: Path,
        last: Checkpoint | None,
        *,
        alone: bool = False,
    ) -> None:
        """Act (on rank 0 alone if `alone`), and fail on every rank where it failed on one."""
        failed = ""
        if self.place.writes or not alone:
            try:
                act()
            except Exception as error:
                if not _is_of_the_disk(error):
                    raise
                failed = str(error) or type(error).__name__
        failures = [text for text in of_all(failed, self.place) if text]
        if failures:
            if self.place.writes:
                shutil.rmtree(partial, ignore_errors=True)
            raise CheckpointFailed(str(final), failures[0], last.folder if last else None)


def _is_of_the_disk(error: Exception) -> bool:
    """OSError, and the other names under which torch and safetensors report the same."""
    if isinstance(error, OSError):
        return True
    text = str(error)
    return type(error).__name__ == "SafetensorError" or (
        isinstance(error, RuntimeError)
        and any(part in text for part in ("PytorchStreamWriter", "inline_container", "iostream"))
    )


def _put(partial: Path, final: Path) -> None:
    for path in sorted(partial.rglob("*")):
        _flush(path)
    _flush(partial)
    if final.exists():
        shutil.rmtree(final)
    partial.rename(final)
    _flush(final.parent)


def _flush(path: Path) -> None:
    """Ask the disk to keep what was written, file or folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(source: Path, target: Path, last: Path | None) -> None:
    """Make `target` a copy of the folder `source`, whole or not at all.

    Files are linked, not copied, where the file system can: nothing here is written in place.

    Raises:
        CheckpointFailed: It could not be written.
    """
    partial = target.parent / f".writing-{target.name}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial, copy_function=_link)
        if target.exists():
            shutil.rmtree(target)
        partial.rename(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise CheckpointFailed(str(target), error, last) from error


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    else:
        yield name, value
