"""PRISM's rule, held against a plain re-telling of it, and against what the paper describes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.analyse.neighbourhoods.nearest_earlier import nearest_earlier
from manyvoices.analyse.neighbourhoods.single_link import single_link

from .made import points, same_partition


def retold(vectors: np.ndarray, threshold: float) -> list[int]:
    """The rule as a person would write it, one pair after another."""
    held = float(np.float32(threshold))
    labels: list[int] = []
    fresh = 0
    for i, vector in enumerate(vectors):
        best, nearest = math.inf, -1
        for j in range(i):
            xx = yy = xy = 0.0
            for x, y in zip(vector, vectors[j], strict=True):
                xx += float(x * x)
                yy += float(y * y)
                xy += float(x * y)
            distance = 1.0 - xy / math.sqrt(xx * yy)
            if distance < best:
                best, nearest = distance, j
        if best <= held:
            labels.append(labels[nearest])
        else:
            labels.append(fresh)
            fresh += 1
    return labels


@pytest.mark.parametrize("threshold", [0.05, 0.125, 0.2])
def test_groups_are_those_of_the_plain_rule(threshold: float) -> None:
    vectors = points(120, 12, seed=4)
    ours = nearest_earlier(vectors, threshold, block=32)
    assert ours.tolist() == retold(vectors, threshold)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 24), st.integers(1, 30), st.integers(0, 10_000), st.floats(0.01, 1))
def test_the_plain_rule_holds_where_texts_repeat(
    n: int, block: int, seed: int, threshold: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = points(8, 4, seed=seed)[rng.integers(0, 8, n)]
    # Embedded in another batch, an equal text differs in its last digits.
    vectors = vectors + rng.choice([0, 1e-7], (n, 4)).astype(np.float32)
    assert nearest_earlier(vectors, threshold, block=block).tolist() == retold(vectors, threshold)


def test_of_equally_near_texts_the_first_is_joined() -> None:
    # The third lies as far from the first as from the second, which are too far from each other.
    vectors = np.array([[1, 1], [1, -1], [1, 0]], dtype=np.float32)
    assert nearest_earlier(vectors, 0.3).tolist() == [0, 1, 0]


def test_a_text_between_two_groups_does_not_join_them_as_single_link_does() -> None:
    angles = np.deg2rad([0, 40, 19])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert nearest_earlier(vectors, 0.07).tolist() == [0, 1, 0]
    assert single_link(vectors, 0.07).tolist() == [0, 0, 0]


def test_another_order_gives_other_groups() -> None:
    angles = np.deg2rad([0, 40, 19])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    taken = np.array([2, 0, 1])
    assert single_link(vectors, 0.07, compat="prism").tolist() == [0, 1, 0]
    assert single_link(vectors, 0.07, compat="prism", order=taken).tolist() == [0, 0, 0]


def test_the_rule_is_finer_than_single_link() -> None:
    vectors = points(900, 16, seed=5)
    rule, link = nearest_earlier(vectors, 0.15), single_link(vectors, 0.15)
    pairs = np.unique(np.stack([rule, link]), axis=1)
    assert pairs.shape[1] == rule.max() + 1 > link.max() + 1


def test_the_block_changes_nothing() -> None:
    vectors = points(500, 24, seed=6)
    for block in (7, 33, 499, 2048):
        assert same_partition(
            nearest_earlier(vectors, 0.2, block=block), nearest_earlier(vectors, 0.2)
        )


def test_no_texts_make_no_groups() -> None:
    assert nearest_earlier(np.empty((0, 3), np.float32), 0.1).tolist() == []
    assert nearest_earlier(points(1), 0.1).tolist() == [0]
