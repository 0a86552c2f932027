"""How long texts are (PRISM, table 11), with intervals over people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.language_use.counting import Corpus, n_different
from manyvoices.analyse.language_use.texts import Texts
from manyvoices.analyse.language_use.tokens import n_sentences
from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.analyse.table import IntArray
from manyvoices.curate.describe_texts import TextLength, text_lengths


@dataclass(frozen=True, slots=True)
class Quantity:
    """A length in one unit."""

    mean: float
    low: float
    """Interval of the mean from resampling people."""
    high: float
    q25: float
    median: float
    q75: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """Texts of one kind."""

    kind: str
    label: str
    n: int
    n_people: int
    words: Quantity
    """Between white space, as in table 11."""
    characters: Quantity
    sentences: Quantity
    table: TextLength
    """The line of table 11 as `manyvoices describe` has it."""
    n_words: int
    """Words as `tokens` has them, all together."""
    n_different: int
    """Different ones, in lower case."""


def lengths(texts: Texts, counted: Corpus, resampling: Resampling) -> Lengths:
    """Words, characters and sentences of each text."""
    found = texts.texts
    units = (
        np.array([len(text.split()) for text in found], dtype=np.int64),
        np.array([len(text) for text in found], dtype=np.int64),
        np.array([n_sentences(text) for text in found], dtype=np.int64),
    )
    words, characters, sentences = (_quantity(unit, texts.people, resampling) for unit in units)
    return Lengths(
        kind=texts.kind,
        label=texts.label,
        n=len(found),
        n_people=counted.n_people,
        words=words,
        characters=characters,
        sentences=sentences,
        table=text_lengths((texts.kind, text) for text in found)[0],
        n_words=counted.n_words,
        n_different=n_different(counted),
    )


def _quantity(values: IntArray, people: IntArray, resampling: Resampling) -> Quantity:
    none = np.zeros(len(values), dtype=np.int64)
    means = cluster_means(
        values.astype(np.float64), none, people, n_groups=1, resampling=resampling
    )
    q25, median, q75 = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    return Quantity(
        float(means.mean[0]), float(means.low[0]), float(means.high[0]), q25, median, q75
    )
