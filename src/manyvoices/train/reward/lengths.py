"""Groups of replies as tokens, cut to what the model can read; every cut is counted.

The same function serves packs and rows, so that both score the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from manyvoices.train.views import ReplyGroup, Turn

Encode = Callable[[Turn], tuple[int, ...]]
"""One message as token ids, its header and end included."""


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """A group of replies as tokens."""

    prefix: tuple[tuple[int, ...], ...]
    """One entry per message; a prefix that was cut begins in the middle of one."""
    replies: tuple[tuple[int, ...], ...]
    source: ReplyGroup

    @property
    def prefix_length(self) -> int:
        """Tokens before the replies."""
        return sum(map(len, self.prefix))

    @property
    def row_tokens(self) -> int:
        """Tokens when every reply has its own copy of the prefix."""
        return len(self.replies) * self.prefix_length + sum(map(len, self.replies))


@dataclass(slots=True)
class Cuts:
    """What did not fit. Printed at the end of reading, so that no length is lost in silence."""

    groups: int = 0
    """Groups whose prefix lost its beginning."""
    prefix_tokens: int = 0
    replies: int = 0
    """Replies that lost their end."""
    reply_tokens: int = 0
    over_best: int = 0
    """Replies beyond `max_replies`."""
    lost_groups: int = 0
    """Groups in which nothing was left to compare."""

    def lines(self, max_length: int) -> tuple[str, ...]:
        """One sentence per kind of loss; none where nothing was lost."""
        found = []
        if self.groups:
            found.append(
                f"{self.groups} groups were longer than {max_length} tokens: their prefixes lost "
                f"{self.prefix_tokens} tokens at the beginning"
            )
        if self.replies:
            found.append(
                f"{self.replies} replies did not fit into {max_length} tokens beside what is left "
                f"of their prefix: they lost {self.reply_tokens} tokens before their end token"
            )
        if self.over_best:
            found.append(f"{self.over_best} replies beyond max_replies were left out")
        if self.lost_groups:
            found.append(f"{self.lost_groups} groups had no two replies apart after that")
        return tuple(found)


def tokenise(
    groups: Iterable[ReplyGroup],
    encode: Encode,
    *,
    max_length: int,
    min_prefix: int = 256,
    max_replies: int | None = None,
) -> tuple[tuple[TokenGroup, ...], Cuts]:
    """Every group as tokens, none dropped for its length.

    A group whose longest thread exceeds `max_length` loses the beginning of its prefix, the same
    for all its replies; at least `min_prefix` tokens of it (or half of `max_length`) stay. A reply
    that is still too long loses what stands before its end token, at which it is scored.
    """
    cuts = Cuts()
    known: dict[Turn, tuple[int, ...]] = {}

    def once(turn: Turn) -> tuple[int, ...]:
        if turn not in known:
            known[turn] = encode(turn)
        return known[turn]

    found = []
    for group in groups:
        best = _best(group, max_replies, cuts)
        if best is None:
            continue
        prefix = tuple(ids for turn in best.prefix if (ids := once(turn)))
        replies = tuple(once(Turn("assistant", text)) for text in best.replies)
        found.append(_fitted(prefix, replies, best, max_length, min_prefix, cuts))
    return tuple(found), cuts


def _best(group: ReplyGroup, max_replies: int | None, cuts: Cuts) -> ReplyGroup | None:
    if max_replies is None or len(group.replies) <= max_replies:
        return group
    cuts.over_best += len(group.replies) - max_replies
    if len(set(group.ranks[:max_replies])) < 2:
        cuts.lost_groups += 1
        return None
    return replace(
        group,
        replies=group.replies[:max_replies],
        ranks=group.ranks[:max_replies],
        scores=None if group.scores is None else group.scores[:max_replies],
        node_ids=group.node_ids[:max_replies],
    )


def _fitted(
    prefix: tuple[tuple[int, ...], ...],
    replies: tuple[tuple[int, ...], ...],
    source: ReplyGroup,
    max_length: int,
    min_prefix: int,
    cuts: Cuts,
) -> TokenGroup:
    length = sum(map(len, prefix))
    longest = max(map(len, replies))
    if length + longest <= max_length:
        return TokenGroup(prefix, replies, source)
    standing = min(length, min_prefix, max_length // 2)
    keep = max(standing, max_length - longest)
    if keep < length:
        cuts.groups += 1
        cuts.prefix_tokens += length - keep
        prefix = _last(prefix, keep)
    return TokenGroup(prefix, _shortened(replies, max_length - min(keep, length), cuts), source)


def _last(parts: Sequence[tuple[int, ...]], n: int) -> tuple[tuple[int, ...], ...]:
    """The last `n` tokens, still one entry per message."""
    kept: list[tuple[int, ...]] = []
    for part in reversed(parts):
        if n <= 0:
            break
        kept.append(part[-n:])
        n -= len(part)
    return tuple(reversed(kept))


def _shortened(
    replies: tuple[tuple[int, ...], ...], room: int, cuts: Cuts
) -> tuple[tuple[int, ...], ...]:
    found = []
    for reply in replies:
        if len(reply) > room:
            cuts.replies += 1
            cuts.reply_tokens += len(reply) - room
            reply = (*reply[: room - 1], reply[-1])
        found.append(reply)
    return tuple(found)
