"""Trees as packs in which every message stands once and every assistant turn is trained once.

The layout is the reward model's (`manyvoices.train.reward.packing`): depth-first, positions by
depth, a token sees its own message and those above. Here every assistant message is a "group" of
one reply, whose own tokens are targets. A target is never the first token of its message, so what
it is predicted from is the token before it, in the same message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from manyvoices.train.errors import EmptySplitError
from manyvoices.train.lengths import fitted
from manyvoices.train.masks import IGNORED, Encoded, joined
from manyvoices.train.reward.lengths import TokenGroup
from manyvoices.train.reward.packing import Pack, divide, lay_out
from manyvoices.train.views import ReplyGroup, TreeNode, TreeView, Turn

Encode = Callable[[Turn], Encoded]
"""One message as tokens, its header and end included."""


@dataclass(frozen=True, slots=True)
class Target:
    """An assistant message, or a window of one: what stands in for `TokenGroup.source` here."""

    tree_id: str
    labels: tuple[int, ...]
    """As long as the message; `IGNORED` where a token is no target."""
    weight: float


@dataclass(frozen=True, slots=True)
class TreeBatch:
    """A forest laid out, with what is predicted. n tokens, t targets."""

    pack: Pack
    at: tuple[int, ...]
    """(t,): the token that each target is predicted from, index into the pack."""
    targets: tuple[int, ...]
    """(t,): ids."""
    weights: tuple[float, ...]
    """(t,)."""
    tree_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The trees of one side of a split, each in one part or several."""

    parts: tuple[tuple[TokenGroup, ...], ...]
    tokens: int
    """That go through the model in one epoch."""
    thread_tokens: int
    """That would, with one row per path from a root to a last reply."""
    targets: int
    thread_targets: int
    """With rows per path: a turn that several paths share counts in each."""
    turns: int
    """Assistant messages."""
    equal_turns: int
    """Of these, messages that repeat a sibling word by word: they are trained once together."""
    divided: int
    """Trees larger than a pass."""
    repeated: int
    """Tokens that stand more than once for it."""
    windows: int
    """Rows of paths longer than ``max_length``."""

    def line(self) -> str:
        """For people."""
        saved = self.thread_tokens / max(self.tokens, 1)
        text = (
            f"{self.turns:,} assistant turns, each once: {self.tokens:,} tokens per epoch, "
            f"{self.targets:,} of them trained; as threads {self.thread_tokens:,} tokens "
            f"({saved:.2f} times as many), {self.thread_targets:,} trained"
        )
        notes = [
            (self.equal_turns, "turns equal a sibling and are trained with it"),
            (self.divided, f"trees divided, {self.repeated:,} tokens repeated for it"),
            (self.windows, "windows of paths longer than optim.max_length, which share nothing"),
        ]
        return "; ".join([text, *(f"{n:,} {what}" for n, what in notes if n)])

    def as_json(self) -> Mapping[str, int]:
        """For the metrics: all counts."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "parts"}


def parts_of(
    trees: Iterable[TreeView],
    encode: Encode,
    max_length: int,
    row_tokens: int,
    *,
    top_k: int | None = None,
    decay: float = 1.0,
    side: str = "the training side",
) -> Parts:
    """Every assistant message with its path, in parts of at most `row_tokens` tokens.

    A path longer than `max_length` becomes rows (`lengths.fitted`) that share nothing with the
    rest of the tree; all their targets are kept.

    Args:
        top_k: Replies with this rank or a worse one are left out, and all below them.
        decay: A reply of rank r weighs ``decay ** r``; those without a rank weigh 1.

    Raises:
        EmptySplitError: There is no assistant message.
    """
    count = dict.fromkeys(Parts.__slots__, 0)
    groups: list[TokenGroup] = []
    for tree in trees:
        for path, weight, last in _assistants(tree, encode, top_k, decay):
            groups += _fitted(path, weight, tree.tree_id, max_length, count)
            count["turns"] += 1
            if last:
                count["thread_tokens"] += sum(map(len, path))
                count["thread_targets"] += sum(part.n_trained for part in path)
    if not groups:
        raise EmptySplitError(
            side, "no tree in it has an assistant message", "give it trees in which one answers"
        )
    division = divide(groups, row_tokens)
    unique = {(g.source.tree_id, g.prefix, g.replies): _target(g) for g in groups}
    count["equal_turns"] = len(groups) - len(unique)
    count["targets"] = sum(label != IGNORED for t in unique.values() for label in t.labels)
    found = {
        "parts": division.parts,
        "tokens": sum(division.lengths),
        "divided": division.divided,
        "repeated": division.repeated,
    }
    return Parts(**{**count, **found})  # type: ignore[arg-type]


def _target(group: TokenGroup) -> Target:
    return cast(Target, group.source)


def _group(path: Sequence[tuple[int, ...]], target: Target) -> TokenGroup:
    # Laying out reads ids, dividing reads ``source.tree_id``: a target has what both ask for.
    return TokenGroup(tuple(path[:-1]), (path[-1],), cast(ReplyGroup, target))


def _assistants(
    tree: TreeView, encode: Encode, top_k: int | None, decay: float
) -> Iterator[tuple[tuple[Encoded, ...], float, bool]]:
    """Path, weight, and whether a thread ends here, of each assistant message."""
    ranks: dict[str, int] = {}
    for group in tree.groups:
        for node_id, rank in zip(group.node_ids, group.ranks, strict=False):
            ranks.setdefault(node_id, rank)

    def left_out(node: TreeNode) -> bool:
        return top_k is not None and ranks.get(node.node_id, 0) >= top_k

    waiting: list[tuple[tuple[Encoded, ...], TreeNode]] = [((), tree.root)]
    while waiting:
        above, node = waiting.pop()
        path = (*above, encode(Turn(node.role, node.text)))
        children = [child for child in node.children if not left_out(child)]
        waiting.extend((path, child) for child in reversed(children))
        if node.role == "assistant":
            # As `Views.threads`: a question that nobody answered is taken off, and ends a thread.
            answered = [any(not left_out(r) for r in child.children) for child in children]
            yield path, decay ** ranks.get(node.node_id, 0), not (children and all(answered))


def _fitted(
    path: tuple[Encoded, ...], weight: float, tree_id: str, max_length: int, count: dict[str, int]
) -> list[TokenGroup]:
    last = path[-1]
    if sum(map(len, path)) <= max_length:
        target = Target(tree_id, last.labels, weight)
        return [_group([part.ids for part in path], target)]
    untrained = [Encoded(p.ids, (False,) * len(p), p.turn) for p in path[:-1]]
    rows, _ = fitted(joined([*untrained, last]), max_length)
    count["windows"] += len(rows)
    return [_group([row.ids], Target(tree_id, row.labels, weight)) for row in rows]


def collate(parts: Sequence[tuple[TokenGroup, ...]]) -> TreeBatch:
    """Several parts as one forest."""
    pack = lay_out([group for part in parts for group in part])
    best: dict[int, Target] = {}
    for group, (place,) in pack.groups:
        target = _target(group)
        if place not in best or best[place].weight < target.weight:
            best[place] = target
    found: list[tuple[int, int, float]] = []
    for place, target in sorted(best.items()):
        start = pack.ends[place] - len(target.labels)  # the token before the message's first
        wanted = ((start + i, label) for i, label in enumerate(target.labels))
        found += [(at, label, target.weight) for at, label in wanted if label != IGNORED]
    at, targets, weights = zip(*found, strict=True)
    names = dict.fromkeys(_target(g).tree_id for part in parts for g in part)
    return TreeBatch(pack, at, targets, weights, tuple(names))


def as_tensors(batch: TreeBatch, device: Any) -> tuple[Any, Any, Any]:
    """`at`, `targets` and `weights` on `device`."""
    import torch

    return (
        torch.tensor(batch.at, device=device),
        torch.tensor(batch.targets, device=device),
        torch.tensor(batch.weights, dtype=torch.float32, device=device),
    )
