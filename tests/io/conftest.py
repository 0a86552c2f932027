"""A small study, written by hand, that every test of releases can start from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from manyvoices.io import write_manifest, write_native, write_prism
from manyvoices.schema import Answer, Conversation, Message, Participant, Turn, Utterance

START = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)


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


def turn(number: int, utterances: list[Utterance]) -> Turn:
    message = Message(message_id=f"m{number}", text=f"Question {number}?", role="prompter")
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
    """Ada, a person who finished; Bot, simulated, who only answered; Cy, who withdrew."""
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
    talk = conversation(
        "talk",
        "ada",
        [opening, silent, last],
        performance_attributes={"safety": 88, "values": None},
        choice_attributes={"fluency": 3},
        open_feedback="Good enough.",
    )
    return {
        "participants": [
            person("ada"),
            person("bot", simulated=True, consented_at=None, consent_version=None),
            person("cy", status="withdrawn"),
        ],
        "answers": [
            answer("ada", "age", "single", "25-34"),
            answer("ada", "uses", "multiple", ["games"], order=["games", "travel"]),
            answer("ada", "prefs", "vas", {"safety": 70}, order=["values", "safety"]),
            answer("ada", "system_string", "text", "Be kind."),
            answer("bot", "uses", "multiple", None, simulated=True),
            answer("cy", "age", "single", "65+"),
        ],
        "conversations": [
            talk,
            conversation("stopped", "ada", [opening], finished_at=None),
            conversation("gone", "cy", [opening]),
        ],
    }


STUDY = {"study.yaml": "manyvoices: 1\nid: pilot\n", "texts/consent.md": "# Consent\n"}


@pytest.fixture
def make_release(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the pilot as a finished release and gives its folder."""

    def make(name: str = "release", **changes: Any) -> Path:
        folder = tmp_path / name
        records = pilot() | changes
        write_native(folder, **records, study=STUDY)
        write_prism(folder, folder / "prism")
        n_simulated = sum(person.simulated for person in records["participants"])
        write_manifest(
            folder,
            release_id="pilot-1",
            study_id="pilot",
            title="Pilot",
            version="1",
            study_digest="0" * 64,
            n_participants=len(records["participants"]) - n_simulated,
            n_simulated=n_simulated,
            created_at=START,
        )
        return folder

    return make
