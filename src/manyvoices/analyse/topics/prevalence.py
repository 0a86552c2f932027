"""What remains of group differences in topics when the other attributes are held fixed.

A linear probability model per topic, all on one design (PRISM, section 3.1, equation 1 of
appendix R): 1[text is on topic t] on gender, age, region of birth, ethnicity, religion and the type
of the conversation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE
from manyvoices.analyse.many_tests import benjamini_hochberg
from manyvoices.analyse.regression import Fit, RegressionError, ols
from manyvoices.analyse.regression_design import INTERCEPT, PERSON, Term, design_matrix
from manyvoices.analyse.table import BoolArray, FloatArray, IntArray
from manyvoices.analyse.words import declines

if TYPE_CHECKING:
    import polars as pl

BASES: Mapping[str, str] = {
    "gender": "Male",
    "age": "18-24 years old",
    "location_special_region": "US",
    "ethnicity_simplified": "White",
    "religion_simplified": "No Affiliation",
    CONVERSATION_TYPE: "unguided",
}
"""PRISM's base levels (appendix R.1)."""
NOT_ANSWERED = "(not answered)"
STAR = 0.01
"""PRISM's level for one coefficient."""
MIN_EXPECTED = 10.0
"""Texts that chance alone would put into a cell for its coefficient to be tested.

Where a group wrote next to nothing on a topic its residuals are near zero, and so is the error that
robust formulas make of them. On PRISM's design and topic sizes without any difference between
groups (``python -m benchmarks.topic_tests``), clustered tests at 1 % reject in 48 % of cells below
one expected text, in 7.2 % from two to five, 3.3 % from five to ten, 1.7 % from ten to thirty."""
FALSE_SHARE = 0.05
"""Expected share of false finds among all that `Prevalence.found` marks."""


@dataclass(frozen=True, slots=True, eq=False)
class Prevalence:
    """k coefficients of T topics: differences in the probability of writing on the topic."""

    fit: Fit
    terms: tuple[Term, ...]
    """(k,) what each row stands for; the first is the constant."""
    bases: tuple[tuple[str, str], ...]
    """(column, level compared with)."""
    q: FloatArray
    """(k, T) p-values corrected for the number of tests (Benjamini & Hochberg); NaN: not tested,
    which are the constant and cells with fewer than `min_expected` expected texts."""
    expected: FloatArray
    """(k, T) texts that the group would have on the topic if it were like everybody."""
    min_expected: float
    left_out: tuple[str, ...]
    """Columns that repeated others in this release."""
    errors: Literal["cluster", "HC1"]

    @property
    def shown(self) -> BoolArray:
        """(k,) rows to show: no constant, no small group, nobody who would rather not say."""
        return np.array([
            term.column != INTERCEPT
            and term.shown
            and not declines(term.level)
            and term.level != NOT_ANSWERED
            for term in self.terms
        ])  # fmt: skip

    @property
    def starred(self) -> BoolArray:
        """(k, T) p below `STAR`: PRISM's stars; one in a hundred tests has one by chance."""
        return np.asarray(np.where(np.isnan(self.q), 1.0, self.fit.p) < STAR)

    @property
    def found(self) -> BoolArray:
        """(k, T) q below `FALSE_SHARE`: what stands after correction for the number of tests."""
        return np.asarray(np.where(np.isnan(self.q), 1.0, self.q) < FALSE_SHARE)


def topic_prevalence(
    rows: pl.DataFrame,
    topics: IntArray,
    columns: Sequence[str],
    *,
    bases: Mapping[str, str] = BASES,
    min_group: int = 20,
    min_expected: float = MIN_EXPECTED,
    compat: Literal["prism"] | None = None,
    level: float = 0.95,
) -> Prevalence:
    """Regress each topic on `columns` of `rows`, one row per text with its author's ``user_id``.

    `topics` is (n,), -1 = no topic; such texts stay in as zeros of every topic. A column's base is
    that of `bases` where the release has the level, else its largest level. No answer is a level of
    its own. Groups of fewer than `min_group` people are held fixed and not shown.

    Errors are clustered by person. ``compat="prism"`` takes HC1, which PRISM's published stars in
    effect stand on (its code passes a cluster to ``sandwich::vcovHC``, which has no such argument
    and ignores it): people's own texts then count as independent. It also tests every coefficient,
    however few texts stand behind it.

    Raises:
        RegressionError: Fewer than two people per coefficient, or no topic.
    """
    n_topics = int(topics.max(initial=-1)) + 1
    if n_topics == 0:
        raise RegressionError("There is no topic to regress.")
    frame = rows.with_columns(rows[name].fill_null(NOT_ANSWERED) for name in columns)
    factors = {name: _base(frame, name, bases) for name in columns if frame[name].n_unique() > 1}
    design = design_matrix(frame, factors, min_group=min_group).independent()
    n_people, k = int(frame[PERSON].n_unique()), len(design.names)
    if n_people < 2 * k:
        raise RegressionError(
            f"Holding {k - 1} groups fixed needs at least {2 * k} people; {n_people} are here."
        )
    on_topic = (topics[:, None] == np.arange(n_topics)).astype(np.float64)
    people = frame[PERSON].to_numpy().astype(str)
    errors: Literal["cluster", "HC1"] = "HC1" if compat == "prism" else "cluster"
    fit = ols(design.matrix, on_topic, cluster=people, se=errors, names=design.names, level=level)
    expected = np.outer(design.matrix.sum(axis=0), on_topic.mean(axis=0))
    least = 0.0 if compat == "prism" else min_expected
    tested = (expected >= least) & (np.array(design.names) != INTERCEPT)[:, None]
    return Prevalence(
        fit=fit,
        terms=design.terms,
        bases=design.bases,
        q=benjamini_hochberg(np.where(tested, fit.p, np.nan)),
        expected=expected,
        min_expected=least,
        left_out=design.left_out,
        errors=errors,
    )


def _base(frame: pl.DataFrame, column: str, bases: Mapping[str, str]) -> str | None:
    wanted = bases.get(column)
    return wanted if wanted in frame[column].to_list() else None
