"""A study's native records in PRISM's columns.

Ids stay those of the native records, so that the two forms of one release can be joined. Nothing is
invented: a flag that nobody has computed is null, not false, and what PRISM's columns have no room
for is left out and counted.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from manyvoices.io.native import NativeRelease, read_native
from manyvoices.io.prism import PRISM_FILES, PrismRelease, write_prism_conversations
from manyvoices.io.prism_survey import SurveyColumns, prism_time
from manyvoices.io.writing import LineWriter, replacing, write_records
from manyvoices.schema import (
    Answer,
    Conversation,
    Participant,
    PrismConversation,
    PrismMessage,
    PrismMetadata,
    PrismSurveyRow,
    PrismUtterance,
    Turn,
    Utterance,
)

EMPTY = "EMPTY STRING"
"""PRISM's text for an answer that is there and has no characters."""


class LeftOut:
    """Why something is not in PRISM's files; each is a key of `n_left_out`."""

    WITHDRAWN = "participants who withdrew"
    UNKNOWN = "conversations of participants who are not in the release"
    UNFINISHED = "unfinished conversations"
    NO_ANSWER = "utterances in which the model gave no answer"
    EMPTY_TURN = "turns in which no model answered"


class ConversationRows(NamedTuple):
    """What one conversation becomes."""

    conversation: PrismConversation
    utterances: list[PrismUtterance]
    metadata: list[PrismMetadata]


@dataclass(frozen=True, slots=True)
class PrismRecords:
    """A whole study in PRISM's form, in memory."""

    survey: list[PrismSurveyRow]
    conversations: list[PrismConversation]
    utterances: list[PrismUtterance]
    metadata: list[PrismMetadata]
    n_left_out: dict[str, int] = field(default_factory=dict)
    """Reason (see `LeftOut`) -> how many; reasons that did not occur are absent."""


@dataclass(frozen=True, slots=True)
class PrismWritten:
    """What was written, and what PRISM's form has no room for."""

    n_rows: dict[str, int]
    n_left_out: dict[str, int]


Source: TypeAlias = Path | str | NativeRelease | PrismRelease | PrismRecords


def prism_records(
    participants: Iterable[Participant],
    answers: Iterable[Answer],
    conversations: Iterable[Conversation],
) -> PrismRecords:
    """Native records as PRISM's rows, in memory; `write_prism` does the same in a stream.

    Left out and counted: people who withdrew and all that is theirs, unfinished conversations,
    turns that no model answered, utterances without an answer. Metadata rows carry no flags yet.
    """
    builder = PrismBuilder(participants, answers)
    kept = [rows for c in conversations if (rows := builder.conversation(c)) is not None]
    survey, texts = zip_rows(builder.survey())
    return PrismRecords(
        survey=survey,
        conversations=[rows.conversation for rows in kept],
        utterances=[u for rows in kept for u in rows.utterances],
        metadata=[m for rows in kept for m in rows.metadata] + texts,
        n_left_out=dict(builder.n_left_out),
    )


def zip_rows(
    rows: Iterable[tuple[PrismSurveyRow, list[PrismMetadata]]],
) -> tuple[list[PrismSurveyRow], list[PrismMetadata]]:
    """Survey rows and the metadata rows of their texts, apart."""
    survey, texts = [], []
    for row, metadata in rows:
        survey.append(row)
        texts += metadata
    return survey, texts


def write_prism(source: Source, directory: Path | str) -> PrismWritten:
    """Write PRISM's four files into `directory`.

    Args:
        source: A native release (or its folder), a folder in PRISM's form that was read, or rows.

    Raises:
        DataError: The source has faults; nothing is written then.
    """
    folder = Path(directory)
    if isinstance(source, Path | str):
        source = read_native(source)
    if isinstance(source, NativeRelease):
        return _write_native(source, folder)
    left_out = source.n_left_out if isinstance(source, PrismRecords) else {}
    n_rows = {}
    for name in PRISM_FILES:
        write = write_prism_conversations if name == "conversations" else write_records
        n_rows[name] = write(getattr(source, name), folder / f"{name}.jsonl")
    return PrismWritten(n_rows, dict(left_out))


def _write_native(release: NativeRelease, folder: Path) -> PrismWritten:
    builder = PrismBuilder(release.participants, release.answers)
    with contextlib.ExitStack() as stack:
        out = {
            name: LineWriter(stack.enter_context(replacing(folder / f"{name}.jsonl")), name)
            for name in PRISM_FILES
        }
        for conversation in release.conversations:
            if (rows := builder.conversation(conversation)) is not None:
                out["conversations"].write(rows.conversation)
                _write_all(out["utterances"], rows.utterances)
                _write_all(out["metadata"], rows.metadata)
        for row, texts in builder.survey():
            out["survey"].write(row)
            _write_all(out["metadata"], texts)
    n_rows = {name: writer.n_rows for name, writer in out.items()}
    return PrismWritten(n_rows, dict(builder.n_left_out))


def _write_all(writer: LineWriter, records: Iterable[Any]) -> None:
    for record in records:
        writer.write(record)


