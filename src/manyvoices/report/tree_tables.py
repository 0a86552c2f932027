"""Tables of message trees: the numbers behind the figures, and what has no figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from manyvoices.analyse.trees.activity import Activity, Repeats
from manyvoices.analyse.trees.contributors import Contributors
from manyvoices.analyse.trees.estimates import Estimate
from manyvoices.analyse.trees.labels import Correlations, LabelRow, Labels
from manyvoices.analyse.trees.moderation import Moderation, ModerationRow
from manyvoices.analyse.trees.ranking import RankAgreement
from manyvoices.analyse.trees.shape import Shape
from manyvoices.analyse.trees.survey import SurveyBlock
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import day, interval, number, out_of, share
from manyvoices.report.tree_figures import ACTIVITY_NAMES, language_name

DISTRIBUTIONS = {
    "size": "messages of a tree",
    "depth": "depth of a tree (replies on the longest way down)",
    "branching": "replies to a message that has any",
    "replies_to_prompter": "replies to a prompter's message",
    "replies_to_assistant": "replies to an assistant's message",
    "thread": "messages from a prompt to a message without replies",
    "assistant_thread": "the same, ending with an assistant",
    "ranked_set": "ranked replies of a set",
}


def languages_table(shape: Shape) -> DataTable:
    """Messages by language and role."""
    rows = [
        (
            language_name(row.language),
            *map(number, (row.n_trees, row.n_prompter, row.n_assistant, row.n_synthetic)),
            *map(number, (row.n_deleted, row.n)),
            share(row.n / shape.n_messages),
        )
        for row in shape.languages
    ]
    header = ("Language", "Trees", "Prompter", "Assistant", "By models", "Deleted", "All", "Share")
    return DataTable("trees-languages", "Messages by language and role", header, tuple(rows))


def sizes_table(shape: Shape) -> DataTable:
    """Five numbers, mean and interval of every distribution."""
    rows = []
    for name, words in DISTRIBUTIONS.items():
        one = getattr(shape, name)
        quartiles = (one.least, one.q25, one.median, one.q75, one.most)
        rows.append(
            (
                words,
                number(one.n),
                number(one.mean, 2),
                interval(one.low, one.high, 2),
                *(number(value, int(value % 1 > 0)) for value in quartiles),
            )
        )
    header = ("Of what", "N", "Mean", "Interval", "Min", "25%", "Median", "75%", "Max")
    return DataTable("trees-sizes", "How trees spread", header, tuple(rows))


def states_table(shape: Shape) -> DataTable:
    """Trees by state."""
    rows = tuple(
        ((state or "not named").replace("_", " "), number(n), share(n / shape.n_trees))
        for state, n in shape.states
    )
    return DataTable("trees-states", "Trees by state", ("State", "Trees", "Share"), rows)


def labels_table(labels: Labels) -> DataTable:
    """Labels first, then the classifier's scores."""
    rows = [*map(_label, labels.rows)]
    heads = set()
    if labels.scores:
        heads.add(len(rows))
        rows.append(("Scores of a classifier", *[""] * 8))
        rows += map(_label, labels.scores)
    header = ("Label", "Messages", "Ratings", "Of all", "Mean", "Interval", "Above ½")
    return DataTable(
        "trees-labels", "Labels", (*header, "Alpha", "Its interval"), tuple(rows), frozenset(heads)
    )


def _label(row: LabelRow) -> tuple[str, ...]:
    alpha = row.agreement
    return (
        row.name.replace("_", " "),
        number(row.n),
        number(row.n_ratings),
        share(row.coverage),
        number(row.mean, 3),
        interval(row.low, row.high, 3),
        share(row.share),
        number(alpha.value, 2) if alpha else "–",
        interval(alpha.low, alpha.high, 2) if alpha else "–",
    )


