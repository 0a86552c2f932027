"""What leaves: OASST's fields to the letter, nothing that may not, and a count of what does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.collect.trees.growing import NOW, growing_tree, let_grow, people

from manyvoices.collect.community.models import Reaction
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations, rows
from manyvoices.collect.trees.exporting import Exported, export_trees, outlet_for
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Task, Tree
from manyvoices.collect.trees.selection import BELOW, Selection
from manyvoices.io import read_messages, read_trees
from manyvoices.io.oasst_flat import below, read_flat
from manyvoices.io.oasst_threads import read_threads
from manyvoices.schema import InputError, TreeState

ALL = Selection(states=(), deleted="with", rejected="with", undecided="with")
KEY = b"k" * 32


def export(
    version: StudyVersion,
    folder: Path,
    *formats: str,
    selection: Selection = ALL,
    **options: Any,
) -> Exported:
    outlet = outlet_for(version.study, selection, **options)
    return export_trees(outlet, folder, formats or ("trees",))


def reply(parent: Message, **fields: Any) -> Message:
    import uuid

    key = uuid.uuid4()
    defaults = {
        "tree": parent.tree, "parent": parent, "text": "They are ripe.", "language": "en",
        "role": "assistant" if parent.role == "prompter" else "prompter", "accepted": True,
        "path": operations.new_path(parent, key), "depth": parent.depth + 1, "created_at": NOW,
    }  # fmt: skip
    return Message.objects.create(id=key, **(defaults | fields))


def review(message: Message, version: StudyVersion, **labels: float | None) -> LabelsGiven:
    [person] = people(version, 1)
    return LabelsGiven.objects.create(
        message=message, participant=person, labels=labels, created_at=NOW,
        consent_version=person.consent_version,
    )  # fmt: skip


@pytest.fixture
def tree(orchard: StudyVersion) -> Tree:
    return growing_tree(orchard)


def test_what_was_left_open_and_cannot_tell_count_for_nothing(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    """Open-Assistant stored a label that nobody answered as its lowest value (facts 1.6)."""
    prompt = tree.messages.get()
    review(prompt, orchard, spam=0.0, quality=1.0)
    review(prompt, orchard, spam=0.0, quality=None)
    review(prompt, orchard, spam=1.0)
    export(orchard, tmp_path, "trees", "labels")
    [found] = read_trees(tmp_path / "trees.jsonl")
    labels = {name: (s.value, s.count) for name, s in (found.prompt.labels or {}).items()}
    assert labels == {"spam": (pytest.approx(1 / 3), 3), "quality": (1.0, 1)}
    assert found.prompt.review_count == 3
    single = [json.loads(line) for line in (tmp_path / "labels.jsonl").open()]
    assert len(single) == 5
    silent = [row for row in single if row["value"] is None]
    assert [(row["name"], row["cannot_tell"]) for row in silent] == [("quality", True)]


def test_reports_and_free_labels_are_not_averaged_with_reviews(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    """Defect 2.3-3 of Open-Assistant: it averaged them, and no single label ever left."""
    prompt = tree.messages.get()
    review(prompt, orchard, spam=0.0)
    reported = review(prompt, orchard, spam=1.0)
    LabelsGiven.objects.filter(pk=reported.pk).update(source="report")
    export(orchard, tmp_path)
    [found] = read_trees(tmp_path / "trees.jsonl")
    assert found.prompt.labels
    assert found.prompt.labels["spam"].value == 0.0
    assert found.prompt.emojis == {"red_flag": 1}
    assert found.prompt.review_count == 1


def test_tasks_passed_over_are_counted_as_oasst_counts_them(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    prompt = tree.messages.get()
    for person, kind in zip(
        people(orchard, 4),
        ["assistant_reply", "assistant_reply", "label_initial_prompt", "rank_assistant_replies"],
        strict=True,
    ):
        Task.objects.create(
            study=orchard.study, participant=person, language="en", kind=kind, tree=tree,
            message=prompt, state="skipped", leased_at=NOW, expires_at=NOW, seed=1,
        )  # fmt: skip
    export(orchard, tmp_path)
    [found] = read_trees(tmp_path / "trees.jsonl")
    assert found.prompt.emojis == {"_skip_reply": 2, "_skip_labeling": 1, "_skip_ranking": 1}


def test_words_of_thanks_leave_as_emojis(orchard: StudyVersion, tree: Tree, tmp_path: Path) -> None:
    prompt = tree.messages.get()
    for person in people(orchard, 2):
        Reaction.objects.create(message=prompt, participant=person, kind="thanks", at=NOW)
    export(orchard, tmp_path)
    [found] = read_trees(tmp_path / "trees.jsonl")
    assert found.prompt.emojis == {"+1": 2}


def test_replies_stand_by_rank_ties_share_one_and_those_without_come_last(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    prompt = tree.messages.get()
    for rank in (None, 1, 0, 0):
        reply(prompt, rank=rank)
    export(orchard, tmp_path)
    [line] = (tmp_path / "trees.jsonl").open()
    ranks = [r.get("rank", "absent") for r in json.loads(line)["prompt"]["replies"]]
    assert ranks == [0, 0, 1, "absent"]


def test_a_deleted_parent_takes_what_is_below_it_along_and_it_is_said(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    """Defect 2.3-4 of Open-Assistant: such replies lost their parent, and nothing was said."""
    prompt = tree.messages.get()
    gone = reply(prompt, deleted=True)
    reply(reply(gone))
    reply(prompt)
    done = export(orchard, tmp_path, selection=Selection(states=()))
    [found] = read_trees(tmp_path / "trees.jsonl")
    assert len(list(below(found.prompt))) == 2
    assert done.left_out == {"deleted messages": 1, BELOW: 2}
    assert "trees: 1 deleted messages" in done.notes()


@pytest.mark.parametrize(
    ("selection", "n"),
    [
        (ALL, 6),
        (Selection(states=()), 3),
        (Selection(), 0),
        (Selection(states=(TreeState.GROWING,), synthetic="without"), 2),
        (Selection(states=(), synthetic="only"), 1),
        (Selection(states=(), rejected="only", undecided="with"), 1),
        (Selection(states=(), rejected="without", undecided="only"), 1),
        (Selection(states=(), deleted="only"), 1),
        (Selection(states=(), prompts_only=True), 1),
        (Selection(states=(), languages=("de",)), 0),
        (Selection(states=(), limit=0), 0),
    ],
)
def test_filters_choose_messages(
    orchard: StudyVersion, tree: Tree, tmp_path: Path, selection: Selection, n: int
) -> None:
    prompt = tree.messages.get()
    reply(prompt)
    reply(prompt, synthetic=True, model_name="m")
    reply(prompt, accepted=False)
    reply(prompt, accepted=None)
    reply(prompt, deleted=True)
    export(orchard, tmp_path, "messages", selection=selection)
    text = (tmp_path / "messages.jsonl").read_text()
    assert text.count("\n") == n


def test_messages_of_one_person_stand_by_themselves(
    orchard: StudyVersion, tree: Tree, tmp_path: Path
) -> None:
    [author] = people(orchard, 1)
    own = reply(tree.messages.get(), author=author, consent_version=author.consent_version)
    chosen = Selection(states=(), author=str(author.pk))
    export(orchard, tmp_path, "messages", selection=chosen)
    [found] = read_messages(tmp_path / "messages.jsonl")
    assert (found.message_id, found.user_id) == (str(own.pk), str(author.pk))
    with pytest.raises(InputError, match="messages or flat"):
        export(orchard, tmp_path, "trees", selection=chosen)


def test_without_labels_and_with_events(orchard: StudyVersion, tree: Tree, tmp_path: Path) -> None:
    prompt = tree.messages.get()
    a, b = reply(prompt), reply(prompt)
    [person] = people(orchard, 1)
    RankingGiven.objects.create(
        parent=prompt, participant=person, groups=[[str(b.pk)], [str(a.pk)]],
        shown=[str(a.pk), str(b.pk)], created_at=NOW,
    )  # fmt: skip
    review(prompt, orchard, spam=0.0)
    chosen = Selection(states=(), labels=False, events=True)
    export(orchard, tmp_path, selection=chosen, key=KEY)
    [found] = read_trees(tmp_path / "trees.jsonl")
    assert not found.prompt.labels
    assert isinstance(found.prompt.events, dict)
    [event] = found.prompt.events["ranking"]
    assert event["ranking"] == [1, 0]
    assert event["message_tree_id"] == event["ranking_parent_id"] == found.message_tree_id
    assert set(event["ranked_message_ids"]) == {m.message_id for m in found.prompt.replies or ()}


def test_one_tree_has_one_name_in_every_file_of_an_export(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    """Defects 3.4-6 and 2.3-2 of Open-Assistant: its anonymiser gave one tree three ids."""
    let_grow(people(orchard, 8), rounds=160)
    formats = ("trees", "messages", "flat", "threads", "native", "labels", "rankings")
    done = export(orchard, tmp_path, *formats, key=KEY, dates="relative")
    assert done.n_rankings > 0
    trees = list(read_trees(tmp_path / "trees.jsonl"))
    ids = {m.message_id for tree in trees for m, _ in below(tree.prompt)}
    assert all(tree.message_tree_id == tree.prompt.message_id for tree in trees)
    assert {m.message_id for m in read_messages(tmp_path / "messages.jsonl")} == ids
    assert {m.message_id for m in read_flat(tmp_path / "flat.jsonl")} == ids
    threads = list(read_threads(tmp_path / "threads.jsonl"))
    assert {m.message_id for thread in threads for m in thread.thread} == ids
    for line in (tmp_path / "rankings.jsonl").open():
        row = json.loads(line)
        assert {row["parent_id"], *(key for group in row["ranking"] for key in group)} <= ids
    everything = "".join(path.read_text() for path in tmp_path.iterdir())
    secret = [
        *Message.objects.values_list("pk", flat=True),
        *Tree.objects.values_list("pk", flat=True),
    ]
    assert not [key for key in secret if str(key) in everything]
    for message in Message.objects.exclude(author=None):
        assert str(message.author_id) not in everything
        assert message.created_at.date().isoformat() not in everything


def test_the_same_key_gives_the_same_bytes_and_another_key_other_names(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    """Defect 2.3-1 of Open-Assistant: whoever had seen the ids could work out the names."""
    let_grow(people(orchard, 6), rounds=50)
    for name, key in (("a", KEY), ("b", KEY), ("c", b"l" * 32)):
        export(orchard, tmp_path / name, "native", key=key)
    a, b, c = ((tmp_path / name / "native.jsonl").read_bytes() for name in "abc")
    assert a == b != c


def test_bots_and_whoever_withdrew_are_not_in_it(orchard: StudyVersion, tmp_path: Path) -> None:
    crowd = people(orchard, 10)
    let_grow(crowd, rounds=100)
    gone, bot = crowd[0], crowd[1]
    type(gone).objects.filter(pk=gone.pk).update(withdrawn_at=NOW)
    type(bot).objects.filter(pk=bot.pk).update(simulated=True)
    done = export(orchard, tmp_path, "native")
    text = (tmp_path / "native.jsonl").read_text()
    assert str(gone.pk) not in text
    assert str(bot.pk) not in text
    assert any("withdrew" in reason for reason in done.left_out)
    export(orchard, tmp_path / "bots", "native", simulated="include")
    assert str(bot.pk) in (tmp_path / "bots" / "native.jsonl").read_text()


def test_the_number_of_statements_does_not_grow_with_the_trees(
    orchard: StudyVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Defect 2.3-4 of Open-Assistant: it asked once for each tree, and twice for its events."""
    counts = []
    for n in (2, 9):
        for _ in range(n):
            growing_tree(orchard)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            done = export(orchard, tmp_path / str(n))
        counts.append(len(seen))
        assert done.n_trees in (2, 11)
    assert counts[0] == counts[1] <= 14
    monkeypatch.setattr(rows, "BATCH", 3)
    assert export(orchard, tmp_path / "small").n_trees == 11
    small = (tmp_path / "small" / "trees.jsonl").read_bytes()
    assert small == (tmp_path / "9" / "trees.jsonl").read_bytes()
