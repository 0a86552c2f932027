"""One view of a live conversation, whether its record is native or PRISM's, for the converters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from manyvoices.io.converting import count_present
from manyvoices.io.registry import Content
from manyvoices.schema import (
    Answer,
    ChatLine,
    Comparison,
    Conversation,
    Participant,
    PrismConversation,
    PrismMessage,
    PrismMetadata,
    PrismUtterance,
    Utterance,
)

EMPTY = "EMPTY STRING"
"""What PRISM's files hold where a model's answer was empty."""

_NATIVE_EXTRA = (
    *("performance_attributes", "choice_attributes", "open_feedback", "consent_version"),
    *("started_at", "finished_at", "traces"),
)
_PRISM_EXTRA = (
    *("performance_attributes", "choice_attributes", "open_feedback", "generated_datetime"),
    *("timing_duration_s", "included_in_balanced_subset"),
)
NOT_IN_A_TALK = tuple(dict.fromkeys((*_NATIVE_EXTRA, *_PRISM_EXTRA)))
"""Fields of a conversation that no target of the converters here has a place for."""

OTHER_RECORDS = (
    *("participants", "answers of surveys", "comparisons"),
    *("rows of metadata", "rows of the survey"),
)
"""What else a release holds that is counted where it is not carried."""

SOURCES: tuple[Content, ...] = ("release", "conversations", "prism", "prism-conversations")
"""The contents that hold conversations."""


@dataclass(frozen=True, slots=True)
class Side:
    """One model's answer in a turn."""

    side_id: str
    model: str
    text: str | None
    """None means that the model gave no answer."""
    score: float | None
    """None means not rated."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class TalkTurn:
    """A person's message and all answers to it."""

    turn: int
    prompt: str
    sides: tuple[Side, ...]
    """In the order shown."""
    all_bad: bool = False

    @property
    def chosen(self) -> Side | None:
        """The answer with which the conversation went on."""
        return next((side for side in self.sides if side.chosen and side.text is not None), None)


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation."""

    talk_id: str
    participant_id: str
    kind: str
    simulated: bool
    turns: tuple[TalkTurn, ...]

    def histories(self) -> Iterator[tuple[TalkTurn, list[ChatLine]]]:
        """Each turn with the lines that led to it, its own message last; it ends where a turn has
        no chosen answer, since nothing could follow it."""
        said: list[ChatLine] = []
        for turn in self.turns:
            said = [*said, ChatLine(role="user", content=turn.prompt)]
            yield turn, said
            if turn.chosen is None:
                return
            said = [*said, ChatLine(role="assistant", content=turn.chosen.text)]


def add(not_carried: Counter[str], reason: str, n: int) -> None:
    """Count `n` times a reason, which is not named where there is nothing to count."""
    if n:
        not_carried[reason] += n


def talks(records: Iterable[Any], not_carried: Counter[str]) -> Iterator[Talk]:
    """The conversations of a release, native or PRISM's; what else it holds is counted."""
    for record in records:
        match record:
            case Conversation():
                count_present(record, _NATIVE_EXTRA, not_carried)
                yield _of_native(record)
            case PrismConversation():
                count_present(record, _PRISM_EXTRA, not_carried)
                yield _of_prism(record)
            case PrismUtterance():
                pass  # the conversation has it all
            case _:
                not_carried[what_else(record)] += 1


def what_else(record: Any) -> str:
    """What to count a record as that is no conversation."""
    match record:
        case Participant():
            return "participants"
        case Answer():
            return "answers of surveys"
        case Comparison():
            return "comparisons"
        case PrismMetadata():
            return "rows of metadata"
        case _:
            return "rows of the survey"


def _of_native(record: Conversation) -> Talk:
    turns = tuple(
        TalkTurn(
            turn=turn.turn,
            prompt=turn.message.text,
            sides=tuple(map(_native_side, sorted(turn.utterances, key=_place))),
            all_bad=turn.all_bad,
        )
        for turn in record.turns
    )
    return Talk(
        record.conversation_id,
        record.participant_id,
        record.conversation_type,
        record.simulated,
        turns,
    )


def _place(utterance: Utterance) -> tuple[int, int, int]:
    return utterance.attempt, utterance.position, utterance.replacement


def _native_side(said: Utterance) -> Side:
    return Side(said.utterance_id, said.model, said.text, said.score, said.chosen)


def _of_prism(record: PrismConversation) -> Talk:
    by_turn = groupby(record.conversation_history, key=lambda message: message.turn)
    turns = tuple(_prism_turn(number, list(messages)) for number, messages in by_turn)
    return Talk(
        record.conversation_id,
        record.user_id,
        record.conversation_type,
        record.simulated is True,
        turns,
    )


def _prism_turn(number: int, messages: list[PrismMessage]) -> TalkTurn:
    prompt = next((m.content for m in messages if m.role == "user"), None)
    sides = [_prism_side(m, place) for place, m in enumerate(messages) if m.role == "model"]
    return TalkTurn(number, prompt or "", tuple(sides))


def _prism_side(said: PrismMessage, place: int) -> Side:
    shown = said.within_turn_id if isinstance(said.within_turn_id, int) else place
    return Side(
        side_id=f"{said.turn}-{shown}",
        model=said.model_name or "unknown",
        text="" if said.content == EMPTY else said.content,
        score=said.score if isinstance(said.score, int | float) else None,
        chosen=said.if_chosen is True,
    )