def correlations_table(found: Correlations) -> DataTable:
    """Every pair, strongest first."""
    pairs = sorted(
        combinations(range(len(found.names)), 2),
        key=lambda ij: (-abs(found.rho[ij]) if found.rho[ij] == found.rho[ij] else 1, ij),
    )
    rows = tuple(
        (
            found.names[i].replace("_", " "),
            found.names[j].replace("_", " "),
            number(float(found.rho[i, j]), 2),
            interval(float(found.low[i, j]), float(found.high[i, j]), 2),
            number(float(found.n[i, j])),
        )
        for i, j in pairs
    )
    header = ("One", "Other", "Spearman's rho", "Interval", "Messages")
    return DataTable("trees-correlations", "How labels and scores go together", header, rows)


def ranking_table(found: RankAgreement) -> DataTable:
    """Agreement by language."""
    rows = tuple(
        (
            language_name(row.language) if i else "all",
            number(row.n_sets),
            *(text for one in (row.kendall_w, row.tau, row.top) for text in _cells(one)),
            share(row.chance.value),
        )
        for i, row in enumerate(found.rows)
    )
    header = ("Language", "Sets", "W", "Interval", "Tau", "Interval", "Same first", "Interval")
    note = " ".join(_ranking_notes(found))
    return DataTable(
        "trees-ranking",
        "Agreement on the order of replies",
        (*header, "By chance"),
        rows,
        note=note,
    )


def _ranking_notes(found: RankAgreement) -> Iterable[str]:
    yield f"“All replies are bad”: {out_of(found.all_bad)} rankings."
    yield f"Rankings with ties: {out_of(found.with_ties)}."
    yield f"Merged orders with a tie: {out_of(found.merged)}; shared first place:"
    yield f"{out_of(found.merged_top)}."
    if found.published.of:
        yield f"Sets whose published ranks tie: {out_of(found.published)}."
    if found.same_best.of:
        yield f"Published best reply is ours: {out_of(found.same_best)}."


def _cells(one: Estimate) -> tuple[str, str]:
    return number(one.value, 2), interval(one.low, one.high, 2)


def contributors_table(found: Contributors) -> DataTable:
    """Inequality by kind of contribution."""
    rows = tuple(
        (
            ACTIVITY_NAMES[one.what],
            *map(number, (one.n_people, one.n_items)),
            number(one.mean, 1),
            number(one.median),
            number(one.most),
            number(one.gini, 3),
            interval(one.low, one.high, 3),
            *map(share, one.top),
        )
        for one in found.activities
    )
    header = ("Kind", "People", "Contributions", "Mean", "Median", "Most", "Gini", "Interval")
    return DataTable(
        "trees-contributors", "How contributions are shared out",
        (*header, "Busiest 1%", "5%", "10%"), rows,
    )  # fmt: skip


def overlap_table(found: Contributors) -> DataTable:
    """Which roles the same people have."""
    rows = tuple(
        (" + ".join(roles), number(n), share(n / found.n_people)) for roles, n in found.overlap
    )
    return DataTable("trees-roles", "Roles of people", ("Roles", "People", "Share"), rows)


def contributors_by_language_table(found: Contributors) -> DataTable:
    """People and what they did, by language."""
    rows = tuple(
        (
            language_name(row.language),
            *map(number, (row.n_people, row.n_messages, row.n_reviews, row.n_rankings)),
            number(row.gini, 2),
        )
        for row in found.languages
    )
    header = ("Language", "People", "Messages", "Reviews", "Rankings", "Gini of messages")
    return DataTable("trees-people", "Contributors by language", header, rows)


