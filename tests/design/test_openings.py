"""Who answers an opening: drawn as ever, or steered by a batch with an exploration floor."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from manyvoices.design import draw_responders, generator
from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.openings import Opener, OpeningAssignment, draw_opening

POOL = ("a", "b", "c", "d", "e")
WHO = Opener("en", "unguided", {"gender": ["Female"], "uses": ["work", "play"]})


def batch(*asks: Ask, exploration: float = 0.0) -> OpeningAssignment:
    return OpeningAssignment(policy="batch", batch=asks, exploration=exploration)


@given(st.integers(0, 2**62), st.integers(1, 5))
def test_without_a_batch_recorded_seeds_give_the_same_models_bit_for_bit(seed: int, k: int) -> None:
    plain = draw_responders(POOL, k, generator(seed))
    for assignment in (None, OpeningAssignment()):
        drawn = draw_opening(POOL, k, generator(seed), assignment=assignment, opener=WHO)
        assert drawn.models == plain
        assert drawn.because is None


@given(st.integers(0, 2**62), st.integers(1, 5), st.sets(st.sampled_from(POOL)))
def test_an_opening_has_its_places_filled_with_different_models_and_what_was_asked_for(
    seed: int, k: int, wanted: set[str]
) -> None:
    ask = Ask(models=tuple(sorted(wanted)), n=3, reason="uncertainty")
    drawn = draw_opening(POOL, k, generator(seed), assignment=batch(ask), opener=WHO)
    assert len(set(drawn.models)) == k
    assert wanted <= set(drawn.models) or set(drawn.models) <= wanted
    assert (drawn.because, drawn.ask) == ("uncertainty", 0)


def test_a_share_of_openings_explores_whatever_the_batch_says() -> None:
    rule = batch(Ask(models=("a", "b"), n=10**6), exploration=0.2)
    why = Counter(
        draw_opening(POOL, 2, generator(seed), assignment=rule, opener=WHO).because
        for seed in range(4000)
    )
    assert set(why) == {"exploration", "information"}
    assert 0.17 < why["exploration"] / 4000 < 0.23


def test_what_is_asked_for_stands_in_every_position_equally_often() -> None:
    rule = batch(Ask(models=("a",), n=10**6))
    places = Counter(
        draw_opening(POOL, 4, generator(seed), assignment=rule, opener=WHO).models.index("a")
        for seed in range(4000)
    )
    assert min(places.values()) > 900


@pytest.mark.parametrize(
    "ask",
    [
        Ask(models=("a", "b"), language="de"),
        Ask(models=("a", "b"), category="controversy guided"),
        Ask(models=("a", "b"), group={"gender": "Male"}),
        Ask(models=("a", "b"), group={"age": "18-24"}),
        Ask(models=("a", "b"), prompt="p1"),
        Ask(models=("a", "gone")),
    ],
)
def test_an_ask_that_this_person_cannot_answer_leaves_the_draw_random(ask: Ask) -> None:
    drawn = draw_opening(POOL, 4, generator(1), assignment=batch(ask), opener=WHO)
    assert (drawn.because, drawn.ask) == ("random", None)


def test_an_ask_of_the_persons_own_group_type_and_language_is_answered() -> None:
    ask = Ask(models=("a", "b"), language="en", category="unguided", group={"uses": "play"}, n=1)
    drawn = draw_opening(POOL, 2, generator(1), assignment=batch(ask), opener=WHO)
    assert sorted(drawn.models) == ["a", "b"]


def test_what_has_been_asked_often_enough_is_not_asked_again() -> None:
    rule = batch(Ask(models=("a", "b"), n=2), Ask(models=("c", "d"), n=1, reason="coverage"))
    drawn = [
        draw_opening(POOL, 2, generator(seed), assignment=rule, opener=WHO, asked={0: 2})
        for seed in range(20)
    ]
    assert {one.because for one in drawn} == {"coverage"}
    over = draw_opening(POOL, 2, generator(1), assignment=rule, opener=WHO, asked={0: 2, 1: 1})
    assert over.because == "random"


def test_a_policy_batch_without_a_batch_is_a_fault() -> None:
    with pytest.raises(ValidationError, match="next_batch"):
        OpeningAssignment(policy="batch")
