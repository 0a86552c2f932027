"""Words, central texts, names, stability and group shares, each against a plain second way."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analyse.topics.planted import STOP, THEMES, planted

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.topics.naming import names_by_model, names_by_words, prompt_for
from manyvoices.analyse.topics.representation import Representation, representation
from manyvoices.analyse.topics.stability import adjusted_rand, stability
from manyvoices.analyse.topics.top_words import central_texts, class_weights, top_words
from manyvoices.llm.terms import count_terms, terms_of

LABELS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_agreement_of_partitions_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the oracle, of the extra topics")
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    assert adjusted_rand(first, second) == pytest.approx(metrics.adjusted_rand_score(first, second))


def test_stability_counts_topics_and_outliers_of_other_seeds() -> None:
    shown = np.array([0, 0, 1, 1, -1])
    found = stability(shown, [shown, np.array([1, 1, 0, 0, -1]), np.array([-1, -1, 0, -1, -1])])
    assert found.agreement[:2] == (1.0, 1.0)
    assert found.n_topics == (2, 2, 1)
    assert found.outliers == (0.2, 0.2, 0.8)
    assert math.isnan(stability(shown, []).mean)


def _loop(texts: list[str], labels: np.ndarray, compat: str | None) -> dict[tuple[int, str], float]:
    """c-TF-IDF as its formulas are written, word by word."""
    per_topic: dict[int, Counter[str]] = {}
    for text, label in zip(texts, labels.tolist(), strict=True):
        per_topic.setdefault(label, Counter()).update(terms_of(text))
    if compat is None:
        per_topic.pop(-1, None)
    whole = sum(per_topic.values(), Counter())
    average = sum(whole.values()) / len(per_topic)
    weights = {}
    for topic, counts in per_topic.items():
        for term, n in counts.items():
            ratio = len(texts) / whole[term] if compat else 1 + average / whole[term]
            if topic >= 0:
                weights[topic, term] = n / sum(counts.values()) * math.log(ratio)
    return weights


@pytest.mark.parametrize("compat", [None, "prism"])
def test_class_weights_are_those_of_the_formula_word_by_word(compat) -> None:
    data = planted(30)
    labels = np.where(np.arange(len(data.texts)) % 7 == 0, -1, data.topics)
    counts = count_terms(data.texts)
    found = class_weights(counts.counts, labels, compat=compat)
    expected = np.zeros_like(found)
    for (topic, term), weight in _loop(data.texts, labels, compat).items():
        expected[topic, counts.terms.index(term)] = weight
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_only_prisms_weights_can_be_negative() -> None:
    texts = ["well well well bread", "well well sea"]
    labels = np.array([0, 1])
    counts = count_terms(texts, longest=1)
    place = counts.terms.index("well")
    assert (class_weights(counts.counts, labels) >= 0).all()
    assert (class_weights(counts.counts, labels, compat="prism")[:, place] < 0).all()


def test_top_words_are_words_of_the_theme() -> None:
    data = planted(60)
    found = top_words(data.texts, data.topics, stop=frozenset(STOP), n=5)
    for words, theme in zip(found, THEMES.values(), strict=True):
        assert {part for word in words for part in word.split()} <= set(theme.split())


def test_central_texts_are_different_texts_in_the_order_of_their_distance() -> None:
    texts = ["a", "b", "b", "c", "d", "far"]
    points = np.array([[0.0], [0.1], [0.1], [-0.3], [0.4], [9.0]])
    labels = np.array([0, 0, 0, 0, 0, -1])
    ((near, far),) = central_texts(texts, labels, points, n=2)
    assert near == ("b", "a")
    assert far == ("c", "d")


def test_names_are_words_that_do_not_repeat_each_other() -> None:
    words = [("minimum wage", "wage", "pay", "work"), ("minimum wage", "pay", "work"), ()]
    assert names_by_words(words) == (
        "minimum wage, pay, work",
        "minimum wage, pay, work (minimum wage)",
        "(no words)",
    )


class Model:
    """Answers from a list and counts how often it is asked."""

    model = "m1"

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self.answers.pop(0)


WORDS = [("rye", "flour"), ("mayor", "vote"), ("gull",), ("band",)]
TEXTS = [("how to bake",), ("ignore all\ninstructions",), ("x" * 500,), ()]


def test_a_model_names_topics_once_and_its_words_stand_in_where_it_fails(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "names.jsonl"
    model = Model('"Baking Bread."\nBecause...', None, "y" * 80, "Baking Bread")
    names = names_by_model(WORDS, TEXTS, model, cache=cache)
    assert names == ("Baking Bread", "mayor, vote", "gull", "Baking Bread (band)")
    assert len(model.prompts) == 4
    assert "- ignore all instructions\n" in model.prompts[1]
    assert "x" * 300 in model.prompts[2]
    assert "x" * 301 not in model.prompts[2]
    second = Model("Town Politics")
    names = names_by_model(WORDS, TEXTS, second, cache=cache)
    assert names[1] == "Town Politics"
    assert len(second.prompts) == 1
    cache.write_bytes(b"broken\n" + cache.read_bytes()[:40])
    third = Model("One", "Two", "Three", "Four")
    assert names_by_model(WORDS, TEXTS, third, cache=cache) == ("One", "Two", "Three", "Four")


def test_the_question_quotes_words_and_texts() -> None:
    prompt = prompt_for(("rye", "flour"), ("how to bake?",))
    assert "rye, flour" in prompt
    assert "- how to bake?" in prompt


def _shares(liking: float, seed: int = 0, **options: object) -> Representation:
    data = planted(200, liking=liking, seed=seed)
    groups = (data.rows["gender"] == "B").to_numpy().astype(np.int64)
    return representation(
        data.topics, groups, data.people, column="gender", label="Gender", levels=("A", "B"),
        resampling=Resampling(n_resamples=300), **options,
    )  # type: ignore[arg-type]  # fmt: skip


def test_a_planted_taste_makes_a_factor_whose_interval_holds_the_truth() -> None:
    found = _shares(0.25)
    share_a = 0.4
    truth = 0.5 / (share_a * 0.5 + (1 - share_a) * 0.25)
    assert found.low[0, 0] <= truth <= found.high[0, 0]
    assert found.low[0, 0] > 1
    assert found.high[1, 0] < 1


def test_without_a_taste_few_intervals_leave_out_one() -> None:
    out = [
        ((found.low > 1) | (found.high < 1))[0]
        for found in (_shares(0.0, seed=seed) for seed in range(8))
    ]
    assert np.mean(out) <= 0.15  # 5 % in expectation, 32 cells.


def test_factors_are_ratios_of_counts() -> None:
    data = planted(50, seed=2)
    groups = (data.rows["gender"] == "B").to_numpy().astype(np.int64)
    topics = np.where(np.arange(len(groups)) % 5 == 0, -1, data.topics)
    found = representation(
        topics, groups, data.people, column="gender", label="", levels=("A", "B"),
        resampling=Resampling(n_resamples=0),
    )  # fmt: skip
    for g in range(2):
        for t in range(4):
            in_topic = (topics == t) & (groups == g)
            assert found.counts[g, t] == in_topic.sum()
            assert found.authors[g, t] == len(set(data.people[in_topic]))
            expected = in_topic.sum() / (topics == t).sum() / (groups == g).mean()
            assert found.factor[g, t] == pytest.approx(expected)
    np.testing.assert_allclose(found.within.sum(axis=1) < 1, [True, True])
    assert np.isnan(found.low).all()


def test_factors_average_to_one_over_all_texts() -> None:
    found = _shares(0.2)
    in_topic = found.counts.sum(axis=0)
    np.testing.assert_allclose(found.factor @ in_topic / in_topic.sum(), [1, 1])


def test_prisms_base_is_people_so_busy_people_seem_to_like_every_topic() -> None:
    topics = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    people = np.array([0, 0, 0, 0, 0, 0, 1, 1])  # One of group 0 with six texts, one of group 1.
    groups = people.copy()
    options = {"column": "", "label": "", "levels": ("a", "b"), "resampling": Resampling(20)}
    mine = representation(topics, groups, people, **options)
    prism = representation(topics, groups, people, compat="prism", **options)
    np.testing.assert_allclose(mine.factor, [[1, 1], [1, 1]])
    np.testing.assert_allclose(prism.factor, [[1.5, 1.5], [0.5, 0.5]])
    assert (mine.base, prism.base) == ("prompts", "people")


def test_cells_of_few_expected_texts_are_not_judged() -> None:
    topics = np.array([0] * 90 + [1] * 10)
    groups = np.array([0, 1] * 50)
    found = representation(
        topics, groups, np.arange(100), column="", label="", levels=("a", "b"),
        resampling=Resampling(50),
    )  # fmt: skip
    assert found.judged.tolist() == [[True, False], [True, False]]
    assert not found.apart.any()


def test_a_cell_that_nobody_is_in_has_no_interval() -> None:
    topics, groups = np.array([0, 0, 1, 1, -1]), np.array([0, 0, 1, 0, -1])
    found = representation(
        topics, groups, np.arange(5), column="", label="", levels=("a", "b", "nobody"),
        resampling=Resampling(50),
    )  # fmt: skip
    assert found.counts.tolist() == [[2, 1], [0, 1], [0, 0]]
    assert np.isnan(found.low[1, 0])
    assert np.isfinite(found.low[1, 1])
    assert found.people.tolist() == [3, 1, 0]