def survey_table(blocks: Sequence[SurveyBlock]) -> DataTable:
    """Each group's share of the people beside its share of what they did."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for block in blocks:
        heads.add(len(rows))
        unsaid = f"not said: {number(block.n_unsaid)}" if block.n_unsaid else ""
        rows.append((block.label, unsaid, "", "", ""))
        messages = sum(row.n_messages for row in block.rows)
        judgements = sum(row.n_judgements for row in block.rows)
        rows += [
            (
                row.label,
                number(row.n_people),
                share(row.n_people / block.n_people),
                share(row.n_messages / messages if messages else None),
                share(row.n_judgements / judgements if judgements else None),
            )
            for row in block.rows
        ]
    header = ("Group", "People", "Of people", "Of messages", "Of reviews and rankings")
    return DataTable(
        "trees-survey", "Contributors and their answers", header, tuple(rows), frozenset(heads)
    )


def moderation_table(found: Moderation) -> DataTable:
    """Outcomes by language."""
    flags = [name for name, _ in found.total.flags]
    rows = [_moderation(row, flags) for row in (found.total, *found.languages)]
    header = ("Language", "Messages", "Reviewed", "Accepted", "Interval", "Deleted", "Interval")
    names = (name.replace("_", " ") for name in flags)
    note = "Accepted: of those that were decided on. Labels: mean of the messages that have them."
    return DataTable(
        "trees-moderation", "What became of messages", (*header, *names), tuple(rows), note=note
    )


def _moderation(row: ModerationRow, flags: Sequence[str]) -> tuple[str, ...]:
    there = dict(row.flags)
    return (
        language_name(row.language) if row.language else "all",
        number(row.n),
        share(row.n_reviewed / row.n if row.n else None),
        share(row.accepted.value),
        _shares(row.accepted),
        share(row.deleted.value),
        _shares(row.deleted),
        *(share(there[name].value) if name in there else "–" for name in flags),
    )


def _shares(one: Estimate) -> str:
    return "–" if one.low != one.low else f"{share(one.low)}–{share(one.high)}"


def outcomes_table(found: Moderation) -> DataTable:
    """What labels and classifier make of the messages with each outcome."""
    names = list(dict.fromkeys(name for row in found.outcomes for name, _ in row.means))
    rows = []
    for row in found.outcomes:
        means = dict(row.means)
        cells = [_cells(means[name]) if name in means else ("–", "–") for name in names]
        rows.append((row.outcome, number(row.n), *(text for pair in cells for text in pair)))
    header = ["Outcome", "Messages"]
    for name in names:
        header += [f"Mean {name}", "Interval"]
    return DataTable("trees-outcomes", "Kept and not kept", tuple(header), tuple(rows))


def emojis_table(found: Moderation) -> DataTable:
    """Reactions, and tasks passed over, by language."""
    names = [name for name, _ in sorted(found.total.emojis, key=lambda one: -one[1])]
    rows = tuple(
        (
            language_name(row.language) if row.language else "all",
            *(number(dict(row.emojis).get(name, 0)) for name in names),
        )
        for row in (found.total, *found.languages)
    )
    note = "Names that begin with _skip count tasks that somebody passed over."
    return DataTable("trees-reactions", "Reactions", ("Language", *names), rows, note=note)


def activity_table(found: Activity) -> DataTable:
    """Messages of each day."""
    header = ("Day", "All", *(language_name(one.language) for one in found.series))
    rows = tuple(
        (date.isoformat(), number(n), *(number(one.per_day[i]) for one in found.series))
        for i, (date, n) in enumerate(zip(found.days, found.per_day, strict=True))
    )
    note = f"Busiest: {day(found.busiest[0])} with {number(found.busiest[1])}."
    return DataTable("trees-activity", "Messages a day", header, rows, note=note)


def repeats_table(found: Repeats) -> DataTable:
    """Texts that stand more than once."""
    rows = (
        ("all texts", out_of(found.repeated)),
        ("prompter's messages", out_of(found.prompter)),
        ("assistant's messages", out_of(found.assistant)),
        ("of the repeated: by the same person as an earlier one", out_of(found.one_person)),
        ("texts that stand more than once", number(found.n_groups)),
        ("copies of the most frequent one", number(found.largest)),
        ("texts too short to compare", number(found.n_short)),
    )
    return DataTable("trees-repeats", "Texts equal to an earlier one", ("Of what", "N"), rows)
