"""What training reads: threads, groups of ranked replies, trees, pairs and prompts.

A release, OASST's files, HH's and TRL's are all read into `TreeView`s first (`read_views`), and
every other view is derived from them, so that two stages of one study see the same data. Texts
stay texts here; `manyvoices.train.templates` turns them into tokens. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from manyvoices.train.errors import OneReplyError

if TYPE_CHECKING:
    from manyvoices.train.config import DataConfig
    from manyvoices.train.views_all import Views

Role: TypeAlias = Literal["prompter", "assistant", "system"]
"""Who speaks: the person, the model, or the instructions that stand above both."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """One path through a tree that ends on the assistant: what SFT reads."""

    turns: tuple[Turn, ...]
    """From the root on."""
    tree_id: str
    language: str
    """As the source names it; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class ReplyGroup:
    """Replies to one message and the order that people gave them: what a reward model reads.

    ``replies``, ``ranks``, ``scores`` and ``node_ids`` are parallel; replies come best first, and
    tied replies in the order of the source.
    """

    prefix: tuple[Turn, ...]
    """What the replies answer, from the root on; ends on the prompter."""
    replies: tuple[str, ...]
    """At least two."""
    ranks: tuple[int, ...]
    """0 is best; replies with equal ranks are tied. Dense: no number is left out."""
    scores: tuple[float, ...] | None
    """In the raters' own scale (PRISM: 1 to 100); None where they ordered without scoring."""
    tree_id: str
    language: str
    rater: str | None = None
    """Whose order; None means that it was merged from several people's or is not known."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Names to report by: the rater's survey answers, the kind of conversation, ..."""
    weight: float = 1.0
    """How much the group counts beside others."""
    node_ids: tuple[str, ...] = ()
    """`TreeNode.node_id` of each reply."""

    def __post_init__(self) -> None:
        if len(self.replies) < 2:
            raise OneReplyError(self.tree_id, len(self.replies))
        lengths = {len(self.replies), len(self.ranks), len(self.scores or self.replies)}
        if len(lengths) > 1 or len(self.node_ids) not in (0, len(self.replies)):
            raise ValueError(f"replies, ranks, scores, node_ids differ in length: {self.tree_id}")

    @property
    def n_pairs(self) -> int:
        """Pairs of replies with different ranks."""
        n, ranks = len(self.ranks), self.ranks
        return sum(ranks[i] != ranks[j] for i in range(n) for j in range(i))


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One message of a tree, with what answers it."""

    text: str
    role: Role
    children: tuple[TreeNode, ...]
    node_id: str
    """Unique in its tree."""
    group: int | None = None
    """Index into `TreeView.groups` of the (first) group that `children` form; None where they were
    not ranked. Further groups of the same replies, by other raters, are found by `node_ids`."""

    def walk(self) -> Iterator[TreeNode]:
        """This node and all below it, each before its children."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class TreeView:
    """A tree with the groups of ranked replies in it: what packing reads."""

    root: TreeNode
    groups: tuple[ReplyGroup, ...]
    tree_id: str
    language: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies to one message of which one was preferred: what DPO reads."""

    prompt: tuple[Turn, ...]
    """From the root on; ends on the prompter."""
    chosen: str
    rejected: str
    margin: float
    """Difference of the scores where there are scores, else the distance of the (dense) ranks.
    0 marks a tie, which only ``pairs(ties=True)`` gives."""
    tree_id: str
    rater: str | None
    language: str
    groups: Mapping[str, str] = field(default_factory=dict)
    """As in `ReplyGroup`."""
    weight: float = 1.0
    """As in `ReplyGroup`."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation that waits for the assistant: what PPO reads."""

    turns: tuple[Turn, ...]
    """From the root on; ends on the prompter."""
    tree_id: str
    language: str


def read_views(config: DataConfig) -> Views:
    """Read what `config` names and drop what it does not want, counting every drop.

    Raises:
        DataError: A file has faults, or is in no known form.
        NotAllowedError: Simulated rows without ``allow_simulated``, or no consent to training.
        EmptySplitError: Nothing is left after the filters.
    """
    from manyvoices.train.views_reading import read

    return read(config)
