"""The cast: who may open which page, and what is noted of what they do."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from manyvoices.collect.api.urls import api
from manyvoices.collect.console import audit, roles, tables, throttle, urls
from manyvoices.collect.console.access import ABILITIES, Ability
from manyvoices.collect.console.models import AppendOnly, AuditEntry, StudyRole
from manyvoices.collect.conversations.models import Conversation
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study

PASSWORD = "correct horse battery"
ROLES = ("owner", "analyst", "moderator", "viewer")
OPEN_TO = {
    "study": ROLES,
    "failures": ROLES,
    "people": ("owner", "analyst", "moderator"),
    "conversations": ("owner", "analyst", "moderator"),
    "conversation": ("owner", "analyst", "moderator"),
    "quality": ("owner", "analyst", "moderator"),
    "quality-file": ("owner", "analyst"),
    "cost": ("owner", "analyst", "moderator"),
    "cost-file": ("owner", "analyst", "moderator"),
    "sheet": ROLES,
    "tables": ("owner", "analyst"),
    "table": ("owner", "analyst"),
    "roles": ("owner",),
    "audit": ("owner",),
}
"""Page -> the roles that open it."""


@pytest.fixture
def cast(participant: Participant) -> dict[str, Client]:
    """One account for each role in the study, and one with a role in another."""
    other = Study.objects.create(id="other", title="Another", created_at=timezone.now())
    found = {}
    for name in (*ROLES, "elsewhere"):
        user = User.objects.create_user(name, password=PASSWORD)
        study = other if name == "elsewhere" else participant.study
        role = "owner" if name == "elsewhere" else name
        StudyRole.objects.create(user=user, study=study, role=role, given_at=timezone.now())
        found[name] = Client()
        found[name].force_login(user)
    return found


def _address(name: str, conversation: Conversation) -> str:
    more = {"conversation": [conversation.pk], "table": ["participant"], "sheet": ["models"]}
    return reverse(f"console:{name}", args=["small", *more.get(name, [])])


def test_every_page_of_a_study_names_who_opens_it() -> None:
    pages = {p.name for p in urls.urlpatterns if "study_id" in str(p.pattern)}
    assert pages == set(OPEN_TO)
    assert all(hasattr(p.callback, "ability") for p in urls.urlpatterns if p.name in OPEN_TO)


def test_each_role_opens_its_pages_and_no_others(
    cast: dict[str, Client], participant: Participant, talk: Callable[..., Conversation]
) -> None:
    conversation = talk(participant, 1)
    for page, open_to in OPEN_TO.items():
        for name, client in cast.items():
            status = client.get(_address(page, conversation)).status_code
            assert status == (200 if name in open_to else 403), (page, name)


def test_who_has_no_role_cannot_tell_whether_there_is_a_study(cast: dict[str, Client]) -> None:
    there, nowhere = (reverse("console:study", args=[name]) for name in ("small", "none"))
    answers = [cast["elsewhere"].get(url) for url in (there, nowhere)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert b"A small study" not in answers[0].content


def test_a_list_of_studies_has_only_ones_own(cast: dict[str, Client]) -> None:
    mine = cast["viewer"].get(reverse("console:studies")).content.decode()
    others = cast["elsewhere"].get(reverse("console:studies")).content.decode()
    assert "A small study" in mine
    assert "Another" not in mine
    assert "A small study" not in others


def test_the_interface_for_programs_asks_for_the_same_roles(cast: dict[str, Client]) -> None:
    for name, client in cast.items():
        status = client.get("/api/v1/studies/small/progress").status_code
        assert status == (403 if name == "elsewhere" else 200), name
        listed = [study["id"] for study in client.get("/api/v1/studies").json()]
        assert listed == (["other"] if name == "elsewhere" else ["small"])
    assert Client().get("/api/v1/studies/small/progress").status_code == 401


def test_every_address_for_programs_is_known_to_these_tests() -> None:
    found = set(api.get_openapi_schema()["paths"])
    # Those of message trees and of webhooks ask for keys and scopes: tests/collect/api, webhooks.
    keyed = ("/api/v1/trees/", "/api/v1/studies/{study_id}/webhooks")
    assert {path for path in found if not path.startswith(keyed)} == {
        "/api/v1/health",
        "/api/v1/studies",
        "/api/v1/studies/{study_id}/progress",
    }


def test_only_owners_see_identities() -> None:
    assert [r for r in ROLES if Ability.IDENTITIES in ABILITIES[r]] == ["owner"]


def _rows(client: Client, name: str = "participant") -> list[dict[str, str]]:
    response = client.get(reverse("console:table", args=["small", name]))
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def test_an_analysts_tables_hold_no_identity(
    cast: dict[str, Client], participant: Participant
) -> None:
    Participant.objects.update(external_id="5f3c-prolific")
    (without,), (whole,) = _rows(cast["analyst"]), _rows(cast["owner"])
    assert whole["external_id"] == "5f3c-prolific"
    assert without.keys().isdisjoint(tables.IDENTITY_COLUMNS)
    assert "5f3c-prolific" not in without.values()
    assert without["id"] == str(participant.pk)
    for name in tables.IDENTITY_TABLES:
        url = reverse("console:table", args=["small", name])
        assert cast["analyst"].get(url).status_code == 404


def test_every_table_can_be_downloaded_and_is_noted(
    cast: dict[str, Client], participant: Participant, talk: Callable[..., Conversation]
) -> None:
    talk(participant, 1)
    for table in tables.tables():
        rows = _rows(cast["owner"], table.name)
        assert len(rows) == table.rows("small").count()
    assert {t.name for t in tables.tables()} >= {"surveyanswer", "turn", "utterance"}
    noted = AuditEntry.objects.filter(action="download table").values_list("target", flat=True)
    assert set(noted) == {t.name for t in tables.tables()}


def test_who_withdrew_is_in_no_table(
    cast: dict[str, Client], participant: Participant, talk: Callable[..., Conversation]
) -> None:
    talk(participant, 1)
    Participant.objects.update(withdrawn_at=timezone.now())
    for name in ("participant", "conversation", "turn", "utterance", "attributerating"):
        assert _rows(cast["owner"], name) == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert tables.cell(text) == f"'{text}"


def test_a_table_is_read_with_the_same_queries_however_long(
    cast: dict[str, Client],
    make_participant: Callable[..., Participant],
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _n in range(30):
        make_participant()
    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        assert len(_rows(cast["owner"])) == 31


def test_owners_give_and_take_roles_and_it_is_noted(cast: dict[str, Client]) -> None:
    url = reverse("console:roles", args=["small"])
    User.objects.create_user("dana", password=PASSWORD)
    form = {"action": "give", "username": "dana", "role": "viewer"}
    assert cast["owner"].post(url, form).status_code == 302
    assert StudyRole.objects.get(user__username="dana").role == "viewer"
    assert cast["owner"].post(url, {"action": "take", "username": "dana"}).status_code == 302
    assert not StudyRole.objects.filter(user__username="dana").exists()
    noted = AuditEntry.objects.filter(target="dana").order_by("pk")
    assert [(e.actor, e.action, e.study) for e in noted] == [
        ("owner", "give role", "small"),
        ("owner", "take role", "small"),
    ]
    assert (
        "take role" in cast["owner"].get(reverse("console:audit", args=["small"])).content.decode()
    )


@pytest.mark.parametrize(
    "form", [{"username": "nobody", "role": "viewer"}, {"username": "viewer", "role": "king"}]
)
def test_a_role_that_cannot_be_given_is_said(cast: dict[str, Client], form: dict[str, str]) -> None:
    response = cast["owner"].post(reverse("console:roles", args=["small"]), form)
    assert response.status_code == 422
    assert StudyRole.objects.get(user__username="viewer").role == "viewer"


def test_nobody_else_gives_roles(cast: dict[str, Client]) -> None:
    form = {"action": "give", "username": "viewer", "role": "owner"}
    for name in ("analyst", "moderator", "viewer", "elsewhere"):
        url = reverse("console:roles", args=["small"])
        assert cast[name].post(url, form).status_code == 403
    assert StudyRole.objects.get(user__username="viewer").role == "viewer"


def test_the_audit_log_only_grows(db: None) -> None:
    entry = audit.record("owner", "erase", "small", "p1", {"rows": 3}, timezone.now())
    entry.actor = "somebody else"
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.all().delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(actor="nobody")
    assert AuditEntry.objects.get().actor == "owner"


def test_a_role_is_given_with_its_note_or_not_at_all(
    participant: Participant, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(roles, "record", fail)
    with pytest.raises(RuntimeError):
        roles.give_role(actor="x", user=alice, study_id="small", role="viewer", now=timezone.now())
    assert not StudyRole.objects.exists()


def _log_in(client: Client, password: str, name: str = "alice") -> int:
    form = {"username": name, "password": password}
    return client.post(reverse("console:login"), form).status_code


def test_guessing_passwords_is_slowed_down(client: Client, alice: User) -> None:
    assert [_log_in(client, "wrong") for _n in range(5)] == [200] * 5
    assert _log_in(client, PASSWORD) == 429
    assert _log_in(Client(REMOTE_ADDR="10.0.0.9"), PASSWORD) == 429
    later = timezone.now() + throttle.WINDOW + timedelta(seconds=1)
    assert not throttle.is_blocked("alice", "127.0.0.1", now=later)


def test_one_name_does_not_lock_out_another(client: Client, alice: User, charlie: User) -> None:
    for _n in range(5):
        _log_in(client, "wrong", "charlie")
    assert _log_in(client, PASSWORD) == 302
    assert AuditEntry.objects.filter(actor="alice", action="log in").exists()


def test_many_names_from_one_address_are_slowed_down_too(client: Client, alice: User) -> None:
    for n in range(20):
        _log_in(client, "wrong", f"guess{n}")
    assert _log_in(client, PASSWORD) == 429
    assert _log_in(Client(REMOTE_ADDR="10.0.0.9"), PASSWORD) == 302


def test_a_log_in_forgives_the_name(client: Client, alice: User) -> None:
    for _round in range(3):
        for _n in range(4):
            assert _log_in(client, "wrong") == 200
        assert _log_in(client, PASSWORD) == 302
