"""Items on the gaps: what welfare becomes when the ratings that nobody gave are filled in."""

from __future__ import annotations

from manyvoices.analyse.welfare.result import (
    RegionWelfare,
    WelfareResult,
)
from manyvoices.report.formats import listed, number
from manyvoices.report.section import Item
from manyvoices.report.sections.welfare_wording import drawn, people_of
from manyvoices.report.welfare_figures import measure_name, welfare_figure
from manyvoices.report.welfare_tables import (
    hold_out_table,
    pooled_table,
    schemes_table,
)
from manyvoices.schema.wording import plural


def imputed_item(result: WelfareResult, region: RegionWelfare) -> Item:
    """Welfare with every gap filled once, as PRISM did."""
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
        n=people_of(region, result),
        method=(
            drawn(result)
            + f"Gaps are filled once (IterativeImputer, seed 1, over {number(result.n_people)} "
            "people; clipped to the scale) and taken as seen, as PRISM did; dominance is that of "
            "sorted draws, without tests over people."
        ),
        source="PRISM, Figure 39",
        drawing=welfare_figure(name, region.imputed, result.plan.reference, tested=False),
        table=schemes_table(name, panels, f"{region.label}: welfare with gaps filled in"),
    )


def pooled_item(result: WelfareResult, region: RegionWelfare) -> Item:
    """Means with gaps filled many times, and the doubt about them."""
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
        n=people_of(region, result),
        method=(
            f"Gaps are drawn {measure.pooled.n_tables} times from what the imputer leaves open; "
            "means are combined by Rubin's rules (1987), which add the doubt about the gaps to "
            f"that about people ({result.resampling.level:.0%} intervals). Those who met a model: "
            "intervals over resampled people."
        ),
        source="PRISM, appendix U.3",
        table=pooled_table(name, region),
    )


def hold_out_item(result: WelfareResult) -> Item:
    """How close imputing comes to ratings that were hidden."""
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
