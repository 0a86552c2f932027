"""Items on what became of messages: accepted or not, and what reviewers let through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from manyvoices.analyse.trees import TreeDescription
from manyvoices.analyse.trees.estimates import Estimate
from manyvoices.analyse.trees.moderation import Moderation, ModerationRow, OutcomeRow
from manyvoices.report.data_table import DataTable
from manyvoices.report.formats import number, share
from manyvoices.report.section import Item
from manyvoices.report.trees.wording import OASST, estimate_cells, language_name, resampled
from manyvoices.schema.wording import plural


def moderation_items(found: TreeDescription) -> Iterator[Item]:
    """What was decided; what labels say of what was kept; reactions."""
    moderation = found.moderation
    yield _decided(found)
    if len(moderation.outcomes) > 1 and any(outcome.means for outcome in moderation.outcomes):
        yield _outcomes(found)
    if moderation.total.emojis:
        yield _reactions(moderation)


def _decided(found: TreeDescription) -> Item:
    total = found.moderation.total
    decided = total.n_accepted + total.n_rejected
    return Item(
        name="trees-moderation",
        title=(
            f"{share(total.accepted.value)} of the messages that were decided on were accepted"
            if decided
            else "No message was decided on"
        ),
        n=f"{plural(total.n, 'message')}, {number(decided)} decided on",
        method=(
            f"Intervals: {resampled(found)}; none where a language has fewer than five trees."
            " Labels are means over messages, not shares of raters."
        ),
        source=f"{OASST}, moderation; open question: how well it works",
        table=_decided_table(found.moderation),
    )


def _outcomes(found: TreeDescription) -> Item:
    return Item(
        name="trees-outcomes",
        title=_outcomes_title(found.moderation.outcomes),
        n=plural(found.moderation.total.n, "message"),
        method=(
            "Means of the messages that have the label or score. A difference says what"
            " reviewers let through, not whether they were right: nobody checked them."
            f" {resampled(found)}."
        ),
        source=f"{OASST}, open question: how well moderation works",
        table=_outcomes_table(found.moderation),
    )


def _reactions(moderation: Moderation) -> Item:
    total = moderation.total
    return Item(
        name="trees-reactions",
        title=f"{number(sum(n for _, n in total.emojis))} reactions and passed-over tasks",
        n=plural(total.n, "message"),
        method="Sums over messages, as the file counts them.",
        table=_reactions_table(moderation),
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


def _decided_table(found: Moderation) -> DataTable:
    """Outcomes by language."""
    flags = [name for name, _ in found.total.flags]
    rows = [_decided_row(row, flags) for row in (found.total, *found.languages)]
    header = ("Language", "Messages", "Reviewed", "Accepted", "Interval", "Deleted", "Interval")
    names = (name.replace("_", " ") for name in flags)
    note = "Accepted: of those that were decided on. Labels: mean of the messages that have them."
    return DataTable(
        "trees-moderation", "What became of messages", (*header, *names), tuple(rows), note=note
    )


def _decided_row(row: ModerationRow, flags: Sequence[str]) -> tuple[str, ...]:
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


def _outcomes_table(found: Moderation) -> DataTable:
    """What labels and classifier make of the messages with each outcome."""
    names = list(dict.fromkeys(name for row in found.outcomes for name, _ in row.means))
    rows = []
    for row in found.outcomes:
        means = dict(row.means)
        cells = [estimate_cells(means[name]) if name in means else ("–", "–") for name in names]
        rows.append((row.outcome, number(row.n), *(text for pair in cells for text in pair)))
    header = ["Outcome", "Messages"]
    for name in names:
        header += [f"Mean {name}", "Interval"]
    return DataTable("trees-outcomes", "Kept and not kept", tuple(header), tuple(rows))


def _reactions_table(found: Moderation) -> DataTable:
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
