"""What was read for a run, what was left out and why: kept beside the model, for whoever asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceRead:
    """One data set."""

    path: str
    """As it was configured."""
    format: str
    sha256: str
    """Of the file's bytes; of a release, over the hashes of the files that were read."""
    consent: str
    """The scope of consent, in the release's words; ``not stated`` where it says nothing."""
    n_trees: int
    """After the filters."""
    release: Mapping[str, Any] = field(default_factory=dict)
    """Id, version and licence of the release, where it has them."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The data of a run."""

    sources: tuple[SourceRead, ...]
    dropped: Mapping[str, int]
    """Reason -> how many, in the unit that the reason names."""
    kept: Mapping[str, int]
    """``trees``, ``messages``, ``threads``, ``groups``, ``ranked_replies``, ``pairs``, ``prompts``
    and ``raters`` of all data sets, before any is sampled for a pass."""
    seed: int
    config: Mapping[str, Any]
    """The part ``data`` of the run's configuration."""
    data_hash: str
    """sha256 over the hashes of all sources and `config`: equal hash, equal examples."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language as the source names it -> trees; ``not stated`` where it says nothing."""

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "data_hash": self.data_hash,
            "seed": self.seed,
            "kept": dict(self.kept),
            "languages": dict(self.languages),
            "dropped": dict(self.dropped),
            "sources": [
                {name: getattr(source, name) for name in SourceRead.__slots__}
                for source in self.sources
            ],
            "config": dict(self.config),
        }

    def write(self, path: Path) -> None:
        """As JSON, keys in their order, so that equal manifests are equal files."""
        text = json.dumps(self.as_json(), indent=2, ensure_ascii=False, default=str)
        path.write_text(text + "\n", encoding="utf-8")
