"""Quotas, budget and exits on a study's page: what keeps people out, and what it costs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.console.presenting.quality_words import asked, check_name, reason
from manyvoices.collect.console.presenting.sheets import SHEETS
from manyvoices.collect.conversations.models import Conversation, Spending, Utterance
from manyvoices.collect.people.models import Participant, QuotaCell, Reservation
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.curate.quality import Severity, Suggestion
from manyvoices.design import Study

Walk = Callable[..., Participant]


def page(client: Client, name: str = "study", *more: str) -> str:
    response = client.get(reverse(f"console:{name}", args=["small", *more]))
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def rows(client: Client, name: str, *more: str) -> list[dict[str, str]]:
    answer = client.get(reverse(f"console:{name}", args=["small", *more]))
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def publish(spec: Study, recruitment: dict[str, object], **fields: object) -> StudyVersion:
    changed = spec.model_copy(
        update={
            "recruitment": spec.recruitment.model_copy(update=recruitment),
            "digest": str(sorted(recruitment.items())) + str(sorted(fields)),
            **fields,
        }
    )
    return publish_study(spec=changed, now=timezone.now())


def hold(participant: Participant) -> None:
    for cell in QuotaCell.objects.all():
        Reservation.objects.create(cell=cell, participant=participant, reserved_at=timezone.now())


def test_a_full_quota_is_named_as_the_reason(staff_client: Client, walk: Walk, spec: Study) -> None:
    publish(spec, {"quotas": {"gender": {"Female": 1}}})
    hold(walk(pages=2))
    shown = page(staff_client)
    assert "1 quota is full: Female." in shown
    assert "full: a place may come free" in shown
    (row,) = rows(staff_client, "sheet", "quotas")
    assert (row["active"], row["complete"], row["limit"], row["full"]) == ("1", "0", "1", "True")


def test_no_place_for_anybody_is_said_as_such(
    staff_client: Client, walk: Walk, spec: Study
) -> None:
    publish(spec, {"places": 1})
    assert "Every quota has open places." in page(staff_client)
    hold(walk(pages=2))
    assert "Every place of the study is taken." in page(staff_client)


def test_a_study_closed_by_its_budget_says_so(
    staff_client: Client, walk: Walk, spec: Study
) -> None:
    from manyvoices.design.responders import Budget, Expected

    budget = Budget(tokens=1000, per_person=Expected(tokens=400))
    publish(spec, {}, budget=budget)
    assert "has room for one more person" in page(staff_client)
    Spending.objects.create(study_id="small", n_calls=3, prompt_tokens=500, completion_tokens=200)
    shown = page(staff_client)
    assert "Closed to newcomers by its budget for models." in shown
    told = {row["name"]: row["value"] for row in rows(staff_client, "sheet", "cost")}
    assert (told["calls"], told["tokens"], told["tokens_limit"]) == ("3", "700", "1,000")


def test_whoever_waits_or_left_is_counted_by_why(staff_client: Client, walk: Walk) -> None:
    now = timezone.now()
    walk(pages=1, waiting_since=now)
    walk(pages=1, left_at=now, left_because="timeout")
    walk(pages=1, left_at=now, left_because="timeout", simulated=True)
    shown = page(staff_client)
    assert "1 person is waiting for a place." in shown
    told = {row["reason"]: row["people"] for row in rows(staff_client, "sheet", "exits")}
    assert told == {"waiting": "1", "timeout": "1"}


def test_models_that_all_fall_silent_are_the_reason(
    staff_client: Client, walk: Walk, talk: Callable[..., Conversation], version: StudyVersion
) -> None:
    turn = talk(walk(), 1).turns.get(index=0)
    turn.utterances.all().delete()
    for position, model in enumerate(version.spec.models):
        for attempt in (1, 2, 3):
            turn.utterances.create(
                attempt=attempt, position=position, responder=model.id, failure="timeout",
                settled_at=timezone.now(),
            )  # fmt: skip
    Utterance.objects.exclude(turn=turn).delete()
    assert "No model answers" in page(staff_client)
    turn.utterances.filter(position=0, attempt=3).update(failure=None, text="Here.")
    assert "These models have not answered any call" in page(staff_client)


def test_every_table_of_the_page_is_a_file_and_is_noted(
    staff_client: Client, walk: Walk, talk: Callable[..., Conversation]
) -> None:
    talk(walk(), 1)
    shown = page(staff_client)
    for name in SHEETS:
        assert f"small-{name}.csv" in shown
        answer = staff_client.get(reverse("console:sheet", args=["small", name]))
        assert answer.headers["Content-Disposition"] == f'attachment; filename="small-{name}.csv"'
        AuditEntry.objects.get(action="download table", target=name)
    assert staff_client.get("/console/studies/small/progress/nothing.csv").status_code == 404
    models = rows(staff_client, "sheet", "models")
    assert {row["simulated"] for row in models} == {"False"}


def test_cost_is_told_by_the_answers_to_a_question(
    staff_client: Client, walk: Walk, version: StudyVersion
) -> None:
    for gender in ("Female", "Female", "Male"):
        person = walk(pages=2, conversations=2)
        SurveyAnswer.objects.create(
            participant=person, survey="survey", question="gender", kind="single", value=gender,
            consent_version=person.consent_version, answered_at=person.consented_at,
        )  # fmt: skip
    url = reverse("console:cost", args=["small"]) + "?by=gender&reward=9"
    assert "Female" in staff_client.get(url).content.decode()
    file = reverse("console:cost-file", args=["small"]) + "?by=gender&reward=9&fee=0"
    told = list(csv.DictReader(io.StringIO(staff_client.get(file).content.decode())))
    assert [(r["group"], r["complete"], r["rewards"]) for r in told] == [
        ("Female", "2", "18.0"),
        ("Male", "1", "9.0"),
    ]


def test_the_quality_file_has_everybody_once(staff_client: Client, walk: Walk) -> None:
    people = [walk(pages=2, conversations=2), walk(pages=1)]
    told = rows(staff_client, "quality-file")
    assert {row["participant_id"] for row in told} == {str(person.pk) for person in people}
    assert len(told) == 2


@pytest.mark.parametrize("role", ["viewer", "moderator", "analyst"])
def test_nobody_is_shown_a_link_that_they_may_not_open(
    role: str, walk: Walk, talk: Callable[..., Conversation]
) -> None:
    talk(walk(), 1, failing=frozenset({0}))
    walk(pages=2, conversations=2, simulated=True)
    user = User.objects.create_user(role)
    StudyRole.objects.create(user=user, study_id="small", role=role, given_at=timezone.now())
    client = Client()
    client.force_login(user)
    seen: set[str] = set()
    ahead = ["/console/"]
    while ahead:
        url = ahead.pop()
        if url in seen or len(seen) > 150:
            continue
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code != 403, url
        if answer.headers["Content-Type"].startswith("text/html"):
            found = re.findall(r'href="([^"#]+)', answer.content.decode())
            base = url.split("?")[0]
            links = [base + link if link.startswith("?") else link for link in found]
            ahead += [link.replace("&amp;", "&") for link in links if "/console/" in link]
    assert any("/failures/" in url for url in seen)


def test_every_word_of_the_checks_is_known_to_the_console() -> None:
    source = Path("src/manyvoices/curate/quality/signals.py").read_text(encoding="utf-8")
    for word in (*Severity, *Suggestion):
        assert asked(word.value)
    for name in re.findall(r'Signal\(\s*"([^"]+)"', source):
        assert check_name(name)
    from django.utils import translation

    with translation.override("de"):
        assert reason("finished 2 of 6 conversations") == "hat 2 von 6 Gesprächen beendet"
        assert reason("colour: not answered as asked, after 2 tries").startswith("colour: nach 2")
        assert reason("something new") == "something new"


def test_medians_of_latency_are_within_their_step(walk: Walk, rate: Callable[..., object]) -> None:
    from manyvoices.collect.console.queries.calls import LATENCY_STEP_MS, _median

    assert LATENCY_STEP_MS == 10
    assert _median([(1, 5.0)]) == 5.0
    assert _median([(1, 5.0), (1, 7.0)]) == 6.0
    assert _median([(3, 5.0), (2, 50.0)]) == 5.0
    assert _median([(2, 5.0), (2, 50.0)]) == 27.5
    assert timedelta(milliseconds=LATENCY_STEP_MS) < timedelta(seconds=1)
