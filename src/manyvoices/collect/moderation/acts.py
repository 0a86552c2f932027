"""What a decision does to a message and its tree, and how that is taken back.

Everything happens with the tree's row locked; `refresh` then lets the rules go on from there.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.moderation.models import Action, Decision, Held
from manyvoices.collect.trees import happenings
from manyvoices.collect.trees.facts import MODERATOR, messages_of, tree_facts
from manyvoices.collect.trees.models import LabelsGiven, Message, Revision, Tree, TreeEvent
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import refresh
from manyvoices.design.trees import restart
from manyvoices.schema import TreeState

REPORTS = "reports"
"""`Message.decided_because` where the rules took it away, since many people reported it."""
CLOSED = (TreeState.HALTED_BY_MODERATOR, TreeState.ABORTED_LOW_GRADE, TreeState.SCORING_FAILED)
"""States that a moderator may take a tree out of."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done, why, and by whom; empty `by` = the rules."""

    action: Action
    reason: str
    by: str
    text: str = ""
    """The new text, for an edit."""


def apply(
    change: Change, message: Message, tree: Tree, *, now: datetime, rng: random.Random
) -> dict[str, Any]:
    """Do it; returns what `take_back` needs. The tree's row is locked by the caller."""
    before: dict[str, Any] = {
        "accepted": message.accepted,
        "because": message.decided_because,
        "split": message.is_split,
        "state": tree.state,
    }
    before |= _DO[change.action](change, message, now)
    _settle(change, message, tree, now=now, rng=rng)
    return before


def _accept(change: Change, message: Message, now: datetime) -> dict[str, Any]:
    found = _restore(change, message, now)
    _judged(message, accepted=True)
    return found


def _reject(_change: Change, message: Message, _now: datetime) -> dict[str, Any]:
    _judged(message, accepted=False)
    return {}


def _judged(message: Message, *, accepted: bool) -> None:
    message.accepted, message.decided_because, message.is_split = accepted, MODERATOR, False
    message.save(update_fields=["accepted", "decided_because", "is_split"])
    happenings.message_decided.send(sender=Message, message=message)


def _delete(_change: Change, message: Message, _now: datetime) -> dict[str, Any]:
    """The message and everything below it."""
    rows = Message.objects.filter(
        tree_id=message.tree_id, path__startswith=message.path, deleted=False
    )
    keys = list(rows.values_list("pk", flat=True))
    rows.update(deleted=True)
    message.deleted = True
    happenings.messages_deleted.send(
        sender=Message, tree=message.tree, messages=keys, because="moderator"
    )
    return {"deleted": _texts(keys)}


def _restore(_change: Change, message: Message, _now: datetime) -> dict[str, Any]:
    """The message, what went with it, and what stands above it; reports of these count no more."""
    keys = [uuid.UUID(key) for key in message.path.split("/") if key]
    if message.deleted:
        keys += _went_with(message)
    rows = Message.objects.filter(pk__in=keys, deleted=True)
    back = list(rows.values_list("pk", flat=True))
    by_reports = list(rows.filter(decided_because=REPORTS).values_list("pk", flat=True))
    rows.filter(decided_because=REPORTS).update(decided_because="")
    Message.objects.filter(pk__in=back).update(deleted=False)
    held = Held.objects.filter(message__in=keys)
    unheld = list(held.values_list("message_id", flat=True))
    held.delete()
    message.refresh_from_db(fields=["deleted", "decided_because"])
    return {
        "restored": _texts(back),
        "held": _texts(unheld),
        "by_reports": _texts(by_reports),
    } | _reports_off(keys)


def _texts(keys: list[uuid.UUID]) -> list[str]:
    return [str(key) for key in keys]


def _went_with(message: Message) -> list[uuid.UUID]:
    """Messages that were taken away together with this one."""
    if message.decided_because == REPORTS:
        rows = Message.objects.filter(tree_id=message.tree_id, path__startswith=message.path)
        return list(rows.filter(decided_because=REPORTS).values_list("pk", flat=True))
    made = Decision.objects.filter(
        case__message__tree=message.tree_id, action=Action.DELETE, undone_at=None
    ).order_by("-pk")
    for before in made.values_list("before", flat=True):
        keys = before.get("deleted", [])
        if str(message.pk) in keys:
            return [uuid.UUID(key) for key in keys]
    return []


def _dismiss(change: Change, message: Message, now: datetime) -> dict[str, Any]:
    """Nothing is wrong with it: reports of it do not count, what they took away is back."""
    if message.is_split:
        message.is_split = False
        message.save(update_fields=["is_split"])
    if message.deleted and message.decided_because == REPORTS:
        return _restore(change, message, now)
    return _reports_off([message.pk])


