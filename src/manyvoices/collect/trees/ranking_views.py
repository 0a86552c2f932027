"""Putting the replies to one message in order."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from manyvoices.collect.people import drafts
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.trees import operations, presenting, prompt_ranking
from manyvoices.collect.trees.access import for_contributor, task_of
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.trees.ranking_contexts import FlagView, RankPage, ReplyView
from manyvoices.collect.trees.ranking_forms import (
    FLAGS,
    PROMPT_FLAGS,
    RankingForm,
    read_ranking,
    shuffled,
)
from manyvoices.collect.trees.views import DRAWN, show
from manyvoices.collect.views import draft_url, last, posted_lists
from manyvoices.design.trees import TaskKind

Posted = Mapping[str, Sequence[str]]

_QUESTIONS = {
    TaskKind.RANK_ASSISTANT_REPLIES: gettext_noop(
        "Read all replies to the last message. Which is the best, which comes next?"
    ),
    TaskKind.RANK_PROMPTER_REPLIES: gettext_noop(
        "Read all of what prompters said next. Which goes on best, which comes next?"
    ),
    TaskKind.RANK_INITIAL_PROMPTS: gettext_noop(
        "Read all prompts. Which would make the best conversation, which comes next?"
    ),
}
_FLAG_WORDS = {
    "wrong": gettext_noop("It is wrong"),
    "unsafe": gettext_noop("It is unsafe"),
    "spam": gettext_noop("It is spam"),
    "cannot_judge": gettext_noop("I cannot judge whether it is right"),
}
_PLACES = (
    gettext_noop("first"),
    gettext_noop("second"),
    gettext_noop("third"),
    gettext_noop("fourth"),
    gettext_noop("fifth"),
    gettext_noop("sixth"),
    gettext_noop("seventh"),
    gettext_noop("eighth"),
    gettext_noop("ninth"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_contributor
def rank(request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """Show the replies to one message in a drawn order, and store the order that somebody gives."""
    found = task_of(participant, task)
    if found.state == Task.State.DONE or not TaskKind(found.kind).is_rank:
        return redirect("trees:task", participant.study_id, found.pk)
    if found.message is None and not _is_prompts(found):
        raise StaleSubmission("there is nothing to be ranked")
    if request.method != "POST":
        return _page(request, participant, found)
    posted = posted_lists(request.POST)
    form = read_ranking(posted, _there(found), is_prompts=_is_prompts(found))
    if form.errors:
        return _page(request, participant, found, posted=posted, errors=form.errors)
    if form.is_unmoved:
        return _page(request, participant, found, posted=posted, is_asked_back=True)
    return _send(request, participant, found, posted, form)


def _is_prompts(task: Task) -> bool:
    return task.kind == TaskKind.RANK_INITIAL_PROMPTS


def _there(task: Task) -> list[str]:
    if _is_prompts(task) or task.message is None:
        return list(prompt_ranking.shown(task))
    return [str(key) for key in task.message.replies.values_list("pk", flat=True)]


def _send(
    request: HttpRequest,
    participant: Participant,
    task: Task,
    posted: Posted,
    form: RankingForm,
) -> HttpResponse:
    try:
        _store(task, form)
    except Unfit as unfit:
        errors = {"order": str(unfit)}
        return _page(request, participant, task, posted=posted, errors=errors)
    except TaskGone:
        drafts.drop_draft(participant, presenting.form_name(task))
        messages.info(
            request,
            _("These replies are no longer to be put in order, so yours could not be stored."),
        )
        return redirect("trees:home", participant.study_id)
    drafts.drop_draft(participant, presenting.form_name(task))
    return redirect("trees:done", participant.study_id, task.pk)


def _store(task: Task, form: RankingForm) -> None:
    now = timezone.now()
    if _is_prompts(task):
        prompt_ranking.send(task=task, groups=form.groups, flags=form.flags, now=now, rng=DRAWN)
        return
    operations.send_ranking(
        task=task,
        groups=form.groups,
        shown=form.shown,
        now=now,
        rng=DRAWN,
        all_bad=form.all_bad,
        flags=form.flags,
    )


def _page(
    request: HttpRequest,
    participant: Participant,
    task: Task,
    *,
    posted: Posted | None = None,
    errors: dict[str, str] | None = None,
    is_asked_back: bool = False,
) -> HttpResponse:
    """The form, filled from what was posted, or else from the draft."""
    form, saved_at = presenting.form_name(task), None
    if posted is None:
        draft = Draft.objects.filter(participant=participant, form=form).first()
        posted = dict(draft.fields) if draft else {}
        saved_at = draft.saved_at if draft else None
    replies = _replies(task, participant, posted, errors or {})
    page = RankPage(
        frame=presenting.frame(task, participant, presenting.stage_here(participant)),
        replies=replies,
        question=_(_QUESTIONS[TaskKind(task.kind)]),
        places=list(range(1, len(replies) + 1)),
        place_words=json.dumps([_place_word(n) for n in range(1, len(replies) + 1)]),
        moved=last(posted, "moved"),
        all_bad=bool(last(posted, "all-bad")),
        is_asked_back=is_asked_back,
        is_prompts=_is_prompts(task),
        draft_url=draft_url(participant, form),
        draft_saved_at=saved_at,
        errors=errors or {},
    )
    status = 422 if errors or is_asked_back else 200
    return show(request, participant, "trees/rank.html", page, status=status)


def _place_word(n: int) -> str:
    return _(_PLACES[n - 1]) if n <= len(_PLACES) else _("number %(n)d") % {"n": n}


def _replies(
    task: Task, participant: Participant, posted: Posted, errors: Mapping[str, str]
) -> list[ReplyView]:
    """The live replies, or the prompts, in the drawn order."""
    rows = _subjects(task)
    name = _("Prompt %(letter)s") if _is_prompts(task) else _("Reply %(letter)s")
    flags = PROMPT_FLAGS if _is_prompts(task) else FLAGS
    return [
        ReplyView(
            said=presenting.said(rows[key], participant),
            letter=_letter(i),
            name=name % {"letter": _letter(i)},
            field=f"place-{key}",
            flag_field=f"flag-{key}",
            place=_place(last(posted, f"place-{key}"), len(rows)),
            flags=_flags(key, posted, flags),
            error=errors.get(f"place-{key}", ""),
        )
        for i, key in enumerate(shuffled(rows, task.seed))
    ]


def _subjects(task: Task) -> dict[str, Message]:
    if _is_prompts(task):
        return prompt_ranking.shown(task)
    rows = Message.objects.filter(parent=task.message, accepted=True, deleted=False)
    return {str(row.pk): row for row in rows}


def _place(given: str, n: int) -> str:
    """A place as the list of places has it; empty where it has no such place."""
    text = given.strip()
    return str(int(text)) if text.isdecimal() and 0 < int(text[:4]) <= n else ""


def _letter(i: int) -> str:
    """A, B, ... Z, then AA, AB and so on."""
    return (_letter(i // 26 - 1) if i >= 26 else "") + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 26]


def _flags(key: str, posted: Posted, names: Sequence[str]) -> list[FlagView]:
    chosen = posted.get(f"flag-{key}", ())
    return [FlagView(n, _(_FLAG_WORDS[n]), f"flag-{key}-{n}", n in chosen) for n in names]
