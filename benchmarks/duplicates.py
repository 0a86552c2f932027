"""Near duplicates among many texts: time, and the same pairs as comparing each with each.

    python -m benchmarks.duplicates [--small]

Texts are made here (random words, a fixed seed); every fiftieth is a copy with one word changed. On
a part of them all pairs are compared as Python sets, and the pairs found must be the same. Where
``datasketch`` is installed its MinHash LSH runs on the same part; it may only miss pairs.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import combinations
from typing import Any

from manyvoices.curate.checks_duplicates import find_duplicates
from manyvoices.curate.checks_shingles import near_pairs, shingles

THRESHOLD = 0.8
Pairs = set[tuple[int, int]]


def make_texts(n: int, seed: int = 0) -> list[str]:
    """Texts of 20 to 100 words out of 20,000; every fiftieth is a copy of the one before."""
    rng = random.Random(seed)
    vocabulary = [f"w{i}" for i in range(20_000)]
    texts: list[str] = []
    for i in range(n):
        words = rng.choices(vocabulary, k=rng.randint(20, 100))
        if i % 50 == 49:
            words = texts[-1].split()
            words[rng.randrange(len(words))] = "changed"
        texts.append(" ".join(words))
    return texts


def ours(texts: list[str]) -> Pairs:
    first, second, _ = near_pairs(shingles(texts), threshold=THRESHOLD)
    return set(zip(first.tolist(), second.tolist(), strict=True))


def each_with_each(texts: list[str]) -> Pairs:
    sets = [triples(text) for text in texts]
    return {
        (i, j)
        for i, j in combinations(range(len(sets)), 2)
        if len(sets[i] & sets[j]) >= THRESHOLD * len(sets[i] | sets[j])
    }


def by_datasketch(texts: list[str]) -> Pairs:
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found]

    index, found = MinHashLSH(threshold=THRESHOLD, num_perm=120), set()
    sets = [triples(text) for text in texts]
    for i, one in enumerate(sets):
        made = MinHash(num_perm=120)
        made.update_batch([" ".join(words).encode() for words in sorted(one)])
        for j in index.query(made):
            if len(one & sets[j]) >= THRESHOLD * len(one | sets[j]):
                found.add((j, i))
        index.insert(i, made)
    return found


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


def timed(function: Callable[[list[str]], Any], texts: list[str]) -> tuple[float, Any]:
    start = time.process_time()
    found = function(texts)
    return time.process_time() - start, found


def check(texts: list[str]) -> Any:
    ids = [f"t{i}" for i in range(len(texts))]
    users = [f"u{i % 1500}" for i in range(len(texts))]
    return find_duplicates({"instance_id": ids, "user_id": users, "text": texts})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args(arguments).small
    part = make_texts(600 if small else 3_000)
    seconds, found = timed(ours, part)
    rows = [(f"ours, {len(part):,} texts", seconds, len(found))]
    peers: list[tuple[str, Callable[[list[str]], Pairs]]] = [("each with each", each_with_each)]
    if find_spec("datasketch") is not None:
        peers.append(("datasketch", by_datasketch))
    for name, function in peers:
        theirs, pairs = timed(function, part)
        assert pairs == found if name == "each with each" else pairs <= found, name
        rows.append((f"{name} (x {theirs / seconds:.1f})", theirs, len(pairs)))
    many = make_texts(5_000 if small else 100_000)
    whole, result = timed(check, many)
    rows.append((f"the whole check, {len(many):,} texts", whole, len(result.near)))
    print(f"{'':36}{'CPU s':>8}{'pairs':>8}")
    for name, one, n in rows:
        print(f"{name:36}{one:8.2f}{n:8,}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
