"""Items on the words that tell groups, and data sets, apart."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.language_use import (
    Elsewhere,
    FieldWords,
    Words,
)
from manyvoices.report.formats import listed, number
from manyvoices.report.section import Item
from manyvoices.report.word_figures import (
    elsewhere_figure,
    groups_figure,
)
from manyvoices.report.word_tables import (
    elsewhere_table,
    groups_table,
)

_ODDS = (
    "Log-odds with an informative Dirichlet prior worth at most 1,000 words (Monroe, Colaresi &"
    " Quinn 2008); {level} intervals over people: one person's many uses count as one person."
    " Words that fewer than 5 people use are not compared; shown are words that 5 people of the"
    " group use or more and that differ at a false discovery rate of 5%. English stop words are"
    " left out."
)


def group_items(found: Words) -> Iterable[Item]:
    """A figure for each field with such words, and a table of all groups."""
    for field in found.by_group:
        if any(group.words for group in field.groups):
            yield _field(field, found)
    compared = [field for field in found.by_group if field.groups]
    if not compared:
        return
    quiet = [f.label.lower() for f in compared if not any(g.words for g in f.groups)]
    title = "Words that groups use more than all others"
    if len(quiet) == len(compared):
        title = f"No word surely tells groups apart, by {listed(quiet)}"
    yield Item(
        name="words-by-group",
        title=title,
        n=f"{number(found.n_prompts)} prompts",
        method=_ODDS.format(level=f"{found.level:.0%}"),
        table=groups_table("words-by-group", compared),
        notes=(
            f"Groups of fewer than {found.min_group} people are not shown apart.",
            *((f"No word surely differs by {listed(quiet)}.",) if quiet else ()),
        ),
    )


def _field(field: FieldWords, found: Words) -> Item:
    best = max(
        ((group, word) for group in field.groups for word in group.words),
        key=lambda pair: pair[1].z,
    )
    name = f"words-by-{field.column.replace('_', '-')}"
    title = f"{field.label}: “{best[1].word}” is most typical, of {best[0].level}"
    return Item(
        name=name,
        title=title,
        n=f"{number(found.n_prompts)} prompts",
        method=_ODDS.format(level=f"{found.level:.0%}"),
        drawing=groups_figure(name, field, f"Words by group. {title}."),
        notes=(
            (f"Too few people to be shown apart: {listed(field.left_out)}.",)
            if field.left_out
            else ()
        ),
    )


def elsewhere_items(one: Elsewhere, level: float) -> Iterable[Item]:
    """Opening prompts against the texts of another data set."""
    title = f"No word surely tells these opening prompts from {one.name}"
    if one.more_here or one.more_there:
        parts = []
        if one.more_here:
            parts.append(f"“{one.more_here[0].word}” is typical here")
        if one.more_there:
            parts.append(f"“{one.more_there[0].word}” in {one.name}")
        title = ", ".join(parts)
    notes = [
        "Words of one set alone are those that 5 people or more use there and nobody in the other;"
        " they depend on the size of both sets, log-odds do not."
    ]
    if not one.people_there_known:
        notes.append(f"{one.name} does not say who wrote what: each text counts as a person.")
    drawn = one.more_here or one.more_there
    yield Item(
        name="words-elsewhere",
        title=title,
        n=f"{number(one.n_here)} opening prompts here, {number(one.n_there)} texts there",
        method=_ODDS.format(level=f"{level:.0%}"),
        source="PRISM, Table 14",
        drawing=elsewhere_figure("words-elsewhere", one, f"{title}.") if drawn else None,
        table=elsewhere_table("words-elsewhere", one),
        notes=tuple(notes),
    )
