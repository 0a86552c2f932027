"""Going down a message tree along the messages that count, whatever its depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from manyvoices.io.chats import of_message
from manyvoices.io.converting import count_present
from manyvoices.schema import ChatLine, Message

DELETED, NOT_PASSED = "messages that were deleted", "messages that a review did not pass"
NOT_BEST, SYNTHETIC = "replies that are not the best ranked", "messages that a model wrote"

FIELDS = ("emojis", "labels", "events", "detoxify", "user_id", "created_date", "review_count")
"""Fields of a message that chat lines have no place for."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages of a tree count; a message that does not takes all below it away."""

    deleted: bool = False
    """Whether deleted messages count."""
    not_passed: bool = False
    """Whether messages count that a review did not pass; not reviewed is not failed."""
    synthetic: bool = True
    """Whether messages count that a model wrote."""

    def reason(self, message: Message) -> str | None:
        """Why a message does not count; None where it does."""
        if message.deleted is True and not self.deleted:
            return DELETED
        if message.review_result is False and not self.not_passed:
            return NOT_PASSED
        return SYNTHETIC if message.synthetic is True and not self.synthetic else None


class Walk:
    """Goes down a tree, counting what it leaves out."""

    def __init__(self, keep: Filter, not_carried: Counter[str], *, best_only: bool = False) -> None:
        self._keep, self._not_carried, self._best_only = keep, not_carried, best_only

    def nodes(self, root: Message) -> Iterator[tuple[list[ChatLine], Message, list[Message]]]:
        """(lines down to a message, the message, its replies that count), parents first."""
        # A list and not Python's stack: how deep a tree goes is up to the data.
        stack: list[tuple[list[ChatLine], Message]] = []
        if self._counts(root):
            stack.append(([], root))
        while stack:
            before, message = stack.pop()
            count_present(message, FIELDS, self._not_carried)
            said = [*before, of_message(message)]
            replies = self._replies(message)
            yield said, message, replies
            stack += [(said, reply) for reply in reversed(replies)]

    def is_answered(self, message: Message) -> bool:
        """Whether a message has an answer that counts."""
        kept = (reply for reply in message.replies or () if self._keep.reason(reply) is None)
        return any(reply.role == "assistant" for reply in kept)

    def _replies(self, message: Message) -> list[Message]:
        replies = [reply for reply in message.replies or () if self._counts(reply)]
        ranks = [reply.rank for reply in replies if isinstance(reply.rank, int)]
        if not self._best_only or not ranks:
            return replies
        best = [reply for reply in replies if reply.rank == min(ranks)][:1]
        if len(replies) > 1:
            self._not_carried[NOT_BEST] += len(replies) - len(best)
        return best

    def _counts(self, message: Message) -> bool:
        reason = self._keep.reason(message)
        if reason is not None:
            self._not_carried[reason] += 1
        return reason is None
