"""The numbers: right, with denominators, simulated people apart; each leads to its rows."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from manyvoices.collect.console.presenting.study import funnels, study_page
from manyvoices.collect.console.queries import calls, progress
from manyvoices.collect.console.queries.queue import Queue, queue
from manyvoices.collect.console.queries.study import StudyFacts, study_facts
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.drafts import save_draft
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study

Walk = Callable[..., Participant]


@pytest.fixture
def now(version: StudyVersion) -> datetime:
    return version.created_at


@pytest.fixture
def crowd(walk: Walk, now: datetime) -> None:
    """Four people, one who withdrew, and two simulated people."""
    walk(pages=0)
    walk(pages=1)
    walk(pages=2, conversations=1)
    walk(pages=2, conversations=2)
    walk(pages=2, conversations=2, withdrawn_at=now)
    walk(pages=2, conversations=2, simulated=True)
    walk(pages=1, simulated=True)


def facts_at(now: datetime) -> StudyFacts:
    return study_facts(progress.studies()[0], now=now)


def test_the_funnel_counts_every_step_of_those_who_consented(crowd: None, now: datetime) -> None:
    rows = funnels(facts_at(now))[0].rows
    assert [(row.people.n, row.people.of) for row in rows] == [
        (4, 4),
        (3, 4),
        (2, 4),
        (2, 4),
        (1, 4),
        (1, 4),
    ]
    assert [row.label for row in rows] == [
        "Consented",
        "Survey: You and language models",
        "Survey: About you",
        "Conversation 1 of 2",
        "Conversation 2 of 2",
        "Complete",
    ]


def test_simulated_people_are_counted_apart(crowd: None, now: datetime) -> None:
    funnel = funnels(facts_at(now))[0]
    assert [(row.simulated.n, row.simulated.of) for row in funnel.rows] == [
        (2, 2),
        (2, 2),
        (1, 2),
        (1, 2),
        (1, 2),
        (1, 2),
    ]


def test_whoever_withdrew_is_in_one_number_only(crowd: None, now: datetime) -> None:
    facts = facts_at(now)
    page = study_page(facts, invitation_url="https://here.example/s/small/")
    people = page.groups[0]
    assert (people.withdrawn.n, people.withdrawn.of) == (1, 5)
    assert people.consented.n == 4
    assert facts.types[False, "unguided"] == progress.Reached(begun=2, finished=2)
    assert sum(n for (sim, _r, _o), n in facts.outcomes.items() if not sim) == 3 * (4 + 2)


def test_a_conversation_under_way_is_begun_and_not_finished(
    walk: Walk, talk: Callable[..., Conversation], now: datetime
) -> None:
    talk(walk(), 1, finish=False)
    row = funnels(facts_at(now))[0].rows[3]
    assert (row.people.n, row.underway) == (0, 1)


def test_each_version_has_its_own_funnel_and_its_own_denominators(
    walk: Walk, version: StudyVersion, now: datetime
) -> None:
    walk(pages=1)
    spec = version.spec.model_copy(update={"digest": "b" * 64, "title": "Changed"})
    newer = publish_study(spec=spec, now=now)
    walk(pages=2, version=newer)
    walk(pages=0, version=newer)
    shown = funnels(facts_at(now))
    assert [(f.version, f.is_current) for f in shown] == [(2, True), (1, False)]
    assert [f.rows[1].people.of for f in shown] == [2, 1]
    assert [f.rows[1].people.n for f in shown] == [1, 1]


def test_answers_that_did_not_come_are_counted_by_reason(
    walk: Walk, talk: Callable[..., Conversation], now: datetime
) -> None:
    talk(walk(), 1, finish=False, failing=frozenset({0, 3}))
    facts = facts_at(now)
    assert sum(n for (_s, _r, outcome), n in facts.outcomes.items() if outcome == "timeout") == 2
    rows = study_page(facts, invitation_url="https://here.example/").groups[0].responders
    assert sum(row.missing.n for row in rows) == 2
    assert sum(row.answered.n for row in rows) == 4
    assert {failure.label for row in rows for failure in row.failures} == {"did not answer in time"}


def test_a_call_that_is_out_counts_as_waiting_and_in_no_share(walk: Walk, now: datetime) -> None:
    from manyvoices.collect.conversations import operations

    conversation = operations.start_conversation(
        participant=walk(), stage=2, number=1, type_name="unguided", now=now
    )
    operations.send_prompt(conversation=conversation, index=0, text="Hello", now=now)
    page = study_page(facts_at(now), invitation_url="https://here.example/")
    rows = page.groups[0].responders
    assert sum(row.waiting for row in rows) == 4
    assert all(row.answered.of == row.missing.of == 0 for row in rows)


def test_models_that_nobody_was_asked_for_are_listed_too(walk: Walk, now: datetime) -> None:
    walk()
    page = study_page(facts_at(now), invitation_url="https://here.example/")
    names = [row.name for row in page.groups[0].responders]
    assert names == ["brief", "careful", "cheerful", "essayist", "list_maker"]
    assert all(row.asked == 0 and row.spread is None for row in page.groups[0].responders)


def test_ratings_of_openings_are_spread_without_those_of_later_turns(
    walk: Walk, talk: Callable[..., Conversation], now: datetime
) -> None:
    talk(walk(), 1, finish=False)
    scores = calls.counts("small", now=datetime.now(tz=UTC)).scores
    assert sorted(score for spread in scores.values() for score in spread) == [10, 20, 30, 40]


def test_the_median_time_to_the_end_counts_who_came_to_the_end(crowd: None, now: datetime) -> None:
    assert progress.median_duration("small")[False] == timedelta(minutes=20)


def test_completions_are_counted_on_their_day_in_utc(walk: Walk, now: datetime) -> None:
    late = now.replace(hour=23, minute=50)
    walk(pages=2, conversations=2, now=late)
    found = progress.completions_per_day(since=now - timedelta(days=2), study_id="small")
    assert found == {("small", False, (late + timedelta(minutes=20)).date()): 1}


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 1), (9, 1), (11, 0)], ids=["at once", "lately", "long ago"]
)
def test_whoever_stored_something_lately_is_active(
    walk: Walk, now: datetime, minutes: int, expected: int
) -> None:
    walk(pages=1)
    found = progress.active_now(now=now + timedelta(minutes=minutes))
    assert found.get(("small", False), 0) == expected


def test_a_draft_makes_its_writer_active(walk: Walk, now: datetime) -> None:
    writer = walk(pages=1)
    later = now + timedelta(hours=1)
    save_draft(participant=writer, form="survey-1-1", fields={"q-x": ["y"]}, now=later)
    assert progress.active_now(now=later) == {("small", False): 1}


def test_whoever_is_at_the_end_is_not_active(walk: Walk, now: datetime) -> None:
    walk(pages=2, conversations=2)
    assert progress.active_now(now=now) == {}


def test_the_last_activity_is_the_latest_of_everything_stored(crowd: None, now: datetime) -> None:
    assert progress.last_activity()["small"] == now + timedelta(minutes=20)


def test_the_queue_says_what_waits_and_since_when(version: StudyVersion, now: datetime) -> None:
    minute = timedelta(minutes=1)
    common: dict[str, Any] = {"kind": "utterance", "created_at": now}
    Job.objects.create(key="a", not_before=now - 3 * minute, **common)
    Job.objects.create(key="b", not_before=now + minute, **common)
    leased: dict[str, Any] = {**common, "state": Job.State.LEASED, "not_before": now - 9 * minute}
    Job.objects.create(key="c", leased_until=now + minute, **leased)
    Job.objects.create(key="d", leased_until=now - minute, **leased)
    over: dict[str, Any] = {**common, "state": Job.State.FAILED, "not_before": now}
    Job.objects.create(key="e", error="cancelled", **over)
    Job.objects.create(key="f", error="KeyError: 'x'", **over)
    assert queue(now=now) == Queue(
        due=1,
        later=1,
        leased=1,
        abandoned=1,
        oldest_due=now - 3 * minute,
        broken=1,
        last_done=None,
    )


LINK = re.compile(r'<a href="(/console/studies/small/[a-z]+/\?[^"]+)">([\d,]+)</a>')


def test_every_number_leads_to_as_many_rows(
    staff_client: Client,
    crowd: None,
    version: StudyVersion,
    walk: Walk,
    talk: Callable[..., Conversation],
    now: datetime,
) -> None:
    spec = version.spec.model_copy(update={"digest": "b" * 64})
    newer = publish_study(spec=spec, now=now)
    talk(walk(version=newer), 1, failing=frozenset({0}))
    talk(walk(version=newer, simulated=True), 1, failing=frozenset({0, 2}))
    page = staff_client.get(reverse("console:study", args=["small"])).content.decode()
    links = LINK.findall(page)
    assert len(links) > 20
    for address, count in links:
        shown = staff_client.get(html.unescape(address)).context["page"]
        assert shown.pager.total == int(count), address


def test_an_empty_study_has_pages_without_numbers(
    staff_client: Client, version: StudyVersion
) -> None:
    for name in ("study", "people", "conversations", "failures"):
        page = staff_client.get(reverse(f"console:{name}", args=["small"]))
        assert page.status_code == 200
    assert "Every call so far has brought an answer." in page.content.decode()


def test_the_list_of_studies_counts_each_at_a_glance(staff_client: Client, crowd: None) -> None:
    line = staff_client.get(reverse("console:studies")).context["page"].studies[0]
    assert (line.complete.n, line.complete.of) == (1, 4)
    assert (line.simulated_complete.n, line.simulated_complete.of) == (1, 2)
    assert line.is_open
    assert line.has_version
