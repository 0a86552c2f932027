"""Coming in by a platform's link or by invitation, and making both books agree."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from manyvoices.collect.console.queries.quality import people_records
from manyvoices.collect.people import arrival, invitations, prolific, reconciling, rights
from manyvoices.collect.people.models import (
    Participant,
    PlatformSubmission,
    Recruited,
    Reservation,
)
from manyvoices.collect.release import write_release
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.curate.quality import Submission, check_people
from manyvoices.curate.quality_checks import check_lines
from manyvoices.design import Study
from manyvoices.design.protocol import Recruitment
from manyvoices.schema.errors import InputError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PID, SESSION = "5f1a2b3c4d5e6f7a8b9c0d1e", "6a1a2b3c4d5e6f7a8b9c0d1e"
LINK = {"PROLIFIC_PID": PID, "STUDY_ID": "st-77", "SESSION_ID": SESSION}
PAGE_1 = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "I like tea."}
PAGE_2 = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity-na": "1", "q-gender": "Female"}


@pytest.fixture
def publish(db: None, spec: Study) -> Callable[..., StudyVersion]:
    def run(**recruitment: object) -> StudyVersion:
        rules = Recruitment.model_validate(recruitment)
        digest = hashlib.sha256(rules.model_dump_json().encode()).hexdigest()
        return publish_study(
            spec=spec.model_copy(update={"recruitment": rules, "digest": digest}), now=NOW
        )

    return run


def _hidden(html: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def _consent(browser: Client, link: dict[str, str]) -> Any:
    page = browser.get("/s/small/", link)
    if page.status_code != 200:
        return page
    return browser.post("/s/small/", {"agree": "1", "age": "1"} | _hidden(page.content.decode()))


def test_prolifics_ids_come_from_the_address_and_stay_apart(
    publish: Callable[..., StudyVersion], tmp_path: Path
) -> None:
    publish(provider="prolific", completion_code="C1")
    assert _consent(Client(), LINK).status_code == 302
    kept = Recruited.objects.get()
    assert (kept.platform_study, kept.platform_session) == ("st-77", SESSION)
    assert kept.participant.external_id == PID
    write_release(study_id="small", out=tmp_path / "r", now=NOW)
    for file in (tmp_path / "r").rglob("*.*"):
        text = file.read_text()
        for secret in (PID, SESSION, "st-77", kept.participant.resume_key):
            assert secret not in text, file


def test_the_link_clicked_again_leads_on_and_makes_nobody_new(
    publish: Callable[..., StudyVersion],
) -> None:
    publish(provider="prolific", completion_code="C1")
    first = Client()
    _consent(first, LINK)
    first.post("/s/small/survey/1/0/", PAGE_1)
    other = Client()
    for _click in range(3):
        assert other.get("/s/small/", LINK).headers["Location"] == "/s/small/next/"
    assert other.get("/s/small/next/").headers["Location"] == "/s/small/survey/1/1/"
    assert Participant.objects.count() == 1


def test_somebody_elses_id_opens_nothing_of_theirs(publish: Callable[..., StudyVersion]) -> None:
    publish(provider="prolific", completion_code="C1")
    _consent(Client(), LINK)
    stranger = Client()
    answer = stranger.get("/s/small/", LINK | {"SESSION_ID": "guessed"})
    assert answer.status_code == 409
    forged = {"agree": "1", "age": "1", "external_id": PID, "entry": "x"}
    assert stranger.post("/s/small/", forged).status_code == 409
    assert stranger.get("/s/small/my-data/").headers["Location"] == "/s/small/"
    assert Participant.objects.count() == 1


def test_an_invitation_is_one_persons_and_for_one_study(
    publish: Callable[..., StudyVersion],
) -> None:
    version = publish(provider="invitation")
    people = invitations.read_people("id,mail\nann,x\nbob,y\n", "people.csv")
    assert invitations.invite(study=version.study, people=people, now=NOW) == 2
    assert invitations.invite(study=version.study, people=people, now=NOW) == 0
    assert Client().get("/s/small/").status_code == 403
    link = invitations.link_of("small", "ann", "https://study.example/")
    assert link.startswith("https://study.example/s/small/?invitation=")
    token = link.partition("=")[2]
    for _window in range(3):
        assert _consent(Client(), {"invitation": token}).status_code == 302
    assert Participant.objects.get().external_id == "invitation:ann"


@pytest.mark.parametrize(
    "link",
    [
        {"invitation": "forged"},
        {"external_id": "invitation:ann"},
        {"PROLIFIC_PID": "invitation:ann"},
    ],
)
def test_nobody_can_claim_an_invitation(
    publish: Callable[..., StudyVersion], link: dict[str, str]
) -> None:
    version = publish(provider="open")
    invitations.invite(study=version.study, people=["ann"], now=NOW)
    assert Client().get("/s/small/", link).status_code == 403
    other = arrival.invitation_token("another", "ann")
    assert Client().get("/s/small/", {"invitation": other}).status_code == 403
    stranger = arrival.invitation_token("small", "eve")
    assert Client().get("/s/small/", {"invitation": stranger}).status_code == 403


def test_a_list_of_people_is_refused_with_every_faulty_line() -> None:
    with pytest.raises(InputError) as caught:
        invitations.read_people("id\nann\nann\n" + "x" * 81 + "\n", "people.csv")
    assert [fault.line for fault in caught.value.faults] == [3, 4]


def test_whoever_is_screened_out_gets_the_code_and_a_link_to_click(
    publish: Callable[..., StudyVersion],
) -> None:
    rules = [{"where": {"familiarity": "Somewhat"}, "reason": "We look for newcomers."}]
    publish(provider="prolific", completion_code="C1", screen_out_code="S0", screen_out=rules)
    browser = Client()
    _consent(browser, LINK)
    browser.post("/s/small/survey/1/0/", PAGE_1)
    page = browser.get("/s/small/next/", follow=True)
    assert page.redirect_chain[-1][0] == "/s/small/left/"
    text = page.content.decode()
    assert "We look for newcomers." in text
    assert 'href="https://app.prolific.com/submissions/complete?cc=S0"' in text
    assert "C1" not in re.findall(r"<code[^>]*>([^<]*)", text)
    assert browser.get("/s/small/survey/1/1/", follow=True).redirect_chain[-1][0].endswith("left/")
    assert browser.post("/s/small/left/").status_code == 200
    assert Participant.objects.get().left_because == "screen_out"


def test_the_waiting_page_says_why_and_takes_people_on(
    publish: Callable[..., StudyVersion],
) -> None:
    publish(quotas={"gender": {"Female": 1}})
    inside, waiting = Client(), Client()
    for browser in (inside, waiting):
        _consent(browser, {})
        browser.post("/s/small/survey/1/0/", PAGE_1)
        browser.post("/s/small/survey/1/1/", PAGE_2)
    assert inside.get("/s/small/next/").headers["Location"] == "/s/small/talk/2/"
    page = waiting.get("/s/small/next/", follow=True)
    assert page.redirect_chain[-1][0] == "/s/small/waiting/"
    assert "taking part right now" in page.content.decode()
    assert inside.post("/s/small/return/").headers["Location"] == "/s/small/left/"
    poll = waiting.get("/s/small/waiting/", headers={"HX-Request": "true"})
    assert poll.headers["HX-Redirect"] == "/s/small/next/"
    assert waiting.get("/s/small/next/").headers["Location"] == "/s/small/talk/2/"
    # The place is gone; whoever gave it back is told so and keeps what they did.
    assert "no free place" in inside.post("/s/small/left/").content.decode()
    assert Reservation.objects.count() == 1


def test_a_full_study_says_so_at_the_door_and_stores_nothing(
    publish: Callable[..., StudyVersion],
) -> None:
    publish(provider="prolific", completion_code="C1", over_quota_code="Q9", places=1)
    _consent(Client(), LINK)
    late = Client().get("/s/small/", LINK | {"PROLIFIC_PID": "another"})
    assert late.status_code == 409
    assert "taking part right now" in late.content.decode()
    Participant.objects.update(completed_at=NOW)
    over = Client().get("/s/small/", LINK | {"PROLIFIC_PID": "another"}).content.decode()
    assert "cc=Q9" in over
    assert Participant.objects.count() == 1


class Simulator(BaseHTTPRequestHandler):
    """Prolific's list of submissions: pages, a token, a limit on requests, wrong days."""

    rows: list[dict[str, str]] = []
    trouble: list[int] = []
    tokens: list[str] = []
    body: bytes | None = None
    next_host = ""

    def do_GET(self) -> None:
        self.tokens.append(self.headers.get("Authorization", ""))
        if self.trouble:
            self.send_response(self.trouble.pop(0))
            self.send_header("Retry-After", "3")
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        if self.headers.get("Authorization") != "Token secret-token":
            self.send_response(401)
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        if path != "/api/v1/studies/st-77/submissions/":
            self.send_response(404)
            self.end_headers()
            return
        start = int(query.removeprefix("offset=") or 0)
        following = f"{self.next_host}{path}?offset={start + 2}"
        links = {"next": {"href": following if start + 2 < len(self.rows) else None}}
        document = {"results": self.rows[start : start + 2], "_links": links}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode() if self.body is None else self.body)

    def log_message(self, *_args: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def platform() -> Iterator[str]:
    Simulator.rows, Simulator.trouble, Simulator.tokens = [], [], []
    Simulator.body, Simulator.next_host = None, ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Simulator)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _client(url: str, pauses: list[float] | None = None) -> prolific.Prolific:
    sleep = (pauses if pauses is not None else []).append
    return prolific.Prolific("secret-token", base_url=url, sleep=sleep)


