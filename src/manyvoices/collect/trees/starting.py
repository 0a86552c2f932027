"""Which trees begin: prompts that the lottery draws, and imported trees from the backlog.

One tree at a time, with the row of the project and language held: two runners at the same moment
never start more trees than the policy allows.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import (
    LanguageRound,
    Message,
    PromptPlace,
    Tree,
    TreeEvent,
)
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.refresh import lock_tree, refresh
from manyvoices.design.trees import TreePolicy, Waiting, draw_prompt, place_score
from manyvoices.design.trees.lottery import n_from_backlog, trees_to_start
from manyvoices.schema import TreeState

WINS_SINCE = timedelta(days=30)
AT_ONCE = 50
"""Trees that one sweep starts in a language."""
ACTIVE = (TreeState.GROWING.value, TreeState.RANKING.value)
ENDS = (
    TreeState.READY_FOR_EXPORT.value,
    TreeState.ABORTED_LOW_GRADE.value,
    TreeState.HALTED_BY_MODERATOR.value,
    TreeState.SCORING_FAILED.value,
)


@dataclass(frozen=True, slots=True)
class _Start:
    tree: str
    state: TreeState
    reason: str


def start_trees(*, study: Study, language: str, now: datetime, rng: random.Random) -> int:
    """Draw prompts that wait, and take trees from the backlog, while there is room."""
    policy = policy_for(study, language)
    n_done = _halt_withdrawn(study, language, now=now, rng=rng)
    n_wanted = _n_from_backlog(study, language, policy, rng)
    for _ in range(AT_ONCE):
        if not _start_one(study, language, policy, from_backlog=n_wanted > 0, now=now, rng=rng):
            break
        n_wanted -= 1
        n_done += 1
    return n_done


def _start_one(
    study: Study,
    language: str,
    policy: TreePolicy,
    *,
    from_backlog: bool,
    now: datetime,
    rng: random.Random,
) -> bool:
    """Start a tree if one is wanted and waits; looks without a lock first, then with it."""
    if _next(study, language, policy, from_backlog, now, rng) is None:
        return False
    with transaction.atomic():
        hold_round(study, language)
        start = _next(study, language, policy, from_backlog, now, rng)
        return start is not None and _begin(start, now=now, rng=rng)


def hold_round(study: Study, language: str) -> LanguageRound:
    """The row of a project and language, held until the transaction ends."""
    rows = LanguageRound.objects.select_for_update(no_key=True)
    found = rows.filter(study=study, language=language).first()
    if found is not None:
        return found
    LanguageRound.objects.bulk_create(
        [LanguageRound(study=study, language=language, last_event=_last_event())],
        ignore_conflicts=True,
    )
    return rows.get(study=study, language=language)


def _last_event() -> int:
    return TreeEvent.objects.aggregate(last=Max("pk"))["last"] or 0


def _next(
    study: Study,
    language: str,
    policy: TreePolicy,
    from_backlog: bool,
    now: datetime,
    rng: random.Random,
) -> _Start | None:
    """What is to be started next. The counts come from an index alone."""
    trees = Tree.objects.filter(study=study, language=language)
    if from_backlog or _too_few_rankings(trees, policy):
        waiting = trees.filter(state=TreeState.BACKLOG_RANKING.value)
        oldest = waiting.order_by("created_at", "pk").values_list("pk", flat=True).first()
        if oldest is not None:
            return _Start(str(oldest), TreeState.RANKING, "taken from the backlog")
    if not trees_to_start(trees.filter(state__in=ACTIVE).count(), policy):
        return None
    waits = waiting_prompts(study, language, now=now)
    drawn = draw_prompt(waits, rng, pull=policy.prompt_ranking_pull)
    if drawn is None:
        return None
    return _Start(drawn.tree, TreeState.GROWING, "drawn by the lottery")


def _too_few_rankings(trees: QuerySet[Tree], policy: TreePolicy) -> bool:
    if not policy.min_active_rankings_per_lang:
        return False
    n_ranking = trees.filter(state=TreeState.RANKING.value).count()
    return n_ranking < policy.min_active_rankings_per_lang


def _begin(start: _Start, *, now: datetime, rng: random.Random) -> bool:
    tree = lock_tree(Tree(pk=start.tree))
    if tree.state not in (TreeState.PROMPT_LOTTERY_WAITING.value, TreeState.BACKLOG_RANKING.value):
        return False
    _turn(tree, start.state, start.reason, now)
    refresh(tree, now=now, rng=rng)
    return True


def _turn(tree: Tree, state: TreeState, reason: str, now: datetime) -> None:
    TreeEvent.objects.create(tree=tree, before=tree.state, after=state.value, reason=reason, at=now)
    tree.state, tree.changed_at = state.value, now


def _n_from_backlog(study: Study, language: str, policy: TreePolicy, rng: random.Random) -> int:
    """Trees of the backlog to start because others came to their end since the last look."""
    trees = Tree.objects.filter(study=study, language=language)
    if not trees.filter(state=TreeState.BACKLOG_RANKING.value).exists():
        return 0
    known = LanguageRound.objects.filter(study=study, language=language)
    last = known.values_list("last_event", flat=True).first()
    if last is not None and not _ends(study, language, after=last).exists():
        return 0
    with transaction.atomic():
        row = hold_round(study, language)
        found = _ends(study, language, after=row.last_event).aggregate(n=Count("pk"), at=Max("pk"))
        if found["n"]:
            row.last_event = found["at"]
            row.save(update_fields=["last_event"])
    return n_from_backlog(found["n"], policy, rng)


def _ends(study: Study, language: str, *, after: int) -> QuerySet[TreeEvent]:
    return TreeEvent.objects.filter(
        pk__gt=after, tree__study=study, tree__language=language, after__in=ENDS
    )


def waiting_prompts(study: Study, language: str, *, now: datetime) -> list[Waiting]:
    """Accepted prompts that wait, with how often their authors' replies were ranked first."""
    rows = Message.objects.filter(
        tree__study=study,
        tree__language=language,
        tree__state=TreeState.PROMPT_LOTTERY_WAITING.value,
        depth=0,
        deleted=False,
    ).values_list("tree_id", "author_id", "pk")
    found = list(rows)
    scores = _scores([key for _tree, _author, key in found])
    wins: dict[uuid.UUID | None, int] = dict(
        Message.objects.filter(
            author__in={author for _tree, author, _key in found if author},
            depth__gt=0,
            rank=0,
            created_at__gt=now - WINS_SINCE,
        )
        .values_list("author_id")
        .annotate(n=Count("pk"))
    )
    return [
        Waiting(str(tree), str(author), wins.get(author, 0), place_score(scores.get(key, ())))
        for tree, author, key in found
    ]


