"""A simulated study has the truth that was planted in it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.evaluate.preference.planting import (
    Planted,
    PlantedGroup,
    planted_win_rate,
    true_win_rate,
)
from manyvoices.evaluate.preference.simulating import (
    Asked,
    World,
    balanced,
    simulate_comparisons,
    simulate_study,
)
from manyvoices.schema.comparisons import Comparison

GROUPS = {"country": {"US": PlantedGroup(0.3, {"ours": 0.8}), "other": PlantedGroup(0.7)}}
TRUTH = Planted(
    {"ours": 0.0, "gpt": 0.0},
    rater_sd=0.8,
    prompt_sd=0.5,
    position=0.3,
    ties=0.2,
    length=0.3,
    words={"ours": 140},
    groups=GROUPS,
)


@settings(deadline=None, max_examples=30)
@given(
    rate=st.floats(0.1, 0.9),
    rater=st.floats(0, 1.5),
    prompt=st.floats(0, 1),
    ties=st.floats(0, 0.4),
)
def test_the_planted_rate_is_the_true_one(rate, rater, prompt, ties) -> None:
    start = Planted({"a": 0.0, "b": 0.3}, rater_sd=rater, prompt_sd=prompt, ties=ties, position=0.4)
    for rule in ("half", "dropped"):
        planted = planted_win_rate(start, rate, "a", "b", ties=rule)
        assert true_win_rate(planted, "a", "b", ties=rule) == pytest.approx(rate, abs=1e-9)
        assert true_win_rate(planted, "b", "a", ties=rule) == pytest.approx(1 - rate, abs=1e-9)


def test_many_verdicts_come_to_the_planted_rate() -> None:
    planted = planted_win_rate(TRUTH, 0.483, "ours", "gpt")
    rng = np.random.default_rng(1)
    world = World.of(planted, 20_000, 40_000, rng)
    n = 400_000
    first = rng.integers(0, 2, n)
    asked = Asked(rng.integers(0, 20_000, n), rng.integers(0, 40_000, n), first, 1 - first)
    score = world.judge(asked, rng) / 2
    # The standard error is 0.0015: 20,000 people of deviation 0.8, and as many coin tosses.
    assert np.where(first == 0, score, 1 - score).mean() == pytest.approx(0.483, abs=0.006)
    mine = world.groups[0][1][asked.rater] == 0
    there = np.where(first == 0, score, 1 - score)[mine].mean()
    wanted = true_win_rate(planted, "ours", "gpt", only="country=US")
    assert there == pytest.approx(wanted, abs=0.01)


def test_prompts_pairs_and_places_are_even_and_nobody_meets_a_prompt_twice() -> None:
    pairs = [(0, 1), (0, 2), (1, 2)]
    asked = balanced(60, 22, 11, pairs, np.random.default_rng(2))
    per_prompt = Counter(asked.prompt.tolist()).values()
    assert max(per_prompt) - min(per_prompt) <= 1
    places = Counter(zip(asked.first.tolist(), asked.second.tolist(), strict=True))
    assert len(places) == 6
    assert max(places.values()) - min(places.values()) < 0.2 * 660 / 6
    cells = Counter(zip(asked.rater.tolist(), asked.prompt.tolist(), strict=True))
    assert set(cells.values()) == {1}


def test_records_are_those_of_a_release_and_the_same_for_the_same_seed() -> None:
    planted = Planted(
        {"a": 0.5, "b": 0.0},
        ties=0.2,
        all_bad=0.05,
        cannot_judge=0.05,
        failures={"b": 0.1},
        set_aside=0.2,
        groups=GROUPS,
    )
    size = {"n_raters": 40, "n_prompts": 10, "per_rater": 8, "baseline": "b"}
    once, again = (list(simulate_comparisons(planted, seed=3, **size)) for _ in range(2))
    assert once == again
    encoded = [msgspec.json.decode(msgspec.json.encode(one), type=Comparison) for one in once]
    assert encoded == once
    assert {one.verdict.value for one in once if one.verdict} == {
        "choice", "tie", "all_bad", "cannot_judge", "failed",
    }  # fmt: skip
    for one in once:
        assert one.simulated
        assert sorted(one.models) == ["a", "b"]
        failed = [answer.failure for answer in one.exchanges[0].answers if answer.text is None]
        assert bool(failed) == (one.verdict == "failed")
        assert (one.order is not None) == (one.verdict == "choice")
    assert any(one.quarantined for one in once)
    ends = [one.judged_at for one in once if one.judged_at]
    assert all(one < two for one, two in pairwise(ends))
    world, _ = simulate_study(planted, seed=3, **size)
    assert set(world.people()) == {one.participant_id for one in once}
    assert {answers["country"] for answers in world.people().values()} == {"US", "other"}
