"""Tables of welfare: comparisons of schemes, models, hidden cells, minority harm."""

from __future__ import annotations

import math

from manyvoices.analyse.welfare.imputing import HoldOut
from manyvoices.analyse.welfare.result import (
    MeasureWelfare,
    MinorityHarm,
    Panel,
    RegionWelfare,
)
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, number, share
from manyvoices.report.welfare_figures import measure_name

Rows = list[tuple[str, ...]]


def digits(measure: MeasureWelfare | Panel) -> int:
    """Decimals that a measure bears: fewer on a scale of a hundred than on one of one."""
    top = measure.limits[1] if isinstance(measure, MeasureWelfare) else measure.best
    return 1 if top > 20 else 2 if top > 2 else 3


def p_value(p: float) -> str:
    """``.003``, ``< .001``; a dash where nothing was tested."""
    if math.isnan(p):
        return GAP
    return "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def dominance_table(name: str, region: RegionWelfare) -> DataTable:
    """Every scheme against the reference."""
    rows: Rows = []
    heads: list[int] = []
    for measure in region.measures:
        for panel in measure.panels:
            heads.append(len(rows))
            text = f"{measure_name(panel.measure)} of {panel.label} (n = {panel.n_people})"
            rows.append((text, *[""] * 8))
            rows += _compared(panel, digits(measure))
    return DataTable(
        name=name,
        title=f"{region.label}: the reference scheme against each other scheme",
        header=(
            "Scheme",
            "Mean welfare",
            "Reference gains",
            "Interval",
            "By lot",
            "Violation",
            "p, draws",
            "p, people",
            "Dominance (sorted draws | tested)",
        ),
        rows=tuple(rows),
        heads=frozenset(heads),
        note=(
            "Sorted draws: PRISM's relation. By lot: gains when labels of groups are dealt out at "
            "random. Violation: 0 = nowhere worse, 1 = nowhere better. p of draws: better at some "
            "level / worse at some level (Barrett & Donald); p of people: two-sided, corrected."
        ),
    )


def _compared(panel: Panel, places: int) -> Rows:
    by_scheme = {row.scheme: row for row in panel.comparisons}
    rows: Rows = []
    for one in panel.outcomes:
        row = by_scheme.get(one.scheme)
        if row is None:
            rows.append((one.label, number(one.mean, places), *["reference"], *[""] * 6))
            continue
        said = "yes" if row.sorted_dominates else "reverse" if row.sorted_dominated else "no"
        rows.append(
            (
                one.label,
                number(one.mean, places),
                number(row.difference, places),
                interval(row.low, row.high, places),
                interval(row.lot_low, row.lot_high, places),
                number(row.violation, 2),
                f"{p_value(row.p_draws_better)} / {p_value(row.p_draws_worse)}",
                p_value(row.p_people),
                f"{said} | {row.verdict}",
            )
        )
    return rows


def schemes_table(name: str, panels: tuple[Panel, ...], title: str) -> DataTable:
    """Distribution of welfare under each scheme, without tests (imputed tables)."""
    import numpy as np

    rows: Rows = []
    heads: list[int] = []
    for panel in panels:
        heads.append(len(rows))
        rows.append((f"{measure_name(panel.measure)} of {panel.label}", *[""] * 6))
        compared = {row.scheme: row for row in panel.comparisons}
        for one in panel.outcomes:
            low, middle, high = np.nanquantile(one.welfare, [0.05, 0.5, 0.95])
            row = compared.get(one.scheme)
            rows.append(
                (
                    one.label,
                    number(one.mean, digits(panel)),
                    number(low, digits(panel)),
                    number(middle, digits(panel)),
                    number(high, digits(panel)),
                    "reference" if row is None else number(row.violation, 2),
                    "" if row is None else "yes" if row.sorted_dominates else "no",
                )
            )
    header = ("Scheme", "Mean", "5%", "Median", "95%", "Violation", "Dominated (sorted draws)")
    return DataTable(name, title, header, tuple(rows), frozenset(heads))


