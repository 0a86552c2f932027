"""Whether new prompts are wanted in a language: the one need that belongs to no tree."""

from __future__ import annotations

import random
from datetime import datetime

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import TaskKind, room_for_prompts
from manyvoices.schema import TreeState


def refresh_prompt_need(*, study: Study, language: str, now: datetime, rng: random.Random) -> None:
    """Store how many new prompts may be begun. Call it inside the transaction of a change."""
    del rng
    key = {"study": study, "language": language, "kind": TaskKind.INITIAL_PROMPT.value}
    row, _ = Need.objects.get_or_create(**key, message=None, defaults={"seats": 0, "due_at": now})
    # Counted while the row is held: whoever is given a prompt meanwhile waits, and is counted.
    row = Need.objects.select_for_update(no_key=True).get(pk=row.pk)
    seats = seats_for_prompts(study, language)
    if row.seats != seats:
        row.seats = seats
        row.save(update_fields=["seats"])


def seats_for_prompts(study: Study, language: str) -> int:
    """New prompts that may be begun, counted from the rows."""
    trees = Tree.objects.filter(study=study, language=language)
    leased = Task.objects.filter(
        study=study,
        language=language,
        kind=TaskKind.INITIAL_PROMPT.value,
        tree=None,
        state=Task.State.LEASED,
    )
    return room_for_prompts(
        n_under_review=trees.filter(state=TreeState.INITIAL_PROMPT_REVIEW.value).count(),
        n_waiting=trees.filter(state=TreeState.PROMPT_LOTTERY_WAITING.value).count(),
        n_leased=leased.count(),
        policy=policy_for(study, language),
    )
