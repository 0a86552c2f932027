"""Comparisons as what is trained on: a tree to a prompt, a group to a verdict, drops counted."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from tests.io.compared import comparison, exchange, preference_study
from tests.io.conftest import answer, person, pilot
from tests.train.made import data

from manyvoices.io import write_comparisons, write_native
from manyvoices.schema import Comparison
from manyvoices.train.config import SplitConfig
from manyvoices.train.errors import EmptySplitError, NotAllowedError
from manyvoices.train.views import Turn, read_views
from manyvoices.train.views_all import Views

PEOPLE = [person(name) for name in ("ada", "ben", "cy", "dot")]
SAID = [answer(name, "age", "single", age) for name, age in
        (("ada", "18-24"), ("ben", "18-24"), ("cy", "65+"), ("dot", "65+"))]  # fmt: skip


def read(folder: Path, *records: Comparison, **config: object) -> Views:
    preference_study(folder, *records, participants=PEOPLE, answers=SAID)
    return read_views(data(folder, **config))


def test_verdicts_on_one_prompt_are_one_tree_with_a_group_for_each_rater(tmp_path: Path) -> None:
    views = read(
        tmp_path,
        comparison("a", "ada"),
        comparison("b", "cy", order=[[1], [0]]),
        comparison("c", "ben", models=["right", "left"], order=[[0], [1]],
                   exchanges=[exchange(0, "How long is an egg boiled?",
                                       ["right says.", "left says."])]),
    )  # fmt: skip
    [tree] = views.trees()
    assert [node.text for node in tree.root.children] == ["left says.", "right says."]
    found = [(group.rater, group.replies[0]) for group in views.groups()]
    assert found == [("ada", "left says."), ("cy", "right says."), ("ben", "right says.")]
    assert len({group.node_ids for group in views.groups()}) == 2
    assert len(views.threads()) == 2
    assert views.rater_groups() == views.groups()


def test_groups_of_raters_are_kept_and_reported_by(tmp_path: Path) -> None:
    views = read(tmp_path, comparison("a", "ada"), comparison("b", "cy"))
    assert [dict(group.groups) for group in views.groups()] == [
        {"stage": "comparisons", "category": "cooking", "pool": "crowd", "age": age}
        for age in ("18-24", "65+")
    ]
    assert {pair.groups["age"] for pair in views.pairs()} == {"18-24", "65+"}
    assert views.people["dot"] == {"age": "65+"}


def test_an_order_of_three_gives_all_pairs_and_a_tie_none_unless_asked(tmp_path: Path) -> None:
    views = read(
        tmp_path,
        comparison("a", "ada", models=["x", "y", "z"], order=[[2], [0, 1]]),
        comparison("b", "ada", verdict="tie", exchanges=[exchange(0, "Why?", ["So.", "Thus."])]),
    )
    assert [(pair.chosen, pair.rejected) for pair in views.pairs()] == [
        ("z says.", "x says."), ("z says.", "y says."),
    ]  # fmt: skip
    assert len(views.pairs(ties=True)) == 4


def test_what_is_not_a_preference_is_left_out_and_counted(tmp_path: Path) -> None:
    apart = [exchange(0, "Hi", ["Hello.", "Good day."]), exchange(1, "Why?", ["So.", "Thus."])]
    views = read(
        tmp_path,
        comparison("a", "ada"),
        comparison("b", "ada", verdict="all_bad"),
        comparison("c", "ada", verdict="cannot_judge"),
        comparison("d", "ada", verdict="failed", exchanges=[exchange(0, "Why?", ["So.", None])]),
        comparison("e", "ada", verdict=None),
        comparison("f", "ada", quarantined=["too_fast"]),
        comparison("g", "ada", simulated=True),
        comparison("h", "ada", exchanges=apart),
        comparison("i", "ada", exchanges=[exchange(0, "Why?", ["So.", "So."])]),
        comparison("j", "ada", exchanges=[exchange(0, "Why?", ["So.", " "])]),
    )
    assert len(views.groups()) == 1
    dropped = dict(views.manifest.dropped)
    assert dropped["comparisons without a preference"] == 3
    for reason in (
        "comparisons not judged",
        "comparisons set aside: too_fast",
        "comparisons of a rehearsal (simulated)",
        "comparisons whose sides went apart over several turns",
        "comparisons in which two sides say the same",
        "comparisons without a text of every side",
    ):
        assert dropped[reason] == 1, reason


def test_earlier_messages_that_all_sides_share_are_the_prompt(tmp_path: Path) -> None:
    shared = [exchange(0, "Hi", ["Hello.", "Hello."]), exchange(1, "Why?", ["So.", "Thus."])]
    [group] = read(tmp_path, comparison("a", "ada", exchanges=shared)).groups()
    assert group.prefix == (
        Turn("prompter", "Hi"), Turn("assistant", "Hello."), Turn("prompter", "Why?"),
    )  # fmt: skip
    assert group.replies == ("So.", "Thus.")


def test_who_withdrew_or_gave_no_consent_is_left_out(tmp_path: Path) -> None:
    people = [PEOPLE[0], person("ben", status="withdrawn"), *PEOPLE[2:]]
    preference_study(
        tmp_path, comparison("a", "ada"), comparison("b", "ben"),
        participants=people, answers=SAID,
    )  # fmt: skip
    views = read_views(data(tmp_path))
    assert [group.rater for group in views.groups()] == ["ada"]
    assert views.manifest.dropped["comparisons of people who withdrew"] == 1


def test_a_rehearsal_alone_is_refused(tmp_path: Path) -> None:
    bot = comparison("a", "ada", simulated=True)
    with pytest.raises(NotAllowedError, match="rehearsal"):
        read(tmp_path / "a", bot)
    assert len(read(tmp_path / "b", bot, filters={"allow_simulated": True}).groups()) == 1


def test_languages_are_those_of_the_prompts(tmp_path: Path) -> None:
    records = (comparison("a", "ada"), comparison("b", "ada", language="de"))
    views = read(tmp_path, *records, languages=["de"])
    assert [group.language for group in views.groups()] == ["de"]


def test_a_file_of_comparisons_alone_is_read(tmp_path: Path) -> None:
    write_comparisons(tmp_path, [comparison("a", "ada"), comparison("b", "cy")])
    views = read_views(data(tmp_path / "native" / "comparisons.jsonl"))
    assert [group.rater for group in views.groups()] == ["ada", "cy"]


def test_a_release_gives_its_comparisons_beside_its_conversations(tmp_path: Path) -> None:
    write_native(tmp_path, **pilot())
    before = read_views(data(tmp_path))
    write_comparisons(tmp_path, [comparison("a", "ada")])
    after = read_views(data(tmp_path))
    assert len(after.sources) == len(before.sources) + 1
    assert after.manifest.data_hash != before.manifest.data_hash


def test_a_split_holds_out_whole_prompts(tmp_path: Path) -> None:
    start = dt.datetime(2026, 1, 31, 9, 30, tzinfo=dt.UTC)
    records = [
        comparison(f"{who}{i}", who, prompt_id=f"q{i}", started_at=start,
                   exchanges=[exchange(0, f"Question {i}?", ["So.", "Thus."])])
        for who in ("ada", "ben", "cy") for i in range(6)
    ]  # fmt: skip
    views = read(tmp_path, *records)
    train, test, _ = views.split(SplitConfig(share=0.3))
    held = {group.prefix for group in test.groups()}
    assert held
    assert not held & {group.prefix for group in train.groups()}
    assert all(len(tree.by_rater) == 3 for tree in views.sources)


def test_nothing_left_says_why(tmp_path: Path) -> None:
    with pytest.raises(EmptySplitError, match="comparisons without a preference"):
        read(tmp_path, comparison("a", "ada", verdict="all_bad"))
