"""Work through programs: whole trees grow by keys alone, and each refusal says what it is."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from tests.collect.api.conftest import Program, key_for
from tests.collect.trees.growing import growing_tree

from manyvoices.collect.accounts.keys import revoke_key
from manyvoices.collect.accounts.models import Membership
from manyvoices.collect.console.models import AuditEntry, StudyRole
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Task
from manyvoices.collect.trees.refresh import refresh

Bring = Callable[[str], str]


def _ask(program: Program, who: str, *kinds: str) -> dict:
    answer = program.post("/tasks", {"participant": who, "language": "en", "kinds": list(kinds)})
    assert answer.status_code == 200, answer.content
    return answer.json()["task"]


def test_a_person_is_brought_once_however_often_they_are_named(
    program: Program, orchard: StudyVersion, bring: Bring
) -> None:
    assert bring("u-1") == bring("u-1") != bring("u-2")
    assert Participant.objects.count() == 2
    assert AuditEntry.objects.filter(action="bring participant by key").count() == 2


def test_nobody_is_brought_under_another_text(program: Program, orchard: StudyVersion) -> None:
    answer = program.post("/participants", {"external_id": "u", "consent_version": "old"})
    assert (answer.status_code, answer.json()["field"]) == (422, "consent_version")
    assert program.get("/consent").json()["version"] == orchard.spec.consent_version


def test_a_person_whom_a_program_brought_cannot_be_claimed_by_an_address(bring: Bring) -> None:
    from manyvoices.collect.people.arrival import arrival

    external = Participant.objects.get(pk=bring("u")).external_id
    assert arrival({"external_id": external}, "orchard").is_forged


def test_a_text_is_stored_once_however_often_it_is_sent(program: Program, bring: Bring) -> None:
    task = _ask(program, bring("u"), "initial_prompt")
    first = program.post(f"/tasks/{task['id']}/text", {"text": "Why do pears fall?"})
    again = program.post(f"/tasks/{task['id']}/text", {"text": "Why do pears fall?"})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["state"] == "done"
    assert Message.objects.get().evidence["by"] == "api"


def test_labels_and_rankings_are_stored_once(
    program: Program, orchard: StudyVersion, bring: Bring
) -> None:
    tree = growing_tree(orchard)
    root = Message.objects.get(tree=tree)
    for name in ("a", "b"):
        task = _ask(program, bring(name), "assistant_reply")
        assert task["thread"][-1]["id"] == str(root.pk)
        program.post(f"/tasks/{task['id']}/text", {"text": f"They are heavy, says {name}."})
    for name in ("r1", "r2"):
        for _ in range(2):
            task = _ask(program, bring(name), "label_assistant_reply")
            labels = {label["name"]: 0.0 for label in task["labels"] if label["required"]}
            sent = [
                program.post(f"/tasks/{task['id']}/labels", {"labels": labels}) for _ in range(2)
            ]
            assert [answer.status_code for answer in sent] == [200, 200]
    assert LabelsGiven.objects.count() == 4
    Message.objects.filter(parent=root).update(accepted=True)
    person = Participant.objects.get(pk=bring("ranker"))
    now = timezone.now()
    task = Task.objects.create(
        study=orchard.study, participant=person, language="en", kind="rank_assistant_replies",
        tree=tree, message=root, leased_at=now, expires_at=now + timedelta(hours=1), seed=3,
    )  # fmt: skip
    shown = [reply["id"] for reply in program.get(f"/tasks/{task.pk}").json()["replies"]]
    body = {"groups": [[key] for key in shown], "flags": {shown[0]: ["wrong"]}}
    sent = [program.post(f"/tasks/{task.pk}/ranking", body) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [200, 200]
    ranking = RankingGiven.objects.get()
    assert (ranking.shown, ranking.flags) == (shown, {shown[0]: ["wrong"]})


def test_what_does_not_fit_is_answered_with_its_field(program: Program, bring: Bring) -> None:
    task = _ask(program, bring("u"), "initial_prompt")
    place = f"/tasks/{task['id']}/text"
    assert program.post(place, {"text": "  "}).json()["field"] == "text"
    bad = {"text": "Why?", "sources": [{"url": "http://plain.example"}]}
    assert program.post(place, bad).json()["field"] == "sources.0"
    for text in ("a\x00b", "a\ud800b"):
        assert program.post(place, {"text": text}).status_code in (400, 422)
    wrong_kind = program.post(f"/tasks/{task['id']}/labels", {"labels": {"spam": 0}})
    assert wrong_kind.status_code == 422


def test_a_task_of_somebody_else_is_theirs(
    program: Program, orchard: StudyVersion, bring: Bring
) -> None:
    stranger = Participant.objects.create(
        study=orchard.study, version=orchard, consented_at=timezone.now(),
        consent_version=orchard.spec.consent_version,
    )  # fmt: skip
    body = {"participant": str(stranger.pk), "language": "en"}
    assert program.post("/tasks", body).status_code == 403
    body["participant"] = str(uuid.uuid4())
    assert program.post("/tasks", body).status_code == 404
    assert program.post(f"/tasks/{uuid.uuid4()}/keep").status_code == 404


def test_an_account_answers_as_its_own_participant_and_as_nobody_else(
    charlie: User, program: Program, orchard: StudyVersion, bring: Bring
) -> None:
    brought = bring("u")
    own = Participant.objects.create(
        study=orchard.study, version=orchard, consented_at=timezone.now(),
        consent_version=orchard.spec.consent_version,
    )  # fmt: skip
    Membership.objects.create(
        user=charlie, study=orchard.study, participant=own, linked_at=timezone.now()
    )
    his = Program(key_for(charlie, "tasks"))
    task = his.post("/tasks", {"language": "en"}).json()["task"]
    assert task["kind"] == "initial_prompt"
    assert program.post(f"/tasks/{task['id']}/skip", {}).status_code == 403
    assert his.post("/tasks", {"participant": brought, "language": "en"}).status_code == 403
    body = {"external_id": "x", "consent_version": orchard.spec.consent_version}
    assert his.post("/participants", body).status_code == 403
    assert his.get("/tasks").json()[0]["id"] == task["id"]
    assert his.get("/stats").status_code == 403


def test_a_task_is_kept_and_passed_over(program: Program, bring: Bring) -> None:
    task = _ask(program, bring("u"), "initial_prompt")
    place = f"/tasks/{task['id']}"
    assert program.post(f"{place}/keep").json()["kept_until"] > task["expires_at"]
    for _ in range(2):
        answer = program.post(f"{place}/skip", {"reason": "time", "words": "tired"})
        assert answer.json()["state"] == "skipped"
    assert program.post(f"{place}/keep").status_code == 409
    assert Task.objects.get().skip_reason == "time: tired"


def test_a_place_that_somebody_else_has_taken_is_gone(
    program: Program, orchard: StudyVersion, bring: Bring
) -> None:
    tree = growing_tree(orchard, goal=2)
    task = _ask(program, bring("slow"), "assistant_reply")
    Task.objects.update(state="expired")
    refresh(tree, now=timezone.now(), rng=random.Random(1))
    quick = _ask(program, bring("quick"), "assistant_reply")
    assert program.post(f"/tasks/{quick['id']}/text", {"text": "Gravity."}).status_code == 200
    late = program.post(f"/tasks/{task['id']}/text", {"text": "Too late."})
    assert late.status_code == 409
    assert "detail" in late.json()


def test_keys_are_asked_for_and_their_scope_counts(
    program: Program, alice: User, orchard: StudyVersion
) -> None:
    assert Program("").get("/availability", language="en").status_code == 401
    assert Program("mvk_0123456789_no").get("/stats").status_code == 401
    reader = Program(key_for(alice, "read"))
    assert reader.get("/stats").status_code == 200
    assert reader.post("/tasks", {"language": "en"}).status_code == 403
    assert reader.get("/export").status_code == 403
    revoke_key(user=alice, prefix=reader.key[:14], now=timezone.now())
    assert reader.get("/stats").status_code == 401


def test_a_role_that_was_taken_away_takes_the_people_along(
    charlie: User, orchard: StudyVersion, program: Program
) -> None:
    role = StudyRole.objects.create(
        user=charlie, study=orchard.study, role="owner", given_at=timezone.now()
    )
    his = Program(key_for(charlie))
    body = {"external_id": "x", "consent_version": orchard.spec.consent_version}
    who = his.post("/participants", body).json()["participant"]
    assert his.post("/tasks", {"participant": who, "language": "en"}).status_code == 200
    role.delete()
    assert his.post("/tasks", {"participant": who, "language": "en"}).status_code == 403


def test_who_asks_too_often_is_told_how_long_to_wait(program: Program, bring: Bring) -> None:
    who = bring("u")
    for _ in range(31):
        answer = program.post("/tasks", {"participant": who, "language": "en"})
        if answer.status_code != 200:
            break
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_why_there_is_nothing_is_said_per_language(program: Program, bring: Bring) -> None:
    who = bring("u")
    there = program.get("/availability", language="en", participant=who).json()
    assert there["kinds"]["initial_prompt"] > 0
    unknown = program.get("/availability", language="xx", participant=who)
    assert (unknown.status_code, unknown.json()["field"]) == (422, "language")


def test_the_names_in_the_description_are_those_of_the_pages() -> None:
    from typing import get_args

    from manyvoices.collect.api import tree_views, trees_schemas
    from manyvoices.collect.trees.exporting import FORMATS
    from manyvoices.collect.trees.ranking_forms import FLAGS
    from manyvoices.collect.trees.wording import SKIP_REASONS

    assert get_args(trees_schemas.SkipReason) == tuple(SKIP_REASONS)
    assert get_args(trees_schemas.Flag) == FLAGS
    assert get_args(tree_views.Format) == tuple(FORMATS)
