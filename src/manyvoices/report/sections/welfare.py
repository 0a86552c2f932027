"""Who is asked, and what that brings to whom (PRISM, section 3.3 and appendix U)."""

from __future__ import annotations

from manyvoices.analyse.welfare.experiment import study_welfare
from manyvoices.analyse.welfare.result import (
    DOMINATES,
    MeasureWelfare,
    RegionWelfare,
    WelfareResult,
)
from manyvoices.report.formats import listed, number, plural, share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.welfare_figures import harm_figure, measure_name, welfare_figure
from manyvoices.report.welfare_tables import (
    dominance_table,
    harm_table,
    hold_out_table,
    models_table,
    pooled_table,
    schemes_table,
)

_SOURCES = {"us": "PRISM, Figure 5", "uk": "PRISM, Figure 38"}
_SHARED = (
    "The people whose welfare is measured are also among those who sit when everybody may, so "
    "everybody's choice suits them better by chance alone; deals of the labels show by how much."
)


def render(result: WelfareResult) -> Section:
    """The chapter."""
    items: list[Item] = []
    for region in result.regions:
        items += [_welfare(result, region), _models(result, region)]
        if any(measure.harms for measure in region.measures):
            items.append(_harm(result, region))
        if region.imputed:
            items += [_imputed(result, region), _pooled(result, region)]
    if result.hold_outs:
        items.append(_hold_out(result))
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


def _drawn(result: WelfareResult) -> str:
    return (
        f"{number(result.n_draws)} samples per scheme, drawn with replacement; each takes the "
        "model with the highest mean among those who met it (ties by lot). Bubbles: mean welfare "
        "of the population under the models chosen, by how often they were chosen; dot: the mean. "
    )


def _tested(result: WelfareResult) -> str:
    return (
        "Dominated: the other scheme is better at some level and worse at none, over draws "
        "(Barrett & Donald 2003), and other people would have said the same: "
        f"{number(result.n_deals)} deals of the labels among people, or "
        f"{number(result.n_resamples)} resamples of people where only the number of seats differs; "
        "Holm's correction over all comparisons of a measure at .05. "
        f"{result.resampling.level:.0%} intervals of differences are percentiles of the resamples."
    )


def _people(region: RegionWelfare, result: WelfareResult) -> str:
    missing = region.measures[0].share_missing
    return (
        f"{plural(region.n_people, 'person', 'people')}, {plural(result.n_models, result.noun)}; "
        f"{share(missing)} of the pairs never met"
    )


def _welfare(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}"
    groups = [
        row
        for measure in region.measures
        for panel in measure.panels
        for row in panel.comparisons
        if row.by == "people"
    ]
    shown = sum(row.verdict == DOMINATES for row in groups)
    called = sum(row.sorted_dominates for row in groups)
    by_group = (
        f"; {shown} of {len(groups)} choices by one group alone are worse beyond chance"
        if groups
        else ""
    )
    title = f"{region.label}: {_sizes(region)} worse for everyone{by_group}"
    notes = (
        (
            f"Sorted draws alone, PRISM's relation, would have called {called} of the "
            f"{len(groups)} choices by one group dominated.",
            _SHARED,
        )
        if groups
        else ()
    )
    return Item(
        name=name,
        title=title,
        n=_people(region, result),
        method=_drawn(result) + _tested(result),
        source=_SOURCES.get(region.id, "PRISM, Figure 5"),
        drawing=welfare_figure(
            name,
            tuple(measure.panels for measure in region.measures),
            result.plan.reference,
            tested=True,
        ),
        table=dominance_table(name, region),
        notes=notes,
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
        n=_people(region, result),
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
        n=_people(region, result),
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
        notes=(_SHARED,),
    )


def _imputed(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}-imputed"
    panels = tuple(panel for row in region.imputed for panel in row)
    before = [row for m in region.measures for panel in m.panels for row in panel.comparisons]
    after = [row for panel in panels for row in panel.comparisons]
    same = sum(a.sorted_dominates == b.sorted_dominates for a, b in zip(before, after, strict=True))
    return Item(
        name=name,
        title=(
            f"{region.label}, gaps filled in: {same} of {len(after)} comparisons of sorted draws "
            "come out the same"
        ),
        n=_people(region, result),
        method=(
            _drawn(result)
            + f"Gaps are filled once (IterativeImputer, seed 1, over {number(result.n_people)} "
            "people; clipped to the scale) and taken as seen, as PRISM did; dominance is that of "
            "sorted draws, without tests over people."
        ),
        source="PRISM, Figure 39",
        drawing=welfare_figure(name, region.imputed, result.plan.reference, tested=False),
        table=schemes_table(name, panels, f"{region.label}: welfare with gaps filled in"),
    )


def _pooled(result: WelfareResult, region: RegionWelfare) -> Item:
    name = f"welfare-{region.id}-pooled"
    measure = region.measures[-1]
    assert measure.pooled is not None
    place = {model: number for number, model in enumerate(measure.pooled.models)}
    best = measure.models[0]
    filled = float(measure.pooled.mean[place[best.model]])
    digits = 3 if measure.limits[1] <= 1 else 1
    return Item(
        name=name,
        title=(
            f"{region.label}: with all gaps filled, {best.model} has a mean "
            f"{measure_name(measure.measure).lower()} of {number(filled, digits)}, against "
            f"{number(best.mean, digits)} among those who met it"
        ),
        n=_people(region, result),
        method=(
            f"Gaps are drawn {measure.pooled.n_tables} times from what the imputer leaves open; "
            "means are combined by Rubin's rules (1987), which add the doubt about the gaps to "
            f"that about people ({result.resampling.level:.0%} intervals). Those who met a model: "
            "intervals over resampled people."
        ),
        source="PRISM, appendix U.3",
        table=pooled_table(name, region),
    )


def _hold_out(result: WelfareResult) -> Item:
    name = "welfare-holdout"
    parts = [
        f"{measure_name(one.measure).lower()}: imputing "
        + ("came closer than" if one.helped else "was no better than")
        + " models' means"
        for one in result.hold_outs
    ]
    first = result.hold_outs[0]
    closer = [measure_name(h.measure).lower() for h in result.hold_outs if not h.beat_additive]
    notes = (
        (f"By {listed(closer)}, adding a person's mean to a model's came closer than imputing.",)
        if closer
        else ()
    )
    return Item(
        name=name,
        title=f"Of cells that were hidden, by {', by '.join(parts)}",
        n=(
            f"{number(first.n_hidden)} hidden cells in {plural(first.n_rounds, 'round')}, a tenth "
            "of what people said each time"
        ),
        method=(
            "RMSE of three guesses. Change of squared error: against models' means, with "
            f"{result.resampling.level:.0%} intervals over resampled people; below 0 is closer."
        ),
        table=hold_out_table(name, result.hold_outs),
        notes=notes,
    )


CHAPTER = Chapter(id="welfare", title="Welfare", compute=study_welfare, render=render)
