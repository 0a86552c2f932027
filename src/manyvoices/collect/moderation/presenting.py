"""What the pages of moderation show, from rows; pseudonyms only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.moderation import queries, words
from manyvoices.collect.moderation.deciding import UNDO_FOR
from manyvoices.collect.moderation.models import Action, Case, Decision, Kind, Restriction, Signal
from manyvoices.collect.moderation.outcomes import Noticing, Share
from manyvoices.collect.trees.models import LabelsGiven, Message, Tree
from manyvoices.collect.trees.policies import languages_of

EXCERPT = 160


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
class MessageView:
    """A message in its thread, for a moderator."""

    message: Message
    who: str
    role: str
    standing: str
    is_case: bool = False


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


def excerpt(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"


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


def view(row: Message, *, case_of: Message | None = None) -> MessageView:
    """A message with its author's pseudonym and where it stands."""
    return MessageView(
        message=row,
        who=who(row),
        role=_("prompter") if row.role == "prompter" else _("assistant"),
        standing=standing_of(row),
        is_case=case_of is not None and row.pk == case_of.pk,
    )


def who(row: Message) -> str:
    """By pseudonym; a model is not named."""
    if row.author_id is not None:
        return str(row.author_id)
    return _("a model") if row.synthetic else _("imported")


def standing_of(row: Message) -> str:
    """Whether it stands in the tree, in words."""
    if row.deleted:
        return _("deleted")
    if row.accepted is None:
        return _("under review")
    return _("accepted") if row.accepted else _("rejected")


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


@dataclass(frozen=True)
class TreeRow:
    tree: Tree
    excerpt: str
    state: str
    n_messages: int
    n_accepted: int


def tree_rows(trees: Iterable[Tree]) -> list[TreeRow]:
    listed = list(trees)
    sizes = queries.sizes(tree.pk for tree in listed)
    found = []
    for tree in listed:
        prompts = getattr(tree, "prompts", [])
        text = prompts[0].text if prompts else ""
        n, accepted = sizes.get(tree.pk, (0, 0))
        found.append(TreeRow(tree, excerpt(text), words.state(tree.state), n, accepted))
    return found


@dataclass
class Branch:
    """A message and what answers it."""

    view: MessageView
    rank: int | None
    """From 1."""
    n_reviews: int
    open_case: Any = None
    children: list[Branch] = field(default_factory=list)


def branches(tree: Tree) -> list[Branch]:
    """The messages of a tree, nested; two statements."""
    rows = list(tree.messages.order_by("depth", "rank", "created_at", "pk"))
    cases = Case.objects.filter(message__tree=tree, decided_at=None)
    open_cases = {case.message_id: case for case in cases}
    found: dict[Any, Branch] = {}
    tops: list[Branch] = []
    for row in rows:
        branch = Branch(
            view(row),
            None if row.rank is None else row.rank + 1,
            row.n_reviews,
            open_cases.get(row.pk),
        )
        found[row.pk] = branch
        parent = found.get(row.parent_id)
        (parent.children if parent is not None else tops).append(branch)
    return tops


def state_choices(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(state, f"{words.state(state)} ({n})") for state, n in sorted(counts.items())]


def language_choices(study: Any) -> list[str]:
    try:
        return list(languages_of(study))
    except LookupError:
        return []


@dataclass(frozen=True)
class ShareView:
    """A share in words; an interval is always said with it."""

    n: int
    of: int
    percent: str
    interval: str


def share(found: Share) -> ShareView:
    if found.value is None:
        return ShareView(found.n, found.of, "–", "")
    low, high = found.interval
    return ShareView(
        found.n, found.of, f"{100 * found.value:.0f} %", f"{100 * low:.0f}–{100 * high:.0f} %"
    )


def noticing_row(row: Noticing) -> tuple[str, Noticing, ShareView, ShareView]:
    name = _("Turned down by reviewers") if row.kind == "reviews" else words.kind(row.kind)
    return name, row, share(row.caught), share(row.right)


def kind_choices(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(kind.value, f"{words.kind(kind)} ({counts.get(kind, 0)})") for kind in Kind]


def restriction_words(row: Restriction) -> str:
    """What a restriction is, in one phrase."""
    if row.is_shadow:
        return _("kept apart (shadow)")
    if row.kind == Restriction.Kind.BAN:
        return _("may not contribute")
    n = row.per_day or 0
    return ngettext("at most %(n)s task a day", "at most %(n)s tasks a day", n) % {"n": n}
