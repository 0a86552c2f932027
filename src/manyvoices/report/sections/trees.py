"""Message trees: OASST's description of its data, for any release of trees (arXiv 2304.07327)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from manyvoices.analyse.trees import TreeDescription, describe_trees
from manyvoices.analyse.trees.activity import Activity
from manyvoices.analyse.trees.contributors import Contributors
from manyvoices.analyse.trees.labels import Correlations, LabelRow
from manyvoices.analyse.trees.moderation import OutcomeRow
from manyvoices.analyse.trees.ranking import RankAgreement
from manyvoices.report import tree_figures as figures
from manyvoices.report import tree_tables as tables
from manyvoices.report.formats import day, days, interval, listed, number, plural, share
from manyvoices.report.section import Chapter, Item, Section

_OASST = "OASST (arXiv 2304.07327)"
_LEAST_SETS = 10
"""Ranked sets from which a language has a row in the figure."""


def render(found: TreeDescription) -> Section:
    """The chapter."""
    return Section(
        lead=_lead(found),
        items=tuple(_items(found)),
        in_short=(_short(found),),
        notes=found.notes,
    )


def _lead(found: TreeDescription) -> str:
    return (
        "Who wrote how much, in which languages, how trees grew, what raters and moderators made"
        f" of it, and how far they agree. {_short(found)}"
    )


def _short(found: TreeDescription) -> str:
    shape = found.shape
    told = (
        f"{plural(shape.n_messages, 'message')} in {plural(shape.n_trees, 'tree')} and"
        f" {plural(len(shape.languages), 'language')}"
    )
    if found.contributors is not None:
        told += f", by {plural(found.contributors.n_people, 'contributor')}"
        busiest = found.contributors.activities[:1]
        if busiest and busiest[0].what == "messages":
            told += f"; the busiest 10% wrote {share(busiest[0].top[2])} of the messages"
    return f"{told}."


def _items(found: TreeDescription) -> Iterator[Item]:
    yield _languages(found)
    if len(found.shape.states) > 1 or found.shape.states[0][0]:
        yield _states(found)
    yield _sizes(found)
    if found.labels.rows or found.labels.scores:
        yield _labels(found)
    if found.labels.correlations is not None:
        yield _correlations(found.labels.correlations)
    if found.ranking is not None and found.ranking.rows:
        yield _ranking(found, found.ranking)
    if found.contributors is not None:
        yield from _contributors(found, found.contributors)
    if found.survey:
        yield _survey(found)
    yield from _moderation(found)
    if found.activity is not None:
        yield _activity(found.activity)
    yield _repeats(found)


def _resampled(found: TreeDescription, what: str = "trees") -> str:
    drawn = found.resampling
    return f"{drawn.level:.0%} intervals from {number(drawn.n_resamples)} resamples of whole {what}"


def _messages(found: TreeDescription) -> str:
    shape = found.shape
    return f"{plural(shape.n_messages, 'message')} in {plural(shape.n_trees, 'tree')}"


def _languages(found: TreeDescription) -> Item:
    shape, first = found.shape, found.shape.languages[0]
    part = share(first.n / shape.n_messages)
    title = (
        f"Every message is in {figures.language_name(first.language)}"
        if len(shape.languages) == 1
        else f"{part} of the messages are in {figures.language_name(first.language)}"
    )
    return Item(
        name="trees-languages",
        title=title,
        n=_messages(found),
        method=(
            "Counted as the file says: role, language, deleted, synthetic. The bars hold what was"
            f" not deleted; deleted: {number(shape.deleted.n)}, by models and not deleted:"
            f" {number(shape.synthetic.n)}. {number(shape.n_prompter)} messages are a prompter's,"
            f" {number(shape.n_assistant)} an assistant's."
        ),
        source=f"{_OASST}, messages by language and role",
        drawing=figures.languages_figure(
            shape.languages,
            f"{title}; {plural(len(shape.languages), 'language')} in all. The table has them.",
        ),
        table=tables.languages_table(shape),
    )


def _states(found: TreeDescription) -> Item:
    shape = found.shape
    state, n = shape.states[0]
    words = (state or "not named").replace("_", " ")
    title = f"{share(n / shape.n_trees)} of the trees are in the state “{words}”"
    return Item(
        name="trees-states",
        title=title,
        n=plural(shape.n_trees, "tree"),
        method="The state that each tree was in when the file was written.",
        source=f"{_OASST}, message trees by state",
        drawing=(
            figures.states_figure(shape.states, f"{title}. The table has all states.")
            if len(shape.states) > 1
            else None
        ),
        table=tables.states_table(shape),
    )


def _sizes(found: TreeDescription) -> Item:
    shape = found.shape
    title = (
        f"A tree has {number(shape.size.mean, 1)} messages on average and is"
        f" {number(shape.depth.mean, 1)} replies deep"
    )
    parts = (
        ("Messages of a tree", "messages", shape.size),
        ("Depth of a tree", "replies on the longest way down", shape.depth),
        ("Replies, if any", "replies to a message", shape.branching),
    )
    shown = [part for part in parts if part[2].n]
    return Item(
        name="trees-sizes",
        title=title,
        n=_messages(found),
        method=(
            "Messages that were not deleted. A thread goes from a prompt to a message without"
            f" replies: {number(shape.thread.n)} threads, of which"
            f" {number(shape.assistant_thread.n)} end with an assistant; cut after their last"
            f" assistant's message they are {number(shape.n_assistant_ends)} different ones."
            f" {number(shape.n_ranked)} replies in {number(shape.ranked_set.n)} sets are ranked,"
            f" which makes {number(shape.n_ranked_pairs)} preference pairs. Line: mean; its"
            f" {_resampled(found)} stand in the table."
        ),
        source=f"{_OASST}, sizes of trees",
        drawing=figures.sizes_figure(
            shown,
            "; ".join(f"{name}: {figures.described(one)}" for name, _, one in shown) + ".",
        ),
        table=tables.sizes_table(shape),
    )


def _labels(found: TreeDescription) -> Item:
    labels = found.labels
    rows = labels.rows or labels.scores
    top = max(rows, key=lambda row: row.mean)
    title = f"Of all labels, {_name(top)} has the highest mean: {number(top.mean, 2)}"
    agreed = (
        f" α: Krippendorff's alpha, ordinal, of {number(labels.n_answers)} single answers by"
        f" {plural(labels.n_raters, 'rater')} ({number(labels.n_cannot_tell)} said “cannot tell”"
        " and count as not given); its interval resamples messages."
        if labels.n_answers
        else ""
    )
    return Item(
        name="trees-labels",
        title=title,
        n=f"{plural(max(row.n for row in rows), 'message')} with labels",
        method=(
            "Each message counts with the mean of its raters, 0 to 1. Dot and line: mean and"
            f" {_resampled(found)}; pale bar: the middle half of the messages.{agreed}"
        ),
        source=f"{_OASST}, label distributions",
        drawing=figures.labels_figure(rows, f"{title}. {_least_agreed(labels.rows)}".strip()),
        table=tables.labels_table(labels),
    )


def _name(row: LabelRow) -> str:
    return row.name.replace("_", " ")


def _least_agreed(rows: tuple[LabelRow, ...]) -> str:
    known = [r for r in rows if r.agreement is not None and not math.isnan(r.agreement.value)]
    if not known:
        return "The table has the numbers."
    ordered = sorted(known, key=lambda r: r.agreement.value if r.agreement else 0.0)
    return f"Raters agree least on {_name(ordered[0])} and most on {_name(ordered[-1])}."


def _correlations(labels: Correlations) -> Item:
    title = _strongest(labels)
    return Item(
        name="trees-correlations",
        title=title,
        n=f"{number(float(labels.n.max()))} messages; pairs rest on those that have both",
        method=(
            "Spearman's rank correlation over the messages that have both. Size of a square:"
            f" strength; hollow: the {labels.level:.0%} interval holds 0. Intervals come from the"
            " influence function of the coefficient, summed within trees, on Fisher's scale; for"
            " each pair by itself, so with this many a few exclude 0 by chance."
            + (
                " Below the line: scores of a classifier."
                if labels.n_labels < len(labels.names)
                else ""
            )
        ),
        source=f"{_OASST}, correlation of human labels and automatic toxicity",
        drawing=figures.correlations_figure(labels, f"{title}. The table has every pair."),
        table=tables.correlations_table(labels),
    )


def _strongest(labels: Correlations) -> str:
    """The strongest pair of a label and a score; of two labels where there are no scores."""
    k, h = len(labels.names), labels.n_labels
    across = [(i, j) for i in range(h) for j in range(h, k)]
    pairs = across or [(i, j) for i in range(k) for j in range(i + 1, k)]
    known = [pair for pair in pairs if not math.isnan(labels.rho[pair])]
    if not known:
        return "No two labels can be correlated: each is constant"
    best = max(known, key=lambda pair: abs(float(labels.rho[pair])))
    rho = float(labels.rho[best])
    names = [labels.names[i].replace("_", " ") for i in best]
    where = "Of labels and scores" if across else "Of all labels"
    return f"{where}, {names[0]} and {names[1]} go together most (rho = {number(rho, 2)})"


def _ranking(found: TreeDescription, ranking: RankAgreement) -> Item:
    row = ranking.rows[0]
    title = (
        f"Two people put the same reply first in {share(row.top.value)} of cases; by chance it"
        f" would be {share(row.chance.value)}"
    )
    shown = [row, *(one for one in ranking.rows[1:] if one.n_sets >= _LEAST_SETS)]
    return Item(
        name="trees-ranking",
        title=title,
        n=(
            f"{plural(row.n_sets, 'set')} of replies that two people or more ranked;"
            f" {plural(ranking.n_rankings, 'ranking')} by"
            f" {plural(ranking.n_rankers, 'person', 'people')}"
        ),
        method=(
            "Each set counts once. W and tau-b are Kendall's: W of complete rankings (by chance"
            " about one over their number), tau the mean over pairs of rankings on the replies that"
            f" both placed (by chance 0). Line: {_resampled(found)}; upright mark: chance. Merged"
            f" by ranked pairs, {share(ranking.merged.share)} of the orders have a tie."
            f" Languages with {_LEAST_SETS} sets or more are drawn."
        ),
        source=f"{_OASST}, ranking and its merging; agreement is not published there",
        drawing=figures.agreement_figure(
            shown[: figures.MOST_LANGUAGES],
            f"{title}. Kendall's W is {number(row.kendall_w.value, 2)}"
            f" ({interval(row.kendall_w.low, row.kendall_w.high, 2)}), mean tau"
            f" {number(row.tau.value, 2)}.",
        ),
        table=tables.ranking_table(ranking),
    )


def _contributors(found: TreeDescription, people: Contributors) -> Iterator[Item]:
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
        table=tables.overlap_table(people),
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
        source=f"{_OASST}, contributors and annotations by language",
        table=tables.contributors_by_language_table(people),
    )


def _inequality(found: TreeDescription, people: Contributors, n: str, without: str) -> Item:
    first = people.activities[0]
    what = figures.ACTIVITY_NAMES[first.what]
    title = f"The busiest 10% of contributors gave {share(first.top[2])} of the {what}"
    curves = listed(
        [f"{figures.ACTIVITY_NAMES[a.what]} {number(a.gini, 2)}" for a in people.activities]
    )
    return Item(
        name="trees-contributors",
        title=title,
        n=n,
        method=(
            "Lorenz curves among those who gave any, deleted messages counted; dotted: everybody"
            f" the same. {_resampled(found, 'people')} for Gini in the table.{without}"
        ),
        source=f"{_OASST}, contributors' share; open question: who they are",
        drawing=figures.lorenz_figure(people, f"{title}. Gini coefficients: {curves}."),
        table=tables.contributors_table(people),
    )


def _roles_title(people: Contributors) -> str:
    if not people.overlap:
        return "Nobody has a role"
    roles, n = people.overlap[0]
    return f"{share(n / people.n_people)} of contributors are {listed(roles)}"


def _survey(found: TreeDescription) -> Item:
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
        source=f"{_OASST}, contributor demographics (89.1% male, median age 26); open question",
        table=tables.survey_table(found.survey),
    )


def _moderation(found: TreeDescription) -> Iterator[Item]:
    total = found.moderation.total
    decided = total.n_accepted + total.n_rejected
    yield Item(
        name="trees-moderation",
        title=(
            f"{share(total.accepted.value)} of the messages that were decided on were accepted"
            if decided
            else "No message was decided on"
        ),
        n=f"{plural(total.n, 'message')}, {number(decided)} decided on",
        method=(
            f"Intervals: {_resampled(found)}; none where a language has fewer than five trees."
            " Labels are means over messages, not shares of raters."
        ),
        source=f"{_OASST}, moderation; open question: how well it works",
        table=tables.moderation_table(found.moderation),
    )
    if len(found.moderation.outcomes) > 1 and any(o.means for o in found.moderation.outcomes):
        yield Item(
            name="trees-outcomes",
            title=_outcomes_title(found.moderation.outcomes),
            n=plural(total.n, "message"),
            method=(
                "Means of the messages that have the label or score. A difference says what"
                " reviewers let through, not whether they were right: nobody checked them."
                f" {_resampled(found)}."
            ),
            source=f"{_OASST}, open question: how well moderation works",
            table=tables.outcomes_table(found.moderation),
        )
    if total.emojis:
        yield Item(
            name="trees-reactions",
            title=f"{number(sum(n for _, n in total.emojis))} reactions and passed-over tasks",
            n=plural(total.n, "message"),
            method="Sums over messages, as the file counts them.",
            table=tables.emojis_table(found.moderation),
        )


def _outcomes_title(outcomes: tuple[OutcomeRow, ...]) -> str:
    means = {row.outcome: dict(row.means) for row in outcomes}
    for name in ("toxicity (model)", "toxicity", "quality"):
        kept, lost = (means.get(o, {}).get(name) for o in ("accepted", "rejected"))
        if kept is not None and lost is not None:
            return (
                f"Mean {name} is {number(lost.value, 2)} of rejected messages,"
                f" {number(kept.value, 2)} of accepted ones"
            )
    return "What was kept, and what was not"


def _activity(found: Activity) -> Item:
    title = f"Most messages in a day: {number(found.busiest[1])}, on {day(found.busiest[0])}"
    return Item(
        name="trees-activity",
        title=title,
        n=f"{plural(found.n, 'message')} with a date, {number(found.n_without)} without",
        method=(
            "Dates as the file has them; a release may have made them coarser or moved them."
            f" {days(found.first, found.last)};"
            f" {number(found.languages_per_day, 1)} languages on an average day with messages."
            + (" Drawn by week." if len(found.per_day) > 90 else "")
        ),
        source=f"{_OASST}, course of the collection",
        drawing=figures.activity_figure(
            found, f"{title}. {days(found.first, found.last)}; the table has every day."
        ),
        table=tables.activity_table(found),
    )


def _repeats(found: TreeDescription) -> Item:
    repeats = found.repeats
    return Item(
        name="trees-repeats",
        title=f"{share(repeats.repeated.share)} of the texts equal an earlier one",
        n=f"{plural(repeats.n_texts, 'text')} of five words or more, not deleted",
        method=(
            "Equal up to case, white space and Unicode's compatibility forms, as `manyvoices"
            " curate` compares them; prompter's with prompter's, assistant's with assistant's."
        ),
        table=tables.repeats_table(repeats),
    )


CHAPTER = Chapter(
    id="trees",
    title="Message trees",
    compute=describe_trees,
    render=render,
    takes="trees",
)
