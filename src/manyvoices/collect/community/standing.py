"""One person's account: points item by item, level, streak; counted when it is asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from manyvoices.collect.community.work import active_days, whole, work_of
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.policies import stage_of
from manyvoices.design.trees.points import (
    Formula,
    Item,
    Level,
    Streak,
    Work,
    itemised,
    level,
    streak,
)

KEPT_S = 30.0
_known: dict[str, tuple[float, tuple[bool, Formula]]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody's work comes to at the moment."""

    work: Work
    items: tuple[Item, ...]
    points: int
    level: Level
    streak: Streak

    @property
    def to_next(self) -> int | None:
        """Points that are missing to the next level."""
        return None if self.level.next_at is None else self.level.next_at - self.points


def points(participant: Participant, *, now: datetime) -> Account:
    """The account of one person, live; a fixed number of statements."""
    formula = formula_of(participant.study)
    found = work_of(participant.study_id, participant=participant, with_votes=formula == "oasst")
    work = whole(found)
    items = itemised(work, formula)
    total = sum(item.total for item in items)
    return Account(work, items, total, level(total), streak(active_days(participant), now.date()))


def is_on(study: Study) -> bool:
    """Whether the project has a community; False for studies without trees."""
    return _read(study)[0]


def formula_of(study: Study) -> Formula:
    """How the project counts points."""
    return _read(study)[1]


def _read(study: Study) -> tuple[bool, Formula]:
    """As the study's current version says; read again every half a minute."""
    found = _known.get(study.pk)
    if found is None or time.monotonic() - found[0] > KEPT_S:
        try:
            stage = stage_of(study)
            said: tuple[bool, Formula] = (stage.community, getattr(stage, "points", "value"))
        except LookupError:
            said = (False, "value")
        found = _known[study.pk] = (time.monotonic(), said)
    return found[1]


def forget() -> None:
    """Read again at the next question."""
    _known.clear()
