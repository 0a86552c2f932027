"""Replies of some rounds, for a person to read: ``samples.jsonl``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.train.config_ppo import SamplesConfig
from manyvoices.train.ppo.round_data import Round

FILE = "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Samples:
    """Writes the first replies of every so many rounds; one process does."""

    path: Path
    config: SamplesConfig

    def __call__(self, round_: Round) -> None:
        """Add a round's lines, in place of what a run that was stopped had written of it."""
        if not self.config.every or round_.number % self.config.every:
            return
        earlier = [line for line in self._there() if line["round"] < round_.number]
        lines = [*earlier, *self._lines(round_)]
        partial = self.path.with_suffix(".tmp")
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.path)

    def _there(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def _lines(self, round_: Round) -> list[dict[str, Any]]:
        kl = round_.experience.kl.sum(1)
        return [
            {
                "round": round_.number,
                "prompt": [{"role": turn.role, "text": turn.text} for turn in turns],
                "reply": row.text,
                "ended": row.ended,
                "score": row.score,
                "kl": float(kl[i]),
            }
            for i, (turns, row) in enumerate(zip(round_.asked, round_.rows, strict=True))
        ][: self.config.number]
