"""What both papers left open: what disagreement is made of, what is real, how many are enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.multilevel import GroupDifferences, group_differences
from manyvoices.analyse.power import StudyPower, study_power
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.variance import Component, Disagreement, FixedContext, disagreement
from manyvoices.report.formats import listed, number, plural, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.open_figures import forest_figure, shares_figure
from manyvoices.report.open_power import power_items
from manyvoices.report.open_tables import (
    effects_table,
    fields_table,
    repeats_table,
    shares_table,
)
from manyvoices.report.section import Chapter, Item, Section

SHOWN = 12
"""Differences in the figure; the table has all."""

_LABELS = {
    "person": "Person (how high they score)",
    "group": "Groups of people",
    "model": "Model",
    "conversation": "Conversation and its prompt",
    "person x model": "Person's taste in models",
    "group x model": "Groups' taste in models",
    "residual": "Answer, and noise",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenQuestions:
    """Three answers; each may be missing, with the reason."""

    variance: Disagreement | None
    groups: GroupDifferences | None
    power: StudyPower | None
    missing: tuple[str, ...]
    resampling: Resampling


def compute(dataset: Dataset, settings: Settings) -> OpenQuestions:
    """All three; what the release cannot answer is said, not raised."""
    missing: list[str] = []

    def tried(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except NotEnough as why:
            missing.append(str(why))
            return None

    found = OpenQuestions(
        variance=tried(lambda: disagreement(dataset, settings)),
        groups=tried(lambda: group_differences(dataset, settings)),
        power=tried(lambda: study_power(dataset, settings)),
        missing=tuple(missing),
        resampling=settings.resampling,
    )
    if found.variance is None and found.groups is None and found.power is None:
        raise NotEnough(" ".join(dict.fromkeys(missing)))
    return found


def render(found: OpenQuestions) -> Section:
    """The chapter."""
    items: list[Item] = []
    short: list[str] = []
    if found.variance is not None:
        items += [_variance_item(found.variance, found.resampling)]
        items += _repeats_items(found.variance.fixed, found.resampling)
        short.append(_variance_title(found.variance) + ".")
    if found.groups is not None:
        items += [_forest_item(found.groups), _fields_item(found.groups)]
        short.append(_groups_title(found.groups) + ".")
    if found.power is not None:
        items += power_items(found.power)
    notes = list(found.missing)
    if found.variance is not None and not found.variance.fixed.between.n_pairs:
        notes.append(
            "No two people rated the same answer to the same prompt, so disagreement in a fixed "
            "context cannot be seen bare; the parts above are told apart by crossing alone."
        )
    return Section(
        lead=(
            "Both papers saw people disagree and left open what of it is disagreement, which "
            "differences between groups would hold up, and how many people are enough. "
            + " ".join(short)
        ),
        items=tuple(items),
        in_short=tuple(short),
        notes=tuple(dict.fromkeys(notes)),
    )


def _part(found: Disagreement, name: str) -> Component | None:
    return next((one for one in found.summary if one.name == name), None)


def _variance_title(found: Disagreement) -> str:
    person, model = _part(found, "person"), _part(found, "model")
    largest = max((c for c in found.summary), key=lambda c: c.share)
    parts = [
        f"{share(one.share)} {words}"
        for one, words in ((model, "is the model"), (person, "how high a person scores"))
        if one is not None
    ]
    rest = _LABELS.get(largest.name, largest.name).lower()
    tail = "" if largest in (person, model) else f", and {share(largest.share)} {rest}"
    return f"Of the variance of opening scores {', '.join(parts)}{tail}"


def _variance_item(found: Disagreement, drawn: Resampling) -> Item:
    name = "open-questions-variance"
    title = _variance_title(found)
    fields = listed([label.lower() for _, label in found.fields]) or "none"
    labels = _LABELS | {
        name: text
        for column, label in found.fields
        for name, text in ((column, label), (f"{column} x model", f"{label}: taste in models"))
    }
    parts = [c for c in found.parts.components if c.name in labels and c.name not in _LABELS]
    left = [f"{labels.get(one, one)} is left out: {why}." for one, why in found.parts.left_out]
    return Item(
        name=name,
        title=title,
        n=(
            f"{plural(found.parts.n, 'opening score')} of "
            f"{plural(found.parts.n_people, 'person', 'people')} for "
            f"{plural(found.n_models, 'model')} in "
            f"{plural(found.n_conversations, 'conversation')}"
        ),
        method=(
            "Score = mean + person + groups + model + conversation + person × model + groups × "
            "model + residual, all crossed effects, by the method of moments for unbalanced "
            "crossed tables (Gao & Owen 2017): unbiased, with no assumption of normality. "
            f"Groups: {fields}. Bar and squares: shares; lines: {intervals_made(drawn)}; models "
            "and prompts stay those of the study."
        ),
        source="left open by PRISM (section 5)",
        drawing=shares_figure(
            name, found.summary, labels,
            f"{title}. Shares of the variance with intervals; the table has the numbers.",
        ),
        table=shares_table(name, "Parts of the variance", (*found.summary, *parts), labels),
        notes=(
            "The residual holds what one answer has of its own: the model's luck with this prompt, "
            "and the noise of the scale.",
            *left,
        ),
    )  # fmt: skip


def _repeats_items(fixed: FixedContext, drawn: Resampling) -> list[Item]:
    if not fixed.between.n_pairs and not fixed.within.n_pairs:
        return []
    name = "open-questions-fixed-context"
    low, high = fixed.survives_interval
    if fixed.between.n_pairs:
        title = (
            f"In a fixed context {share(fixed.survives)} of the variance is left between two "
            f"people: they differ by {number(fixed.between.mean_difference, 1)} points"
        )
    else:
        title = (
            "The same answer to the same prompt gets scores "
            f"{number(fixed.within.mean_difference, 1)} points apart from one person"
        )
    return [
        Item(
            name=name,
            title=title,
            n=(
                f"{plural(fixed.between.n_pairs, 'pair')} of two people's scores and "
                f"{plural(fixed.within.n_pairs, 'pair')} of one person's, of the same answer "
                "after the same prompt, letter by letter"
            ),
            method=(
                "Variance left: half the mean squared difference of a pair; each context counts "
                "the same, and a person's scores of one context are averaged before two people "
                f"are compared. {drawn.level:.0%} intervals from {number(drawn.n_resamples)} "
                f"resamples of contexts. Two scores drawn from all differ by "
                f"{number(fixed.any_difference, 1)} points."
            ),
            source="PRISM, section 3.1 and appendix S (field sites)",
            table=repeats_table(
                name, "The same answer, rated again",
                (("two people", fixed.between), ("one person", fixed.within)),
            ),
            notes=(
                (f"Interval of the share that survives: {share(low)} to {share(high)}.",)
                if fixed.between.n_pairs else ()
            ),
        )
    ]  # fmt: skip


def _groups_title(found: GroupDifferences) -> str:
    n = len(found.effects)
    real = "none is" if not found.n_shrunk else f"{number(found.n_shrunk)} hold up"
    if found.n_shrunk == 1:
        real = "one holds up"
    if not found.n_shrunk:
        real = "none holds up"
    return (
        f"Of {plural(n, 'difference')} between groups in how they rate models, "
        f"{number(found.n_unadjusted)} have p below 0.05 by themselves and {real} when all are "
        "seen together"
    )


def _forest_item(found: GroupDifferences) -> Item:
    name, title = "open-questions-groups", _groups_title(found)
    return Item(
        name=name,
        title=title,
        n=(
            f"{plural(found.n_scores, 'opening score')} of "
            f"{plural(found.n_people, 'person', 'people')}; groups of {found.min_group} or more"
        ),
        method=(
            "Each group against all other people, models compared within people (a constant per "
            "person), so that generosity cancels; errors clustered by person (CR1). Shrunk: normal "
            "with the spread of true differences estimated per field and its uncertainty averaged "
            f"over. Lines: {found.level:.0%} intervals. False sign: the chance that the true "
            "difference is none or the other way."
        ),
        source="left open by PRISM (section 3.2, figure 4 compares ranks)",
        drawing=forest_figure(
            name, found.effects[:SHOWN],
            f"{title}. The surest {min(SHOWN, len(found.effects))} with intervals, by themselves "
            "and shrunk; the table has all.",
        ),
        table=effects_table(name, "Differences between groups, surest first", found.effects,
                            {one.field: one.label for one in found.fields}),
        notes=(
            f"Benjamini-Hochberg at a false discovery rate of 5% claims {found.n_adjusted}.",
            *((f"No two groups are large enough for {listed(found.not_compared)}.",)
              if found.not_compared else ()),
        ),
    )  # fmt: skip


def _fields_item(found: GroupDifferences) -> Item:
    real = [one.label for one in found.fields if one.p < 0.05 / len(found.fields)]
    title = (
        f"Groups by {listed(real).lower()} differ more than random groups would"
        if real
        else "By no field do groups differ more than random groups would"
    )
    return Item(
        name="open-questions-fields",
        title=title,
        n=plural(len(found.fields), "field"),
        method=(
            "Spread: standard deviation of the true differences of a field (REML; interval from "
            "its likelihood). I²: share of the estimates' spread that is not noise. p by lot: "
            f"labels dealt out among people {number(found.fields[0].n_deals)} times; differs means "
            "p below 0.05 over the number of fields."
        ),
        table=fields_table("open-questions-fields", "How far groups differ", found.fields),
    )


CHAPTER = Chapter("open-questions", "Open questions", compute, render)
