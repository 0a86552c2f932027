"""Texts that are nearly alike, found among many without comparing each with each.

Broder, "On the resemblance and containment of documents" (1997): two texts are as alike as their
sets of word triples overlap (Jaccard). Indyk, Motwani (STOC 1998) for the bands: candidates share
all six minima of one of 20 bands, and each candidate's overlap is then counted exactly, so nothing
is reported that is not so. A pair at the threshold of .8 becomes a candidate with probability .998,
one at .7 with .92, one at .4 with .08. No randomness at run time: the hash functions are fixed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

IntArray: TypeAlias = NDArray[np.int64]
HashArray: TypeAlias = NDArray[np.uint64]

BANDS, ROWS = 20, 6
WORDS = 3
"""Words of one shingle."""
_BLOCK = 1 << 17
"""Shingles hashed at once: what stays in the processor's cache."""
_NEIGHBOURS = 50
"""Members of one bucket that each is compared with; a bucket of thousands is one cluster anyway."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, eq=False)
class Shingles:
    """The set of shingles of each text, one after another."""

    hashes: HashArray
    """(n_shingles,), sorted and distinct within a text."""
    starts: IntArray
    """(n_texts + 1,): the shingles of text i are ``hashes[starts[i]:starts[i + 1]]``."""

    @property
    def sizes(self) -> IntArray:
        """(n_texts,): shingles of each text."""
        return np.diff(self.starts)


class _Codes(dict[str, int]):
    """Word -> its hash, made when the word is first met."""

    def __missing__(self, word: str) -> int:
        self[word] = code = _hash(word)
        return code


def normalised(text: str) -> str:
    """Text as it is compared: Unicode NFKC, case folded, white space as one space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def shingles(texts: Sequence[str], *, words: int = WORDS) -> Shingles:
    """Sets of hashed word n-grams; a text with fewer words is one shingle of all of them."""
    lengths: list[int] = []
    short: dict[int, int] = {}

    def every_word() -> Iterator[str]:
        # One text's words at a time: those of 100,000 texts as objects would take 300 MB.
        for i, text in enumerate(texts):
            found = _WORD.findall(normalised(text))
            lengths.append(len(found))
            if 0 < len(found) < words:
                short[i] = _hash(" ".join(found))
            yield from found

    codes = _Codes()
    flat = np.fromiter(map(codes.__getitem__, every_word()), dtype=np.uint64)
    begin = np.concatenate(([0], np.cumsum(np.array(lengths, dtype=np.int64))))
    text, grams = _grams(flat, begin, words)
    if short:
        grams = np.concatenate((grams, np.fromiter(short.values(), dtype=np.uint64)))
        text = np.concatenate((text, np.fromiter(short, dtype=np.int64)))
    order = np.lexsort((grams, text))
    text, grams = text[order], grams[order]
    new = np.ones(len(grams), dtype=bool)
    new[1:] = (grams[1:] != grams[:-1]) | (text[1:] != text[:-1])
    counts = np.bincount(text[new], minlength=len(texts))
    return Shingles(grams[new], np.concatenate(([0], np.cumsum(counts))).astype(np.int64))


def near_pairs(
    found: Shingles, *, threshold: float = 0.8
) -> tuple[IntArray, IntArray, NDArray[np.float64]]:
    """Pairs (first < second) whose Jaccard overlap is at least `threshold`, and the overlap.

    Texts without words are in no pair. Sorted by first, then second.
    """
    used = np.flatnonzero(found.sizes > 0)
    first, second = _candidates(_signatures(found, used))
    first, second = used[first], used[second]
    overlap = jaccard(found, first, second)
    kept = overlap >= threshold - 1e-12
    return first[kept], second[kept], overlap[kept]


