"""Trees while they are put together: nodes that still take children, and groups found on the way.

Every reader of a form builds these, and `finished` freezes them, without recursion: how deep a
conversation goes is up to the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from manyvoices.train.views import ReplyGroup, Role, TreeNode, TreeView, Turn

Drops: TypeAlias = Counter[str]
"""Reason -> how many; the reason names the unit."""

ONE_REPLY = "groups with one reply that has a place"
ALL_EQUAL = "groups in which all replies are tied (kept; they give no pairs)"


@dataclass(slots=True)
class Draft:
    """A node."""

    text: str
    role: Role
    node_id: str
    children: list[Draft] = field(default_factory=list)

    @property
    def turn(self) -> Turn:
        """As a turn of a conversation."""
        return Turn(self.role, self.text)


@dataclass(frozen=True, slots=True)
class Place:
    """One reply's place in an order."""

    node_id: str
    text: str
    value: float
    """Smaller is better."""
    score: float | None = None
    """In the rater's scale, where there is one; larger is better."""


def group_of(
    prefix: tuple[Turn, ...],
    places: Sequence[Place],
    tree_id: str,
    language: str,
    drops: Drops,
    *,
    rater: str | None = None,
    groups: Mapping[str, str] | None = None,
) -> ReplyGroup | None:
    """The group of these replies, best first; None, counted, where fewer than two have a place."""
    if len(places) < 2:
        drops[ONE_REPLY] += len(places)
        return None
    ordered = sorted(places, key=lambda place: place.value)
    values = sorted({place.value for place in ordered})
    if len(values) == 1:
        drops[ALL_EQUAL] += 1
    scores = tuple(p.score for p in ordered if p.score is not None)
    return ReplyGroup(
        prefix=prefix,
        replies=tuple(p.text for p in ordered),
        ranks=tuple(values.index(p.value) for p in ordered),
        scores=scores if len(scores) == len(ordered) else None,
        tree_id=tree_id,
        language=language,
        rater=rater,
        groups=groups or {},
        node_ids=tuple(p.node_id for p in ordered),
    )


def finished(root: Draft, groups: Iterable[ReplyGroup], tree_id: str, language: str) -> TreeView:
    """The tree, frozen; `TreeNode.group` leads to the first group of a node's children."""
    listed = tuple(groups)
    first: dict[str, int] = {}
    for number, group in enumerate(listed):
        for node_id in group.node_ids:
            first.setdefault(node_id, number)
    order, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(node.children)
    frozen: dict[int, TreeNode] = {}
    for node in reversed(order):
        children = tuple(frozen.pop(id(child)) for child in node.children)
        mine = [first[child.node_id] for child in children if child.node_id in first]
        frozen[id(node)] = TreeNode(
            node.text, node.role, children, node.node_id, min(mine) if mine else None
        )
    return TreeView(frozen[id(root)], listed, tree_id, language)
