"""Putting prompts that wait in order: which are shown, and what somebody says of them.

OpenAssistant had the task in its schema and never handed it out. Here the order says which prompt
is likelier to become a tree (`lottery.draw_prompt`); none is lost by it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.errors import TaskGone, Unfit
from manyvoices.collect.trees.finding import N_PLACED, prompts_to_rank
from manyvoices.collect.trees.models import Message, PromptPlace, Task
from manyvoices.collect.trees.operations.tasks import finish, hold
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.ranking_forms import shuffled
from manyvoices.design.trees import TreePolicy
from manyvoices.design.trees.lottery import standing

AMONG = 200
"""Prompts among which those to be shown are drawn."""


def draw(task: Task, participant: Participant, policy: TreePolicy, *, now: datetime) -> bool:
    """Store which prompts a task is about: those that have been placed least often, the task's seed
    deciding among equals. False where fewer than two are left for this person, or none of these
    lacks a place.

    Call it in the transaction that stores the task.
    """
    rows = prompts_to_rank(task.study_id, task.language, participant.pk)
    found = rows.annotate(n=N_PLACED).order_by("n", "pk").values_list("pk", "n")[:AMONG]
    n_of = {str(key): n for key, n in found}
    drawn = sorted(shuffled(n_of, task.seed), key=n_of.__getitem__)
    keys = drawn[: policy.prompt_ranking_size]
    if len(keys) < 2 or n_of[keys[0]] >= policy.num_prompt_rankings:
        return False
    PromptPlace.objects.bulk_create(
        PromptPlace(
            task=task,
            participant=participant,
            message_id=key,
            ranking=task.pk,
            created_at=now,
            consent_version=participant.consent_version,
        )
        for key in keys
    )
    return True


def shown(task: Task) -> dict[str, Message]:
    """The prompts of a task that are still there, in the order shown."""
    rows = Message.objects.filter(places__task=task, deleted=False)
    found = {str(row.pk): row for row in rows}
    return {key: found[key] for key in shuffled(found, task.seed)}


@transaction.atomic
def send(
    *,
    task: Task,
    groups: Sequence[Sequence[str]],
    flags: Mapping[str, Sequence[str]],
    now: datetime,
    rng: random.Random,
) -> Task:
    """Store somebody's order of prompts; what was sent first stays, if it is sent twice.

    Args:
        groups: Message ids, best first; those in one group are equal; some may be left out.

    Raises:
        Unfit: A prompt stands twice or was not shown, or fewer than two are in the order.
        TaskGone: They have put these prompts in order already, in a task that came later.
    """
    task = hold(task)
    if task.state == Task.State.DONE:
        return task
    places = {str(row.message_id): row for row in PromptPlace.objects.filter(task=task)}
    _check(groups, places)
    again = PromptPlace.objects.filter(
        participant=task.participant_id, message__in=list(places), sent_at__isnull=False
    )
    if again.exists():
        raise TaskGone(_("You have put these prompts in order already."), code="answered_already")
    for key, (place, share) in standing(groups).items():
        places[key].place, places[key].share = place, share
    for key, row in places.items():
        row.flags, row.sent_at = sorted(set(flags.get(key, ()))), now
    PromptPlace.objects.bulk_update(places.values(), ["place", "share", "flags", "sent_at"])
    finish(task, Task.State.DONE, now)
    refresh_prompt_need(study=task.study, language=task.language, now=now, rng=rng)
    return task


def _check(groups: Sequence[Sequence[str]], there: Mapping[str, object]) -> None:
    ids = [key for group in groups for key in group]
    if len(ids) != len(set(ids)):
        raise Unfit("ranking", _("A prompt stands in the order twice."), code="twice")
    if not set(ids) <= set(there):
        words = _("A prompt in the order is not one of those shown.")
        raise Unfit("ranking", words, code="not_shown")
    if len(ids) < 2:
        raise Unfit("ranking", _("Put at least two prompts in order."), code="too_few")
