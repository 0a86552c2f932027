"""The console's page about reviewers: how well they read, and the messages that are gold."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.quality.models import GoldItem
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import gold
from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import Message
from manyvoices.collect.trees.reliability import LATEST, reviewers

SHOWN = 500


@require_http_methods(["GET", "HEAD", "POST"])
@allowed(Ability.TEXTS)
def reliability(request: StaffRequest, found: Study) -> HttpResponse:
    """Reviewers by pseudonym with intervals; say what is gold, or that it is no more."""
    problem = ""
    if request.method == "POST":
        problem = _change(request, found)
        if not problem:
            return redirect("quality:reliability", found.pk)
    items = GoldItem.objects.filter(study=found).select_related("message")
    everybody = reviewers(found.pk)
    context = {
        "study": found,
        "page": {
            "reviewers": everybody[:SHOWN],
            "n_more": max(len(everybody) - SHOWN, 0),
            "latest": LATEST,
            "gold": items.order_by("-is_active", "-made_at")[:SHOWN],
            "problem": problem,
            "typed": _typed(request),
            "counted_at": timezone.now(),
        },
    }
    return render(request, "console/reliability.html", context, status=422 if problem else 200)


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in ("message", "labels", "reason")}


def _change(request: StaffRequest, study: Study) -> str:
    """Do what the form says; in words, what is wrong with it."""
    by, now = request.user.get_username(), timezone.now()
    if retire := request.POST.get("retire", ""):
        item = GoldItem.objects.filter(study=study, pk=retire if retire.isdigit() else 0).first()
        if item is not None:
            gold.retire_gold(item=item, by=by, now=now)
        return ""
    typed = _typed(request)
    try:
        key = uuid.UUID(typed["message"].strip())
        message = Message.objects.select_related("tree__study").get(pk=key, tree__study=study)
        labels = read_labels(typed["labels"])
        if not typed["reason"].strip():
            return _("Say why these labels are known.")
        gold.make_gold(message=message, labels=labels, by=by, reason=typed["reason"], now=now)
    except Unfit as reason:
        return str(reason)
    except (ValueError, Message.DoesNotExist):
        return _("Give the id of a message of this study, and labels such as “spam=0, quality=1”.")
    return ""


def read_labels(text: str) -> dict[str, float]:
    """``spam=0, quality=0.75`` as labels; `ValueError` where it is not so."""
    found: dict[str, float] = {}
    for part in text.replace("\n", ",").split(","):
        if part.strip():
            name, _equals, value = part.partition("=")
            found[name.strip()] = float(value)
    return found