def signatures(found: Shingles) -> HashArray:
    """(n_texts, BANDS): texts that share a number in the same column are candidates for being
    nearly alike, as in `near_pairs`. For a store of texts that grows: keep these, and compare only
    the candidates. The same text has the same numbers in every version; a text without words has
    zeros."""
    used = np.flatnonzero(found.sizes > 0)
    signed = np.zeros((len(found.sizes), BANDS), dtype=np.uint64)
    if len(used):
        signed[used] = _signatures(found, used)
    return signed


def jaccard(found: Shingles, first: IntArray, second: IntArray) -> NDArray[np.float64]:
    """Overlap of the shingle sets of each pair of texts, 0 to 1: shared over all of both."""
    sizes = found.sizes
    shared = np.array([_n_shared(found, a, b) for a, b in zip(first, second, strict=True)])
    both = sizes[first] + sizes[second] - shared
    overlap: NDArray[np.float64] = shared / np.maximum(both, 1)
    return overlap


def containment(found: Shingles, part: int, wholes: Sequence[int]) -> float:
    """The share of the shingles of text `part` that stand in any of the texts `wholes`."""
    own = _of(found, part)
    if not len(own) or not wholes:
        return 0.0
    there = np.concatenate([_of(found, whole) for whole in wholes])
    return float(np.isin(own, there).mean())


def _grams(flat: HashArray, begin: IntArray, words: int) -> tuple[IntArray, HashArray]:
    """The n-grams that lie within one text, with the text each is from."""
    n = len(flat) - words + 1
    if n <= 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    text = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
    grams = np.zeros(n, dtype=np.uint64)
    for place in range(words):
        grams = _mixed(grams * np.uint64(0x9E3779B97F4A7C15) + flat[place : place + n])
    inside = text[:n] == text[words - 1 : words - 1 + n]
    return text[:n][inside].astype(np.int64), grams[inside]


def _signatures(found: Shingles, used: IntArray) -> HashArray:
    """(n_used, BANDS): one number for the ROWS minima of each band."""
    rng = np.random.Generator(np.random.PCG64(20240516))  # any fixed numbers do
    factors = rng.integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
    signatures = np.zeros((len(used), BANDS), dtype=np.uint64)
    sizes = found.sizes[used]
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(used):
        before = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, before + _BLOCK)), begin + 1)
        # Texts without shingles take no room, so the block is one piece.
        hashes = found.hashes[found.starts[used[begin]] : found.starts[used[end - 1] + 1]]
        places = np.concatenate(([0], np.cumsum(sizes[begin:end])[:-1]))
        for i, factor in enumerate(factors):
            # Multiply and fold: the upper bits of an odd multiple are a fresh order.
            product = hashes * factor
            product ^= product >> np.uint64(29)
            minima = np.minimum.reduceat(product, places)
            band = signatures[begin:end, i // ROWS]
            signatures[begin:end, i // ROWS] = _mixed(band * np.uint64(31) + minima)
        begin = end
    return signatures


def _candidates(signatures: HashArray) -> tuple[IntArray, IntArray]:
    """Pairs that agree in a band, each once, the earlier text first."""
    n = len(signatures)
    keys = [np.empty(0, dtype=np.int64)]
    for band in signatures.T:
        order = np.argsort(band, kind="stable")
        ranked = band[order]
        for lag in range(1, min(_NEIGHBOURS, n - 1) + 1):
            same = np.flatnonzero(ranked[lag:] == ranked[:-lag])
            if not len(same):
                break
            keys.append(order[same] * n + order[same + lag])
    found = np.unique(np.concatenate(keys))
    return found // max(n, 1), found % max(n, 1)


def _n_shared(found: Shingles, a: int, b: int) -> int:
    both = np.concatenate((_of(found, a), _of(found, b)))
    both.sort()
    return int((both[1:] == both[:-1]).sum())


def _of(found: Shingles, text: int) -> HashArray:
    return found.hashes[found.starts[text] : found.starts[text + 1]]


def _mixed(values: HashArray) -> HashArray:
    """A well-spread function of 64-bit numbers (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
