"""Conversations as their templates see them: letters for models, words for numbers."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.conversations import queries
from manyvoices.collect.conversations.contexts import (
    ChoosePage,
    ConversationHeader,
    Exchange,
    OpeningPage,
    ReplyPage,
    Slot,
    TurnPage,
    TypeOption,
)
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people.contexts import SliderView
from manyvoices.collect.people.journey import facts_once
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.presenting import Posted, trace_text, whole_number
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.views import draft_url, last, words
from manyvoices.design import ConversationsStage
from manyvoices.design.dialogue import (
    TurnState,
    may_finish,
    must_finish,
    turn_state,
)
from manyvoices.design.journey import types_left
from manyvoices.design.problems import Problem

MAX_PROMPT = 4000
"""Characters of one message: several pages of text."""


def form_name(conversation: Conversation, part: str) -> str:
    """The name under which a draft of one form of this conversation is kept."""
    return f"talk-{conversation.stage}-{conversation.number}-{part}"


def choose_page(
    participant: Participant, stage: int, rule: ConversationsStage, errors: dict[str, str]
) -> ChoosePage:
    """Which kinds of conversation are left, and how many of each."""
    done = facts_once(participant)
    left = types_left(rule, stage, done)
    number = 1 + sum(c.stage == stage for c in done.conversations)
    options = [
        TypeOption(
            value=name,
            label=kind.label or name,
            guidance=study_html(kind.guidance),
            remaining=left.get(name, 0),
            of=kind.count,
            input_id=f"type-{position}",
        )
        for position, (name, kind) in enumerate(rule.types.items())
    ]
    return ChoosePage(options=options, number=number, total=rule.n_conversations, errors=errors)


def header(conversation: Conversation, rule: ConversationsStage) -> ConversationHeader:
    kind = rule.types[conversation.type]
    return ConversationHeader(
        type_label=kind.label or conversation.type,
        guidance=study_html(kind.guidance),
        number=conversation.number,
        total=rule.n_conversations,
    )


def opening_page(
    conversation: Conversation, rule: ConversationsStage, posted: Posted, problem: Problem | None
) -> OpeningPage:
    return OpeningPage(
        header=header(conversation, rule),
        text=last(posted, "prompt"),
        draft_url=draft_url(conversation.participant, form_name(conversation, "0-prompt")),
        max_length=MAX_PROMPT,
        min_words=rule.messages.min_words,
        max_words=rule.messages.max_words,
        errors={"prompt": words(problem)} if problem else {},
    )


def transcript(turns: list[Turn]) -> list[Exchange]:
    """What was said and kept; turns need their utterances loaded."""
    return [
        Exchange(
            prompt=turn.prompt,
            answer_html=answer_html((best.text if best else "") or ""),
            all_bad=turn.all_bad,
        )
        for turn in turns
        for best in [queries.best_answer(turn)]
        if turn.rated_at is not None
    ]


def turn_page(
    conversation: Conversation,
    rule: ConversationsStage,
    turns: list[Turn],
    *,
    posted: Posted,
    problems: Mapping[str, Problem],
    have: Collection[str],
    now: datetime,
) -> TurnPage:
    """The turn that is being answered or rated. `have`: places the browser has settled already."""
    turn = turns[-1]
    utterances = queries.shown(turn)
    state = turn_state(queries.candidates(utterances), now=now, deadline=turn.deadline_at)
    is_waiting = state is TurnState.WAITING
    slots = [_slot(utterance, rule, posted, problems, waits=is_waiting) for utterance in utterances]
    settled = [slot.key for slot in slots if slot.state != "waiting"]
    place = [conversation.participant.study_id, conversation.stage, conversation.number]
    return TurnPage(
        header=header(conversation, rule),
        transcript=transcript(turns[:-1]),
        prompt=turn.prompt,
        slots=slots,
        turn=turn.index,
        is_waiting=is_waiting,
        poll_ms=poll_ms(now - turn.created_at),
        all_bad=_all_bad_leads_to(turn, rule),
        progress_url=f"{reverse('conversations:progress', args=place)}?have={','.join(settled)}",
        draft_url=draft_url(
            conversation.participant, form_name(conversation, f"{turn.index}-rate")
        ),
        errors={
            slot.slider.input_id: f"{slot.label}: {slot.slider.error}"
            for slot in slots
            if slot.slider and slot.slider.error
        },
        fresh=[slot for slot in slots if slot.key in settled and slot.key not in have],
    )


def poll_ms(waited: timedelta) -> int:
    """How long the waiting page lets pass until it asks again: a second, and later up to four.

    Were it always a second, answers that come late would multiply the requests of a server that is
    busy already.
    """
    return round(min(max(waited / timedelta(milliseconds=1) / 4, 1000), 4000))


def _all_bad_leads_to(turn: Turn, rule: ConversationsStage) -> str:
    """As the rule says; after the last turn that is allowed the conversation ends anyhow."""
    if rule.all_bad == "go_on" and must_finish(turn.index + 1, rule.continuing):
        return "end"
    return rule.all_bad or ""


def _slot(
    utterance: Utterance,
    rule: ConversationsStage,
    posted: Posted,
    problems: Mapping[str, Problem],
    *,
    waits: bool,
) -> Slot:
    label = _("Answer %(letter)s") % {"letter": string.ascii_uppercase[utterance.position]}
    if not (utterance.text or "").strip():
        missing = utterance.is_settled or not waits
        return Slot(utterance.key, label, "missing" if missing else "waiting")
    name = f"score-{utterance.key}"
    problem = problems.get(utterance.key)
    slider = SliderView(
        name=name,
        label=label,
        low=rule.rating.anchors[0],
        high=rule.rating.anchors[1],
        minimum=rule.rating.range[0],
        maximum=rule.rating.range[1],
        input_id=name,
        value=whole_number(posted.get(name), rule.rating.range),
        error=words(problem) if problem else None,
        trace=trace_text(posted, name),
    )
    return Slot(utterance.key, label, "answered", answer_html(utterance.text or ""), slider)


def reply_page(
    conversation: Conversation,
    rule: ConversationsStage,
    turns: list[Turn],
    posted: Posted,
    problem: Problem | None,
) -> ReplyPage:
    n_rated = len(turns)
    return ReplyPage(
        header=header(conversation, rule),
        transcript=transcript(turns),
        text=last(posted, "prompt"),
        turn=n_rated,
        draft_url=draft_url(conversation.participant, form_name(conversation, f"{n_rated}-prompt")),
        max_length=MAX_PROMPT,
        may_finish=may_finish(n_rated, rule.continuing),
        must_finish=must_finish(n_rated, rule.continuing),
        turns_before_finish=max(rule.continuing.turns[0] - n_rated, 0),
        min_words=rule.messages.min_words,
        max_words=rule.messages.max_words,
        drawn_anew=turns[-1].all_bad,
        errors={"prompt": words(problem)} if problem else {},
    )
