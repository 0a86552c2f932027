"""Local neighbourhoods: single link and PRISM's rule beside SciPy, re-tellings, the bare product.

Embeddings are made here: unit vectors around random centres, so that many pairs lie within the
three thresholds of PRISM. No model is asked. PRISM's own package (meedan/temporal_clustering) is
Cython from a repository and not on PyPI: in its place stand two re-tellings of its rule, written
here. The *compiled* one, by Numba, does what the original does: for each pair three sums in float64
over float32 products, in order. The *plain* one is NumPy, a row at a time, and kinder than the
original: lengths are computed once.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from benchmarks.analysing.rows import Row, cpu, in_turns
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from manyvoices.analyse.neighbourhoods.nearest_earlier import nearest_earlier
from manyvoices.analyse.neighbourhoods.products import BLOCK, Products
from manyvoices.analyse.neighbourhoods.single_link import single_link, single_links

PROMPTS, ANSWERS, DIMENSION = 8_011, 68_371, 384
THRESHOLDS, MAIN = (0.05, 0.125, 0.2), 0.125
NAN = float("nan")


def made(n: int, seed: int = 0) -> np.ndarray:
    """(n, 384) float32 unit vectors."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(max(1, n // 2), DIMENSION)).astype(np.float32)
    vectors = vectors[rng.integers(0, len(vectors), n)]
    noise = rng.normal(size=(n, DIMENSION)).astype(np.float32)
    vectors += noise * rng.uniform(0.05, 0.9, (n, 1)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def plain_rule(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """PRISM's rule, a row at a time."""
    length = np.sqrt((vectors * vectors).sum(axis=1, dtype=np.float64))
    labels, fresh = np.empty(len(vectors), dtype=np.int64), 0
    for i, vector in enumerate(vectors):
        if i:
            products = (vectors[:i] * vector).sum(axis=1, dtype=np.float64)
            distance = 1 - products / (length[:i] * length[i])
            nearest = int(distance.argmin())
        if i and distance[nearest] <= np.float32(threshold):
            labels[i] = labels[nearest]
        else:
            labels[i], fresh = fresh, fresh + 1
    return labels


def compiled_rule() -> Callable[[np.ndarray, float], np.ndarray]:
    """PRISM's rule as its compiled original has it."""
    import numba

    @numba.njit(cache=False)
    def rule(vectors: np.ndarray, threshold: float) -> np.ndarray:  # pragma: no cover
        n, d = vectors.shape
        labels, fresh = np.empty(n, dtype=np.int64), 0
        for i in range(n):
            least, nearest = np.inf, -1
            for j in range(i):
                xx, yy, xy = 0.0, 0.0, 0.0
                for at in range(d):
                    x, y = vectors[i, at], vectors[j, at]
                    xx += x * x
                    yy += y * y
                    xy += x * y
                distance = 1.0 - xy / math.sqrt(xx * yy)
                if distance < least:
                    least, nearest = distance, j
            if least <= threshold:
                labels[i] = labels[nearest]
            else:
                labels[i] = fresh
                fresh += 1
        return labels

    rule(made(10), 0.1)
    return lambda vectors, threshold: rule(vectors, float(np.float32(threshold)))


def bare_product(vectors: np.ndarray) -> float:
    """The same blocks multiplied, and nothing else."""
    products, seen = Products(vectors), 0.0
    space = np.empty(BLOCK * BLOCK, dtype=np.float32)
    for rows, columns in products.slices():
        first, second = vectors[rows], vectors[columns]
        out = space[: len(first) * len(second)].reshape(len(first), len(second))
        np.matmul(first, second.T, out=out)
        seen += float(out[0, 0])
    return seen


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    both = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(both == len(np.unique(a)) == len(np.unique(b)))


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """The room's lines; `scale` multiplies the numbers of texts."""
    prompts = made(max(50, round(PROMPTS * scale)))
    return [
        *_against_prism(prompts),
        _against_scipy(made(max(50, round(5000 * scale)), 1)),
        _three_thresholds(prompts),
        *_against_product(made(max(50, round(ANSWERS * scale)), 2)),
        _dense(prompts),
        *_curve(scale),
    ]


def _against_prism(vectors: np.ndarray) -> list[Row]:
    n, rows = f"{len(vectors):,}", []
    peers: list[tuple[str, Callable[[], Any], str]] = []
    if find_spec("numba"):
        rule = compiled_rule()
        peers.append(("compiled re-telling", lambda: rule(vectors, MAIN), ">= 30"))
    peers.append(("plain re-telling in NumPy", lambda: plain_rule(vectors, MAIN), ">= 30"))
    for name, peer, aim in peers:
        begin, ours = cpu(lambda: nearest_earlier(vectors, MAIN))
        seconds, theirs = cpu(peer)
        again, _ = cpu(lambda: nearest_earlier(vectors, MAIN))
        mine = (begin + again) / 2
        same = np.array_equal(ours, theirs)
        what = f"PRISM's rule, {n} prompts, ≤ {MAIN} / {name}; labels equal"
        rows.append(Row(what, mine, seconds, seconds / mine, aim, same))
    # What a report uses by default against what PRISM ran: the answers differ by design.
    mine, link = cpu(lambda: single_link(vectors, MAIN))
    theirs = rows[0].peer_s
    what = f"single link, {n} prompts, ≤ {MAIN} / PRISM's rule, {peers[0][0]}; no finer than it"
    finer = nearest_earlier(vectors, MAIN)
    coarser = np.unique(np.stack([finer, link]), axis=1).shape[1] == len(np.unique(finer))
    rows.append(Row(what, mine, theirs, theirs / mine, ">= 30", bool(coarser)))
    return rows


def _against_scipy(vectors: np.ndarray) -> Row:
    def peer() -> list[np.ndarray]:
        links = linkage(pdist(vectors.astype(np.float64), "cosine"), "single")
        return [fcluster(links, one, "distance") for one in THRESHOLDS]

    ours, theirs, mine, other = in_turns(lambda: single_links(vectors, THRESHOLDS), peer, repeats=1)
    same = all(same_partition(a, b) for a, b in zip(mine, other, strict=True))
    what = f"single link, {len(vectors):,} texts, 3 thresholds / SciPy linkage; partitions equal"
    return Row(what, ours, theirs, theirs / ours, "", same)


def _three_thresholds(vectors: np.ndarray) -> Row:
    def one_by_one() -> list[np.ndarray]:
        return [single_link(vectors, one) for one in THRESHOLDS]

    ours, theirs, mine, other = in_turns(lambda: single_links(vectors, THRESHOLDS), one_by_one)
    same = all(np.array_equal(a, b) for a, b in zip(mine, other, strict=True))
    what = f"three thresholds at once, {len(vectors):,} prompts / one by one; labels equal"
    return Row(what, ours, theirs, theirs / ours, "", same)


def _against_product(vectors: np.ndarray) -> list[Row]:
    rows = []
    for name, ours, same in (
        ("single link", lambda: single_link(vectors, MAIN), _is_chain),
        ("PRISM's rule", lambda: nearest_earlier(vectors, MAIN), _is_chain),
    ):
        before, _ = cpu(lambda: bare_product(vectors))
        mine, labels = cpu(ours)
        after, _ = cpu(lambda: bare_product(vectors))
        bare = (before + after) / 2
        what = (
            f"{name}, {len(vectors):,} answers, ≤ {MAIN} / bare product of the same blocks; ratio "
            "= ours / peer; every joined text of a sample has a neighbour"
        )
        rows.append(Row(what, mine, bare, mine / bare, "<= 1.5", same(vectors, labels)))
    return rows


def _is_chain(vectors: np.ndarray, labels: np.ndarray) -> bool:
    """On 200 texts, in float64: whoever is alone has no neighbour, the others have theirs."""
    size = np.bincount(labels)
    for i in np.random.default_rng(0).choice(len(vectors), min(200, len(vectors)), replace=False):
        cosine = vectors.astype(np.float32) @ vectors[i]
        near = np.flatnonzero(cosine >= 1 - MAIN - 1e-4)
        exact = vectors[near].astype(np.float64) @ vectors[i].astype(np.float64)
        near = near[exact >= 1 - MAIN + 1e-7]
        near = near[near != i]
        if size[labels[i]] == 1 and (near < i).any():
            return False
        if size[labels[i]] > 1 and not len(near):
            return False
    return True


def _dense(vectors: np.ndarray) -> Row:
    tracemalloc.start()
    single_link(vectors, 1.0)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    seconds, labels = cpu(lambda: single_link(vectors, 1.0))
    n = len(vectors)
    what = (
        f"single link, {n:,} prompts, ≤ 1: half of all {n * (n - 1) // 2:,} pairs are close; peak "
        f"{peak:,.0f} MB beside {vectors.nbytes / 2**20:,.0f} MB of vectors; one group"
    )
    return Row(what, seconds, NAN, NAN, "", bool(labels.max() == 0))


def _curve(scale: float) -> list[Row]:
    """To ten times PRISM's conversations. Seconds grow with the square of the texts."""
    rows = []
    for times in (2, 4, 10):
        n = max(50, round(PROMPTS * scale * times))
        vectors = made(n, times)
        seconds, labels = cpu(lambda vectors=vectors: single_link(vectors, MAIN))
        rows.append(Row(f"single link, {n:,} prompts ({times} x PRISM)", seconds, NAN, NAN, "",
                        bool(labels.max() < n)))  # fmt: skip
    n = round(ANSWERS * scale * 10)
    guess = rows[-1].ours_s * (n / max(50, round(PROMPTS * scale * 10))) ** 2
    what = f"single link, {n:,} answers (10 x PRISM): not run; the square law says {guess:,.0f} s"
    return [*rows, Row(what, NAN, NAN, NAN, "", same=True)]