class PrismBuilder:
    """Turns one conversation after another into rows, and at the end the people into survey rows.

    In memory are the participants, their answers, and the ids of all utterances.
    """

    def __init__(self, participants: Iterable[Participant], answers: Iterable[Answer]) -> None:
        self.n_left_out: Counter[str] = Counter()
        self._people: dict[str, Participant] = {}
        for person in participants:
            if person.status == "withdrawn":
                self.n_left_out[LeftOut.WITHDRAWN] += 1
            else:
                self._people[person.participant_id] = person
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self._columns = SurveyColumns()
        for answer in answers:
            if answer.participant_id in self._people:
                self._answers[answer.participant_id].append(answer)
                self._columns.see(answer)
        self._n_conversations: Counter[str] = Counter()
        self._utterance_ids: set[str] = set()

    def conversation(self, record: Conversation) -> ConversationRows | None:
        """The rows of one conversation, or None where it is left out."""
        if record.participant_id not in self._people:
            self.n_left_out[LeftOut.UNKNOWN] += 1
            return None
        if record.finished_at is None:
            self.n_left_out[LeftOut.UNFINISHED] += 1
            return None
        turns = [(turn, answered) for turn in record.turns if (answered := self._answered(turn))]
        self._n_conversations[record.participant_id] += 1
        utterances = [row for turn, answered in turns for row in self._rows(record, turn, answered)]
        row = _conversation_row(record, record.finished_at, turns)
        return ConversationRows(row, utterances, list(_metadata(record, utterances)))

    def survey(self) -> Iterator[tuple[PrismSurveyRow, list[PrismMetadata]]]:
        """Each person's survey row and the metadata rows of the texts they wrote in it."""
        for name, person in self._people.items():
            answers = self._answers[name]
            yield (
                self._columns.row(person, answers, self._n_conversations[name]),
                [
                    _text(self._columns.column(answer), name, answer.simulated)
                    for answer in answers
                    if answer.kind == "text" and answer.value
                ],
            )

    def _answered(self, turn: Turn) -> list[Utterance]:
        answered = [utterance for utterance in turn.utterances if utterance.text is not None]
        self.n_left_out.update(
            {LeftOut.NO_ANSWER: n} if (n := len(turn.utterances) - len(answered)) else {}
        )
        if not answered:
            self.n_left_out[LeftOut.EMPTY_TURN] += 1
        return sorted(answered, key=lambda utterance: utterance.position)

    def _rows(
        self, record: Conversation, turn: Turn, answered: list[Utterance]
    ) -> Iterator[PrismUtterance]:
        for index, utterance in enumerate(answered):
            yield PrismUtterance(
                utterance_id=self._utterance_id(record, utterance),
                interaction_id=f"{record.conversation_id}-{turn.turn}",
                conversation_id=record.conversation_id,
                user_id=record.participant_id,
                turn=turn.turn,
                within_turn_id=index,
                conversation_type=record.conversation_type,
                user_prompt=turn.message.text,
                model_response=utterance.text or EMPTY,
                model_name=utterance.model,
                model_provider=utterance.model_provider,
                score=utterance.score,
                if_chosen=utterance.chosen,
                included_in_balanced_subset=None,
                simulated=record.simulated,
            )

    def _utterance_id(self, record: Conversation, utterance: Utterance) -> str:
        """The native id, made unique by its conversation's where another has it already."""
        name = utterance.utterance_id
        if name in self._utterance_ids:
            name = f"{record.conversation_id}-{name}"
        self._utterance_ids.add(name)
        return name


def _conversation_row(
    record: Conversation, finished: dt.datetime, turns: list[tuple[Turn, list[Utterance]]]
) -> PrismConversation:
    seconds = (finished - record.started_at).total_seconds()
    return PrismConversation(
        conversation_id=record.conversation_id,
        user_id=record.participant_id,
        conversation_type=record.conversation_type,
        opening_prompt=turns[0][0].message.text if turns else None,
        conversation_turns=len(turns),
        conversation_history=[m for turn, answered in turns for m in _history(turn, answered)],
        performance_attributes=dict(record.performance_attributes),
        choice_attributes=dict(record.choice_attributes),
        open_feedback=record.open_feedback,
        generated_datetime=prism_time(finished),
        timing_duration_s=round(seconds, 2),
        timing_duration_mins=round(seconds / 60, 2),
        included_in_balanced_subset=None,
        simulated=record.simulated,
    )


def _history(turn: Turn, answered: list[Utterance]) -> Iterator[PrismMessage]:
    yield PrismMessage(turn=turn.turn, role="user", content=turn.message.text)
    for index, utterance in enumerate(answered):
        yield PrismMessage(
            turn=turn.turn,
            role="model",
            content=utterance.text or EMPTY,
            model_provider=utterance.model_provider,
            model_name=utterance.model,
            score=utterance.score,
            if_chosen=utterance.chosen,
            within_turn_id=index,
        )


def _metadata(record: Conversation, utterances: list[PrismUtterance]) -> Iterator[PrismMetadata]:
    """One row for each text: a prompt once for its turn, each response, the open feedback."""
    user, simulated = record.participant_id, record.simulated
    conversation, prompts = record.conversation_id, set()
    for row in utterances:
        if row.interaction_id not in prompts:
            prompts.add(row.interaction_id)
            yield _text("user_prompt", user, simulated, conversation, row.interaction_id)
        keys = (conversation, row.interaction_id, row.utterance_id)
        yield _text("model_response", user, simulated, *keys)
    if record.open_feedback:
        yield _text("open_feedback", user, simulated, conversation)


def _text(
    column: str,
    user: str,
    simulated: bool,
    conversation: str | None = None,
    interaction: str | None = None,
    utterance: str | None = None,
) -> PrismMetadata:
    return PrismMetadata(
        column_id=column,
        user_id=user,
        conversation_id=conversation,
        interaction_id=interaction,
        utterance_id=utterance,
        pii_flag=None,
        pii_manual_flag=None,
        language_flag=None,
        en_flag=None,
        moderation_flag=None,
        simulated=simulated,
    )
