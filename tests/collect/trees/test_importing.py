"""What comes in from files: whole or not at all, once, and with all that it said."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from tests.collect.trees.growing import NOW, let_grow, people
from tests.real_data import needs_real_data, real

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import near_texts, sweeping
from manyvoices.collect.trees.exporting import export_trees, outlet_for
from manyvoices.collect.trees.import_files import import_files
from manyvoices.collect.trees.importing import Imported
from manyvoices.collect.trees.models import Message, Need, RankingGiven, Task, Tree
from manyvoices.collect.trees.policies import change_policy, forget
from manyvoices.collect.trees.selection import Selection
from manyvoices.design.trees import TreePolicy
from manyvoices.io import read_trees
from manyvoices.io.oasst_flat import below
from manyvoices.schema import DataError, MessageTree, TreeState

ALL = Selection(states=(), deleted="with", rejected="with", undecided="with", events=True)


def load(version: StudyVersion, *paths: Path, **changes: Any) -> Imported:
    return import_files(version.study, paths, now=NOW, rng=random.Random(1), **changes)


def written(version: StudyVersion, folder: Path, selection: Selection = ALL) -> list[MessageTree]:
    export_trees(outlet_for(version.study, selection), folder, ("trees",))
    return list(read_trees(folder / "trees.jsonl"))


def by_id(trees: list[MessageTree]) -> dict[str, MessageTree]:
    return {tree.message_tree_id: tree for tree in trees}


@needs_real_data
def test_a_hundred_real_trees_come_out_as_they_went_in(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    source = real("oasst/en_100_tree.jsonl")
    done = load(orchard, source)
    assert (done.n_trees, done.n_messages) == (100, 1167)
    assert done.states == {"ready_for_export": 100}
    before, after = by_id(list(read_trees(source))), by_id(written(orchard, tmp_path))
    assert after == before
    lines = {json.loads(line)["message_tree_id"]: line for line in source.open()}
    for line in (tmp_path / "trees.jsonl").open():
        record = json.loads(line)
        assert record == json.loads(lines[record["message_tree_id"]])


@needs_real_data
def test_depths_and_ranks_of_real_trees_are_stored(orchard: StudyVersion) -> None:
    load(orchard, real("oasst/en_100_tree.jsonl"))
    assert Message.objects.filter(rank__isnull=False).count() == 641
    depths = [max(t.messages.values_list("depth", flat=True)) for t in Tree.objects.all()]
    assert {d: depths.count(d) for d in sorted(set(depths))} == {1: 13, 2: 7, 3: 48, 4: 27, 5: 5}
    assert sweeping.merge(now=NOW, rng=random.Random(1)) == 0, "their ranks are not merged anew"


@needs_real_data
@pytest.mark.parametrize("name", ["en_100_message.jsonl", "en_100_tree.jsonl"])
def test_importing_twice_adds_nothing_twice(orchard: StudyVersion, name: str) -> None:
    load(orchard, real(f"oasst/{name}"))
    again = load(orchard, real("oasst/en_100_tree.jsonl"))
    assert (again.n_trees, again.n_known) == (0, 100)
    assert Message.objects.count() == 1167


@needs_real_data
def test_texts_nearly_like_imported_ones_are_found(orchard: StudyVersion, tmp_path: Path) -> None:
    text = (
        "Apples fall to the ground because the mass of the earth pulls on every small thing near"
        " it, and nothing holds the apple once its stalk has let go of the branch."
    )
    rows = [{"message_id": "a", "text": text, "role": "prompter", "lang": "en"}]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert load(orchard, tmp_path / "m.jsonl").n_trees == 1
    nearly = text.replace("small thing", "small object")
    [(found, overlap)] = near_texts.near_duplicates(nearly, orchard.study_id, "en")
    assert Message.objects.get(pk=found).text == text
    assert 0.8 <= overlap < 1


def test_the_444_seed_messages_load_as_a_project(orchard: StudyVersion) -> None:
    change_policy(
        study=orchard.study, language="en", policy=TreePolicy(), by="alice", reason="", now=NOW
    )
    forget(orchard.study, "en")
    source = real("oasst/realistic_seed_data.json")
    done = load(orchard, source)
    assert (done.n_trees, done.n_messages) == (74, 444)
    assert Message.objects.filter(accepted=True).count() == 444
    assert Message.objects.filter(role="assistant").count() == 265
    flagged = {
        seed["user_message_id"] for seed in json.loads(source.read_text()) if "tree_state" in seed
    }
    ranked = Message.objects.filter(parent=None, extra__imported__message_id__in=flagged)
    assert len(ranked) == 7
    assert {m.tree.state for m in ranked} <= {"ranking", "ready_for_scoring"}
    assert done.states["growing"] > 40
    assert Need.objects.filter(kind="assistant_reply").exists()
    assert load(orchard, source).n_known == 74


@needs_real_data
def test_ten_generic_seeds_load(orchard: StudyVersion) -> None:
    assert load(orchard, real("oasst/test_generic_data.json")).n_messages == 10


REPORTS = [
    f"oasst/2023-03-01_theblackcat102_pythia-{size}-deduped-sft_sampling.json"
    for size in ("1b", "3b", "12b")
]


@needs_real_data
def test_a_project_starts_from_model_samples(orchard: StudyVersion) -> None:
    done = load(orchard, *map(real, REPORTS), state=TreeState.RANKING)
    assert done.n_trees == 100
    samples = Message.objects.exclude(parent=None)
    n_same = done.notes["outputs with the words of another"]
    assert samples.count() + n_same + done.notes["empty outputs"] == 2100
    assert set(samples.values_list("synthetic", flat=True)) == {True}
    assert len(set(samples.values_list("model_name", flat=True))) == 3
    assert Need.objects.filter(kind="rank_assistant_replies").count() > 90
    assert not Need.objects.exclude(kind="rank_assistant_replies").exists()


@needs_real_data
def test_another_models_samples_join_the_same_prompts(orchard: StudyVersion) -> None:
    load(orchard, real(REPORTS[0]), configs=["greedy"])
    done = load(orchard, real(REPORTS[1]), configs=["greedy"])
    assert (done.n_trees, done.n_known) == (0, 100)
    assert 0 < done.n_added <= 100
    assert set(Tree.objects.values_list("state", flat=True)) == {"backlog_ranking"}
    assert load(orchard, real(REPORTS[1]), configs=["greedy"]).n_added == 0


def test_a_file_with_one_fault_leaves_the_database_as_it_was(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    good = tree_line("11111111-1111-4111-8111-111111111111")
    bad = tree_line("22222222-2222-4222-8222-222222222222", text="a\x00b", created_date="soon")
    path = tmp_path / "trees.jsonl"
    path.write_text(f"{good}\n{bad}\n{{broken\n")
    with pytest.raises(DataError) as caught:
        load(orchard, path)
    words = str(caught.value)
    for word in (f"{path}:2", "NUL", "created_date", f"{path}:3"):
        assert word in words
    assert not Tree.objects.exists()


def tree_line(key: str, **fields: object) -> str:
    prompt = {"message_id": key, "text": "Why?", "role": "prompter", "replies": []} | fields
    return json.dumps({"message_tree_id": key, "prompt": prompt})


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ('[\n {"user_message_id": "a", "text": "x", "role": "king"}\n]', ":2: [0].role"),
        ('[{"user_message_id": "a", "parent_message_id": "b", "text": "x", "role": "prompter"}]',
         "parent_message_id"),
        ('[\n{"user_message_id": "a", "text": "x", "role": "prompter"},\n'
         '{"user_message_id": "a", "text": "y", "role": "prompter"}]', "first on line 2"),
        ('[{"user_message_id": "a"', "broken JSON"),
        ('[{"user_message_id": "a", "parent_message_id": "a", "text": "x", "role": "prompter"}]',
         "circle"),
    ],
)  # fmt: skip
def test_faults_of_seeds_name_their_place(
    orchard: StudyVersion, tmp_path: Path, seeds: str, words: str
) -> None:
    path = tmp_path / "seeds.json"
    path.write_text(seeds)
    with pytest.raises(DataError) as caught:
        load(orchard, path)
    assert words in str(caught.value)
    assert not Tree.objects.exists()


def test_a_report_that_is_none_is_a_fault(orchard: StudyVersion, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{\n"model_name": "m", "prompts": [{"prompt": 3, "results": []}]}')
    with pytest.raises(DataError, match=r"prompts\[0\]\.prompt"):
        load(orchard, path)


def test_an_imported_tree_in_the_midst_of_it_goes_on_growing(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    path = tmp_path / "trees.jsonl"
    record = json.loads(tree_line("33333333-3333-4333-8333-333333333333", review_result=True))
    record["tree_state"] = "growing"
    path.write_text(json.dumps(record))
    load(orchard, path)
    let_grow(people(orchard, 8), rounds=100)
    tree = Tree.objects.get(pk="33333333-3333-4333-8333-333333333333")
    assert tree.state == TreeState.READY_FOR_EXPORT.value


def test_another_study_may_hold_the_same_trees(orchard: StudyVersion, tmp_path: Path) -> None:
    from manyvoices.collect.studies.operations import publish_study

    path = tmp_path / "trees.jsonl"
    path.write_text(tree_line("44444444-4444-4444-8444-444444444444", review_result=True))
    load(orchard, path, state=TreeState.BACKLOG_RANKING)
    other = publish_study(spec=orchard.spec.model_copy(update={"id": "vineyard"}), now=NOW)
    assert load(other, path).n_trees == 1
    assert load(other, path).n_known == 1
    [tree] = written(other, tmp_path / "out")
    assert tree.message_tree_id == "44444444-4444-4444-8444-444444444444"


def wipe() -> None:
    Task.objects.all().delete()
    Tree.objects.all().delete()


def grown(version: StudyVersion) -> None:
    """Trees with reviews, rankings, passed over tasks, and a tie."""
    let_grow(people(version, 8), rounds=160, spam=0.1, drop=0.1, seed=5)


def native(version: StudyVersion, folder: Path, **options: Any) -> Path:
    export_trees(outlet_for(version.study, ALL, **options), folder, ("native",))
    return folder / "native.jsonl"


def test_native_files_come_back_with_every_review_ranking_step_and_state(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    """Defect 2.3-5 of Open-Assistant: an import dropped ranks, labels, depth and events."""
    grown(orchard)
    first = native(orchard, tmp_path / "first").read_text()
    n_rankings, n_needs = RankingGiven.objects.count(), _needs()
    wipe()
    done = load(orchard, tmp_path / "first" / "native.jsonl")
    assert done.n_rankings == n_rankings > 0
    again = native(orchard, tmp_path / "again").read_text()
    assert _plain(again) == _plain(first)
    # What was in somebody's hands is free again; nothing else differs.
    assert _needs().keys() >= n_needs.keys()


def _needs() -> dict[tuple[str, str], int]:
    rows = Need.objects.filter(message__isnull=False, seats__gt=0)
    return {(str(n.message_id), n.kind): n.seats for n in rows}


def _plain(text: str) -> list[Any]:
    """Records by tree. The order in which rows were made, and which tree key it had, may differ."""
    found = [json.loads(line) for line in text.splitlines()]
    for record in found:
        record["reviews"].sort(key=lambda r: json.dumps(r, sort_keys=True))
    return sorted(found, key=lambda record: record["tree"]["message_tree_id"])


def test_an_anonymised_export_comes_back_and_leaves_as_it_came(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    """Defects 3.4-6 and 2.3-2 of Open-Assistant: it could not read its own export again."""
    grown(orchard)
    path = native(orchard, tmp_path / "first", key=b"k" * 32, dates="relative")
    first = path.read_text()
    assert not {str(t.pk) for t in Tree.objects.all()} & set(first.split('"'))
    wipe()
    load(orchard, path)
    again = native(orchard, tmp_path / "again").read_text()
    assert _facts(again) == _facts(first)


def _facts(text: str) -> list[tuple[object, ...]]:
    """Of each message: its tree, parent, rank, labels, counts; no people."""
    found = []
    for tree in _trees(text):
        assert tree.message_tree_id == tree.prompt.message_id
        for message, parent in below(tree.prompt):
            above = parent.message_id if parent else ""
            # PostgreSQL keeps JSON, but not the order of its keys.
            counted = [sorted((x or {}).items()) for x in (message.labels, message.emojis)]
            facts = (message.rank, counted, message.review_count)
            found.append((tree.message_tree_id, message.message_id, above, str(facts)))
    return sorted(found)


def _trees(text: str) -> list[MessageTree]:
    import msgspec

    from manyvoices.schema.grown import GrownTree

    return [msgspec.json.decode(line, type=GrownTree).tree for line in text.splitlines()]


def test_whoever_withdrew_does_not_come_back_with_a_file(
    orchard: StudyVersion, tmp_path: Path
) -> None:
    grown(orchard)
    path = native(orchard, tmp_path / "first")
    author = Message.objects.filter(accepted=True, parent__isnull=False).first()
    assert author is not None
    assert author.author is not None
    person, text = author.author, author.text
    wipe()
    person.withdrawn_at = NOW
    person.save()
    done = load(orchard, path)
    assert done.notes["messages of people who withdrew: emptied"] >= 1
    assert not Message.objects.filter(text=text).exists()
    assert not Message.objects.filter(author=person).exists()
    assert not RankingGiven.objects.filter(participant=person).exists()
