"""Writing: a prompt, a prompter's reply, a reply of the assistant."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.moderation.errors import Barred
from manyvoices.collect.people import drafts
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.texts import answer_html
from manyvoices.collect.trees import home_page, operations, presenting, writing
from manyvoices.collect.trees.access import for_contributor, task_of
from manyvoices.collect.trees.contexts import GonePage, SourceRow, WritePage
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.evidence import read_evidence, read_sources
from manyvoices.collect.trees.languages import direction, text_direction
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.views import DRAWN, show, turned_away
from manyvoices.collect.views import draft_url, last, posted_lists
from manyvoices.design.trees import TaskKind, TreePolicy

MOST_SOURCES = 10
EMPTY_ROWS = 2
"""Rows for sources that stand there to be filled."""
Posted = Mapping[str, Sequence[str]]


@require_http_methods(["GET", "HEAD", "POST"])
@for_contributor
@limited("send_text")
def write(request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """Write what is asked, look at it as others will see it, and send it."""
    found = task_of(participant, task)
    kind = TaskKind(found.kind)
    if found.state == Task.State.DONE or kind.is_label or kind.is_rank:
        return redirect("trees:task", participant.study_id, found.pk)
    if request.method != "POST":
        return _page(request, participant, found)
    posted = posted_lists(request.POST)
    action = last(posted, "action")
    if action == "end":
        return _end(request, participant, found, posted)
    if action == "preview":
        html = answer_html(_shown(posted))
        advice = _advice(participant, found.language, _text(posted))
        return _page(
            request, participant, found, posted=posted, preview=html, advice=_words(advice)
        )
    return _send(request, participant, found, posted)


def _text(posted: Posted) -> str:
    """What was written, its line ends as everywhere else."""
    return last(posted, "text").replace("\r\n", "\n").replace("\x00", "")


def _answer(posted: Posted) -> str:
    """The author's own answer, where one is asked for; empty elsewhere."""
    return last(posted, "answer").replace("\r\n", "\n").replace("\x00", "")


def _shown(posted: Posted) -> str:
    """All that was written, as a preview shows it."""
    return "\n\n---\n\n".join(part for part in (_text(posted), _answer(posted)) if part.strip())


def _send(
    request: HttpRequest, participant: Participant, task: Task, posted: Posted
) -> HttpResponse:
    text, policy, now = _text(posted), policy_for(task.study, task.language), timezone.now()
    sources, wrong = read_sources(posted.get("source-title", ()), posted.get("source-url", ()))
    errors = {f"source-url-{row}": _source_error(what) for row, what in wrong.items()}
    if (words := _unfit(text, policy)) is not None:
        errors = {"text": words, **errors}
    answer = _answer(posted)
    if task.kind == TaskKind.PROMPT_WITH_ANSWER and (words := _unfit(answer, policy)) is not None:
        errors = {**errors, "answer": words}
    advice = [] if errors else _advice(participant, task.language, text)
    if stops := _words(one for one in advice if one.blocks):
        errors = {"text": stops[0]}
    if errors:
        return _page(request, participant, task, posted=posted, errors=errors)
    if advice and not last(posted, "advised"):
        said = _words(advice)
        return _page(request, participant, task, posted=posted, advice=said, advised=True)
    try:
        operations.send_text(
            task=task,
            text=text,
            now=now,
            rng=DRAWN,
            sources=sources[:MOST_SOURCES],
            evidence=read_evidence(last(posted, "evidence"), task, now),
            answer=answer,
        )
    except Unfit as unfit:
        field = unfit.field if unfit.field in ("text", "answer") else "text"
        return _page(request, participant, task, posted=posted, errors={field: str(unfit)})
    except Barred as barred:
        return turned_away(request, participant, barred.reason)  # The text stays as a draft.
    except TaskGone:
        return _gone(request, participant, task, _shown(posted))
    return _sent(request, participant, task)


def _advice(participant: Participant, language: str, text: str) -> list[writing.Advice]:
    """What is worth saying of a text before it is sent."""
    return writing.check(
        text,
        language,
        policy_for(participant.study, language),
        study=participant.study,
        participant=participant,
        now=timezone.now(),
    )


def _words(advice: Iterable[writing.Advice]) -> list[str]:
    return [one.text for one in advice]


