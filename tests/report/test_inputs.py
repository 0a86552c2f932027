"""A report is made of releases, trees and rated tables; each is told by what is in it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.report.chapters import Computing, chapter
from tests.report.pages import Page

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.inputs import find_input
from manyvoices.report.making import Made, Wish, make_report, plan_report
from manyvoices.schema.errors import DataError

TREE = {
    "message_tree_id": "t",
    "tree_state": "ready_for_export",
    "prompt": {"message_id": "t", "text": "Why?", "role": "prompter", "lang": "en", "replies": []},
}
EVERY = ("study", "trees", "ratings")


def write_trees(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(TREE) + "\n")
    return path


def make(path: Path) -> tuple[Made, dict[str, Computing]]:
    counting = {kind: Computing() for kind in EVERY}
    wish = Wish(path, Settings(resampling=Resampling(n_resamples=5)), strict=True)
    chapters = [chapter(f"of-{kind}", counting[kind], takes=kind) for kind in EVERY]  # type: ignore[arg-type]
    return make_report(wish, plan_report(wish, chapters)), counting


def test_a_file_of_trees_gets_the_chapters_on_trees_alone(tmp_path: Path) -> None:
    path = write_trees(tmp_path / "some.jsonl")
    made, counting = make(path)
    assert [len(counting[kind].calls) for kind in EVERY] == [0, 1, 0]
    assert counting["trees"].calls == [path]
    page = Page(made.report.html)
    assert "some.jsonl" in page.text
    assert "OASST trees" in page.text
    assert [run.id for run in made.runs] == ["of-trees"]
    assert "one file alone" in page.text


def test_a_rated_table_gets_the_chapters_on_ratings_alone(tmp_path: Path) -> None:
    path = tmp_path / "rated.csv"
    path.write_text("item,rater,rating,gender\n1,a,3,f\n1,b,4,m\n")
    _, counting = make(path)
    assert [len(counting[kind].calls) for kind in EVERY] == [0, 0, 1]


def test_a_release_with_trees_and_conversations_gets_both(tmp_path: Path) -> None:
    release = write_release(tmp_path / "made-up", Plan(n_people=4))
    write_trees(release / "native" / "trees.jsonl")
    made, counting = make(release)
    assert [len(counting[kind].calls) for kind in EVERY] == [1, 1, 0]
    assert counting["trees"].calls == [release]
    assert made.result is not None


@pytest.mark.parametrize("packed", [False, True])
def test_a_release_of_trees_without_conversations_is_no_empty_study(
    tmp_path: Path, packed: bool
) -> None:
    release = write_release(tmp_path / "made-up", Plan(n_people=0, title="Grown together"))
    write_trees(release / "native" / "trees.jsonl")
    if packed:
        (release / "native" / "conversations.jsonl").unlink()
        with gzip.open(release / "native" / "conversations.jsonl.gz", "wb") as file:
            file.write(b"")
    made, counting = make(release)
    assert [len(counting[kind].calls) for kind in EVERY] == [0, 1, 0]
    assert "Grown together" in made.report.html
    assert "Nobody has taken part" not in made.report.html


def test_an_input_is_known_by_what_is_in_its_files(tmp_path: Path) -> None:
    release = write_release(tmp_path / "made-up", Plan(n_people=3))
    before = find_input(release).digest()
    assert find_input(release).digest() == before
    assert {file.name for file in find_input(release).files} >= {
        *("participants.jsonl", "conversations.jsonl", "manifest.json", "study.yaml"),
    }
    survey = release / "study" / "survey.yaml"
    survey.write_text(survey.read_text().replace("Where do you live?", "Where is home?"))
    assert find_input(release).digest() != before


@pytest.mark.parametrize(
    ("name", "line", "hint"),
    [
        ("battles.jsonl", {"model_a": "a", "model_b": "b", "winner": "a"}, "manyvoices rank"),
        ("pairs.jsonl", {"chosen": "a", "rejected": "b"}, "expected a release, trees"),
    ],
)
def test_what_no_chapter_takes_is_a_fault_that_says_what_to_do(
    tmp_path: Path, name: str, line: dict[str, str], hint: str
) -> None:
    path = tmp_path / name
    path.write_text(json.dumps(line) + "\n")
    with pytest.raises(DataError, match=hint):
        find_input(path)


def test_one_file_of_a_release_asks_for_its_folder(tmp_path: Path) -> None:
    release = write_release(tmp_path / "made-up", Plan(n_people=2))
    with pytest.raises(DataError, match="give the folder"):
        find_input(release / "native" / "conversations.jsonl")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        find_input(tmp_path / "nowhere")
