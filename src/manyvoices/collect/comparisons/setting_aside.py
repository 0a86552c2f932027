"""Moderators set votes aside and give them back. No vote is deleted, and no verdict changed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.comparisons.models import Comparison, VoteDecision
from manyvoices.collect.console.audit import record
from manyvoices.collect.people.locks import lock_participant
from manyvoices.collect.refusal import Refusal
from manyvoices.design.comparisons.integrity import BY_HAND
from manyvoices.schema.comparisons import ComparisonVerdict

MAX_REASON = 500


class VoteRefused(Refusal):
    """It cannot be done; nothing was changed. The message is for the one who asked."""


@transaction.atomic
def set_aside(*, comparison: Comparison, reason: str, by: str, now: datetime) -> VoteDecision:
    """Leave a vote out of results from now on, for a reason that no rule knows."""
    found = _held(comparison, reason)
    if found.quarantined:
        raise VoteRefused(_("This vote is set aside already."))
    return _decide(found, VoteDecision.Action.SET_ASIDE, [BY_HAND], reason, by, now)


@transaction.atomic
def give_back(*, comparison: Comparison, reason: str, by: str, now: datetime) -> VoteDecision:
    """Let a vote count that was set aside; the rules that it showed stay on record."""
    found = _held(comparison, reason)
    if not found.quarantined:
        raise VoteRefused(_("This vote counts already."))
    return _decide(found, VoteDecision.Action.GIVE_BACK, [], reason, by, now)


def _held(comparison: Comparison, reason: str) -> Comparison:
    """The row, locked as every write to it is; `VoteRefused` where there is nothing to decide."""
    if not reason.strip():
        raise VoteRefused(_("Please give a reason."))
    lock_participant(comparison.participant)
    found = Comparison.objects.get(pk=comparison.pk)
    if found.verdict in (None, ComparisonVerdict.FAILED.value):
        raise VoteRefused(_("There is no vote here."))
    return found


def _decide(
    found: Comparison,
    action: VoteDecision.Action,
    rules: list[str],
    reason: str,
    by: str,
    now: datetime,
) -> VoteDecision:
    before, found.quarantined = found.quarantined, rules
    found.save(update_fields=["quarantined"])
    kept = reason.strip()[:MAX_REASON]
    made = VoteDecision.objects.create(
        comparison=found, action=action, rules=before, reason=kept, by=by[:150], at=now
    )
    words = "set vote aside" if action is VoteDecision.Action.SET_ASIDE else "give vote back"
    # The reason may speak of the person: it stays with the vote, and goes with it.
    record(by, words, found.study_id, str(found.pk), {"rules": before}, now)
    return made
