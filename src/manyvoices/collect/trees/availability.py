"""What somebody could do now, and where there is nothing: why. Only looks; nothing is written.

The same queries that find a task count them, so a page never promises what `hand_out` then
refuses. They stop counting at `MOST`: a page says "more than 99".
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.finding import MOST, OPEN_PROMPT, counted
from manyvoices.collect.trees.models import Message, Need, Task, Tree
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import TaskKind, TreePolicy
from manyvoices.schema import TreeState

__all__ = ["MOST", "needs_of", "why_none"]

WORTH_A_WORD = (TreeState.INITIAL_PROMPT_REVIEW, TreeState.GROWING, TreeState.RANKING)


def needs_of(
    participant: Participant, language: str, *, now: datetime | None = None
) -> dict[TaskKind, int]:
    """Kind -> how many tasks of it this person could be given now, `MOST` at most.

    Every kind stands in it that the project has work of; two statements.
    """
    policy = policy_for(participant.study, language)
    found = counted(participant, language, list(TaskKind), policy, now or timezone.now())
    if found[TaskKind.INITIAL_PROMPT]:
        n_prompts = _prompts(participant, language, policy)
        found |= {kind: n_prompts for kind in found if kind.is_prompt}
    return found


def _prompts(participant: Participant, language: str, policy: TreePolicy) -> int:
    """New prompts that one person may still begin; there is one need for all of them."""
    rows = Need.objects.filter(
        study=participant.study_id, language=language, kind=TaskKind.INITIAL_PROMPT.value
    )
    seats = sum(rows.values_list("seats", flat=True))
    own = _own_prompts(participant, language)
    return max(0, min(seats, policy.max_waiting_prompts_per_person - own, MOST))


def _own_prompts(participant: Participant, language: str) -> int:
    """Prompts of this person that are under review or wait to be drawn."""
    rows = Message.objects.filter(author=participant, depth=0, tree__language=language)
    return rows.filter(tree__state__in=OPEN_PROMPT).count()


def why_none(
    participant: Participant,
    language: str,
    *,
    not_passed: Collection[TaskKind] = (),
    now: datetime | None = None,
) -> list[str]:
    """Why there is nothing to do for this person, in their words; empty where there is something.

    Args:
        not_passed: Kinds whose quiz this person has not passed: work of these is there, but not
            for them yet.
    """
    now = now or timezone.now()
    could = needs_of(participant, language, now=now)
    if any(n for kind, n in could.items() if kind not in not_passed):
        return []
    policy = policy_for(participant.study, language)
    if (pending := _pending(participant, policy, now)) >= policy.max_pending_tasks_per_user:
        return [_too_many(pending, policy)]
    wanted = _wanted(participant, language)
    reasons = []
    if any(could.get(kind) for kind in not_passed):
        reasons.append(gettext("There is work for which you have not passed the quiz yet."))
    rest = {kind: n for kind, n in wanted.items() if not could.get(kind)}
    reasons += _about_prompts(participant, language, policy, rest)
    reasons += _about_trees(participant, language, rest)
    return reasons


def _pending(participant: Participant, policy: TreePolicy, now: datetime) -> int:
    since = now - timedelta(seconds=policy.recent_tasks_span_s)
    return Task.objects.filter(
        participant=participant, state=Task.State.LEASED, leased_at__gt=since
    ).count()


def _too_many(pending: int, policy: TreePolicy) -> str:
    minutes = max(1, round(policy.recent_tasks_span_s / 60))
    return ngettext(
        "You have %(n)d unfinished task: finish or skip it, or wait for %(minutes)d minutes.",
        "You have %(n)d unfinished tasks: finish or skip some, or wait for %(minutes)d minutes.",
        pending,
    ) % {"n": pending, "minutes": minutes}


def _wanted(participant: Participant, language: str) -> dict[TaskKind, int]:
    """Kind -> needs of it with a free seat, whoever may meet them."""
    rows = Need.objects.filter(study=participant.study_id, language=language, seats__gt=0)
    counts = rows.values_list("kind").annotate(n=Count("pk")).order_by("kind")
    return {TaskKind(kind): n for kind, n in counts}


def _about_prompts(
    participant: Participant, language: str, policy: TreePolicy, wanted: dict[TaskKind, int]
) -> list[str]:
    """Why no new prompt can be begun."""
    if not policy.accepts_initial_prompts:
        return [gettext("New prompts are closed in this language.")]
    if TaskKind.INITIAL_PROMPT not in wanted:
        return [gettext("Enough new prompts are waiting at the moment.")]
    own = _own_prompts(participant, language)
    return [
        ngettext(
            "%(n)d prompt of yours waits for its turn: more are welcome once it has begun.",
            "%(n)d prompts of yours wait for their turn: more are welcome once some have begun.",
            own,
        )
        % {"n": own}
    ]


def _about_trees(participant: Participant, language: str, wanted: dict[TaskKind, int]) -> list[str]:
    """Why no message can be answered, reviewed or ranked."""
    open_to_others = {kind for kind in wanted if kind is not TaskKind.INITIAL_PROMPT}
    if not open_to_others:
        trees = Tree.objects.filter(study=participant.study_id, language=language)
        states = [state.value for state in WORTH_A_WORD]
        if trees.filter(state__in=states).exists():
            return [gettext("Everything that is needed is in somebody's hands just now.")]
        return [gettext("No conversation is open in this language at the moment.")]
    reasons = []
    if any(kind.is_label or kind.is_rank for kind in open_to_others):
        reasons.append(gettext("What is left to review or to rank you have done, or written."))
    if any(kind.is_reply for kind in open_to_others):
        reasons.append(_about_replies(participant, language))
    return reasons


def _about_replies(participant: Participant, language: str) -> str:
    """Whether one has answered all of it, or stands on the other side of every thread."""
    kinds = [kind.value for kind in TaskKind if kind.is_reply]
    open_needs = Need.objects.filter(
        study=participant.study_id, language=language, kind__in=kinds, seats__gt=0
    )
    own = Q(tree__messages__author=participant)
    touched = open_needs.filter(own).values("pk").distinct().count()
    done = open_needs.filter(message__replies__author=participant).values("pk").distinct().count()
    if touched > done:
        return gettext(
            "In the conversations that wait for a reply you have written on the other side, and"
            " nobody writes both."
        )
    return gettext("You have answered or passed over every message that waits for a reply.")