def _row(person: str, status: str) -> dict[str, str]:
    return {"id": f"s-{person}", "participant_id": person, "status": status, "study_code": "C1"}


def test_reconciling_names_everybody_whose_two_books_differ(
    platform: str, make_participant: Callable[..., Participant]
) -> None:
    make_participant(external_id="done", completed_at=NOW)
    make_participant(external_id="unpaid", completed_at=NOW)
    make_participant(external_id="late", completed_at=NOW)
    make_participant(external_id="gave-up")
    make_participant(external_id="slow")
    make_participant(external_id="bot", completed_at=NOW, simulated=True)
    make_participant(external_id="invitation:ann", completed_at=NOW)
    Simulator.rows = [
        _row("done", "APPROVED"),
        _row("ghost", "APPROVED"),
        _row("late", "TIMED-OUT"),
        _row("gave-up", "RETURNED"),
        _row("slow", "TIMED-OUT"),
    ]
    found = reconciling.report("small", _client(platform).submissions("st-77"))
    assert [(finding.kind, finding.person) for finding in found] == [
        ("done_but_timed_out", "late"),
        ("done_but_unpaid", "unpaid"),
        ("paid_but_missing", "ghost"),
        ("returned", "gave-up"),
        ("timed_out", "slow"),
    ]
    assert reconciling.release_places(found, NOW) == 2
    assert reconciling.release_places(found, NOW) == 0
    left = Participant.objects.exclude(left_because="").values_list("external_id", "left_because")
    assert dict(left) == {"gave-up": "return", "slow": "timeout"}
    assert Participant.objects.get(external_id="late").left_because == ""


