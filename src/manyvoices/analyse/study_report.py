"""Everything a study's report says, computed in one go: what `manyvoices report` renders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from manyvoices.aggregate.battles import Battles
from manyvoices.analyse.attributes import AttributeBlock, attribute_blocks
from manyvoices.analyse.battles import TIE_THRESHOLD, opening_battles
from manyvoices.analyse.composition import Composition, compositions
from manyvoices.analyse.groups import GroupComparison, compare_groups, default_fields
from manyvoices.analyse.leaderboard import Leaderboard, leaderboard
from manyvoices.analyse.overview import Overview, overview
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.scores import ScoreDistribution, score_distribution
from manyvoices.analyse.splits import split_battles
from manyvoices.analyse.table import ReleaseTable, Source
from manyvoices.analyse.words import StudyWords

Step = Callable[[str], None]


def _ignore(step: str) -> None:
    """Nobody watches."""
    del step


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseAnalysis:
    """All results on one release."""

    source: Source
    words: StudyWords
    overview: Overview
    compositions: tuple[Composition, ...]
    scores: ScoreDistribution
    leaderboard: Leaderboard
    groups: tuple[GroupComparison, ...]
    attributes: tuple[AttributeBlock, ...]
    resampling: Resampling


def analyse_release(
    table: ReleaseTable,
    *,
    fields: Sequence[str] = (),
    resampling: Resampling | None = None,
    tie_threshold: int = TIE_THRESHOLD,
    on_step: Step = _ignore,
) -> ReleaseAnalysis:
    """Compute every result of a report.

    `fields` names the groups to compare; none asks for those that are large enough. `on_step` is
    told what is about to be computed. Raises `DataError` for a field that does not exist, before
    anything long is begun.
    """
    drawn = resampling or Resampling()
    records = opening_battles(table, tie_threshold=tie_threshold)
    for field in fields:
        split_battles(table, records, field)
    on_step("scores")
    scores = score_distribution(table, resampling=drawn)
    on_step("leaderboard")
    board = leaderboard(Battles.from_rows(records), resampling=drawn, tie_threshold=tie_threshold)
    groups = []
    compared = tuple(fields) or default_fields(table, records)
    for field in compared:
        on_step(f"leaderboard by {field}")
        groups.append(
            compare_groups(table, records, field, resampling=drawn, n_fields=len(compared))
        )
    on_step("attributes")
    return ReleaseAnalysis(
        source=table.source,
        words=table.words,
        overview=overview(table),
        compositions=compositions(table),
        scores=scores,
        leaderboard=board,
        groups=tuple(groups),
        attributes=attribute_blocks(table, resampling=drawn),
        resampling=drawn,
    )
