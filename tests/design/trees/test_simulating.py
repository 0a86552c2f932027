"""A simulated crowd finishes what it begins, the same way each time, and better when it cares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.design.trees import TaskKind, TreePolicy
from manyvoices.design.trees.crowds import CARELESS, HONEST, Crowd, Manner
from manyvoices.design.trees.forecast import Forecast, tau_b
from manyvoices.design.trees.simulating import simulate

SMALL = TreePolicy(goal_tree_size=5, min_goal_tree_size=2, max_active_trees=20)


def by_place(ballots: Sequence[Sequence[str]], replies: Sequence[str]) -> list[list[str]]:
    """A simple merge: by mean place."""
    total = {key: sum(b.index(key) / len(b) for b in ballots if key in b) for key in replies}
    return [[key] for key in sorted(total, key=lambda key: (total[key], key))]


def run(crowd: Crowd, *, n_trees: int = 12, policy: TreePolicy = SMALL, seed: int = 0) -> Forecast:
    return simulate(policy, crowd, n_trees=n_trees, merge=by_place, seed=seed)


def test_the_same_seed_gives_the_same_forecast() -> None:
    crowd = Crowd(15)
    assert run(crowd, seed=3) == run(crowd, seed=3)
    assert run(crowd, seed=3) != run(crowd, seed=4)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_people=st.integers(10, 40),
    careless=st.floats(0, 0.5),
    spamming=st.floats(0, 0.3),
    max_reviews=st.sampled_from([0, 5]),
    early=st.booleans(),
)
def test_no_tree_is_stranded_whatever_the_crowd(
    seed: int, n_people: int, careless: float, spamming: float, max_reviews: int, early: bool
) -> None:
    policy = SMALL.model_copy(update={"max_reviews": max_reviews, "early_decision": early})
    crowd = Crowd(n_people, careless=careless, spamming=spamming)
    found = run(crowd, n_trees=6, policy=policy, seed=seed)
    assert found.n_stranded == 0
    if spamming < 0.2:
        assert found.n_exported == 6
        assert found.n_unfinished == 0


def test_a_more_careful_crowd_decides_and_ranks_better() -> None:
    careful = run(Crowd(30, careless=0, spamming=0), n_trees=60)
    sloppy = run(Crowd(30, careless=0.7, spamming=0.1), n_trees=60)
    assert careful.label_accuracy
    assert sloppy.label_accuracy
    assert careful.label_accuracy > sloppy.label_accuracy + 0.05
    assert careful.acceptance_accuracy
    assert sloppy.acceptance_accuracy
    assert careful.acceptance_accuracy > sloppy.acceptance_accuracy
    assert careful.ranking_tau
    assert sloppy.ranking_tau
    assert careful.ranking_tau > sloppy.ranking_tau + 0.1


def test_single_reviews_are_as_right_as_they_were_planted() -> None:
    found = run(Crowd(20, careless=0, spamming=0), n_trees=60)
    assert found.label_accuracy == pytest.approx(HONEST.p_right, abs=0.02)
    all_careless = Crowd(20, careless=1.0, spamming=0)
    found = run(all_careless, n_trees=60)
    assert found.label_accuracy == pytest.approx(CARELESS.p_right, abs=0.03)


def test_people_who_never_err_lose_nothing_good_and_find_the_best() -> None:
    perfect = replace(HONEST, p_right=1.0, ranking_noise=0.0)
    found = run(Crowd(15, careless=0, spamming=0, honest_manner=perfect), n_trees=20)
    assert found.acceptance_accuracy == found.best_found == 1.0
    assert found.ranking_tau == pytest.approx(1.0)
    assert found.good_rejected == 0.0


def test_more_reviews_cost_more_and_decide_better() -> None:
    crowd = Crowd(40, careless=0.5, spamming=0.1)
    many = SMALL.model_copy(update={"num_reviews_reply": 7, "num_reviews_initial_prompt": 7})
    few, more = run(crowd, n_trees=40), run(crowd, n_trees=40, policy=many)
    assert more.reviews_per_decision
    assert few.reviews_per_decision
    assert more.reviews_per_decision > few.reviews_per_decision
    assert more.right_per_100_reviews
    assert few.right_per_100_reviews
    assert more.right_per_100_reviews < few.right_per_100_reviews
    assert more.hours_per_tree
    assert few.hours_per_tree
    assert more.hours_per_tree > few.hours_per_tree


def test_a_crowd_that_is_too_small_is_told_what_is_waiting() -> None:
    found = run(Crowd(2, careless=0, spamming=0), n_trees=3)
    assert found.n_exported == 0
    assert found.n_unfinished > 0
    assert found.waiting_for
    assert found.people_for(10) is None


def test_a_forecast_says_how_many_people_a_deadline_takes() -> None:
    found = run(Crowd(15), n_trees=20)
    slow, fast = found.people_for(60), found.people_for(2)
    assert slow
    assert fast
    assert slow < fast


def test_prompts_are_written_as_long_as_trees_are_wanted() -> None:
    found = run(Crowd(15), n_trees=8)
    n_begun = found.tasks[TaskKind.INITIAL_PROMPT.value]
    assert n_begun == found.n_exported + found.n_aborted + found.n_halted


def both_kinds(**changes: object) -> TreePolicy:
    """Few trees at a time, so that prompts wait; both kinds that are off by default."""
    rules = {
        "goal_tree_size": 4, "min_goal_tree_size": 2, "max_active_trees": 4,
        "accepts_reference_answers": True, "num_prompt_rankings": 4,
        "weights": {"prompt_with_answer": 1, "initial_prompt": 1, "prompt_ranking": 20},
    }  # fmt: skip
    return TreePolicy.model_validate(rules | changes)


def test_kinds_that_are_off_are_neither_played_nor_paid_for() -> None:
    found = run(Crowd(15))
    both = {TaskKind.PROMPT_WITH_ANSWER.value, TaskKind.RANK_INITIAL_PROMPTS.value}
    assert not both & set(found.tasks)
    assert not both & set(found.hours)
    assert found.n_references == 0


def test_both_kinds_are_played_where_the_policy_has_them_and_their_cost_is_told() -> None:
    found = run(Crowd(20), n_trees=20, policy=both_kinds())
    kinds = {TaskKind.PROMPT_WITH_ANSWER.value, TaskKind.RANK_INITIAL_PROMPTS.value}
    assert kinds <= set(found.tasks)
    assert all(found.hours[kind] > 0 for kind in kinds)
    assert sum(found.hours.values()) == pytest.approx(found.hours_of_work)
    assert set(found.hours) == set(found.tasks)
    assert (found.n_exported, found.n_stranded) == (20, 0)


def test_a_prompt_with_an_answer_takes_the_time_of_two_texts_and_saves_a_reply() -> None:
    slow = replace(HONEST, p_good=1.0, p_right=1.0, p_drop=0.0, p_skip=0.0)
    crowd = Crowd(20, careless=0, spamming=0, honest_manner=slow)
    only = {"prompt_with_answer": 1, "initial_prompt": 0}
    found = run(crowd, n_trees=40, policy=both_kinds(num_prompt_rankings=0, weights=only))
    n = found.tasks[TaskKind.PROMPT_WITH_ANSWER.value]
    assert found.n_references == n == 40
    assert TaskKind.INITIAL_PROMPT.value not in found.tasks
    # 40 trees of 4: a prompt, its author's answer, and two replies by others.
    n_replies = sum(n for kind, n in found.tasks.items() if TaskKind(kind).is_reply)
    assert n_replies == 80
    each = found.hours[TaskKind.PROMPT_WITH_ANSWER.value] / n
    replies = sum(hours for kind, hours in found.hours.items() if TaskKind(kind).is_reply)
    assert each / (replies / n_replies) == pytest.approx(2, rel=0.25)


def drawn_better(manner: Manner, n_rankings: int) -> float:
    """Over a few crowds: how often a prompt that waited was worse than the one that was drawn."""
    crowd = Crowd(20, careless=0, spamming=0, honest_manner=manner)
    policy = both_kinds(num_prompt_rankings=n_rankings, prompt_ranking_pull=20)
    found = [
        simulate(policy, crowd, n_trees=30, merge=by_place, prompts_per_tree=2, seed=seed)
        for seed in range(4)
    ]
    return sum(one.better_prompts_drawn or 0.0 for one in found) / len(found)


def test_orders_by_honest_people_draw_better_prompts_and_those_by_chance_do_not() -> None:
    honest, by_chance = replace(HONEST, ranking_noise=0.05), replace(HONEST, ranking_noise=50.0)
    assert drawn_better(honest, 4) > 0.65
    assert drawn_better(by_chance, 4) == pytest.approx(0.5, abs=0.1)
    assert drawn_better(honest, 0) == pytest.approx(0.5, abs=0.1)


def test_prompts_that_are_not_needed_are_left_and_no_tree_counts_as_unfinished() -> None:
    crowd = Crowd(20)
    found = simulate(both_kinds(), crowd, n_trees=10, merge=by_place, prompts_per_tree=2.5)
    assert (found.n_exported, found.n_unfinished, found.n_prompts_left) == (10, 0, 15)
    with pytest.raises(ValueError, match=r"0\.5 prompts for each tree"):
        simulate(SMALL, crowd, n_trees=10, merge=by_place, prompts_per_tree=0.5)


def test_nobody_has_more_prompts_waiting_than_the_policy_allows() -> None:
    """One person alone writes as many as they may; nobody is there to review them."""
    policy = SMALL.model_copy(update={"max_waiting_prompts_per_person": 3})
    alone = replace(HONEST, p_drop=0.0)
    crowd = Crowd(1, careless=0, spamming=0, honest_manner=alone, minutes_a_day=600)
    found = run(crowd, policy=policy)
    assert found.tasks == {TaskKind.INITIAL_PROMPT.value: 3}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([["a"], ["b"], ["c"]], 1.0),
        ([["c"], ["b"], ["a"]], -1.0),
        ([["a", "b", "c"]], 0.0),
        ([["a", "b"], ["c"]], (2 / 6**0.5)),
    ],
)
def test_tau_b_is_scipys(groups: list[list[str]], expected: float) -> None:
    quality = {"a": 0.9, "b": 0.5, "c": 0.1}
    assert tau_b(groups, quality) == pytest.approx(expected)
    stats = pytest.importorskip("scipy.stats")
    place = {key: -i for i, group in enumerate(groups) for key in group}
    if len(groups) > 1:
        theirs = stats.kendalltau([place[k] for k in "abc"], [quality[k] for k in "abc"])
        assert tau_b(groups, quality) == pytest.approx(theirs.statistic)


def test_shares_that_make_no_crowd_are_refused() -> None:
    with pytest.raises(ValueError, match="shares"):
        Crowd(3, careless=0.8, spamming=0.3)
    with pytest.raises(ValueError, match="one person"):
        Crowd(0)
