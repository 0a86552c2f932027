"""One conversation as its participant saw it, with the facts that they did not see beside it."""

from __future__ import annotations

import string
from datetime import datetime
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.console.contexts_conversation import (
    AnswerView,
    BlockView,
    ConversationPage,
    ScoreView,
    StatementView,
    TurnView,
)
from manyvoices.collect.console.filters import Filter, query_string
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting import words
from manyvoices.collect.conversations.models import AttributeRating, Conversation, Turn, Utterance
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.design import Attributes, ConversationsStage
from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.design.questions import Anchors, Scale
from manyvoices.design.survey import presented_order


def conversation_page(
    study_id: str, conversation: Conversation, rule: ConversationsStage, *, now: datetime
) -> ConversationPage:
    """Everything of one conversation; its turns, answers and ratings need to be loaded."""
    participant = conversation.participant
    kind = rule.types.get(conversation.type)
    chosen = Filter(participant=participant.pk)
    return ConversationPage(
        id=conversation.pk,
        type_label=(kind.label if kind else "") or conversation.type,
        guidance_html=study_html(kind.guidance) if kind else "",
        number=conversation.number,
        total=rule.n_conversations,
        simulated=participant.simulated,
        participant=participant.pk,
        participant_url=reverse("console:conversations", args=[study_id]) + query_string(chosen),
        consent_version=conversation.consent_version,
        started_at=conversation.started_at,
        ended_at=conversation.ended_at,
        finished_at=conversation.finished_at,
        turns=[_turn(turn, rule, now=now) for turn in conversation.turns.all()],
        blocks=_blocks(conversation, rule),
        question=rule.feedback.open.label if rule.feedback.open else "",
        feedback=conversation.open_feedback,
    )


def _turn(turn: Turn, rule: ConversationsStage, *, now: datetime) -> TurnView:
    attempts = {
        attempt: [_answer(u, turn, rule, now=now) for u in utterances]
        for attempt, utterances in groupby(turn.utterances.all(), key=lambda u: u.attempt)
    }
    shown = attempts.pop(turn.attempt, [])
    return TurnView(
        number=turn.index + 1,
        prompt=turn.prompt,
        created_at=turn.created_at,
        rated_at=turn.rated_at,
        answers=shown,
        earlier=list(attempts.values()),
        tied=[answer.label for answer in shown if answer.tied],
    )


def _answer(
    utterance: Utterance, turn: Turn, rule: ConversationsStage, *, now: datetime
) -> AnswerView:
    return AnswerView(
        label=_("Answer %(letter)s") % {"letter": string.ascii_uppercase[utterance.position]},
        state=_state(utterance, turn, now=now),
        html=answer_html(utterance.text or ""),
        score=_score(utterance.score, rule.rating.range, rule.rating.anchors),
        chosen=utterance.chosen,
        tied=utterance.tied,
        facts=_facts(utterance),
        trouble=words.failure(utterance.failure) if utterance.failure else "",
    )


def _state(utterance: Utterance, turn: Turn, *, now: datetime) -> str:
    """What the person sees in this place: what has not come by the deadline, is missing."""
    if (utterance.text or "").strip():
        return "answered"
    return "missing" if utterance.is_settled or now >= turn.deadline_at else "waiting"


def _facts(utterance: Utterance) -> list[tuple[str, str]]:
    """What is known about the call, as name and value; what is not known is left out."""
    tokens = {
        _("Tokens read"): utterance.prompt_tokens,
        _("Tokens written"): utterance.completion_tokens,
    }
    facts = [
        (_("Model"), utterance.responder),
        (_("Reported version"), utterance.model_version or ""),
        (_("Latency"), words.latency(utterance.latency_ms)),
        (_("Ended by"), utterance.finish_reason or ""),
        *((name, "" if n is None else number(n)) for name, n in tokens.items()),
    ]
    return [(name, value) for name, value in facts if value]


def _score(value: int | None, limits: Scale, anchors: Anchors) -> ScoreView | None:
    if value is None:
        return None
    return ScoreView(value, limits[0], limits[1], anchors[0], anchors[1])


def _blocks(conversation: Conversation, rule: ConversationsStage) -> list[BlockView]:
    stored: dict[str, dict[str, AttributeRating]] = {}
    for rating in conversation.attribute_ratings.all():
        stored.setdefault(rating.block, {})[rating.item] = rating
    asked = {"performance": rule.feedback.performance, "choice": rule.feedback.choice}
    return [
        _block(conversation, name, block, stored[name])
        for name, block in asked.items()
        if block is not None and name in stored
    ]


def _block(
    conversation: Conversation, name: str, block: Attributes, stored: dict[str, AttributeRating]
) -> BlockView:
    """The statements in the order in which this person saw them."""
    labels = {item.id: item.label for item in block.items}
    rng = generator(derive_seed(conversation.seed, "order", name))
    order = presented_order(block, rng) or list(labels)
    return BlockView(
        opener=block.opener,
        statements=[
            _statement(labels[item], stored[item], block) for item in order if item in stored
        ],
    )


def _statement(label: str, rating: AttributeRating, block: Attributes) -> StatementView:
    if rating.not_applicable:
        return StatementView(label, None, _("does not apply"))
    score = _score(rating.value, block.range, block.anchors)
    return StatementView(label, score, "" if score else _("left untouched"))
