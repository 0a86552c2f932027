"""Counting words: runs of one to three words with their people beside a plain loop of counters, and
log-odds of all words beside a loop over words.

Texts are made here: 68,371 of 89 words on average, drawn from 50,000 words by Zipf's law, so that
most runs of three are unique, as in real texts.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
from benchmarks.analysing.rows import Row, cpu, in_turns
from scipy import sparse

from manyvoices.analyse.language_use import contrast, corpus, top_grams
from manyvoices.analyse.language_use.tokens import words

TEXTS, WORDS, VOCABULARY, PEOPLE = 68_371, 89, 50_000, 1_500


def made(n: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Texts, and the person of each."""
    rng = np.random.default_rng(seed)
    lengths = rng.poisson(WORDS, n) + 1
    shares = 1 / np.arange(1, VOCABULARY + 1)
    drawn = rng.choice(VOCABULARY, int(lengths.sum()), p=shares / shares.sum())
    names = np.array([f"word{i}" for i in range(VOCABULARY)])[drawn]
    ends = np.cumsum(lengths)
    texts = [" ".join(names[end - length : end]) for end, length in zip(ends, lengths, strict=True)]
    return texts, rng.integers(0, PEOPLE, n)


def ours(texts: list[str], people: np.ndarray) -> list[list[tuple[Any, int, int]]]:
    found = corpus(texts, people)
    return [
        [(gram.words, gram.n_uses, gram.n_people) for gram in top_grams(found, n)]
        for n in (1, 2, 3)
    ]


def plain(texts: list[str], people: np.ndarray) -> list[list[tuple[Any, int, int]]]:
    """A counter and a set of people for each run."""
    uses: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(3)]
    users: list[dict[tuple[str, ...], set[int]]] = [defaultdict(set) for _ in range(3)]
    for text, person in zip(texts, people.tolist(), strict=True):
        found = words(text)
        for n in (1, 2, 3):
            for gram in zip(*(found[i:] for i in range(n)), strict=False):
                uses[n - 1][gram] += 1
                users[n - 1][gram].add(person)
    return [
        [
            (gram, count[gram], len(who[gram]))
            for gram in sorted(count, key=lambda gram: (-count[gram], gram))[:10]
        ]
        for count, who in zip(uses, users, strict=True)
    ]


def plain_odds(first: np.ndarray, second: np.ndarray, prior_words: float) -> list[float]:
    """z of each word, from the formulas, one word at a time."""
    totals = first.sum(), second.sum()
    every = (first.sum(axis=0) + second.sum(axis=0)) / sum(totals) * prior_words
    found = []
    for word in range(first.shape[1]):
        delta = variance = 0.0
        for sign, side, total in ((1, first, totals[0]), (-1, second, totals[1])):
            uses = side[:, word]
            a = uses.sum() + every[word]
            b = total + prior_words - a
            moved = uses * (1 / a + 1 / b) - side.sum(axis=1) / b
            delta += sign * (math.log(a) - math.log(b))
            variance += max(len(side) * moved.var(ddof=1), 1 / a + 1 / b)
        found.append(delta / math.sqrt(variance))
    return found


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """Both comparisons; `scale` is the share of the texts."""
    rows = []
    n = max(50, round(TEXTS * scale / 4))
    texts, people = made(n)
    mine, theirs, our, their = in_turns(
        lambda: ours(texts, people), lambda: plain(texts, people), repeats=1
    )
    what = f"1-3-grams with people, {n:,} texts of {WORDS} words: a loop of counters"
    rows.append(Row(what, mine, theirs, theirs / mine, "", our == their))
    n = max(50, round(TEXTS * scale))
    texts, people = made(n)
    seconds, _ = cpu(lambda: ours(texts, people))
    nan = float("nan")
    rows.append(Row(f"the same, {n:,} texts (the loop left out)", seconds, nan, nan, "", True))
    rows.append(_odds(max(60, round(600 * min(scale, 1)))))
    return rows


def _odds(n_people: int) -> Row:
    rng = np.random.default_rng(1)
    counts = rng.poisson(rng.gamma(0.5, 1.0, (2, n_people, 1)), (2, n_people, 400)).astype(float)
    counts[:, :, 0] += 5  # nobody is silent, and every word is used by several
    sides = [sparse.csr_array(side) for side in counts]
    mine, theirs, our, their = in_turns(
        lambda: contrast(sides[0], sides[1], fewest=0, prior_words=100).z,
        lambda: plain_odds(counts[0], counts[1], 100),
    )
    same = bool(np.allclose(our, their, rtol=1e-8, atol=1e-8))
    what = f"log-odds of 400 words, 2 x {n_people} people: a loop over words"
    return Row(what, mine, theirs, theirs / mine, "", same)
