"""Pairs and single replies as tokens: what TRL's trainers are given, already tokenised.

TRL 1.16 would cut a sequence that is too long at its end, replies with it, and drop rows whose
prompt alone is too long. Here the prompt loses its beginning first, and every loss is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from manyvoices.train.templates import MessageFormat
from manyvoices.train.views import Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Ids = tuple[int, ...]


@dataclass(slots=True)
class Cuts:
    """What did not fit."""

    prompts: int = 0
    """Prompts that lost their beginning."""
    prompt_tokens: int = 0
    replies: int = 0
    """Replies that lost their end."""
    reply_tokens: int = 0

    def line(self, max_length: int) -> str:
        """For people; empty where nothing was lost."""
        if not self.prompts and not self.replies:
            return ""
        return (
            f"longer than {max_length} tokens: {self.prompts:,} prompts lost "
            f"{self.prompt_tokens:,} tokens at their beginning, {self.replies:,} replies "
            f"{self.reply_tokens:,} at their end"
        )


class Tokens:
    """Encodes prompts with the replies to them, and cuts what is too long."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        format: MessageFormat,
        max_length: int,
        min_prompt: int,
    ) -> None:
        self.tokenizer, self.format = tokenizer, format
        self.max_length, self.min_prompt = max_length, min_prompt
        self.cuts = Cuts()
        self._known: dict[Turn, tuple[Ids, Ids]] = {}

    def prompt_and(self, prompt: Iterable[Turn], replies: Iterable[str]) -> tuple[Ids, list[Ids]]:
        """The prompt with the assistant's header, and each reply with its end token.

        The prompt is as long as all replies share it; a tokenizer may join the header's line end
        with the first letters of one of them.
        """
        parts = [self._reply(text) for text in replies]
        before = [i for turn in prompt for i in self._turn(turn)]
        shared = _shared([header for header, _ in parts])
        full = [(*header[shared:], *said) for header, said in parts]
        return self._fitted((*before, *parts[0][0][:shared]), full)

    def _turn(self, turn: Turn) -> Ids:
        if turn not in self._known:
            self._known[turn] = (self.format.encode([turn], self.tokenizer).ids, ())
        return self._known[turn][0]

    def _reply(self, text: str) -> tuple[Ids, Ids]:
        """Header, and what the assistant produces: all from the first target to the last."""
        encoded = self.format.encode([Turn("assistant", text)], self.tokenizer)
        targets = [i for i, trained in enumerate(encoded.trained) if trained]
        return encoded.ids[: targets[0]], encoded.ids[targets[0] : targets[-1] + 1]

    def _fitted(self, prompt: Ids, replies: list[Ids]) -> tuple[Ids, list[Ids]]:
        longest = max(map(len, replies))
        if len(prompt) + longest <= self.max_length:
            return prompt, replies
        standing = min(len(prompt), self.min_prompt, self.max_length // 2)
        keep = min(len(prompt), max(standing, self.max_length - longest, 1))
        self.cuts.prompts += keep < len(prompt)
        self.cuts.prompt_tokens += len(prompt) - keep
        room = self.max_length - keep
        for reply in replies:
            self.cuts.replies += len(reply) > room
            self.cuts.reply_tokens += max(0, len(reply) - room)
        return prompt[len(prompt) - keep :], [reply[:room] for reply in replies]


def _shared(headers: list[Ids]) -> int:
    """Tokens that all headers begin with."""
    shortest = min(map(len, headers))
    same = (len({header[i] for header in headers}) == 1 for i in range(shortest))
    return next((i for i, equal in enumerate(same) if not equal), shortest)


def as_dataset(rows: Iterable[Any], columns: Iterable[str]) -> Any:
    """A `datasets.Dataset` of the fields of dataclasses."""
    from datasets import Dataset

    listed = list(rows)
    return Dataset.from_dict({name: [_plain(getattr(r, name)) for r in listed] for name in columns})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
