"""What people chose to talk about, and who writes about what (PRISM, section 3.1, appendix R)."""

from __future__ import annotations

from manyvoices.analyse.topics import Topic, TopicsResult, topics_of
from manyvoices.report.formats import interval, number, ranks, share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.topic_groups import coefficients_item, counts_item, shares_item
from manyvoices.report.sections.topic_wording import cases, expected_share, hidden_topics
from manyvoices.report.topic_dots import authors_figure
from manyvoices.report.topic_figures import (
    sizes_figure,
)
from manyvoices.report.topic_map import map_figure
from manyvoices.report.topic_tables import (
    outline_table,
    sizes_table,
)
from manyvoices.schema.wording import plural


def render(result: TopicsResult) -> Section:
    """The chapter."""
    first = result.topics[0]
    items = [_sizes(result), _map(result), _authors(result), _outline(result)]
    if result.groups:
        items[1:1] = [shares_item(result), counts_item(result)]
    if result.prevalence is not None:
        items.insert(2, coefficients_item(result, result.prevalence))
    outside = share(result.n_outliers / result.n_texts)
    lead = (
        f"{cases(result)} fall into {plural(len(result.topics), 'topic')}; {outside} belong to "
        f"none. The largest is “{first.name}”. {_stability(result)}"
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


def _clustered(result: TopicsResult) -> str:
    made = result.settings
    named = f"named by the model {result.named_by}" if result.named_by else "named by their words"
    return (
        f"Prompts are embedded ({result.embedder}), reduced to {made.dimension} dimensions by UMAP "
        f"(cosine, {made.n_neighbors} neighbours, minimal distance {made.min_dist:g}, seed "
        f"{made.seed}) and clustered by HDBSCAN (at least {made.min_cluster_size} prompts); topics "
        f"are {named}."
    )


def _sizes(result: TopicsResult) -> Item:
    first, rest = result.topics[0], result.n_outliers / result.n_texts
    name = "topics-prevalence"
    dots = (
        "Dots: the difference also stands in the regression with all other attributes held fixed. "
        if result.prevalence is not None
        else ""
    )
    shades = (
        "Shades: the group's share of a topic over its expected share. "
        f"{expected_share(result)}. {dots}"
        if result.groups
        else ""
    )
    return Item(
        name=name,
        title=(
            f"“{first.name}” is the largest of {plural(len(result.topics), 'topic')}, with "
            f"{share(first.n_texts / result.n_texts)} of prompts; {share(rest)} are in none"
        ),
        n=cases(result),
        method=f"{_clustered(result)} {_stability(result)} {shades}".strip(),
        source="PRISM, Figure 3",
        drawing=sizes_figure(result, name),
        table=sizes_table(result, name),
        notes=hidden_topics(result),
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
        n=cases(result),
        method="Counts; no interval. A topic that a few people fill would show a long bar.",
        source="PRISM, Figure 25",
        drawing=authors_figure(result, "topics-authors"),
        table=sizes_table(result, "topics-authors"),
        notes=hidden_topics(result),
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
        n=cases(result),
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
