"""Single link is what the paper describes, whatever the block, the order or the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from manyvoices.analyse.neighbourhoods.single_link import single_link, single_links

from .made import points, same_partition

THRESHOLDS = (0.05, 0.125, 0.2)


@pytest.fixture(scope="module")
def tree() -> tuple[np.ndarray, np.ndarray]:
    vectors = points(2000)
    return vectors, linkage(pdist(vectors.astype(np.float64), "cosine"), "single")


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_groups_are_those_of_scipys_single_linkage(
    tree: tuple[np.ndarray, np.ndarray], threshold: float
) -> None:
    vectors, links = tree
    ours = single_link(vectors, threshold, block=300)
    assert same_partition(ours, fcluster(links, threshold, "distance"))
    assert 100 < ours.max() < 1900, "a trivial partition proves nothing"


def test_several_thresholds_at_once_are_the_same_as_one_by_one() -> None:
    vectors = points(700, seed=1)
    together = single_links(vectors, THRESHOLDS, block=128)
    for threshold, labels in zip(THRESHOLDS, together, strict=True):
        np.testing.assert_array_equal(labels, single_link(vectors, threshold))


def test_labels_are_numbered_by_first_appearance() -> None:
    labels = single_link(points(300, seed=2), 0.1)
    _, first = np.unique(labels, return_index=True)
    assert (np.diff(first) > 0).all()
    assert labels[0] == 0


def test_a_chain_joins_what_is_far_apart_itself() -> None:
    angles = np.deg2rad([0, 20, 40, 120])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert single_link(vectors, 0.07).tolist() == [0, 0, 0, 1]


def test_a_distance_that_equals_the_threshold_joins() -> None:
    # 3-4-5 triangle: cosine exactly 0.6, in float32 too.
    vectors = np.array([[1.0, 0.0], [0.6, 0.8]])
    distance = 1 - 0.6
    assert single_link(vectors, distance).tolist() == [0, 0]
    assert single_link(vectors, distance - 1e-9).tolist() == [0, 1]


def test_pairs_at_the_threshold_are_decided_in_float64() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=(60, 384))
    other = rng.normal(size=base.shape)
    other -= (other * base).sum(1, keepdims=True) / (base**2).sum(1, keepdims=True) * base
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    cosine = 0.875 + rng.choice([-1, 1], 60) * 1e-9
    near = cosine[:, None] * base + np.sqrt(1 - cosine[:, None] ** 2) * other
    labels = single_link(np.concatenate([base, near]), 0.125, block=7)
    joined = labels[:60] == labels[60:]
    np.testing.assert_array_equal(joined, cosine >= 0.875)


def test_length_does_not_matter_and_no_direction_joins_nothing() -> None:
    vectors = np.array([[1.0, 0.0], [30.0, 0.1], [0.0, 0.0], [0.0, 0.0]])
    assert single_link(vectors, 0.05).tolist() == [0, 0, 1, 2]
    assert single_link(vectors, 2.0).tolist() == [0, 0, 1, 2]


def test_no_texts_make_no_groups() -> None:
    assert single_link(np.empty((0, 5), np.float32), 0.1).tolist() == []
    assert single_links(points(5), ()).shape == (0, 5)


@pytest.mark.parametrize("vectors", [np.zeros(3), np.array([[np.nan, 1.0]])])
def test_what_is_no_embedding_is_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match="vectors"):
        single_link(vectors, 0.1)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 90), st.integers(1, 100), st.integers(0, 10_000), st.floats(0, 1.2))
def test_the_block_changes_nothing(n: int, block: int, seed: int, threshold: float) -> None:
    vectors = points(n, 6, seed=seed)
    np.testing.assert_array_equal(
        single_link(vectors, threshold, block=block), single_link(vectors, threshold)
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 80), st.integers(0, 10_000), st.floats(0, 1.2))
def test_the_order_of_the_texts_changes_nothing(n: int, seed: int, threshold: float) -> None:
    vectors = points(n, 6, seed=seed)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = np.empty(n, dtype=np.int64)
    shuffled[order] = single_link(vectors[order], threshold, block=17)
    assert same_partition(shuffled, single_link(vectors, threshold, block=17))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 80), st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_threshold_only_joins(n: int, seed: int, one: float, other: float) -> None:
    vectors = points(n, 6, seed=seed)
    small, large = single_links(vectors, (min(one, other), max(one, other)), block=16)
    pairs = np.unique(np.stack([small, large]), axis=1)
    assert pairs.shape[1] == len(np.unique(small)), "a group was split"
