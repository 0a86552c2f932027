"""What people chose to talk about, and who writes about what (PRISM, section 3.1, appendix R)."""

from __future__ import annotations

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE
from manyvoices.analyse.topics import Prevalence, Topic, TopicsResult, topics_of
from manyvoices.analyse.topics.prevalence import FALSE_SHARE
from manyvoices.report.formats import interval, listed, number, plural, ranks, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.topic_figures import (
    MAX_SHOWN,
    authors_figure,
    coefficients_figure,
    counts_figure,
    map_figure,
    shares_figure,
    sizes_figure,
)
from manyvoices.report.topic_tables import (
    coefficients_table,
    counts_table,
    outline_table,
    shares_table,
    sizes_table,
)


def render(result: TopicsResult) -> Section:
    """The chapter."""
    first = result.topics[0]
    items = [_sizes(result), _map(result), _authors(result), _outline(result)]
    if result.groups:
        items[1:1] = [_shares(result), _counts(result)]
    if result.prevalence is not None:
        items.insert(2, _coefficients(result, result.prevalence))
    outside = share(result.n_outliers / result.n_texts)
    lead = (
        f"{_n(result)} fall into {plural(len(result.topics), 'topic')}; {outside} belong to none. "
        f"The largest is “{first.name}”. {_stability(result)}"
    )
    short = (
        f"People wrote on {plural(len(result.topics), 'topic')}, most on “{first.name}” "
        f"({share(first.n_texts / result.n_texts)} of opening prompts)."
    )
    notes = [f"Topics were not regressed on groups. {result.why_none}"] if result.why_none else []
    return Section(lead=lead, items=tuple(items), in_short=(short,), notes=tuple(notes))


def _stability(result: TopicsResult) -> str:
    """How far other seeds agree; always said where topics are shown."""
    found = result.stability
    if not found.agreement:
        return "How far another seed would have changed them was not tried."
    low, high = min(found.agreement), max(found.agreement)
    reach = f" ({interval(low, high, 2)})" if len(found.agreement) > 1 else ""
    return (
        f"{plural(len(found.agreement), 'further seed')} agreed with this clustering to an "
        f"adjusted Rand index of {number(found.mean, 2)}{reach}, where 1 is the same, and found "
        f"{ranks(min(found.n_topics), max(found.n_topics))} topics: read a topic's edges as "
        "uncertain."
    )


def _n(result: TopicsResult) -> str:
    return (
        f"{plural(result.n_texts, 'opening prompt')} of "
        f"{plural(result.n_people, 'person', 'people')}"
    )


def _clustered(result: TopicsResult) -> str:
    made = result.settings
    named = f"named by the model {result.named_by}" if result.named_by else "named by their words"
    return (
        f"Prompts are embedded ({result.embedder}), reduced to {made.dimension} dimensions by UMAP "
        f"(cosine, {made.n_neighbors} neighbours, minimal distance {made.min_dist:g}, seed "
        f"{made.seed}) and clustered by HDBSCAN (at least {made.min_cluster_size} prompts); topics "
        f"are {named}."
    )


def _more(result: TopicsResult) -> tuple[str, ...]:
    hidden = len(result.topics) - MAX_SHOWN
    return (f"{plural(hidden, 'smaller topic')} only in the table.",) if hidden > 0 else ()


def _base(result: TopicsResult) -> str:
    what = "people" if any(field.base == "people" for field in result.groups) else "all prompts"
    return f"Expected is the group's share of {what}"


def _sizes(result: TopicsResult) -> Item:
    first, rest = result.topics[0], result.n_outliers / result.n_texts
    name = "topics-prevalence"
    dots = (
        "Dots: the difference also stands in the regression with all other attributes held fixed. "
        if result.prevalence is not None
        else ""
    )
    shades = (
        f"Shades: the group's share of a topic over its expected share. {_base(result)}. {dots}"
        if result.groups
        else ""
    )
    return Item(
        name=name,
        title=(
            f"“{first.name}” is the largest of {plural(len(result.topics), 'topic')}, with "
            f"{share(first.n_texts / result.n_texts)} of prompts; {share(rest)} are in none"
        ),
        n=_n(result),
        method=f"{_clustered(result)} {_stability(result)} {shades}".strip(),
        source="PRISM, Figure 3",
        drawing=sizes_figure(result, name),
        table=sizes_table(result, name),
        notes=_more(result),
    )


