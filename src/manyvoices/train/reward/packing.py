"""Tree packing: one forward pass over a tree in which every message stands once.

Messages are laid out depth-first; a token sees its own message up to itself and the messages above
it; its position is its depth along the path. So every reply's score is the one that its flattened
thread would have, at a fraction of the tokens. Several trees fill one pack: they are a forest, and
the same mask keeps them apart.

In depth-first order the mask is one comparison. The tokens below a message, itself included, are a
stretch that ends at `Pack.below`: token k is seen by token q if ``k <= q < below[k]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.pairs import Order


@dataclass(frozen=True, slots=True)
class Pack:
    """A forest of messages, laid out. n tokens, m scored replies, s stretches."""

    ids: tuple[int, ...]
    """(n,)."""
    positions: tuple[int, ...]
    """(n,), depth of each token along its path, from 0."""
    below: tuple[int, ...]
    """(n,), index after the last token that may see this one."""
    stretches: tuple[tuple[int, int, tuple[tuple[int, int], ...]], ...]
    """(s,): (start, stop, what stands above as (start, stop) from the root on): consecutive tokens
    of one path. The first of a tree has nothing above."""
    ends: tuple[int, ...]
    """(m,), index of the token at which each reply is scored."""
    groups: tuple[tuple[TokenGroup, tuple[int, ...]], ...]
    """Each group with its replies' places in `ends`."""

    def __len__(self) -> int:
        return len(self.ids)

    def orders(self) -> tuple[Order, ...]:
        """The groups as orders over the scores of this pack."""
        return tuple(as_order(group, places) for group, places in self.groups)


def as_order(group: TokenGroup, members: tuple[int, ...]) -> Order:
    """A group as an order over scores at `members`."""
    source = group.source
    return Order(members, source.ranks, source.scores, source.weight)


@dataclass(slots=True, eq=False)
class _Node:
    """One message in the tree of what is shared: equal messages below equal ones are one node."""

    ids: tuple[int, ...]
    children: dict[tuple[int, ...], _Node] = field(default_factory=dict)
    scored: bool = False

    def child(self, ids: tuple[int, ...]) -> _Node:
        return self.children.setdefault(ids, _Node(ids))


def lay_out(groups: Sequence[TokenGroup]) -> Pack:
    """One pack of all `groups`, whatever its length; what they share stands once."""
    roots = _Node(())
    replies: list[list[_Node]] = []
    for group in groups:
        node = roots
        for ids in group.prefix:
            node = node.child(ids)
        found = [node.child(ids) for ids in group.replies]
        for reply in found:
            reply.scored = True
        replies.append(found)
    writer = _Writer()
    for root in roots.children.values():
        writer.write(root)
    index = writer.ends
    placed = (tuple(index[id(reply)] for reply in found) for found in replies)
    return Pack(
        tuple(writer.ids),
        tuple(writer.positions),
        tuple(writer.below),
        tuple(writer.stretches),
        tuple(writer.at),
        tuple(zip(groups, placed, strict=True)),
    )


