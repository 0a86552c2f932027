"""Held-out trees and people: no leakage, whatever is split."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analyse.releases import Plan, write_release
from tests.train.made import data, example_tree, group, grown, ranking, thread

from manyvoices.io.native_trees import write_grown
from manyvoices.train.config import SplitConfig
from manyvoices.train.errors import EmptySplitError
from manyvoices.train.sampling import Share, sampler_of
from manyvoices.train.splits import opening, raters, split
from manyvoices.train.views import Prompt, ReplyGroup, Turn, read_views

PROMPTS = st.sampled_from(["Hi", "Hi ", "Why?", "Who?", "Where  to?", "Where to?", "When?"])
GROUPS = st.lists(
    st.builds(
        lambda prompt, rater, tree: group(prompt, rater=rater, tree_id=tree),
        PROMPTS,
        st.sampled_from(["p1", "p2", "p3", "p4", None]),
        st.sampled_from(["t1", "t2", "t3", "t4"]),
    ),
    min_size=1,
    max_size=30,
)


@given(GROUPS, st.floats(0.01, 0.9), st.integers(0, 5), st.randoms())
def test_by_tree_no_opening_is_on_both_sides_in_whatever_order(
    items: list[ReplyGroup], share: float, seed: int, rng: object
) -> None:
    n_units = len({opening(item) for item in items})
    if n_units < 2:
        with pytest.raises(EmptySplitError, match="different opening messages"):
            split(items, "tree", share, seed)
        return
    found = split(items, "tree", share, seed)
    train, test = ({opening(i) for i in side} for side in (found.train, found.test))
    assert not train & test
    assert len(found.train) + len(found.test) == len(items)
    assert len(test) == min(n_units - 1, max(1, round(share * n_units)))
    assert found.unseen_raters == frozenset(i.rater for i in found.test if i.rater) - frozenset(
        i.rater for i in found.train
    )
    shuffled = list(items)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert {opening(i) for i in split(shuffled, "tree", share, seed).test} == test


@given(GROUPS, st.floats(0.01, 0.9), st.integers(0, 5))
def test_by_rater_no_person_and_no_opening_is_on_both_sides(
    items: list[ReplyGroup], share: float, seed: int
) -> None:
    try:
        found = split(items, "rater", share, seed)
    except EmptySplitError:
        return
    assert not {i.rater for i in found.train} & {i.rater for i in found.test}
    assert not {opening(i) for i in found.train} & {opening(i) for i in found.test}
    assert len(found.train) + len(found.test) + found.n_dropped == len(items)
    assert found.unseen_raters == {i.rater for i in found.test}


def test_prompts_that_both_sides_share_can_be_kept() -> None:
    items = [group("Hi", rater="p1"), group("Hi", rater="p2")]
    with pytest.raises(EmptySplitError, match="1 taken out because both sides shared a prompt"):
        split(items, "rater", 0.5)
    found = split(items, "rater", 0.5, shared_prompts="keep")
    assert (len(found.train), len(found.test), len(found.unseen_raters)) == (1, 1, 1)


def test_every_view_can_be_split_and_a_share_of_zero_holds_nothing_out() -> None:
    items = [thread("Hi", "Yes"), Prompt((Turn("system", "x"), Turn("prompter", " Hi")), "t", "")]
    assert [opening(item) for item in items] == ["Hi", "Hi"]
    assert split(items, share=0).train == tuple(items)
    assert raters(items[0]) == frozenset()


def test_all_views_of_a_split_are_on_the_same_side(trees_100: Path) -> None:
    views = read_views(data(trees_100))
    train, test, found = views.split(SplitConfig(share=0.2, seed=4))
    assert len(found.test) == round(0.2 * len({opening(tree) for tree in views.sources}))
    for view in ("threads", "groups", "pairs", "prompts", "trees"):
        sides = [{opening(item) for item in getattr(side, view)()} for side in (train, test)]
        assert not sides[0] & sides[1]
        assert all(sides)


def test_people_of_a_release_are_held_out_whole(tmp_path: Path) -> None:
    plan = Plan(n_people=10, n_simulated=0, n_conversations=2)
    views = read_views(data(write_release(tmp_path / "r", plan)))
    config = SplitConfig(by="rater", share=0.3, shared_prompts="keep")
    train, test, found = views.split(config)
    assert len(found.unseen_raters) == 3
    assert {g.rater for g in test.groups()} == found.unseen_raters
    assert not {g.rater for g in train.groups()} & found.unseen_raters


def test_a_tree_that_both_sides_ranked_holds_each_sides_rankings_alone(tmp_path: Path) -> None:
    given = [ranking("P", [["a1"], ["a2"], ["a3"]], f"p{i}") for i in range(4)]
    write_grown([grown(example_tree(), given)], tmp_path / "t.jsonl")
    views = read_views(data(tmp_path / "t.jsonl"))
    config = SplitConfig(by="rater", share=0.25, shared_prompts="keep")
    train, test, _ = views.split(config)
    assert len(train.rater_groups()) == 3
    assert len(test.rater_groups()) == 1
    assert all(group.rater for group in (*train.groups(), *test.groups()))
    with pytest.raises(EmptySplitError, match="training side"):
        views.split(SplitConfig(by="rater", share=0.25))


def test_trees_that_nobody_is_named_for_cannot_be_split_by_rater(trees_100: Path) -> None:
    with pytest.raises(EmptySplitError, match="0 different raters"):
        read_views(data(trees_100)).split(SplitConfig(by="rater"))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(0, 9), st.integers(0, 3))
def test_an_epoch_takes_each_data_sets_share_without_repeating(
    sources: list[int], seed: int, epoch: int
) -> None:
    sampler = sampler_of(sources, [Share(), Share(fraction=0.5), Share(size=3)], seed)
    indices = sampler.indices(epoch)
    assert len(set(indices)) == len(indices) == len(sampler)
    n = [sources.count(number) for number in range(3)]
    taken = [sum(sources[i] == number for i in indices) for number in range(3)]
    assert taken == [n[0], min(n[1], max(1, round(0.5 * n[1]))), min(3, n[2])]
    assert indices == sampler.indices(epoch)
