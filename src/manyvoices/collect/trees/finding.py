"""Which need somebody could meet next: one statement, whose text is made once and kept.

Building eight nested queries anew for each hand-out took 20 ms of the processor, twenty times as
long as running them. So each kind's query is compiled by Django once, with stand-ins for what
changes from one person to the next, and afterwards only the values are put in.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.functions import StrIndex

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import Message, Need, PromptPlace, Task
from manyvoices.design.trees import TaskKind, TreePolicy
from manyvoices.design.trees.urgency import offered_kinds
from manyvoices.schema import TreeState

NOT_AGAIN = (Task.State.LEASED, Task.State.DONE, Task.State.SKIPPED)
OPEN_PROMPT = (TreeState.INITIAL_PROMPT_REVIEW.value, TreeState.PROMPT_LOTTERY_WAITING.value)
"""States of a tree whose prompt is under review or waits to be drawn."""
MOST = 100
"""Where counting stops: no page needs a larger number, and it bounds what a look costs."""
N_PLACED = Count("places", filter=Q(places__place__isnull=False))
"""Of a prompt: in how many orders it has a place."""
_OTHER_SIDE = {TaskKind.ASSISTANT_REPLY: "prompter", TaskKind.PROMPTER_REPLY: "assistant"}

# Stand-ins: values that occur nowhere else, so that their places in a compiled query are known.
_PERSON = uuid.UUID("0f5e3b1c-9d67-4f55-8a1e-6c2d7b9e4a31")
_STUDY, _LANGUAGE = "\x1fstudy", "\x1flanguage"
_SINCE = datetime(1971, 2, 3, 4, 5, 6, 789, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """A need that somebody could meet."""

    key: int
    kind: TaskKind
    tree: uuid.UUID | None
    message: uuid.UUID | None
    path: str
    """Of the message; empty for a new prompt."""


def earliest(
    participant: Participant,
    language: str,
    order: Sequence[TaskKind],
    policy: TreePolicy,
    now: datetime,
) -> Found | None:
    """The need to be met next: of the first of the kinds in `order` that has one for this person,
    the earliest due."""
    order = offered_kinds(order, policy)
    if not order:
        return None
    parts, params = _filled(participant, language, order, policy, now, most=1)
    firsts = ", ".join(f"({sql})" for sql in parts)
    key = f"COALESCE({firsts})" if len(parts) > 1 else firsts
    with connection.cursor() as cursor:
        cursor.execute(_SELECT.format(key=key), params)
        row = cursor.fetchone()
    return None if row is None else _found(row, order)


def counted(
    participant: Participant,
    language: str,
    kinds: Sequence[TaskKind],
    policy: TreePolicy,
    now: datetime,
) -> dict[TaskKind, int]:
    """How many needs of each kind this person may meet, `MOST` at most; one statement."""
    kinds = offered_kinds(kinds, policy)
    parts, params = _filled(participant, language, kinds, policy, now, most=MOST)
    counts = (_COUNT.format(rows=sql, name=f"c{i}") for i, sql in enumerate(parts))
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(counts), params)
        row = cursor.fetchone()
    return dict(zip(kinds, row, strict=True))


def _filled(
    participant: Participant,
    language: str,
    kinds: Sequence[TaskKind],
    policy: TreePolicy,
    now: datetime,
    *,
    most: int,
) -> tuple[list[str], list[Any]]:
    """The compiled query of each kind, and the values of all of them in their order."""
    found = [_compiled(connection.vendor, kind, most, _Rules.of(policy)) for kind in kinds]
    since = now - timedelta(seconds=policy.recent_tasks_span_s)
    values = _stand_ins(participant.pk, participant.study_id, language, since)
    params = [values.get(repr(p), p) for _sql, params in found for p in params]
    return [sql for sql, _params in found], params


_SELECT = (
    "SELECT n.id, n.kind, n.tree_id, n.message_id, m.path FROM trees_need n"
    " LEFT JOIN trees_message m ON m.id = n.message_id WHERE n.id = {key}"
)
_COUNT = "(SELECT COUNT(*) FROM ({rows}) {name})"


def _found(row: tuple[Any, ...], order: Sequence[TaskKind]) -> Found:
    key, name, tree, message, path = row
    kind = TaskKind(name)
    if kind is TaskKind.INITIAL_PROMPT:  # One need for both ways of beginning a tree.
        kind = next(wanted for wanted in order if wanted.is_prompt)
    return Found(key, kind, _uuid(tree), _uuid(message), path or "")


def _uuid(value: Any) -> uuid.UUID | None:
    return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What of a policy changes the text of the query."""

    both_sides: bool
    max_pending: int
    max_prompts: int
    n_places: int

    @classmethod
    def of(cls, policy: TreePolicy) -> _Rules:
        return cls(
            policy.same_person_both_sides,
            policy.max_pending_tasks_per_user,
            policy.max_waiting_prompts_per_person,
            policy.num_prompt_rankings,
        )


