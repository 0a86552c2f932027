"""Reading through programs: what leaves names nobody, and leaves a line in the audit log."""

from __future__ import annotations

import json

from django.contrib.auth.models import User
from django.utils import timezone
from tests.collect.api.conftest import Program, key_for
from tests.collect.trees.growing import growing_tree, people

from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import Message, Tree


def _written(orchard: StudyVersion) -> tuple[Tree, Participant]:
    author = people(orchard, 1)[0]
    tree = growing_tree(orchard, author=author)
    version = orchard.spec.consent_version
    Message.objects.filter(tree=tree).update(consent_version=version)
    return tree, author


def test_a_tree_is_read_with_pseudonyms_that_stay_the_same(
    program: Program, orchard: StudyVersion
) -> None:
    tree, author = _written(orchard)
    first, again = program.get(f"/trees/{tree.pk}"), program.get(f"/trees/{tree.pk}")
    assert first.status_code == 200, first.content
    prompt = first.json()["prompt"]
    assert prompt["text"] == "Why do apples fall?"
    assert prompt["user_id"].startswith("p-")
    assert first.content == again.content
    for secret in (str(author.pk), author.resume_key):
        assert secret not in first.content.decode()


def test_what_somebody_withdrew_is_not_read(program: Program, orchard: StudyVersion) -> None:
    tree, author = _written(orchard)
    Participant.objects.filter(pk=author.pk).update(withdrawn_at=timezone.now())
    assert program.get(f"/trees/{tree.pk}").status_code == 404


def test_trees_are_listed_page_by_page(program: Program, orchard: StudyVersion) -> None:
    for _ in range(3):
        growing_tree(orchard)
    first = program.get("/trees", limit=2).json()
    assert len(first["trees"]) == 2
    rest = program.get("/trees", limit=2, after=first["next"]).json()
    assert (len(rest["trees"]), rest["next"]) == (1, None)
    assert program.get("/trees", state="ranking").json()["trees"] == []


def test_counts_are_per_language_and_state(program: Program, orchard: StudyVersion) -> None:
    growing_tree(orchard)
    growing_tree(orchard, language="de")
    found = program.get("/stats").json()
    assert found["trees"] == {"de": {"growing": 1}, "en": {"growing": 1}}
    counts = {"accepted": 1, "rejected": 0, "under_review": 0, "deleted": 0}
    assert found["messages"]["en"] == counts


def test_an_export_is_lines_of_trees_and_is_in_the_audit_log(
    program: Program, orchard: StudyVersion
) -> None:
    _tree, author = _written(orchard)
    answer = program.get("/export", every_state="true")
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content)
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["prompt"]["text"] for line in lines] == ["Why do apples fall?"]
    assert str(author.pk).encode() not in body
    entry = AuditEntry.objects.get(action="export by key")
    assert (entry.study, entry.detail["trees"]) == ("orchard", 1)
    assert entry.detail["key"] in program.key
    names = {mode: [_user(program, mode) for _ in range(2)] for mode in ("fresh", "stable")}
    assert names["fresh"][0] != names["fresh"][1]
    assert names["stable"][0] == names["stable"][1]


def _user(program: Program, mode: str) -> str:
    answer = program.get("/export", every_state="true", pseudonyms=mode)
    return json.loads(b"".join(answer.streaming_content))["prompt"]["user_id"]


def test_a_key_allows_no_more_than_its_account(charlie: User, orchard: StudyVersion) -> None:
    tree, _author = _written(orchard)
    his = Program(key_for(charlie))
    assert his.get("/stats").status_code == 403
    role = StudyRole.objects.create(
        user=charlie, study=orchard.study, role="viewer", given_at=timezone.now()
    )
    assert his.get("/stats").status_code == 200
    assert his.get(f"/trees/{tree.pk}").status_code == 403
    role.role = "moderator"
    role.save()
    assert his.get(f"/trees/{tree.pk}").status_code == 200
    assert his.get("/export").status_code == 403


def test_reading_writes_nothing_but_when_the_key_was_used(
    program: Program, orchard: StudyVersion
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tree, _author = _written(orchard)
    program.get("/stats")
    for path in ("/stats", "/trees", f"/trees/{tree.pk}"):
        with CaptureQueriesContext(connection) as captured:
            assert program.get(path).status_code == 200
        writing = ("INSERT", "UPDATE", "DELETE")
        wrote = [query["sql"] for query in captured if query["sql"].startswith(writing)]
        assert all("accounts_apikey" in sql for sql in wrote), wrote
