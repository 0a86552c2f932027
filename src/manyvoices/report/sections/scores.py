"""How people use the scale, and what they say matters (PRISM, appendices N and O)."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.scale_use import ScaleUse, ScoreHabits, scale_use
from manyvoices.report.formats import listed, number, share
from manyvoices.report.habit_figures import (
    groups_figure,
    histograms_figure,
    persons_figure,
    turn_counts_figure,
    turn_levels_figure,
)
from manyvoices.report.habit_tables import (
    groups_table,
    habits_table,
    normalised_table,
    turns_table,
)
from manyvoices.report.marks import intervals_made
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.score_attributes import attribute_items
from manyvoices.schema.wording import plural


def render(result: ScaleUse) -> Section:
    """The chapter."""
    scores, study = result.scores, result.attributes
    items, notes = [], []
    if scores.turns:
        items += [_counts(scores), _levels(scores)]
    else:
        notes.append("No turn has ten rated interactions, so turns are not compared.")
    items.append(_normalised(scores))
    if scores.habits[0].known.any():
        items.append(_persons(scores))
    else:
        notes.append("No opening turn has two rated answers, so nobody's range is known.")
    if scores.fields:
        items.append(_groups(scores))
    else:
        notes.append("The survey makes no group that is large enough to be shown apart.")
    if study is None:
        notes.append("The study asks no attributes, so none are compared.")
    else:
        items += attribute_items(study, scores)
    return Section(
        lead=(
            "Do people use the scale alike, and do the things that they say matter go together? "
            f"{_short(scores)}"
        ),
        items=tuple(items),
        in_short=(_short(scores),),
        notes=tuple(notes),
    )


def _short(scores: ScoreHabits) -> str:
    used = scores.habits[0]
    if not used.known.any():
        return f"{number(scores.n_people)} people gave {plural(scores.n_scores, 'score')}."
    low, high = np.nanquantile(used.centrality, [0.1, 0.9])
    narrow, broad = np.nanquantile(used.expressivity, [0.1, 0.9])
    return (
        f"People use the scale differently: mean opening scores of the middle 80% of people run "
        f"from {number(low)} to {number(high)}, their ranges within a turn from {number(narrow)} "
        f"to {number(broad)}."
    )


def _people(scores: ScoreHabits) -> str:
    return f"{plural(scores.n_scores, 'score')} of {plural(scores.n_people, 'person', 'people')}"


def _counts(scores: ScoreHabits) -> Item:
    rows = scores.turns
    most = max(rows, key=lambda row: row.n_ended)
    return Item(
        name="scores-turn-counts",
        title=f"More conversations have {plural(most.turn, 'turn')} than any other number",
        n=(
            f"{plural(rows[0].n_conversations, 'conversation')} of "
            f"{plural(rows[0].n_people, 'person', 'people')}"
        ),
        method=(
            "Left: people with at least one conversation of so many turns or more. Right: "
            "conversations that ended there. Turns with fewer than ten rated interactions are left "
            f"out. {plural(scores.always_shortest, 'person', 'people')} always stopped at the "
            "fewest turns that any conversation has."
        ),
        source="PRISM, Figure 11",
        drawing=turn_counts_figure("scores-turn-counts", rows),
        table=turns_table("scores-turn-counts", scores),
    )


def _levels(scores: ScoreHabits) -> Item:
    rows = scores.turns
    first, second = rows[0], rows[min(1, len(rows) - 1)]
    return Item(
        name="scores-turn-levels",
        title=(
            f"From the first turn to the second the mean score goes from "
            f"{number(first.mean.mean)} to {number(second.mean.mean)}, the range from "
            f"{number(first.range.mean)} to {number(second.range.mean)}"
            if len(rows) > 1
            else f"The mean score is {number(first.mean.mean)}, the range of a turn "
            f"{number(first.range.mean)}"
        ),
        n=_people(scores),
        method=(
            "Mean and range (highest less lowest) of the scores of each turn, then their mean over "
            f"turns of that number. Lines: {intervals_made(scores.resampling)}; band: one standard "
            "deviation over turns to each side (PRISM's was the spread of the columns a to d). "
            "Later turns hold answers of the model that won the first."
        ),
        source="PRISM, Figure 12",
        drawing=turn_levels_figure("scores-turn-levels", rows, scores.scale),
    )


def _normalised(scores: ScoreHabits) -> Item:
    piled = [one for one in scores.spikes if one.low > 2 * one.around]
    said = listed([f"{one.value} ({share(one.share)})" for one in piled])
    return Item(
        name="scores-normalised",
        title=(
            f"Scores pile up at {said}"
            if piled
            else "Scores pile up neither at the ends of the scale nor in its middle"
        ),
        n=_people(scores),
        method=(
            "Normalised: distance from the person's own mean in own standard deviations (divisor "
            "n - 1; 0 where all scores are one, none with a single score), with mean and deviation "
            "over opening scores or over all scores; beyond 4 in the outermost bins. Dotted: the "
            "mean. A pile: the whole interval lies above twice the share of the values beside it."
        ),
        source="PRISM, Figure 13",
        drawing=histograms_figure("scores-normalised", scores.histograms),
        table=normalised_table("scores-normalised", scores),
    )


def _persons(scores: ScoreHabits) -> Item:
    openers, continuers = scores.habits
    middle = float(np.nanmedian(openers.centrality))
    range_, later = (
        float(np.nanmedian(one.expressivity)) if one.known.any() else float("nan")
        for one in (openers, continuers)
    )
    follow = "" if np.isnan(later) else f", and {number(later)} in later ones"
    return Item(
        name="scores-persons",
        title=(
            f"The median person centres on {number(middle)} and uses a range of "
            f"{number(range_)} in opening turns{follow}"
        ),
        n=f"{plural(int(openers.known.sum()), 'person', 'people')} with two rated opening answers",
        method=(
            "Each person once. Centrality: mean over turns of the mean score; expressivity: mean "
            "over turns of the range. Stronger shade: more people, in steps that widen as squares "
            "do; ring: medians; dotted: the middle of the scale. The table has both definitions of "
            "each; intervals of differences resample people."
        ),
        source="PRISM, Figure 14",
        drawing=persons_figure("scores-persons", scores.habits, scores.scale),
        table=habits_table("scores-persons", scores),
    )


def _groups(scores: ScoreHabits) -> Item:
    central = [field.label for field in scores.fields if field.p_centrality < 0.05]
    express = [field.label for field in scores.fields if field.p_expressivity < 0.05]
    parts = [
        f"mean scores differ by {listed(central)}" if central else "",
        f"ranges differ by {listed(express)}" if express else "",
    ]
    said = listed([part for part in parts if part])
    return Item(
        name="scores-groups",
        title=(
            said[:1].upper() + said[1:]
            if said
            else "No group of people scores higher, or uses more of the scale, beyond chance"
        ),
        n=_people(scores),
        method=(
            "Opening scores. Height: the square root of how often each was given, so that piles at "
            "the ends leave the rest to be seen; dot and line: mean and "
            f"{intervals_made(scores.resampling)}; pale bar: the middle half. Who would rather not "
            "say, and small groups, are not shown. Whether groups differ is tested on persons' "
            "means and ranges, each person once (Kruskal and Wallis), corrected (Holm) over fields."
        ),
        source="PRISM, Figure 15",
        drawing=groups_figure("scores-groups", scores),
        table=groups_table("scores-groups", scores),
    )


CHAPTER = Chapter(id="scores", title="Scores and attributes", compute=scale_use, render=render)
