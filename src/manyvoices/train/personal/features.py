"""What a head sees of a reply: frozen features, made once and kept.

A reply's features are an embedding of it, the same times the message's, entry by entry (whether
the reply takes up what was asked), and measures of its style. A decoder gives its last hidden state
at the reply's end instead (``features_decoder``), having read the message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from manyvoices.llm.embedding import Embedder, Progress, Vectors, build_embedder
from manyvoices.llm.embedding_cache import embed_cached
from manyvoices.llm.features import measure
from manyvoices.llm.terms import terms_of
from manyvoices.train.personal.choices import FloatArray
from manyvoices.train.views import Turn

WORDS = "words"
CHUNK = 8192
"""Texts between two saves of the cache: what an interruption can cost."""

Prompt = Sequence[Turn]
"""A conversation that ends on the prompter."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Of n replies."""

    replies: FloatArray
    """(n, D)."""
    prompts: FloatArray
    """(n, Dp) of the message that each answers."""


class FeatureSource(Protocol):
    """Something that gives features."""

    @property
    def name(self) -> str:
        """With everything that they depend on."""
        ...

    @property
    def whole(self) -> bool:
        """Whether a reply's features depend on the other replies."""
        ...

    def __call__(
        self, prompts: Sequence[Prompt], replies: Sequence[str], told: Progress | None = None
    ) -> Features:
        """Of each reply to the prompt of its place."""
        ...


class WordEmbedder:
    """Hashed words: built in, the same for a text whatever it stands beside.

    Square roots of counts of words, each added with a sign to one of `dimension` places that its
    hash names (Weinberger et al., Feature Hashing, ICML 2009), then unit length.
    """

    whole = False

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension

    @property
    def name(self) -> str:
        """With everything that the vectors depend on."""
        return f"{WORDS}-{self.dimension}"

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, dimension) float32; zeros for a text without a word."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            words, counts = np.unique(terms_of(text, longest=1), return_counts=True)
            for word, count in zip(words.tolist(), counts.tolist(), strict=True):
                place, sign = _place(word)
                row[place % self.dimension] += sign * np.sqrt(count)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        if progress is not None:
            progress(len(texts))
        return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)


@cache
def _place(word: str) -> tuple[int, float]:
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return number >> 1, 1.0 if number & 1 else -1.0


@dataclass(frozen=True, slots=True)
class EmbeddedFeatures:
    """From any `Embedder`, of the reply and of the message before it."""

    embedder: Embedder
    cache: Path | None = None
    interactions: bool = True
    style: bool = True

    @property
    def name(self) -> str:
        """With everything that the features depend on."""
        more = ["interactions"] * self.interactions + ["style"] * self.style
        return " + ".join([self.embedder.name, *more])

    @property
    def whole(self) -> bool:
        """As the embedder."""
        return self.embedder.whole

    def __call__(
        self, prompts: Sequence[Prompt], replies: Sequence[str], told: Progress | None = None
    ) -> Features:
        """See `FeatureSource`."""
        asked = [prompt[-1].text if prompt else "" for prompt in prompts]
        n = len(replies)
        both = embed_kept(self.embedder, [*replies, *asked], self.cache, told).astype(np.float64)
        parts = [both[:n]]
        parts += [both[:n] * both[n:]] * self.interactions
        parts += [style_of(replies)] * self.style
        return Features(np.hstack(parts), both[n:])


def embed_kept(
    embedder: Embedder, texts: Sequence[str], cache: Path | None, told: Progress | None
) -> Vectors:
    """`embed_cached`, saved every `CHUNK` texts: an interrupted run need not begin again."""
    if embedder.whole or cache is None:
        return embed_cached(embedder, texts, cache, told)
    distinct = list(dict.fromkeys(texts))
    for start in range(0, len(distinct) - CHUNK, CHUNK):
        embed_cached(embedder, distinct[: start + CHUNK], cache, _after(told, start))
    return embed_cached(embedder, texts, cache, told)


def _after(told: Progress | None, done: int) -> Progress | None:
    if told is None:
        return None
    heard: Callable[[int], None] = told
    return lambda n: heard(done + n)


STYLE = ("log words", "enumerated", "log line breaks", "question", "refusal", "self", "warmth")


def style_of(replies: Sequence[str]) -> FloatArray:
    """(n, 7) measures in the order of `STYLE`."""
    found = [measure(reply) for reply in replies]
    rows = [
        (
            np.log1p(one.words),
            one.enumerated,
            np.log1p(one.line_breaks),
            one.closing_question,
            one.refusal,
            one.self_identification,
            one.warmth,
        )
        for one in found
    ]
    return np.array(rows, dtype=np.float64).reshape(len(replies), len(STYLE))


def embedder_of(choice: str) -> Embedder:
    """``words``, ``lsa``, or the folder of a sentence-transformers model.

    Raises:
        MissingExtraError: A model is asked for and sentence-transformers is not installed.
        EmbedderError: There is no such folder.
    """
    return WordEmbedder() if choice == WORDS else build_embedder(choice)
