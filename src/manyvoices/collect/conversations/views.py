"""The pages of a conversation. Each shows what is next, or stores one form and goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from manyvoices.collect.conversations import operations, presenting, queries
from manyvoices.collect.conversations.models import Conversation, Turn
from manyvoices.collect.people import drafts, journey
from manyvoices.collect.people.access import for_participant
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.presenting import Posted
from manyvoices.collect.rows import the_one
from manyvoices.collect.views import last, posted_lists, render_page
from manyvoices.design.conversation_steps import ConversationStep
from manyvoices.design.dialogue import (
    NothingToLock,
    RatingsMissing,
    check_words,
    read_scores,
)
from manyvoices.design.journey import Step
from manyvoices.design.problems import Problem
from manyvoices.design.survey import read_text
from manyvoices.design.traces import read_trace
from manyvoices.schema import SliderTrace

K = TypeVar("K")

show_or_post = require_http_methods(["GET", "HEAD", "POST"])


@show_or_post
@for_participant
def choose(request: HttpRequest, participant: Participant, stage: int) -> HttpResponse:
    """Choose what kind of conversation to have next."""
    if journey.step_of(participant) != Step("conversations", stage):
        raise StaleSubmission("there is nothing to choose now")
    rule = queries.stage_spec(participant, stage)
    errors: dict[str, str] = {}
    if request.method == "POST":
        type_name, number = request.POST.get("type", ""), request.POST.get("number", "")
        if type_name in rule.types and number.isdigit():
            conversation = operations.start_conversation(
                participant=participant,
                stage=stage,
                number=int(number),
                type_name=type_name,
                now=timezone.now(),
            )
            return to_conversation(conversation)
        errors["type-0"] = _("Please choose what kind of conversation to have.")
    page = presenting.choose_page(participant, stage, rule, errors)
    template = "conversations/choose.html"
    return render_page(request, participant, template, page, has_errors=bool(errors))


def find_conversation(participant: Participant, stage: int, number: int) -> Conversation:
    """Theirs; `StaleSubmission` where there is none."""
    conversation = the_one(participant.conversations.filter(stage=stage, number=number))
    if conversation is None:
        raise StaleSubmission("there is no such conversation")
    conversation.participant = participant
    return conversation


def to_conversation(conversation: Conversation) -> HttpResponse:
    """Go to the page that is next in it."""
    place = (conversation.participant.study_id, conversation.stage, conversation.number)
    # In a long conversation people land at the new answers, or at the box to reply in.
    return redirect(reverse("conversations:conversation", args=place) + "#now")


@show_or_post
@for_participant
def conversation(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """The talking: write, wait, rate, go on or end."""
    found = find_conversation(participant, stage, number)
    if request.method == "POST":
        return _post(request, found)
    turns = queries.turns_with_answers(found)
    step = queries.step(found, turns)
    if step is ConversationStep.ATTRIBUTES:
        return redirect("conversations:attributes", participant.study_id, stage, number)
    if step is ConversationStep.FEEDBACK:
        return redirect("conversations:feedback", participant.study_id, stage, number)
    if step is ConversationStep.FINISHED:
        return redirect("people:next", participant.study_id)
    return _show(request, found, step, turns)


def _show(
    request: HttpRequest,
    found: Conversation,
    step: ConversationStep,
    turns: list[Turn],
    *,
    posted: Posted | None = None,
    problems: dict[str, Problem] | None = None,
) -> HttpResponse:
    """The page of `step`, filled from what was posted, or else from the draft."""
    rule = queries.stage_spec(found.participant, found.stage)
    problems = problems or {}
    part = f"{len(turns) - 1}-rate" if step is ConversationStep.TURN else f"{len(turns)}-prompt"
    if posted is None:
        posted = drafts.load_draft(found.participant, presenting.form_name(found, part))
    page: object
    if step is ConversationStep.OPENING:
        template = "conversations/opening.html"
        page = presenting.opening_page(found, rule, posted, problems.get("prompt"))
    elif step is ConversationStep.REPLY:
        template = "conversations/reply.html"
        page = presenting.reply_page(found, rule, turns, posted, problems.get("prompt"))
    else:
        template = "conversations/turn.html"
        page = presenting.turn_page(
            found, rule, turns, posted=posted, problems=problems, have=(), now=timezone.now()
        )
    return render_page(request, found.participant, template, page, has_errors=bool(problems))


def _post(request: HttpRequest, found: Conversation) -> HttpResponse:
    posted = posted_lists(request.POST)
    index = last(posted, "turn")
    actions = {
        "prompt": _send,
        "rate": _rate,
        "all_bad": _call_all_bad,
        "retry": _ask_again,
        "finish": _end,
    }
    action = actions.get(last(posted, "action"))
    if action is None or not index.isdigit():
        raise StaleSubmission("the form names no step of this conversation")
    return action(request, found, int(index), posted)


def _send(request: HttpRequest, found: Conversation, index: int, posted: Posted) -> HttpResponse:
    text, problem = read_text(
        posted.get("prompt", ()), max_length=presenting.MAX_PROMPT, required=True
    )
    limits = queries.stage_spec(found.participant, found.stage).messages
    problem = problem or check_words(text or "", limits)
    if problem is not None and index == found.turns.count():
        step = ConversationStep.REPLY if index else ConversationStep.OPENING
        turns = queries.turns_with_answers(found)
        return _show(request, found, step, turns, posted=posted, problems={"prompt": problem})
    operations.send_prompt(conversation=found, index=index, text=text or "", now=timezone.now())
    drafts.drop_draft(found.participant, presenting.form_name(found, f"{index}-prompt"))
    return to_conversation(found)


def _rate(request: HttpRequest, found: Conversation, index: int, posted: Posted) -> HttpResponse:
    return _store_ratings(request, found, index, posted, all_bad=False)


def _call_all_bad(
    request: HttpRequest, found: Conversation, index: int, posted: Posted
) -> HttpResponse:
    return _store_ratings(request, found, index, posted, all_bad=True)


def _store_ratings(
    request: HttpRequest, found: Conversation, index: int, posted: Posted, *, all_bad: bool
) -> HttpResponse:
    turn = found.turns.filter(index=index).prefetch_related("utterances").first()
    if turn is None or turn.rated_at is not None:
        return to_conversation(found)
    rule = queries.stage_spec(found.participant, found.stage)
    keys = [utterance.key for utterance in queries.shown(turn)]
    result = read_scores(posted, keys, rule.rating.range)
    problems = dict(result.errors)
    if not problems:
        try:
            operations.rate_turn(
                conversation=found,
                index=index,
                scores=result.values,
                traces=read_traces(posted, {key: f"score-{key}" for key in keys}),
                all_bad=all_bad,
                now=timezone.now(),
            )
        except RatingsMissing as missing:
            problems = {key: Problem("not_rated") for key in missing.keys}
        except NothingToLock:
            return to_conversation(found)
    if problems:
        turns = queries.turns_with_answers(found)
        step = ConversationStep.TURN
        return _show(request, found, step, turns, posted=posted, problems=problems)
    drafts.drop_draft(found.participant, presenting.form_name(found, f"{index}-rate"))
    return to_conversation(found)


def _ask_again(
    _request: HttpRequest, found: Conversation, index: int, _posted: Posted
) -> HttpResponse:
    if not found.turns.filter(index=index).exists():
        raise StaleSubmission("there is no such turn")
    operations.ask_again(conversation=found, index=index, now=timezone.now())
    return to_conversation(found)


def _end(_request: HttpRequest, found: Conversation, index: int, _posted: Posted) -> HttpResponse:
    operations.end_conversation(conversation=found, now=timezone.now())
    drafts.drop_draft(found.participant, presenting.form_name(found, f"{index}-prompt"))
    return to_conversation(found)


def read_traces(posted: Posted, fields: Mapping[K, str]) -> dict[K, SliderTrace]:
    """How each mark was set, for those of which the browser has told."""
    told = {key: read_trace(posted, field) for key, field in fields.items()}
    return {key: trace for key, trace in told.items() if trace is not None}


@require_GET
@for_participant
def progress(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """What the waiting page asks for every second: the answers that have come since."""
    have = request.GET.get("have", "").split(",")
    now = timezone.now()
    if queries.nothing_new(participant, stage, number, have=have, now=now):
        return HttpResponse(status=204)
    found = find_conversation(participant, stage, number)
    turns = queries.turns_with_answers(found)
    if queries.step(found, turns) is not ConversationStep.TURN:
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response
    page = presenting.turn_page(
        found,
        queries.stage_spec(participant, stage),
        turns,
        posted={},
        problems={},
        have=have,
        now=now,
    )
    context = {"page": page, "study": participant.study}
    return render(request, "conversations/_progress.html", context)
