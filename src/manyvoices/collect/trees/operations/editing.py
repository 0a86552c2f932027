"""A message that its author changes; the prompt that was changed is reviewed anew."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.errors import NotYours, TaskGone
from manyvoices.collect.trees.models import LabelsGiven, Message, Revision, Task, TreeEvent
from manyvoices.collect.trees.operations.texts import check_text
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh
from manyvoices.schema import TreeState

CHANGEABLE = (
    TreeState.INITIAL_PROMPT_REVIEW.value,
    TreeState.PROMPT_LOTTERY_WAITING.value,
    TreeState.GROWING.value,
)
"""States of a tree in which a message can be changed: later people have compared it."""


@transaction.atomic
def edit(
    *, message: Message, participant: Participant, text: str, now: datetime, rng: random.Random
) -> Message:
    """Change one's own message within the window; what was said before stays as a revision, and
    it is reviewed anew.

    Raises:
        NotYours: It is somebody else's.
        TaskGone: The window is over, or somebody has answered it.
        Unfit: The text is empty or too long.
    """
    tree = lock_tree(message.tree)
    message = Message.objects.get(pk=message.pk)
    message.tree = tree
    if message.author_id != participant.pk:
        raise NotYours(_("This is not your message."), code="not_yours")
    policy = policy_for(tree.study, tree.language)
    late = now > message.created_at + timedelta(seconds=policy.edit_window_s)
    if late or message.deleted or tree.state not in CHANGEABLE or _is_built_upon(message):
        raise TaskGone(_("This message can no longer be changed."), code="too_late")
    check_text(text, policy)
    if text == message.text:
        return message
    Revision.objects.create(message=message, text=message.text, replaced_at=now)
    message.labels.filter(source=LabelsGiven.Source.TASK).update(counts=False)
    message.text, message.edited_at = text, now
    message.save(update_fields=["text", "edited_at"])
    judge(message, policy, anew=True)
    if tree.state == TreeState.PROMPT_LOTTERY_WAITING.value:
        step = (tree.state, TreeState.INITIAL_PROMPT_REVIEW.value)
        tree.state, tree.changed_at = step[1], now
        TreeEvent.objects.create(
            tree=tree, before=step[0], after=step[1], reason="the prompt was changed", at=now
        )
    refresh(tree, now=now, rng=rng)
    return message


def _is_built_upon(message: Message) -> bool:
    """Whether somebody has answered a message, or is about to."""
    writing = message.tasks.filter(state=Task.State.LEASED, kind__endswith="_reply")
    writing = writing.exclude(kind__startswith="label_")
    return message.replies.exists() or writing.exists()
