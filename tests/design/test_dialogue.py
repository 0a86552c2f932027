"""Who answers, which answer goes on, when a conversation may end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design import (
    Candidate,
    Continuing,
    NothingToLock,
    RatingsMissing,
    TurnState,
    continuing_slots,
    derive_seed,
    draw_responders,
    generator,
    lock_winner,
    may_finish,
    missing_ratings,
    must_finish,
    read_scores,
    turn_state,
)

SEEDS = st.integers(0, 2**63 - 1)
CANDIDATES = st.lists(
    st.tuples(
        st.sampled_from([None, "", "  \n", "An answer"]),
        st.none() | st.integers(1, 5),
        st.booleans(),
    ),
    max_size=5,
).map(lambda rows: [Candidate(f"c{i}", *row) for i, row in enumerate(rows)])


@given(st.lists(st.text(), max_size=4))
def test_a_seed_fits_into_63_bits_and_repeats(parts: list[str]) -> None:
    assert 0 <= derive_seed(*parts) < 2**63
    assert derive_seed(*parts) == derive_seed(*parts)


def test_a_seed_is_the_same_on_every_machine() -> None:
    assert derive_seed("study", 1, "conversation") == 7899714091027523154


def test_parts_do_not_run_into_each_other() -> None:
    seeds = [("ab", "c"), ("a", "bc"), ("abc",), ("ab", "c", ""), ("1",), (1,), ("",), ()]
    assert len({derive_seed(*parts) for parts in seeds}) == len(seeds)


@given(st.data(), SEEDS)
def test_a_draw_has_no_repeats_and_its_seed_repeats_it(data: st.DataObject, seed: int) -> None:
    pool = data.draw(st.lists(st.text(min_size=1), min_size=1, max_size=12, unique=True))
    k = data.draw(st.integers(1, len(pool)))
    drawn = draw_responders(pool, k, generator(seed))
    assert len(set(drawn)) == len(drawn) == k
    assert set(drawn) <= set(pool)
    assert draw_responders(pool, k, generator(seed)) == drawn


def test_every_responder_is_equally_likely_at_every_position() -> None:
    pool = [f"m{i}" for i in range(6)]
    n = 12_000
    counts = Counter(
        (position, model)
        for seed in range(n)
        for position, model in enumerate(draw_responders(pool, 4, generator(seed)))
    )
    expected = n / len(pool)
    assert len(counts) == 24
    # Six standard deviations of a binomial count: fails once in hundreds of millions of pools.
    bound = 6 * (n * (1 / 6) * (5 / 6)) ** 0.5
    assert all(abs(count - expected) < bound for count in counts.values())


def test_a_repeated_name_in_the_pool_gives_no_second_chance_and_no_second_place() -> None:
    drawn = draw_responders(["a", "a", "b"], 2, generator(1))
    assert sorted(drawn) == ["a", "b"]


@pytest.mark.parametrize("k", [0, -1, 4])
def test_a_draw_of_none_or_more_than_there_are_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="different responders"):
        draw_responders(["a", "b", "c"], k, generator(0))


def test_a_continuing_turn_asks_the_winner_alone() -> None:
    assert continuing_slots("m", 2, generator(0)) == ("m", "m")
    with pytest.raises(ValueError, match="at least one"):
        continuing_slots("m", 0, generator(0))


@given(CANDIDATES, SEEDS)
def test_only_an_answer_that_can_be_read_wins_and_it_has_the_top_score(
    candidates: list[Candidate], seed: int
) -> None:
    answered = {c.key: c for c in candidates if c.answered}
    if not answered:
        with pytest.raises(NothingToLock):
            lock_winner(candidates, generator(seed))
    elif missing_ratings(candidates):
        with pytest.raises(RatingsMissing) as caught:
            lock_winner(candidates, generator(seed))
        assert caught.value.keys == missing_ratings(candidates)
    else:
        winner = lock_winner(candidates, generator(seed))
        best = max(c.score for c in answered.values() if c.score is not None)
        top = [key for key, c in answered.items() if c.score == best]
        assert winner.key in top
        assert list(winner.tied) == (top if len(top) > 1 else [])
        assert lock_winner(candidates, generator(seed)) == winner


def test_a_failed_candidate_never_wins_even_with_the_highest_score() -> None:
    candidates = [
        Candidate("failed", "late text", 100, failed=True),
        Candidate("none", None, 100),
        Candidate("blank", " \n", 100),
        Candidate("answered", "text", 1),
    ]
    assert lock_winner(candidates, generator(0)).key == "answered"
    assert missing_ratings([Candidate("none", None), Candidate("blank", " ")]) == ()


def test_ties_are_broken_evenly_over_seeds() -> None:
    candidates = [Candidate(key, "text", 70) for key in "abc"] + [Candidate("d", "text", 69)]
    n = 9000
    wins = Counter(lock_winner(candidates, generator(seed)).key for seed in range(n))
    assert set(wins) == set("abc")
    bound = 6 * (n * (1 / 3) * (2 / 3)) ** 0.5
    assert all(abs(count - n / 3) < bound for count in wins.values())


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 70))
def test_a_conversation_that_must_end_may_end_and_one_that_may_not_goes_on(
    least: int, more: int, n: int
) -> None:
    rule = Continuing(turns=(least, least + more))
    if must_finish(n, rule):
        assert may_finish(n, rule)
    assert may_finish(n, rule) == (n >= least)
    assert must_finish(n, rule) == (n >= least + more)


NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
OPEN, FAILED = Candidate("open", None), Candidate("failed", None, failed=True)
READ, RATED = Candidate("read", "text"), Candidate("rated", "text", 50)


@pytest.mark.parametrize(
    ("candidates", "before", "after"),
    [
        ([OPEN, RATED], TurnState.WAITING, TurnState.RATED),
        ([OPEN, READ], TurnState.WAITING, TurnState.RATING),
        ([OPEN, FAILED], TurnState.WAITING, TurnState.FAILED),
        ([FAILED, FAILED], TurnState.FAILED, TurnState.FAILED),
        ([FAILED, READ], TurnState.RATING, TurnState.RATING),
        ([RATED, READ], TurnState.RATING, TurnState.RATING),
        ([RATED, FAILED], TurnState.RATED, TurnState.RATED),
        ([], TurnState.FAILED, TurnState.FAILED),
    ],
)
def test_a_turn_waits_for_open_answers_until_the_deadline_only(
    candidates: list[Candidate], before: TurnState, after: TurnState
) -> None:
    assert turn_state(candidates, now=NOW, deadline=LATER) is before
    assert turn_state(candidates, now=LATER, deadline=LATER) is after


def test_a_score_that_was_not_posted_is_not_rated_and_never_a_number() -> None:
    result = read_scores({"score-0": ["73"], "score-2": [""]}, ["0", "1", "2"], (1, 100))
    assert result.values == {"0": 73, "1": None, "2": None}
    assert not result.errors


@pytest.mark.parametrize("text", ["0", "101", "50.5", "abc", "1e1", "٥", "9" * 5000, "--1", "+5"])
def test_a_score_that_is_no_place_on_the_scale_is_a_problem(text: str) -> None:
    result = read_scores({"score-0": [text]}, ["0"], (1, 100))
    assert result.values == {"0": None}
    assert result.errors["0"].code == "out_of_range"


def test_a_score_for_a_place_that_was_not_asked_is_ignored() -> None:
    result = read_scores({"score-9": ["5"], "other": ["x"]}, ["0"], (1, 100))
    assert result.values == {"0": None}


@given(st.dictionaries(st.text(), st.lists(st.text())), st.integers(-5, 5))
def test_whatever_is_posted_gives_a_number_in_range_or_none(
    posted: dict[str, list[str]], low: int
) -> None:
    posted = {f"score-{key}": values for key, values in posted.items()}
    keys = [name.removeprefix("score-") for name in posted]
    for value in read_scores(posted, keys, (low, 100)).values.values():
        assert value is None or low <= value <= 100