def _reports_off(messages: list[uuid.UUID]) -> dict[str, Any]:
    rows = LabelsGiven.objects.filter(
        message__in=messages, source=LabelsGiven.Source.REPORT, counts=True
    )
    keys = list(rows.values_list("pk", flat=True))
    LabelsGiven.objects.filter(pk__in=keys).update(counts=False)
    return {"reports": keys}


def _edit(change: Change, message: Message, now: datetime) -> dict[str, Any]:
    """Another text, the one before kept; what was decided about the message stays."""
    policy = policy_for(message.tree.study, message.tree.language)
    if not change.text.strip() or len(change.text) > policy.max_chars:
        words = _("The text needs 1 to %(most)s characters.")
        raise Refused(words % {"most": f"{policy.max_chars:,}"}, code="bad_text")
    if change.text == message.text:
        raise Refused(_("The text is the same as before."), code="same_text")
    revision = _revise(message, change.text, change.by, change.reason, now)
    return {"revision": revision.pk}


def _revise(message: Message, text: str, by: str, reason: str, now: datetime) -> Revision:
    revision = Revision.objects.create(
        message=message, text=message.text, replaced_at=now, by=by, reason=reason[:300]
    )
    message.text, message.edited_at = text, now
    message.save(update_fields=["text", "edited_at"])
    return revision


_DO = {
    Action.ACCEPT: _accept,
    Action.REJECT: _reject,
    Action.DELETE: _delete,
    Action.RESTORE: _restore,
    Action.DISMISS: _dismiss,
    Action.EDIT: _edit,
}


def take_back(
    decision: Decision, message: Message, tree: Tree, *, by: str, now: datetime, rng: random.Random
) -> None:
    """Put message and tree back to where the decision found them; the rules go on from there."""
    before = decision.before
    if decision.action in (Action.ACCEPT, Action.REJECT, Action.DISMISS):
        message.accepted, message.decided_because = before["accepted"], before["because"]
        message.is_split = before["split"]
        message.save(update_fields=["accepted", "decided_because", "is_split"])
    Message.objects.filter(pk__in=before.get("deleted", ())).update(deleted=False)
    Message.objects.filter(pk__in=before.get("restored", ())).update(deleted=True)
    by_reports = Message.objects.filter(pk__in=before.get("by_reports", ()))
    by_reports.update(decided_because=REPORTS)
    for key in before.get("held", ()):
        row = Message.objects.get(pk=key)
        if row.author_id is not None:
            Held.objects.create(participant_id=row.author_id, message=row, at=now)
    LabelsGiven.objects.filter(pk__in=before.get("reports", ())).update(counts=True)
    if "revision" in before:
        text = Revision.objects.get(pk=before["revision"]).text
        _revise(message, text, by, "undone", now)
    if decision.action != Action.EDIT:
        tree.is_scored = False
        put(tree, TreeState(before["state"]), "a decision was undone", by=by, now=now)
        refresh(tree, now=now, rng=rng)


def put(tree: Tree, state: TreeState, reason: str, *, by: str, now: datetime) -> None:
    """Bring a tree into a state, with its event; nothing where it is there already."""
    if tree.state == state.value:
        return
    TreeEvent.objects.create(
        tree=tree, before=tree.state, after=state.value, reason=reason[:300], at=now, by=by
    )
    tree.state, tree.changed_at = state.value, now


def _settle(
    change: Change, message: Message, tree: Tree, *, now: datetime, rng: random.Random
) -> None:
    """States that the rules do not lead out of: a prompt decides about its whole tree."""
    if change.action is Action.EDIT:
        return
    tree.is_scored = False
    facts = tree_facts(tree, messages_of(tree))
    state, prompt = TreeState(tree.state), facts.prompt
    if prompt.deleted:
        put(tree, TreeState.HALTED_BY_MODERATOR, change.reason, by=change.by, now=now)
    elif prompt.accepted is False and state is not TreeState.ABORTED_LOW_GRADE:
        put(tree, TreeState.ABORTED_LOW_GRADE, change.reason, by=change.by, now=now)
    elif message.parent_id is None and state in CLOSED[:2] and _revives(change, prompt.accepted):
        again = restart(facts, policy_for(tree.study, tree.language))
        if prompt.accepted and tree.messages.count() == 1:
            # Nothing has grown yet: its turn comes by the lottery, as for every accepted prompt.
            again = TreeState.INITIAL_PROMPT_REVIEW
        put(tree, again, change.reason, by=change.by, now=now)
    refresh(tree, now=now, rng=rng)


def _revives(change: Change, accepted: bool | None) -> bool:
    lets_in = change.action in (Action.ACCEPT, Action.RESTORE, Action.DISMISS)
    return lets_in and accepted is not False
