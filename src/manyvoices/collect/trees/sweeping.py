"""What time does to trees: leases that run out, prompts that are drawn, rankings that are merged.

The runner calls `sweep` every few seconds. Every part takes one tree at a time in a transaction of
its own and may be cut off at any point: the next sweep finds the same rows.
"""

from __future__ import annotations

import logging
import random
import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message, Task, Tree, TreeEvent
from manyvoices.collect.trees.policies import languages_of, policy_for
from manyvoices.collect.trees.prompts import refresh_prompt_need
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.collect.trees.scoring import score_tree
from manyvoices.design.trees import TreePolicy, Waiting, draw_prompt
from manyvoices.design.trees.lottery import trees_to_start
from manyvoices.schema import TreeState

log = logging.getLogger(__name__)
WINS_SINCE = timedelta(days=30)
AT_ONCE = 200
"""Rows of each kind that one sweep takes on."""


def sweep(*, now: datetime, rng: random.Random) -> int:
    """Do everything that is due in every project; return how many things were done."""
    n_done = expire(now=now, rng=rng)
    n_done += merge(now=now, rng=rng)
    for study in projects():
        for language in languages_of(study):
            n_done += start_trees(study=study, language=language, now=now, rng=rng)
            with transaction.atomic():
                refresh_prompt_need(study=study, language=language, now=now, rng=rng)
    return n_done


def projects() -> list[Study]:
    """Studies in which trees are grown."""
    found = []
    for study in Study.objects.order_by("pk"):
        try:
            languages_of(study)
        except LookupError:
            continue
        found.append(study)
    return found


def expire(*, now: datetime, rng: random.Random) -> int:
    """Give back what nobody has touched until its end."""
    late = Task.objects.filter(state=Task.State.LEASED, expires_at__lte=now).order_by("pk")
    keys = list(late.values_list("pk", flat=True)[:AT_ONCE])
    return sum(_expire_one(key, now=now, rng=rng) for key in keys)


@transaction.atomic
def _expire_one(key: uuid.UUID, *, now: datetime, rng: random.Random) -> int:
    """The task's row is held before its tree's, as where somebody sends it at this moment."""
    rows = Task.objects.select_for_update(of=("self",)).select_related("tree", "study")
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
    waiting = Q(state=TreeState.READY_FOR_SCORING.value) | Q(state=TreeState.READY_FOR_EXPORT.value)
    trees = Tree.objects.filter(waiting, is_scored=False).order_by("changed_at")
    done = 0
    for tree in trees[:AT_ONCE]:
        done += _merge_one(tree, now=now, rng=rng)
    return done


def _merge_one(tree: Tree, *, now: datetime, rng: random.Random) -> int:
    try:
        with transaction.atomic():
            locked = lock_tree(tree)
            score_tree(locked, now=now)
            refresh(locked, now=now, rng=rng)
        return 1
    except Exception:
        # A set that cannot be merged must not stop the others; a person sees the tree as failed.
        log.exception("the rankings of tree %s could not be merged", tree.pk)
        with transaction.atomic():
            locked = lock_tree(tree)
            locked.scoring_failures += 1
            refresh(locked, now=now, rng=rng)
        return 0


def start_trees(*, study: Study, language: str, now: datetime, rng: random.Random) -> int:
    """Draw prompts that wait, and take trees from the backlog, while there is room."""
    policy = policy_for(study, language)
    trees = Tree.objects.filter(study=study, language=language)
    active = (TreeState.GROWING.value, TreeState.RANKING.value)
    room = trees_to_start(trees.filter(state__in=active).count(), policy)
    n_started = _take_backlog(trees, policy, now=now, rng=rng)
    for _ in range(max(room - n_started, 0)):
        drawn = draw_prompt(waiting_prompts(study, language, now=now), rng)
        if drawn is None:
            break
        _start(drawn.tree, TreeState.GROWING, "drawn by the lottery", now=now, rng=rng)
        n_started += 1
    return n_started


def _take_backlog(
    trees: QuerySet[Tree], policy: TreePolicy, *, now: datetime, rng: random.Random
) -> int:
    """Imported trees that wait to be ranked, while too few are."""
    rows = trees.filter(state=TreeState.BACKLOG_RANKING.value)
    n_ranking = trees.filter(state=TreeState.RANKING.value).count()
    n_wanted = max(policy.min_active_rankings_per_lang - n_ranking, 0)
    if not n_wanted:
        return 0
    keys = [str(key) for key in rows.order_by("created_at", "pk").values_list("pk", flat=True)]
    for key in keys[:n_wanted]:
        _start(key, TreeState.RANKING, "taken from the backlog", now=now, rng=rng)
    return len(keys[:n_wanted])


def waiting_prompts(study: Study, language: str, *, now: datetime) -> list[Waiting]:
    """Accepted prompts that wait, with how often their authors' replies were ranked first."""
    rows = Message.objects.filter(
        tree__study=study,
        tree__language=language,
        tree__state=TreeState.PROMPT_LOTTERY_WAITING.value,
        parent=None,
    ).values_list("tree_id", "author_id")
    found = list(rows)
    wins: dict[uuid.UUID | None, int] = dict(
        Message.objects.filter(
            author__in={author for _tree, author in found if author},
            parent__isnull=False,
            rank=0,
            created_at__gt=now - WINS_SINCE,
        )
        .values_list("author_id")
        .annotate(n=Count("pk"))
    )
    return [Waiting(str(tree), str(author), wins.get(author, 0)) for tree, author in found]


@transaction.atomic
def _start(key: str, state: TreeState, reason: str, *, now: datetime, rng: random.Random) -> None:
    tree = lock_tree(Tree(pk=key))
    if tree.state not in (TreeState.PROMPT_LOTTERY_WAITING.value, TreeState.BACKLOG_RANKING.value):
        return
    TreeEvent.objects.create(tree=tree, before=tree.state, after=state.value, reason=reason, at=now)
    tree.state, tree.changed_at = state.value, now
    refresh(tree, now=now, rng=rng)
