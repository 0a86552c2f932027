"""What a contributor did and was told beside their texts: in their file, and gone when erased."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, people

from manyvoices.collect.community import operations as community
from manyvoices.collect.community.models import Notice, Profile, Reaction, Score
from manyvoices.collect.contributors.models import Contributor, QuizTry
from manyvoices.collect.moderation import cases, deciding, restrictions
from manyvoices.collect.moderation.models import Case, Decision, Held, Restriction, Signal
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

RNG = random.Random(1)
OTHERS = ("Rosalind", "Kepler wrote this", "Kepler's name is in it", "mo-the-moderator")
"""A name, a text and a reason of somebody else, and who decided."""


def file_of(person: Participant) -> dict[str, Any]:
    return json.loads(json.dumps(rights.own_data(person), default=str))


def reply(person: Participant, text: str) -> Message:
    handed = give(person, TaskKind.ASSISTANT_REPLY)
    assert handed is not None
    return operations.send_text(task=handed.task, text=text, now=NOW, rng=RNG)


def restrict(person: Participant, reason: str, *, is_shadow: bool) -> Restriction:
    return restrictions.restrict(
        participant=person, kind="limit", is_shadow=is_shadow, reason=reason, by=OTHERS[3],
        now=NOW, per_day=9,
    )  # fmt: skip


@pytest.fixture
def ada(orchard: StudyVersion) -> Participant:
    """Somebody who did one of everything, beside somebody who did the same."""
    ada, kepler = people(orchard, 2)
    theirs, mine = _texts(orchard, ada, kepler)
    for person, name in ((ada, "Ada L."), (kepler, OTHERS[0])):
        community.change_profile(participant=person, display_name=name, on_boards=False, now=NOW)
        Contributor.objects.create(participant=person, languages=["en"], changed_at=NOW)
        QuizTry.objects.create(
            participant=person, quiz="fruit", number=1, answers={"q": 0}, passed=True, tried_at=NOW
        )
        Score.objects.create(
            study=orchard.study, participant=person, frame="all", points=731, counted_at=NOW
        )
    cases.report(message=theirs, participant=ada, reason="it is an advert", now=NOW, rng=RNG)
    cases.report(message=mine, participant=kepler, reason=OTHERS[2], now=NOW, rng=RNG)
    deciding.decide(
        case=Case.objects.get(message=mine), action="reject", reason="much too short",
        by=OTHERS[3], now=NOW, rng=RNG,
    )  # fmt: skip
    cases.appeal(message=mine, participant=ada, reason="short is not wrong", now=NOW)
    restrict(ada, "many short ones", is_shadow=False)
    _thank(ada, kepler)
    return ada


def _texts(orchard: StudyVersion, ada: Participant, kepler: Participant) -> tuple[Message, Message]:
    growing_tree(orchard)
    return reply(kepler, OTHERS[1]), reply(ada, "Gravity.")


def _thank(ada: Participant, kepler: Participant) -> None:
    """Each thanks the other for something in a finished tree."""
    for giver, author in ((ada, kepler), (kepler, ada)):
        tree = growing_tree(author.version, author=author)
        tree.state = TreeState.READY_FOR_EXPORT.value
        tree.save()
        message = tree.messages.get()
        message.tree = tree
        community.react(participant=giver, message=message, kind="thanks", now=NOW)


def test_my_file_holds_what_i_did_and_was_told_beside_my_texts(ada: Participant) -> None:
    found = file_of(ada)
    mine = str(Message.objects.get(text="Gravity.").pk)
    theirs = str(Message.objects.get(text=OTHERS[1]).pk)
    assert found["contributor"]["languages"]["languages"] == ["en"]
    assert found["contributor"]["quiz_tries"][0]["answers"] == {"q": 0}
    assert found["community"]["profile"]["display_name"] == "Ada L."
    assert [row["points"] for row in found["community"]["points"]] == [731]
    assert [row["kind"] for row in found["community"]["reactions"]] == ["thanks"]
    (told,) = (row for row in found["community"]["notices"] if row["kind"] == "decided")
    assert (told["message_id"], told["words"]) == (mine, "much too short")
    said = found["moderation"]
    assert [(r["message_id"], r["reason"]) for r in said["reports"]] == [
        (theirs, "it is an advert")
    ]
    assert [(r["message_id"], r["reason"]) for r in said["appeals"]] == [
        (mine, "short is not wrong")
    ]
    assert [(r["action"], r["reason"]) for r in said["decisions"]] == [("reject", "much too short")]
    assert [(r["per_day"], r["reason"]) for r in said["restrictions"]] == [(9, "many short ones")]


def test_nothing_of_anybody_else_is_in_my_file(ada: Participant) -> None:
    text = json.dumps(file_of(ada), ensure_ascii=False)
    kepler = Participant.objects.exclude(pk=ada.pk).get()
    assert not [word for word in (*OTHERS, str(kepler.pk)) if word in text]


def test_a_limit_kept_from_somebody_is_in_their_file_once_it_was_lifted(
    orchard: StudyVersion,
) -> None:
    (person,) = people(orchard, 1)
    growing_tree(orchard)
    hidden = restrict(person, "watch this one", is_shadow=True)
    mine = reply(person, "Magnets.")
    deciding.decide(
        case=Case.objects.get(message=mine), action="reject", reason="as expected", by=OTHERS[3],
        now=NOW, rng=RNG,
    )  # fmt: skip
    text = json.dumps(file_of(person))
    assert "watch this one" not in text
    assert Held.objects.filter(message=mine).exists() == ("as expected" not in text)
    restrictions.lift(
        restriction=hidden, reason="looked at", by=OTHERS[3], now=NOW + timedelta(days=1), rng=RNG
    )
    (row,) = file_of(person)["moderation"]["restrictions"]
    assert (row["is_shadow"], row["lift_reason"]) == (True, "looked at")


def test_erasing_leaves_none_of_it_and_all_of_the_other_person(ada: Participant) -> None:
    kepler = Participant.objects.exclude(pk=ada.pk).get()
    before = file_of(kepler)
    receipt = rights.withdraw(participant=ada, now=NOW)
    assert {"profile", "reactions", "restrictions", "quiz_tries"} <= set(receipt.erased)
    for model in (Profile, Notice, Reaction, Score, Contributor, QuizTry, Restriction):
        rows = model._base_manager.filter(participant=ada)
        assert not rows.exists(), model
    assert not Signal.objects.filter(participant=ada).exists()
    after = file_of(kepler)
    assert after["community"]["profile"] == before["community"]["profile"]
    assert after["community"]["points"] == before["community"]["points"]
    assert after["contributor"] == before["contributor"]


def test_words_about_a_text_that_was_taken_back_go_even_where_its_place_stays(
    orchard: StudyVersion,
) -> None:
    author, reporter, third = people(orchard, 3)
    growing_tree(orchard)
    mine = reply(author, "My secret is Gravity.")
    Message.objects.filter(pk=mine.pk).update(accepted=True)
    Message.objects.create(
        tree=mine.tree, parent=mine, author=third, role="prompter", text="And then?",
        language="en", path=f"{mine.path}child/", depth=2, created_at=NOW, accepted=True,
    )  # fmt: skip
    cases.report(
        message=mine, participant=reporter, reason='It says "My secret is Gravity"', now=NOW,
        rng=RNG,
    )  # fmt: skip
    deciding.decide(
        case=Case.objects.get(), action="dismiss", reason='"My secret" is harmless', by="mo",
        now=NOW, rng=RNG,
    )  # fmt: skip
    rights.withdraw(participant=author, now=NOW)
    assert Message.objects.get(pk=mine.pk).text == ""
    assert Signal.objects.get().reason == ""
    assert Decision.objects.get().reason == ""
    assert "secret" not in json.dumps(file_of(reporter))
