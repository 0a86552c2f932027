"""What the page of one study, or of all, and the interface's progress need, read at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from manyvoices.collect.comparisons import console_queries as comparisons
from manyvoices.collect.console.queries import calls, progress
from manyvoices.collect.console.queries.places import Places, places
from manyvoices.collect.console.queries.queue import Queue, queue
from manyvoices.collect.studies.models import Study, StudyVersion

SPARK_DAYS = 30


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study's rows, counted. The fields are named and keyed as the reads that fill them."""

    study: Study
    now: datetime
    first_day: datetime
    versions: list[StudyVersion]
    heads: dict[tuple[int, bool], progress.Heads]
    survey_pages: dict[tuple[int, bool, int, int], int]
    conversations: dict[tuple[int, bool, int, int], progress.Reached]
    types: dict[tuple[bool, str], progress.Reached]
    turns: dict[tuple[bool, str], tuple[int, int]]
    active: dict[bool, int]
    durations: dict[bool, timedelta]
    completions: dict[tuple[bool, date], int]
    last_activity: datetime | None
    outcomes: dict[tuple[bool, str, str], int]
    latency_ms: dict[tuple[bool, str], float]
    scores: dict[tuple[bool, str], dict[int, int]]
    silent: dict[str, int]
    tokens: dict[tuple[bool, str], tuple[int, int]]
    queue: Queue
    step_durations: dict[tuple[int, bool, str, int, int], timedelta]
    places: Places

    @property
    def has_simulated(self) -> bool:
        """Whether anybody in this study is simulated."""
        return any(simulated for _version, simulated in self.heads)

    def total(self, *, simulated: bool) -> progress.Heads:
        """Heads of all versions together."""
        found = (heads for (_v, kind), heads in self.heads.items() if kind is simulated)
        return sum(found, start=progress.Heads())


def spark_start(now: datetime) -> datetime:
    """Midnight (UTC) of the first day that sparklines show."""
    day = now - timedelta(days=SPARK_DAYS - 1)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def study_facts(study: Study, *, now: datetime) -> StudyFacts:
    """Count everything of `study`: a fixed number of queries."""
    key, first_day = study.pk, spark_start(now)
    done = progress.completions_per_day(since=first_day, study_id=key)
    known = progress.versions(key)
    called = calls.counts(key, now=now)
    return StudyFacts(
        study=study,
        now=now,
        first_day=first_day,
        versions=known,
        heads={(v, simulated): n for (_s, v, simulated), n in progress.heads(key).items()},
        survey_pages=progress.survey_pages_sent(key),
        conversations=progress.conversations_reached(key) | _compared(key, known),
        types=progress.conversation_types(key),
        turns=progress.turns_by_type(key),
        active={sim: n for (_s, sim), n in progress.active_now(now=now, study_id=key).items()},
        durations=progress.median_duration(key),
        completions={(simulated, day): n for (_s, simulated, day), n in done.items()},
        last_activity=progress.last_activity(key).get(key),
        outcomes=called.outcomes,
        latency_ms=calls.median_latency_ms(key),
        scores=called.scores,
        silent=called.silent,
        tokens=called.tokens,
        queue=queue(now=now),
        step_durations=progress.step_durations(key),
        places=places(study, has_version=bool(known)),
    )


def _compared(
    study_id: str, versions: list[StudyVersion]
) -> dict[tuple[int, bool, int, int], progress.Reached]:
    """Comparisons stages as steps of the same kind: no stage holds both."""
    return {
        step: progress.Reached(*n) for step, n in comparisons.reached(study_id, versions).items()
    }


@dataclass(frozen=True, slots=True)
class Overview:
    """What is counted for all studies at once."""

    now: datetime
    studies: list[Study]
    heads: dict[tuple[str, int, bool], progress.Heads]
    active: dict[tuple[str, bool], int]
    last_activity: dict[str, datetime]
    completions: dict[tuple[str, bool, date], int]
    current_versions: dict[str, int]


def overview(*, now: datetime, only: set[str] | None = None) -> Overview:
    """Count every study of this server: as many queries for a hundred studies as for one.

    `only`: ids of the studies to list; all where None.
    """
    return Overview(
        now=now,
        studies=[study for study in progress.studies() if only is None or study.pk in only],
        heads=progress.heads(),
        active=progress.active_now(now=now),
        last_activity=progress.last_activity(),
        completions=progress.completions_per_day(since=spark_start(now)),
        current_versions=progress.current_versions(),
    )
