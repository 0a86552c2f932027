"""What time does to trees: leases that run out, prompts that are drawn, rankings that are merged.

The runner calls `sweep` every few seconds. Every part takes one tree at a time in a transaction of
its own, looks again at the row that it then holds, and may be cut off at any point: the next sweep
finds the same rows, and several runners may sweep at once.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.trees import policies, starting, weighing
from manyvoices.collect.trees.models import (
    MERGED_STATES,
    OPEN_STATES,
    LabelsGiven,
    Message,
    Need,
    Task,
    Tree,
)
from manyvoices.collect.trees.prompts import refresh_prompt_need, seats_of
from manyvoices.collect.trees.refresh import judge, lock_tree, refresh
from manyvoices.collect.trees.scoring import score_tree
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

log = logging.getLogger(__name__)
AT_ONCE = 200
"""Rows of each kind that one sweep takes on."""
CHECKED_EVERY = timedelta(hours=1)
"""A tree that nothing happened to is looked at all the same: what a fault left behind, heals."""

start_trees = starting.start_trees
waiting_prompts = starting.waiting_prompts


def sweep(*, now: datetime, rng: random.Random) -> int:
    """Do everything that is due in every project; return how many things were done.

    A part that fails is logged, and does not keep the others from being done.
    """
    found = projects()
    if not found:
        return 0
    n_done = _try(expire, now=now, rng=rng)
    n_done += _try(merge, now=now, rng=rng)
    n_done += _try(check, now=now, rng=rng)
    for study in found:
        for language in policies.languages_of(study):
            for part in (bring_up_to_date, starting.start_trees, keep_prompts_open, weighing.weigh):
                n_done += _try(part, study=study, language=language, now=now, rng=rng)
    return n_done


def _try(part: Callable[..., int], **arguments: object) -> int:
    try:
        return part(**arguments)
    except Exception:
        log.exception("%s could not be done", part.__name__)
        return 0


def projects() -> list[Study]:
    """Studies in which trees are grown; which they are is remembered for each version."""
    newest = StudyVersion.objects.filter(study=OuterRef("study")).order_by("-number")
    rows = StudyVersion.objects.defer("content").select_related("study")
    found = rows.filter(pk=newest.values("pk")[:1]).order_by("study")
    return [version.study for version in found if _grows_trees(version)]


_known: dict[tuple[str, str], bool] = {}


def _grows_trees(version: StudyVersion) -> bool:
    key = (version.study_id, version.digest)
    if key not in _known:
        try:
            policies.stage_of(version.study)
            _known[key] = True
        except LookupError:
            _known[key] = False
    return _known[key]


def expire(*, now: datetime, rng: random.Random) -> int:
    """Give back what nobody has touched until its end."""
    late = Task.objects.filter(state=Task.State.LEASED, expires_at__lte=now).order_by("expires_at")
    keys = list(late.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_expire_one(key, now=now, rng=rng) for key in keys)


@transaction.atomic
def _expire_one(key: uuid.UUID, *, now: datetime, rng: random.Random) -> int:
    """The task's row is held before its tree's, as where somebody sends it at this moment."""
    rows = Task.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("tree", "study")
    task = rows.filter(pk=key, state=Task.State.LEASED, expires_at__lte=now).first()
    if task is None:
        return 0
    tree = lock_tree(task.tree) if task.tree is not None else None
    task.state, task.finished_at = Task.State.EXPIRED, now
    task.save(update_fields=["state", "finished_at"])
    if tree is not None:
        refresh(tree, now=now, rng=rng)
    else:
        refresh_prompt_need(study=task.study, language=task.language, now=now, rng=rng)
    return 1


def merge(*, now: datetime, rng: random.Random) -> int:
    """Merge the rankings of trees that wait for it, and of those with late votes."""
    trees = Tree.objects.filter(state__in=MERGED_STATES, is_scored=False).order_by("changed_at")
    keys = list(trees.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_merge_one(key, now=now, rng=rng) for key in keys)


def _merge_one(key: uuid.UUID, *, now: datetime, rng: random.Random) -> int:
    try:
        with transaction.atomic():
            tree = lock_tree(Tree(pk=key))
            if tree.is_scored or tree.state not in MERGED_STATES:
                return 0
            score_tree(tree, now=now)
            refresh(tree, now=now, rng=rng)
        return 1
    except Exception:
        # A set that cannot be merged must not stop the others; a person sees the tree as failed.
        log.exception("the rankings of tree %s could not be merged", key)
        with transaction.atomic():
            tree = lock_tree(Tree(pk=key))
            tree.scoring_failures += 1
            refresh(tree, now=now, rng=rng)
        return 0


def check(*, now: datetime, rng: random.Random) -> int:
    """Let the rules look at trees that were reported since, and at those that had no visit for
    long: reports are stored without the tree's lock, and people withdraw."""
    since = now - CHECKED_EVERY
    reports = LabelsGiven.objects.filter(
        source=LabelsGiven.Source.REPORT,
        counts=True,
        created_at__gt=since - timedelta(minutes=1),
    )
    reported = reports.filter(
        message__tree__state__in=OPEN_STATES, created_at__gte=F("message__tree__checked_at")
    )
    trees = Tree.objects.filter(state__in=OPEN_STATES)
    quiet = trees.filter(Q(checked_at__lt=since) | Q(checked_at=None)).order_by("checked_at")
    keys = set(reported.values_list("message__tree", flat=True)[:AT_ONCE])
    keys |= set(quiet.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_look(key, now=now, rng=rng) for key in sorted(keys))


