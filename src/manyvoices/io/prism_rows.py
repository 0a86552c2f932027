"""One study's people and conversations as PRISM's rows.

Ids stay those of the native records, so that the two forms of one release can be joined. Nothing is
invented: a flag that nobody has computed is null, not false, and what PRISM's columns have no room
for is left out and counted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from manyvoices.io.prism_survey import SurveyColumns, SurveyQuestion, prism_time
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


class PrismBuilder:
    """Turns one conversation after another into rows, and at the end the people into survey rows.

    In memory are the participants, their answers, and the ids of all utterances.
    """

    def __init__(
        self,
        participants: Iterable[Participant],
        answers: Iterable[Answer],
        questions: Iterable[SurveyQuestion] = (),
    ) -> None:
        self.n_left_out: Counter[str] = Counter()
        self._people: dict[str, Participant] = {}
        for person in participants:
            if person.status == "withdrawn":
                self.n_left_out[LeftOut.WITHDRAWN] += 1
            else:
                self._people[person.participant_id] = person
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self._columns = SurveyColumns(questions)
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
