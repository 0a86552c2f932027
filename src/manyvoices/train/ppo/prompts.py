"""Prompts of a release as a policy reads them, and what had to be cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from manyvoices.train.config_ppo import PpoConfig
from manyvoices.train.errors import EmptySplitError
from manyvoices.train.templates import MessageFormat
from manyvoices.train.views import Prompt, Turn, read_views

MANIFEST = "data.json"

PromptIds = tuple[tuple[Turn, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts with their token ids, the assistant's header at the end."""

    items: tuple[PromptIds, ...]
    cut: int
    """How many lost their beginning."""
    tokens_cut: int
    room: int
    """Tokens that a prompt may have."""

    def line(self) -> str:
        """What happened to them, for a person."""
        lost = f"; {self.cut} were longer and lost their first {self.tokens_cut} tokens in all"
        return f"{len(self.items)} prompts of at most {self.room} tokens{lost if self.cut else ''}"


def encoded_prompts(
    prompts: Iterable[Prompt], tokenizer: Any, format: MessageFormat, config: PpoConfig
) -> Prompts:
    """Every prompt cut on the left, as in OASST's run, to leave room for the reply."""
    room = config.optim.max_length - config.generate.max_new_tokens
    items: list[PromptIds] = []
    cut = lost = 0
    for prompt in prompts:
        ids = format.encode(prompt.turns, tokenizer, generation=True).ids
        if len(ids) > room:
            cut, lost = cut + 1, lost + len(ids) - room
        items.append((prompt.turns, ids[-room:]))
    return Prompts(tuple(items), cut, lost, room)


def read_prompts(
    config: PpoConfig,
) -> tuple[tuple[Prompt, ...], tuple[Prompt, ...], Any]:
    """(to train on, held out, manifest of the data).

    Raises:
        EmptySplitError: No conversation ends on the prompter.
    """
    views = read_views(config.data)
    train, test, _ = views.split(config.data.split)
    prompts = train.prompts()
    if not prompts:
        raise EmptySplitError(
            "the view of prompts",
            f"no conversation in {config.data.path} ends on the prompter",
            "give trees or conversations with a person's messages",
        )
    return prompts, test.prompts(), views.manifest