def bring_up_to_date(*, study: Study, language: str, now: datetime, rng: random.Random) -> int:
    """Trees whose needs were computed under another policy than the one in force, or that ask to
    be looked at: after a change of policy so many of them each time, so that no sweep is long."""
    name, _policy = policies.named_policy(study, language)
    trees = Tree.objects.filter(study=study, language=language, state__in=OPEN_STATES)
    stale = trees.exclude(policy_name=name).values_list("pk", flat=True)
    return sum(_look(key, now=now, rng=rng) for key in list(stale[:AT_ONCE]))


@transaction.atomic
def _look(key: uuid.UUID, *, now: datetime, rng: random.Random) -> int:
    tree = lock_tree(Tree(pk=key))
    name, policy = policies.named_policy(tree.study, tree.language)
    if tree.policy_name != name:
        # What was decided stays; what is under review is held against the policy in force.
        for message in _under_review(tree):
            judge(message, policy)
    refresh(tree, now=now, rng=rng)
    return 1


def _under_review(tree: Tree) -> QuerySet[Message]:
    return tree.messages.filter(accepted=None, deleted=False).order_by("depth", "pk")


def keep_prompts_open(*, study: Study, language: str, now: datetime, rng: random.Random) -> int:
    """Whether new prompts are wanted, and orders of prompts: written only where it has changed."""
    rows = Need.objects.filter(study=study, language=language, message=None)
    stored = dict(rows.values_list("kind", "seats"))
    kinds = (TaskKind.INITIAL_PROMPT, TaskKind.RANK_INITIAL_PROMPTS)
    wanted = {kind.value: seats_of(kind, study, language) for kind in kinds}
    if all(stored.get(kind, 0 if "rank" in kind else None) == n for kind, n in wanted.items()):
        return 0
    with transaction.atomic():
        refresh_prompt_need(study=study, language=language, now=now, rng=rng)
    return 1


def is_stranded(tree: Tree) -> bool:
    """Whether a tree that people are to work on offers nothing and is in nobody's hands.

    The rules say that there is none (`tests/design/trees/test_every_small_tree.py`); health checks
    and the tests of crowds ask the database.
    """
    if tree.state not in OPEN_STATES and tree.state != TreeState.READY_FOR_SCORING.value:
        return False
    offered = Need.objects.filter(tree=OuterRef("pk"), seats__gt=0)
    held = Task.objects.filter(tree=OuterRef("pk"), state=Task.State.LEASED)
    rows = Tree.objects.filter(pk=tree.pk, state__in=OPEN_STATES)
    return rows.filter(~Exists(offered), ~Exists(held)).exists()
