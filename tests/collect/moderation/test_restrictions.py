"""Limits and bans: who is told, and what becomes of what is written meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from tests.collect.trees.growing import NOW, give, growing_tree, meet, people

from manyvoices.collect.moderation import deciding
from manyvoices.collect.moderation.contributions import contributions
from manyvoices.collect.moderation.errors import Barred, Refused
from manyvoices.collect.moderation.models import Case, Held, Restriction
from manyvoices.collect.moderation.restrictions import lift, restrict, standing
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message
from manyvoices.design.trees import TaskKind

RNG = random.Random(1)
REPLY = TaskKind.ASSISTANT_REPLY
LABEL = TaskKind.LABEL_ASSISTANT_REPLY


def put(person: Participant, kind: str = "ban", **how: object) -> Restriction:
    settings: dict[str, object] = {"is_shadow": False, "reason": "much spam", "by": "mo"}
    return restrict(participant=person, kind=kind, now=NOW, **(settings | how))  # type: ignore[arg-type]


def test_a_ban_has_a_reason_and_an_end(orchard: StudyVersion) -> None:
    (person,) = people(orchard, 1)
    assert standing(person.pk, NOW).may_work
    put(person, until=NOW + timedelta(days=2))
    found = standing(person.pk, NOW)
    assert (found.may_work, found.reason) == (False, "much spam")
    assert standing(person.pk, NOW + timedelta(days=2)).may_work


def test_who_is_banned_can_store_nothing(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, REPLY)
    assert handed is not None
    put(person)
    with pytest.raises(Barred, match="much spam"):
        operations.send_text(task=handed.task, text="Spam.", now=NOW, rng=RNG)
    assert Message.objects.count() == 1


def test_an_open_limit_counts_tasks_of_a_day(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    put(person, "limit", per_day=1)
    assert standing(person.pk, NOW).may_work
    handed = give(person, REPLY)
    assert handed is not None
    meet(handed, RNG, NOW)
    later = NOW + timedelta(minutes=1)
    assert not standing(person.pk, later).may_work
    assert standing(person.pk, later + timedelta(days=1)).may_work
    with pytest.raises(Refused, match="how many"):
        put(person, "limit")


def _shadowed_reply(orchard: StudyVersion) -> tuple[Participant, Message]:
    growing_tree(orchard)
    (person,) = people(orchard, 1)
    put(person, is_shadow=True)
    handed = give(person, REPLY)
    assert handed is not None
    return person, operations.send_text(task=handed.task, text="Hm.", now=NOW, rng=RNG)


def test_what_a_shadow_limited_person_writes_is_kept_apart_and_they_see_nothing_of_it(
    orchard: StudyVersion,
) -> None:
    person, message = _shadowed_reply(orchard)
    assert standing(person.pk, NOW).may_work
    message.refresh_from_db()
    assert message.deleted
    others = people(orchard, 2)
    assert give(others[0], LABEL) is None
    assert give(others[1], REPLY) is not None
    (mine,) = contributions(person)
    assert (mine.outcome, mine.may_appeal) == ("under_review", False)


@pytest.mark.parametrize(("action", "stands"), [("accept", True), ("reject", False)])
def test_a_decision_lets_it_in_or_keeps_it_out(
    orchard: StudyVersion, action: str, stands: bool
) -> None:
    _person, message = _shadowed_reply(orchard)
    made = deciding.decide(
        case=Case.objects.get(), action=action, reason="so", by="mo", now=NOW, rng=RNG
    )
    message.refresh_from_db()
    assert (message.deleted, message.accepted) == (not stands, stands)
    deciding.undo(decision=made, by="mo", reason="no", now=NOW, rng=RNG)
    message.refresh_from_db()
    assert (message.deleted, message.accepted) == (True, None)
    assert Held.objects.filter(message=message).exists()


def test_a_shadow_limited_review_decides_nothing_until_it_is_let_in(reply: Message) -> None:
    version = reply.tree.study.current
    (shadowed,) = people(version, 1)
    row = put(shadowed, is_shadow=True)
    review = give(shadowed, LABEL)
    assert review is not None
    operations.send_labels(task=review.task, labels={"spam": 1.0}, now=NOW, rng=RNG)
    reply.refresh_from_db()
    assert reply.n_reviews == 0
    for person in people(version, 2):
        other = give(person, LABEL)
        assert other is not None
        operations.send_labels(task=other.task, labels={"spam": 0.0}, now=NOW, rng=RNG)
    reply.refresh_from_db()
    assert (reply.n_reviews, reply.accepted) == (2, True)
    lift(restriction=row, reason="wrong person", by="mo", now=NOW, rng=RNG, count_work=True)
    reply.refresh_from_db()
    assert reply.n_reviews == 3
    assert not Held.objects.exists()


def test_a_shadow_limited_ranking_is_no_vote(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard, goal=3)
    crowd = people(orchard, 8)
    for writer in crowd[:2]:
        handed = give(writer, REPLY)
        assert handed is not None
        meet(handed, RNG, NOW)
    for reviewer in crowd[2:4]:
        while (review := give(reviewer, LABEL)) is not None:
            meet(review, RNG, NOW)
    put(crowd[4], is_shadow=True)
    for voter in crowd[4:6]:
        ballot = give(voter, TaskKind.RANK_ASSISTANT_REPLIES)
        assert ballot is not None
        meet(ballot, RNG, NOW)
    assert tree.messages.get(parent=None).n_rankings == 1
    lift(
        restriction=Restriction.objects.get(), reason="ok", by="mo", now=NOW, rng=RNG,
        count_work=True,
    )  # fmt: skip
    assert tree.messages.get(parent=None).n_rankings == 2