def test_a_busy_platform_is_asked_again_as_late_as_it_says(platform: str) -> None:
    Simulator.rows, Simulator.trouble = [_row("a", "ACTIVE")], [429, 503]
    pauses: list[float] = []
    found = list(_client(platform, pauses).submissions("st-77"))
    assert [one.person for one in found] == ["a"]
    assert pauses == [3.0, 3.0]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ([401], "refused the token"),
        ([404], "no such study"),
        ([302], "HTTP 302"),
        ([500] * 9, "500"),
    ],
)
def test_a_platform_that_refuses_is_named_without_the_token(
    platform: str, trouble: list[int], said: str
) -> None:
    Simulator.trouble = trouble
    with pytest.raises(prolific.PlatformError, match=said) as caught:
        list(_client(platform).submissions("st-77"))
    assert "secret-token" not in str(caught.value) + repr(_client(platform))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"results": [{}]}', b'{"results": [{"participant_id": 3}]}']
)
def test_an_answer_that_makes_no_sense_is_an_error_and_not_an_empty_list(
    platform: str, body: bytes
) -> None:
    Simulator.body = body
    with pytest.raises(prolific.PlatformError):
        list(_client(platform).submissions("st-77"))


def test_the_token_never_goes_to_another_host(platform: str) -> None:
    Simulator.rows = [_row(str(n), "ACTIVE") for n in range(5)]
    Simulator.next_host = "http://localhost:1"
    with pytest.raises(prolific.PlatformError, match="not its own"):
        list(_client(platform).submissions("st-77"))
    assert len(Simulator.tokens) == 1


