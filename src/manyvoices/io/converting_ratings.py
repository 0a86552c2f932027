"""Live conversations as a table of ratings: one row for each answer that a model gave.

What the release's surveys say of the person stands in the row, as in the tables of others; of a
stream that holds them they come first, so that one pass is enough.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from manyvoices.io.converting import Converter, register_converter
from manyvoices.io.converting_talks import FAILED
from manyvoices.io.talks import NOT_IN_A_TALK, OTHER_RECORDS, SOURCES, Talk, talks
from manyvoices.schema import Answer, RatedText

Plain = str | int | float | bool | None

INNER = "answers of surveys with more than one value"
PROMPTS = "messages of participants"
OF_RATING = ("model", "conversation_id", "conversation_type", "turn", "chosen")
"""Attributes that come from the conversation; a question of one of these names is led by
``survey_``."""


def to_ratings(records: Iterable[Any], not_carried: Counter[str]) -> Iterator[RatedText]:
    """Each answer with its score, rated or not, and what its rater said in the surveys.

    Of a survey, single values and the inner fields of PRISM's columns are carried
    (``religion_simplified``); lists and the like are counted.
    """
    people: dict[str, dict[str, Plain]] = defaultdict(dict)
    for talk in talks(_without_surveys(records, people, not_carried), not_carried):
        yield from _ratings(talk, people.get(talk.participant_id, {}), not_carried)


def _without_surveys(
    records: Iterable[Any], people: dict[str, dict[str, Plain]], not_carried: Counter[str]
) -> Iterator[Any]:
    for record in records:
        if isinstance(record, Answer):
            person, answers = record.participant_id, {record.question_id: record.value}
        elif isinstance(record, dict):
            person = str(record.get("user_id"))
            answers = {name: value for name, value in record.items() if name != "user_id"}
        else:
            yield record
            continue
        for name, value in plain(answers, not_carried):
            people[person][f"survey_{name}" if name in OF_RATING else name] = value


def plain(answers: Mapping[str, Any], not_carried: Counter[str]) -> Iterator[tuple[str, Plain]]:
    """(question, value) of answers with one value, and of the inner fields of PRISM's columns."""
    for name, value in answers.items():
        if isinstance(value, dict):
            for inner, one in value.items():
                if not isinstance(one, dict | list):
                    yield f"{name}_{inner}", one
        elif isinstance(value, list):
            not_carried[INNER] += 1
        else:
            yield name, value


def _ratings(
    talk: Talk, rater: Mapping[str, Plain], not_carried: Counter[str]
) -> Iterator[RatedText]:
    for turn in talk.turns:
        not_carried[PROMPTS] += 1
        for side in turn.sides:
            if side.text is None:
                not_carried[FAILED] += 1
                continue
            yield RatedText(
                item_id=f"{talk.talk_id}:{turn.turn}:{side.side_id}",
                participant_id=talk.participant_id,
                text=side.text,
                ratings={"score": side.score},
                attributes={
                    "model": side.model,
                    "conversation_id": talk.talk_id,
                    "conversation_type": talk.kind,
                    "turn": turn.turn,
                    "chosen": side.chosen,
                    **rater,
                },
                simulated=talk.simulated,
            )


for _source in SOURCES:
    _lost = (*NOT_IN_A_TALK, *OTHER_RECORDS, INNER, PROMPTS, FAILED)
    register_converter(Converter(_source, "ratings", to_ratings, _lost))
