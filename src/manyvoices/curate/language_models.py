"""The two language models, read from the packages that carry them, and scored in batches.

``py3langid`` is the default: on 75 languages it is right more often than langid, and it carries a
confidence that means something on short texts. ``prism`` is langid 1.1.6, the model that PRISM
labelled its texts with: the labels are langid's own, all of them, found from its tables with a
sparse product instead of a dense one (``tests/curate/test_language.py`` compares them).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from manyvoices.curate.language_walk import Automaton, count, visits
from manyvoices.schema.errors import MissingExtraError

Method = Literal["py3langid", "prism"]

UNDETERMINED = "und"
"""ISO 639's code for a text in which nothing tells the language: empty, digits, signs."""


@dataclass(frozen=True)
class Guesses:
    """Labels and confidences of a batch of texts, in their order."""

    labels: list[str]
    confidences: npt.NDArray[np.float64]
    """Probability of the label under the model, between 0 and 1."""


class Model(Protocol):
    """Something that names the languages of texts."""

    def guess(self, texts: Sequence[str]) -> Guesses:
        """One label and confidence per text; what a text gets does not depend on the others."""
        ...


@dataclass(frozen=True)
class Py3LangidModel:
    """py3langid's model: naive Bayes over byte n-grams, with damped counts."""

    automaton: Automaton
    features: npt.NDArray[np.int64]
    """State -> feature, or -1."""
    weights: npt.NDArray[np.float32]
    """(n_features, n_columns)."""
    prior: npt.NDArray[np.float32]
    """(n_columns,)."""
    labels: tuple[str, ...]
    columns: npt.NDArray[np.int64]
    """Column -> label: two scripts of a language are two columns of one label."""

    def guess(self, texts: Sequence[str]) -> Guesses:
        """The likeliest label, `UNDETERMINED` where a text has no feature at all."""
        encoded = [_encode(text) for text in texts]
        rows, states = visits(self.automaton, encoded)
        features = self.features[states]
        found = features >= 0
        shape = (len(texts), len(self.weights))
        counts = count(rows[found], features[found], shape, np.float32)
        chances = self._chances(counts, encoded)
        best = chances.argmax(axis=1)
        known = np.diff(counts.indptr) > 0
        names = [self.labels[i] if k else UNDETERMINED for i, k in zip(best, known, strict=True)]
        top = np.where(known, chances[np.arange(len(best)), best], 0.0)
        return Guesses(names, top.astype(np.float64))

    def _chances(self, counts: sparse.csr_matrix, encoded: Sequence[bytes]) -> Any:
        """Probability of each label, (n_texts, n_labels), tempered by length as py3langid does."""
        counts.data = np.log1p(counts.data)
        scores = counts @ self.weights + self.prior
        lengths = np.fromiter((len(text) or 1 for text in encoded), np.float32, len(encoded))
        scores /= np.sqrt(lengths)[:, None]
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        if len(self.labels) == len(self.columns):
            return chances
        merged = np.zeros((len(self.labels), len(encoded)), dtype=np.float32)
        np.add.at(merged, self.columns, chances.T)
        return merged.T


def _encode(text: str) -> bytes:
    """The bytes that the model was trained on: shouting in small letters, accents composed."""
    if text.isupper():
        text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True)
class LangidModel:
    """langid 1.1.6's model, giving exactly the label that ``langid.classify`` gives."""

    automaton: Automaton
    emits: sparse.csr_matrix
    """(n_states, n_features), 1 where a visit to the state counts the feature."""
    weights: npt.NDArray[np.float64]
    prior: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    original: Any
    """langid's own identifier, asked where two labels are as good as tied."""

    def guess(self, texts: Sequence[str]) -> Guesses:
        """langid's label; the confidence is its normalised probability (``norm_probs``)."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        rows, states = visits(self.automaton, encoded)
        counts = count(rows, states, (len(texts), self.emits.shape[0]), np.float64)
        scores = (counts @ self.emits) @ self.weights + self.prior
        best = scores.argmax(axis=1)
        top = scores[np.arange(len(best)), best]
        chances = 1.0 / np.exp(scores - top[:, None]).sum(axis=1)
        names = [self.labels[i] for i in best]
        for row in self._tied(scores, top):
            # A sum in another order may round to another winner: here langid's own order decides.
            names[row] = self.original.classify(encoded[row])[0]
        return Guesses(names, chances)

    @staticmethod
    def _tied(scores: npt.NDArray[np.float64], top: npt.NDArray[np.float64]) -> list[int]:
        near = scores >= (top - 1e-9 * np.maximum(1.0, np.abs(top)))[:, None]
        return [int(row) for row in np.flatnonzero(near.sum(axis=1) > 1)]


@functools.cache
def py3langid_model(languages: tuple[str, ...] | None = None) -> Py3LangidModel:
    """Read py3langid's tables; `languages` keeps these labels alone.

    None keeps the labels of two letters. The others (``ext``, ``vec``, ``grc``, ``zxx``, ...) are
    small, old or close to a larger language, and short texts of that one were lost to them.

    Raises:
        MissingExtraError: py3langid is not installed.
        ValueError: A label is not known to the model.
    """
    try:
        from py3langid.langid import MODEL_DIR, MODEL_FILE
        from py3langid.modelio import load_model
    except ImportError:
        raise MissingExtraError("Naming languages", "curate") from None
    weights, prior, classes, moves, rows, features = load_model(MODEL_DIR / MODEL_FILE)
    if unknown := set(languages or ()) - set(classes):
        raise ValueError(f"py3langid knows no {', '.join(sorted(unknown))}")
    wanted = languages or tuple(name for name in classes if len(name) == 2)
    kept = [i for i, name in enumerate(classes) if name in wanted]
    labels = tuple(dict.fromkeys(classes[i] for i in kept))
    return Py3LangidModel(
        automaton=Automaton.build(np.asarray(moves), np.asarray(rows)),
        features=np.asarray(features, dtype=np.int64),
        weights=np.ascontiguousarray(weights[:, kept].astype(np.float32)),
        prior=np.asarray(prior, dtype=np.float32)[kept],
        labels=labels,
        columns=np.array([labels.index(classes[i]) for i in kept]),
    )


@functools.cache
def langid_model() -> LangidModel:
    """Read langid's tables.

    Raises:
        MissingExtraError: langid is not installed.
    """
    try:
        from langid.langid import LanguageIdentifier, model
    except ImportError:
        raise MissingExtraError("PRISM's language labels", "compat") from None
    original = LanguageIdentifier.from_modelstring(model)
    automaton = Automaton.build(np.asarray(original.tk_nextmove))
    output = original.tk_output
    pairs = [(state, feature) for state in output for feature in output[state]]
    states, features = np.array(pairs, dtype=np.int64).T
    shape = (len(automaton.bases), len(original.nb_ptc))
    return LangidModel(
        automaton=automaton,
        emits=sparse.csr_matrix((np.ones(len(states)), (states, features)), shape=shape),
        weights=np.asarray(original.nb_ptc, dtype=np.float64),
        prior=np.asarray(original.nb_pc, dtype=np.float64),
        labels=tuple(str(name) for name in original.nb_classes),
        original=original,
    )
