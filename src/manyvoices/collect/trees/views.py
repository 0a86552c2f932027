"""A contributor's home, and what all tasks share: taking one, keeping it, passing it over."""

from __future__ import annotations

import random
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from manyvoices.collect.accounts.limits import limited
from manyvoices.collect.people import drafts
from manyvoices.collect.people.models import Participant
from manyvoices.collect.texts import study_html
from manyvoices.collect.trees import home_page, operations, presenting, quiz, wording
from manyvoices.collect.trees.access import for_contributor, task_of
from manyvoices.collect.trees.contexts import DonePage
from manyvoices.collect.trees.gold import hand_out
from manyvoices.collect.trees.languages import choose_languages, direction, languages_for
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.quiz_contexts import GuidelinesPage, LabelHelp
from manyvoices.collect.views import last, posted_lists
from manyvoices.design.trees import TaskKind, label_schema

DRAWN = random.SystemRandom()


def show(
    request: HttpRequest,
    participant: Participant,
    template: str,
    page: object,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a contributor's page."""
    context = {
        "page": page,
        "study": participant.study,
        "study_title": participant.version.spec.title,
        "participant": participant,
    }
    return render(request, template, context, status=status)


@require_GET
@for_contributor
def home(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What is needed, in my languages."""
    page = home_page.home_page(participant, timezone.now())
    return show(request, participant, "trees/home.html", page)


@require_POST
@for_contributor
@limited("profile")
def languages(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Choose the data languages to be asked in."""
    offered = home_page.offered(participant)
    chosen = [tag for tag in request.POST.getlist("language") if tag in offered]
    if not chosen:
        errors = {f"language-{offered[0]}": _("Choose at least one language.")}
        page = home_page.home_page(participant, timezone.now(), errors)
        return show(request, participant, "trees/home.html", page, status=422)
    choose_languages(participant=participant, languages=chosen, now=timezone.now())
    return redirect("trees:home", participant.study_id)


@require_POST
@for_contributor
@limited("take_task")
def next_task(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Give me a task: of any kind or of one, in any of my languages or in one."""
    posted = posted_lists(request.POST)
    stage = presenting.stage_here(participant)
    offered = home_page.offered(participant)
    kinds = _kinds_wanted(last(posted, "kind"))
    tags = [tag for tag in (last(posted, "language"),) if tag in offered]
    tags = tags or list(languages_for(participant, offered))
    DRAWN.shuffle(tags)
    here = quiz.standing(participant, stage.quiz)
    ready = [kind for kind in kinds if here.may_do(kind)]
    for tag in tags if ready else ():
        handed = hand_out(
            participant=participant, language=tag, kinds=ready, now=timezone.now(), rng=DRAWN
        )
        if handed is not None:
            return redirect("trees:task", participant.study_id, handed.task.pk)
    if (to_pass := home_page.quiz_to_take(participant, here, kinds, tags)) is not None:
        return redirect(to_pass)
    messages.info(request, _("There is no such task for you at the moment."))
    return redirect("trees:home", participant.study_id)


def turned_away(request: HttpRequest, participant: Participant, reason: str) -> HttpResponse:
    """Home, with the reason why what somebody sent was not taken; `moderation.middleware` keeps
    them from most pages of work before."""
    words = _("You cannot contribute at the moment. The reason given: %(reason)s")
    messages.warning(request, words % {"reason": reason})
    return redirect("trees:home", participant.study_id)


def _kinds_wanted(kind: str) -> list[TaskKind]:
    if kind in home_page.KINDS:
        return [TaskKind(kind)]
    return list(home_page.KINDS)


@require_GET
@for_contributor
def task(_request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """The page where a task is done."""
    found = task_of(participant, task)
    kind = TaskKind(found.kind)
    name = "label" if kind.is_label else "rank" if kind.is_rank else "write"
    if found.state == Task.State.DONE:
        name = "done"
    return redirect(f"trees:{name}", participant.study_id, found.pk)


@require_POST
@for_contributor
@limited("keep")
def keep(_request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """The page is open and used. Answers until when the task is kept; 409 where it had run out."""
    found = task_of(participant, task)
    until = operations.keep(task=found, now=timezone.now())
    if until is None:
        return JsonResponse({"kept_until": None}, status=409)
    return JsonResponse({"kept_until": until.isoformat()})


@require_POST
@for_contributor
@limited("skip")
def skip(request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """Pass a task over, with a reason if there is one to be told."""
    found = task_of(participant, task)
    reason = wording.skip_reason(request.POST.get("reason", ""), request.POST.get("words", ""))
    operations.skip(task=found, reason=reason, now=timezone.now(), rng=DRAWN)
    drafts.drop_draft(participant, presenting.form_name(found))
    messages.info(request, _("The task was given back. It will not be offered to you again."))
    return redirect("trees:home", participant.study_id)


@require_GET
@for_contributor
def done(request: HttpRequest, participant: Participant, task: uuid.UUID) -> HttpResponse:
    """What was stored, and the next task one press away."""
    found = task_of(participant, task)
    if found.state != Task.State.DONE:
        return redirect("trees:task", participant.study_id, found.pk)
    kind = TaskKind(found.kind)
    written = None
    if not kind.is_label and not kind.is_rank:
        mine = Message.objects.filter(author=participant, evidence__task=str(found.pk))
        written = mine.only("pk").order_by("depth").first()
    page = DonePage(
        title=_("Thank you. It is stored."),
        then=_what_then(kind, is_text=written is not None),
        kind=found.kind,
        kind_title=wording.kind_title(found.kind),
        language=found.language,
        lang_dir=direction(found.language),
        message=str(written.pk) if written else "",
    )
    return show(request, participant, "trees/done.html", page)


def _what_then(kind: TaskKind, *, is_text: bool) -> str:
    if is_text:
        return _("Other people review it now. What becomes of it stands in your contributions.")
    if kind.is_label:
        return _("Together with other reviews, yours decides whether the message goes on.")
    if kind is TaskKind.RANK_INITIAL_PROMPTS:
        return _("Together with other people’s, your order says which prompt begins first.")
    if kind.is_rank:
        return _("Together with other people’s, your order says which reply was best.")
    return _("This conversation ends here.")


@require_GET
@for_contributor
def guidelines(request: HttpRequest, participant: Participant) -> HttpResponse:
    """What is wanted here, what each label means, and the keys."""
    stage = presenting.stage_here(participant)
    kinds = [kind for kind in TaskKind if kind.is_label]
    deciding = {
        name
        for language in home_page.offered(participant)
        for name in policy_for(participant.study_id, language).acceptance_against
    }
    labels = {
        label.name: label
        for kind in kinds
        for label in label_schema(
            kind, there=stage.all_labels, names=stage.labels, deciding=deciding
        )
    }
    page = GuidelinesPage(
        html=study_html(stage.guidelines),
        labels=[
            LabelHelp(_(x.question), _(x.help) if x.help else "", x.examples)
            for x in labels.values()
        ],
    )
    return show(request, participant, "trees/guidelines.html", page)
