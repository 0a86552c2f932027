"""When a vote is set aside: evidence of haste, of repetition, of one side only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design.comparisons.integrity import (
    Vote,
    evidence,
    names_told,
    normalised,
    signs,
)
from manyvoices.design.comparisons.stage import Integrity

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RULE = Integrity(min_seconds=2, most_per_hour=5, repeated_prompts=2, one_sided=5)
RULES = ("too_fast", "too_many", "repeated_prompt", "one_sided")

votes = st.builds(
    Vote,
    at=st.integers(-7200, 0).map(lambda s: NOW + timedelta(seconds=s)),
    seconds=st.none() | st.floats(0, 600),
    words=st.integers(0, 2000),
    place=st.none() | st.integers(0, 2),
    prompt=st.none() | st.sampled_from(["Hello", "hello!", "HELLO  ", "Why?", "?!", "你好"]),
)


def vote(minutes: float = 0, **fields: object) -> Vote:
    return replace(Vote(at=NOW + timedelta(minutes=minutes), seconds=30.0, words=90), **fields)


def earlier(n: int, **fields: object) -> list[Vote]:
    return [vote(minutes=-90 - i, **fields) for i in range(n)]


def test_a_vote_given_with_care_shows_nothing() -> None:
    assert signs(vote(place=0, prompt="Why?"), [], RULE) == ()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, ("too_fast",)), (1.9, ("too_fast",)), (2.0, ()), (None, ())]
)
def test_a_vote_before_anyone_could_look_is_too_fast(
    seconds: float | None, expected: tuple[str, ...]
) -> None:
    assert signs(vote(seconds=seconds), [], RULE) == expected


def test_only_votes_beyond_the_number_for_an_hour_are_too_many() -> None:
    within = [vote(minutes=-10 * i) for i in range(5)]
    assert signs(vote(), within[:4], RULE) == ()
    assert signs(vote(), within, RULE) == ("too_many",)
    assert signs(vote(minutes=60), within, RULE) == ()


def test_the_same_prompt_is_the_same_in_other_letters_and_with_other_signs() -> None:
    before = earlier(1, prompt="What  is LOVE?") + earlier(1, prompt="what is love")
    assert signs(vote(prompt="What is love?!"), before, RULE) == ("repeated_prompt",)
    assert signs(vote(prompt="What is hate?"), before, RULE) == ()


def test_prompts_that_were_given_repeat_for_nobody() -> None:
    assert signs(vote(), earlier(9), RULE) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("हिंदी", "हदी"), ("你好", "你们好"), ("???", "!!!"), ("😀", "😡"), ("naïve", "naive")],
)
def test_prompts_that_differ_stay_different(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_one_side_only_is_told_from_the_vote_that_makes_the_run_long_enough() -> None:
    assert signs(vote(place=1), earlier(3, place=1), RULE) == ()
    assert signs(vote(place=1), earlier(4, place=1), RULE) == ("one_sided",)
    assert signs(vote(place=1), earlier(9, place=1), RULE) == ("one_sided",)
    assert signs(vote(place=0), earlier(9, place=1), RULE) == ()


def test_a_tie_breaks_the_run() -> None:
    before = [*earlier(9, place=1), vote(minutes=-80, place=None)]
    assert signs(vote(place=1), before, RULE) == ()
    assert signs(vote(place=None), earlier(9, place=None), RULE) == ()


def test_figures_are_kept_with_every_vote() -> None:
    before = earlier(2, place=0, prompt="Why?")
    assert evidence(vote(place=0, prompt="why"), before) == {
        "seconds": 30.0,
        "words": 90,
        "words_per_second": 3.0,
        "votes_in_the_hour": 1,
        "same_place_in_a_row": 3,
        "prompts_alike": 3,
    }


def test_what_is_not_known_is_left_out_and_nothing_divides_by_zero() -> None:
    assert "seconds" not in evidence(vote(seconds=None), [])
    assert "words_per_second" not in evidence(vote(seconds=0.0), [])
    assert "prompts_alike" not in evidence(vote(), [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I am Big-Model 7B, made by nobody.", 1),
        ("As big_model-7b, I cannot.", 1),
        ("A big model has 70 billion parameters.", 0),
        ("Rebig model 7b5 is no name of mine.", 0),
        ("I am X1.", 0),
    ],
)
def test_an_answer_that_names_its_model_is_told(text: str, told: int) -> None:
    assert names_told([text, "Nothing."], ["big-model-7b", "X1"]) == told


def test_names_are_a_figure_and_no_rule() -> None:
    assert "names_told" not in evidence(vote(), [])
    assert evidence(vote(names_told=2), [])["names_told"] == 2
    assert signs(vote(names_told=2), [], RULE) == ()


@given(votes, st.lists(votes, max_size=12), st.randoms())
def test_the_order_in_which_votes_are_read_changes_nothing(vote, others, rng) -> None:
    # Votes of one moment have no order of their own: there the order read decides.
    others = list({one.at: one for one in others}.values())
    mixed = rng.sample(others, len(others))
    assert signs(vote, mixed, RULE) == signs(vote, others, RULE)
    assert evidence(vote, mixed) == evidence(vote, others)


@given(votes, st.lists(votes, max_size=12))
def test_what_comes_later_changes_no_earlier_vote(vote, others) -> None:
    later = [replace(one, at=vote.at + timedelta(seconds=1 + i)) for i, one in enumerate(others)]
    assert signs(vote, [*others, *later], RULE) == signs(vote, others, RULE)


@given(votes, st.lists(votes, max_size=12))
def test_only_known_rules_are_named_each_once(vote, others) -> None:
    found = signs(vote, others, RULE)
    assert set(found) <= set(RULES)
    assert len(found) == len(set(found))


@given(votes, st.lists(votes, max_size=12))
def test_a_more_lenient_rule_never_sets_more_aside(vote, others) -> None:
    lenient = Integrity(min_seconds=1, most_per_hour=7, repeated_prompts=4, one_sided=8)
    assert set(signs(vote, others, lenient)) <= set(signs(vote, others, RULE))


@given(votes, st.lists(votes, max_size=12))
def test_the_figures_say_the_same_as_the_signs(vote, others) -> None:
    figures, found = evidence(vote, others), signs(vote, others, RULE)
    assert ("too_many" in found) == (figures["votes_in_the_hour"] > RULE.most_per_hour)
    assert ("one_sided" in found) == (figures["same_place_in_a_row"] >= RULE.one_sided)
    assert ("repeated_prompt" in found) == (figures.get("prompts_alike", 0) > RULE.repeated_prompts)
