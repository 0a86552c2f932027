"""Taking a case in hand, deciding it, and taking that back; one at a time or many.

Only one moderator has a case: a claim is one conditional update, so of two who take it at the same
moment one gets it. Every decision takes a reason and leaves an entry in the audit log.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from manyvoices.collect.console import audit
from manyvoices.collect.moderation import acts
from manyvoices.collect.moderation.errors import Claimed, Refused, Settled
from manyvoices.collect.moderation.models import Action, Case, Decision
from manyvoices.collect.trees.models import Message, Tree
from manyvoices.collect.trees.refresh import lock_tree

CLAIM_FOR = timedelta(minutes=15)
UNDO_FOR = timedelta(days=14)
AT_ONCE = 100
"""Cases of one bulk decision."""
IN_BULK = (Action.ACCEPT, Action.REJECT, Action.DELETE, Action.DISMISS)


def claim(*, case: Case, by: str, now: datetime) -> Case:
    """Take a case in hand for a quarter of an hour, or keep it so much longer.

    Raises:
        Claimed: Somebody else has it.
        Settled: It is decided.
    """
    free = Q(claimed_by="") | Q(claimed_by=by) | Q(claimed_until__lte=now)
    rows = Case.objects.filter(free, pk=case.pk, decided_at=None)
    if not rows.update(claimed_by=by, claimed_until=now + CLAIM_FOR):
        case.refresh_from_db()
        if case.decided_at is not None:
            raise Settled(_("This case was decided in the meantime."), code="decided_already")
        words = _("%(name)s has this case in hand.")
        raise Claimed(words % {"name": case.claimed_by}, code="claimed")
    case.refresh_from_db()
    return case


def release(*, case: Case, by: str) -> None:
    """Give a case back to the queue, undecided."""
    Case.objects.filter(pk=case.pk, claimed_by=by, decided_at=None).update(
        claimed_by="", claimed_until=None
    )


@transaction.atomic
def decide(
    *,
    case: Case,
    action: str,
    reason: str,
    by: str,
    now: datetime,
    rng: random.Random,
    text: str = "",
) -> Decision:
    """Decide a case.

    Args:
        text: The new text, where the decision is to edit.

    Raises:
        Refused: No reason is given, the text cannot be taken, or the action makes no sense here.
        Claimed: Somebody else has it in hand.
        Settled: It was decided already.
    """
    change = acts.Change(Action(action), _reason(reason), by, text)
    case, message, tree = _held(case)
    if case.decided_at is not None:
        raise Settled(_("This case was decided in the meantime."), code="decided_already")
    claim(case=case, by=by, now=now)
    if change.action is Action.RESTORE and not message.deleted:
        raise Refused(_("The message is not deleted."), code="not_deleted")
    if change.action is Action.DELETE and message.deleted and not hasattr(message, "held"):
        words = _("The message is deleted already; dismiss the case, or restore the message.")
        raise Refused(words, code="deleted_already")
    before = acts.apply(change, message, tree, now=now, rng=rng)
    decision = Decision.objects.create(
        case=case, action=change.action, reason=change.reason, by=by, at=now, before=before
    )
    case.decided_at, case.claimed_until = now, None
    case.save(update_fields=["decided_at", "claimed_until"])
    audit.record(by, f"moderate: {action}", case.study_id, str(message.pk), _of(case), now)
    return decision


def _reason(words: str) -> str:
    if not words.strip():
        raise Refused(_("A decision needs a reason."), code="no_reason")
    return words.strip()[:500]


def _of(case: Case) -> dict[str, object]:
    return {"case": str(case.pk)}


def _held(case: Case) -> tuple[Case, Message, Tree]:
    """Tree and case, locked in that order, and the message as it is now."""
    message = Message.objects.get(pk=case.message_id)
    tree = lock_tree(Tree(pk=message.tree_id))
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    message = Message.objects.select_related("tree__study", "held").get(pk=case.message_id)
    case.message = message
    return case, message, tree


def decide_many(
    *,
    cases: Sequence[uuid.UUID],
    study_id: str,
    action: str,
    reason: str,
    by: str,
    now: datetime,
    rng: random.Random,
) -> tuple[list[Decision], int]:
    """The same decision for many cases, each in a transaction of its own.

    Returns: the decisions, and how many cases were left out because somebody else has them, they
    were decided in the meantime, or it made no sense there.
    """
    if Action(action) not in IN_BULK:
        raise Refused(_("This cannot be decided for many at once."), code="not_in_bulk")
    _reason(reason)
    done, n_left = [], 0
    rows = Case.objects.filter(pk__in=list(cases)[:AT_ONCE], study_id=study_id)
    for case in rows.order_by("opened_at", "pk"):
        try:
            decided = decide(case=case, action=action, reason=reason, by=by, now=now, rng=rng)
            done.append(decided)
        except Refused:
            n_left += 1
    return done, n_left


@transaction.atomic
def undo(
    *, decision: Decision, by: str, reason: str, now: datetime, rng: random.Random
) -> Decision:
    """Take a decision back; its case is open again, in the hands of who undid it.

    Raises:
        Settled: It was undone already, or another decision about the message came after it.
        Refused: It is too long ago, or no reason is given.
    """
    words = _reason(reason)
    case, message, tree = _held(decision.case)
    decision = Decision.objects.get(pk=decision.pk)
    if decision.undone_at is not None:
        raise Settled(_("This was undone already."), code="undone_already")
    if now > decision.at + UNDO_FOR:
        words = _("This was decided more than %(days)d days ago.")
        raise Refused(words % {"days": UNDO_FOR.days}, code="too_late")
    if _is_overtaken(decision, message, tree):
        words = _("The message was decided about again since; undo that first.")
        raise Settled(words, code="decided_again")
    other = Case.objects.filter(message=message, decided_at=None).exclude(pk=case.pk)
    if other.exists():
        words = _("There is a newer open case about this message; decide there.")
        raise Settled(words, code="newer_case")
    acts.take_back(decision, message, tree, by=by, now=now, rng=rng)
    decision.undone_at, decision.undone_by, decision.undo_reason = now, by, words
    decision.save(update_fields=["undone_at", "undone_by", "undo_reason"])
    case.decided_at, case.claimed_by, case.claimed_until = None, by, now + CLAIM_FOR
    case.save(update_fields=["decided_at", "claimed_by", "claimed_until"])
    audit.record(by, "moderate: undo", case.study_id, str(message.pk), _of(case), now)
    return decision


def undo_many(
    *,
    decisions: Sequence[int],
    study_id: str,
    by: str,
    reason: str,
    now: datetime,
    rng: random.Random,
) -> tuple[int, int]:
    """Take many decisions back; returns how many were, and how many could not be."""
    n_done = n_left = 0
    rows = Decision.objects.filter(pk__in=list(decisions)[:AT_ONCE], case__study_id=study_id)
    for decision in rows.select_related("case").order_by("-pk"):
        try:
            undo(decision=decision, by=by, reason=reason, now=now, rng=rng)
            n_done += 1
        except Refused:
            n_left += 1
    return n_done, n_left


def _is_overtaken(decision: Decision, message: Message, tree: Tree) -> bool:
    """Whether a later decision is about the same message, or brought back what was taken out."""
    later = Decision.objects.filter(
        case__message__tree=tree, pk__gt=decision.pk, undone_at=None
    ).select_related("case")
    taken = set(decision.before.get("deleted", ()))
    return any(
        row.case.message_id == message.pk or taken & set(row.before.get("restored", ()))
        for row in later
    )
