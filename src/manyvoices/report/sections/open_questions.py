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
from manyvoices.analyse.variance import Disagreement, disagreement
from manyvoices.report.formats import listed, number
from manyvoices.report.open_figures import forest_figure
from manyvoices.report.open_power import power_items
from manyvoices.report.open_tables import (
    effects_table,
    fields_table,
)
from manyvoices.report.open_variance import repeats_items, variance_item, variance_title
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.schema.wording import plural

SHOWN = 12
"""Differences in the figure; the table has all."""


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
        items += [variance_item(found.variance, found.resampling)]
        items += repeats_items(found.variance.fixed, found.resampling)
        short.append(variance_title(found.variance) + ".")
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
