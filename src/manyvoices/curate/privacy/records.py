"""All changes to the records of a release in one place, and in an order that tells nothing.

Order matters: in the database's order two releases could be laid side by side whatever the ids say,
so with pseudonyms every file is sorted by them.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from manyvoices.curate.privacy import anonymity
from manyvoices.curate.privacy.anonymity import Anonymity
from manyvoices.curate.privacy.dates import shift
from manyvoices.curate.privacy.pseudonyms import Pseudonyms
from manyvoices.schema import (
    Answer,
    Comparison,
    Conversation,
    Message,
    Participant,
    Record,
    SideExchange,
    Turn,
    Utterance,
)

R = TypeVar("R", bound=Record)


class Privacy:
    """Changes native records one by one; participants first, since they set their own clocks."""

    def __init__(
        self, pseudonyms: Pseudonyms, dates: str = "none", anonymity: Anonymity | None = None
    ) -> None:
        self._names, self._dates, self._anonymity = pseudonyms, dates, anonymity
        self._shifts: dict[str, dt.timedelta] = {}

    def participants(self, records: Iterable[Participant]) -> Iterator[Participant]:
        """People as they are published."""
        return self._sorted(map(self._participant, records), Participant, _by_person)

    def answers(self, records: Iterable[Answer]) -> Iterator[Answer]:
        """Answers as they are published."""
        return self._sorted(map(self._answer, records), Answer, _by_question)

    def conversations(self, records: Iterable[Conversation]) -> Iterator[Conversation]:
        """Conversations as they are published."""
        return self._sorted(map(self._conversation, records), Conversation, _by_conversation)

    def comparisons(self, records: Iterable[Comparison]) -> Iterator[Comparison]:
        """Comparisons as they are published."""
        return self._sorted(map(self._comparison, records), Comparison, _by_comparison)

    def _sorted(
        self, records: Iterable[R], kind: type[R], key: Callable[[R], tuple[str, ...]]
    ) -> Iterator[R]:
        return sorted_on_disk(records, kind, key) if self._names.changes else iter(records)

    def _participant(self, person: Participant) -> Participant:
        by = shift(person.started_at, self._dates)
        self._shifts[person.participant_id] = by
        return msgspec.structs.replace(
            person,
            participant_id=self._names.participant(person.participant_id),
            started_at=person.started_at + by,
            consented_at=_moved(person.consented_at, by),
            completed_at=_moved(person.completed_at, by),
        )

    def _answer(self, answer: Answer) -> Answer:
        by = self._shifts.get(answer.participant_id, dt.timedelta())
        if self._anonymity is not None:
            answer = anonymity.apply(answer, self._anonymity)
        return msgspec.structs.replace(
            answer,
            participant_id=self._names.participant(answer.participant_id),
            answered_at=answer.answered_at + by,
        )

    def _conversation(self, talk: Conversation) -> Conversation:
        by = self._shifts.get(talk.participant_id, dt.timedelta())
        return msgspec.structs.replace(
            talk,
            conversation_id=self._names.conversation(talk.conversation_id),
            participant_id=self._names.participant(talk.participant_id),
            started_at=talk.started_at + by,
            finished_at=_moved(talk.finished_at, by),
            turns=[self._turn(talk, turn, by) for turn in talk.turns],
        )

    def _turn(self, talk: Conversation, turn: Turn, by: dt.timedelta) -> Turn:
        return msgspec.structs.replace(
            turn,
            message=self._message(talk, turn, by),
            utterances=[self._utterance(talk, utterance) for utterance in turn.utterances],
            tied=[self._names.utterance(talk.conversation_id, name) for name in turn.tied],
            created_at=turn.created_at + by,
        )

    def _message(self, talk: Conversation, turn: Turn, by: dt.timedelta) -> Message:
        name = f"{self._names.conversation(talk.conversation_id)}-{turn.turn}"
        return self._renamed(turn.message, name, turn.created_at + by if by else None)

    def _renamed(self, message: Message, name: str, at: dt.datetime | None) -> Message:
        changed = {}
        if self._names.changes:
            changed["message_id"] = name
        if at is not None and isinstance(message.created_date, str):
            changed["created_date"] = at.isoformat()
        return msgspec.structs.replace(message, **changed) if changed else message

    def _comparison(self, one: Comparison) -> Comparison:
        by = self._shifts.get(one.participant_id, dt.timedelta())
        name = self._names.comparison(one.comparison_id)
        return msgspec.structs.replace(
            one,
            comparison_id=name,
            participant_id=self._names.participant(one.participant_id),
            started_at=one.started_at + by,
            shown_at=_moved(one.shown_at, by),
            judged_at=_moved(one.judged_at, by),
            revealed_at=_moved(one.revealed_at, by),
            exchanges=[self._exchange(name, exchange, by) for exchange in one.exchanges],
        )

    def _exchange(self, name: str, exchange: SideExchange, by: dt.timedelta) -> SideExchange:
        created = exchange.message.created_date
        at = dt.datetime.fromisoformat(created) + by if by and isinstance(created, str) else None
        message = self._renamed(exchange.message, f"{name}-{exchange.turn}", at)
        return msgspec.structs.replace(exchange, message=message)

    def _utterance(self, talk: Conversation, utterance: Utterance) -> Utterance:
        def name(of: str) -> str:
            return self._names.utterance(talk.conversation_id, of)

        after = utterance.replaced_by
        return msgspec.structs.replace(
            utterance,
            utterance_id=name(utterance.utterance_id),
            replaced_by=None if after is None else name(after),
        )


def _moved(moment: dt.datetime | None, by: dt.timedelta) -> dt.datetime | None:
    return None if moment is None else moment + by


def _by_person(person: Participant) -> tuple[str, ...]:
    return (person.participant_id,)


def _by_question(answer: Answer) -> tuple[str, ...]:
    return (answer.participant_id, answer.survey, answer.question_id)


def _by_conversation(talk: Conversation) -> tuple[str, ...]:
    return (talk.participant_id, talk.started_at.isoformat(), talk.conversation_id)


def _by_comparison(one: Comparison) -> tuple[str, ...]:
    return (one.participant_id, one.started_at.isoformat(), one.comparison_id)


def sorted_on_disk(
    records: Iterable[R], kind: type[R], key: Callable[[R], tuple[str, ...]]
) -> Iterator[R]:
    """Records in order of `key`: the records wait in a temporary file, in memory are the keys."""
    decode = msgspec.json.Decoder(kind).decode
    encode = msgspec.json.Encoder().encode
    places: list[tuple[tuple[str, ...], int, int]] = []
    with tempfile.TemporaryFile() as file:
        at = 0
        for record in records:
            line = encode(record)
            file.write(line)
            places.append((key(record), at, len(line)))
            at += len(line)
        for _, start, length in sorted(places):
            file.seek(start)
            yield decode(file.read(length))
