"""The `Embedder` port: texts as points, near each other where they say similar things.

PRISM used a sentence transformer. It is the better choice and needs a model on this machine;
`LsaEmbedder` is built in, needs nothing but SciPy, and knows only which words stand together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from manyvoices.llm.terms import count_terms

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]
"""Is told how many texts are done."""

LSA = "lsa"
_SMALL = 600
"""Up to this many texts or terms the decomposition is done whole, which is exact."""


class Embedder(Protocol):
    """Something that turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """What it is called in a report and in the cache; two that differ have two names."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def whole(self) -> bool:
        """Whether a text's vector depends on the other texts it is embedded with."""
        ...

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, dimension) float32; a row has length 1, or 0 where nothing of the text is known."""
        ...


def build_embedder(choice: str) -> Embedder:
    """``lsa``, or the folder (or installed package) of a sentence-transformers model.

    Raises:
        MissingExtraError: A model is asked for and sentence-transformers is not installed.
        EmbedderError: There is no such folder.
    """
    if choice == LSA:
        return LsaEmbedder()
    from manyvoices.llm.embedding_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(Path(choice))


class LsaEmbedder:
    """Latent semantic analysis of words and pairs of words; the same texts give the same vectors.

    TF-IDF with sublinear counts, (1 + ln tf) * (1 + ln((1 + n) / (1 + df))), rows of unit length,
    then a truncated singular value decomposition: a text's vector is its row of U S, of unit length
    again. Terms in a single text are left out: they place it near no other. Sources: Deerwester
    et al., JASIS 41 (1990); the weights are those of scikit-learn's TfidfTransformer.
    """

    whole = True

    def __init__(self, dimension: int = 100) -> None:
        """`dimension` vectors' length; small corpora fill it up with zeros."""
        self.dimension = dimension

    @property
    def name(self) -> str:
        """With everything that the vectors depend on."""
        return f"{LSA}-{self.dimension}"

    def __repr__(self) -> str:
        return f"LsaEmbedder({self.dimension})"

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, dimension) float32; zeros for a text that shares no term with another."""
        # The same text is one point: repeats would weigh their words more, and cost time.
        distinct = list(dict.fromkeys(texts))
        place = {text: i for i, text in enumerate(distinct)}
        vectors = np.zeros((len(distinct), self.dimension), dtype=np.float32)
        weights = _tf_idf(distinct)
        if min(weights.shape):
            found = _left_singular(weights, self.dimension)
            vectors[:, : found.shape[1]] = _unit(found)
        if progress is not None:
            progress(len(texts))
        return vectors[[place[text] for text in texts]]


def _tf_idf(texts: Sequence[str]) -> csr_array:
    from scipy.sparse import csr_array, diags_array

    counts = count_terms(texts, at_least=2).counts
    n, n_terms = counts.shape
    texts_with = np.bincount(counts.indices, minlength=n_terms)
    rarity = 1 + np.log((1 + n) / (1 + texts_with))
    counts.data = 1 + np.log(counts.data)
    weights = csr_array(counts @ diags_array(rarity))
    length = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    length[length == 0] = 1.0
    return csr_array(diags_array(1 / length) @ weights)


def _left_singular(weights: csr_array, dimension: int) -> npt.NDArray[np.float64]:
    """The first columns of U S, largest first; each column's largest entry is positive.

    The sign of a singular vector is free, so it is fixed; so is the vector that the iteration
    starts from.
    """
    from scipy.sparse.linalg import svds

    small = min(weights.shape)
    if small <= _SMALL:
        left, size, _ = np.linalg.svd(weights.toarray(), full_matrices=False)
    else:
        start = np.random.default_rng(0).normal(size=small)
        left, size, _ = svds(weights, k=min(dimension, small - 1), v0=start, solver="arpack")
        left, size = left[:, ::-1], size[::-1]
    left, size = left[:, :dimension], size[:dimension]
    left = left[:, size > 1e-9 * size[0]]
    size = size[: left.shape[1]]
    peak = left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])]
    return np.asarray(left * np.sign(peak) * size)


def _unit(rows: npt.NDArray[np.float64]) -> Vectors:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    known = length > 1e-9
    return np.where(known, rows / np.where(known, length, 1.0), 0.0).astype(np.float32)
