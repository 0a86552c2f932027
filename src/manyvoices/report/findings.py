"""Titles that say what was found, in words chosen by the numbers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from manyvoices.analyse.attributes import AttributeBlock
from manyvoices.analyse.groups import GroupComparison
from manyvoices.analyse.leaderboard import Board
from manyvoices.analyse.overview import Overview
from manyvoices.analyse.scores import ScoreDistribution
from manyvoices.report.formats import listed, number, statement
from manyvoices.schema.wording import plural


def simulated_notice(seen: Overview) -> str:
    """The sentence that must stand above everything if bots played; empty if nobody did."""
    bots, people = seen.simulated.n, seen.simulated.of
    if not bots:
        return ""
    if bots == people == 1:
        return "The only participant was simulated by a rehearsal: this is not a person’s view."
    if bots == people:
        return (
            f"All {number(people)} participants were simulated by a rehearsal: "
            "these are not people’s views."
        )
    verb = "was" if bots == 1 else "were"
    return (
        f"{number(bots)} of {number(people)} participants {verb} simulated by a rehearsal: "
        "the numbers below mix people’s views with a program’s."
    )


def leaderboard_title(board: Board) -> str:
    """Who leads, and whether the data can tell."""
    leaders = board.leaders
    if not leaders:
        return f"{board.standings[0].model} has the highest score, but no model is surely first"
    if len(leaders) == 1:
        return f"{leaders[0]} leads: no other model’s interval reaches first place"
    if len(leaders) <= 3:
        return f"{listed(leaders)} could each be first: the data do not tell them apart"
    return f"{len(leaders)} of {len(board.standings)} models could be first"


def scores_title(scores: ScoreDistribution) -> str:
    """From the lowest mean to the highest."""
    best, worst = scores.by_model[0], scores.by_model[-1]
    if best is worst:
        return f"{best.label} was rated {number(best.mean)} on average"
    return (
        f"Mean scores run from {number(worst.mean)} ({worst.label}) "
        f"to {number(best.mean)} ({best.label})"
    )


def turns_title(scores: ScoreDistribution) -> str:
    """Whether later turns have other scores than the first, as far as the intervals allow.

    Not "scores rise": later turns hold other answers, so nothing need have changed.
    """
    first, last = scores.by_turn[0], scores.by_turn[-1]
    means = f"{number(first.mean)} in turn {first.label}, {number(last.mean)} in turn {last.label}"
    if last.low > first.high:
        return f"Scores are higher in later turns: {means}"
    if last.high < first.low:
        return f"Scores are lower in later turns: {means}"
    return f"Scores are much the same in all turns: {means}"


def group_title(comparison: GroupComparison) -> str:
    """Whether the groups differ more than chance makes groups differ."""
    name = comparison.label.rstrip("?:. ")
    if comparison.agreement is None:
        return f"{name}: too little data to compare groups"
    if comparison.differ:
        return f"{name}: groups rank the models less alike than groups drawn by lot"
    return f"{name}: groups differ no more than groups drawn by lot"


def groups_in_short(comparisons: Sequence[GroupComparison]) -> list[str]:
    """One sentence for the fields whose groups differ, one for those whose groups do not."""
    found = [comparison for comparison in comparisons if comparison.agreement]
    sentences = []
    for differ, words in ((True, "less alike than"), (False, "no less alike than")):
        names = [f"“{c.label.rstrip('?:. ')}”" for c in found if c.differ is differ]
        if names:
            by = listed(names)
            sentences.append(f"By {by}: groups rank the models {words} groups drawn by lot do.")
    return sentences


def group_sentence(comparison: GroupComparison) -> str:
    """The numbers behind `group_title`, in a sentence."""
    found = comparison.agreement
    if found is None:
        return ""
    moved = max(comparison.models, key=lambda row: row.spots, default=None)
    text = (
        f"Kendall’s tau between groups is {number(found.tau, 2)} on average; for groups of the "
        f"same sizes drawn by lot it is {number(found.by_lot, 2)} "
        f"(95% of {number(found.n_deals)} deals between {number(found.by_lot_low, 2)} and "
        f"{number(found.by_lot_high, 2)}; p {p_value(found.p_value)})."
    )
    if moved is not None and moved.spots:
        best, worst = min(moved.ranks), max(moved.ranks)
        text += f" {moved.model} moves most, between ranks {best} and {worst}."
    return text


def attributes_title(block: AttributeBlock) -> str:
    """The highest and the lowest statement, where their intervals are apart."""
    rated = [item for item in block.items if not math.isnan(item.mean)]
    if not rated:
        return "Every statement was said not to apply"
    if len(rated) == 1:
        return f"“{statement(rated[0].label)}” was rated {number(rated[0].mean)} on average"
    best, worst = rated[0], rated[-1]
    if best.low <= worst.high:
        return f"No statement stands out: means from {number(worst.mean)} to {number(best.mean)}"
    return (
        f"“{statement(best.label)}” is highest ({number(best.mean)}), "
        f"“{statement(worst.label)}” lowest ({number(worst.mean)})"
    )


def failures_sentence(seen: Overview) -> str:
    """Which models failed, and how; says so when none did."""
    failing = [use for use in seen.models if use.failures]
    if not failing:
        return "Every model answered every time." if seen.n_utterances else ""
    parts = [
        f"{use.model} ({listed([_kind(tally.label, tally.count.n) for tally in use.failures])})"
        for use in failing
    ]
    return f"{plural(len(failing), 'model')} failed at least once: {listed(parts)}."


def p_value(value: float) -> str:
    """``= 0.42``, ``= 0.013``, ``< 0.001``."""
    if value >= 0.1:
        return f"= {value:.2f}"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _kind(label: str, n: int) -> str:
    return f"{label.replace('_', ' ')} {number(n)}×"
