"""A decoder as an embedder of whole conversations: its last hidden state at the reply's end.

Every reply is a row of its own with the messages before it; nothing is trained, so that features
are computed once and kept. A reward model's folder is the better choice where there is one: its
last state already holds what people on average like.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.llm.embedding import Progress, Vectors
from manyvoices.train.config import ModelConfig
from manyvoices.train.personal.features import Features, Prompt, embed_kept, style_of
from manyvoices.train.views import Turn


class DecoderEmbedder:
    """Embeds conversations, each written as JSON ``[[role, text], ...]``.

    Args:
        folder: That transformers loads, with its tokenizer.
        max_length: Tokens per row; longer ones lose the beginning.
    """

    whole = False

    def __init__(
        self,
        folder: Path,
        *,
        format: str = "oasst",
        dtype: str = "float32",
        batch_size: int = 8,
        max_length: int = 2048,
        device: str = "cpu",
    ) -> None:
        from transformers import AutoModel

        from manyvoices.train.models import dtype_of, load_tokenizer

        config = ModelConfig.model_validate({"path": folder, "format": format, "dtype": dtype})
        self.tokenizer, self.format = load_tokenizer(config)
        self.model: Any = AutoModel.from_pretrained(str(folder), dtype=dtype_of(config))
        self.format.prepare(self.tokenizer, self.model)
        self.model.to(device).eval().requires_grad_(False)
        self.batch_size, self.max_length = batch_size, max_length
        self._name = f"{folder.name}-{format}-{max_length}-{_digest(folder)}"

    @property
    def name(self) -> str:
        """With a hash of all its files."""
        return self._name

    @property
    def dimension(self) -> int:
        """Width of the hidden state."""
        return int(self.model.config.hidden_size)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, dimension) float32. Rows of like length share a batch."""
        rows = [self._ids(text) for text in texts]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = np.zeros((len(rows), self.dimension), dtype=np.float32)
        for start in range(0, len(rows), self.batch_size):
            batch = order[start : start + self.batch_size]
            found[batch] = self._states([rows[i] for i in batch])
            if progress is not None:
                progress(start + len(batch))
        return found

    def _ids(self, text: str) -> tuple[int, ...]:
        turns = [Turn(role, said) for role, said in json.loads(text)]
        return self.format.encode(turns, self.tokenizer).ids[-self.max_length :]

    def _states(self, rows: Sequence[Sequence[int]]) -> Vectors:
        import torch

        longest = max(len(row) for row in rows)
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
        device = self.model.device
        with torch.no_grad():
            states = self.model(input_ids=ids.to(device), attention_mask=mask.to(device))
        ends = torch.tensor([len(row) - 1 for row in rows], device=device)
        last = states.last_hidden_state[torch.arange(len(rows), device=device), ends]
        return np.asarray(last.float().cpu().numpy(), dtype=np.float32)


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".safetensors", ".bin", ".model", ".txt"):
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class DecoderFeatures:
    """The state at the reply's end; of the message, the state at its own end."""

    embedder: DecoderEmbedder
    cache: Path | None = None
    style: bool = True
    whole: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """With everything that the features depend on."""
        return self.embedder.name + " + style" * self.style

    def __call__(
        self, prompts: Sequence[Prompt], replies: Sequence[str], told: Progress | None = None
    ) -> Features:
        """See `FeatureSource`."""
        asked = [_written(prompt) for prompt in prompts]
        rows = [
            _written((*prompt, Turn("assistant", reply)))
            for prompt, reply in zip(prompts, replies, strict=True)
        ]
        n = len(rows)
        both = embed_kept(self.embedder, [*rows, *asked], self.cache, told).astype(np.float64)
        parts = [both[:n], *([style_of(replies)] * self.style)]
        return Features(np.hstack(parts), both[n:])


def _written(turns: Sequence[Turn]) -> str:
    return json.dumps([[turn.role, turn.text] for turn in turns], ensure_ascii=False)