def _scores(prompts: list[uuid.UUID]) -> dict[uuid.UUID, list[float]]:
    """Prompt -> in each order that it has a place in, the share of the others below it."""
    found: dict[uuid.UUID, list[float]] = {}
    placed = PromptPlace.objects.filter(message__in=prompts, share__isnull=False)
    for key, share in placed.values_list("message_id", "share"):
        if share is not None:
            found.setdefault(key, []).append(share)
    return found


def _halt_withdrawn(study: Study, language: str, *, now: datetime, rng: random.Random) -> int:
    """Prompts that wait and were deleted, or whose author took everything back, never become trees.

    (A tree that has begun is halted by the rules: what a withdrawn person wrote counts as deleted.)
    """
    del rng
    rows = Message.objects.filter(
        tree__study=study,
        tree__language=language,
        tree__state=TreeState.PROMPT_LOTTERY_WAITING.value,
        depth=0,
    )
    gone = rows.filter(Q(author__withdrawn_at__isnull=False) | Q(deleted=True))
    keys = list(gone.values_list("tree_id", flat=True))
    for key in keys:
        with transaction.atomic():
            tree = lock_tree(Tree(pk=key))
            if tree.state == TreeState.PROMPT_LOTTERY_WAITING.value:
                _turn(tree, TreeState.HALTED_BY_MODERATOR, "the prompt was taken back", now)
                tree.save()
    return len(keys)
