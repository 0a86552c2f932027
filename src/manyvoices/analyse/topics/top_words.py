"""What a topic is about: its words against the others' words, its texts nearest the middle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.llm.terms import count_terms
from manyvoices.schema.errors import MissingExtraError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

N_WORDS, N_TEXTS = 10, 5


def top_words(
    texts: Sequence[str],
    labels: IntArray,
    *,
    n: int = N_WORDS,
    stop: frozenset[str] | None = None,
    compat: Literal["prism"] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """The `n` words or pairs of words that mark each topic, best first; see `class_weights`.

    `stop` = words left out before pairs are made; None = scikit-learn's English list, as PRISM.
    """
    counts = count_terms(texts, stop=english_stop_words() if stop is None else stop)
    weights = class_weights(counts.counts, labels, compat=compat)
    found = []
    for row in weights:
        order = np.lexsort((np.arange(row.shape[0]), -row))[:n]
        found.append(tuple(counts.terms[i] for i in order if row[i] > 0 or compat == "prism"))
    return tuple(found)


def class_weights(
    counts: csr_array, labels: IntArray, *, compat: Literal["prism"] | None = None
) -> FloatArray:
    """(topics, terms) class-based TF-IDF of (texts, terms) counts; each topic is one document.

    Share of the term in the topic's words, times how rare it is:

    - default: ln(1 + A / f), A = words per topic on average, f = the term's count in all topics
      (Grootendorst, arXiv 2203.05794, equation 2). Never negative; outliers take no part.
    - ``compat="prism"``: ln(m / f) with m = number of texts, as PRISM's ``clustering.py``. A term
      that occurs more often than there are texts gets a negative weight, and the outliers count
      as one more topic, whose words make the same words of topics less rare.
    """
    n_topics = int(labels.max(initial=-1)) + 1
    sums = _by_topic(counts, labels, n_topics)
    total = np.asarray(sums.sum(axis=0)).ravel()
    if compat == "prism":
        total = total + counts[np.flatnonzero(labels < 0)].sum(axis=0)
        rare = np.log(len(labels) / np.maximum(total, 1))
    else:
        rare = np.log1p(total.sum() / max(n_topics, 1) / np.maximum(total, 1))
    words = np.maximum(np.asarray(sums.sum(axis=1)).ravel(), 1)
    return np.asarray(sums.toarray() / words[:, None] * rare)


def _by_topic(counts: csr_array, labels: IntArray, n_topics: int) -> csr_array:
    from scipy.sparse import csr_array

    rows = np.flatnonzero(labels >= 0)
    shape = (n_topics, len(labels))
    sums: csr_array = csr_array((np.ones(len(rows)), (labels[rows], rows)), shape=shape) @ counts
    return sums


def central_texts(
    texts: Sequence[str], labels: IntArray, coordinates: FloatArray, *, n: int = N_TEXTS
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """For each topic the `n` different texts closest to its centroid, and the `n` furthest.

    The centroid is the mean of its texts in the space that was clustered, as in PRISM; the closest
    is first among the closest, the furthest first among the furthest. PRISM's code also has a
    centroid of outliers, the mean of nothing; there is none here.
    """
    found = []
    for topic in range(int(labels.max(initial=-1)) + 1):
        rows = np.flatnonzero(labels == topic)
        away = np.linalg.norm(coordinates[rows] - coordinates[rows].mean(axis=0), axis=1)
        order = [texts[i] for i in rows[np.argsort(away, kind="stable")]]
        near = tuple(dict.fromkeys(order))
        far = tuple(dict.fromkeys(reversed(order)))
        found.append((near[:n], far[:n]))
    return tuple(found)


def english_stop_words() -> frozenset[str]:
    """scikit-learn's list of 318, which PRISM used."""
    try:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
    except ImportError as error:
        raise MissingExtraError("Top words (scikit-learn)", "topics") from error
    return frozenset(ENGLISH_STOP_WORDS)
