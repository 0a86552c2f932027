"""One's own contributions, what became of them, and changing one while that is possible."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees import operations, own, presenting, wording
from manyvoices.collect.trees.access import for_contributor
from manyvoices.collect.trees.contexts import GonePage
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.handout import thread_of
from manyvoices.collect.trees.home_page import beginning
from manyvoices.collect.trees.languages import text_direction
from manyvoices.collect.trees.models import Message
from manyvoices.collect.trees.own_contexts import Contribution, EditPage, MessagePage, MinePage
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.views import DRAWN, show
from manyvoices.schema import TreeState

PER_PAGE = 20


@require_GET
@for_contributor
def mine(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What I have written and what became of it."""
    pages = Paginator(own.contributions(participant), PER_PAGE)
    at = pages.get_page(request.GET.get("page"))
    page = MinePage(
        contributions=[contribution(row, participant) for row in at.object_list],
        done=[
            (wording.kind_title(kind), n)
            for kind, n in sorted(own.done_counts(participant).items())
        ],
        number=at.number,
        of=pages.num_pages,
    )
    return show(request, participant, "trees/mine.html", page)


def contribution(message: Message, participant: Participant) -> Contribution:
    """One message of one's own, with what became of it."""
    state, became, detail = _became(message)
    return Contribution(
        id=str(message.pk),
        who=wording.role_name(message.role),
        lang=message.language,
        dir=text_direction(message.text, message.language),
        begins=beginning(message.text),
        written_at=message.created_at,
        became=became,
        detail=detail,
        state=state,
        may_edit=own.may_edit(message, participant, timezone.now()),
    )


def _became(message: Message) -> tuple[str, str, str]:
    """State, its words, and a further sentence."""
    # What is kept apart of somebody under a quiet limit looks to them as if it were under review.
    if getattr(message, "is_held", False):
        return "waiting", _("Under review."), ""
    if message.deleted:
        return "removed", _("Removed by a moderator."), ""
    if message.accepted is None:
        return "waiting", _("Under review."), ""
    if not message.accepted:
        return "rejected", wording.why_not_accepted(message.decided_because), ""
    tree = message.tree
    is_done = tree.state == TreeState.READY_FOR_EXPORT.value
    detail = ""
    if tree.state == TreeState.PROMPT_LOTTERY_WAITING.value:
        detail = _("It waits to be drawn: then people answer it.")
    elif is_done and message.rank is not None and getattr(message, "n_ranked", 0) > 1:
        words = _("Ranked %(place)d of %(of)d.")
        detail = words % {"place": message.rank + 1, "of": message.n_ranked}  # type: ignore[attr-defined]
    elif is_done:
        detail = _("Its conversation is complete.")
    return "accepted", _("Accepted."), detail


@require_GET
@for_contributor
def message(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """A message in its thread: one's own, or of a thread that one has worked on."""
    found = own.message_for(participant, message)
    if found is None:
        raise StaleSubmission("this message is not for them to look at")
    mine = None
    if found.author_id == participant.pk:
        row = own.contributions(participant).filter(pk=found.pk).first()
        mine = contribution(row, participant) if row is not None else None
    page = MessagePage(
        thread=presenting.thread(thread_of(found.path), participant, marked=True),
        own=mine,
        message=str(found.pk),
    )
    return show(request, participant, "trees/message.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_contributor
@limited("edit")
def edit(request: HttpRequest, participant: Participant, message: uuid.UUID) -> HttpResponse:
    """Change one's own message while the window is open; it is reviewed anew."""
    found = own.contributions(participant).filter(pk=message).first()
    if found is None:
        raise StaleSubmission("this message is not theirs")
    text, errors = found.text, {}
    if request.method == "POST":
        text = request.POST.get("text", "").replace("\r\n", "\n").replace("\x00", "")
        try:
            operations.edit(
                message=found, participant=participant, text=text, now=timezone.now(), rng=DRAWN
            )
            messages.info(request, _("Your change is stored. The message is reviewed anew."))
            return redirect("trees:message", participant.study_id, found.pk)
        except Unfit as unfit:
            errors = {"text": str(unfit)}
        except TaskGone:
            return _too_late(request, participant, found, text)
    elif not own.may_edit(found, participant, timezone.now()):
        return redirect("trees:message", participant.study_id, found.pk)
    policy = policy_for(participant.study, found.language)
    page = EditPage(
        thread=presenting.thread(thread_of(found.path)[:-1], participant, marked=False),
        text=text,
        lang=found.language,
        dir=text_direction(text, found.language),
        message=str(found.pk),
        until=found.created_at + timedelta(seconds=policy.edit_window_s),
        max_length=policy.max_chars,
        errors=errors,
    )
    status = 422 if errors else 200
    return show(request, participant, "trees/edit.html", page, status=status)


def _too_late(
    request: HttpRequest, participant: Participant, message: Message, text: str
) -> HttpResponse:
    page = GonePage(
        title=_("This message can no longer be changed"),
        reason=_(
            "The time for changing it is over, or somebody has answered it. Your new words are"
            " here, so that you can copy them."
        ),
        text=text,
        lang=message.language,
        dir=text_direction(text, message.language),
    )
    return show(request, participant, "trees/kept.html", page, status=409)
