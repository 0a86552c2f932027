"""A preference study's release at the command line: ranked, agreed upon, validated, converted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_rank import run
from tests.io.compared import comparison, exchange, preference_study
from tests.io.conftest import conversation, person, turn, utterance

from manyvoices.io import write_comparisons, write_native
from manyvoices.schema import Comparison

PEOPLE = [f"p{i}" for i in range(8)]


def votes() -> list[Comparison]:
    """Eight people on six prompts of two categories: ash mostly wins on cooking, birch on law."""
    made = []
    for i, who in enumerate(PEOPLE):
        for j in range(6):
            category = ("cooking", "law")[j % 2]
            models = ["ash", "birch"] if (i + j) % 2 else ["birch", "ash"]
            better = "ash" if (category == "cooking") ^ (i in (0, 1)) else "birch"
            place = models.index(better)
            made.append(comparison(
                f"{who}-{j}", who, models=models, prompt_id=f"q{j}", category=category,
                order=[[place], [1 - place]],
            ))  # fmt: skip
    return [
        *made,
        comparison("late", "p0", models=["ash", "birch"], quarantined=["too_fast"]),
        comparison("open", "p0", models=["ash", "birch"], verdict=None),
    ]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    people = [person(name) for name in PEOPLE]
    return preference_study(tmp_path / "release", *votes(), participants=people, answers=[])


def test_a_preference_study_is_ranked_by_its_folder_and_by_category(study: Path) -> None:
    code, out, _ = run("rank", study, "--group", "category", "--resamples", 50)
    assert code == 0
    assert "48 battles (0 ties), 8 participants, 2 models" in out
    assert "Excluded: 1 set aside (too_fast), 1 not judged" in out
    assert "category: cooking: 24 battles" in out
    assert "category: law: 24 battles" in out


def test_the_document_says_what_was_read(study: Path) -> None:
    code, out, _ = run("rank", study, "--json", "--resamples", 0, "--group", "category")
    found = json.loads(out)
    assert (code, found["source"], found["n_by_source"]) == (0, "comparisons", {"comparisons": 48})
    assert found["tie_threshold"] is None
    first = {
        name: part["tables"][0]["models"][0]["model"] for name, part in found["groups"].items()
    }
    assert first == {"cooking": "ash", "law": "birch"}


def test_votes_set_aside_are_counted_in_by_an_option(study: Path) -> None:
    code, out, _ = run("rank", study, "--json", "--resamples", 0, "--set-aside")
    found = json.loads(out)
    assert (code, found["n_battles"], found["excluded"]) == (0, 49, {"not judged": 1})


def both(folder: Path) -> Path:
    talks = [
        conversation(f"t{name}", name, [turn(0, [
            utterance(f"{name}a", 0, "One.", model="ash", score=90, chosen=True),
            utterance(f"{name}b", 1, "Two.", model="birch", score=10),
        ])]) for name in PEOPLE
    ]  # fmt: skip
    people = [person(name) for name in PEOPLE]
    write_native(folder, conversations=talks, participants=people, answers=[])
    write_comparisons(folder, votes())
    return folder


def test_a_release_with_both_says_so_and_one_can_be_taken(tmp_path: Path) -> None:
    folder = both(tmp_path / "release")
    code, out, _ = run("rank", folder, "--resamples", 20)
    assert code == 0
    assert "Both kinds of judgement: 8 battles of conversations, 48 of comparisons" in out
    for source, n in (("conversations", 8), ("comparisons", 48), ("both", 56)):
        _, out, _ = run("rank", folder, "--source", source, "--json", "--resamples", 0)
        assert json.loads(out)["n_battles"] == n
    code, _, _ = run("rank", folder, "--sensitivity", "--resamples", 20, "--group", "source")
    assert code == 0
    code, out, _ = run("rank", folder, "--method", "mean_score", "--json", "--resamples", 0)
    assert json.loads(out)["tables"][0]["models"][0]["model"] == "ash"


def test_a_source_of_something_else_is_wrong_usage(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text('{"model_a": "x", "model_b": "y", "winner": "model_a", "judge": "j"}\n')
    code, _, err = run("rank", path, "--source", "comparisons")
    assert (code, "--source is of a native release" in err) == (2, True)
    code, _, err = run("rank", study, "--source", "trees")
    assert (code, "conversations, comparisons or both" in err) == (2, True)


def test_judges_of_the_same_prompts_agree_or_not(study: Path) -> None:
    code, out, _ = run("agree", study, "--resamples", 50)
    assert code == 0
    assert "8 judges, 48 judgements, 6 units" in out
    assert "A unit is one stage x prompt_id x models (pair)" in out
    assert "Krippendorff's alpha (nominal)" in out
    assert "Left side wins 0.5000 of 48 decided" in out


def test_prompts_of_ones_own_are_judged_by_one_person_each(tmp_path: Path) -> None:
    records = [
        comparison("a", prompt_id=None, source="arena", exchanges=[exchange(0, "Hi", ["a", "b"])]),
        comparison("b", prompt_id=None, source="arena", verdict="tie"),
    ]
    folder = preference_study(tmp_path / "r", *records)
    code, out, _ = run("agree", folder, "--resamples", 0)
    assert code == 0
    assert "No agreement to measure: people brought their own prompts" in out


def test_the_release_is_validated_and_converted_by_the_same_names(
    study: Path, tmp_path: Path
) -> None:
    code, out, _ = run("convert", study, tmp_path / "battles.jsonl", "--to", "arena")
    assert code == 0
    assert "comparisons set aside: too_fast" in out
    code, out, _ = run("rank", tmp_path / "battles.jsonl", "--group", "category", "--resamples", 0)
    assert (code, "category: law: 24 battles" in out) == (0, True)
    code, out, _ = run("validate", study / "native" / "comparisons.jsonl")
    assert (code, "native-comparisons" in out) == (0, True)


def test_a_file_of_comparisons_alone_is_ranked_and_agreed_upon(study: Path) -> None:
    path = study / "native" / "comparisons.jsonl"
    code, out, _ = run("rank", path, "--group", "category", "--resamples", 20)
    assert code == 0
    assert "48 battles (0 ties), 8 participants, 2 models" in out
    assert "Excluded: 1 set aside (too_fast), 1 not judged" in out
    code, out, _ = run("rank", path, "--group", "age")
    assert code == 2
    code, out, _ = run("agree", path, "--resamples", 20)
    assert (code, "8 judges, 48 judgements, 6 units" in out) == (0, True)
    assert "Left side wins 0.5000 of 48 decided" in out
