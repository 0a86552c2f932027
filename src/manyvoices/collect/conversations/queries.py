"""Every read of the conversations stage."""

from __future__ import annotations

from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.design import ConversationsStage
from manyvoices.design.conversation_steps import (
    ConversationState,
    ConversationStep,
    FeedbackAsked,
    conversation_step,
)
from manyvoices.design.dialogue import Candidate


def stage_spec(participant: Participant, stage: int) -> ConversationsStage:
    """The rules of stage number `stage`; `StaleSubmission` where it holds no conversations."""
    stages = participant.version.spec.stages
    rule = stages[stage] if stage < len(stages) else None
    if not isinstance(rule, ConversationsStage):
        raise StaleSubmission("this step of the study holds no conversations")
    return rule


def asks_attributes(rule: ConversationsStage) -> bool:
    """Whether the study asks about performance or choice attributes."""
    return rule.feedback.performance is not None or rule.feedback.choice is not None


def time_limit_s(rule: ConversationsStage, index: int) -> float:
    """Seconds that a responder has for its answer in turn `index`."""
    return rule.opening.timeout_s if index == 0 else rule.continuing.timeout_s


def shown(turn: Turn) -> list[Utterance]:
    """The places of the turn's current attempt, in the order shown."""
    return [u for u in turn.utterances.all() if u.attempt == turn.attempt]


def candidates(utterances: list[Utterance]) -> list[Candidate]:
    """Utterances as the dialogue rules see them."""
    return [
        Candidate(key=u.key, text=u.text, score=u.score, failed=u.failure is not None)
        for u in utterances
    ]


def chosen(conversation: Conversation, index: int) -> Utterance:
    """The answer with which the conversation went on after turn `index`."""
    return Utterance.objects.get(turn__conversation=conversation, turn__index=index, chosen=True)


def step(conversation: Conversation, turns: list[Turn]) -> ConversationStep:
    """Which page comes next."""
    rule = stage_spec(conversation.participant, conversation.stage)
    state = ConversationState(
        n_turns=len(turns),
        n_rated=sum(turn.rated_at is not None for turn in turns),
        ended=conversation.ended_at is not None,
        attributes_done=conversation.attributes_at is not None,
        feedback_done=conversation.finished_at is not None,
    )
    asked = FeedbackAsked(attributes=asks_attributes(rule), open=rule.feedback.open is not None)
    return conversation_step(state, asked)


def turns_with_answers(conversation: Conversation) -> list[Turn]:
    """All turns in order, their utterances loaded: two queries, however long the conversation."""
    return list(conversation.turns.prefetch_related("utterances"))


def best_answer(turn: Turn) -> Utterance | None:
    """The answer that was kept of a turn whose utterances are loaded."""
    return next((u for u in turn.utterances.all() if u.chosen), None)
