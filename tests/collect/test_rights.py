"""What people may do with what they gave, and what is left afterwards."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.test import Client
from django.utils import timezone

from manyvoices.collect.conversations import operations as talk
from manyvoices.collect.conversations.models import Conversation, Utterance
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people import consents, drafts, operations, rights
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import ConsentGiven, Draft, Participant
from manyvoices.collect.release import write_release
from manyvoices.collect.studies.models import ReleasedParticipant, StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.collect.surveys.operations import store_page
from manyvoices.design import Study
from manyvoices.io import read_native

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "Grandmother's recipe for quince"
Answer = Callable[..., None]
Make = Callable[..., Participant]


@pytest.fixture
def take_part(make_participant: Make, answer_all: Answer) -> Make:
    """A participant with two survey pages, a conversation, and a draft."""

    def take(**fields: object) -> Participant:
        person = make_participant(**fields)
        first = {"familiarity": "Somewhat", "usecases": ["fun"], "self_description": SECRET}
        store_page(participant=person, stage=1, page=0, values=first, now=NOW)
        second = {"stated_prefs": {"safety": 80, "creativity": 3}, "gender": "Female"}
        store_page(participant=person, stage=1, page=1, values=second, now=NOW)
        conversation = talk.start_conversation(
            participant=person, stage=2, number=1, type_name="unguided", now=NOW
        )
        turn = talk.send_prompt(conversation=conversation, index=0, text="About quince", now=NOW)
        answer_all(turn)
        scores = {"0": 1, "1": 2, "2": 3, "3": 4}
        talk.rate_turn(conversation=conversation, index=0, scores=scores, now=NOW)
        fields_typed = {"feedback": [SECRET]}
        drafts.save_draft(participant=person, form="talk-2-1", fields=fields_typed, now=NOW)
        return person

    return take


def _browser(person: Participant) -> Client:
    browser = Client()
    browser.get(f"/s/{person.study_id}/resume/{person.resume_key}/")
    return browser


def _every_value() -> Iterator[tuple[str, object]]:
    for model in apps.get_models():
        if model.__module__.startswith("manyvoices"):
            for row in model._base_manager.all():
                for field in row._meta.concrete_fields:
                    yield f"{model.__name__}.{field.name}", getattr(row, field.attname)


def test_my_data_says_what_is_stored_and_gives_it_without_naming_a_model(
    take_part: Make, version: StudyVersion
) -> None:
    person = take_part(external_id="5f1")
    browser = _browser(person)
    page = browser.get("/s/small/my-data/").content.decode()
    assert "5 survey answers" in page
    assert "1 conversation" in page
    assert "1 page not sent yet" in page
    answer = browser.get("/s/small/my-data/download/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.content.decode()
    data = json.loads(text)
    assert {row["question_id"] for row in data["answers"]} >= {"gender", "self_description"}
    assert [a["score"] for a in data["conversations"][0]["turns"][0]["answers"]] == [1, 2, 3, 4]
    assert data["recruitment"]["your_id_there"] == "5f1"
    assert SECRET in json.dumps(data["not_sent_yet"], ensure_ascii=False)
    for row in data["conversations"][0]["turns"][0]["answers"]:
        assert set(row) <= set(rights.SHOWN_OF_AN_ANSWER)
    assert '"model' not in text


def test_nobody_else_gets_it(take_part: Make) -> None:
    take_part()
    for place in ("my-data/", "my-data/download/"):
        assert Client().get(f"/s/small/{place}").headers["Location"] == "/s/small/"
    assert Client().post("/s/small/my-data/erase/", {"sure": "yes"}).status_code == 302
    assert Participant.objects.get().withdrawn_at is None


def test_erasing_needs_the_tick_and_leaves_an_id_and_a_date(take_part: Make) -> None:
    person = take_part(external_id="5f1", language="de")
    stays = take_part(external_id="5f2")
    browser = _browser(person)
    assert browser.post("/s/small/my-data/erase/").status_code == 422
    receipt = browser.post("/s/small/my-data/erase/", {"sure": "yes"}, follow=True)
    page = receipt.content.decode()
    assert "Everything is erased" in page
    assert str(person.pk) in page
    assert "5 survey answers" in page
    gone = Participant.objects.get(pk=person.pk)
    kept = {
        field.name
        for field in gone._meta.concrete_fields
        if getattr(gone, field.attname) not in (None, "", 0, False)
    }
    assert kept == {"id", "study", "version", "resume_key", "consented_at", "withdrawn_at"}
    assert gone.consented_at == gone.withdrawn_at
    assert gone.resume_key != person.resume_key
    for relation in (SurveyAnswer, Conversation, Draft):
        assert not relation.objects.filter(participant=person).exists()
        assert relation.objects.filter(participant=stays).exists()
    assert Job.objects.count() == Utterance.objects.count() == 4
    assert browser.get("/s/small/next/").headers["Location"] == "/s/small/"
    assert Client().get(f"/s/small/resume/{person.resume_key}/").status_code == 404


def test_no_column_of_any_table_remembers_a_word_of_the_erased(take_part: Make) -> None:
    person = take_part(external_id="5f1-secret")
    words = (SECRET, "About quince", "5f1-secret", person.resume_key, "Female")
    held = [name for name, value in _every_value() if any(w in str(value) for w in words)]
    assert {"SurveyAnswer.value", "Turn.prompt", "Draft.fields", "Participant.external_id"} <= set(
        held
    )
    rights.withdraw(participant=person, now=NOW)
    # The study itself offers "Female" as an answer.
    still = {name for name, value in _every_value() if any(w in str(value) for w in words)}
    assert still == {"StudyVersion.content"}


def test_whatever_refers_to_a_participant_is_erased_or_named_as_kept() -> None:
    for relation in Participant._meta.related_objects:
        field = relation.field
        if relation.get_accessor_name() in rights.KEPT:
            assert field.null
        else:
            assert field.remote_field.on_delete is models.CASCADE, field


def test_an_answer_that_arrives_after_the_erasure_is_stored_nowhere(
    take_part: Make, version: StudyVersion
) -> None:
    from manyvoices.collect.conversations.answering import begin_call
    from manyvoices.collect.conversations.storing import store_outcome
    from manyvoices.collect.jobs import leases
    from manyvoices.llm import Reply

    person = take_part()
    conversation = Conversation.objects.get()
    talk.send_prompt(conversation=conversation, index=1, text="More", now=NOW)
    jobs = leases.claim(owner="here:1:x", limit=9, now=NOW)
    assert jobs
    begin_call(job=jobs[0], now=NOW)
    rights.withdraw(participant=person, now=NOW)
    reply = Reply("Late words.", "stop", 1, 1, "v", 10.0)
    with pytest.raises((leases.LeaseLost, ObjectDoesNotExist)):
        store_outcome(job=jobs[0], outcome=reply, waited_ms=10.0, now=NOW)
    assert Utterance.objects.count() == 0


def test_a_receipt_is_signed_and_cannot_be_made_up(take_part: Make) -> None:
    receipt = rights.withdraw(participant=take_part(), now=NOW)
    signed = rights.sign_receipt(receipt)
    assert rights.read_receipt(f" {signed}\n") == receipt
    assert receipt.erased["answers"] == 5
    for wrong in ("", "x:y:z", signed[:-2] + "aa"):
        assert rights.read_receipt(wrong) is None
    assert Client().get("/s/small/erased/", {"receipt": signed}).status_code == 200
    assert Client().get("/s/small/erased/", {"receipt": "x"}).status_code == 404


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (13, True), (15, False)])
def test_the_window_closes_some_days_after_the_end(
    take_part: Make, days: int, is_open: bool
) -> None:
    person = take_part(completed_at=NOW)
    later = NOW + timedelta(days=days)
    assert rights.may_withdraw(person, later) is is_open
    if not is_open:
        with pytest.raises(rights.WindowClosed):
            rights.withdraw(participant=person, now=later)
        assert SurveyAnswer.objects.exists()
        assert rights.withdraw(participant=person, now=later, team_member="alice").erased


def test_after_the_window_the_page_says_whom_to_write_to(take_part: Make) -> None:
    person = take_part(completed_at=timezone.now() - timedelta(days=30))
    browser = _browser(person)
    page = browser.get("/s/small/my-data/").content.decode()
    assert "write to the researchers" in page
    assert "/my-data/erase/" not in page
    answer = browser.post("/s/small/my-data/erase/", {"sure": "yes"})
    assert answer.headers["Location"] == "/s/small/my-data/"
    assert SurveyAnswer.objects.exists()


def test_releases_remember_who_is_in_them_and_the_next_one_names_who_withdrew(
    take_part: Make, tmp_path: Path
) -> None:
    person, other = take_part(), take_part()
    first = write_release(study_id="small", out=tmp_path / "1", now=NOW)
    again = write_release(study_id="small", out=tmp_path / "2", now=NOW + timedelta(hours=1))
    assert first.release_id != again.release_id
    assert ReleasedParticipant.objects.count() == 4
    assert rights.releases_with(person.pk) == [first.release_id, again.release_id]
    assert first.release_id in _browser(person).get("/s/small/my-data/").content.decode()
    receipt = rights.withdraw(participant=person, now=NOW)
    assert receipt.releases == [first.release_id, again.release_id]
    third = write_release(study_id="small", out=tmp_path / "3", now=NOW + timedelta(days=1))
    named = [note for note in third.notes if str(person.pk) in note]
    assert len(named) == 1
    assert first.release_id in named[0]
    assert again.release_id in named[0]
    native = (tmp_path / "3" / "native").iterdir()
    assert all(str(person.pk) not in file.read_text() for file in native)
    assert rights.releases_with(other.pk)[-1] == third.release_id


def test_somebody_who_withdraws_while_a_release_is_written_is_not_in_it(
    take_part: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from manyvoices.collect import release

    person, _other = take_part(), take_part()
    write = release._write
    calls = []

    def write_slowly(*args: object) -> object:
        done = write(*args)  # type: ignore[arg-type]  # handed through
        if not calls:
            rights.withdraw(participant=person, now=NOW)
        calls.append(1)
        return done

    monkeypatch.setattr(release, "_write", write_slowly)
    written = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert (len(calls), written.n_participants) == (2, 1)
    assert ReleasedParticipant.objects.count() == 1
    assert str(person.pk) not in (tmp_path / "r" / "native" / "answers.jsonl").read_text()


def test_who_people_are_is_apart_from_what_they_said(take_part: Make, tmp_path: Path) -> None:
    take_part()
    write_release(study_id="small", out=tmp_path / "r", now=NOW)
    spoken = (tmp_path / "r" / "native" / "conversations.jsonl").read_text()
    for row in SurveyAnswer.objects.all():
        assert row.question not in re.findall(r'"(\w+)"', spoken)
        if isinstance(row.value, str):
            assert row.value not in spoken
    assert "Female" in (tmp_path / "r" / "native" / "answers.jsonl").read_text()


def _with_consent(spec: Study, text: str, allows: tuple[str, ...] | None) -> Study:
    consent = spec.consent.model_copy(update={"text": text, "allows": allows})
    digest = hashlib.sha256(f"{text}{allows}".encode()).hexdigest()
    return spec.model_copy(update={"stages": (consent, *spec.stages[1:]), "digest": digest})


def test_each_consent_frees_what_it_allows_and_nothing_given_before(
    version: StudyVersion, spec: Study, take_part: Make, make_participant: Make, tmp_path: Path
) -> None:
    ordinary = take_part()
    made = {}
    for name, allows in (
        ("commercial", ("release", "text", "commercial_use")),
        ("silent", ("release",)),
        ("nothing", ()),
    ):
        later = publish_study(spec=_with_consent(spec, name, allows), now=NOW)
        wording = later.spec.consent.version
        made[name] = take_part(version=later, consent_version=wording)
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    native = read_native(tmp_path / "r")
    assert {p.participant_id for p in native.participants} == {
        str(p.pk) for p in (ordinary, made["commercial"], made["silent"])
    }
    spoke = {c.participant_id for c in native.conversations}
    assert spoke == {str(ordinary.pk), str(made["commercial"].pk)}
    written = {a.participant_id for a in native.answers if a.kind == "text"}
    assert written == spoke
    assert any(a.participant_id == str(made["silent"].pk) for a in native.answers)
    assert sum("consent does not allow" in note for note in release.notes) == 2
    shop = write_release(study_id="small", out=tmp_path / "c", purposes=["commercial_use"], now=NOW)
    assert shop.n_participants == 1
    (person,) = read_native(tmp_path / "c").participants
    assert person.participant_id == str(made["commercial"].pk)


def test_a_changed_text_is_asked_about_before_anybody_goes_on(
    version: StudyVersion, spec: Study, take_part: Make, tmp_path: Path
) -> None:
    person, done = take_part(), take_part(completed_at=NOW)
    browser = _browser(person)
    before = person.consent_version
    changed = publish_study(spec=_with_consent(spec, "Now *more*.", None), now=NOW)
    page = browser.get("/s/small/next/", follow=True)
    assert page.redirect_chain[-1][0] == "/s/small/consent/"
    assert "<em>more</em>" in page.content.decode()
    assert browser.post("/s/small/consent/", {}).status_code == 422
    stale = {"agree": "yes", "version": before}
    assert browser.post("/s/small/consent/", stale).status_code == 422
    wording = changed.spec.consent.version
    agreed = browser.post("/s/small/consent/", {"agree": "yes", "version": wording})
    assert agreed.headers["Location"] == "/s/small/next/"
    person.refresh_from_db()
    assert person.consent_version == wording
    assert ConsentGiven.objects.get(participant=person).consent_version == wording
    assert {a.consent_version for a in person.answers.all()} == {before}
    assert browser.get("/s/small/next/").headers["Location"].startswith("/s/small/talk/")
    assert _browser(done).get("/s/small/done/").status_code == 200


def test_a_changed_translation_is_another_consent_and_old_names_keep_their_meaning(
    version: StudyVersion, spec: Study, take_part: Make
) -> None:
    text, allows = "Take part.", ("text",)
    studies = []
    for words in ("Participe.", "Participe usted."):
        changed = _with_consent(spec, text, allows).model_copy(
            update={
                "languages": ("en", "es"),
                "translations": {"es": {text: words}},
                "digest": hashlib.sha256(words.encode()).hexdigest(),
            }
        )
        studies.append(publish_study(spec=changed, now=NOW))
    first, second = (study.original.consent_version for study in studies)
    assert first != second
    before_languages_counted = studies[0].original.consent.version
    refused = consents.allowed(version.study).refused
    assert {first, second, before_languages_counted} <= refused
    reader = take_part(version=studies[0], consent_version=first, language="es")
    browser = _browser(reader)
    assert "Participe usted." in browser.get("/s/small/next/", follow=True).content.decode()
    sent = browser.post("/s/small/consent/", {"agree": "yes", "version": second})
    assert sent.status_code == 302
    reader.refresh_from_db()
    assert reader.consent_version == second
    assert rights.consent_of(reader).text == "Take part."


def test_agreeing_again_frees_nothing_that_was_given_under_a_text_that_refused(
    version: StudyVersion, spec: Study, take_part: Make, tmp_path: Path
) -> None:
    closed = publish_study(spec=_with_consent(spec, "closed", ()), now=NOW)
    person = take_part(version=closed, consent_version=closed.spec.consent.version)
    opened = publish_study(spec=_with_consent(spec, "open", None), now=NOW)
    operations.consent_again(participant=person, version=opened, now=NOW)
    release = write_release(study_id="small", out=tmp_path / "r", now=NOW)
    assert release.n_participants == 1
    native = read_native(tmp_path / "r")
    assert list(native.answers) == []
    assert list(native.conversations) == []


def test_a_form_in_another_window_writes_nothing_to_a_tombstone(take_part: Make) -> None:
    person = take_part()
    rights.withdraw(participant=Participant.objects.get(pk=person.pk), now=NOW)
    with pytest.raises(StaleSubmission):
        store_page(participant=person, stage=1, page=0, values={}, now=NOW)
    with pytest.raises(StaleSubmission):
        drafts.save_draft(participant=person, form="f", fields={"a": ["b"]}, now=NOW)
    with pytest.raises(StaleSubmission):
        talk.start_conversation(
            participant=person, stage=2, number=2, type_name="values guided", now=NOW
        )
    assert not person.survey_pages.exists()
