"""Words as numbers: texts are read once, and everything is counted on arrays of word numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from manyvoices.analyse.language_use.tokens import words
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.table import IntArray

Codes: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Texts as word numbers, one after the other."""

    codes: Codes
    """(n_words,): places in `vocabulary`."""
    starts: IntArray
    """(n_texts + 1,): text i is ``codes[starts[i]:starts[i + 1]]``."""
    people: IntArray
    """(n_texts,)"""
    vocabulary: tuple[str, ...]

    @property
    def n_words(self) -> int:
        """Of all texts."""
        return len(self.codes)

    @property
    def n_people(self) -> int:
        """Who wrote some text."""
        return len(np.unique(self.people))

    def lengths(self) -> IntArray:
        """(n_texts,): words of each."""
        return np.diff(self.starts)

    def person_of_word(self) -> IntArray:
        """(n_words,)"""
        return np.repeat(self.people, self.lengths())

    def by_person(self, n_people: int) -> sparse.csr_array:
        """Uses of each word by each person, (n_people, n_vocabulary)."""
        shape = (n_people, len(self.vocabulary))
        ones = np.ones(len(self.codes))
        found = sparse.coo_array((ones, (self.person_of_word(), self.codes)), shape=shape)
        return sparse.csr_array(found)


@dataclass(frozen=True, slots=True)
class Gram:
    """A run of words and how it is used."""

    words: tuple[str, ...]
    n_uses: int
    n_people: int
    of_people: int
    low: float
    """Interval of the share of people who use it (Wilson)."""
    high: float
    most_by_one: int
    """Uses by the person who uses it most."""

    @property
    def text(self) -> str:
        """As it is read."""
        return " ".join(self.words)

    @property
    def share(self) -> float:
        """Of people, 0 to 1."""
        return self.n_people / self.of_people

    @property
    def one_person(self) -> bool:
        """Whether one person makes up more than half of all uses."""
        return 2 * self.most_by_one > self.n_uses > 1


def corpus(
    texts: Iterable[str], people: IntArray, vocabulary: dict[str, int] | None = None
) -> Corpus:
    """Number the words of texts. `vocabulary` is shared, and grown, where corpora are compared."""
    numbers = {} if vocabulary is None else vocabulary
    blocks, lengths = [], []
    for text in texts:
        found = words(text)
        lengths.append(len(found))
        blocks.append(np.array([numbers.setdefault(w, len(numbers)) for w in found], np.int32))
    codes = np.concatenate(blocks) if blocks else np.zeros(0, np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Corpus(codes.astype(np.int32), starts, people, tuple(numbers))


def top_grams(
    corpus: Corpus,
    n: int,
    *,
    k: int = 10,
    without: frozenset[str] = frozenset(),
    level: float = 0.95,
) -> tuple[Gram, ...]:
    """The `k` most used runs of `n` words within a text; ties by the words.

    `without`: words that no run may consist of alone (stop words); runs of two and more that hold
    other words too are kept, as PRISM has it.
    """
    keys, places = _runs(corpus, n)
    if not len(keys):
        return ()
    found, counts = np.unique(keys, return_counts=True)
    if without and n == 1:
        kept = np.array([corpus.vocabulary[int(code)] not in without for code in found])
        found, counts = found[kept], counts[kept]
    if not len(found):
        return ()
    # All that are as frequent as the k-th are named before the ties are cut.
    limit = np.sort(counts)[::-1][min(k, len(counts)) - 1]
    chosen = found[counts >= limit]
    inside = np.isin(keys, chosen)
    who = corpus.person_of_word()[places[inside]]
    grams = _grams(corpus, n, keys[inside], places[inside], who, level)
    return tuple(sorted(grams, key=lambda gram: (-gram.n_uses, gram.words))[:k])


def _grams(
    corpus: Corpus, n: int, keys: IntArray, places: IntArray, who: IntArray, level: float
) -> list[Gram]:
    found, first, number = np.unique(keys, return_index=True, return_inverse=True)
    width = int(who.max()) + 1
    pairs, uses = np.unique(number * width + who, return_counts=True)
    gram = pairs // width
    n_uses = np.bincount(number, minlength=len(found))
    n_people = np.bincount(gram, minlength=len(found))
    most = np.zeros(len(found), dtype=np.int64)
    np.maximum.at(most, gram, uses)
    of = corpus.n_people
    return [
        Gram(
            tuple(corpus.vocabulary[code] for code in corpus.codes[start : start + n].tolist()),
            int(n_uses[i]),
            int(n_people[i]),
            of,
            *wilson(int(n_people[i]), of, level),
            int(most[i]),
        )
        for i, start in enumerate(places[first])
    ]


def _runs(corpus: Corpus, n: int) -> tuple[IntArray, IntArray]:
    """A number for each run of n words that stays within its text, and where it begins."""
    if corpus.n_words < n:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    last = np.repeat(corpus.starts[1:], corpus.lengths())
    places = np.flatnonzero(np.arange(corpus.n_words) + n <= last).astype(np.int64)
    size = len(corpus.vocabulary)
    keys = corpus.codes[places].astype(np.int64)
    for step in range(1, n):
        # Runs so far are numbered anew, so that products stay far below 2**63.
        if step > 1:
            keys = np.unique(keys, return_inverse=True)[1].astype(np.int64)
        keys = keys * size + corpus.codes[places + step]
    return keys, places


def n_different(corpus: Corpus) -> int:
    """Different words."""
    return len(np.unique(corpus.codes))


def names(vocabulary: Sequence[str], codes: IntArray) -> list[str]:
    """Words of numbers."""
    return [vocabulary[int(code)] for code in codes]
