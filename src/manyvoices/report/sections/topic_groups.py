"""Items on who writes about what: groups of people against topics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE
from manyvoices.analyse.topics import Prevalence, TopicsResult
from manyvoices.analyse.topics.prevalence import FALSE_SHARE
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.section import Item
from manyvoices.report.sections.topic_wording import cases, expected_share, hidden_topics
from manyvoices.report.topic_dots import shares_figure
from manyvoices.report.topic_figures import (
    coefficients_figure,
    counts_figure,
)
from manyvoices.report.topic_tables import (
    coefficients_table,
    counts_table,
    shares_table,
)
from manyvoices.schema.wording import plural


def shares_item(result: TopicsResult) -> Item:
    """Each group's share of each topic, beside the share expected."""
    name = "topics-shares"
    return Item(
        name=name,
        title=_shares_title(result),
        n=cases(result),
        method=(
            "Each dot is a topic: the share of its prompts that the group wrote. Upright line: the "
            f"share expected. {expected_share(result)}. Full dots: the interval of the ratio "
            f"leaves out 1. {intervals_made(result.resampling).capitalize()}; they cover who took "
            "part, not how prompts were put into topics. Cells of fewer than ten expected "
            f"prompts are not judged. Groups of fewer than {result.min_group} people are not shown."
        ),
        source="PRISM, Figure 26",
        drawing=shares_figure(result, name),
        table=shares_table(result, name),
        notes=_surest(result),
    )


def _shares_title(result: TopicsResult) -> str:
    n = sum(int(field.judged.sum()) for field in result.groups)
    apart = sum(int(field.apart.sum()) for field in result.groups)
    chance = (1 - result.resampling.level) * n
    return (
        f"{number(apart)} of {number(n)} shares of groups in topics are not what is expected, "
        f"where chance alone makes about {number(chance)}"
    )


def _surest(result: TopicsResult) -> tuple[str, ...]:
    """The surest over-representation of a group of people: the highest lower end."""
    best: tuple[float, str] | None = None
    for field in result.groups:
        low = np.where(field.apart, field.low, 0.0)
        if field.column == CONVERSATION_TYPE or low.max() <= 1:
            continue
        g, t = np.unravel_index(int(np.argmax(low)), low.shape)
        ends = interval(float(field.low[g, t]), float(field.high[g, t]), 1)
        words = (
            f"The surest among groups of people: on “{result.topics[t].name}”, "
            f"{field.label.lower()} “{field.levels[g]}” writes "
            f"{number(float(field.factor[g, t]), 1)} times as often as expected ({ends}); it was "
            "picked from all of them, so its interval is flattering."
        )
        if best is None or low[g, t] > best[0]:
            best = (float(low[g, t]), words)
    return (best[1],) if best else ()


def coefficients_item(result: TopicsResult, prevalence: Prevalence) -> Item:
    """Differences between groups with other attributes held fixed."""
    name = "topics-coefficients"
    shown = prevalence.shown
    found, n_tested = prevalence.found[shown], int((~np.isnan(prevalence.q[shown])).sum())
    return Item(
        name=name,
        title=(
            f"With other attributes held fixed, {number(int(found.sum()))} of "
            f"{plural(n_tested, 'difference')} between groups stand after correction"
        ),
        n=cases(result),
        method=_coefficients_method(result, prevalence),
        source="PRISM, Figures 3 and 23",
        drawing=coefficients_figure(result, prevalence, name),
        table=coefficients_table(result, prevalence, name),
        notes=(*_coefficients_notes(prevalence), *hidden_topics(result)),
    )


def _coefficients_method(result: TopicsResult, prevalence: Prevalence) -> str:
    starred = int(prevalence.starred[prevalence.shown].sum())
    n_tested = int((~np.isnan(prevalence.q[prevalence.shown])).sum())
    errors = "clustered by person (CR1)" if prevalence.errors == "cluster" else "HC1, as PRISM's"
    few = (
        f" Cells with fewer than {prevalence.min_expected:g} expected prompts are not tested: "
        "there robust errors come out far too small."
        if prevalence.min_expected
        else ""
    )
    return (
        "A linear probability model per topic: 1 if the prompt is on it, on all attributes "
        "together. Cells: percentage points against the base group (†: "
        f"{listed([base for _, base in prevalence.bases])}). Standard errors are {errors}; "
        f"{result.resampling.level:.0%} intervals in the table. Dots: below {FALSE_SHARE:.0%} "
        "after Benjamini–Hochberg correction for all tests; rings: p < 0.01 without it "
        f"({starred} in all, where chance alone makes about {n_tested / 100:.0f}).{few} Small "
        "groups and people who would rather not say are held fixed, not shown."
    )


def _coefficients_notes(prevalence: Prevalence) -> Iterator[str]:
    if prevalence.left_out:
        yield f"Left out because they repeat other columns: {listed(prevalence.left_out)}."
    r2 = prevalence.fit.r2
    yield (
        f"The attributes explain {share(float(np.nanmin(r2)))} to {share(float(np.nanmax(r2)))} of "
        "the variance of a topic: most of the choice of topic they leave open."
    )


def counts_item(result: TopicsResult) -> Item:
    """Numbers of prompts of each group on each topic."""
    field = max(result.groups, key=lambda field: float(np.nanmax(field.within)))
    g, t = np.unravel_index(int(np.nanargmax(field.within)), field.within.shape)
    return Item(
        name="topics-counts",
        title=(
            f"The most concentrated group: {share(float(field.within[g, t]))} of prompts of "
            f"{field.label.lower()} “{field.levels[g]}” are on “{result.topics[t].name}”"
        ),
        n=cases(result),
        method=(
            "Numbers: prompts of the group on the topic. Shades: their share of the group's "
            "prompts, to be compared along a row. Counts; no interval."
        ),
        source="PRISM, Figure 27",
        drawing=counts_figure(result, "topics-counts"),
        table=counts_table(result, "topics-counts"),
        notes=hidden_topics(result),
    )
