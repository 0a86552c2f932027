"""Who sees the community's pages: whoever takes part, where the project has a community at all."""

from __future__ import annotations

import functools
from typing import ParamSpec

from django.http import Http404, HttpRequest, HttpResponse

from manyvoices.collect.community.standing import is_on
from manyvoices.collect.people.access import ParticipantView, View, for_participant
from manyvoices.collect.people.models import Participant

P = ParamSpec("P")


def for_member(view: ParticipantView[P]) -> View[P]:
    """Give a view its participant; 404 where the project is a study without a community."""

    def run(
        request: HttpRequest, participant: Participant, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not is_on(participant.study):
            raise Http404("this project has no community")
        return view(request, participant, *args, **kwargs)

    functools.update_wrapper(run, view)
    return for_participant(run)
