"""Items on what people say matters: how attributes are used, and which go together."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan

from manyvoices.analyse.scale_use import AttributeStudy, ScoreHabits
from manyvoices.report.correlation_figures import (
    attributes_figure,
    correlation_figure,
    same_attribute,
    strongest,
    three_kinds_figure,
)
from manyvoices.report.formats import number, share
from manyvoices.report.habit_tables import (
    attributes_table,
    correlations_table,
)
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural


def attribute_items(study: AttributeStudy, scores: ScoreHabits) -> list[Item]:
    """Distributions and correlations, and three kinds of correlation of one attribute."""
    items = [_distributions(study), _correlations(study, scores)]
    if same_attribute(study):
        items.append(_three(study, scores))
    return items


def _asked(study: AttributeStudy) -> str:
    return (
        f"{plural(study.n_people, 'person', 'people')}, "
        f"{plural(study.n_conversations, 'conversation')}"
    )


def _distributions(study: AttributeStudy) -> Item:
    gaps = [one for one in study.attributes if one.missing > 0]
    most = max(gaps, key=lambda one: one.missing) if gaps else None
    return Item(
        name="scores-attributes",
        title=(
            "Every attribute was answered everywhere"
            if most is None
            else f"{most.name.capitalize()} is most often left without a value "
            f"({share(most.missing)})"
        ),
        n=_asked(study),
        method=(
            "Stated: once per person, in the survey; performance and choice: once per "
            "conversation. Area: how often each value was given; dot: median; pale bar: the middle "
            "half; none: share without a value, said not to apply or left untouched. The table "
            "tells the two apart and has means with intervals over resampled people."
        ),
        source="PRISM, Figure 10",
        drawing=attributes_figure("scores-attributes", study),
        table=attributes_table("scores-attributes", study),
    )


def _correlations(study: AttributeStudy, scores: ScoreHabits) -> Item:
    i, j = strongest(study)
    return Item(
        name="scores-correlations",
        title=(
            f"Between people, {study.attributes[i].name} and {study.attributes[j].name} go "
            f"together most (r = {number(float(study.between.r[i, j]), 2)})"
        ),
        n=_asked(study),
        method=(
            "Pearson's r over people: what each stated, and the means over her conversations, as "
            "the caption of PRISM's figure says. (Its code correlates conversations, with stated "
            'values repeated: "pooled" in the table.) Pairs that have both values. Order: '
            "complete linkage of Euclidean distances between rows. On a narrow page S, P and C "
            "stand for stated, performance and choice. Intervals: "
            f"{number(study.n_resamples)} resamples of people, {scores.resampling.level:.0%}."
        ),
        source="PRISM, Figure 9",
        drawing=correlation_figure("scores-correlations", study),
        table=correlations_table("scores-correlations", study),
    )


def _three(study: AttributeStudy, scores: ScoreHabits) -> Item:
    pairs = [(i, j) for _, i, j in same_attribute(study)]
    between, within = (
        _mean([float(found.r[i, j]) for i, j in pairs]) for found in (study.between, study.within)
    )
    return Item(
        name="scores-three-correlations",
        title=(
            "How well a model did on an attribute and how much that mattered correlate "
            f"{number(between, 2)} between people, {number(within, 2)} within people"
        ),
        n=_asked(study),
        method=(
            "Between people: people's means. Within people: deviations of a conversation from the "
            "person's own mean, so that habits of the scale fall out. Pooled: conversations as "
            f"they are, both at once. Lines: {scores.resampling.level:.0%} intervals over "
            f"{number(study.n_resamples)} resamples of people; the title gives means over the "
            "attributes."
        ),
        source="PRISM, Figure 9",
        drawing=three_kinds_figure("scores-three-correlations", study),
    )


def _mean(values: Sequence[float]) -> float:
    """Of those that are known; NaN where none is (too few people for a correlation)."""
    known = [value for value in values if isfinite(value)]
    return sum(known) / len(known) if known else nan
