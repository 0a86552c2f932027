"""What every participant page shares: the study's name, the progress line, the form's status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.people import journey
from manyvoices.collect.people.models import Participant
from manyvoices.design.problems import Problem


def render_page(
    request: HttpRequest,
    participant: Participant,
    template: str,
    page: object,
    *,
    has_errors: bool = False,
) -> HttpResponse:
    """Render a participant's page. 422 where a form came back with something to put right."""
    context = {
        "page": page,
        "study": participant.study,
        "study_title": participant.version.spec.title,
        "participant": participant,
        "progress": journey.progress(participant),
    }
    return render(request, template, context, status=422 if has_errors else 200)


def posted_lists(data: QueryDict) -> dict[str, list[str]]:
    """A posted form as field -> values."""
    return {name: [str(value) for value in values] for name, values in data.lists()}


def last(posted: Mapping[str, Sequence[str]], name: str) -> str:
    """The last value posted under `name`; empty where there is none."""
    values = posted.get(name) or [""]
    return values[-1]


def words(problem: Problem) -> str:
    """A problem in the reader's language."""
    return _(problem.text) % problem.params


def draft_url(participant: Participant, form: str) -> str:
    """Where the browser saves what is typed into `form`."""
    return reverse("people:draft", args=[participant.study_id, form])
