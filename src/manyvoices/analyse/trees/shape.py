"""How many messages and trees there are, in which languages and states, and how trees branch.

Source: OASST (arXiv 2304.07327), the description of its data set: messages by language and role,
trees by state, and the tables of tree sizes. Deleted messages and those of models are counted
apart; sizes, depths and branchings are of what was not deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.overview import Count
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.table import BoolArray, IntArray
from manyvoices.analyse.trees.columns import NONE, TreeColumns
from manyvoices.analyse.trees.distributions import Distribution, distributions


@dataclass(frozen=True, slots=True)
class LanguageRow:
    """Messages in one language."""

    language: str
    """BCP 47 tag; empty where none was named."""
    n_trees: int
    """Trees whose prompt is in it."""
    n_prompter: int
    n_assistant: int
    """Messages by people, not deleted."""
    n_synthetic: int
    """By models, not deleted."""
    n_deleted: int

    @property
    def n(self) -> int:
        """All messages."""
        return self.n_prompter + self.n_assistant + self.n_synthetic + self.n_deleted


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts, and how trees spread."""

    n_trees: int
    n_messages: int
    """Deleted ones and those of models among them."""
    n_prompter: int
    n_assistant: int
    """Of all messages."""
    deleted: Count
    synthetic: Count
    simulated: Count
    languages: tuple[LanguageRow, ...]
    """Most messages first."""
    states: tuple[tuple[str, int], ...]
    """(state, trees), most first; ``""`` where the file names none."""
    size: Distribution
    """Messages of a tree."""
    depth: Distribution
    """Replies on the longest way down a tree; 0 for a prompt alone."""
    branching: Distribution
    """Replies to a message that has any."""
    replies_to_prompter: Distribution
    replies_to_assistant: Distribution
    """Replies to each message, none counted too."""
    thread: Distribution
    """Messages from a prompt to a message without replies."""
    assistant_thread: Distribution
    """The same where the last message is an assistant's."""
    n_assistant_ends: int
    """Different ways from a prompt down to an assistant's message, when each thread is cut after
    its last one: what a model can be trained on."""
    ranked_set: Distribution
    """Ranked replies of each set in which two or more are."""
    n_ranked: int
    """Messages with a rank in such sets."""
    n_ranked_pairs: int
    """Pairs of replies in a set whose ranks differ: preference pairs."""
    reviewed: Count
    """Messages that somebody reviewed, or that were decided on."""
    accepted: Count
    """Of those that were decided on."""


def shape_of(columns: TreeColumns, resampling: Resampling) -> Shape:
    """Describe the trees; intervals of means resample whole trees."""
    c, live = columns, columns.live
    decided = c.review != NONE
    spread = distributions(_parts(c), resampling)
    ends = _assistant_ends(c)
    return Shape(
        n_trees=c.n_trees,
        n_messages=c.n_messages,
        n_prompter=int((~c.is_assistant).sum()),
        n_assistant=int(c.is_assistant.sum()),
        deleted=Count(int(c.deleted.sum()), c.n_messages),
        synthetic=Count(int((c.synthetic & live).sum()), c.n_messages),
        simulated=Count(int(c.simulated.sum()), c.n_messages),
        languages=_languages(c),
        states=_states(c),
        n_assistant_ends=len(ends),
        n_ranked=sum(value * n for value, n in spread["ranked_set"].counts),
        n_ranked_pairs=_ranked_pairs(c),
        reviewed=Count(int((decided | (c.n_reviews > 0)).sum()), c.n_messages),
        accepted=Count(int((c.review == 1).sum()), int(decided.sum())),
        **spread,
    )


def replies(columns: TreeColumns) -> IntArray:
    """(n,) live replies of each message."""
    above = columns.parent[columns.live & (columns.parent != NONE)]
    return np.bincount(above, minlength=columns.n_messages)


def ranked_sets(columns: TreeColumns) -> tuple[IntArray, BoolArray]:
    """Ranked live replies of each message (n,), and which messages are such replies (n,)."""
    ranked = (columns.rank != NONE) & columns.live & (columns.parent != NONE)
    n = np.bincount(columns.parent[ranked], minlength=columns.n_messages)
    in_set: BoolArray = ranked & (n[columns.parent] >= 2)
    return n, in_set


def _parts(c: TreeColumns) -> dict[str, tuple[IntArray, IntArray]]:
    live, n_replies = c.live, replies(c)
    all_trees = np.arange(c.n_trees)
    depth = np.zeros(c.n_trees, dtype=np.int64)
    np.maximum.at(depth, c.tree[live], c.depth[live])
    leaf = live & (n_replies == 0)
    n_ranked, _ = ranked_sets(c)
    chosen = {
        "branching": live & (n_replies > 0),
        "replies_to_prompter": live & ~c.is_assistant,
        "replies_to_assistant": live & c.is_assistant,
    }
    return {
        "size": (np.bincount(c.tree[live], minlength=c.n_trees), all_trees),
        "depth": (depth, all_trees),
        **{name: (n_replies[rows], c.tree[rows]) for name, rows in chosen.items()},
        "thread": (c.depth[leaf] + 1, c.tree[leaf]),
        "assistant_thread": (
            c.depth[leaf & c.is_assistant] + 1,
            c.tree[leaf & c.is_assistant],
        ),
        "ranked_set": (n_ranked[n_ranked >= 2], c.tree[n_ranked >= 2]),
    }


def _assistant_ends(c: TreeColumns) -> IntArray:
    """Rows at which threads end once a prompter's last word without an answer is cut off."""
    leaf = np.flatnonzero(c.live & (replies(c) == 0))
    end = np.where(c.is_assistant[leaf], leaf, c.parent[leaf])
    return np.unique(end[end != NONE])


def _ranked_pairs(c: TreeColumns) -> int:
    _, in_set = ranked_sets(c)
    parent, rank = c.parent[in_set], c.rank[in_set]
    _, n = np.unique(parent, return_counts=True)
    _, same = np.unique(np.stack([parent, rank]), axis=1, return_counts=True)
    return int((n * (n - 1) // 2).sum() - (same * (same - 1) // 2).sum())


def _languages(c: TreeColumns) -> tuple[LanguageRow, ...]:
    def per_language(rows: BoolArray) -> list[int]:
        counts: list[int] = np.bincount(c.language[rows], minlength=len(c.languages)).tolist()
        return counts

    live, people = c.live, c.live & c.by_people
    table = zip(
        c.languages,
        per_language(c.parent == NONE),
        per_language(people & ~c.is_assistant),
        per_language(people & c.is_assistant),
        per_language(live & c.synthetic),
        per_language(c.deleted),
        strict=True,
    )
    return tuple(sorted((LanguageRow(*row) for row in table), key=lambda r: (-r.n, r.language)))


def _states(c: TreeColumns) -> tuple[tuple[str, int], ...]:
    n = np.bincount(c.state[c.state != NONE], minlength=len(c.states)).tolist()
    found = [(name, k) for name, k in zip(c.states, n, strict=True) if k]
    if unnamed := int((c.state == NONE).sum()):
        found.append(("", unnamed))
    return tuple(sorted(found, key=lambda row: (-row[1], row[0])))
