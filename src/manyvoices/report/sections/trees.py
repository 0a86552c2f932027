"""Message trees: OASST's description of its data, for any release of trees (arXiv 2304.07327)."""

from __future__ import annotations

from collections.abc import Iterator

from manyvoices.analyse.trees import TreeDescription, describe_trees
from manyvoices.report.formats import share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.trees.activity import activity_item
from manyvoices.report.trees.labels import correlations_item, labels_item
from manyvoices.report.trees.moderation import moderation_items
from manyvoices.report.trees.people import contributor_items, survey_item
from manyvoices.report.trees.ranking import ranking_item
from manyvoices.report.trees.shape import languages_item, repeats_item, sizes_item, states_item
from manyvoices.schema.wording import plural


def render(found: TreeDescription) -> Section:
    """The chapter."""
    return Section(
        lead=_lead(found),
        items=tuple(_items(found)),
        in_short=(_short(found),),
        notes=found.notes,
    )


def _lead(found: TreeDescription) -> str:
    return (
        "Who wrote how much, in which languages, how trees grew, what raters and moderators made"
        f" of it, and how far they agree. {_short(found)}"
    )


def _short(found: TreeDescription) -> str:
    shape = found.shape
    told = (
        f"{plural(shape.n_messages, 'message')} in {plural(shape.n_trees, 'tree')} and"
        f" {plural(len(shape.languages), 'language')}"
    )
    if found.contributors is not None:
        told += f", by {plural(found.contributors.n_people, 'contributor')}"
        busiest = found.contributors.activities[:1]
        if busiest and busiest[0].what == "messages":
            told += f"; the busiest 10% wrote {share(busiest[0].top[2])} of the messages"
    return f"{told}."


def _items(found: TreeDescription) -> Iterator[Item]:
    yield languages_item(found)
    if len(found.shape.states) > 1 or found.shape.states[0][0]:
        yield states_item(found)
    yield sizes_item(found)
    if found.labels.rows or found.labels.scores:
        yield labels_item(found)
    if found.labels.correlations is not None:
        yield correlations_item(found.labels.correlations)
    if found.ranking is not None and found.ranking.rows:
        yield ranking_item(found, found.ranking)
    if found.contributors is not None:
        yield from contributor_items(found, found.contributors)
    if found.survey:
        yield survey_item(found)
    yield from moderation_items(found)
    if found.activity is not None:
        yield activity_item(found.activity)
    yield repeats_item(found)


CHAPTER = Chapter(
    id="trees",
    title="Message trees",
    compute=describe_trees,
    render=render,
    takes="trees",
)
