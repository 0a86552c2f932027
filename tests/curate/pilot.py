"""A small study, written by hand, that every test of curating can start from."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.schema import Answer, Conversation, Message, Participant, Turn, Utterance

START = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)
STUDY = {"study.yaml": "manyvoices: 1\nid: pilot\n"}


def minutes(n: float) -> dt.datetime:
    return START + dt.timedelta(minutes=n)


def person(name: str, **changes: Any) -> Participant:
    fields: dict[str, Any] = {
        "participant_id": name,
        "study_id": "pilot",
        "consent_version": "v1",
        "consented_at": START,
        "language": "en",
        "simulated": False,
        "status": "complete",
        "started_at": START,
    }
    return Participant(**(fields | changes))


def answer(name: str, question: str, kind: str, value: Any, **changes: Any) -> Answer:
    fields: dict[str, Any] = {
        "participant_id": name,
        "study_id": "pilot",
        "survey": "about",
        "question_id": question,
        "kind": kind,
        "value": value,
        "answered_at": minutes(5),
        "consent_version": "v1",
        "simulated": False,
    }
    return Answer(**(fields | changes))


def utterance(name: str, position: int, text: str | None, **changes: Any) -> Utterance:
    fields: dict[str, Any] = {
        "utterance_id": name,
        "model": f"model-{name}",
        "model_provider": "scripted",
        "text": text,
        "score": None if text is None else 10 * (position + 1),
        "chosen": False,
        "position": position,
    }
    return Utterance(**(fields | changes))


def turn(number: int, utterances: list[Utterance], text: str | None = None) -> Turn:
    message = Message(
        message_id=f"m{number}", text=text or f"Question {number}, please?", role="prompter"
    )
    return Turn(
        turn=number, message=message, utterances=utterances, seed=7, created_at=minutes(number)
    )


def conversation(name: str, who: str, turns: list[Turn], **changes: Any) -> Conversation:
    fields: dict[str, Any] = {
        "conversation_id": name,
        "participant_id": who,
        "study_id": "pilot",
        "conversation_type": "unguided",
        "turns": turns,
        "consent_version": "v1",
        "simulated": False,
        "started_at": START,
        "finished_at": minutes(8),
    }
    return Conversation(**(fields | changes))


def pilot() -> dict[str, Any]:
    """Ada, who finished; Ben, with all types; Bot, simulated; Cy, who withdrew."""
    opening = turn(
        0,
        [
            utterance("u1", 2, "Second shown.", chosen=True, score=80),
            utterance("u2", 0, "First shown.", score=None),
            utterance("u3", 1, None, failure="timeout"),
        ],
    )
    silent = turn(1, [utterance("u4", 0, None, failure="timeout")])
    last = turn(2, [utterance("u5", 0, "", chosen=True)])
    feedback = {"open_feedback": "Good enough."}
    talk = conversation("talk", "ada", [opening, silent, last], **feedback)
    types = ("unguided", "values guided", "controversy guided", "unguided")
    talks = [
        conversation(
            f"ben-{i}",
            "ben",
            [turn(0, [utterance(f"b{i}", 0, "Write to me at ben@bakers-of-brighton.co.uk.", chosen=True)])],
            conversation_type=kind,
        )
        for i, kind in enumerate(types)
    ]
    return {
        "participants": [
            person("ada"),
            person("ben"),
            person("bot", simulated=True, consented_at=None, consent_version=None),
            person("cy", status="withdrawn"),
        ],
        "answers": [
            answer("ada", "age", "single", "25-34"),
            answer("ada", "system_string", "text", "Be kind."),
            answer("ben", "age", "single", "35-44"),
            answer("bot", "age", "single", None, simulated=True),
            answer("cy", "age", "single", "65+"),
        ],
        "conversations": [
            talk,
            conversation("stopped", "ada", [opening], finished_at=None),
            conversation("gone", "cy", [opening]),
            *talks,
        ],
    }


def make_release(folder: Path, **changes: Any) -> Path:
    """Write the pilot, with `changes`, as a finished release."""
    records = pilot() | changes
    write_native(folder, **records, study=STUDY)
    write_prism(folder, folder / "prism")
    write_manifest(
        folder,
        release_id="pilot-1",
        study_id="pilot",
        title="Pilot",
        version="1",
        study_digest="0" * 64,
        n_participants=3,
        n_simulated=1,
        created_at=START,
    )
    return folder
