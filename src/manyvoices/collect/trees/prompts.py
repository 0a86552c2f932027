"""What is wanted in a language that belongs to no tree: new prompts, and an order of those that
wait."""

from __future__ import annotations

import random
from datetime import datetime

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.finding import N_PLACED
from manyvoices.collect.trees.models import Message, Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import TaskKind, room_for_prompts, seats_for_prompt_rankings
from manyvoices.schema import TreeState


def refresh_prompt_need(*, study: Study, language: str, now: datetime, rng: random.Random) -> None:
    """Store how many new prompts may be begun, and how many orders of prompts are wanted. Call it
    inside the transaction of a change."""
    del rng
    _store(TaskKind.INITIAL_PROMPT, study, language, now)
    if policy_for(study, language).num_prompt_rankings or _is_stored(
        TaskKind.RANK_INITIAL_PROMPTS, study, language
    ):
        _store(TaskKind.RANK_INITIAL_PROMPTS, study, language, now)


def _is_stored(kind: TaskKind, study: Study, language: str) -> bool:
    rows = Need.objects.filter(study=study, language=language, kind=kind.value, message=None)
    return rows.filter(seats__gt=0).exists()


def _store(kind: TaskKind, study: Study, language: str, now: datetime) -> None:
    key = {"study": study, "language": language, "kind": kind.value}
    row, _ = Need.objects.get_or_create(**key, message=None, defaults={"seats": 0, "due_at": now})
    # Counted while the row is held: whoever is given a seat meanwhile waits, and is counted.
    row = Need.objects.select_for_update(no_key=True).get(pk=row.pk)
    seats = seats_of(kind, study, language)
    if row.seats != seats:
        row.seats = seats
        row.save(update_fields=["seats"])


def seats_of(kind: TaskKind, study: Study, language: str) -> int:
    """Seats of a need that belongs to no tree, counted from the rows."""
    if kind is TaskKind.RANK_INITIAL_PROMPTS:
        return seats_for_rankings(study, language)
    return seats_for_prompts(study, language)


def seats_for_rankings(study: Study, language: str) -> int:
    """Orders of prompts that wait which are still wanted, counted from the rows."""
    policy = policy_for(study, language)
    if not policy.num_prompt_rankings:
        return 0
    rows = Message.objects.filter(
        depth=0,
        deleted=False,
        tree__study=study,
        tree__language=language,
        tree__state=TreeState.PROMPT_LOTTERY_WAITING.value,
    ).annotate(n=N_PLACED)
    leased = Task.objects.filter(
        study=study,
        language=language,
        kind=TaskKind.RANK_INITIAL_PROMPTS.value,
        state=Task.State.LEASED,
    )
    counts = list(rows.values_list("n", flat=True))
    return seats_for_prompt_rankings(counts, n_leased=leased.count(), policy=policy)


def seats_for_prompts(study: Study, language: str) -> int:
    """New prompts that may be begun, counted from the rows."""
    trees = Tree.objects.filter(study=study, language=language)
    leased = Task.objects.filter(
        study=study,
        language=language,
        kind__in=[kind.value for kind in TaskKind if kind.is_prompt],
        tree=None,
        state=Task.State.LEASED,
    )
    return room_for_prompts(
        n_under_review=trees.filter(state=TreeState.INITIAL_PROMPT_REVIEW.value).count(),
        n_waiting=trees.filter(state=TreeState.PROMPT_LOTTERY_WAITING.value).count(),
        n_leased=leased.count(),
        policy=policy_for(study, language),
    )
