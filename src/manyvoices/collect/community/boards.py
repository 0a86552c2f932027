"""Leaderboards: who did most in a day, a week, a month, or ever; in one language or in all.

A board is read from `Score`, which the sweeper rebuilds from the rows (`rebuild_due`). Whoever
opted out, withdrew or was barred is not on it. Names are those that people chose to show.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from manyvoices.collect.community.models import Notice, Profile, Score
from manyvoices.collect.community.standing import formula_of, is_on
from manyvoices.collect.community.work import work_of
from manyvoices.collect.moderation.models import Restriction
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Message
from manyvoices.design.trees.points import total
from manyvoices.schema import TreeState

FRAMES: dict[str, timedelta | None] = {
    Score.Frame.DAY: timedelta(days=1),
    Score.Frame.WEEK: timedelta(days=7),
    Score.Frame.MONTH: timedelta(days=30),
    Score.Frame.ALL: None,
}
EVERY = timedelta(minutes=5)
"""How often the boards of a project are counted anew."""
TOP = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a board."""

    place: int
    """From 1; people with the same points share one."""
    name: str
    points: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class Board:
    lines: list[Line]
    me: Line | None
    """One's own line, where it is not among the first."""
    counted_at: datetime | None


def board(
    participant: Participant, frame: str, language: str = "", *, now: datetime, top: int = TOP
) -> Board:
    """The first of a board, and oneself. Three statements, whatever there is."""
    rows = _visible(participant.study_id, frame, language, now)
    first = list(
        rows.select_related("participant__profile").order_by("-points", "participant")[:top]
    )
    places = {row.points: 1 + i for i, row in reversed(list(enumerate(first)))}
    lines = [_line(row, places[row.points], participant) for row in first]
    me = None
    if not any(line.is_me for line in lines):
        mine = rows.filter(participant=participant).first()
        if mine is not None:
            above = rows.filter(points__gt=mine.points).count()
            me = Line(above + 1, name_of(participant), mine.points, True)
    return Board(lines, me, first[0].counted_at if first else None)


def _visible(study_id: str, frame: str, language: str, now: datetime) -> QuerySet[Score]:
    hidden = Profile.objects.filter(participant=OuterRef("participant"), on_boards=False)
    ends = Q(until=None) | Q(until__gt=now)
    barred = Restriction.objects.filter(
        ends, participant=OuterRef("participant"), lifted_at=None, kind=Restriction.Kind.BAN
    )
    rows = Score.objects.filter(
        study=study_id, frame=frame, language=language, participant__withdrawn_at=None
    )
    return rows.filter(~Exists(hidden), ~Exists(barred))


def _line(row: Score, place: int, me: Participant) -> Line:
    return Line(place, name_of(row.participant), row.points, row.participant_id == me.pk)


def name_of(participant: Participant) -> str:
    """The name that somebody chose to show; else a pseudonym that tells nothing but sameness."""
    profile = getattr(participant, "profile", None)
    if profile is not None and profile.display_name:
        return str(profile.display_name)
    return pseudonym_of(participant)


def pseudonym_of(participant: Participant) -> str:
    """What stands in place of a name."""
    sign = salted_hmac("manyvoices.community", f"{participant.study_id}:{participant.pk}")
    return _("Contributor %(sign)s") % {"sign": sign.hexdigest()[:6]}


def rebuild_due(*, now: datetime) -> int:
    """Count the boards that are due; returns how many projects. For the sweeper; safe to repeat."""
    n_done = 0
    for study in Study.objects.order_by("pk"):
        if not is_on(study):
            continue
        latest = Score.objects.filter(study=study).order_by("-counted_at")
        counted = latest.values_list("counted_at", flat=True).first()
        if counted is None or now - counted >= EVERY:
            rebuild(study, now=now)
            n_done += 1
    return n_done


@transaction.atomic
def rebuild(study: Study, *, now: datetime) -> int:
    """Count every board of a project from the rows; returns how many scores there are."""
    Study.objects.select_for_update(no_key=True).only("pk").get(pk=study.pk)
    formula = formula_of(study)
    rows: dict[tuple[uuid.UUID, str, str], int] = {}
    for frame, span in FRAMES.items():
        since = None if span is None else now - span
        found = work_of(study.pk, since=since, with_votes=formula == "oasst")
        works: dict[uuid.UUID, list[int]] = {}
        for (person, language), work in found.items():
            rows[person, frame, language] = total(work, formula)
            works.setdefault(person, []).append(rows[person, frame, language])
        rows |= {(person, frame, ""): sum(parts) for person, parts in works.items()}
    scores = [
        Score(
            study=study, participant_id=person, frame=frame, language=language, points=n,
            counted_at=now,
        )
        for (person, frame, language), n in sorted(rows.items(), key=str)
        if n > 0
    ]  # fmt: skip
    Score.objects.filter(study=study).delete()
    Score.objects.bulk_create(scores, batch_size=500)
    _tell_the_first(study, now)
    return len(scores)


def _tell_the_first(study: Study, now: datetime) -> None:
    """Whose reply came first in a finished tree, once for each."""
    told = Notice.objects.filter(message=OuterRef("pk"), kind=Notice.Kind.RANKED_FIRST)
    rows = Message.objects.filter(
        tree__study=study,
        tree__state=TreeState.READY_FOR_EXPORT.value,
        rank=0,
        deleted=False,
        author__isnull=False,
        parent__isnull=False,
    ).filter(~Exists(told))
    Notice.objects.bulk_create(
        [
            Notice(participant_id=author, message_id=key, kind=Notice.Kind.RANKED_FIRST, at=now)
            for key, author in rows.values_list("pk", "author")[:500]
        ],
        ignore_conflicts=True,
    )
