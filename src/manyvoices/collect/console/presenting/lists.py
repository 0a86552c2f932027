"""The console's lists: what each row says, how the list can be narrowed, where one is in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.paginator import Page
from django.urls import reverse
from django.utils.translation import gettext as _

from manyvoices.collect.comparisons.models import OTHER_LANGUAGE
from manyvoices.collect.console.contexts import Share
from manyvoices.collect.console.contexts_lists import (
    Choice,
    ConversationRow,
    FailureRow,
    Option,
    Pager,
    PersonRow,
)
from manyvoices.collect.console.filters import Filter, query_string
from manyvoices.collect.console.presenting import words
from manyvoices.collect.console.queries.failures import Failure
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.journey import comparison_stages
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.design import Study
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.journey import JourneyFacts, next_step
from manyvoices.llm import FailureKind


def pager(page: Page[Any], chosen: Filter) -> Pager:
    """Where `page` stands in its list, and the addresses of its neighbours."""
    return Pager(
        first=page.start_index(),
        last=page.end_index(),
        total=page.paginator.count,
        newer_url=query_string(chosen, page=page.number - 1) if page.has_previous() else "",
        older_url=query_string(chosen, page=page.number + 1) if page.has_next() else "",
    )


def person_rows(
    study_id: str,
    people: Iterable[Participant],
    facts: Mapping[uuid.UUID, JourneyFacts],
    versions: Sequence[StudyVersion],
) -> list[PersonRow]:
    """One row per participant; the step is computed from what is stored, as for themselves."""
    known = {version.pk: version for version in versions}
    url = reverse("console:conversations", args=[study_id])
    return [_person(p, facts[p.pk], known[p.version_id], url) for p in people]


def _person(
    participant: Participant, facts: JourneyFacts, version: StudyVersion, url: str
) -> PersonRow:
    spec = version.spec
    step = next_step(spec, facts)
    held = sum(c.stage == step.stage for c in facts.conversations)
    n_done = len(facts.survey_pages_done) + sum(c.finished for c in facts.conversations)
    n_done += sum(_is_over(facts, index, rule) for index, rule in comparison_stages(spec))
    return PersonRow(
        id=participant.pk,
        simulated=participant.simulated,
        step=words.place(step, spec, held),
        done=Share(n_done, len(words.steps(spec))),
        version=version.number,
        consent_version=participant.consent_version,
        started_at=participant.consented_at,
        completed_at=participant.completed_at,
        withdrawn_at=participant.withdrawn_at,
        conversations_url=url + query_string(Filter(participant=participant.pk)),
    )


def _is_over(facts: JourneyFacts, stage: int, rule: ComparisonsStage) -> bool:
    """Whether somebody has made all comparisons that a stage asks for, or it is over before."""
    n_judged = sum(c.finished for c in facts.comparisons if c.stage == stage)
    return stage in facts.comparisons_over or n_judged >= rule.count


def conversation_rows(
    study_id: str, rows: Iterable[tuple[Conversation, bool, int, int]], spec: Study | None
) -> list[ConversationRow]:
    """One row per conversation."""
    return [
        ConversationRow(
            id=c.pk,
            url=reverse("console:conversation", args=[study_id, c.pk]),
            simulated=simulated,
            participant=c.participant_id,
            type_label=words.type_label(spec, c.type),
            number=c.number,
            n_turns=n_turns,
            n_rated=n_rated,
            started_at=c.started_at,
            finished_at=c.finished_at,
        )
        for c, simulated, n_turns, n_rated in rows
    ]


def failure_rows(
    study_id: str, failures: Iterable[Failure], *, opens: bool = True
) -> list[FailureRow]:
    """One row per call without an answer; links to what it was asked for if it `opens`."""
    return [_failure(study_id, failure, opens=opens) for failure in failures]


def _failure(study_id: str, failure: Failure, *, opens: bool) -> FailureRow:
    return FailureRow(
        when=failure.settled_at,
        responder=failure.responder,
        kind=failure.failure,
        label=words.failure(failure.failure),
        simulated=failure.simulated,
        is_comparison=failure.is_comparison,
        turn=failure.message + 1,
        attempt=failure.attempt,
        latency=words.latency(failure.latency_ms),
        url=_place_of(study_id, failure) if opens else "",
    )


def _place_of(study_id: str, failure: Failure) -> str:
    if failure.is_comparison:
        return reverse("comparing:comparison", args=[study_id, failure.within])
    page = reverse("console:conversation", args=[study_id, failure.within])
    return f"{page}#turn-{failure.message + 1}"


def _choice(name: str, label: str, chosen: str, options: Iterable[tuple[str, str]]) -> Choice:
    every = [("", _("all")), *options]
    return Choice(name, label, [Option(v, text, v == chosen) for v, text in every])


def who_choice(chosen: Filter) -> Choice:
    """People, simulated people, or both (each row is marked)."""
    value = {None: "", False: "people", True: "simulated"}[chosen.simulated]
    options = [("people", _("people")), ("simulated", _("simulated people"))]
    return _choice("who", _("Who"), value, options)


def status_choice(chosen: Filter) -> Choice:
    """How far people are."""
    options = [
        ("staying", _("whoever did not withdraw")),
        ("now", _("active now")),
        ("underway", _("not complete yet")),
        ("complete", _("complete")),
        ("withdrew", _("withdrew")),
    ]
    return _choice("status", _("Progress"), chosen.status, options)


def finished_choice(chosen: Filter) -> Choice:
    """Whether everything that is asked about a conversation was stored."""
    options = [("complete", _("finished")), ("underway", _("not finished yet"))]
    return _choice("status", _("Progress"), chosen.status, options)


def version_choice(chosen: Filter, versions: Sequence[StudyVersion]) -> Choice:
    """The versions of the study."""
    options = [(str(v.number), _("version %(n)d") % {"n": v.number}) for v in versions]
    value = "" if chosen.version is None else str(chosen.version)
    return _choice("version", _("Study version"), value, options)


def type_choice(chosen: Filter, types: Sequence[str], spec: Study | None) -> Choice:
    """The conversation types that were begun."""
    options = [(name, words.type_label(spec, name)) for name in types]
    return _choice("type", _("Type"), chosen.type, options)


def responder_choice(chosen: Filter, spec: Study | None) -> Choice:
    """The models of the current version, and the one that was asked for if it is another."""
    names = [m.id for m in spec.models] if spec else []
    if chosen.responder and chosen.responder not in names:
        names.append(chosen.responder)
    return _choice("responder", _("Model"), chosen.responder, [(n, n) for n in names])


def failure_choice(chosen: Filter) -> Choice:
    """Why there is no answer."""
    kinds = [*(kind.value for kind in FailureKind), OTHER_LANGUAGE]
    options = [(kind, words.failure(kind)) for kind in kinds]
    return _choice("failure", _("Reason"), chosen.failure, options)


def narrowed(chosen: Filter, versions: Sequence[StudyVersion] = ()) -> str:
    """In words, the condition that no select shows."""
    if chosen.participant is not None:
        return _("Only participant %(id)s.") % {"id": chosen.participant}
    if chosen.done is None:
        return ""
    steps = [
        step.label
        for version in versions
        if chosen.version in (None, version.number)
        for step in words.steps(version.spec)
        if step.done == chosen.done
    ]
    label = steps[0] if steps else str(chosen.done)
    return _("Only whoever did this step: %(step)s.") % {"step": label}