def _unfit(text: str, policy: TreePolicy) -> str | None:
    """What is wrong with a text, in the reader's words; `operations` holds the same limits."""
    if not text.strip():
        return _("Write something first.")
    if (over := len(text) - policy.max_chars) > 0:
        words = ngettext(
            "This is %(n)d character too long. At most %(most)d are allowed.",
            "This is %(n)d characters too long. At most %(most)d are allowed.",
            over,
        )
        return words % {"n": over, "most": policy.max_chars}
    if len(text.split()) < policy.min_words:
        words = ngettext(
            "Please write at least %(n)d word.",
            "Please write at least %(n)d words.",
            policy.min_words,
        )
        return words % {"n": policy.min_words}
    return None


def _source_error(what: str) -> str:
    if what == "long":
        return _("This source is too long.")
    return _("Give the whole address of the source; it begins with https://")


def _sent(request: HttpRequest, participant: Participant, task: Task) -> HttpResponse:
    if task.state != Task.State.LEASED:
        messages.info(
            request,
            _("Your time for this task had run out, but its place was still free: all is stored."),
        )
    drafts.drop_draft(participant, presenting.form_name(task))
    return redirect("trees:done", participant.study_id, task.pk)


def _end(
    request: HttpRequest, participant: Participant, task: Task, posted: Posted
) -> HttpResponse:
    """Nothing more is to be asked here."""
    try:
        operations.send_text(task=task, text="", now=timezone.now(), rng=DRAWN, ends=True)
    except Unfit as unfit:
        return _page(request, participant, task, posted=posted, errors={"text": str(unfit)})
    except TaskGone:
        return _gone(request, participant, task, _text(posted))
    return _sent(request, participant, task)


def _gone(request: HttpRequest, participant: Participant, task: Task, text: str) -> HttpResponse:
    page = GonePage(
        title=_("Somebody else has taken this place"),
        reason=_(
            "Your time for this task had run out, and in the meantime the place was given to"
            " another person, or the conversation went on without it. What you wrote could not be"
            " stored. It is here, word for word, and stays in this task as a draft."
        ),
        text=text,
        lang=task.language,
        dir=text_direction(text, task.language),
        task=str(task.pk),
    )
    return show(request, participant, "trees/kept.html", page, status=409)


def _page(
    request: HttpRequest,
    participant: Participant,
    task: Task,
    *,
    posted: Posted | None = None,
    errors: dict[str, str] | None = None,
    preview: str | None = None,
    advice: Sequence[str] = (),
    advised: bool = False,
) -> HttpResponse:
    """The form, filled from what was posted, or else from the draft."""
    form, saved_at = presenting.form_name(task), None
    if posted is None:
        draft = Draft.objects.filter(participant=participant, form=form).first()
        posted = dict(draft.fields) if draft else {}
        saved_at = draft.saved_at if draft else None
    policy = policy_for(task.study, task.language)
    page = WritePage(
        frame=presenting.frame(task, participant, presenting.stage_here(participant)),
        text=_text(posted),
        sources=_rows(posted, errors or {}),
        evidence=last(posted, "evidence"),
        draft_url=draft_url(participant, form),
        draft_saved_at=saved_at,
        max_length=policy.max_chars,
        min_words=policy.min_words,
        may_end=task.kind == TaskKind.PROMPTER_REPLY,
        asks_answer=task.kind == TaskKind.PROMPT_WITH_ANSWER,
        answer=_answer(posted),
        preview_html=preview,
        preview_dir=text_direction(_text(posted), task.language),
        advice=list(advice),
        advised=advised,
        errors=errors or {},
    )
    status = 422 if errors else 200
    return show(request, participant, "trees/write.html", page, status=status)


def _rows(posted: Posted, errors: Mapping[str, str]) -> list[SourceRow]:
    """Filled rows where they stood, and some empty ones after them."""
    titles, urls = list(posted.get("source-title", ())), list(posted.get("source-url", ()))
    filled = [i for i, pair in enumerate(zip(titles, urls, strict=False)) if any(pair)]
    n = min((filled[-1] + 1 if filled else 0) + EMPTY_ROWS, MOST_SOURCES)
    titles, urls = titles + [""] * n, urls + [""] * n
    return [SourceRow(i, titles[i], urls[i], errors.get(f"source-url-{i}", "")) for i in range(n)]


@require_POST
@for_contributor
@limited("preview")
def preview(request: HttpRequest, participant: Participant) -> HttpResponse:
    """A text as others will see it: a part of the page, for htmx."""
    text = _shown(posted_lists(request.POST))[:100_000]
    language = request.POST.get("language", "")
    is_offered = language in home_page.offered(participant)
    advice = _advice(participant, language, text) if is_offered and text.strip() else []
    context = {
        "advice": _words(advice),
        "html": answer_html(text),
        "dir": text_direction(text, language) if text.strip() else direction(language),
        "lang": language,
        "participant": participant,
    }
    return render(request, "trees/parts/preview.html", context)
