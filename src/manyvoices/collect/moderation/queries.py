"""Reads of moderation: the queue, one case in its context, outcomes, trees. No read writes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet

from manyvoices.collect.moderation.models import Action, Case, Decision, Kind, Signal
from manyvoices.collect.moderation.outcomes import Judged, Outcomes, outcomes
from manyvoices.collect.trees.models import LabelsGiven, Message, Tree

NOTICES = tuple(kind.value for kind in Kind if kind not in (Kind.SAMPLE, Kind.TEAM, Kind.APPEAL))


def queue(
    study_id: str, *, kind: str = "", language: str = "", whose: str = "", by: str, now: datetime
) -> QuerySet[Case]:
    """Open cases, the most urgent first, then the oldest.

    Args:
        whose: ``mine``, ``free`` (nobody has it in hand), or empty for all.
    """
    rows = Case.objects.filter(study=study_id, decided_at=None)
    held = Q(claimed_until__gt=now) & ~Q(claimed_by="")
    if whose == "mine":
        rows = rows.filter(held, claimed_by=by)
    elif whose == "free":
        rows = rows.exclude(held)
    if kind in Kind.values:
        rows = rows.filter(Exists(Signal.objects.filter(case=OuterRef("pk"), kind=kind)))
    if language:
        rows = rows.filter(language=language)
    rows = rows.select_related("message").prefetch_related("signals")
    return rows.order_by("-urgency", "opened_at", "pk")


def counts(study_id: str) -> dict[str, int]:
    """Kind -> open cases that it is a reason of."""
    rows = Signal.objects.filter(case__study=study_id, case__decided_at=None).order_by()
    return dict(rows.values_list("kind").annotate(n=Count("case", distinct=True)))


def languages(study_id: str) -> list[str]:
    """Languages of open cases."""
    rows = Case.objects.filter(study=study_id, decided_at=None).order_by("language")
    return list(rows.values_list("language", flat=True).distinct())


def case_of(study_id: str, key: uuid.UUID) -> Case | None:
    """One case with its signals, and its message with its tree."""
    rows = Case.objects.filter(study=study_id, pk=key)
    return rows.select_related("message__tree", "message__held").prefetch_related("signals").first()


def thread(message: Message) -> list[Message]:
    """A message and everything above it, the prompt first."""
    keys = [key for key in message.path.split("/") if key]
    return list(Message.objects.filter(pk__in=keys).order_by("depth"))


def replies(message: Message, limit: int = 20) -> list[Message]:
    """What answers a message directly."""
    return list(message.replies.order_by("created_at")[:limit])


def labels(message: Message) -> list[LabelsGiven]:
    """What people said of a message in reviews and outside of them; no reports."""
    rows = message.labels.exclude(source=LabelsGiven.Source.REPORT).order_by("pk")
    return list(rows.select_related("held")[:100])


def decisions(message: Message) -> list[Decision]:
    """Everything that was decided about a message, the oldest first."""
    rows = Decision.objects.filter(case__message=message)
    return list(rows.select_related("case").order_by("pk"))


def next_case(study_id: str, *, by: str, now: datetime, after: uuid.UUID) -> Case | None:
    """What a moderator would take next."""
    return queue(study_id, whose="free", by=by, now=now).exclude(pk=after).first()


def recent(study_id: str, by: str, keys: Iterable[int]) -> list[Decision]:
    """Decisions of one moderator that were just made and can be undone."""
    rows = Decision.objects.filter(case__study=study_id, by=by, undone_at=None, pk__in=list(keys))
    return list(rows.order_by("pk"))


def trees(study_id: str, *, state: str = "", language: str = "") -> QuerySet[Tree]:
    """Trees with their size, those that changed last first."""
    rows = Tree.objects.filter(study=study_id)
    if state:
        rows = rows.filter(state=state)
    if language:
        rows = rows.filter(language=language)
    prompts = Message.objects.filter(parent=None).only("tree_id", "text", "author_id", "deleted")
    return rows.prefetch_related(Prefetch("messages", prompts, "prompts")).order_by(
        "-changed_at", "pk"
    )


def sizes(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """Tree -> messages, and accepted ones among them; one statement."""
    rows = Message.objects.filter(tree__in=list(keys), deleted=False).order_by()
    live = Count("pk", filter=Q(accepted=True))
    counted = rows.values_list("tree").annotate(n=Count("pk"), live=live)
    return {key: (n, n_live) for key, n, n_live in counted}


def tree_states(study_id: str) -> dict[str, int]:
    """State -> trees in it."""
    rows = Tree.objects.filter(study=study_id).order_by()
    return dict(rows.values_list("state").annotate(n=Count("pk")))


def outcome_rows(study_id: str) -> Outcomes:
    """The outcomes of one study; four statements whatever there is."""
    last = (
        Decision.objects.filter(undone_at=None, case__study=study_id)
        .exclude(by="")
        .exclude(action=Action.EDIT)
    )
    samples = Signal.objects.filter(kind=Kind.SAMPLE, case=OuterRef("case"))
    judged = list(
        last.filter(Exists(samples))
        .annotate(message=F("case__message"))
        .values_list("message", "action", "before", "case__opened_at")
    )
    opened = {message: at for message, _action, _before, at in judged}
    seen: dict[uuid.UUID, set[str]] = {}
    signals = Signal.objects.filter(case__message__in=list(opened), kind__in=NOTICES)
    for message, kind, at in signals.values_list("case__message", "kind", "at"):
        if at <= opened[message]:
            seen.setdefault(message, set()).add(kind)
    rows = []
    for message, action, before, _at in judged:
        noticed = seen.get(message, set()) | ({"reviews"} if before["accepted"] is False else set())
        bad = action in (Action.REJECT, Action.DELETE)
        # To dismiss leaves a message as its reviewers had it: that is what the moderator upheld.
        bad = bad or (action == Action.DISMISS and before["accepted"] is False)
        rows.append(Judged(bad, frozenset(noticed)))
    people = Decision.objects.filter(case__study=study_id).exclude(by="")
    all_decided = people.values_list("action", "undone_at")
    asked = Signal.objects.filter(kind=Kind.APPEAL, case=OuterRef("case"))
    appeals = last.filter(Exists(asked))
    return outcomes(
        rows,
        [(action, undone is not None) for action, undone in all_decided],
        appeals.values_list("action", flat=True),
        kinds=(*NOTICES, "reviews"),
    )
