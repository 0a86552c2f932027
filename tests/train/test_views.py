"""Trees, conversations, pairs and dialogues as views, with everything left out counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.train.made import data, example_tree, grown, lines, message, ranking, tree

from manyvoices.io.native_trees import write_grown
from manyvoices.io.oasst import write_trees
from manyvoices.schema import LabelSummary, MessageTree, TreeState
from manyvoices.schema.grown import GrownTree, ReplyConsensus
from manyvoices.train.config import FilterConfig
from manyvoices.train.errors import (
    EmptySplitError,
    NotAllowedError,
    OneReplyError,
    TrainingError,
)
from manyvoices.train.views import ReplyGroup, Turn, read_views
from manyvoices.train.views_all import Views
from manyvoices.train.views_trees import source_tree, tree_record


def read(folder: Path, *trees: MessageTree | GrownTree, **config: object) -> Views:
    path = folder / "trees.jsonl"
    if isinstance(trees[0], GrownTree):
        write_grown(trees, path)  # type: ignore[arg-type]
    else:
        write_trees(trees, path)  # type: ignore[arg-type]
    return read_views(data(path, **config))


def texts(turns: tuple[Turn, ...]) -> list[str]:
    return [turn.text for turn in turns]


# Trees


def test_threads_end_on_the_assistant_and_an_open_question_is_taken_off(tmp_path: Path) -> None:
    views = read(tmp_path, example_tree())
    assert [thread.turns[-1].text for thread in views.threads()] == [
        "Light of short waves is scattered most.",
        "It goes a longer way.",
        "Because of the sea.",
        "Air scatters light.",
    ]
    assert len(views.threads(contained=False)) == 3
    assert {turn.role for turn in views.threads()[1].turns} == {"prompter", "assistant"}


def test_two_open_questions_do_not_double_their_answer(tmp_path: Path) -> None:
    twice = tree(message("P", "Hi", message("a", "Yes", message("Q", "So"), message("R", "Oh"))))
    assert [texts(thread.turns) for thread in read(tmp_path, twice).threads()] == [["Hi", "Yes"]]


def test_only_the_best_replies_are_trained_where_that_is_asked(tmp_path: Path) -> None:
    views = read(tmp_path, example_tree(), top_k=1)
    assert {thread.turns[1].text for thread in views.threads()} == {
        "Light of short waves is scattered most."
    }
    assert len(views.groups()[0].replies) == 3


def test_a_group_holds_its_replies_best_first_with_what_they_answer(tmp_path: Path) -> None:
    (group,) = read(tmp_path, example_tree()).groups()
    assert group.node_ids == ("a1", "a3", "a2")
    assert (group.ranks, group.scores, group.rater) == ((0, 1, 2), None, None)
    assert group.prefix == (Turn("prompter", "Why is the sky blue?"),)


def test_pairs_are_all_pairs_with_the_distance_of_ranks_as_margin(tmp_path: Path) -> None:
    pairs = read(tmp_path, example_tree()).pairs()
    best, middle, worst = "Light of short waves is scattered most.", "Air scatters light.", "Bec"
    found = [(pair.chosen, pair.rejected[:3], pair.margin) for pair in pairs]
    assert found == [(best, "Air", 1.0), (best, worst, 2.0), (middle, worst, 1.0)]


def test_equal_ranks_are_ties_and_give_no_pair_unless_asked(tmp_path: Path) -> None:
    tied = tree(
        message("P", "Hi", *(message(n, n, rank=r) for n, r in (("a", 1), ("b", 0), ("c", 1))))
    )
    views = read(tmp_path, tied)
    assert views.groups()[0].ranks == (0, 1, 1)
    assert len(views.pairs()) == views.groups()[0].n_pairs == 2
    assert [pair.margin for pair in views.pairs(ties=True)] == [1.0, 1.0, 0.0]


def test_the_merged_order_of_a_native_tree_keeps_its_ties(tmp_path: Path) -> None:
    from tests.train.made import NOW

    merged = ReplyConsensus(
        parent_id="P", groups=[["a3", "a1"], ["a2"]], n_rankings=2, merged_at=NOW
    )
    (group,) = read(tmp_path, grown(example_tree(), consensus=[merged])).groups()
    assert (group.node_ids, group.ranks) == (("a3", "a1", "a2"), (0, 0, 1))


def test_single_peoples_rankings_are_groups_of_their_own(tmp_path: Path) -> None:
    given = [
        ranking("P", [["a1"], ["a2", "a3"]], "p1"),
        ranking("P", [["a3"], ["a1"], ["a2"]], "p2"),
        ranking("P", [["a2"], ["a1"], ["a3"]], "p2"),
        ranking("P", [["a1"], ["a2"]], "bot", simulated=True),
        ranking("P", [], "p3", not_rankable=True),
    ]
    views = read(tmp_path, grown(example_tree(), given))
    found = {group.rater: (group.node_ids, group.ranks) for group in views.rater_groups()}
    assert found == {
        "p1": (("a1", "a2", "a3"), (0, 1, 1)),
        "p2": (("a2", "a1", "a3"), (0, 1, 2)),
    }
    assert [group.rater for group in views.groups()] == [None]
    assert views.manifest.dropped == {
        "rankings of a rehearsal (simulated)": 1,
        "rankings that call all replies bad": 1,
    }
    individual = read(tmp_path, grown(example_tree(), given), individual=True)
    assert [group.rater for group in individual.groups()] == ["p1", "p2"]
    (view,) = individual.trees()
    assert [group.rater for group in view.groups] == ["p1", "p2"]
    assert view.root.group == 0


def test_rankings_that_an_export_holds_as_events_are_read(tmp_path: Path) -> None:
    events = {"ranking": [{"user_id": "u1", "ranked_message_ids": ["a2", "a1", "a3"]}]}
    plain = example_tree()
    prompt = message("P", plain.prompt.text, *plain.prompt.replies, events=events)  # type: ignore[misc]
    (group,) = read(tmp_path, tree(prompt)).rater_groups()
    assert (group.rater, group.node_ids) == ("u1", ("a2", "a1", "a3"))


def test_trees_hold_what_groups_need_and_nodes_know_their_group(tmp_path: Path) -> None:
    views = read(tmp_path, example_tree(), tree(message("X", "Alone?", message("x1", "Yes"))))
    (view,) = views.trees()
    assert [node.node_id for node in view.root.walk()] == ["P", "a1", "a2", "a3"]
    assert view.root.group == 0
    whole = views.trees(whole=True)
    assert [sum(1 for _ in t.root.walk()) for t in whole] == [7, 2]


def test_prompts_are_all_that_ends_on_the_prompter_each_once(tmp_path: Path) -> None:
    views = read(tmp_path, example_tree(), example_tree("Z"), filters={"deduplicate": "none"})
    assert [prompt.turns[-1].text for prompt in views.prompts()] == [
        "Why is the sky blue?",
        "And at dusk?",
        "Thank you!",
    ]


def test_prompts_that_wait_are_read_where_asked_and_are_prompts_only(tmp_path: Path) -> None:
    waits = tree(message("W", "Wait?", review_result=None), state=TreeState.PROMPT_LOTTERY_WAITING)
    without = read(tmp_path, example_tree(), waits)
    assert len(without.prompts()) == 3
    assert without.manifest.dropped == {"trees in the state prompt_lottery_waiting": 1}
    views = read(tmp_path, example_tree(), waits, lottery=True)
    assert [prompt.turns[-1].text for prompt in views.prompts()][-1] == "Wait?"
    assert len(views.trees(whole=True)) == 1
    assert len(views.threads()) == 4


@pytest.mark.parametrize(
    ("more", "filters", "reason"),
    [
        ({"deleted": True}, {}, "messages that were deleted"),
        ({"review_result": False}, {}, "messages that a review did not pass"),
        ({"review_result": None}, {}, "messages that nobody decided on"),
        ({"synthetic": True}, {}, "messages that a model wrote"),
        ({"lang": "de"}, {}, "messages in other languages"),
        (
            {"labels": {"quality": LabelSummary(value=0.2, count=3)}},
            {"min_quality": 0.5},
            "messages whose quality is below 0.5",
        ),
    ],
)
def test_a_message_that_falls_takes_what_is_below_it_and_is_counted(
    tmp_path: Path, more: dict[str, object], filters: dict[str, object], reason: str
) -> None:
    bad = message("b", "no", message("Q", "why", message("c", "so")), rank=1, **more)
    good = (message("a", "yes", rank=0), message("d", "perhaps", rank=2))
    record = tree(message("P", "Hi", good[0], bad, good[1]))
    views = read(tmp_path, record, filters=filters, languages=("en",))
    assert views.groups()[0].node_ids == ("a", "d")
    assert views.groups()[0].ranks == (0, 1)
    ((first, n), (second, m)) = sorted(views.manifest.dropped.items(), key=lambda item: item[1])
    assert first.startswith(reason)
    assert (n, second, m) == (1, "messages below one that was left out", 2)


def test_filters_can_be_opened(tmp_path: Path) -> None:
    replies = (message("a", "yes", synthetic=True), message("b", "no", review_result=None))
    filters = FilterConfig(synthetic=True, unreviewed=True)
    views = read(tmp_path, tree(message("P", "Hi", *replies), state=None), filters=filters)
    assert len(views.threads()) == 2


def test_languages_take_their_varieties_and_leave_out_what_names_none(tmp_path: Path) -> None:
    trees = [
        tree(message(name, f"Hi {name}", lang=lang))
        for name, lang in (("A", "en"), ("B", "en-GB"), ("C", "eng"), ("D", "de"), ("E", None))
    ]
    views = read(tmp_path, *trees, languages=("EN",))
    assert [view.tree_id for view in views.trees(whole=True)] == ["A", "B"]
    assert views.manifest.dropped == {"trees in other languages, or without one": 3}


def test_a_tree_is_read_once_and_one_with_other_replies_is_another(tmp_path: Path) -> None:
    other = tree(message("B", "Why is the sky blue?", message("b1", "Ask the sea.")))
    copies = (example_tree("P"), example_tree("A"), other)
    views = read(tmp_path, *copies)
    assert [view.tree_id for view in views.trees(whole=True)] == ["P", "B"]
    assert views.manifest.dropped == {
        "trees equal to an earlier one in every text, order and rater": 1
    }
    by_prompt = read(tmp_path, *copies, filters={"deduplicate": "prompt"})
    assert by_prompt.manifest.dropped == {"trees equal to an earlier one in their opening": 2}


def test_a_tree_deeper_than_pythons_stack_is_read(tmp_path: Path) -> None:
    node = message("a0" if 3000 % 2 else "P0", "end")
    for depth in range(1, 300):
        node = message(f"{'P' if node.role == 'assistant' else 'a'}{depth}", f"t{depth}", node)
    if node.role == "assistant":
        node = message("P", "start", node)
    views = read(tmp_path, tree(node))
    assert max(len(thread.turns) for thread in views.threads()) >= 299
    assert views.trees() == ()


# Real trees


def test_a_hundred_real_trees_give_the_known_numbers(trees_100: Path) -> None:
    views = read_views(data(trees_100, filters={"synthetic": True}))
    assert views.manifest.kept == {
        "trees": 100,
        "messages": 1167,
        "threads": 564,
        "groups": 212,
        "ranked_replies": 641,
        "pairs": 754,
        "prompts": 480,
        "raters": 0,
    }
    sizes = [len(group.replies) for group in views.groups()]
    assert (round(sum(sizes) / len(sizes), 2), max(sizes)) == (3.02, 9)
    assert len(views.pairs()) == 754
    assert views.manifest.dropped == {}
    assert len(views.threads(contained=False)) == 546
    for view in views.trees():
        ranked = {name for group in view.groups for name in group.node_ids}
        leaves = {node.node_id for node in view.root.walk() if not node.children}
        assert leaves <= ranked


# Conversations


def test_a_release_gives_openers_of_four_and_continuations_of_two(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=6, n_simulated=0, p_failed=0.0))
    views = read_views(data(folder))
    openers = [g for g in views.groups() if g.groups["turn"] == "opening"]
    later = [g for g in views.groups() if g.groups["turn"] == "continuation"]
    assert {len(group.replies) for group in openers} == {4}
    assert {len(group.prefix) for group in openers} == {1}
    assert later
    assert {len(group.prefix) for group in later} == {3}
    for group in views.groups():
        assert group.scores is not None
        assert list(group.scores) == sorted(group.scores, reverse=True)
        assert group.rater in views.people
    assert views.rater_groups() == views.groups()
    assert {"region", "conversation_type"} <= set(openers[0].groups)
    first = views.groups()[0]
    assert first.scores is not None
    assert views.pairs()[0].margin == next(
        first.scores[i] - first.scores[j] for i in range(4) for j in range(i + 1, 4)
        if first.ranks[i] != first.ranks[j]
    )  # fmt: skip


def test_bots_of_a_rehearsal_are_refused_unless_they_are_meant(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3))
    with pytest.raises(NotAllowedError, match="allow_simulated: true"):
        read_views(data(folder))
    assert read_views(data(folder, filters={"allow_simulated": True})).groups()
    mixed = write_release(tmp_path / "m", Plan(n_people=4, n_simulated=2))
    views = read_views(data(mixed))
    assert views.manifest.kept["raters"] == 2
    assert views.manifest.dropped["conversations of a rehearsal (simulated)"] > 0


def test_consent_that_does_not_cover_training_is_refused_by_name(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3, n_simulated=0))
    assert read_views(data(folder)).manifest.sources[0].consent == "release, text"
    with pytest.raises(NotAllowedError, match=r"consented to release, text.*asks for train"):
        read_views(data(folder, filters={"consent": ("text", "training")}))


def test_data_that_state_no_consent_can_be_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "p.jsonl", [{"prompt": "Hi", "chosen": "a", "rejected": "b"}])
    assert read_views(data(path)).manifest.sources[0].consent == "not stated"
    with pytest.raises(NotAllowedError, match="does not state what people consented to"):
        read_views(data(path, filters={"unstated": "refuse"}))


def test_people_who_withdrew_later_are_left_out(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3, n_simulated=0))
    later = write_release(tmp_path / "later", Plan(n_people=2, n_simulated=0))
    manifest = json.loads((later / "manifest.json").read_text())
    manifest["withdrawals"] = [
        {"release_id": "made-up-1", "participants": ["p001"]},
        {"release_id": "another", "participants": ["p002"]},
    ]
    (later / "manifest.json").write_text(json.dumps(manifest))
    views = read_views(data(folder, filters={"withdrawals": (later,)}))
    assert {group.rater for group in views.groups()} == {"p000", "p002"}
    assert views.manifest.dropped["conversations of people who withdrew"] == 2


def test_messages_and_rankings_of_people_who_withdrew_are_left_out(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3, n_simulated=0))
    (folder / "manifest.json").unlink()
    replies = (message("a", "yes", rank=0, user_id="p1"), message("b", "no", rank=1))
    given = [ranking("P", [["b"], ["c"]], "p1"), ranking("P", [["c"], ["b"]], "p2")]
    prompt = message("P", "Hi", *replies, message("c", "perhaps", rank=2))
    drops: Counter[str] = Counter()
    record = tree_record(grown(tree(prompt), given), FilterConfig(), {"p1"}, drops)
    found = source_tree(record, data(folder), drops)
    assert found is not None
    assert [group.node_ids for group in found.view.groups] == [("b", "c")]
    assert [group.rater for group in found.by_rater] == ["p2"]
    assert {reason for reason, n in drops.items() if n} == {
        "messages of people who withdrew",
        "rankings of people who withdrew",
    }


def test_a_release_gives_its_trees_beside_its_conversations(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=2, n_simulated=0))
    write_grown([grown(example_tree())], folder / "native" / "trees.jsonl")
    views = read_views(data(folder))
    assert {group.rater for group in views.groups()} == {"p000", "p001", None}
    assert len(views.manifest.sources) == 1


def test_the_real_conversation_of_prism_is_read(tmp_path: Path) -> None:
    from tests.real_data import REAL, real

    if REAL is None:
        pytest.skip("the real data is not here")
    views = read_views(data(real("prism/conversation_c0.jsonl")))
    assert [len(group.replies) for group in views.groups()] == [2] * 5
    assert {group.rater for group in views.groups()} == {"user0"}
    assert [len(group.prefix) for group in views.groups()] == [1, 3, 5, 7, 9]


# Pairs and dialogues


def test_pairs_of_a_file_are_groups_of_two(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "pairs.jsonl",
        [
            {"prompt": "Hi", "chosen": "Hello!", "rejected": "No.", "margin": 2.5},
            {"prompt": "Hi", "chosen": "Hello!", "rejected": "", "margin": 1.0},
        ],
    )
    views = read_views(data(path))
    (pair,) = views.pairs()
    assert (pair.prompt, pair.chosen, pair.rejected) == ((Turn("prompter", "Hi"),), "Hello!", "No.")
    assert pair.margin == 2.5
    assert sum(views.manifest.dropped.values()) == 1


def test_pairs_of_hh_have_their_history_as_prefix(tmp_path: Path) -> None:
    shared = "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Tell me.\n\nAssistant:"
    path = lines(
        tmp_path / "hh.jsonl", [{"chosen": f"{shared} Sure.", "rejected": f"{shared} No."}]
    )
    (group,) = read_views(data(path)).groups()
    assert texts(group.prefix) == ["Hi", "Yes?", "Tell me."]
    assert group.replies == ("Sure.", "No.")


def test_dialogues_are_threads_and_their_system_part_stays(tmp_path: Path) -> None:
    rows = [
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes"},
            ]
        },
        {"messages": [{"role": "user", "content": "x"}, {"role": "tool", "content": "42"}]},
    ]
    views = read_views(data(lines(tmp_path / "d.jsonl", rows)))
    (thread,) = views.threads()
    assert [turn.role for turn in thread.turns] == ["system", "prompter", "assistant"]
    assert views.manifest.dropped == {"dialogues that hold no text, or lines of other roles": 1}


# Several data sets, samples, manifests


def test_data_sets_are_mixed_by_shares_and_ids_stay_apart(tmp_path: Path) -> None:
    write_trees([example_tree()], tmp_path / "one.jsonl")
    second = [example_tree("P", "Why is grass green?")]
    write_trees(second, tmp_path / "two.jsonl")
    more = ({"path": tmp_path / "two.jsonl", "size": 1},)
    views = read_views(data(tmp_path / "one.jsonl", more=more))
    assert [view.tree_id for view in views.trees()] == ["P", "P#1"]
    assert {pair.tree_id for pair in views.pairs()} == {"P", "P#1"}
    sampler = views.sampler(views.pairs(), seed=1)
    assert len(sampler) == 4
    drawn = [sorted(sampler.indices(epoch)) for epoch in range(20)]
    assert all(indices[:3] == [0, 1, 2] for indices in drawn)
    assert {indices[3] for indices in drawn} == {3, 4, 5}
    assert sampler.indices(7) == sampler.indices(7)
    assert views.epoch(3).trees() == views.trees()  # one tree each, whatever is drawn


def test_a_pass_can_be_drawn_by_trees(tmp_path: Path) -> None:
    write_trees([example_tree(f"P{i}", f"Why {i}?") for i in range(8)], tmp_path / "t.jsonl")
    views = read_views(data(tmp_path / "t.jsonl", fraction=0.25))
    passes = [tuple(view.tree_id for view in views.epoch(n).trees()) for n in range(20)]
    assert {len(names) for names in passes} == {2}
    assert len({name for names in passes for name in names}) == 8
    assert views.epoch(5).trees() == views.epoch(5).trees()
    assert len(views.trees()) == 8


def test_a_sample_is_seeded_and_what_it_leaves_is_counted(tmp_path: Path) -> None:
    trees = [example_tree(f"P{i}", f"Why {i}?") for i in range(10)]
    first = read(tmp_path, *trees, max_examples=4, seed=3)
    assert len(first.trees()) == 4
    assert first.manifest.dropped == {"trees beyond max_examples": 6}
    assert read(tmp_path, *trees, max_examples=4, seed=3).trees() == first.trees()
    assert read(tmp_path, *trees, max_examples=4, seed=4).trees() != first.trees()


def test_the_hash_of_the_data_follows_content_and_choices_but_not_the_place(
    tmp_path: Path,
) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write_trees([example_tree()], tmp_path / name / "t.jsonl")
    here, there = (read_views(data(tmp_path / name / "t.jsonl")) for name in ("here", "there"))
    other = read_views(data(tmp_path / "here" / "t.jsonl", top_k=1))
    assert here.manifest.data_hash == there.manifest.data_hash != other.manifest.data_hash
    here.manifest.write(tmp_path / "manifest.json")
    kept = json.loads((tmp_path / "manifest.json").read_text())
    assert kept["kept"]["pairs"] == 3
    assert kept["sources"][0]["sha256"]


def test_what_holds_nothing_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmptySplitError, match="1 trees in other languages"):
        read(tmp_path, example_tree(), languages=("de",))
    path = lines(tmp_path / "r.jsonl", [{"prompt": "a", "completion": "b", "label": True}])
    with pytest.raises(TrainingError, match="training reads trees"):
        read_views(data(path))


def test_a_group_of_one_reply_is_an_error_by_name_and_is_counted_when_read(tmp_path: Path) -> None:
    with pytest.raises(OneReplyError, match="tree t has 1 of them, expected at least two"):
        ReplyGroup((Turn("prompter", "Hi"),), ("x",), (0,), None, "t", "en")
    views = read(tmp_path, tree(message("P", "Hi", message("a", "yes", rank=0))))
    assert views.groups() == ()
    assert views.manifest.dropped == {"groups with one reply that has a place": 1}
