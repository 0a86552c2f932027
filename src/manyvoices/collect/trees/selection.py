"""Which trees and messages an export holds, and what it says of those that it leaves out.

OpenAssistant's export dropped a deleted parent and left its replies without one. Here a message
that is left out takes all below it along, and both are counted by reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from manyvoices.schema import Fault, InputError, Message, TreeState

Part: TypeAlias = Literal["without", "with", "only"]
PARTS: tuple[str, ...] = get_args(Part)
BELOW = "messages below one that is left out"


@dataclass(frozen=True, slots=True)
class Selection:
    """The filters of an export."""

    states: tuple[TreeState, ...] = (TreeState.READY_FOR_EXPORT,)
    """Empty = trees in every state."""
    languages: tuple[str, ...] = ()
    """Of the tree; empty = all."""
    deleted: Part = "without"
    rejected: Part = "without"
    """Messages that reviews, or a moderator, rejected: what OASST calls spam."""
    undecided: Part = "without"
    """Messages under review."""
    synthetic: Part = "with"
    prompts_only: bool = False
    author: str = ""
    """Only messages of one participant, by the id that the console shows."""
    labels: bool = True
    """Whether messages carry their summed labels."""
    events: bool = False
    """Whether messages carry the single rankings of their replies, as OASST writes them."""
    limit: int | None = None
    """Trees at most."""

    def __post_init__(self) -> None:
        for name in ("deleted", "rejected", "undecided", "synthetic"):
            if getattr(self, name) not in PARTS:
                wanted = f"one of {', '.join(PARTS)}"
                raise InputError([Fault(f"--{name}", None, "", getattr(self, name), wanted)])

    @property
    def is_flat(self) -> bool:
        """Whether what is selected makes no trees, so that messages stand one by one."""
        parts = (self.deleted, self.rejected, self.undecided, self.synthetic)
        return bool(self.author) or self.prompts_only or "only" in parts

    def reason(self, message: Message) -> str | None:
        """Why a message is left out; None where it is in. `author` is looked at elsewhere."""
        facts = {
            "deleted": message.deleted is True,
            "rejected": message.review_result is False,
            "undecided": not isinstance(message.review_result, bool),
            "synthetic": message.synthetic is True,
        }
        for name, holds in facts.items():
            wish = getattr(self, name)
            if holds and wish == "without":
                return f"{name} messages"
            if not holds and wish == "only":
                return f"messages that are not {name}"
        return None


def prune(order: list[Message], refused: dict[str, str], left_out: Counter[str]) -> list[Message]:
    """The messages of one tree that stay, parents first.

    Args:
        order: Parents before their replies.
        refused: Message id -> why it is left out.
        left_out: Gets the counts.
    """
    gone: set[str] = set()
    kept = []
    for message in order:
        parent = message.parent_id
        if message.message_id in refused:
            left_out[refused[message.message_id]] += 1
        elif isinstance(parent, str) and parent in gone:
            left_out[BELOW] += 1
        else:
            kept.append(message)
            continue
        gone.add(message.message_id)
    return kept
