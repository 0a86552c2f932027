"""What people have done, counted from the rows: the one place where points come from.

The same counting serves one person's page, live, and the boards of a whole project; no counter is
kept that could drift.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from manyvoices.collect.people.models import Participant
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Task
from manyvoices.design.trees.points import Work, agrees

Key = tuple[uuid.UUID, str]
"""A person and a language."""
CHUNK = 500
_PLACES = ("first", "second", "third")
_AGAINST = Q(labels__spam=1.0) | Q(labels__lang_mismatch=1.0)


def work_of(
    study_id: str,
    *,
    since: datetime | None = None,
    participant: Participant | None = None,
    with_votes: bool = False,
) -> dict[Key, Work]:
    """(Person, language) -> work since a moment; three statements, one more with votes.

    Args:
        since: None = from the beginning.
        participant: None = everybody in the study.
        with_votes: Also count how often single rankings put a reply first: only OpenAssistant's
            formula asks for it.
    """
    counted: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for part in (_messages, _labels, _rankings):
        for key, counts in part(study_id, since, participant):
            counted[key].update(counts)
    if with_votes:
        for key, counts in _votes(study_id, since, participant):
            counted[key].update(counts)
    return {key: Work(**counts) for key, counts in counted.items()}


def _messages(
    study_id: str, since: datetime | None, participant: Participant | None
) -> Iterator[tuple[Key, dict[str, int]]]:
    rows = Message.objects.filter(tree__study=study_id, deleted=False, author__isnull=False)
    rows = rows.filter(author__withdrawn_at=None)
    rows = _narrowed(rows, "author", "created_at", since, participant)
    prompt, assistant = Q(parent=None), Q(role="assistant", parent__isnull=False)
    prompter, accepted = Q(role="prompter", parent__isnull=False), Q(accepted=True)
    counts = {
        "prompts": prompt,
        "assistant_replies": assistant,
        "prompter_replies": prompter,
        "prompts_accepted": prompt & accepted,
        "assistant_accepted": assistant & accepted,
        "prompter_accepted": prompter & accepted,
        "undecided": Q(accepted=None),
        "ranked_first": Q(rank=0, parent__isnull=False),
        "ranked_second": Q(rank=1, parent__isnull=False),
        "ranked_third": Q(rank=2, parent__isnull=False),
    }
    yield from _grouped(rows, "author", "language", counts)


def _labels(
    study_id: str, since: datetime | None, participant: Participant | None
) -> Iterator[tuple[Key, dict[str, int]]]:
    rows = LabelsGiven.objects.filter(
        message__tree__study=study_id, source=LabelsGiven.Source.TASK, held=None
    )
    rows = _narrowed(rows, "participant", "created_at", since, participant)
    yes = Q(message__accepted=True, labels__spam=0.0)
    counts = {
        "labels_simple": Q(is_full=False),
        "labels_full": Q(is_full=True),
        "for_accepted": yes,
        "for_mixed": yes & Q(labels__lang_mismatch=1.0),
        "against_rejected": Q(message__accepted=False) & _AGAINST,
    }
    for key, found in _grouped(rows, "participant", "message__language", counts):
        agreed = found.pop("for_accepted") - found.pop("for_mixed")
        found["labels_agreed"] = agreed + found.pop("against_rejected")
        yield key, found


def _grouped(
    rows: Any, person: str, language: str, counts: dict[str, Q]
) -> Iterator[tuple[Key, dict[str, int]]]:
    names = list(counts)
    annotations = {name: Count("pk", filter=condition) for name, condition in counts.items()}
    grouped = rows.order_by().values_list(person, language).annotate(**annotations)
    for key, tongue, *values in grouped:
        yield (key, tongue), dict(zip(names, values, strict=True))


def _narrowed(
    rows: Any, person: str, at: str, since: datetime | None, participant: Participant | None
) -> Any:
    if since is not None:
        rows = rows.filter(**{f"{at}__gt": since})
    if participant is not None:
        rows = rows.filter(**{person: participant})
    return rows


def _rankings(
    study_id: str, since: datetime | None, participant: Participant | None
) -> Iterator[tuple[Key, dict[str, int]]]:
    rows = RankingGiven.objects.filter(parent__tree__study=study_id, held=None)
    rows = _narrowed(rows, "participant", "created_at", since, participant).order_by("pk")
    fields = ("participant", "parent__language", "groups", "all_bad")
    merged = ("parent__consensus__groups", "parent__consensus__all_bad")
    for row in rows.values_list(*fields, *merged).iterator(chunk_size=CHUNK):
        person, language, groups, all_bad, consensus, consensus_bad = row
        same = bool(all_bad and consensus_bad)
        if not same and consensus and not all_bad and not consensus_bad:
            same = agrees(groups, consensus)
        yield (person, language), {"rankings": 1, "rankings_agreed": int(same)}


def _votes(
    study_id: str, since: datetime | None, participant: Participant | None
) -> Iterator[tuple[Key, dict[str, int]]]:
    """Places in single rankings, for the authors of what was ranked."""
    rows = RankingGiven.objects.filter(parent__tree__study=study_id, held=None)
    rows = _narrowed(rows, "participant", "created_at", since, None)
    if participant is not None:
        rows = rows.filter(parent__replies__author=participant).distinct()
    votes: Counter[tuple[str, int]] = Counter()
    for groups in rows.order_by("pk").values_list("groups", flat=True).iterator(chunk_size=CHUNK):
        for place, group in enumerate(groups[:3]):
            votes.update((message, place) for message in group)
    for part in _chunks(sorted({message for message, _place in votes})):
        authors = Message.objects.filter(pk__in=part, author__isnull=False, deleted=False)
        if participant is not None:
            authors = authors.filter(author=participant)
        for key, author, language in authors.values_list("pk", "author", "language"):
            counts = {f"votes_{name}": votes[str(key), i] for i, name in enumerate(_PLACES)}
            yield (author, language), counts


def _chunks(keys: list[str]) -> Iterable[list[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def whole(found: dict[Key, Work]) -> Work:
    """One person's work in all languages together."""
    return sum(found.values(), start=Work())


def active_days(participant: Participant) -> list[date]:
    """Days (UTC) on which somebody finished a task, the latest 400."""
    rows = Task.objects.filter(participant=participant, state=Task.State.DONE)
    days = rows.annotate(day=TruncDate("finished_at")).order_by("-day").values_list("day")
    return [day for (day,) in days.distinct()[:400]]
