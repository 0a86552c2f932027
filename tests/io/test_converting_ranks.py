"""Trees become dialogues, pairs and labelled completions, with what was left out counted."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.io import strategies
from tests.real_data import needs_real_data, real

from manyvoices.io import read_trees
from manyvoices.io.converting_ranks import (
    EQUAL,
    NO_ANSWER,
    UNRANKED,
    to_dialogues,
    to_labelled,
    to_pairs,
)
from manyvoices.io.tree_walk import DELETED, NOT_BEST, NOT_PASSED, SYNTHETIC, Filter
from manyvoices.schema import Message, MessageTree


def said(name: str, *replies: Message, role: Any = "assistant", **more: Any) -> Message:
    return Message(message_id=name, text=name, role=role, replies=list(replies), **more)


def asked(name: str, *replies: Message, **more: Any) -> Message:
    return said(name, *replies, role="prompter", **more)


TREE = MessageTree(
    message_tree_id="t",
    prompt=asked(
        "q",
        said("best", asked("more", said("deep", lang="en")), asked("unanswered"), rank=0),
        said("worst", rank=2),
        said("middle", rank=1, synthetic=True),
        said("new"),
        said("gone", rank=3, deleted=True),
        said("bad", rank=4, review_result=False),
    ),
)


def run(convert: Any, *trees: MessageTree, **options: Any) -> tuple[list[Any], Counter[str]]:
    lost: Counter[str] = Counter()
    return list(convert(trees, lost, **options)), lost


def test_every_thread_that_ends_with_an_answer_is_a_dialogue() -> None:
    dialogues, lost = run(to_dialogues, TREE)
    assert [[line.text for line in each.messages] for each in dialogues] == [
        ["q", "best", "more", "deep"],
        ["q", "worst"],
        ["q", "middle"],
        ["q", "new"],
    ]
    assert (dialogues[0].dialogue_id, dialogues[0].language) == ("deep", "en")
    assert lost == {DELETED: 1, NOT_PASSED: 1, NO_ANSWER: 1}


def test_only_the_best_answers_are_followed_where_that_is_asked() -> None:
    dialogues, lost = run(to_dialogues, TREE, ranks="best")
    assert [each.dialogue_id for each in dialogues] == ["deep"]
    assert lost[NOT_BEST] == 3


def test_a_filter_says_which_messages_count() -> None:
    keep = Filter(deleted=True, not_passed=True, synthetic=False)
    dialogues, lost = run(to_dialogues, TREE, keep=keep)
    assert [each.dialogue_id for each in dialogues] == ["deep", "worst", "new", "gone", "bad"]
    assert lost == {SYNTHETIC: 1, NO_ANSWER: 1}


def test_the_margin_of_a_pair_is_how_many_ranks_apart_they_are() -> None:
    pairs, lost = run(to_pairs, TREE)
    assert [(p.chosen[0].text, p.rejected[0].text, p.margin) for p in pairs] == [
        ("best", "middle", 1.0),
        ("best", "worst", 2.0),
        ("middle", "worst", 1.0),
    ]
    assert lost[UNRANKED] == 2  # "new" and "deep"
    best, _ = run(to_pairs, TREE, against="best")
    assert [pair.rejected[0].text for pair in best] == ["middle", "worst"]


def test_answers_of_equal_rank_are_no_pair() -> None:
    tree = MessageTree(message_tree_id="t", prompt=asked("q", said("a", rank=0), said("b", rank=0)))
    pairs, lost = run(to_pairs, tree)
    assert (pairs, lost[EQUAL]) == ([], 1)


def test_the_best_of_several_ranked_answers_is_good_and_the_others_are_not() -> None:
    labelled, _ = run(to_labelled, TREE)
    labels = {each.completion[0].text: each.label for each in labelled}
    assert labels == {"best": True, "middle": False, "worst": False}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=strategies.trees())
def test_no_tree_has_two_equal_threads_and_each_ends_with_an_answer(tree: MessageTree) -> None:
    dialogues, _ = run(to_dialogues, tree)
    assert len({each.dialogue_id for each in dialogues}) == len(dialogues)
    assert all(each.messages[-1].role == "assistant" for each in dialogues)


def test_a_tree_of_any_depth_is_walked() -> None:
    deep = said("end")
    for n in range(1_500):
        deep = said(f"a{n}", asked(f"q{n}", deep))
    (dialogue,), _ = run(to_dialogues, MessageTree(message_tree_id="t", prompt=asked("q", deep)))
    assert dialogue.dialogue_id == "end"


@needs_real_data
def test_the_real_trees_give_the_pairs_that_their_ranks_hold() -> None:
    trees = list(read_trees(real("oasst/en_100_tree.jsonl")))
    pairs, lost = run(to_pairs, *trees)
    sets, stack = [], [tree.prompt for tree in trees]
    while stack:
        node = stack.pop()
        ranks = [r.rank for r in node.replies or () if isinstance(r.rank, int)]
        sets.append([r for r in ranks if node.role == "prompter"])
        stack += node.replies or []
    assert len(pairs) == sum(len(list(combinations(ranks, 2))) for ranks in sets) == 754
    assert sum(pair.margin for pair in pairs) == sum(
        abs(a - b) for ranks in sets for a, b in combinations(ranks, 2)
    )
    labelled, _ = run(to_labelled, *trees)
    assert (len(labelled), sum(each.label for each in labelled)) == (641, 212)
    assert lost["emojis"] > 0
