"""Trees of a simulation: the facts that the rules see, beside the truth that only we know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from manyvoices.design.trees.acceptance import Review
from manyvoices.design.trees.facts import MessageFacts, TaskKind, TreeFacts


@dataclass(frozen=True, slots=True)
class Planted:
    """What is true of a message."""

    author: int
    is_good: bool
    """It is no spam."""
    quality: float
    """0 to 1."""
    written_at: float
    """Second of the simulation."""
    is_reference: bool = False
    """The author of the prompt wrote this answer to it."""


@dataclass(slots=True)
class GrowingTree:
    """One tree of the simulation."""

    facts: TreeFacts
    planted: dict[str, Planted]
    reviews: dict[str, list[Review]] = field(default_factory=dict)
    rankings: dict[str, list[list[str]]] = field(default_factory=dict)
    merged: dict[str, list[list[str]]] = field(default_factory=dict)
    due: dict[tuple[TaskKind, str], datetime] = field(default_factory=dict)
    """(kind, message) of each need -> when it is due."""

    @property
    def prompt(self) -> Planted:
        """What is true of the prompt."""
        return self.planted[self.facts.prompt.id]

    def add(self, message: MessageFacts, planted: Planted) -> None:
        """Hang a new message in."""
        self.planted[message.id] = planted
        messages = (*self.facts.messages, message)
        self.facts = replace(self.facts, messages=messages, is_scored=False)

    def change(self, message: str, **fields: object) -> None:
        """Put other facts of a message in place."""
        messages = tuple(
            replace(m, **fields) if m.id == message else m  # type: ignore[arg-type]
            for m in self.facts.messages
        )
        self.facts = replace(self.facts, messages=messages)

    def lease(self, kind: TaskKind, message: str, n: int) -> None:
        """Count a task into, or out of, somebody's hands."""
        leased = dict(self.facts.leased)
        leased[kind, message] = leased.get((kind, message), 0) + n
        self.facts = replace(self.facts, leased={key: n for key, n in leased.items() if n})

    def above(self, message: str | None) -> list[MessageFacts]:
        """A message and all that it answers."""
        found = []
        while message is not None:
            found.append(self.facts.by_id[message])
            message = found[-1].parent
        return found

    def live_replies(self, parent: str) -> list[str]:
        """Ids of the replies to a message that can be ranked."""
        return [reply.id for reply in self.facts.replies[parent] if reply.is_live]
