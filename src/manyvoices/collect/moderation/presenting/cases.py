"""The queue, and one case in its context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from manyvoices.collect.moderation import queries, words
from manyvoices.collect.moderation.deciding import UNDO_FOR
from manyvoices.collect.moderation.models import Action, Case, Decision, Kind, Signal
from manyvoices.collect.moderation.presenting.messages import MessageView, excerpt, view
from manyvoices.collect.trees.models import LabelsGiven, Message


@dataclass(frozen=True)
class QueueRow:
    """One case in the queue."""

    case: Case
    excerpt: str
    kinds: list[str]
    n_reports: int
    holder: str
    """Who has it in hand; empty = nobody."""


@dataclass(frozen=True)
class SignalView:
    kind: str
    who: str
    reason: str
    details: list[tuple[str, Any]]
    at: datetime


@dataclass(frozen=True)
class DecisionView:
    decision: Decision
    words: str
    may_undo: bool


@dataclass(frozen=True)
class CasePage:
    """One case in its context."""

    case: Case
    message: Message
    thread: list[MessageView]
    replies: list[MessageView]
    signals: list[SignalView]
    labels: list[tuple[str, list[str]]]
    """Who, and what they said; empty for a message of the sample, whose judge is not told."""
    decisions: list[DecisionView]
    holder: str
    is_mine: bool
    is_blind: bool
    actions: list[tuple[str, str, str]]
    """Name, words, key."""
    tree_words: str
    problem: str = ""
    typed: dict[str, str] = field(default_factory=dict)


def queue_rows(cases: Iterable[Case], now: datetime) -> list[QueueRow]:
    return [
        QueueRow(
            case=case,
            excerpt=excerpt(case.message.text),
            kinds=_kinds(case.signals.all()),
            n_reports=sum(s.kind == Kind.REPORT for s in case.signals.all()),
            holder=holder(case, now),
        )
        for case in cases
    ]


def _kinds(signals: Iterable[Signal]) -> list[str]:
    return [words.kind(kind) for kind in dict.fromkeys(signal.kind for signal in signals)]


def kind_choices(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(kind.value, f"{words.kind(kind)} ({counts.get(kind, 0)})") for kind in Kind]


def holder(case: Case, now: datetime) -> str:
    """Who has an open case in hand at the moment."""
    held = case.claimed_until is not None and case.claimed_until > now
    return case.claimed_by if held else ""


def case_page(
    case: Case, *, by: str, now: datetime, problem: str = "", typed: dict[str, str] | None = None
) -> CasePage:
    """Everything that a decision about one message needs."""
    message = case.message
    signals = list(case.signals.all())
    kinds = {signal.kind for signal in signals}
    blind = kinds == {Kind.SAMPLE.value} and case.decided_at is None
    has = holder(case, now)
    thread = [view(row, case_of=message) for row in queries.thread(message)]
    return CasePage(
        case=case,
        message=message,
        thread=thread,
        replies=[] if blind else [view(row) for row in queries.replies(message)],
        signals=[_signal(signal) for signal in signals],
        labels=[] if blind else _labels(queries.labels(message)),
        decisions=[_decision(row, now) for row in queries.decisions(message)],
        holder=has,
        is_mine=has == by,
        is_blind=blind,
        actions=_actions(message),
        tree_words=words.state(message.tree.state),
        problem=problem,
        typed=typed or {},
    )


def _signal(signal: Signal) -> SignalView:
    return SignalView(
        kind=words.kind(signal.kind),
        who=str(signal.participant_id) if signal.participant_id else "",
        reason=signal.reason,
        details=sorted(signal.detail.items()),
        at=signal.at,
    )


def _labels(rows: Iterable[LabelsGiven]) -> list[tuple[str, list[str]]]:
    found = []
    for row in rows:
        said = [f"{name}: {_value(value)}" for name, value in sorted(row.labels.items())]
        if not row.counts:
            said.append(_("(does not count)"))
        found.append((str(row.participant_id), said))
    return found


def _value(value: float | None) -> str:
    return _("cannot tell") if value is None else f"{value:g}"


def _decision(row: Decision, now: datetime) -> DecisionView:
    may = row.undone_at is None and now <= row.at + UNDO_FOR and bool(row.by)
    return DecisionView(row, words.action(row.action), may)


def _actions(message: Message) -> list[tuple[str, str, str]]:
    """What can be decided; to bring back makes sense of what is deleted only, and so on."""
    held = hasattr(message, "held")
    left_out = {Action.RESTORE} if not message.deleted else set()
    if message.deleted and not held:
        left_out = {Action.DELETE}
    return [
        (name, words.action(name), key)
        for name, key in words.KEYS.items()
        if Action(name) not in left_out
    ]
