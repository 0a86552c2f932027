"""Bots on the real pages of comparisons: pairs, orders of three and four, and an arena.

One model often gives no answer: bots ask again, or leave a comparison that cannot be had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from manyvoices.collect.rehearsal.browser import NoBrowser, find_chromium
from manyvoices.io import read_native
from manyvoices.schema import ComparisonVerdict
from manyvoices.schema.errors import MissingExtraError

STUDY = """\
manyvoices: 1
id: live
title: Which answer is better?
languages: [en]
stages:
  - consent: {text: "You agree to take part in a study made up for a test."}
  - comparisons: {id: three, source: live, count: 1, side_by_side: 3, prompts: prompts.yaml, tie: false}
  - comparisons: {id: four, source: live, count: 1, side_by_side: 4, prompts: prompts.yaml, reasons: {text: required}}
  - comparisons: {id: two, source: live, count: 2, prompts: prompts.yaml}
  - comparisons: {id: arena, source: arena, count: 1, most: 2, turns: [1, 3]}
models:
  - {id: a, provider: scripted, persona: careful}
  - {id: b, provider: scripted, persona: essayist}
  - {id: c, provider: scripted, persona: brief}
  - {id: d, provider: scripted, persona: plain, extra: {failure_rate: 0.2}}
"""  # noqa: E501 (one stage to a line)
PROMPTS = "".join(f'- {{id: p{n}, text: "What do you think of question {n}?"}}\n' for n in range(6))


def has_chromium() -> bool:
    try:
        find_chromium()
    except (NoBrowser, MissingExtraError):
        return False
    return True


def test_bots_judge_pairs_orders_and_an_arena_to_the_end(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "prompts.yaml").write_text(PROMPTS)
    bots = 3 + has_chromium()
    played = run(
        tmp_path, database_url, "rehearse", "study.yaml", "-n", "3", "--workers", "1",
        *(["--browser"] if has_chromium() else []),
    )  # fmt: skip
    assert (played["completed"], played["faults"]) == (bots, [])
    assert {rate["stage"] for rate in played["plan"]["win_rates"]} == {
        "three", "four", "two", "arena"
    }  # fmt: skip
    run(tmp_path, database_url, "release", "--study", "live", "--out", "release")
    judged = [
        one
        for one in read_native(tmp_path / "release").comparisons
        if one.verdict is not ComparisonVerdict.FAILED
    ]
    of_stage = Counter(one.stage for one in judged)
    assert (of_stage["three"], of_stage["four"], of_stage["two"]) == (bots, bots, 2 * bots)
    assert bots <= of_stage["arena"] <= 2 * bots
    assert not [one for one in judged if one.quarantined]
    for one in judged:
        said = one.verdict is ComparisonVerdict.CHOICE
        placed = sorted(place for group in one.order or [] for place in group)
        assert not said or placed == list(range(len(one.models)))
        if one.stage == "three" and said:
            assert one.order is not None
            assert all(len(group) == 1 for group in one.order)
        assert one.stage != "four" or not said or one.reason_text


def run(folder: Path, db: str, *words: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "manyvoices", *words, "--db", db, "--json"],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith(("MANYVOICES_", "DJANGO_"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed
