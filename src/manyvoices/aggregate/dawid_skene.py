"""What is true, and how reliable each annotator is, when nobody knows either: Dawid and Skene.

A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979). Deviation: every row of an annotator's confusion matrix
has a Dirichlet prior, so that somebody with three labels is not taken for perfect or for a fraud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from manyvoices.aggregate.kinds import FloatArray, IntArray

PRIOR_RIGHT, PRIOR_WRONG = 4.0, 1.0
"""Labels that an annotator is taken to have given before the first: so many right in each class,
so many wrong, the latter shared out over the other classes."""


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Classes of items and error rates of annotators."""

    posterior: FloatArray
    """(n_items, n_classes): how probable each class is; rows sum to 1."""
    prevalence: FloatArray
    """(n_classes,)"""
    confusion: FloatArray
    """(n_annotators, n_classes, n_classes); entry [a, true, given]; rows sum to 1."""
    n_labels: IntArray
    """(n_annotators,): labels that each gave."""
    iterations: int
    converged: bool

    @property
    def informedness(self) -> FloatArray:
        """(n_annotators,): how much better than chance each tells the classes apart, 1 = always
        right, 0 = whatever is true (Youden's J for two classes; the mean of the diagonal, scaled).
        """
        n_classes = self.confusion.shape[1]
        right = np.trace(self.confusion, axis1=1, axis2=2) / n_classes
        return np.asarray((right - 1 / n_classes) / (1 - 1 / n_classes))


def dawid_skene(
    items: ArrayLike,
    annotators: ArrayLike,
    labels: ArrayLike,
    *,
    n_classes: int,
    prior: Sequence[float] = (PRIOR_RIGHT, PRIOR_WRONG),
    max_iter: int = 200,
    tolerance: float = 1e-6,
) -> DawidSkene:
    """Estimate by EM, from the share of votes as the beginning.

    Args:
        items: (n,) int codes from 0.
        annotators: (n,) int codes from 0.
        labels: (n,) int codes of the classes given, below `n_classes`.
        prior: Labels right and wrong that each annotator is taken to have given in each class.
        tolerance: Ends where no probability of a class moves by more.

    Raises:
        ValueError: The three differ in length, nothing is there, or a code is out of range.
    """
    item, who, given = _codes(items, annotators, labels, n_classes)
    n_items, n_people = int(item.max()) + 1, int(who.max()) + 1
    votes = np.zeros((n_items, n_classes))
    np.add.at(votes, (item, given), 1.0)
    posterior = _rows(votes + 1 / n_classes)
    smooth = np.full((n_classes, n_classes), prior[1] / max(n_classes - 1, 1))
    np.fill_diagonal(smooth, prior[0])
    iteration, moved = 0, np.inf
    while iteration < max_iter and moved >= tolerance:
        iteration += 1
        confusion, prevalence = _maximise(posterior, item, who, given, n_people, smooth)
        new = _expect(confusion, prevalence, item, who, given, n_items)
        moved = float(np.abs(new - posterior).max())
        posterior = new
    n_labels = np.bincount(who, minlength=n_people)
    done = moved < tolerance
    return DawidSkene(posterior, prevalence, confusion, n_labels, iteration, done)


def _codes(
    items: ArrayLike, annotators: ArrayLike, labels: ArrayLike, n_classes: int
) -> tuple[IntArray, IntArray, IntArray]:
    found = [np.asarray(values, dtype=np.int64) for values in (items, annotators, labels)]
    if len({values.shape for values in found}) != 1 or found[0].ndim != 1:
        raise ValueError(f"three rows of one length are needed, found {[v.shape for v in found]}")
    if not found[0].size:
        raise ValueError("at least one label is needed")
    if min(int(values.min()) for values in found) < 0 or int(found[2].max()) >= n_classes:
        raise ValueError(f"codes go from 0, and those of labels to {n_classes - 1}")
    return found[0], found[1], found[2]


def _rows(table: FloatArray) -> FloatArray:
    return np.asarray(table / table.sum(axis=-1, keepdims=True))


def _maximise(
    posterior: FloatArray,
    item: IntArray,
    who: IntArray,
    given: IntArray,
    n_people: int,
    smooth: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Error rates and prevalence, the classes of the items taken as they are."""
    n_classes = posterior.shape[1]
    counts = np.zeros((n_people, n_classes, n_classes))
    np.add.at(counts.transpose(0, 2, 1), (who, given), posterior[item])
    prevalence = (posterior.sum(axis=0) + 1) / (len(posterior) + n_classes)
    return _rows(counts + smooth), prevalence


def _expect(
    confusion: FloatArray,
    prevalence: FloatArray,
    item: IntArray,
    who: IntArray,
    given: IntArray,
    n_items: int,
) -> FloatArray:
    """How probable each class of each item is, the error rates taken as they are."""
    log_p = np.tile(np.log(prevalence), (n_items, 1))
    np.add.at(log_p, item, np.log(confusion[who, :, given]))
    return _rows(np.exp(log_p - log_p.max(axis=1, keepdims=True)))