class _Writer:
    """Depth-first, without recursion: conversations may be deeper than Python's stack."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.positions: list[int] = []
        self.below: list[int] = []
        self.stretches: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
        self.at: list[int] = []
        self.ends: dict[int, int] = {}

    def write(self, root: _Node) -> None:
        depths = _depths(root)
        open_nodes: list[tuple[int, int]] = []  # (start, stop) of the messages above
        waiting: list[tuple[_Node, int, int, bool]] = [(root, 0, 0, True)]
        while waiting:
            node, level, depth, begins = waiting.pop()
            self._close(open_nodes, level)
            start = len(self.ids)
            self._append(node, depth)
            open_nodes.append((start, len(self.ids)))
            if begins:
                self.stretches.append((start, len(self.ids), _joined(open_nodes[:-1])))
            else:
                first, _, above = self.stretches[-1]
                self.stretches[-1] = (first, len(self.ids), above)
            # The longest way down goes on the stretch: it needs no mask of its own.
            order = sorted(node.children.values(), key=lambda child: -depths[id(child)])
            after = depth + len(node.ids)
            below = [(child, level + 1, after, i > 0) for i, child in enumerate(order)]
            waiting.extend(reversed(below))
        self._close(open_nodes, 0)

    def _append(self, node: _Node, depth: int) -> None:
        self.ids.extend(node.ids)
        self.positions.extend(range(depth, depth + len(node.ids)))
        self.below.extend([0] * len(node.ids))
        if node.scored:
            self.ends[id(node)] = len(self.at)
            self.at.append(len(self.ids) - 1)

    def _close(self, open_nodes: list[tuple[int, int]], level: int) -> None:
        """Messages below `level` are complete: all that stands after them does not see them."""
        while len(open_nodes) > level:
            start, stop = open_nodes.pop()
            self.below[start:stop] = [len(self.ids)] * (stop - start)


def _depths(root: _Node) -> dict[int, int]:
    """Tokens on the longest way down from each node, itself included."""
    seen = [root]
    for node in seen:
        seen.extend(node.children.values())
    depths: dict[int, int] = {}
    for node in reversed(seen):
        under = (depths[id(child)] for child in node.children.values())
        depths[id(node)] = len(node.ids) + max(under, default=0)
    return depths


def _joined(parts: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Neighbouring stretches as one."""
    found: list[tuple[int, int]] = []
    for start, stop in parts:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Division:
    """Trees in the parts that fit into a pack, and what it cost."""

    parts: tuple[tuple[TokenGroup, ...], ...]
    """Each a tree or a part of one; together every group once."""
    lengths: tuple[int, ...]
    """Tokens of each part."""
    divided: int
    """Trees that were divided."""
    repeated: int
    """Tokens that stand more than once for it."""
    too_long: int
    """Single groups longer than a pack: they have one of their own, longer than the budget."""

    def lines(self, max_tokens: int) -> tuple[str, ...]:
        """One sentence per fact that differs from one pack per tree."""
        found = []
        if self.divided:
            found.append(
                f"{self.divided} trees are longer than {max_tokens} tokens and were divided; "
                f"{self.repeated} tokens are repeated for it"
            )
        if self.too_long:
            found.append(
                f"{self.too_long} groups alone are longer than {max_tokens} tokens; their packs "
                "are longer than packing.max_tokens"
            )
        return tuple(found)


def divide(groups: Iterable[TokenGroup], max_tokens: int) -> Division:
    """Trees as parts of at most `max_tokens` tokens, groups of one tree next to each other.

    A part takes groups in depth-first order as long as they fit; the next part repeats the
    messages above its groups. A group is never divided: its loss needs all its scores.
    """
    parts: list[tuple[TokenGroup, ...]] = []
    lengths: list[int] = []
    divided = repeated = too_long = 0
    for tree in _by_tree(groups):
        found = list(_parts(_depth_first(tree), max_tokens))
        parts += [part for part, _ in found]
        lengths += [length for _, length in found]
        too_long += sum(length > max_tokens for _, length in found)
        if len(found) > 1:
            divided += 1
            repeated += sum(length for _, length in found) - n_tokens(tree)
    return Division(tuple(parts), tuple(lengths), divided, repeated, too_long)


def _by_tree(groups: Iterable[TokenGroup]) -> Iterator[list[TokenGroup]]:
    trees: dict[str, list[TokenGroup]] = {}
    for group in groups:
        trees.setdefault(group.source.tree_id, []).append(group)
    return iter(trees.values())


def _depth_first(tree: list[TokenGroup]) -> list[TokenGroup]:
    """Groups whose paths share the most next to each other."""
    first: dict[tuple[int, ...], int] = {}
    for group in tree:
        for ids in (*group.prefix, *group.replies):
            first.setdefault(ids, len(first))
    return sorted(tree, key=lambda group: [first[ids] for ids in group.prefix])


def _parts(tree: list[TokenGroup], max_tokens: int) -> Iterator[tuple[tuple[TokenGroup, ...], int]]:
    part: list[TokenGroup] = []
    known: set[tuple[tuple[int, ...], ...]] = set()
    length = 0
    for group in tree:
        paths = _paths(group)
        more = sum(len(path[-1]) for path in paths - known)
        if part and length + more > max_tokens:
            yield tuple(part), length
            part, known, length = [], set(), 0
            more = sum(len(path[-1]) for path in paths)
        part.append(group)
        known |= paths
        length += more
    yield tuple(part), length


def _paths(group: TokenGroup) -> set[tuple[tuple[int, ...], ...]]:
    """Every message of the group, named by all above it."""
    above = [group.prefix[:n] for n in range(1, len(group.prefix) + 1)]
    return {*above, *((*group.prefix, reply) for reply in group.replies)}


def n_tokens(groups: Iterable[TokenGroup]) -> int:
    """Tokens of one pack of `groups`."""
    return sum(len(path[-1]) for path in {p for group in groups for p in _paths(group)})
