"""The whole description of a release's trees: what OASST's paper tells of its data, for any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.trees.activity import Activity, Repeats, activity_of, repeats_of
from manyvoices.analyse.trees.columns import TreeColumns
from manyvoices.analyse.trees.contributors import Contributors, contributors_of
from manyvoices.analyse.trees.flatten import read_columns
from manyvoices.analyse.trees.labels import Labels, labels_of
from manyvoices.analyse.trees.moderation import Moderation, moderation_of
from manyvoices.analyse.trees.ranking import RankAgreement, rank_agreement_of
from manyvoices.analyse.trees.reading import find_trees
from manyvoices.analyse.trees.shape import Shape, shape_of
from manyvoices.analyse.trees.survey import SurveyBlock, survey_of
from manyvoices.schema.wording import plural

FEW_TREES = 10
"""Trees below which intervals over trees say little."""


@dataclass(frozen=True, slots=True, eq=False)
class TreeDescription:
    """All that is told of a file of trees. A part that the file has nothing for is None or empty,
    and `notes` says what it would need."""

    form: str
    resampling: Resampling
    min_group: int
    shape: Shape
    labels: Labels
    ranking: RankAgreement | None
    contributors: Contributors | None
    survey: tuple[SurveyBlock, ...]
    moderation: Moderation
    activity: Activity | None
    repeats: Repeats
    notes: tuple[str, ...]


def describe_trees(path: Path | str, settings: Settings) -> TreeDescription:
    """Describe the trees of a file or a release folder.

    Raises:
        NotEnough: There are no trees.
        DataError: The file has faults.
    """
    source = find_trees(path)
    settings.tick("reading the trees")
    columns = read_columns(source.path, lambda n: settings.tick(f"reading the trees: {n:,} so far"))
    return describe_columns(columns, settings, folder=source.folder)


def describe_columns(
    columns: TreeColumns, settings: Settings, *, folder: Path | None = None
) -> TreeDescription:
    """The same from columns; `folder` is the release, for its survey."""
    if not columns.n_trees:
        raise NotEnough("There is not a single message tree in this file.")
    drawn, tick = settings.resampling, settings.tick
    tick("counting messages and trees")
    shape = shape_of(columns, drawn)
    tick("labels and how they go together")
    labels = labels_of(columns, drawn)
    tick("agreement on the order of replies")
    ranking = rank_agreement_of(columns, drawn)
    tick("contributors and moderation")
    found = TreeDescription(
        form=columns.form,
        resampling=drawn,
        min_group=settings.min_group,
        shape=shape,
        labels=labels,
        ranking=ranking,
        contributors=contributors_of(columns, drawn),
        survey=survey_of(columns, folder, min_group=settings.min_group),
        moderation=moderation_of(columns, drawn),
        activity=activity_of(columns),
        repeats=repeats_of(columns),
        notes=(),
    )
    return replace(found, notes=tuple(_notes(found, columns)))


def _notes(found: TreeDescription, columns: TreeColumns) -> Iterator[str]:
    """What is not there, and what it would need."""
    yield from _notes_on_trees(found)
    yield from _notes_on_labels(found)
    yield from _notes_on_orders(found)
    if found.contributors is None:
        yield "No ids of authors (user_id): nothing can be said of contributors."
    if found.activity is None:
        yield "No dates (created_date): nothing can be said of activity over time."
    if columns.n_unplaced:
        yield (
            f"{columns.n_unplaced:,} reviews or rankings name messages that are not in the file"
            " and were left out."
        )
    states = {state for state, _ in found.shape.states}
    if states and states <= {"ready_for_export"} and not found.shape.deleted.n:
        yield (
            "Only finished trees, without deleted messages: what moderation took out cannot be"
            " counted here."
        )


def _notes_on_trees(found: TreeDescription) -> Iterator[str]:
    n_trees, n_simulated = found.shape.n_trees, found.shape.simulated.n
    if n_trees == 1:
        yield "One tree alone: intervals over trees cannot be given."
    elif n_trees < FEW_TREES:
        yield f"Only {n_trees} trees: intervals that resample them say little."
    if n_simulated:
        yield (
            f"{plural(n_simulated, 'message')} by bots of a rehearsal: they show how the study"
            " would run, not what people say."
        )


def _notes_on_labels(found: TreeDescription) -> Iterator[str]:
    labels = found.labels
    if not labels.rows:
        yield "No labels: an export with them (--export-labels, or native) is needed."
    elif not labels.n_answers:
        yield (
            "Labels are means per message: agreement of raters needs single answers, as in"
            " native/trees.jsonl. In files of Open-Assistant's server a label that was left open"
            " may stand as 0."
        )
    if labels.rows and not labels.scores:
        yield "No classifier's scores (detoxify): labels are correlated among themselves."


def _notes_on_orders(found: TreeDescription) -> Iterator[str]:
    if found.ranking is None:
        yield "No rankings and no ranks."
    elif not found.ranking.n_rankings:
        yield (
            "Ranks are merged ones: agreement on the order of replies needs single rankings"
            " (--events, or native/trees.jsonl)."
        )
