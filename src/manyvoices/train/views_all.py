"""All views of what was read: derived from the trees when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from manyvoices.train.views import (
    Pair,
    Prompt,
    ReplyGroup,
    Thread,
    TreeNode,
    TreeView,
    Turn,
)

if TYPE_CHECKING:
    from manyvoices.train.manifest import Manifest


@dataclass(frozen=True, slots=True)
class SourceTree:
    """A tree as it was read, before it is anybody's view."""

    view: TreeView
    """With the groups that `Views.groups` gives: merged ones where there are any."""
    by_rater: tuple[ReplyGroup, ...] = ()
    """Single people's groups."""
    source: int = 0
    """Which data set it is of: 0 is ``data.path``, then ``data.more`` in order."""
    waits: bool = False
    """A prompt that was not yet taken up (``prompt_lottery_waiting``): only prompts are made of
    it."""


@dataclass(frozen=True, slots=True)
class Views:
    """What training reads of the data sets of a run. Every method gives a new tuple, in order."""

    sources: tuple[SourceTree, ...]
    manifest: Manifest
    """What was read, what was dropped and why, and the hash of it all."""
    top_k: int | None = None
    individual: bool = False
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Rater -> survey answers, where the release holds them."""

    def threads(self) -> tuple[Thread, ...]:
        """Every path from a root to a last assistant message: a prompter leaf is taken off, and a
        thread that another one begins with is not given twice."""
        return tuple(t for tree in self._grown() for t in _threads(tree.view, self.top_k))

    def groups(self) -> tuple[ReplyGroup, ...]:
        """Every group of replies with an order: merged orders where the source merged them (single
        people's if ``individual``), otherwise the only person's who gave one."""
        if self.individual:
            return tuple(g for tree in self._grown() for g in tree.by_rater or tree.view.groups)
        return tuple(g for tree in self._grown() for g in tree.view.groups)

    def rater_groups(self) -> tuple[ReplyGroup, ...]:
        """Every group whose rater is known, one per person and message."""
        return tuple(g for tree in self._grown() for g in tree.by_rater)

    def trees(self, *, whole: bool = False) -> tuple[TreeView, ...]:
        """Every tree with ranked replies, cut down to the groups and what they answer.

        Args:
            whole: All trees with all their messages instead: what SFT by trees reads.
        """
        if whole:
            return tuple(tree.view for tree in self._grown())
        found = (self._tree(tree) for tree in self._grown())
        return tuple(pruned(tree) for tree in found if tree.groups)

    def pairs(self, *, ties: bool = False) -> tuple[Pair, ...]:
        """All pairs within a group; tied ones (margin 0) only where they are asked for."""
        return tuple(p for group in self.groups() for p in pairs_of(group, ties=ties))

    def prompts(self) -> tuple[Prompt, ...]:
        """Every path that ends on the prompter, prompts that wait included where they were read."""
        return tuple(p for tree in self.sources for p in _prompts(tree.view))

    def only(self, keep: Iterable[SourceTree]) -> Views:
        """The same with these trees alone."""
        return replace(self, sources=tuple(keep))

    def _grown(self) -> Iterator[SourceTree]:
        return (tree for tree in self.sources if not tree.waits)

    def _tree(self, tree: SourceTree) -> TreeView:
        if not (self.individual and tree.by_rater):
            return tree.view
        return with_groups(tree.view, tree.by_rater)


def pairs_of(group: ReplyGroup, *, ties: bool = False) -> Iterator[Pair]:
    """Better reply before worse, for every two replies of the group."""
    scores = group.scores
    for i in range(len(group.replies)):
        for j in range(i + 1, len(group.replies)):
            if group.ranks[i] == group.ranks[j] and not ties:
                continue
            apart = group.ranks[j] - group.ranks[i] if scores is None else scores[i] - scores[j]
            yield Pair(
                group.prefix,
                group.replies[i],
                group.replies[j],
                float(apart),
                group.tree_id,
                group.rater,
                group.language,
                group.groups,
                group.weight,
            )


def with_groups(tree: TreeView, groups: tuple[ReplyGroup, ...]) -> TreeView:
    """The same messages with other groups; `TreeNode.group` follows."""
    first: dict[str, int] = {}
    for number, group in enumerate(groups):
        for node_id in group.node_ids:
            first.setdefault(node_id, number)

    def change(node: TreeNode, children: tuple[TreeNode, ...]) -> TreeNode:
        mine = [first[child.node_id] for child in children if child.node_id in first]
        return replace(node, children=children, group=min(mine) if mine else None)

    return replace(tree, root=rebuilt(tree.root, change), groups=groups)


def pruned(tree: TreeView) -> TreeView:
    """Only the messages that a group's replies or their prefixes are."""
    ranked = {node_id for group in tree.groups for node_id in group.node_ids}

    def change(node: TreeNode, children: tuple[TreeNode, ...]) -> TreeNode | None:
        return (
            replace(node, children=children)
            if children or node.node_id in ranked or node is tree.root
            else None
        )

    return replace(tree, root=rebuilt(tree.root, change))


def rebuilt(root: TreeNode, change: Any) -> TreeNode:
    """The tree with ``change(node, new children)`` in place of each node, leaves first; None takes
    a node out. Without recursion: a conversation may be deeper than Python's stack."""
    new: dict[int, TreeNode | None] = {}
    for node in reversed(list(root.walk())):
        kept = tuple(k for child in node.children if (k := new.pop(id(child))) is not None)
        new[id(node)] = change(node, kept)
    changed = new[id(root)]
    assert changed is not None
    return changed


def _paths(
    root: TreeNode, skip: Mapping[str, bool]
) -> Iterator[tuple[tuple[Turn, ...], TreeNode, bool]]:
    """Every node with its turns from the root on, and whether nothing (not skipped) follows."""
    waiting: list[tuple[tuple[Turn, ...], TreeNode]] = [((), root)]
    while waiting:
        above, node = waiting.pop()
        turns = (*above, Turn(node.role, node.text))
        children = [child for child in node.children if not skip.get(child.node_id)]
        waiting.extend((turns, child) for child in reversed(children))
        yield turns, node, not children


def _threads(tree: TreeView, top_k: int | None) -> Iterator[Thread]:
    below: dict[str, bool] = {}
    if top_k is not None:
        for group in tree.groups:
            below |= {n: r >= top_k for n, r in zip(group.node_ids, group.ranks, strict=False)}
    for turns, node, _ in _paths(tree.root, below):
        # The last words of the assistant on a path: no assistant message answers further down.
        if node.role == "assistant" and not _answered(node, below):
            yield Thread(turns, tree.tree_id, tree.language)


def _answered(node: TreeNode, skip: Mapping[str, bool]) -> bool:
    return any(
        not skip.get(reply.node_id)
        for question in node.children
        if not skip.get(question.node_id)
        for reply in question.children
    )


def _prompts(tree: TreeView) -> Iterator[Prompt]:
    for turns, node, _ in _paths(tree.root, {}):
        if node.role == "prompter":
            yield Prompt(turns, tree.tree_id, tree.language)
