"""Where one conversation stands: which page its participant sees next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ConversationStep(StrEnum):
    """The pages of a conversation in the order in which they come."""

    OPENING = "opening"
    TURN = "turn"
    REPLY = "reply"
    ATTRIBUTES = "attributes"
    FEEDBACK = "feedback"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What is stored of a conversation."""

    n_turns: int
    n_rated: int
    ended: bool
    """The participant has ended the talking."""
    attributes_done: bool
    feedback_done: bool
    has_best: bool = True
    """Some answer was rated best; not so where every answer was said to be bad."""


@dataclass(frozen=True, slots=True)
class FeedbackAsked:
    """What the study asks once the talking is over."""

    attributes: bool
    open: bool


def conversation_step(state: ConversationState, asked: FeedbackAsked) -> ConversationStep:
    """The next page; total over all states, and the same for the same stored rows."""
    if not state.ended:
        if state.n_turns == 0:
            return ConversationStep.OPENING
        if state.n_rated < state.n_turns:
            return ConversationStep.TURN
        return ConversationStep.REPLY
    if asked.attributes and state.has_best and not state.attributes_done:
        return ConversationStep.ATTRIBUTES
    if asked.open and not state.feedback_done:
        return ConversationStep.FEEDBACK
    return ConversationStep.FINISHED
