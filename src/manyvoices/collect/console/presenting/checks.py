"""Why is nobody coming in? Every reason that the server can see, and whether it holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.console.contexts import Check, QueueView
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting.places import (
    budget_check,
    exits_check,
    places_check,
)
from manyvoices.collect.console.presenting.words import duration
from manyvoices.collect.console.queries.queue import Queue
from manyvoices.collect.console.queries.study import StudyFacts
from manyvoices.collect.studies.models import Study

STUCK_AFTER = timedelta(seconds=30)
"""A runner takes a due job within a second; nobody is there where one is older than this."""


def checks(facts: StudyFacts) -> list[Check]:
    """In the order in which a person coming in would meet them."""
    spec, found = facts.versions[0].spec if facts.versions else None, facts.places
    every = [
        _open(facts.study),
        _version(bool(facts.versions)),
        budget_check(found.money),
        places_check(found.cells, spec),
        exits_check(found.left),
        _runner(queue_view(facts.queue, now=facts.now)),
        _responders(facts.silent, [m.id for m in spec.models] if spec else []),
    ]
    return [check for check in every if check is not None]


def _open(study: Study) -> Check:
    if study.is_open:
        return Check(True, _("The study is open."))
    advice = _("Newcomers are told so. Whoever has begun can go on.")
    url = reverse("admin:studies_study_change", args=[study.pk])
    return Check(False, _("The study is closed."), advice, url)


def _version(exists: bool) -> Check:
    if exists:
        return Check(True, _("It has a current version."))
    advice = _("Publish its study.yaml: start the server with the file's name.")
    return Check(False, _("It has no current version, so nobody can begin."), advice)


def _runner(queue: QueueView) -> Check:
    if queue.state != "stuck":
        return Check(True, queue.words)
    advice = _(
        "People see that answers are being written and wait. The runner is started together with "
        "the server: look at the messages where the server was started."
    )
    return Check(False, queue.words, advice)


def _responders(silent: dict[str, int], models: list[str]) -> Check:
    if models and set(models) <= set(silent):
        text = _("No model answers: all of them left every call of the last hour unanswered.")
        return Check(False, text, _("Nobody can talk to anything. The failures say why."))
    if not silent:
        return Check(True, _("No model has left every call of the last hour without an answer."))
    names = ", ".join(silent)
    text = ngettext(
        "This model has not answered any call of the last hour: %(names)s.",
        "These models have not answered any call of the last hour: %(names)s.",
        len(silent),
    ) % {"names": names}
    return Check(False, text, _("The failures below say why."))


def queue_view(queue: Queue, *, now: datetime) -> QueueView:
    """What the state of the queue says about the runner."""
    waited = now - queue.oldest_due if queue.oldest_due else None
    state, words = _state(queue, waited)
    return QueueView(
        state=state,
        words=words,
        queued=queue.due,
        later=queue.later,
        leased=queue.leased,
        abandoned=queue.abandoned,
        oldest=duration(waited),
        broken=queue.broken,
        last_done=queue.last_done,
    )


def _state(queue: Queue, waited: timedelta | None) -> tuple[str, str]:
    if waited is not None and waited > STUCK_AFTER:
        words = _(
            "The runner is not working or not keeping up: the oldest call waits for %(time)s."
        )
        return "stuck", words % {"time": duration(waited)}
    if queue.leased or queue.due:
        words = ngettext(
            "The runner is working: %(n)s call under way.",
            "The runner is working: %(n)s calls under way.",
            queue.leased,
        )
        return "working", words % {"n": number(queue.leased)}
    return "idle", _("The runner has nothing to do: no call is waiting.")
