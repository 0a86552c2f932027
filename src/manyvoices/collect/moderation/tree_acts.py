"""Stopping a whole tree, and letting it go on."""

from __future__ import annotations

import random
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from manyvoices.collect.console import audit
from manyvoices.collect.moderation.acts import CLOSED, put
from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.trees.facts import messages_of, tree_facts
from manyvoices.collect.trees.models import Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees import restart
from manyvoices.schema import TreeState


@transaction.atomic
def halt(*, tree: Tree, reason: str, by: str, now: datetime, rng: random.Random) -> Tree:
    """Stop a tree: nothing of it is handed out any more. What people are writing is kept.

    Raises:
        Refused: It is stopped already, or no reason is given.
    """
    _check(reason)
    tree = lock_tree(tree)
    if TreeState(tree.state) in CLOSED:
        raise Refused(_("This tree is stopped already."), code="stopped_already")
    put(tree, TreeState.HALTED_BY_MODERATOR, reason, by=by, now=now)
    refresh(tree, now=now, rng=rng)
    audit.record(by, "halt tree", tree.study_id, str(tree.pk), now=now)
    return tree


@transaction.atomic
def let_go_on(*, tree: Tree, reason: str, by: str, now: datetime, rng: random.Random) -> Tree:
    """Let a stopped tree go on from where the rule `restart` puts it.

    Raises:
        Refused: It is not stopped, its prompt is deleted or rejected, or the rules would stop it
            again at once; nothing is changed then.
    """
    _check(reason)
    tree = lock_tree(tree)
    if TreeState(tree.state) not in CLOSED:
        raise Refused(_("This tree is not stopped."), code="not_stopped")
    facts = tree_facts(tree, messages_of(tree))
    if facts.prompt.deleted:
        raise Refused(_("Its prompt is deleted: restore that first."), code="prompt_deleted")
    if facts.prompt.accepted is False:
        raise Refused(_("Its prompt is rejected: accept that first."), code="prompt_rejected")
    again = restart(facts, policy_for(tree.study, tree.language))
    tree.scoring_failures = 0
    put(tree, again, reason, by=by, now=now)
    refresh(tree, now=now, rng=rng)
    if TreeState(tree.state) in CLOSED:
        last = tree.events.order_by("-pk")[0]
        words = _("The rules would stop it again at once: %(reason)s")
        raise Refused(words % {"reason": last.reason}, code="stopped_by_rules")
    audit.record(by, "restart tree", tree.study_id, str(tree.pk), {"state": tree.state}, now)
    return tree


def _check(reason: str) -> None:
    if not reason.strip():
        raise Refused(_("A reason is needed."), code="no_reason")
