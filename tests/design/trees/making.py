"""Short ways to write trees and reviews down."""

from __future__ import annotations

from manyvoices.design.trees import MessageFacts, Review, TaskKind, TreeFacts, TreePolicy
from manyvoices.schema import TreeState


def policy(**changes: object) -> TreePolicy:
    """OpenAssistant's defaults, but for these."""
    return TreePolicy.model_validate(changes)


def prompt(**fields: object) -> MessageFacts:
    """An accepted prompt."""
    return MessageFacts(
        **({"id": "p", "parent": None, "role": "prompter", "accepted": True} | fields)
    )  # type: ignore[arg-type]


def reply(key: str, parent: str = "p", **fields: object) -> MessageFacts:
    """An accepted reply; the assistant's, where the parent is the prompt or an answer's answer."""
    role = "assistant" if len(parent) % 2 else "prompter"
    defaults = {"id": key, "parent": parent, "role": role, "accepted": True}
    return MessageFacts(**(defaults | fields))  # type: ignore[arg-type]


def tree(
    *messages: MessageFacts,
    state: TreeState = TreeState.GROWING,
    goal: int = 12,
    leased: dict[tuple[TaskKind, str], int] | None = None,
    **fields: object,
) -> TreeFacts:
    """A tree of these messages."""
    return TreeFacts(state, goal, messages, leased or {}, **fields)  # type: ignore[arg-type]


def votes(*spam: float | None, lang: float | None = None, weight: float = 1.0) -> list[Review]:
    """Reviews that say only how much a message is spam (and in the wrong language)."""
    labels: list[dict[str, float | None]] = [{"spam": value} for value in spam]
    for given in labels:
        if lang is not None:
            given["lang_mismatch"] = lang
    return [Review(given, weight) for given in labels]
