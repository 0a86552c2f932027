"""How conclusions move with analysts' choices."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.multiverse import GroupClaim, Multiverse, multiverse
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import listed, method_name, number, share
from manyvoices.report.multiverse_figures import claim_figure, influence_figure, order_figure
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.schema.wording import plural


def render(found: Multiverse) -> Section:
    """The chapter."""
    items = [_order_item(found), _conclusions_item(found), _influence_item(found)]
    if found.claim is not None and np.isfinite(found.claim.p).any():
        items.append(_claim_item(found, found.claim))
    title = _order_title(found)
    return Section(
        lead=(
            "Between ratings and an order of models lie choices that could have been others. "
            f"{plural(len(found.tau), 'analysis', 'analyses')} take every combination of them. "
            f"{title}."
        ),
        items=tuple(items),
        in_short=(f"Over {plural(len(found.tau), 'way', 'ways')} to analyse, {title}.",),
        notes=found.not_forks,
    )


def _order_title(found: Multiverse) -> str:
    model, lead = found.leaders[0]
    return (
        f"{model} leads in {share(lead)}; Kendall's tau with the default's order is "
        f"{_span(found)}, where 1 is the same order"
    )


def _span(found: Multiverse) -> str:
    known = found.tau[np.isfinite(found.tau)]
    low, middle = float(known.min()), float(np.median(known))
    return f"{number(middle, 2)} in the middle and at least {number(low, 2)}"


def _n(found: Multiverse) -> str:
    return (
        f"{plural(len(found.tau), 'analysis', 'analyses')}, {number(found.n_distinct)} of them "
        f"distinct, of {plural(found.n_scores, 'score')} by "
        f"{plural(found.n_people, 'person', 'people')}"
    )


def _ways(found: Multiverse) -> str:
    return "; ".join(
        f"{one.label.lower()}: " + listed([method_name(level) for level in one.levels], last="or")
        for one in found.choices
    )


def _order_item(found: Multiverse) -> Item:
    name, title = "multiverse-orders", _order_title(found)
    failed = int((~np.isfinite(found.tau)).sum())
    notes = (f"{plural(failed, 'analysis', 'analyses')} give no order.",) if failed else ()
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "Every combination of the choices (a multiverse, Steegen et al. 2016), in order of "
            "what it finds (a specification curve, Simonsohn et al. 2020). Below: how many of the "
            "analyses at that place had chosen so; full height is all of them. A choice that a "
            "method does not hear changes nothing there, and the analysis counts all the same. "
            f"The choices: {_ways(found)}. These are no intervals: every analysis has the same "
            "people."
        ),
        source="PRISM, appendix T (one choice at a time)",
        drawing=order_figure(
            name, found, f"{title}. Curve of {len(found.tau)} analyses with their choices below.",
        ),
        table=DataTable(
            name, "Who leads", ("Model", "Share of analyses"),
            tuple((model, share(part)) for model, part in found.leaders),
        ),
        notes=notes,
    )  # fmt: skip


def _conclusions_item(found: Multiverse) -> Item:
    shaky = [one for one in found.conclusions if one.share < 0.95]
    firm = len(found.conclusions) - len(shaky)
    title = f"{firm} of {len(found.conclusions)} conclusions hold in 95% of analyses or more"
    name = "multiverse-conclusions"
    rows = tuple(
        (one.text, share(one.share), "yes" if one.by_default else "no", number(one.n_unknown))
        for one in found.conclusions
    )
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "Share of the analyses in which a sentence is true; all count the same. The sentences "
            "are those of the default analysis."
        ),
        table=DataTable(
            name, "Conclusions", ("Conclusion", "Holds in", "By default", "Cannot say"), rows
        ),
    )


def _influence_item(found: Multiverse) -> Item:
    name, top = "multiverse-choices", found.influences[0]
    title = f"{top.label} moves the order most: {share(top.eta2)} of the variance of tau"
    rows = tuple(
        (one.label, method_name(level), number(mean, 3), share(one.eta2) if not place else "")
        for one in found.influences
        for place, (level, mean) in enumerate(one.levels)
    )
    rest = max(0.0, 1 - sum(one.eta2 for one in found.influences))
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "Variance of tau between the levels of a choice over all its variance (eta squared of "
            f"an analysis of variance). Choices together make up the remaining {share(rest)}."
        ),
        drawing=influence_figure(name, found, f"{title}. Bars for every choice, largest first."),
        table=DataTable(
            name, "Mean tau by choice", ("Choice", "Level", "Mean tau", "Share of variance"), rows
        ),
    )


def _claim_item(found: Multiverse, claim: GroupClaim) -> Item:
    name = "multiverse-groups"
    known = np.isfinite(claim.p)
    same = np.sign(claim.estimate[known]) == np.sign(claim.estimate[0])
    sure = float((same & (claim.p[known] < 0.05)).mean())
    title = f"That {claim.text} has p below 0.05 in {share(sure)} of analyses"
    return Item(
        name=name,
        title=title,
        n=_n(found),
        method=(
            "The surest difference between groups of the default analysis, in every analysis: "
            "models compared within people, errors clustered by person, 95% intervals. It was "
            "picked as the largest of many, so its p says less than it seems; see the chapter on "
            "open questions for all of them seen together."
        ),
        drawing=claim_figure(
            name, found, claim, f"{title}. Curve of estimates with intervals and choices below.",
        ),
    )  # fmt: skip


CHAPTER = Chapter("multiverse", "Analysts' choices", multiverse, render)
