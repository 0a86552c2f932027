"""From the rows of one tree to what the rules know of it."""

from __future__ import annotations

from collections import Counter

from django.db.models import F, Q

from manyvoices.collect.trees.models import LabelsGiven, Message, Task, Tree
from manyvoices.design.trees import MessageFacts, TaskKind, TreeFacts
from manyvoices.schema import TreeState

MODERATOR = "moderator"
"""`Message.decided_because` where a person of the team decided: no rule decides it again."""


def messages_of(tree: Tree) -> list[Message]:
    """All messages, parents before their replies, without their texts; one statement, which reads
    too whether their authors have withdrawn."""
    rows = tree.messages.defer("text", "sources", "evidence", "extra").order_by("depth", "pk")
    return list(rows.annotate(withdrawn_at=F("author__withdrawn_at")))


def tree_facts(tree: Tree, messages: list[Message]) -> TreeFacts:
    """What the rules know of a tree. Two statements besides the messages themselves."""
    tasks = Task.objects.filter(tree=tree, message__isnull=False)
    # People who passed it over before it came into this state are not counted: whoever starts a
    # halted tree again would find it halted by them at once.
    tasks = tasks.filter(Q(state=Task.State.LEASED) | Q(finished_at__gte=tree.changed_at))
    leased: Counter[tuple[TaskKind, str]] = Counter()
    skips: Counter[str] = Counter()
    states = [Task.State.LEASED, Task.State.SKIPPED]
    for kind, message, state in tasks.filter(state__in=states).values_list(
        "kind", "message_id", "state"
    ):
        if state == Task.State.LEASED:
            leased[TaskKind(kind), str(message)] += 1
        elif TaskKind(kind).is_reply:
            skips[str(message)] += 1
    reports = _reports(tree)
    return TreeFacts(
        state=TreeState(tree.state),
        goal_size=tree.goal_size,
        messages=tuple(_message_facts(row, skips, reports) for row in messages),
        leased=dict(leased),
        is_scored=tree.is_scored,
        scoring_failures=tree.scoring_failures,
    )


def _reports(tree: Tree) -> Counter[str]:
    rows = LabelsGiven.objects.filter(
        message__tree=tree, source=LabelsGiven.Source.REPORT, counts=True
    )
    return Counter(str(key) for key in rows.values_list("message_id", flat=True))


def _message_facts(row: Message, skips: Counter[str], reports: Counter[str]) -> MessageFacts:
    key = str(row.pk)
    by_moderator = row.decided_because == MODERATOR
    return MessageFacts(
        id=key,
        parent=str(row.parent_id) if row.parent_id else None,
        role="prompter" if row.role == "prompter" else "assistant",
        accepted=row.accepted,
        n_reviews=row.n_reviews,
        reviews_wanted=row.reviews_wanted,
        n_rankings=row.n_rankings,
        deleted=row.deleted or getattr(row, "withdrawn_at", None) is not None,
        ended=row.ended,
        n_red_flags=0 if by_moderator else reports[key],
        n_reply_skips=skips[key],
    )
