"""What became of messages: reviews, deletions, spam and other flags, by language; and what a
classifier makes of those that were kept and those that were not.

OASST leaves open how well its moderation worked. A file of finished trees alone cannot say: what
was rejected is not in it. Our native files hold everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray
from manyvoices.analyse.trees.columns import NONE, FloatArray, Marks, TreeColumns
from manyvoices.analyse.trees.estimates import Estimate, estimate, tree_means

FLAGS = (
    *("spam", "fails_task", "lang_mismatch", "pii", "not_appropriate", "hate_speech"),
    "sexual_content",
)
"""Labels that speak against a message."""
OUTCOMES = ("accepted", "rejected", "undecided", "deleted")
_TOXICITY = "toxicity"


@dataclass(frozen=True, slots=True)
class ModerationRow:
    """Messages of one language, or all (``""`` in `Moderation.total`)."""

    language: str
    n: int
    n_reviewed: int
    n_accepted: int
    n_rejected: int
    n_deleted: int
    accepted: Estimate
    """Of those that were decided on."""
    deleted: Estimate
    """Of all."""
    flags: tuple[tuple[str, Estimate], ...]
    """Label of `FLAGS` -> mean of the messages that have it."""
    emojis: tuple[tuple[str, int], ...]
    """Reaction -> how often, by name."""


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Messages with one outcome; a deleted one counts as deleted alone."""

    outcome: str
    n: int
    n_by_people: int
    means: tuple[tuple[str, Estimate], ...]
    """``toxicity`` (label), ``toxicity (model)``, ``quality`` -> mean, where there are any."""


@dataclass(frozen=True, slots=True)
class Moderation:
    """All outcomes."""

    total: ModerationRow
    languages: tuple[ModerationRow, ...]
    """Most messages first."""
    outcomes: tuple[OutcomeRow, ...]
    """Those that some message has, in the order of `OUTCOMES`."""


def moderation_of(columns: TreeColumns, resampling: Resampling) -> Moderation:
    """Describe outcomes by language."""
    c = columns
    rates = _rates(c, resampling)
    codes = range(len(c.languages))
    rows = [_row(c, c.languages[code], c.language == code, rates, code + 1) for code in codes]
    everything = np.ones(c.n_messages, dtype=np.bool_)
    return Moderation(
        total=_row(c, "", everything, rates, 0),
        languages=tuple(sorted(rows, key=lambda row: (-row.n, row.language))),
        outcomes=_outcomes(c, resampling),
    )


def _rates(c: TreeColumns, resampling: Resampling) -> dict[str, list[Estimate]]:
    """Measure -> rates of all messages and of each language."""
    decided = c.review != NONE
    measures: dict[str, tuple[FloatArray, BoolArray]] = {
        "accepted": ((c.review == 1).astype(np.float64), decided),
        "deleted": (c.deleted.astype(np.float64), np.ones(c.n_messages, dtype=np.bool_)),
    }
    for name in FLAGS:
        if name in c.labels.names:
            values = c.labels.of(name, c.n_messages)
            measures[name] = values, ~np.isnan(values)
    n = len(c.languages) + 1
    parts, groups, trees = [], [], []
    for i, (column, there) in enumerate(measures.values()):
        for place in (np.zeros(c.n_messages, dtype=np.int64), c.language + 1):
            parts.append(column[there])
            groups.append(n * i + place[there])
            trees.append(c.tree[there])
    means = tree_means(
        np.concatenate(parts),
        np.concatenate(groups),
        np.concatenate(trees),
        n_groups=n * len(measures),
        resampling=resampling,
    )
    return {
        name: [estimate(means, n * i + place) for place in range(n)]
        for i, name in enumerate(measures)
    }


def _row(
    c: TreeColumns, language: str, here: BoolArray, rates: dict[str, list[Estimate]], place: int
) -> ModerationRow:
    flags = ((name, rates[name][place]) for name in FLAGS if name in rates)
    return ModerationRow(
        language=language,
        n=int(here.sum()),
        n_reviewed=int((here & ((c.n_reviews > 0) | (c.review != NONE))).sum()),
        n_accepted=int((here & (c.review == 1)).sum()),
        n_rejected=int((here & (c.review == 0)).sum()),
        n_deleted=int((here & c.deleted).sum()),
        accepted=rates["accepted"][place],
        deleted=rates["deleted"][place],
        flags=tuple((name, rate) for name, rate in flags if rate.n),
        emojis=_emojis(c.emojis, here),
    )


def _emojis(emojis: Marks, here: BoolArray) -> tuple[tuple[str, int], ...]:
    rows = here[emojis.message]
    sums = np.bincount(
        emojis.name[rows], weights=emojis.value[rows], minlength=len(emojis.names)
    ).tolist()
    return tuple((name, int(n)) for name, n in zip(emojis.names, sums, strict=True) if n)


def _outcomes(c: TreeColumns, resampling: Resampling) -> tuple[OutcomeRow, ...]:
    which = np.where(c.review == 1, 0, np.where(c.review == 0, 1, 2))
    which[c.deleted] = 3
    measures = {"toxicity": c.labels.of(_TOXICITY, c.n_messages),
                "toxicity (model)": c.scores.of(_TOXICITY, c.n_messages),
                "quality": c.labels.of("quality", c.n_messages)}  # fmt: skip
    found: list[list[tuple[str, Estimate]]] = [[] for _ in OUTCOMES]
    for name, values in measures.items():
        there = ~np.isnan(values)
        means = tree_means(
            values[there],
            which[there],
            c.tree[there],
            n_groups=len(OUTCOMES),
            resampling=resampling,
        )
        for i, rates in enumerate(found):
            if means.n[i]:
                rates.append((name, estimate(means, i)))
    return tuple(
        OutcomeRow(
            name, int((which == i).sum()), int(((which == i) & c.by_people).sum()), tuple(found[i])
        )
        for i, name in enumerate(OUTCOMES)
        if (which == i).any()
    )