def _shares(result: TopicsResult) -> Item:
    name = "topics-shares"
    return Item(
        name=name,
        title=_shares_title(result),
        n=_n(result),
        method=(
            "Each dot is a topic: the share of its prompts that the group wrote. Upright line: the "
            f"share expected. {_base(result)}. Full dots: the interval of the ratio leaves out 1. "
            f"{intervals_made(result.resampling).capitalize()}; they cover who took part, not how "
            "prompts were put into topics. Cells of fewer than ten expected prompts are not "
            f"judged. Groups of fewer than {result.min_group} people are not shown."
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


def _coefficients(result: TopicsResult, prevalence: Prevalence) -> Item:
    name = "topics-coefficients"
    shown = prevalence.shown
    found, starred = prevalence.found[shown], prevalence.starred[shown]
    tested = ~np.isnan(prevalence.q[shown])
    n_tested = int(tested.sum())
    bases = listed([base for _, base in prevalence.bases])
    errors = "clustered by person (CR1)" if prevalence.errors == "cluster" else "HC1, as PRISM's"
    few = (
        f" Cells with fewer than {prevalence.min_expected:g} expected prompts are not tested: "
        "there robust errors come out far too small."
        if prevalence.min_expected
        else ""
    )
    notes = [
        f"Left out because they repeat other columns: {listed(prevalence.left_out)}."
    ] if prevalence.left_out else []  # fmt: skip
    r2 = prevalence.fit.r2
    notes.append(
        f"The attributes explain {share(float(np.nanmin(r2)))} to {share(float(np.nanmax(r2)))} of "
        "the variance of a topic: most of the choice of topic they leave open."
    )
    return Item(
        name=name,
        title=(
            f"With other attributes held fixed, {number(int(found.sum()))} of "
            f"{plural(n_tested, 'difference')} between groups stand after correction"
        ),
        n=_n(result),
        method=(
            "A linear probability model per topic: 1 if the prompt is on it, on all attributes "
            f"together. Cells: percentage points against the base group (†: {bases}). Standard "
            f"errors are {errors}; {result.resampling.level:.0%} intervals in the table. Dots: "
            f"below {FALSE_SHARE:.0%} after Benjamini–Hochberg correction for all tests; rings: "
            f"p < 0.01 without it ({int(starred.sum())} in all, where chance alone makes about "
            f"{n_tested / 100:.0f}).{few} Small groups and people who would rather not say are "
            "held fixed, not shown."
        ),
        source="PRISM, Figures 3 and 23",
        drawing=coefficients_figure(result, prevalence, name),
        table=coefficients_table(result, prevalence, name),
        notes=(*notes, *_more(result)),
    )


def _map(result: TopicsResult) -> Item:
    inside = result.n_texts - result.n_outliers
    return Item(
        name="topics-map",
        title=f"{plural(len(result.topics), 'topic')} in a plane",
        n=f"{plural(inside, 'prompt')} that are in a topic",
        method=(
            "UMAP to two dimensions, made apart from the clustering. What is near is alike; "
            "distances between clouds mean little. At most 1,500 prompts drawn by lot are shown; "
            "numbers are those of the list of topics."
        ),
        source="PRISM, Figure 24",
        drawing=map_figure(result, "topics-map"),
    )


def _authors(result: TopicsResult) -> Item:
    def per_person(topic: Topic) -> float:
        return topic.n_texts / topic.n_people

    most = max(result.topics, key=per_person)
    return Item(
        name="topics-authors",
        title=(
            f"People return most often to “{most.name}”: {number(per_person(most), 2)} prompts per "
            "person who wrote on it"
        ),
        n=_n(result),
        method="Counts; no interval. A topic that a few people fill would show a long bar.",
        source="PRISM, Figure 25",
        drawing=authors_figure(result, "topics-authors"),
        table=sizes_table(result, "topics-authors"),
        notes=_more(result),
    )


def _counts(result: TopicsResult) -> Item:
    field = max(result.groups, key=lambda field: float(np.nanmax(field.within)))
    g, t = np.unravel_index(int(np.nanargmax(field.within)), field.within.shape)
    return Item(
        name="topics-counts",
        title=(
            f"The most concentrated group: {share(float(field.within[g, t]))} of prompts of "
            f"{field.label.lower()} “{field.levels[g]}” are on “{result.topics[t].name}”"
        ),
        n=_n(result),
        method=(
            "Numbers: prompts of the group on the topic. Shades: their share of the group's "
            "prompts, to be compared along a row. Counts; no interval."
        ),
        source="PRISM, Figure 27",
        drawing=counts_figure(result, "topics-counts"),
        table=counts_table(result, "topics-counts"),
        notes=_more(result),
    )


def _outline(result: TopicsResult) -> Item:
    formula = (
        "ln(prompts / count), as PRISM's code"
        if result.compat == "prism"
        else "ln(1 + words per topic / count)"
    )
    return Item(
        name="topics-outline",
        title="What each topic is made of",
        n=_n(result),
        method=(
            "Top words stand in the table of sizes: words and pairs of words by c-TF-IDF, share in "
            f"the topic times {formula}. Here: different prompts closest to and furthest from the "
            "topic's mean in the space that was clustered, cut to 160 characters. They are "
            "people's own words, and nothing was taken out."
        ),
        source="PRISM, Table 22",
        table=outline_table(result, "topics-outline"),
    )


CHAPTER = Chapter("topics", "Topics", topics_of, render)
