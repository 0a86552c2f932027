"""Counts on arrays are those of a plain loop."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.language_use import corpus, top_grams, words

TEXTS = st.lists(
    st.tuples(st.lists(st.sampled_from("ab cd e f".split()), max_size=8), st.integers(0, 3)),
    max_size=12,
)


@given(TEXTS, st.integers(1, 3))
def test_grams_are_those_of_a_plain_loop(rows: list[tuple[list[str], int]], n: int) -> None:
    texts = [" ".join(text) for text, _ in rows]
    people = np.array([person for _, person in rows], dtype=np.int64)
    uses: Counter[tuple[str, ...]] = Counter()
    users: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for text, person in zip(texts, people.tolist(), strict=True):
        found = words(text)
        for i in range(len(found) - n + 1):
            gram = tuple(found[i : i + n])
            uses[gram] += 1
            users[gram][person] += 1
    expected = sorted(uses, key=lambda gram: (-uses[gram], gram))[:4]
    shown = top_grams(corpus(texts, people), n, k=4)
    assert [gram.words for gram in shown] == expected
    for gram in shown:
        assert gram.n_uses == uses[gram.words]
        assert gram.n_people == len(users[gram.words])
        assert gram.most_by_one == max(users[gram.words].values())
        assert gram.of_people == len(set(people.tolist()))


def test_runs_do_not_go_from_one_text_into_the_next() -> None:
    found = corpus(["one two", "three"], np.array([0, 0]))
    assert [gram.text for gram in top_grams(found, 2)] == ["one two"]


def test_stop_words_are_left_out_of_single_words_alone() -> None:
    found = corpus(["the cat", "the cat"], np.array([0, 1]))
    without = frozenset({"the"})
    assert [gram.text for gram in top_grams(found, 1, without=without)] == ["cat"]
    assert [gram.text for gram in top_grams(found, 2, without=without)] == ["the cat"]


def test_a_word_that_one_person_says_fifty_times_is_known_as_such() -> None:
    texts = ["turnip"] * 50 + ["turnip"] * 3 + ["carrot", "carrot", "carrot"]
    people = np.array([0] * 50 + [1, 2, 3, 1, 2, 3])
    turnip, carrot = top_grams(corpus(texts, people), 1)
    assert (turnip.n_uses, turnip.n_people, turnip.most_by_one) == (53, 4, 50)
    assert turnip.one_person
    assert not carrot.one_person


def test_texts_without_words_have_no_grams() -> None:
    assert top_grams(corpus([], np.zeros(0, dtype=np.int64)), 1) == ()
    assert top_grams(corpus(["!"], np.array([0])), 2) == ()


def test_long_runs_over_many_words_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{i}" for i in rng.integers(0, 5000, 40)) for _ in range(200)]
    found = corpus(texts, np.arange(200))
    expected = Counter(tuple(text.split()[i : i + 3]) for text in texts for i in range(38))
    best = top_grams(found, 3, k=3)
    assert [gram.n_uses for gram in best] == [expected[gram.words] for gram in best]
    assert best[0].n_uses == max(expected.values())
