"""Tables of scale use and of attributes."""

from __future__ import annotations

import math

from manyvoices.analyse.scale_use import AttributeStudy, Correlations, ScoreHabits
from manyvoices.analyse.scale_use.turns import Level
from manyvoices.report.correlation_figures import KINDS
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, number, share

Rows = list[tuple[str, ...]]


def turns_table(name: str, scores: ScoreHabits) -> DataTable:
    """Counts and levels turn by turn."""
    rows: Rows = [
        (
            str(row.turn),
            number(row.n_people),
            number(row.n_conversations),
            number(row.n_ended),
            _level(row.mean),
            number(row.mean.sd, 1),
            _level(row.range),
            number(row.range.sd, 1),
        )
        for row in scores.turns
    ]
    header = (
        "Turn",
        "People",
        "Conversations at least as long",
        "Of exactly this length",
        "Mean score (interval)",
        "sd",
        "Range (interval)",
        "sd of ranges",
    )
    return DataTable(name, "Turn by turn", header, tuple(rows))


def _level(one: Level) -> str:
    return f"{number(one.mean, 1)} ({interval(one.low, one.high, 1)})"


def normalised_table(name: str, scores: ScoreHabits) -> DataTable:
    """Shapes of the three distributions, and pile-ups."""
    rows: Rows = [
        (one.name, number(one.n), number(one.mean, 2), number(one.sd, 2), number(one.skew, 2), "")
        for one in scores.histograms
    ]
    rows += [
        (
            f"exactly {one.value} ({one.what})",
            number(scores.n_scores * one.share),
            "",
            "",
            "",
            f"{share(one.share)} ({share(one.low)}–{share(one.high)}); beside it "
            f"{share(one.around)}",
        )
        for one in scores.spikes
    ]
    header = ("Scores", "n", "Mean", "sd", "Skew", "Share (interval)")
    return DataTable(name, "Raw and normalised scores", header, tuple(rows))


def habits_table(name: str, scores: ScoreHabits) -> DataTable:
    """Habits in openers and continuers, person by person."""
    rows: Rows = [
        (
            one.what,
            number(one.n),
            number(one.openers, 1),
            number(one.continuers, 1),
            f"{number(one.difference, 1)} ({interval(one.low, one.high, 1)})",
        )
        for one in scores.contrasts
    ]
    header = ("Of a person", "People", "Openers", "Continuers", "Difference (interval)")
    return DataTable(name, "Where on the scale, and how much of it", header, tuple(rows))


def groups_table(name: str, scores: ScoreHabits) -> DataTable:
    """Opening scores and habits of groups."""
    rows: Rows = []
    heads = []
    for field in scores.fields:
        heads.append(len(rows))
        tested = f"p {_p(field.p_centrality)}", f"p {_p(field.p_expressivity)}"
        rows.append((field.label, "", "", "", "", *tested))
        rows += [
            (
                group.label,
                number(group.n_people),
                number(group.n),
                f"{number(group.mean, 1)} ({interval(group.low, group.high, 1)})",
                number(group.median),
                f"{number(group.centrality.mean, 1)} "
                f"({interval(group.centrality.low, group.centrality.high, 1)})",
                f"{number(group.expressivity.mean, 1)} "
                f"({interval(group.expressivity.low, group.expressivity.high, 1)})",
            )
            for group in field.groups
        ]
        if field.hidden:
            few = ", ".join(f"{label} ({n})" for label, n in field.hidden)
            rows.append((f"not shown, too few: {few}", *[GAP] * 6))
    header = (
        "Group",
        "People",
        "Scores",
        "Mean score (interval)",
        "Median",
        "Centrality of persons",
        "Expressivity of persons",
    )
    note = "p: Kruskal and Wallis on persons, corrected (Holm) over the fields."
    return DataTable(
        name, "Opening scores by group", header, tuple(rows), frozenset(heads), note=note
    )


def _p(p: float) -> str:
    return GAP if math.isnan(p) else "< .001" if p < 0.001 else f"{p:.2f}".lstrip("0") or "0"


def attributes_table(name: str, study: AttributeStudy) -> DataTable:
    """Quartiles and missing values of every attribute; means as `analyse.attributes` has them."""
    kinds = {"survey": "stated"}
    means = {
        (kinds.get(block.kind, block.kind), item.id): item
        for block in study.blocks
        for item in block.items
    }
    rows: Rows = []
    for one in study.attributes:
        item = means.get((one.block, one.id))
        rows.append(
            (
                one.name,
                number(one.n),
                GAP if item is None else share(item.not_applicable.share),
                share(one.missing),
                GAP
                if item is None
                else f"{number(item.mean, 1)} ({interval(item.low, item.high, 1)})",
                number(one.q25),
                number(one.median),
                number(one.q75),
            )
        )
    header = (
        "Attribute",
        "Values",
        "Does not apply",
        "No value at all",
        "Mean (interval)",
        "25%",
        "Median",
        "75%",
    )
    return DataTable(name, "Attributes", header, tuple(rows))


def correlations_table(name: str, study: AttributeStudy) -> DataTable:
    """Every two attributes, in the three ways."""
    rows: Rows = []
    order = list(study.order)
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            cells = [_cell(getattr(study, kind), i, j) for kind in KINDS]
            rows.append((study.attributes[i].name, study.attributes[j].name, *cells))
    header = ("Attribute", "With", "Between people", "Within people", "Pooled (PRISM's figure)")
    return DataTable(
        name,
        "Correlations of attributes, in three ways",
        header,
        tuple(rows),
        note="r (interval); a dash where one of the two does not vary.",
    )


def _cell(found: Correlations, i: int, j: int) -> str:
    r = float(found.r[i, j])
    if math.isnan(r):
        return GAP
    return f"{number(r, 2)} ({interval(float(found.low[i, j]), float(found.high[i, j]), 2)})"
