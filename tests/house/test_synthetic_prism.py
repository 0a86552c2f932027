"""The synthetic PRISM that benchmarks and tests of curation stand on has the published counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from benchmarks.synthetic.golden import read_golden
from benchmarks.synthetic_prism import write_synthetic
from tests.real_data import needs_real_data

from manyvoices.io import validate

pytestmark = needs_real_data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("synthetic")
    counts = write_synthetic(made, seed=3)
    expected = {"survey": 1500, "conversations": 8011, "utterances": 68_371, "metadata": 106_554}
    assert counts == expected
    return made


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").open()]


def test_its_four_files_are_valid_prism(folder: Path) -> None:
    assert validate(folder, "prism").ok


def test_every_categorical_survey_variable_has_the_published_counts(folder: Path) -> None:
    golden, survey = read_golden(), rows(folder, "survey")
    for name in ("age", "gender", "education", "marital_status", "lm_direct_use", "survey_only"):
        expected = {str(value): n for value, n in golden.counts("survey", name).items()}
        assert Counter(str(row[name]) for row in survey) == expected, name
    for name in ("religion", "ethnicity"):
        expected = golden.counts("survey", f"{name}_simplified")
        assert Counter(row[name]["simplified"] for row in survey) == expected


def test_the_balanced_subset_would_hold_6696_conversations_of_1246_people(folder: Path) -> None:
    kinds: dict[str, Counter[str]] = {}
    for row in rows(folder, "conversations"):
        kinds.setdefault(row["user_id"], Counter())[row["conversation_type"]] += 1
    whole = [min(found.values()) for found in kinds.values() if len(found) == 3]
    assert (len(whole), 3 * sum(whole)) == (1246, 6696)


def test_turns_openings_and_choices_are_as_many_as_published(folder: Path) -> None:
    answers = rows(folder, "utterances")
    assert len({row["interaction_id"] for row in answers}) == 27_172
    assert sum(row["turn"] == 0 for row in answers) == 30_049
    assert sum(row["if_chosen"] for row in answers) == 27_172


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_synthetic(tmp_path / name, seed=1, share=0.02)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