def _stand_ins(person: uuid.UUID, study: str, language: str, since: datetime) -> dict[str, Any]:
    """Each stand-in as it stands among the parameters -> the value in its place."""
    new = _prepared(person, study, language, since)
    old = _prepared(_PERSON, _STUDY, _LANGUAGE, _SINCE)
    return {repr(stand_in): value for stand_in, value in zip(old, new, strict=True)}


def _prepared(person: uuid.UUID, study: str, language: str, since: datetime) -> list[Any]:
    """Values as this database's driver takes them."""
    key = UUIDField().get_db_prep_value(person, connection)
    return [key, study, language, DateTimeField().get_db_prep_value(since, connection)]


@lru_cache(maxsize=400)
def _compiled(vendor: str, kind: TaskKind, most: int, rules: _Rules) -> tuple[str, tuple[Any, ...]]:
    """SQL and parameters of "the first `most` needs of a kind", with stand-ins."""
    del vendor  # only tells apart what is kept
    rows = _of_kind(kind, rules)
    sql, params = rows.values("pk")[:most].query.get_compiler(connection=connection).as_sql()
    return sql, tuple(params)


def _of_kind(kind: TaskKind, rules: _Rules) -> QuerySet[Need]:
    """Needs of one kind that a person may meet, the earliest first.

    Never one's own text, never what one has done, passed over or holds, and not both sides of a
    thread unless that is allowed; nothing at all for somebody with too many unfinished tasks.
    """
    need = TaskKind.INITIAL_PROMPT if kind.is_prompt else kind
    rows = Need.objects.filter(
        study_id=_STUDY, language=_LANGUAGE, kind=need.value, seats__gt=0
    ).order_by("due_at")
    pending = Task.objects.filter(
        participant=_PERSON, state=Task.State.LEASED, leased_at__gt=_SINCE
    ).order_by()[rules.max_pending - 1 :]
    rows = rows.filter(~Exists(pending))
    if kind is TaskKind.RANK_INITIAL_PROMPTS:
        return _for_orders_of_prompts(rows, rules)
    if kind.is_prompt:
        return _for_new_prompts(rows, rules)
    return _about_messages(rows, kind, rules)


def _for_orders_of_prompts(rows: QuerySet[Need], rules: _Rules) -> QuerySet[Need]:
    """Two prompts at least, and one that lacks a place: else it would be work for nothing."""
    theirs = prompts_to_rank(_STUDY, _LANGUAGE, _PERSON).order_by()
    lacking = theirs.alias(n=N_PLACED).filter(n__lt=rules.n_places)
    return rows.filter(Exists(theirs[1:]), Exists(lacking))


def _for_new_prompts(rows: QuerySet[Need], rules: _Rules) -> QuerySet[Need]:
    own = Message.objects.filter(
        author=_PERSON,
        depth=0,  # Not "no parent": that index holds every prompt there is.
        tree__study=_STUDY,
        tree__language=_LANGUAGE,
        tree__state__in=OPEN_PROMPT,
    ).order_by()[rules.max_prompts - 1 :]
    return rows.filter(~Exists(own))


def _about_messages(rows: QuerySet[Need], kind: TaskKind, rules: _Rules) -> QuerySet[Need]:
    done = Task.objects.filter(
        participant=_PERSON, message=OuterRef("message"), kind=kind.value, state__in=NOT_AGAIN
    )
    rows = rows.filter(~Exists(done))
    if kind.is_label:
        own = Message.objects.filter(pk=OuterRef("message"), author=_PERSON)
        return rows.filter(~Exists(own))
    answered = Message.objects.filter(parent=OuterRef("message"), author=_PERSON)
    rows = rows.filter(~Exists(answered))
    if kind.is_reply:
        rows = rows.filter(tree__room__gt=0)
        if not rules.both_sides:
            rows = rows.filter(~Exists(_other_side(kind)))
    return rows


def prompts_to_rank(study: str, language: str, person: uuid.UUID) -> QuerySet[Message]:
    """Prompts that wait to be drawn and that somebody may put in order: not their own, and none
    that they were shown before, unless their time for it ran out."""
    shown = PromptPlace.objects.filter(message=OuterRef("pk"), participant=person).filter(
        Q(sent_at__isnull=False) | Q(task__state__in=NOT_AGAIN)
    )
    return Message.objects.filter(
        ~Exists(shown),
        Q(author__isnull=True) | ~Q(author=person),
        depth=0,
        deleted=False,
        tree__study=study,
        tree__language=language,
        tree__state=TreeState.PROMPT_LOTTERY_WAITING.value,
    )


def _other_side(kind: TaskKind) -> QuerySet[Message]:
    """Messages of the person above a need that speak in the other role."""
    path = ExpressionWrapper(OuterRef("message__path"), output_field=TextField())
    mine = Message.objects.filter(tree=OuterRef("tree"), author=_PERSON, role=_OTHER_SIDE[kind])
    return mine.alias(begins=StrIndex(path, F("path"))).filter(begins=1)
