"""Tasks go to the right people, in few statements, and never one too many."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.collect.trees.growing import ALL, NOW, give, growing_tree, let_grow, meet, people
from tests.threads import at_once

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import policies, sweeping
from manyvoices.collect.trees.handout import hand_out
from manyvoices.collect.trees.models import Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees import TaskKind

REPLY = TaskKind.ASSISTANT_REPLY
ROUNDS = int(os.environ.get("MANYVOICES_SOAK", "5"))
"""How often a race is run; `MANYVOICES_SOAK=100` is the promise."""


def statements(orchard: StudyVersion, seed: int) -> int:
    (person,) = people(orchard, 1)
    policy_for(orchard.study, "en")
    with CaptureQueriesContext(connection) as captured:
        handed = give(person, *ALL, seed=seed)
    assert handed is not None
    wanted = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    return sum(not q["sql"].lstrip().upper().startswith(wanted) for q in captured.captured_queries)


def test_a_task_takes_five_statements_however_many_trees_there_are(orchard: StudyVersion) -> None:
    growing_tree(orchard)
    assert statements(orchard, 0) <= 5
    for _ in range(40):
        growing_tree(orchard)
    assert [statements(orchard, seed) <= 5 for seed in range(5)] == [True] * 5


def test_the_oldest_trees_are_not_left_behind(orchard: StudyVersion) -> None:
    old = growing_tree(orchard)
    old.needs.update(due_at=NOW - timedelta(days=2))
    for _ in range(20):
        growing_tree(orchard)
    (person,) = people(orchard, 1)
    handed = give(person, REPLY)
    assert handed is not None
    assert handed.task.tree == old


def test_somebody_with_too_many_unfinished_tasks_gets_no_more(orchard: StudyVersion) -> None:
    changed = policy_for(orchard.study, "en").model_copy(update={"max_pending_tasks_per_user": 2})
    policies.change_policy(
        study=orchard.study, language="en", policy=changed, by="ann", reason="a test", now=NOW
    )
    policies.forget(orchard.study, "en")
    for _ in range(4):
        growing_tree(orchard)
    (person,) = people(orchard, 1)
    assert give(person, REPLY) is not None
    assert give(person, REPLY) is not None
    assert give(person, REPLY) is None
    assert give(person, REPLY, now=NOW + timedelta(minutes=6)) is not None


def test_a_look_at_what_is_there_writes_nothing(orchard: StudyVersion) -> None:
    """Open-Assistant drew the lottery and moderated while a page was read."""
    (person,) = people(orchard, 1)
    policy_for(orchard.study, "en")
    with CaptureQueriesContext(connection) as captured:
        assert give(person, *ALL) is None
    assert len(captured) == 1
    assert captured.captured_queries[0]["sql"].startswith("SELECT")
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_eight_people_and_room_for_three_give_three_tasks(self, orchard: StudyVersion) -> None:
        """Defect 3.4-4 of Open-Assistant, over-assignment: it handed out four."""
        for seed in range(ROUNDS):
            tree = growing_tree(orchard, goal=12)
            widen(tree)
            crowd = people(orchard, 8)
            handed = at_once([lambda p=p, s=seed: give(p, REPLY, seed=s) for p in crowd])  # type: ignore[misc]
            assert sum(one is not None for one in handed) == 3
            assert tree.tasks.count() == 3
            tree.delete()

    def test_two_windows_of_one_person_never_hold_one_thing_twice(
        self, orchard: StudyVersion
    ) -> None:
        growing_tree(orchard)
        (person,) = people(orchard, 1)
        handed = at_once([lambda s=s: give(person, REPLY, seed=s) for s in range(6)])  # type: ignore[misc]
        assert sum(one is not None for one in handed) == 1
        assert Need.objects.get(kind=REPLY.value).seats == 1

    def test_twenty_people_in_any_order_never_take_too_many_nor_strand_a_tree(
        self, orchard: StudyVersion
    ) -> None:
        """Some sit before two windows: what one person sends and asks for meets itself."""
        crowd = people(orchard, 14)
        for _ in range(2):
            growing_tree(orchard)

        def take_part(index: int) -> None:
            rng, now = random.Random(index), NOW
            person = crowd[index % len(crowd)]
            for _ in range(5):
                now += timedelta(seconds=30)
                handed = hand_out(participant=person, language="en", kinds=ALL, now=now, rng=rng)
                if handed is None or rng.random() < 0.2:
                    continue  # A crash: the task stays in their hands until it runs out.
                meet(handed, rng, now)

        at_once([lambda i=i: take_part(i) for i in range(20)])  # type: ignore[misc]
        later = NOW + timedelta(hours=3)
        sweeping.sweep(now=later, rng=random.Random(1))
        for tree in Tree.objects.all():
            live = tree.messages.filter(accepted=True, deleted=False).count()
            assert live <= tree.goal_size
            for message in tree.messages.all():
                assert message.replies.exclude(accepted=False).count() <= 2
        let_grow(crowd, rounds=40, seed=9)
        assert not [tree for tree in Tree.objects.all() if sweeping.is_stranded(tree)]


def widen(tree: Tree) -> None:
    """Room for three replies to the prompt."""
    policy = policy_for(tree.study, "en").model_copy(update={"max_children_count": 3})
    policies.change_policy(
        study=tree.study, language="en", policy=policy, by="ann", reason="a test", now=NOW
    )
    policies.forget(tree.study, "en")
    with transaction.atomic():
        refresh(lock_tree(tree), now=NOW, rng=random.Random(0))
