"""Example configurations: tiny ones that run anywhere, and those of the OpenAssistant paper."""

from __future__ import annotations

from pathlib import Path

from manyvoices.schema.errors import Fault
from manyvoices.train.errors import ConfigError


def example_paths() -> list[Path]:
    """The files by name; each begins with what it is and whether it was run."""
    return sorted(Path(__file__).parent.glob("*.yaml"))


def write_examples(folder: Path) -> list[Path]:
    """Copy all of them into `folder`, which is made if missing; the paths written.

    Raises:
        ConfigError: One of the files is there already; then nothing is written.
    """
    targets = {path: folder / path.name for path in example_paths()}
    taken = [target.name for target in targets.values() if target.exists()]
    if taken:
        fault = Fault(str(folder), None, "", ", ".join(taken), "a folder without these files")
        raise ConfigError([fault])
    folder.mkdir(parents=True, exist_ok=True)
    for path, target in targets.items():
        target.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return list(targets.values())
