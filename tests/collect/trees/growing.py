"""Helpers of the tests of trees: people, prompts, and a crowd that does whatever is asked."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, prompt_ranking, sweeping
from manyvoices.collect.trees.handout import Handed, hand_out
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.design.trees import TaskKind, label_schema
from manyvoices.schema import TreeState

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ALL = tuple(TaskKind)


def people(version: StudyVersion, n: int) -> list[Participant]:
    """So many people who take part."""
    return Participant.objects.bulk_create(
        Participant(
            study=version.study,
            version=version,
            consent_version=version.spec.consent.version,
            consented_at=NOW,
        )
        for _ in range(n)
    )


def growing_tree(
    version: StudyVersion, *, goal: int = 4, language: str = "en", author: Participant | None = None
) -> Tree:
    """A tree whose prompt was accepted and drawn."""
    from django.db import transaction

    from manyvoices.collect.trees.refresh import lock_tree, refresh

    tree = Tree.objects.create(
        study=version.study,
        language=language,
        state=TreeState.GROWING.value,
        goal_size=goal,
        created_at=NOW,
        changed_at=NOW,
    )
    key = uuid.uuid4()
    Message.objects.create(
        id=key, tree=tree, author=author, role="prompter", text="Why do apples fall?", depth=0,
        language=language, path=operations.new_path(None, key), created_at=NOW, accepted=True,
    )  # fmt: skip
    with transaction.atomic():
        refresh(lock_tree(tree), now=NOW, rng=random.Random(0))
    tree.refresh_from_db()
    return tree


def give(
    person: Participant, *kinds: TaskKind, seed: int = 0, now: datetime = NOW
) -> Handed | None:
    """A task for somebody."""
    return hand_out(
        participant=person, language="en", kinds=kinds or ALL, now=now, rng=random.Random(seed)
    )


def meet(handed: Handed, rng: random.Random, now: datetime, *, spam: float = 0.0) -> None:
    """Do a task as an honest person would; `spam` = how likely a review says "spam"."""
    task, kind = handed.task, TaskKind(handed.task.kind)
    if kind.is_label:
        labels: dict[str, float | None] = {
            label.name: rng.choice(label.values) if label.widget == "likert" else 0.0
            for label in label_schema(kind, full=task.is_full)
        }
        labels["spam"] = float(rng.random() < spam)
        operations.send_labels(task=task, labels=labels, now=now, rng=rng)
    elif kind is TaskKind.RANK_INITIAL_PROMPTS:
        order = sorted(prompt_ranking.shown(task))
        prompt_ranking.send(task=task, groups=[[k] for k in order], flags={}, now=now, rng=rng)
    elif kind.is_rank:
        assert task.message is not None
        ids = [str(k) for k in task.message.replies.values_list("pk", flat=True)]
        order = sorted(ids)
        rng.shuffle(ids)
        operations.send_ranking(
            task=task, groups=[[key] for key in order], shown=ids, now=now, rng=rng
        )
    else:
        answer = f"My own, {rng.random()}" if kind is TaskKind.PROMPT_WITH_ANSWER else ""
        text = f"Something new, {rng.random()}"
        operations.send_text(task=task, text=text, now=now, rng=rng, answer=answer)


def let_grow(
    crowd: list[Participant], *, rounds: int, seed: int = 0, spam: float = 0.0, drop: float = 0.0
) -> datetime:
    """Let a crowd take tasks and a sweeper do its part; returns the time it is then."""
    rng, now = random.Random(seed), NOW
    for i in range(rounds):
        now += timedelta(seconds=20)
        if i % 10 == 0:
            sweeping.sweep(now=now, rng=rng)
        person = rng.choice(crowd)
        handed = hand_out(participant=person, language="en", kinds=ALL, now=now, rng=rng)
        if handed is None:
            continue
        if rng.random() < drop:
            if rng.random() < 0.5:
                operations.skip(task=handed.task, reason="not my field", now=now, rng=rng)
            continue
        meet(handed, rng, now, spam=spam)
    return now
