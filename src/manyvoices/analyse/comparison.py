"""Two releases side by side: their people, their leaderboards, their scores.

Differences are between the people of one release and those of the other; all that one person gave
stays together in every interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from manyvoices.analyse.comparison_ranks import RankedApart, ranked_apart
from manyvoices.analyse.comparison_scores import ScoresApart, scores_apart
from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.overview import Overview, overview
from manyvoices.analyse.people.against import Comparison, compare, corrected
from manyvoices.analyse.people.reference import Margin
from manyvoices.analyse.settings import Settings
from manyvoices.curate.place import find_release
from manyvoices.schema.errors import DataError


@dataclass(frozen=True, slots=True)
class Side:
    """One release."""

    name: str
    seen: Overview


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseComparison:
    """This release and another."""

    ours: Side
    theirs: Side
    n_people_in_both: int
    """Ids that both have: the same people, if the releases are of one study."""
    people: tuple[Comparison, ...]
    """Columns of the survey that both have, the other release taken as a sample too; the field
    that is furthest apart first."""
    ranks: RankedApart | None
    """None with fewer than two shared models that were compared in both."""
    scores: ScoresApart | None
    """None where one of them has no rated opening turn."""
    level: float


def compare_releases(dataset: Dataset, settings: Settings) -> ReleaseComparison:
    """Hold `dataset` against the release at `settings.compare`.

    Models are the same where their short names are equal, survey columns where their names are.

    Raises:
        NotEnough: There is no other release, or what was given is none.
        DataError: The other release has faults.
    """
    other = _other(settings)
    ours, theirs = _names(dataset, other)
    settings.tick("people")
    people = _people(dataset, other, theirs, settings)
    settings.tick("leaderboards")
    ranks = ranked_apart(dataset, other, settings)
    settings.tick("scores")
    drawn = settings.resampling
    return ReleaseComparison(
        ours=Side(ours, overview(dataset.table)),
        theirs=Side(theirs, overview(other.table)),
        n_people_in_both=len(
            set(dataset.people["user_id"].to_list()) & set(other.people["user_id"].to_list())
        ),
        people=people,
        ranks=ranks,
        scores=scores_apart(dataset, other, drawn),
        level=drawn.level,
    )


def _other(settings: Settings) -> Dataset:
    if settings.compare is None:
        raise NotEnough("There is no other release to compare with.")
    try:
        find_release(settings.compare)
    except DataError as error:
        name = Path(settings.compare).name
        raise NotEnough(
            f"{name} is no release, so only its battles can be compared: see the chapter on ranks."
        ) from error
    settings.tick("reading the other release")
    return read_dataset(settings.compare)


def _names(ours: Dataset, theirs: Dataset) -> tuple[str, str]:
    """Ids of the releases; told apart where they have the same."""
    first, second = (one.table.source.release_id or "release" for one in (ours, theirs))
    return (first, second) if first != second else (f"{first} (this)", f"{second} (other)")


def _people(
    ours: Dataset, theirs: Dataset, population: str, settings: Settings
) -> tuple[Comparison, ...]:
    found = []
    for field in ours.demographics():
        other = theirs.field(field.column)
        if other is None or field.column == CONVERSATION_TYPE:
            continue
        levels = [name for name in field.levels if name in other.levels]
        levels += [name for name in (*field.levels, *other.levels) if name not in levels]
        answers = theirs.people[field.column].to_list()
        counts = {level: answers.count(level) for level in levels}
        n = sum(counts.values())
        margin = Margin(population, field.label, {k: v / n for k, v in counts.items()}, n=n)
        found.append(
            compare(
                ours.people[field.column].to_list(),
                margin,
                level=settings.resampling.level,
                seed=settings.resampling.seed,
            )
        )
    return tuple(sorted(corrected(found), key=lambda one: (one.p_holm, -one.distance)))