def test_the_token_comes_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(prolific.TOKEN_VARIABLE, raising=False)
    with pytest.raises(prolific.PlatformError, match=prolific.TOKEN_VARIABLE):
        prolific.Prolific.from_environment()


def test_what_the_platform_says_of_people_reaches_the_quality_checks(
    platform: str, publish: Callable[..., StudyVersion]
) -> None:
    publish(provider="prolific", completion_code="C1", platform_studies=["st-77"])
    _consent(Client(), LINK)
    _consent(Client(), {"PROLIFIC_PID": "b" * 24, "STUDY_ID": "st-78", "SESSION_ID": "s2"})
    Simulator.rows = [
        _row(PID, "RETURNED") | {"id": "s-0", "started_at": "2026-11-21T10:00:00Z"},
        _row(PID, "APPROVED") | {"study_code": "C9", "time_taken": 90},  # type: ignore[dict-item]
        _row("b" * 24, "AWAITING REVIEW") | {"time_taken": "soon"},
        _row("ghost", "APPROVED"),
    ]
    for _again in range(2):
        submissions = list(_client(platform).submissions("st-77"))
        assert reconciling.keep("small", submissions, NOW) == 3
    spec = StudyVersion.objects.latest("number").spec
    records = {r.submission.platform_study: r for r in people_records("small")}
    assert records["st-77"].submission == Submission(
        "APPROVED", "C9", 90.0, n_repeats=1, platform_study="st-77"
    )
    assert records["st-78"].submission.seconds is None
    checked = check_people(records.values(), spec)
    found = {line.check: line.n for line in check_lines(spec, list(records.values()), checked)}
    assert (found["completion code"], found["platform study"], found["repeats"]) == (1, 1, 1)


def test_a_link_of_another_study_there_is_noted_and_loses_nobody(
    publish: Callable[..., StudyVersion], caplog: pytest.LogCaptureFixture
) -> None:
    publish(provider="prolific", completion_code="C1", platform_studies=["st-1", "st-2"])
    assert _consent(Client(), LINK).status_code == 302
    assert Participant.objects.count() == 1
    assert "st-77" in caplog.text
    assert PID not in caplog.text


def test_withdrawing_erases_what_the_platform_said_and_ones_own_data_names_it(
    platform: str, make_participant: Callable[..., Participant]
) -> None:
    person = make_participant(external_id=PID)
    Simulator.rows = [_row(PID, "APPROVED")]
    reconciling.keep("small", _client(platform).submissions("st-77"), NOW)
    told = rights.own_data(person)["recruitment"]["what_the_platform_says"]
    assert [row["status"] for row in told] == ["APPROVED"]
    receipt = rights.withdraw(participant=person, now=NOW)
    assert receipt.erased["platform_submissions"] == 1
    assert not PlatformSubmission.objects.exists()
