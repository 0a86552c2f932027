"""Comparisons written by hand, for the tests of every room that reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.io.conftest import START, minutes, pilot

from manyvoices.io import write_comparisons, write_native
from manyvoices.schema import Comparison, ComparisonVerdict, Message, SideAnswer, SideExchange


def side(position: int, text: str | None, **changes: Any) -> SideAnswer:
    failure = {} if text is not None else {"failure": "timeout"}
    return SideAnswer(position=position, text=text, **(failure | changes))


def exchange(turn: int, said: str, answers: Sequence[str | None]) -> SideExchange:
    message = Message(message_id=f"x{turn}", text=said, role="prompter")
    return SideExchange(
        turn=turn, message=message, answers=[side(i, text) for i, text in enumerate(answers)]
    )


def comparison(
    name: str = "c1",
    who: str = "ada",
    verdict: str | None = "choice",
    order: list[list[int]] | None = None,
    **changes: Any,
) -> Comparison:
    """A judged comparison of ``left`` and ``right`` on one prompt; the left one was preferred."""
    chosen = verdict == "choice"
    models = changes.get("models", ["left", "right"])
    if chosen and order is None:
        order = [[i] for i in range(len(models))]
    judged: dt.datetime | None = minutes(2)
    fields: dict[str, Any] = {
        "comparison_id": name,
        "participant_id": who,
        "study_id": "pilot",
        "stage": "comparisons",
        "source": "outputs",
        "models": models,
        "prompt_id": "p1",
        "category": "cooking",
        "language": "en",
        "pool": "crowd",
        "exchanges": [exchange(0, "How long is an egg boiled?", [f"{m} says." for m in models])],
        "verdict": None if verdict is None else ComparisonVerdict(verdict),
        "order": order,
        "assigned_because": "balance",
        "seed": 1,
        "started_at": START,
        "shown_at": minutes(1),
        "judged_at": None if verdict in (None, "failed") else judged,
        "consent_version": "v1",
        "simulated": False,
    }
    return Comparison(**(fields | changes))


def preference_study(folder: Path, *records: Comparison, **changes: Any) -> Path:
    """The pilot's people and answers, no conversations, and comparisons."""
    write_native(folder, **(pilot() | {"conversations": []} | changes))
    write_comparisons(folder, records)
    return folder
