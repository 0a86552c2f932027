"""Replies that wait to be put in order, for the tests of the ranking page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.core.signing import get_cookie_signer
from django.utils import timezone
from tests.collect.trees.growing import people

from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import Message, Task, Tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState


def ranking_task(
    version: StudyVersion,
    texts: Sequence[str],
    *,
    person: Participant | None = None,
    kind: TaskKind = TaskKind.RANK_ASSISTANT_REPLIES,
    language: str = "en",
    prompt: str = "Why do apples fall?",
    seed: int = 7,
) -> Task:
    """A task in somebody's hands: to put replies with these texts in order."""
    now = timezone.now()
    person = person or people(version, 1)[0]
    tree = Tree.objects.create(
        study=version.study, language=language, state=TreeState.RANKING.value, goal_size=9,
        created_at=now, changed_at=now,
    )  # fmt: skip
    writers = people(version, len(texts) + 2)
    parent = _message(tree, None, "prompter", prompt, writers[-1])
    if kind is TaskKind.RANK_PROMPTER_REPLIES:
        parent = _message(tree, parent, "assistant", "Because of gravity.", writers[-2])
    role = "assistant" if parent.role == "prompter" else "prompter"
    for text, writer in zip(texts, writers, strict=False):
        _message(tree, parent, role, text, writer)
    return Task.objects.create(
        study=version.study, participant=person, language=language, kind=kind.value, tree=tree,
        message=parent, leased_at=now, expires_at=now + timedelta(hours=1), seed=seed,
    )  # fmt: skip


def _message(
    tree: Tree, parent: Message | None, role: str, text: str, author: Participant
) -> Message:
    key = uuid.uuid4()
    return Message.objects.create(
        id=key, tree=tree, parent=parent, author=author, role=role, text=text,
        language=tree.language, path=operations.new_path(parent, key),
        depth=parent.depth + 1 if parent else 0, created_at=timezone.now(), accepted=True,
        model_name="Parrot 7B" if role == "assistant" else "", synthetic=role == "assistant",
    )  # fmt: skip


def texts_of(task: Task, groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """Groups of ids as groups of the first words of their texts, sorted."""
    assert task.message is not None
    text = {str(row.pk): row.text.split()[0] for row in task.message.replies.all()}
    return [sorted(text[key] for key in group) for group in groups]


def cookie(person: Participant) -> tuple[str, str]:
    """The name and value by which a browser is known as somebody's."""
    name = cookie_name(person.study_id)
    return name, get_cookie_signer(salt=name + person.study_id).sign(str(person.pk))
