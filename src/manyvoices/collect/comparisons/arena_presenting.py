"""The talk of an arena as its template sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse

from manyvoices.collect.comparisons import presenting, queries
from manyvoices.collect.comparisons.arena_contexts import ArenaPage, MessageBox, WaitingView
from manyvoices.collect.comparisons.models import Comparison, Exchange
from manyvoices.collect.comparisons.talking import message_form, talk_of
from manyvoices.collect.conversations.presenting import MAX_PROMPT, poll_ms
from manyvoices.collect.people import drafts
from manyvoices.collect.views import draft_url, last, words
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.comparisons.talking import TalkStep, may_judge, may_write, talk_step
from manyvoices.design.problems import Problem

Posted = Mapping[str, Sequence[str]]


def arena_page(
    comparison: Comparison,
    rule: ComparisonsStage,
    *,
    now: datetime,
    posted_message: Posted | None = None,
    problem: Problem | None = None,
    posted_verdict: Posted | None = None,
    verdict_errors: dict[str, str] | None = None,
    is_asked_back: bool = False,
) -> ArenaPage:
    """Where the talk stands, with what was posted put back into its form."""
    exchanges = queries.exchanges_with_answers(comparison)
    talk = talk_of(comparison, exchanges, now=now)
    step = talk_step(talk)
    is_open = step in (TalkStep.WAITING, TalkStep.FAILED)
    message = None
    if may_write(talk, rule.turns):
        message = _message_box(comparison, rule, len(exchanges), posted_message)
    header = presenting.header(comparison.participant, comparison.stage, rule)
    judge = None
    if may_judge(talk, rule.turns):
        judge = presenting.judge_page(
            comparison,
            rule,
            posted=posted_verdict,
            errors=verdict_errors,
            is_asked_back=is_asked_back,
            loaded=exchanges,
            above=header,
        )
    own = {"prompt": words(problem)} if problem else {}
    return ArenaPage(
        header=header,
        exchanges=[presenting.exchange_view(e) for e in exchanges[: -1 if is_open else None]],
        n_columns=len(comparison.models),
        waiting=waiting_view(comparison, exchanges, now=now),
        unanswered=exchanges[-1].prompt if is_open else "",
        has_failed=step is TalkStep.FAILED,
        message=message,
        judge=judge,
        errors=own | (verdict_errors or {}),
    )


def _message_box(
    comparison: Comparison, rule: ComparisonsStage, index: int, posted: Posted | None
) -> MessageBox:
    participant = comparison.participant
    form = message_form(comparison.stage, comparison.number, index)
    if posted is None:
        posted = drafts.load_draft(participant, form)
    return MessageBox(
        text=last(posted, "prompt"),
        index=index,
        draft_url=draft_url(participant, form),
        max_length=MAX_PROMPT,
        min_words=rule.messages.min_words,
        max_words=rule.messages.max_words,
        messages_left=rule.turns[1] - index,
        messages_before_verdict=max(rule.turns[0] - index, 0),
    )


def waiting_view(
    comparison: Comparison, exchanges: list[Exchange], *, now: datetime
) -> WaitingView | None:
    """How many answers are here; None where none is awaited. Answers need to be loaded."""
    if talk_step(talk_of(comparison, exchanges, now=now)) is not TalkStep.WAITING:
        return None
    answers = queries.shown(exchanges[-1])
    settled = sum(answer.is_settled for answer in answers)
    place = [comparison.participant.study_id, comparison.stage, comparison.number]
    return WaitingView(
        asked=len(answers),
        settled=settled,
        progress_url=f"{reverse('comparisons:progress', args=place)}?have={settled}",
        poll_ms=poll_ms(now - exchanges[-1].created_at),
    )
