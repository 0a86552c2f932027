"""The chapter that holds a release against another (``report --compare OTHER``)."""

from __future__ import annotations

from manyvoices.analyse.comparison import ReleaseComparison, compare_releases
from manyvoices.report.comparison_figures import shares_figure
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.comparison_models import (
    model_items,
    places_item,
    ranks_title,
    scores_item,
)
from manyvoices.schema.wording import plural


def render(found: ReleaseComparison) -> Section:
    """The chapter."""
    items = [_sizes(found)]
    items += [_people(found)] if found.people else []
    items += [places_item(found)] if found.ranks else []
    items += [scores_item(found), *model_items(found)] if found.scores else []
    notes = []
    if not found.people:
        notes.append("The two releases have no column of the survey in common that makes groups.")
    if found.ranks is None:
        notes.append("Fewer than two models were compared in both releases.")
    if found.scores is None:
        notes.append("One of the releases has no rated opening turn.")
    lead = f"{found.ours.name} beside {found.theirs.name}."
    if found.n_people_in_both:
        same = plural(found.n_people_in_both, "id of a participant", "ids of participants")
        lead += (
            f" {same} are in both: if these are the same people, the intervals that take the two "
            "releases as independent are too wide."
        )
    short = (f"Against {found.theirs.name}: {ranks_title(found)}.",) if found.ranks else ()
    return Section(lead=lead, items=tuple(items), in_short=short, notes=tuple(notes))


def _sizes(found: ReleaseComparison) -> Item:
    first, second = found.ours.seen, found.theirs.seen
    rows = tuple(
        (label, number(a), number(b))
        for label, a, b in (
            ("Participants", first.n_participants, second.n_participants),
            ("of them simulated", first.simulated.n, second.simulated.n),
            ("Conversations", first.n_conversations, second.n_conversations),
            ("Turns", first.n_turns, second.n_turns),
            ("Answers asked of models", first.n_utterances, second.n_utterances),
            ("of them failed", first.failed.n, second.failed.n),
            ("of them rated", first.rated.n, second.rated.n),
            ("Models", len(first.models), len(second.models)),
            ("Languages", len(first.languages), len(second.languages)),
        )
    )
    more = "more" if first.n_participants >= second.n_participants else "fewer"
    title = (
        f"{found.ours.name} has {more} people than {found.theirs.name}: "
        f"{number(first.n_participants)} and {number(second.n_participants)}"
    )
    if first.n_participants == second.n_participants:
        title = f"Both have {plural(first.n_participants, 'participant')}"
    table = DataTable("comparison-sizes", "Sizes", ("", found.ours.name, found.theirs.name), rows)
    people = first.n_participants + second.n_participants
    return Item("comparison-sizes", title, plural(people, "participant"), "Counted.", table=table)


def _people(found: ReleaseComparison) -> Item:
    apart = [one.column for one in found.people if one.p_holm < 1 - found.level]
    title = "The people do not differ beyond chance in any column"
    if apart:
        title = f"The people differ in {listed([name.lower() for name in apart])}"
    heads: set[int] = set()
    rows: list[tuple[str, ...]] = []
    for one in found.people:
        heads.add(len(rows))
        rows.append((one.column, "", "", "", f"p {_p(one.p_holm)}"))
        for level in one.levels:
            gap = interval(100 * level.difference_low, 100 * level.difference_high, 1)
            rows.append(
                (
                    level.label,
                    share(level.share),
                    share(level.reference),
                    number(100 * level.difference, 1),
                    gap,
                )
            )
    span = f"{found.level:.0%}"
    header = ("", found.ours.name, found.theirs.name, "Difference, points", f"{span} interval")
    return Item(
        name="comparison-people",
        title=title,
        n=f"{plural(found.people[0].n, 'person', 'people')} and "
        f"{number(found.people[0].n_reference or 0)} with an answer in the first column",
        method=(
            f"Difference of shares with {span} intervals after Newcombe; a chi-square test of "
            "homogeneity for each column, its p-value from 10,000 drawn samples where an expected "
            "count is below 5, after Holm for the number of columns."
        ),
        drawing=shares_figure(found),
        table=DataTable(
            "comparison-people", "Shares of people", header, tuple(rows), frozenset(heads)
        ),
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


CHAPTER = Chapter(
    id="comparison", title="Beside another release", compute=compare_releases, render=render
)
