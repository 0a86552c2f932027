"""Error rates that were planted are found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.aggregate.dawid_skene import dawid_skene
from manyvoices.aggregate.kinds import FloatArray, IntArray

GOOD = [[0.95, 0.05], [0.1, 0.9]]
WEAK = [[0.7, 0.3], [0.4, 0.6]]
SPAMMER = [[0.5, 0.5], [0.5, 0.5]]
ALWAYS_NO = [[1.0, 0.0], [1.0, 0.0]]
CONTRARY = [[0.1, 0.9], [0.9, 0.1]]


def planted(
    confusion: FloatArray, *, n_items: int, share: FloatArray, per_item: int, seed: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """True classes, and labels of `per_item` annotators for each item."""
    rng = np.random.default_rng(seed)
    n_people, n_classes, _ = confusion.shape
    truth = rng.choice(n_classes, n_items, p=share)
    item = np.repeat(np.arange(n_items), per_item)
    who = np.concatenate([rng.permutation(n_people)[:per_item] for _ in range(n_items)])
    given = np.array(
        [rng.choice(n_classes, p=confusion[w, truth[i]]) for i, w in zip(item, who, strict=True)]
    )
    return truth, item, who, given


def test_planted_error_rates_and_classes_are_found() -> None:
    confusion = np.array([GOOD] * 5 + [WEAK] * 2 + [SPAMMER, ALWAYS_NO, CONTRARY])
    truth, item, who, given = planted(
        confusion, n_items=2000, share=np.array([0.7, 0.3]), per_item=5, seed=1
    )
    model = dawid_skene(item, who, given, n_classes=2)
    assert model.converged
    assert np.abs(model.confusion - confusion).max() < 0.06
    assert model.prevalence == pytest.approx([0.7, 0.3], abs=0.03)
    found = (model.posterior.argmax(axis=1) == truth).mean()
    votes = np.zeros((2000, 2))
    np.add.at(votes, (item, given), 1)
    assert found > 0.95
    assert found > (votes.argmax(axis=1) == truth).mean() + 0.03
    worth = model.informedness
    assert worth[:5].min() > 0.75
    assert abs(worth[7]) < 0.1
    assert abs(worth[8]) < 0.1
    assert worth[9] < -0.7


def test_three_classes() -> None:
    kind = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    confusion = np.array([kind] * 6)
    truth, item, who, given = planted(
        confusion, n_items=800, share=np.array([0.5, 0.3, 0.2]), per_item=5, seed=2
    )
    model = dawid_skene(item, who, given, n_classes=3)
    assert (model.posterior.argmax(axis=1) == truth).mean() > 0.93


def test_somebody_with_few_labels_is_neither_perfect_nor_a_fraud() -> None:
    """Nine people agree on every item; a tenth gave one label, and it was wrong."""
    item = np.repeat(np.arange(20), 9)
    who = np.tile(np.arange(9), 20)
    given = np.repeat(np.arange(20) % 2, 9)
    model = dawid_skene(np.append(item, 0), np.append(who, 9), np.append(given, 1), n_classes=2)
    assert 0.3 < model.informedness[9] < 0.6
    assert model.n_labels.tolist() == [20] * 9 + [1]


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=60
    )
)
def test_whatever_was_said_probabilities_are_probabilities(
    said: list[tuple[int, int, int]],
) -> None:
    model = dawid_skene(*(list(column) for column in zip(*said, strict=True)), n_classes=3)
    for table in (model.posterior, model.confusion, model.prevalence):
        assert np.isfinite(table).all()
        assert table.sum(axis=-1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([], [], []), "at least one"),
        (([0], [0, 1], [0]), "one length"),
        (([0], [0], [2]), "codes"),
    ],
)
def test_what_cannot_be_read_is_named(columns: tuple[list[int], ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        dawid_skene(*columns, n_classes=2)
