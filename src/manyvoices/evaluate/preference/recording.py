"""A simulated study as the records that a release holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.analyse.table import IntArray
from manyvoices.evaluate.preference.world import (
    ALL_BAD,
    CANNOT_JUDGE,
    FAILED_FIRST,
    FAILED_SECOND,
    FIRST,
    SECOND,
    TIE,
    Asked,
    World,
    prompt_id,
    rater_id,
)
from manyvoices.io import NativeWriter
from manyvoices.schema import Answer, Participant
from manyvoices.schema.comparisons import Comparison, ComparisonVerdict, SideAnswer, SideExchange
from manyvoices.schema.trees import Message

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def records(
    world: World,
    asked: Asked,
    found: IntArray,
    rng: np.random.Generator,
    *,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> Iterator[Comparison]:
    """One record to each row of `asked`, people one after the other."""
    clock = START
    for row in range(len(asked)):
        rater = int(asked.rater[row])
        careless = bool(world.careless[rater])
        seconds = float(rng.uniform(0.5, 1.5) if careless else rng.lognormal(3.4, 0.5))
        ended = clock + timedelta(seconds=seconds)
        prompt = int(asked.prompt[row])
        outcome = int(found[row])
        yield Comparison(
            comparison_id=f"c{row:06d}",
            participant_id=rater_id(rater),
            study_id=study_id,
            stage="comparisons",
            source="outputs",
            models=[world.planted.models[code[row]] for code in (asked.first, asked.second)],
            prompt_id=prompt_id(prompt),
            category=categories[prompt % len(categories)] if categories else None,
            language="en",
            exchanges=[_exchange(world, asked, row, outcome)],
            assigned_because="balance",
            seed=row,
            started_at=clock,
            shown_at=clock,
            judged_at=ended,
            evidence={"seconds": round(seconds, 2)},
            quarantined=["too_fast"] if careless else [],
            consent_version=None,
            simulated=True,
            **_verdict(outcome),
        )
        clock = ended + timedelta(seconds=2)


def _verdict(outcome: int) -> dict[str, Any]:
    if outcome in (FIRST, SECOND):
        order = [[0], [1]] if outcome == FIRST else [[1], [0]]
        return {"verdict": ComparisonVerdict.CHOICE, "order": order}
    words = {
        TIE: ComparisonVerdict.TIE,
        ALL_BAD: ComparisonVerdict.ALL_BAD,
        CANNOT_JUDGE: ComparisonVerdict.CANNOT_JUDGE,
    }
    return {"verdict": words.get(outcome, ComparisonVerdict.FAILED)}


def _exchange(world: World, asked: Asked, row: int, outcome: int) -> SideExchange:
    prompt = int(asked.prompt[row])
    failed = {FAILED_FIRST: 0, FAILED_SECOND: 1}.get(outcome)
    answers = []
    for position, side in enumerate((asked.first, asked.second)):
        words = int(world.words[prompt, side[row]])
        gone = position == failed
        answers.append(
            SideAnswer(
                position=position,
                text=None if gone else "word " * words,
                failure="timeout" if gone else None,
            )
        )
    message = Message(message_id=prompt_id(prompt), text=prompt_id(prompt), role="prompter")
    return SideExchange(turn=0, message=message, answers=answers)


def write_study(world: World, comparisons: Iterable[Comparison], folder: Path) -> None:
    """The native files of a simulated study: people, their answers, and the comparisons.

    The study's id is ``simulated``; without a manifest the folder is not a release yet.
    """
    with NativeWriter(folder) as writer:
        for person, answers in world.people().items():
            writer.write(_participant(person))
            for question, value in answers.items():
                writer.write(_answer(person, question, value))
        for record in comparisons:
            writer.write(record)


def _participant(person: str) -> Participant:
    return Participant(
        participant_id=person, study_id="simulated", consent_version=None, consented_at=None,
        language="en", simulated=True, status="complete", started_at=START, completed_at=START,
    )  # fmt: skip


def _answer(person: str, question: str, value: str) -> Answer:
    return Answer(
        participant_id=person, study_id="simulated", survey="survey", question_id=question,
        kind="single", value=value, answered_at=START, consent_version=None, simulated=True,
    )  # fmt: skip
