"""What disagreement is made of: parts of the variance of scores, and answers rated again."""

from __future__ import annotations

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.variance import Component, Disagreement, FixedContext
from manyvoices.report.formats import listed, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.open_figures import shares_figure
from manyvoices.report.open_tables import (
    repeats_table,
    shares_table,
)
from manyvoices.report.section import Item
from manyvoices.schema.wording import plural

_LABELS = {
    "person": "Person (how high they score)",
    "group": "Groups of people",
    "model": "Model",
    "conversation": "Conversation and its prompt",
    "person x model": "Person's taste in models",
    "group x model": "Groups' taste in models",
    "residual": "Answer, and noise",
}


def _part(found: Disagreement, name: str) -> Component | None:
    return next((one for one in found.summary if one.name == name), None)


def variance_title(found: Disagreement) -> str:
    """The largest parts, in a line."""
    person, model = _part(found, "person"), _part(found, "model")
    largest = max((c for c in found.summary), key=lambda c: c.share)
    parts = [
        f"{share(one.share)} {words}"
        for one, words in ((model, "is the model"), (person, "how high a person scores"))
        if one is not None
    ]
    rest = _LABELS.get(largest.name, largest.name).lower()
    if largest.name == "residual":
        rest = "the single answer and noise"
    tail = "" if largest in (person, model) else f", and {share(largest.share)} {rest}"
    return f"Of the variance of opening scores {', '.join(parts)}{tail}"


def variance_item(found: Disagreement, drawn: Resampling) -> Item:
    """Shares of the variance with their intervals."""
    name = "open-questions-variance"
    title = variance_title(found)
    fields = listed([label.lower() for _, label in found.fields]) or "none"
    labels = _LABELS | {
        name: text
        for column, label in found.fields
        for name, text in ((column, label), (f"{column} x model", f"{label}: taste in models"))
    }
    parts = [c for c in found.parts.components if c.name in labels and c.name not in _LABELS]
    left = [f"{labels.get(one, one)} is left out: {why}." for one, why in found.parts.left_out]
    return Item(
        name=name,
        title=title,
        n=(
            f"{plural(found.parts.n, 'opening score')} of "
            f"{plural(found.parts.n_people, 'person', 'people')} for "
            f"{plural(found.n_models, 'model')} in "
            f"{plural(found.n_conversations, 'conversation')}"
        ),
        method=(
            "Score = mean + person + groups + model + conversation + person × model + groups × "
            "model + residual, all crossed effects, by the method of moments for unbalanced "
            "crossed tables (Gao & Owen 2017): unbiased, with no assumption of normality. "
            f"Groups: {fields}. Bar and squares: shares; lines: {intervals_made(drawn)}; models "
            "and prompts stay those of the study."
        ),
        source="left open by PRISM (section 5)",
        drawing=shares_figure(
            name, found.summary, labels,
            f"{title}. Shares of the variance with intervals; the table has the numbers.",
        ),
        table=shares_table(name, "Parts of the variance", (*found.summary, *parts), labels),
        notes=(
            "The residual holds what one answer has of its own: the model's luck with this prompt, "
            "and the noise of the scale.",
            *left,
        ),
    )  # fmt: skip


def repeats_items(fixed: FixedContext, drawn: Resampling) -> list[Item]:
    """What is left of it in a fixed context; nothing where nothing was rated twice."""
    if not fixed.between.n_pairs and not fixed.within.n_pairs:
        return []
    name = "open-questions-fixed-context"
    low, high = fixed.survives_interval
    return [
        Item(
            name=name,
            title=_repeats_title(fixed),
            n=(
                f"{plural(fixed.between.n_pairs, 'pair')} of two people's scores and "
                f"{plural(fixed.within.n_pairs, 'pair')} of one person's, of the same answer "
                "after the same prompt, letter by letter"
            ),
            method=(
                "Variance left: half the mean squared difference of a pair; each context counts "
                "the same, and a person's scores of one context are averaged before two people "
                f"are compared. {drawn.level:.0%} intervals from {number(drawn.n_resamples)} "
                f"resamples of contexts. Two scores drawn from all differ by "
                f"{number(fixed.any_difference, 1)} points."
            ),
            source="PRISM, section 3.1 and appendix S (field sites)",
            table=repeats_table(
                name, "The same answer, rated again",
                (("two people", fixed.between), ("one person", fixed.within)),
            ),
            notes=(
                (f"Interval of the share that survives: {share(low)} to {share(high)}.",)
                if fixed.between.n_pairs else ()
            ),
        )
    ]  # fmt: skip


def _repeats_title(fixed: FixedContext) -> str:
    if fixed.between.n_pairs:
        return (
            f"In a fixed context {share(fixed.survives)} of the variance is left between two "
            f"people: they differ by {number(fixed.between.mean_difference, 1)} points"
        )
    return (
        "The same answer to the same prompt gets scores "
        f"{number(fixed.within.mean_difference, 1)} points apart from one person"
    )
