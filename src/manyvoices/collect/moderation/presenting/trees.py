"""The list of trees, and one tree with all its branches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from manyvoices.collect.moderation import queries, words
from manyvoices.collect.moderation.models import Case
from manyvoices.collect.moderation.presenting.messages import MessageView, excerpt, view
from manyvoices.collect.trees.models import Tree
from manyvoices.collect.trees.policies import languages_of


@dataclass(frozen=True)
class TreeRow:
    tree: Tree
    excerpt: str
    state: str
    n_messages: int
    n_accepted: int


def tree_rows(trees: Iterable[Tree]) -> list[TreeRow]:
    listed = list(trees)
    sizes = queries.sizes(tree.pk for tree in listed)
    found = []
    for tree in listed:
        prompts = getattr(tree, "prompts", [])
        text = prompts[0].text if prompts else ""
        n, accepted = sizes.get(tree.pk, (0, 0))
        found.append(TreeRow(tree, excerpt(text), words.state(tree.state), n, accepted))
    return found


@dataclass
class Branch:
    """A message and what answers it."""

    view: MessageView
    rank: int | None
    """From 1."""
    n_reviews: int
    open_case: Any = None
    children: list[Branch] = field(default_factory=list)


def branches(tree: Tree) -> list[Branch]:
    """The messages of a tree, nested; two statements."""
    rows = list(tree.messages.order_by("depth", "rank", "created_at", "pk"))
    cases = Case.objects.filter(message__tree=tree, decided_at=None)
    open_cases = {case.message_id: case for case in cases}
    found: dict[Any, Branch] = {}
    tops: list[Branch] = []
    for row in rows:
        branch = Branch(
            view(row),
            None if row.rank is None else row.rank + 1,
            row.n_reviews,
            open_cases.get(row.pk),
        )
        found[row.pk] = branch
        parent = found.get(row.parent_id)
        (parent.children if parent is not None else tops).append(branch)
    return tops


def state_choices(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(state, f"{words.state(state)} ({n})") for state, n in sorted(counts.items())]


def language_choices(study: Any) -> list[str]:
    try:
        return list(languages_of(study))
    except LookupError:
        return []
