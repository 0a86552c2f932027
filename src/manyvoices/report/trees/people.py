"""Items on the people behind trees: who gave how much, in which roles, and what they said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from manyvoices.analyse.trees import TreeDescription
from manyvoices.analyse.trees.contributors import Contributors, Inequality
from manyvoices.report.canvas import WIDE, Drawing, new_figure
from manyvoices.report.formats import listed, number, share
from manyvoices.report.palette import DASHES, QUIET, SERIES
from manyvoices.report.section import Item
from manyvoices.report.trees.people_tables import (
    contributors_by_language_table,
    contributors_table,
    overlap_table,
    survey_table,
)
from manyvoices.report.trees.wording import ACTIVITY_NAMES, OASST, resampled
from manyvoices.schema.wording import plural


def contributor_items(found: TreeDescription, people: Contributors) -> Iterator[Item]:
    """How contributions are shared out, who has which roles, and people by language."""
    n = f"{plural(people.n_people, 'contributor')}"
    without = (
        f" {number(people.n_without)} messages name no author and are not in it."
        if people.n_without
        else ""
    )
    if people.activities:
        yield _inequality(found, people, n, without)
    yield Item(
        name="trees-roles",
        title=_roles_title(people),
        n=n,
        method="Whoever wrote, reviewed or ranked at least once has that role.",
        table=overlap_table(people),
    )
    yield Item(
        name="trees-people",
        title=f"{number(people.polyglots)} people wrote in more than one language",
        n=n,
        method=(
            "People who wrote, reviewed or ranked there. Reviews are single ones where the file has"
            " them, and else its counts. Gini of messages where ten people or more wrote."
            f"{without}"
        ),
        source=f"{OASST}, contributors and annotations by language",
        table=contributors_by_language_table(people),
    )


def _inequality(found: TreeDescription, people: Contributors, n: str, without: str) -> Item:
    first = people.activities[0]
    what = ACTIVITY_NAMES[first.what]
    title = f"The busiest 10% of contributors gave {share(first.top[2])} of the {what}"
    curves = listed([f"{ACTIVITY_NAMES[a.what]} {number(a.gini, 2)}" for a in people.activities])
    return Item(
        name="trees-contributors",
        title=title,
        n=n,
        method=(
            "Lorenz curves among those who gave any, deleted messages counted; dotted: everybody"
            f" the same. {resampled(found, 'people')} for Gini in the table.{without}"
        ),
        source=f"{OASST}, contributors' share; open question: who they are",
        drawing=_lorenz_figure(people, f"{title}. Gini coefficients: {curves}."),
        table=contributors_table(people),
    )


def _roles_title(people: Contributors) -> str:
    if not people.overlap:
        return "Nobody has a role"
    roles, n = people.overlap[0]
    return f"{share(n / people.n_people)} of contributors are {listed(roles)}"


def survey_item(found: TreeDescription) -> Item:
    """What contributors said of themselves, beside what they wrote."""
    block = max(found.survey, key=lambda one: one.n_people)
    first = block.rows[0]
    return Item(
        name="trees-survey",
        title=(
            f"{block.label}: {share(first.n_people / block.n_people)} of the contributors who"
            f" answered said {first.label}"
        ),
        n=f"{plural(block.n_people, 'contributor')} who answered that question",
        method=(
            "Answers of people who wrote, reviewed or ranked, to questions with one choice. A"
            " group's share of what was written may differ from its share of the people. Groups of"
            f" fewer than {found.min_group} people are put together. No interval: these are all of"
            " them, not a sample of the contributors."
        ),
        source=f"{OASST}, contributor demographics (89.1% male, median age 26); open question",
        table=survey_table(found.survey),
    )


def _lorenz_figure(found: Contributors, alt: str) -> Drawing:
    """How contributions are shared out, one curve each for up to three kinds."""
    shown = _curves(found.activities)

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        figure = new_figure(width, 3.9 if wide else 3.7)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
        for one, colour, style in zip(shown, SERIES, DASHES, strict=False):
            axes.plot(*zip(*one.lorenz, strict=True), color=colour, linewidth=2, linestyle=style,
                      label=f"{ACTIVITY_NAMES[one.what]}: Gini {number(one.gini, 2)}")  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.grid(axis="both")
        axes.tick_params(length=0)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        axes.set_xticks(ticks[1:], [share(tick) for tick in ticks[1:]])
        axes.set_yticks(ticks, [share(tick) for tick in ticks])
        axes.set_xlabel("share of people, the least busy first")
        axes.set_title("share of contributions", fontweight="normal", color=QUIET, fontsize=9)
        axes.legend(loc="upper left", frameon=False, fontsize=8.5 if wide else 8)
        return figure

    return Drawing("trees-contributors", "", "", alt, draw)


def _curves(activities: Sequence[Inequality]) -> list[Inequality]:
    """Messages, reviews and rankings; roles of writers where there are no judgements."""
    wanted = ("messages", "reviewer", "ranker")
    if not {"reviewer", "ranker"} & {one.what for one in activities}:
        wanted = ("messages", "prompter", "assistant")
    return [one for one in activities if one.what in wanted]
