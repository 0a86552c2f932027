"""Labels: means, agreement and outcomes against plain recounts, and planted effects found again."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.synthetic.trees import SCORES, Forest
from scipy.stats import spearmanr

from manyvoices.aggregate import krippendorff_alpha
from manyvoices.analyse import Resampling
from manyvoices.analyse.trees import flatten
from manyvoices.analyse.trees.labels import labels_of
from manyvoices.analyse.trees.moderation import moderation_of
from manyvoices.io.oasst_flat import below
from manyvoices.schema import Message
from manyvoices.schema.grown import GrownTree

TREES = [t for t in Forest(seed=7, n_people=70, native=True).trees(900) if isinstance(t, GrownTree)]
COLUMNS = flatten(TREES)
MESSAGES: list[Message] = [m for tree in TREES for m, _ in below(tree.tree.prompt)]
FOUND = labels_of(COLUMNS, Resampling(100))


def test_means_and_counts_are_a_plain_recount() -> None:
    for row in FOUND.rows:
        values = [m.labels[row.name].value for m in MESSAGES if row.name in (m.labels or {})]  # type: ignore[index]
        assert (row.n, row.n_ratings) == (len(values), 3 * len(values))
        assert row.mean == pytest.approx(np.mean(values))
        assert row.share == pytest.approx(np.mean(np.array(values) > 0.5))
        assert row.low <= row.mean <= row.high


def test_alpha_is_that_of_the_single_answers() -> None:
    given: dict[str, list[float | None]] = {}
    for tree in TREES:
        for review in tree.reviews:
            given.setdefault(review.message_id, []).append(review.labels["quality"])
    expected = krippendorff_alpha(given.values(), "ordinal", n_resamples=0).value
    row = next(row for row in FOUND.rows if row.name == "quality")
    assert row.agreement is not None
    assert row.agreement.value == pytest.approx(expected)
    assert FOUND.n_answers == sum(len(r.labels) for tree in TREES for r in tree.reviews)


def test_correlations_of_labels_and_scores_are_those_of_scipy() -> None:
    found = FOUND.correlations
    assert found is not None
    assert found.names[found.n_labels :] == tuple(f"{name} (model)" for name in sorted(SCORES))
    i, j = found.names.index("helpfulness"), found.names.index("toxicity (model)")
    both = [m for m in MESSAGES if "helpfulness" in (m.labels or {})]
    expected = spearmanr(
        [m.labels["helpfulness"].value for m in both],  # type: ignore[index]
        [m.detoxify["toxicity"] for m in both],  # type: ignore[index]
    ).statistic
    assert found.rho[i, j] == pytest.approx(expected)
    assert found.n[i, j] == len(both)
    assert np.array_equal(found.rho, found.rho.T)


def test_planted_toxicity_is_found_and_what_was_not_planted_is_not() -> None:
    found = FOUND.correlations
    assert found is not None
    at = found.names.index
    assert found.low[at("toxicity"), at("toxicity (model)")] > 0.2
    assert found.low[at("quality"), at("helpfulness")] > 0.3
    assert found.low[at("humor"), at("pii")] < 0.1


def test_outcomes_by_language_add_up_and_rejected_messages_are_the_toxic_ones() -> None:
    found = moderation_of(COLUMNS, Resampling(100))
    assert sum(row.n for row in found.languages) == found.total.n == len(MESSAGES)
    assert found.total.n_accepted == sum(m.review_result is True for m in MESSAGES)
    assert found.total.deleted.value == pytest.approx(np.mean([bool(m.deleted) for m in MESSAGES]))
    spam = dict(found.total.flags)["spam"]
    assert spam.value == pytest.approx(np.mean([m.labels["spam"].value for m in MESSAGES]))  # type: ignore[index]
    by = {row.outcome: dict(row.means) for row in found.outcomes}
    assert by["rejected"]["toxicity"].low > by["accepted"]["toxicity"].high
    assert by["rejected"]["toxicity (model)"].low > by["accepted"]["toxicity (model)"].high


def test_languages_with_few_trees_get_no_interval() -> None:
    found = moderation_of(COLUMNS, Resampling(100))
    n_trees = {
        language: len({int(t) for t in COLUMNS.tree[COLUMNS.language == code]})
        for code, language in enumerate(COLUMNS.languages)
    }
    for row in found.languages:
        assert np.isnan(row.deleted.low) == (n_trees[row.language] < 5)
