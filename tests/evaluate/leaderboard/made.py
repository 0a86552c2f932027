"""Battles with planted strengths, by people of named groups, as files that a leaderboard reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

STRENGTHS = {"ash": 1.0, "birch": 0.4, "cedar": 0.4, "dogwood": -0.6}


def write_battles(
    path: Path,
    *,
    people: Mapping[str, int] | None = None,
    per_person: int = 20,
    strengths: Mapping[str, float] | None = None,
    texts: bool = False,
    seed: int = 1,
    **more: Any,
) -> Path:
    """One line to a battle; `people`: language -> how many judge in it. With `texts`, the longer
    answer is preferred, and cedar is long."""
    rng = np.random.default_rng(seed)
    known = dict(STRENGTHS if strengths is None else strengths)
    names = list(known)
    rows = []
    for language, n in (people or {"en": 40}).items():
        for number in range(n):
            for at in range(per_person):
                a, b = (names[i] for i in rng.choice(len(names), 2, replace=False))
                words = {m: int(rng.integers(20, 60)) + 60 * (m == "cedar") for m in (a, b)}
                gap = known[a] - known[b]
                gap += (words[a] - words[b]) / 60 if texts else 0.0
                chance = 1 / (1 + np.exp(-gap))
                wins = rng.random() < chance
                winner = "model_a" if wins else "model_b"
                winner = "tie" if rng.random() < 0.1 else winner
                row: dict[str, Any] = {
                    "model_a": a, "model_b": b, "winner": winner,
                    "judge": f"secret-{language}-{number}", "language": language,
                    "groups": {"category": ("code", "prose")[at % 2]}, **more,
                }  # fmt: skip
                for side, model in (("a", a), ("b", b)) if texts else ():
                    row[f"conversation_{side}"] = [
                        {"role": "user", "content": "Private words of a person."},
                        {"role": "assistant", "content": "word " * words[model]},
                    ]
                rows.append(json.dumps(row))
    path.write_text("\n".join(rows) + "\n")
    return path
