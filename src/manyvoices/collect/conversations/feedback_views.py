"""The pages after the talk: how the best answer did, why it was chosen, what people want to say."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from manyvoices.collect.conversations import feedback_presenting as after
from manyvoices.collect.conversations import operations, presenting, queries
from manyvoices.collect.conversations.views import (
    find_conversation,
    read_traces,
    show_or_post,
    to_conversation,
)
from manyvoices.collect.people import drafts
from manyvoices.collect.people.access import for_participant
from manyvoices.collect.people.models import Participant
from manyvoices.collect.people.presenting import Posted
from manyvoices.collect.views import posted_lists, render_page
from manyvoices.design.conversation_steps import ConversationStep
from manyvoices.design.problems import Problem
from manyvoices.design.survey import read_attributes, read_open_question


@show_or_post
@for_participant
def attributes(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """How the best answer did, and why it was chosen."""
    found = find_conversation(participant, stage, number)
    turns = queries.turns_with_answers(found)
    if queries.step(found, turns) is not ConversationStep.ATTRIBUTES:
        return to_conversation(found)
    rule = queries.stage_spec(participant, stage)
    form = presenting.form_name(found, "attributes")
    problems: dict[str, dict[str, Problem]] = {}
    if request.method == "POST":
        posted: Posted = posted_lists(request.POST)
        results = {
            name: read_attributes(name, block, posted)
            for name, block in after.asked_blocks(rule).items()
        }
        problems = {name: result.errors for name, result in results.items() if result.errors}
        if not problems:
            blocks = {name: result.values for name, result in results.items()}
            fields = {(b, item): f"{b}-{item}" for b, items in blocks.items() for item in items}
            operations.store_attributes(
                conversation=found,
                blocks=blocks,
                traces=read_traces(posted, fields),
                now=timezone.now(),
            )
            drafts.drop_draft(participant, form)
            return to_conversation(found)
    else:
        posted = drafts.load_draft(participant, form)
    page = after.attributes_page(found, rule, turns, posted, problems)
    template = "conversations/attributes.html"
    return render_page(request, participant, template, page, has_errors=bool(problems))


@show_or_post
@for_participant
def feedback(
    request: HttpRequest, participant: Participant, stage: int, number: int
) -> HttpResponse:
    """What the participant wants to say about the conversation as a whole."""
    found = find_conversation(participant, stage, number)
    if queries.step(found, queries.turns_with_answers(found)) is not ConversationStep.FEEDBACK:
        return to_conversation(found)
    rule = queries.stage_spec(participant, stage)
    form = presenting.form_name(found, "feedback")
    problem: Problem | None = None
    posted: Posted
    if request.method == "POST":
        assert rule.feedback.open is not None
        posted = posted_lists(request.POST)
        text, problem = read_open_question(rule.feedback.open, posted.get("feedback", ()))
        if problem is None:
            operations.store_feedback(conversation=found, text=text or "", now=timezone.now())
            drafts.drop_draft(participant, form)
            return redirect("people:next", participant.study_id)
    else:
        posted = drafts.load_draft(participant, form)
    page = after.feedback_page(found, rule, posted, problem)
    template = "conversations/feedback.html"
    return render_page(request, participant, template, page, has_errors=problem is not None)
