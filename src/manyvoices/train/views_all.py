"""All views of what was read: derived from the trees when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from manyvoices.train.sampling import EpochSampler, Share, sampler_of
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
    from manyvoices.train.config import SplitConfig
    from manyvoices.train.manifest import Manifest
    from manyvoices.train.splits import Split


class HasTree(Protocol):
    """An example of any view."""

    @property
    def tree_id(self) -> str:
        """The tree that it is of."""


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
    shares: tuple[Share, ...] = (Share(),)
    """How much of each data set an epoch takes."""

    def threads(self, *, contained: bool = True) -> tuple[Thread, ...]:
        """Every path from a root to a leaf, a prompter leaf taken off, each thread once.

        Open-Assistant takes off a prompter leaf only where it is its parent's first reply and
        drops the thread otherwise: on its 100 published trees 555 threads, here 564.

        Args:
            contained: Whether to give threads that another one begins with (an answer with a
                question that was answered and one that was not). Without them, 546 on those
                trees, every thread says something that no other says.
        """
        return tuple(
            thread
            for tree in self._grown()
            for thread in _threads(tree.view, self.top_k, contained=contained)
        )

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
        """Every path that ends on the prompter, each once, those that wait to grow included where
        they were read (``lottery``)."""
        found = (p for tree in self.sources for p in _prompts(tree.view))
        return tuple({prompt.turns: prompt for prompt in reversed(list(found))}.values())[::-1]

    def split(self, config: SplitConfig) -> tuple[Views, Views, Split[SourceTree]]:
        """(to train on, held out, what the split says of itself); both give all views.

        Raises:
            EmptySplitError: One side would be empty. With share 0 nothing is held out.
        """
        from manyvoices.train.splits import split_views

        found = split_views(self, config)
        return self.only(found.train), self.only(found.test), found

    def sampler(self, items: Iterable[HasTree], seed: int) -> EpochSampler:
        """Which of a view's examples each epoch takes, by the shares of their data sets."""
        source = {tree.view.tree_id: tree.source for tree in self.sources}
        return sampler_of([source[item.tree_id] for item in items], self.shares, seed)

    def epoch(self, number: int) -> Views:
        """Pass `number` over the data as views of its own, whole trees drawn by the shares of their
        data sets: for trainers that cannot take a `sampler`'s indices."""
        if all(share == Share() for share in self.shares):
            return self
        drawn = self.sampler([tree.view for tree in self.sources], self.manifest.seed)
        return self.only(self.sources[i] for i in sorted(drawn.indices(number)))

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


def _threads(tree: TreeView, top_k: int | None, *, contained: bool) -> Iterator[Thread]:
    below: dict[str, bool] = {}
    if top_k is not None:
        for group in tree.groups:
            below |= {n: r >= top_k for n, r in zip(group.node_ids, group.ranks, strict=False)}
    for turns, node, last in _paths(tree.root, below):
        if node.role != "assistant":
            continue
        questions = [child for child in node.children if not below.get(child.node_id)]
        answered = [any(not below.get(r.node_id) for r in q.children) for q in questions]
        # A question that nobody answered is taken off; several of them end one thread, not many.
        ends = last or (not all(answered) if contained else not any(answered))
        if ends:
            yield Thread(turns, tree.tree_id, tree.language)


def _prompts(tree: TreeView) -> Iterator[Prompt]:
    for turns, node, _ in _paths(tree.root, {}):
        if node.role == "prompter":
            yield Prompt(turns, tree.tree_id, tree.language)
