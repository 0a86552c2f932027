"""Who is asked, and what that brings to whom (PRISM, section 3.3 and appendix U)."""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.analyse.welfare.experiment import study_welfare
from manyvoices.analyse.welfare.result import (
    DOMINATES,
    Comparison,
    MeasureWelfare,
    RegionWelfare,
    WelfareResult,
)
from manyvoices.report.formats import listed, number, share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.welfare_gaps import hold_out_item, imputed_item, pooled_item
from manyvoices.report.sections.welfare_wording import SHARED, drawn, people_of, tested
from manyvoices.report.welfare_figures import harm_figure, measure_name, welfare_figure
from manyvoices.report.welfare_tables import (
    dominance_table,
    harm_table,
    models_table,
)
from manyvoices.schema.wording import plural

_SOURCES = {"us": "PRISM, Figure 5", "uk": "PRISM, Figure 38"}


def render(result: WelfareResult) -> Section:
    """The chapter."""
    items: list[Item] = []
    for region in result.regions:
        items += [_welfare(result, region), _models(result, region)]
        if any(measure.harms for measure in region.measures):
            items.append(_harm(result, region))
        if region.imputed:
            items += [imputed_item(result, region), pooled_item(result, region)]
    if result.hold_outs:
        items.append(hold_out_item(result))
    return Section(
        lead=(
            f"If a few people choose one {result.noun} for all, whom does it suit, and does it "
            f"matter who they are? {_finding(result.regions[0], result)}"
        ),
        items=tuple(items),
        in_short=(_finding(result.regions[0], result),),
        notes=result.notes,
    )


def _finding(region: RegionWelfare, result: WelfareResult) -> str:
    small, reference = _smallest(region), _reference(region, result)
    measure = region.measures[-1]
    found = [panel.comparisons for panel in measure.panels]
    groups = [row for rows in found for row in rows if row.by == "people"]
    shown = [row for row in groups if row.verdict == DOMINATES]
    loss = next((row for row in measure.panels[0].comparisons if row.label == small), None)
    size = (
        f"a choice by {small} costs everyone {_amount(loss.difference, measure)} on average "
        f"against {reference}"
        if loss is not None
        else "one scheme alone was tried"
    )
    who = (
        f"; of {plural(len(groups), 'comparison')} with a choice by one group alone, "
        f"{'none shows' if not shown else f'{len(shown)} show'} a difference beyond chance"
        if groups
        else ""
    )
    return f"By {measure_name(measure.measure).lower()} ({region.label}), {size}{who}."


def _amount(value: float, measure: MeasureWelfare) -> str:
    if measure.limits == (0.0, 1.0):
        return f"{number(100 * value, 1)} points of the chance to be chosen"
    return f"{number(value, 1)} points"


def _reference(region: RegionWelfare, result: WelfareResult) -> str:
    outcomes = region.measures[0].panels[0].outcomes
    return next(one.label for one in outcomes if one.scheme == result.plan.reference)


def _smallest(region: RegionWelfare) -> str:
    return region.measures[0].panels[0].outcomes[0].label


def _welfare(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}"
    groups = [
        row
        for measure in region.measures
        for panel in measure.panels
        for row in panel.comparisons
        if row.by == "people"
    ]
    return Item(
        name=name,
        title=_welfare_title(region, groups),
        n=people_of(region, result),
        method=drawn(result) + tested(result),
        source=_SOURCES.get(region.id, "PRISM, Figure 5"),
        drawing=welfare_figure(
            name,
            tuple(measure.panels for measure in region.measures),
            result.plan.reference,
            tested=True,
        ),
        table=dominance_table(name, region),
        notes=_sorted_alone(groups),
    )


def _welfare_title(region: RegionWelfare, groups: Sequence[Comparison]) -> str:
    shown = sum(row.verdict == DOMINATES for row in groups)
    by_group = (
        f"; {shown} of {len(groups)} choices by one group alone are worse beyond chance"
        if groups
        else ""
    )
    return f"{region.label}: {_sizes(region)} worse for everyone{by_group}"


def _sorted_alone(groups: Sequence[Comparison]) -> tuple[str, ...]:
    if not groups:
        return ()
    called = sum(row.sorted_dominates for row in groups)
    return (
        f"Sorted draws alone, PRISM's relation, would have called {called} of the "
        f"{len(groups)} choices by one group dominated.",
        SHARED,
    )


def _sizes(region: RegionWelfare) -> str:
    """What is shown of smaller samples, for everyone, by all measures."""
    rows = [
        row
        for measure in region.measures
        for row in measure.panels[0].comparisons
        if row.by == "number"
    ]
    shown = sum(row.verdict == DOMINATES for row in rows)
    if rows and shown == len(rows):
        return "choices by fewer people are"
    return f"{shown} of {len(rows)} choices by fewer people are"


def _models(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}-models"
    measure = region.measures[-1]
    best = max((row for row in measure.models if row.n), key=lambda row: row.top)
    return Item(
        name=name,
        title=(
            f"{region.label}: {best.model} is the first choice of most, of {share(best.top)} of "
            "those who met it"
        ),
        n=people_of(region, result),
        method=(
            "Mean welfare, and the share of those who met a model for whom none that they met was "
            "better (people who met one only are left out), with "
            f"{result.resampling.level:.0%} intervals over resampled people. Rules: highest mean, "
            "most first choices, and the best mean of the worst-off group (max-min)."
        ),
        source="PRISM, section 3.3",
        table=models_table(name, region),
    )


def _harm(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}-harm"
    rows = [row for measure in region.measures for row in measure.harms]
    shown = list(dict.fromkeys(row.minority for row in rows if row.p < 0.05))
    title = (
        f"{region.label}: {listed(shown)} lose when the others alone choose"
        if shown
        else f"{region.label}: no minority loses more than chance explains"
    )
    groups = tuple((one.measure, one.harms) for one in region.measures if one.harms)
    return Item(
        name=name,
        title=title,
        n=people_of(region, result),
        method=(
            "Mean welfare of the minority when everybody may sit, less that when the others alone "
            f"do. Line: {result.resampling.level:.0%} interval over {number(result.n_resamples)} "
            "resamples of people, in which the loss by chance is counted in; grey band: what "
            f"{number(result.n_deals)} random deals of the labels give. p: one-sided, by the "
            "deals, corrected (Holm) over the minorities of a measure."
        ),
        source="PRISM, section 3.3",
        drawing=harm_figure(name, groups),
        table=harm_table(name, region),
        notes=(SHARED,),
    )


CHAPTER = Chapter(id="welfare", title="Welfare", compute=study_welfare, render=render)
