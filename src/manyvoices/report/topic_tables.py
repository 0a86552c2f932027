"""Tables of topics: all numbers that the figures show by shade."""

from __future__ import annotations

import math
from itertools import zip_longest

from manyvoices.analyse.topics import Prevalence, Topic, TopicsResult
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, number, share


def sizes_table(result: TopicsResult, name: str) -> DataTable:
    """Every topic with its prompts and people, the outliers last."""
    rows = [
        (
            str(topic.number), topic.name, number(topic.n_texts),
            share(topic.n_texts / result.n_texts), number(topic.n_people),
            number(topic.n_texts / topic.n_people, 2), ", ".join(topic.words),
        )
        for topic in result.topics
    ]  # fmt: skip
    outliers = ("", "(in no topic)", number(result.n_outliers),
                share(result.n_outliers / result.n_texts), "", "", "")  # fmt: skip
    header = ("No.", "Topic", "Prompts", "Share", "People", "Prompts per person", "Top words")
    return DataTable(name, "", header, (*rows, outliers))


def shares_table(result: TopicsResult, name: str) -> DataTable:
    """For each group and topic its share against what is expected."""
    rows = []
    for field in result.groups:
        for g, level in enumerate(field.levels):
            for t, topic in enumerate(result.topics):
                ends = interval(float(field.low[g, t]), float(field.high[g, t]), 2)
                rows.append((
                    field.label, level, _named(topic), number(field.counts[g, t]),
                    number(field.authors[g, t]), share(float(field.share[g, t])),
                    share(float(field.expected[g])), number(float(field.factor[g, t]), 2), ends,
                ))  # fmt: skip
    header = ("Field", "Group", "Topic", "Prompts", "People", "Share of topic", "Expected",
              "Factor", "Interval")  # fmt: skip
    return DataTable(name, "", header, tuple(rows))


def coefficients_table(result: TopicsResult, prevalence: Prevalence, name: str) -> DataTable:
    """Every coefficient of a group that is shown, in percentage points."""
    labels = {field.column: field.label for field in result.groups}
    fit, shown = prevalence.fit, prevalence.shown
    rows = []
    for k, term in enumerate(prevalence.terms):
        if not shown[k]:
            continue
        for t, topic in enumerate(result.topics):
            low, high = (100 * float(edge[k, t]) for edge in (fit.low, fit.high))
            rows.append((
                labels.get(term.column, term.column), term.level, _named(topic),
                number(100 * float(fit.coef[k, t]), 2), interval(low, high, 2),
                _p(float(fit.p[k, t])), _p(float(prevalence.q[k, t])),
                number(float(prevalence.expected[k, t]), 1),
            ))  # fmt: skip
    header = ("Field", "Group", "Topic", "Points", "Interval", "p", "q (corrected)",
              "Expected prompts")  # fmt: skip
    return DataTable(name, "", header, tuple(rows))


def counts_table(result: TopicsResult, name: str) -> DataTable:
    """Groups by topics: prompts."""
    header = ("Group", "All prompts", *(_named(topic) for topic in result.topics))
    rows: list[tuple[str, ...]] = []
    heads = set()
    for field in result.groups:
        heads.add(len(rows))
        rows.append((field.label, *[""] * (len(header) - 1)))
        for g, level in enumerate(field.levels):
            counts = (number(n) for n in field.counts[g])
            rows.append((level, number(field.totals[g]), *counts))
    return DataTable(name, "", header, tuple(rows), heads=frozenset(heads))


def outline_table(result: TopicsResult, name: str) -> DataTable:
    """Table 22's texts: at the centre of each topic and at its edge, a pair per row."""
    rows = []
    for topic in result.topics:
        pairs = zip_longest(topic.closest, topic.furthest, fillvalue="")
        rows += [(_named(topic), str(i), near, far) for i, (near, far) in enumerate(pairs, start=1)]
    header = ("Topic", "Place", "Closest to the centre", "Furthest from it")
    return DataTable(name, "", header, tuple(rows))


def _named(topic: Topic) -> str:
    return f"{topic.number} {topic.name}"


def _p(value: float) -> str:
    """``0.012``, ``<0.001``, or a dash where nothing was tested."""
    if math.isnan(value):
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"
