"""An order of the replies to one message."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.trees.errors import Unfit
from manyvoices.collect.trees.models import Message, RankingGiven, Task
from manyvoices.collect.trees.operations.tasks import finish, hold
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees import TaskKind


@transaction.atomic
def send_ranking(
    *,
    task: Task,
    groups: Sequence[Sequence[str]],
    shown: Sequence[str],
    now: datetime,
    rng: random.Random,
    all_bad: bool = False,
    flags: Mapping[str, Sequence[str]] | None = None,
) -> RankingGiven:
    """Store somebody's order of the replies to a message.

    Args:
        groups: Message ids, best first; those in one group are equal; some may be left out.
        shown: Message ids in the order in which they stood on the page.
        all_bad: None of them is any good. Then `groups` may be empty.

    Raises:
        Unfit: A reply stands twice or was not shown, or nothing is ordered and not all are bad.
    """
    task = hold(task)
    if task.state == Task.State.DONE:
        return RankingGiven.objects.get(parent=task.message_id, participant=task.participant_id)
    if not TaskKind(task.kind).is_rank or task.message is None or task.tree is None:
        raise Unfit("ranking", _("This task is not one of ranking."), code="wrong_kind")
    tree = lock_tree(task.tree)
    _check_groups(task, groups, shown, all_bad)
    given, _created = RankingGiven.objects.get_or_create(
        parent=task.message,
        participant=task.participant,
        defaults={
            "task": task,
            "groups": [list(group) for group in groups],
            "shown": list(shown),
            "all_bad": all_bad,
            "flags": {key: sorted(set(names)) for key, names in (flags or {}).items()},
            "created_at": now,
            "consent_version": task.participant.consent_version,
        },
    )
    finish(task, Task.State.DONE, now)
    n_rankings = RankingGiven.objects.filter(parent=task.message, held=None).count()
    Message.objects.filter(pk=task.message.pk).update(n_rankings=n_rankings)
    # A late vote on a tree that was merged already is merged again by the sweeper.
    tree.is_scored = False
    refresh(tree, now=now, rng=rng)
    return given


def _check_groups(
    task: Task, groups: Sequence[Sequence[str]], shown: Sequence[str], all_bad: bool
) -> None:
    ids = [key for group in groups for key in group]
    there = {str(key) for key in task.message.replies.values_list("pk", flat=True)}  # type: ignore[union-attr]
    if len(ids) != len(set(ids)):
        raise Unfit("ranking", _("A reply stands in the order twice."), code="twice")
    if not set(ids) <= there or not set(shown) <= there:
        words = _("A reply in the order is not one of those shown.")
        raise Unfit("ranking", words, code="not_shown")
    if not all_bad and len(ids) < 2:
        words = _("Put at least two replies in order, or say that all are bad.")
        raise Unfit("ranking", words, code="too_few")
