"""What is said of a text: by hand where one can, and bounds that hold for every text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.evaluate.sampling.measures import (
    distinct,
    open_end,
    repeated,
    same_share,
    self_bleu,
    words_of,
)

WORDS = st.lists(st.sampled_from("abcdefg"), max_size=30)


def test_words_are_runs_of_letters_and_signs_of_scripts_without_blanks() -> None:
    assert words_of("Don't STOP, 2 cats") == ["don't", "stop", "2", "cats"]
    assert words_of("猫が好き") == ["猫", "が", "好", "き"]
    assert words_of("... !") == []


def test_repetition_is_the_share_of_runs_that_were_there_before() -> None:
    words = "a b c d a b c d".split()  # runs of four: abcd bcda cdab dabc abcd
    assert repeated(words) == pytest.approx(1 / 5)
    assert distinct(words, 1) == pytest.approx(4 / 8)
    assert math.isnan(repeated(["a", "b", "c"]))


def test_equal_samples_are_wholly_alike_and_different_ones_not_at_all() -> None:
    words = "the cat sat on the mat".split()
    assert self_bleu([words, words]) == pytest.approx(1.0)
    assert self_bleu([words, "many dogs ran over there now".split()]) == 0.0
    assert math.isnan(self_bleu([words]))
    assert same_share([words, words, ["other"]]) == pytest.approx(1 / 3)


def test_a_text_without_an_end_is_told_from_one_that_has_it() -> None:
    assert open_end("and then the")
    for text in ("Done.", "Really?", "结束。", "she said “yes”", "```\ncode\n```", "انتهى؟"):
        assert not open_end(text), text


@given(st.lists(WORDS, min_size=2, max_size=4))
def test_likeness_is_a_share_and_does_not_ask_for_the_order_of_samples(
    samples: list[list[str]],
) -> None:
    value = self_bleu(samples)
    assert 0.0 <= value <= 1.0 + 1e-9
    assert self_bleu(samples[::-1]) == pytest.approx(value)


@given(WORDS)
def test_a_text_said_twice_is_at_least_as_repetitive(words: list[str]) -> None:
    if len(words) >= 4:
        assert repeated(words + words) >= repeated(words) - 1e-12
        assert 0.0 <= repeated(words) < 1.0
