"""A small release of the tests' small study, in native and PRISM form, with its study."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
from tests.io import conftest as made

from manyvoices.design import Study, load_study
from manyvoices.io import write_native, write_prism
from manyvoices.schema import Answer, Conversation, Participant

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
SMALL = Path(__file__).parents[1] / "assets" / "studies" / "small" / "study.yaml"
WORDS = "Quetzal words that only Ada wrote"
"""What people wrote: it must be in no document."""


def small_study() -> Study:
    return load_study(SMALL)


def answer(name: str, question: str, kind: str, value: Any, **changes: Any) -> Answer:
    return made.answer(name, question, kind, value, survey="survey", **changes)


def small_records(n_people: int = 6) -> dict[str, list[Any]]:
    """People who answered everything and held one conversation; the last is a bot."""
    people: list[Participant] = []
    answers: list[Answer] = []
    talks: list[Conversation] = []
    for number in range(n_people):
        name, bot = f"person-{number}", number == n_people - 1
        gender = ("Female", "Male", "Another")[number % 3]
        people.append(made.person(name, simulated=bot))
        answers += [
            answer(name, "familiarity", "single", "Somewhat", simulated=bot),
            answer(name, "usecases", "multiple", ["fun"], order=["fun", "work"], simulated=bot),
            answer(name, "self_description", "text", f"{WORDS} {number}", simulated=bot),
            answer(name, "stated_prefs", "vas", {"safety": 9 * number, "creativity": None}),
            answer(name, "gender", "single", gender, texts={"Another": WORDS}, simulated=bot),
        ]
        turn = made.turn(0, [made.utterance(f"u{number}", 0, WORDS, chosen=True)])
        turn = msgspec.structs.replace(
            turn, message=msgspec.structs.replace(turn.message, text=f"{WORDS}?")
        )
        talks.append(
            made.conversation(
                f"talk-{number}",
                name,
                [turn],
                simulated=bot,
                open_feedback=WORDS,
                performance_attributes={"fluency": 70, "safety": None},
            )
        )
    return {"participants": people, "answers": answers, "conversations": talks}


def write_small(folder: Path, **changes: Any) -> Path:
    """The data files, before documents and manifest."""
    write_native(folder, **(small_records() | changes))
    write_prism(folder, folder / "prism")
    return folder
