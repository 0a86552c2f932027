"""Which groups of texts count as neighbourhoods, and how large they are (PRISM, Table 23)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.neighbourhoods.products import by_first_appearance
from manyvoices.analyse.table import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhoods:
    """Groups of two texts or more by two people or more."""

    label: IntArray
    """(n_texts,): neighbourhood 0 .. n - 1 of each text, largest first; -1 where it is in none."""
    k: IntArray
    """(n,): texts of each neighbourhood."""
    n_people: IntArray
    """(n,): different people of each neighbourhood."""
    n_alone: int
    """Texts that are near no other."""
    n_own: int
    """Groups of texts by one person alone ("ego" neighbourhoods), which are left out."""

    @property
    def n(self) -> int:
        """Neighbourhoods."""
        return len(self.k)


@dataclass(frozen=True, slots=True)
class Sizes:
    """A column of PRISM's Table 23, as far as it is about size."""

    threshold: float
    n_texts: int
    n: int
    """Neighbourhoods."""
    n_members: int
    """Texts in them."""
    share: float
    """Of the texts, those in a neighbourhood."""
    per_text: float
    """Neighbourhoods over texts: what PRISM prints as "% total prompts appearing in
    neighbourhoods" (1.92, 3.41, 5.23; the true shares are 7.04, 12.84, 21.35)."""
    k_min: int
    k_max: int
    k_mean: float
    k_sd: float
    """With n - 1, as pandas has it; NaN below two neighbourhoods."""
    n_own: int
    """Groups left out because one person wrote all of it."""


def neighbourhoods(labels: IntArray, people: IntArray) -> Neighbourhoods:
    """Keep the groups with two texts and two people or more.

    Source: PRISM, appendix S.1: singletons and "ego" neighbourhoods are removed.

    Args:
        labels: (n_texts,) groups, as of `single_link`.
        people: (n_texts,) codes of who wrote each text.
    """
    groups = by_first_appearance(labels)
    n_groups = int(groups.max()) + 1 if len(groups) else 0
    k = np.bincount(groups, minlength=n_groups)
    n_people = count_different(groups, people, n_groups)
    kept = np.flatnonzero(n_people > 1)
    kept = kept[np.argsort(-k[kept], kind="stable")]
    number = np.full(n_groups + 1, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    return Neighbourhoods(
        label=number[groups],
        k=k[kept].astype(np.int64),
        n_people=n_people[kept],
        n_alone=int((k == 1).sum()),
        n_own=int(((k > 1) & (n_people == 1)).sum()),
    )


def count_different(groups: IntArray, codes: IntArray, n_groups: int) -> IntArray:
    """Different codes within each group, (n_groups,)."""
    pairs = np.unique(np.stack([groups, codes]), axis=1) if len(groups) else np.empty((2, 0), int)
    return np.bincount(pairs[0], minlength=n_groups).astype(np.int64)


def sizes(found: Neighbourhoods, threshold: float) -> Sizes:
    """How many neighbourhoods there are, how large, and which share of the texts they hold."""
    n_texts, n_members, k = len(found.label), int(found.k.sum()), found.k
    return Sizes(
        threshold=threshold,
        n_texts=n_texts,
        n=found.n,
        n_members=n_members,
        share=n_members / n_texts if n_texts else float("nan"),
        per_text=found.n / n_texts if n_texts else float("nan"),
        k_min=int(k.min()) if found.n else 0,
        k_max=int(k.max()) if found.n else 0,
        k_mean=float(k.mean()) if found.n else float("nan"),
        k_sd=float(k.std(ddof=1)) if found.n > 1 else float("nan"),
        n_own=found.n_own,
    )