def harm_table(name: str, region: RegionWelfare) -> DataTable:
    """What each minority loses when the others alone choose."""
    rows: Rows = []
    heads: list[int] = []
    for measure in region.measures:
        heads.append(len(rows))
        rows.append((measure_name(measure.measure), *[""] * 7))
        rows += [_harm(row, digits(measure)) for row in measure.harms]
    header = (
        "Minority",
        "People",
        "Who sits",
        "Everybody sits",
        "The others sit",
        "Lost (interval)",
        "By lot",
        "p",
    )
    return DataTable(name, f"{region.label}: minority harm", header, tuple(rows), frozenset(heads))


def _harm(row: MinorityHarm, places: int) -> tuple[str, ...]:
    return (
        row.minority,
        number(row.n_minority),
        row.majority,
        number(row.representative, places),
        number(row.alone, places),
        f"{number(row.loss, places)} ({interval(row.low, row.high, places)})",
        interval(row.lot_low, row.lot_high, places),
        p_value(row.p),
    )


def models_table(name: str, region: RegionWelfare, *, most: int = 8) -> DataTable:
    """The best models of each measure, and what three rules would choose."""
    rows: Rows = []
    heads: list[int] = []
    for measure in region.measures:
        heads.append(len(rows))
        rows.append((measure_name(measure.measure), *[""] * 6))
        places = digits(measure)
        named = {
            "mean": measure.rules.by_mean,
            "first choice": measure.rules.by_top,
            "worst-off": measure.rules.by_worst,
        }
        for row in measure.models:
            rules = [rule for rule, model in named.items() if model == row.model]
            if row in measure.models[:most] or rules:
                rows.append(
                    (
                        row.model,
                        number(row.n),
                        f"{number(row.mean, places)} ({interval(row.low, row.high, places)})",
                        f"{share(row.top)} ({share(row.top_low)}–{share(row.top_high)})",
                        number(row.worst, places),
                        row.worst_group,
                        ", ".join(rules),
                    )
                )
    header = (
        "Model",
        "People",
        "Mean welfare",
        "None was better for",
        "Worst-off group",
        "Which group",
        "Chosen by",
    )
    return DataTable(name, f"{region.label}: models", header, tuple(rows), frozenset(heads))


def hold_out_table(name: str, found: tuple[HoldOut, ...]) -> DataTable:
    """Errors of guesses of hidden cells."""
    rows: Rows = []
    heads: list[int] = []
    for one in found:
        heads.append(len(rows))
        text = f"{measure_name(one.measure)}, {number(one.n_hidden)} hidden cells"
        rows.append((text, number(one.sd, 3), "", ""))
        for guess in one.guesses:
            change = 1 - guess.rmse / one.guesses[0].rmse
            rows.append(
                (
                    guess.name,
                    number(guess.rmse, 3),
                    f"{number(100 * change, 1)}%",
                    "" if guess is one.guesses[0] else interval(guess.low, guess.high, 3),
                )
            )
    header = (
        "Guess",
        "RMSE (head: sd)",
        "Less than models' means",
        "Change of squared error",
    )
    return DataTable(name, "Hidden cells, guessed", header, tuple(rows), frozenset(heads))


def pooled_table(name: str, region: RegionWelfare, *, most: int = 5) -> DataTable:
    """The best models by observed cells, and by several imputed tables."""
    rows: Rows = []
    heads: list[int] = []
    for measure in region.measures:
        if measure.pooled is None:
            continue
        heads.append(len(rows))
        rows.append((measure_name(measure.measure), *[""] * 3))
        place = {model: number for number, model in enumerate(measure.pooled.models)}
        for row in measure.models[:most]:
            at, pooled, n = place[row.model], measure.pooled, digits(measure)
            rows.append(
                (
                    row.model,
                    f"{number(row.mean, n)} ({interval(row.low, row.high, n)})",
                    f"{number(float(pooled.mean[at]), n)} "
                    f"({interval(float(pooled.low[at]), float(pooled.high[at]), n)})",
                    share(float(pooled.missing[at])),
                )
            )
    header = ("Model", "Met", "Everybody, imputed", "Uncertainty due to gaps")
    title = f"{region.label}: mean welfare with gaps filled several times"
    return DataTable(name, title, header, tuple(rows), frozenset(heads))
