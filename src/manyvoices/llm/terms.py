"""Words and pairs of words of texts, counted into a sparse matrix.

Both the built-in embedding and the top words of topics stand on these counts. Words are found as
scikit-learn's CountVectorizer finds them (two letters or more, lower case), so that PRISM's top
words can be followed, without asking for scikit-learn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """How often each term stands in each text."""

    terms: tuple[str, ...]
    """In alphabetical order."""
    counts: csr_array
    """(texts, terms), float64."""


def terms_of(text: str, *, longest: int = 2, stop: frozenset[str] = frozenset()) -> list[str]:
    """The words of `text` and their runs of up to `longest`; stop words go before runs are made."""
    words = [word for word in _WORD.findall(text.lower()) if word not in stop]
    found = list(words)
    for n in range(2, longest + 1):
        found += [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]
    return found


def count_terms(
    texts: Sequence[str],
    *,
    longest: int = 2,
    stop: Iterable[str] = (),
    at_least: int = 1,
    at_most: float = 1.0,
) -> TermCounts:
    """Count the terms of each text.

    Terms in fewer than `at_least` texts, or in more than the share `at_most` of them, are left out.
    """
    from scipy.sparse import csr_array

    stops = frozenset(stop)
    rows = [Counter(terms_of(text, longest=longest, stop=stops)) for text in texts]
    texts_with = Counter(term for row in rows for term in row)
    most = at_most * len(texts)
    terms = sorted(term for term, n in texts_with.items() if at_least <= n <= most)
    place = {term: i for i, term in enumerate(terms)}
    kept = [[(place[term], n) for term, n in row.items() if term in place] for row in rows]
    columns = [column for row in kept for column, _ in row]
    values = [n for row in kept for _, n in row]
    ends = np.cumsum([0, *(len(row) for row in kept)])
    shape = (len(texts), len(terms))
    counts = csr_array((np.array(values, dtype=np.float64), columns, ends), shape=shape)
    counts.sort_indices()
    return TermCounts(tuple(terms), counts)
