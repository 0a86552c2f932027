"""Labels come from the study that a release carries."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.reading import read_release
from manyvoices.analyse.words import declines


def test_a_release_speaks_the_words_of_its_study(tmp_path: Path) -> None:
    seen: list[None] = []
    folder = write_release(tmp_path / "r", Plan(n_people=3))
    table = read_release(folder, on_conversation=lambda: seen.append(None))
    assert len(seen) == len(table.conversations) == 6
    words = table.words
    assert words.questions["survey", "gender"].label == "What is your gender?"
    assert words.questions["survey", "uses"].options[0] == ("w", "Work")
    assert words.questions["survey", "values"].anchors == ("Not at all", "Very much")
    assert words.types == {"unguided": "Anything you like", "values guided": "About values"}
    assert words.performance.items[0] == ("fluency", "was well written")
    assert words.score_anchors == ("Terrible", "Perfect")
    assert table.source.release_id == "made-up-1"
    assert len(table.source.manifest_sha256) == 64
    assert table.source.notes == ()


def test_a_study_that_cannot_be_loaded_costs_the_labels_and_says_so(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3))
    (folder / "study" / "study.yaml").write_text("manyvoices: 1\n", encoding="utf-8")
    table = read_release(folder)
    assert table.words.questions == {}
    assert "cannot be loaded" in table.source.notes[0]
    assert len(table.participants) == 3


def test_files_without_a_manifest_are_read_and_named_unfinished(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "r", Plan(n_people=3))
    (folder / "manifest.json").unlink()
    table = read_release(folder)
    assert table.source.release_id == "r"
    assert "not a finished release" in table.source.notes[0]


@pytest.mark.parametrize(
    ("label", "is_so"),
    [
        ("Prefer not to say", True),
        ("prefer_not_to_say", True),
        (" I prefer apples ", False),
        ("Female", False),
    ],
)
def test_declining_is_recognised_by_its_words(label: str, is_so: bool) -> None:
    assert declines(label) is is_so


CHOICES = """\
manyvoices: 1
id: choices
title: Choices
languages: [en]
stages:
  - consent: {text: consent.md, minimum_age: 18, withdrawal_days: 14}
  - survey: {questions: survey.yaml}
"""
CHOICE_SURVEY = """\
- title: Choices
  questions:
    - {id: agree, kind: likert, label: Rain is fine.}
    - {id: country, kind: country, label: "Where do you live?"}
    - id: order
      kind: ranking
      label: Which first?
      options: [{value: a, label: Apples}, {value: b, label: Bread}]
    - id: often
      kind: matrix
      label: How often?
      not_applicable: true
      items: [{id: work, label: At work}]
      options: [{value: n, label: Never}, {value: o, label: Often}]
"""


def test_every_kind_of_choice_has_its_labels() -> None:
    from manyvoices.analyse.words import study_words
    from manyvoices.design import read_study

    files = {"study.yaml": CHOICES, "survey.yaml": CHOICE_SURVEY, "consent.md": "You agree.\n"}
    words = study_words(read_study(files, "study.yaml"))
    asked = {name: found for (_survey, name), found in words.questions.items()}
    assert asked["agree"].options[0] == ("Strongly disagree", "Strongly disagree")
    assert ("DEU", "Germany") in asked["country"].options
    assert asked["order"].options == (("a", "Apples"), ("b", "Bread"))
    assert asked["often"].lines == (("work", "At work"),)
    assert asked["often"].options == (
        ("n", "Never"),
        ("o", "Often"),
        ("not_applicable", "Does not apply"),
    )
