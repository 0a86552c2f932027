"""The chapter about words: what is counted, whom it is counted by, and what is never quoted."""

from __future__ import annotations

import builtins
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.language_use import Texts, Words, adjectives, texts_by_kind, words_chapter
from manyvoices.analyse.language_use.adjectives import pattern_tagger
from manyvoices.analyse.settings import Settings
from manyvoices.curate.describe_release import describe_release


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return read_dataset(folder)


def test_lengths_are_those_that_describe_gives(dataset: Dataset, folder: Path) -> None:
    theirs = {row.column: row for row in describe_release(folder).lengths}
    ours = {row.kind: row for row in words_chapter(dataset, Settings()).lengths}
    for kind in ("user_prompt", "model_response"):
        assert ours[kind].table == theirs[kind]
        assert ours[kind].words.mean == pytest.approx(theirs[kind].mean)


def test_a_prompt_counts_once_however_many_answers_it_got(dataset: Dataset) -> None:
    kinds = {one.kind: one for one in texts_by_kind(dataset)}
    n = dataset.utterances["interaction_id"].n_unique()
    assert len(kinds["user_prompt"].texts) == n
    assert len(kinds["model_response"].texts) == dataset.utterances.height


def test_the_result_can_be_kept(dataset: Dataset) -> None:
    found = words_chapter(dataset, Settings())
    assert isinstance(pickle.loads(pickle.dumps(found)), Words)


def planted(dataset: Dataset) -> Dataset:
    """Women write of gardens in their prompts, men of engines."""
    gender = dict(dataset.people.select("user_id", "gender").iter_rows())
    extra = {"Female": " gardens bloom", "Male": " engines roar"}
    talk = dataset.utterances
    prompts = [
        text + extra.get(gender[user], "")
        for text, user in zip(talk["user_prompt"], talk["user_id"], strict=True)
    ]
    return replace(dataset, utterances=talk.with_columns(user_prompt=pl.Series(prompts)))


def test_what_a_group_writes_of_is_found(tmp_path: Path) -> None:
    dataset = planted(read_dataset(write_release(tmp_path, Plan(n_people=80))))
    found = words_chapter(dataset, Settings(min_group=10))
    (gender,) = [field for field in found.by_group if field.column == "gender"]
    typical = {group.level: {word.word for word in group.words} for group in gender.groups}
    assert {"gardens", "bloom"} <= typical["Female"]
    assert {"engines", "roar"} <= typical["Male"]
    assert not typical["Female"] & typical["Male"]


def test_groups_that_write_alike_are_not_told_apart(dataset: Dataset) -> None:
    found = words_chapter(dataset, Settings(min_group=5))
    assert sum(group.n_surely for field in found.by_group for group in field.groups) <= 2


def test_another_data_set_is_compared_word_by_word(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "code.jsonl"
    path.write_text('{"prompt": "write python code for docker"}\n"more python"\n' * 20)
    found = words_chapter(dataset, Settings(compare=path)).elsewhere
    assert found is not None
    assert "python" in {word for word, _, _ in found.unique_there}
    assert {"python", "docker"} & {word.word for word in found.more_there}
    assert not found.people_there_known


def test_a_release_compared_with_itself_has_no_words_of_its_own(
    dataset: Dataset, folder: Path
) -> None:
    found = words_chapter(dataset, Settings(compare=folder)).elsewhere
    assert found is not None
    assert found.unique_here == found.unique_there == ()
    assert found.more_here == found.more_there == ()


def test_a_file_that_holds_no_texts_gives_a_note(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "battles.csv"
    path.write_text("a,b\n")
    found = words_chapter(dataset, Settings(compare=path))
    assert found.elsewhere is None
    assert any("battles.csv" in note for note in found.notes)


def written(texts: list[str], people: list[int], hidden: set[int] = frozenset()) -> Texts:  # type: ignore[assignment]
    quotable = tuple(i not in hidden for i in range(len(texts)))
    return Texts("open_feedback", "open feedback", texts, np.array(people), quotable)


def test_adjectives_come_with_windows_of_different_people() -> None:
    texts = written(
        ["It was a very honest answer to what I asked it .", "Be honest and kind please ."] * 3,
        [0, 1, 0, 2, 0, 3],
    )
    (first, *_) = adjectives(texts, pattern_tagger())
    assert (first.word, first.n_uses, first.n_people, first.most_by_one) == ("honest", 6, 4, 3)
    assert len(first.snippets) == 3
    assert {snippet.word for snippet in first.snippets} == {"honest"}
    assert sum(snippet.after == "answer to what I asked" for snippet in first.snippets) <= 1


def test_flagged_texts_are_counted_and_never_quoted() -> None:
    texts = written(
        ["My honest friend Ada Lovelace lives here .", "An honest reply ."], [0, 1], hidden={0}
    )
    (first, *_) = adjectives(texts, pattern_tagger())
    assert first.n_people == 2
    assert [snippet.after for snippet in first.snippets] == ["reply ."]


def test_words_of_the_question_are_no_findings() -> None:
    texts = replace(written(["An honest and clear reply ."], [0]), question="Was it clear?")
    assert [row.word for row in adjectives(texts, pattern_tagger())] == ["honest"]


def test_flags_of_the_release_reach_the_texts(dataset: Dataset) -> None:
    first = dataset.conversations["conversation_id"][0]
    flags = {"column_id": ["open_feedback"], "conversation_id": [first], "pii_flag": [True]}
    keys = ("user_id", "interaction_id", "utterance_id")
    metadata = pl.DataFrame(flags).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in keys)
    )
    talks = dataset.conversations.with_columns(open_feedback=pl.lit("An honest answer ."))
    marked = replace(dataset, conversations=talks, metadata=metadata)
    (feedback,) = [one for one in texts_by_kind(marked) if one.kind == "open_feedback"]
    assert feedback.quotable.count(False) == 1
    assert not feedback.quotable[0]


def test_without_the_tagger_the_chapter_says_so(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("textblob"):
            raise ImportError(name)
        return plain(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    found = words_chapter(dataset, Settings())
    assert found.adjectives == ()
    assert any("manyvoices[words]" in note for note in found.notes)
