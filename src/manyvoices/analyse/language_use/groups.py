"""Words that one group of people uses more than all others together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.dataset import Dataset, GroupField
from manyvoices.analyse.language_use.contrast import WordContrast, contrast
from manyvoices.analyse.language_use.counting import Corpus
from manyvoices.analyse.language_use.stop_words import STOP_WORDS

N_WORDS = 8


@dataclass(frozen=True, slots=True)
class GroupWords:
    """One group against everybody else who answered."""

    level: str
    n_people: int
    n_compared: int
    """Words that enough people use to be compared."""
    n_surely: int
    """Words that differ, more or less used, at a false discovery rate of 5%."""
    words: tuple[WordContrast, ...]
    """Used more here, the clearest first; of those that surely differ."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """All groups of one column."""

    column: str
    label: str
    groups: tuple[GroupWords, ...]
    left_out: tuple[str, ...]
    """Groups with too few people."""


def words_by_group(
    dataset: Dataset,
    corpus: Corpus,
    fields: Sequence[GroupField],
    *,
    min_group: int,
    level: float,
) -> tuple[FieldWords, ...]:
    """Each group of each field against the rest, in the words of one corpus."""
    counts = corpus.by_person(dataset.people.height)
    content = np.array([word not in STOP_WORDS for word in corpus.vocabulary])
    counts = counts[:, np.flatnonzero(content)]
    vocabulary = [word for word in corpus.vocabulary if word not in STOP_WORDS]
    wrote = np.asarray(counts.sum(axis=1)).ravel() > 0
    found = []
    for field in fields:
        if field.column not in dataset.people.columns:
            continue
        answers = np.array(dataset.people[field.column].to_list(), dtype=object)
        said = np.isin(answers, field.levels) & wrote
        groups, few = [], []
        for name in field.levels:
            inside = (answers == name) & wrote
            if inside.sum() < min_group or (said & ~inside).sum() < min_group:
                few.append(name)
                continue
            compared = contrast(counts[inside], counts[said & ~inside])
            groups.append(
                GroupWords(
                    name,
                    int(inside.sum()),
                    len(compared.codes),
                    compared.surely,
                    compared.top(vocabulary, N_WORDS, level=level),
                )
            )
        found.append(FieldWords(field.column, field.label, tuple(groups), tuple(few)))
    return tuple(found)
