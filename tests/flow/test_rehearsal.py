"""Rehearsals end to end: the command and its server, bots on real pages, release, ranks, report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import kendalltau

from manyvoices.aggregate import Battles, fit
from manyvoices.collect.rehearsal.browser import NoBrowser, find_chromium
from manyvoices.design.templates import demo_path
from manyvoices.io import read_native
from manyvoices.schema.errors import MissingExtraError

SMALL = Path(__file__).parents[1] / "assets" / "studies" / "small" / "study.yaml"

on_sqlite_only = pytest.mark.skipif(
    bool(os.environ.get("MANYVOICES_TEST_DATABASE_URL")),
    reason="what bots prefer, and what is made of a release, does not depend on the database",
)


@dataclass(frozen=True)
class Folder:
    """A working folder with a database, and the command run in it."""

    path: Path
    db: str

    def run(self, *words: str | Path, code: int = 0) -> str:
        """Standard output of ``manyvoices words``."""
        unset = ("MANYVOICES_", "DJANGO_")
        done = subprocess.run(
            [sys.executable, "-m", "manyvoices", *map(str, words)],
            cwd=self.path,
            env={k: v for k, v in os.environ.items() if not k.startswith(unset)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def rehearse(self, study: Path, participants: int, *more: str) -> dict[str, Any]:
        words = ["--participants", str(participants), "--db", self.db, "--json", *more]
        outcome: dict[str, Any] = json.loads(self.run("rehearse", study, *words))
        return outcome

    def release(self, study: str) -> Path:
        self.run("release", "--study", study, "--out", "release", "--db", self.db)
        return self.path / "release"


@pytest.fixture
def folder(tmp_path: Path, database_url: str) -> Folder:
    path = tmp_path / "work"
    path.mkdir()
    return Folder(path, database_url)


def test_twelve_bots_complete_the_small_study_and_every_row_is_simulated(folder: Folder) -> None:
    outcome = folder.rehearse(SMALL, 12, "--seed", "5")
    assert outcome["completed"] == outcome["participants"] == 12
    assert outcome["faults"] == []
    assert outcome["conversations"] == 24
    assert outcome["missing_answers"] == 0
    assert outcome["completion_codes"] == {"SMALL-1": 12}

    planted = json.loads((folder.path / outcome["plan_file"]).read_text())
    assert planted == outcome["plan"]
    assert planted["simulated"] is True

    release = read_native(folder.release("small"))
    people = list(release.participants)
    assert len(people) == 12
    assert all(person.simulated and person.status == "complete" for person in people)
    answers = list(release.answers)
    assert all(answer.simulated for answer in answers)
    conversations = list(release.conversations)
    assert len(conversations) == 24
    for conversation in conversations:
        assert conversation.simulated
        assert conversation.finished_at is not None
        for turn in conversation.turns:
            assert all(utterance.score is not None for utterance in turn.utterances)
    turns = sum(len(conversation.turns) for conversation in conversations)
    assert outcome["turns"] == turns

    members = [a.participant_id for a in answers if a.value in planted["group"]["values"]]
    assert len(set(members)) == planted["group"]["participants"] == 6
    # Not everybody fills in everything, and not everything applies to everybody.
    optional = [a.value for a in answers if a.question_id == "self_description"]
    assert all(value is None or len(value) <= 500 for value in optional)
    assert "simulated" in folder.run("validate", "release")


@on_sqlite_only
def test_the_report_of_a_rehearsal_says_that_nobody_real_took_part(folder: Folder) -> None:
    pytest.importorskip("matplotlib")
    folder.rehearse(SMALL, 4)
    folder.release("small")
    folder.run("report", "release", "--out", "report", "--resamples", "20")
    text = (folder.path / "report" / "report.html").read_text()
    assert "simulated" in text


def test_a_study_with_a_fault_is_refused_before_anything_is_stored(folder: Folder) -> None:
    broken = folder.path / "study.yaml"
    broken.write_text("manyvoices: 1\nid: broken\n")
    folder.run("rehearse", broken, code=1)
    assert list(folder.path.iterdir()) == [broken]


def test_without_a_database_a_rehearsal_keeps_to_a_file_of_its_own(tmp_path: Path) -> None:
    here = Folder(tmp_path, "")
    printed = here.run("rehearse", SMALL, "-n", "1", "--out", "plan.json")
    assert "1 of 1 bot came to the end" in printed
    assert (tmp_path / "rehearsal.sqlite3").exists()
    assert not (tmp_path / "manyvoices.sqlite3").exists()
    assert json.loads((tmp_path / "plan.json").read_text())["participants"] == 1


@pytest.mark.browser
def test_one_participant_more_plays_by_mouse_and_keyboard(folder: Folder) -> None:
    try:
        find_chromium()
    except (NoBrowser, MissingExtraError) as missing:
        pytest.skip(str(missing))
    outcome = folder.rehearse(SMALL, 1, "--browser")
    assert outcome["faults"] == []
    assert outcome["completed"] == 2
    folder_of_pictures = folder.path / outcome["screenshots"]
    pictures = sorted(path.name for path in folder_of_pictures.glob("*.png"))
    assert pictures[0].startswith("001-")
    assert pictures[-1].endswith("-end.png")
    people = list(read_native(folder.release("small")).participants)
    assert [person.simulated for person in people] == [True, True]


def tau(first: Sequence[str], second: Sequence[str]) -> float:
    models = sorted(first)
    places = [[list(order).index(model) for model in models] for order in (first, second)]
    return float(kendalltau(*places).statistic)


def order(battles: Battles) -> list[str]:
    """Models, best first."""
    ratings = fit(battles, "rank_centrality")
    return [model for _score, model in sorted(zip(-ratings.scores, ratings.models, strict=True))]


@pytest.mark.slow
@on_sqlite_only
def test_what_two_hundred_bots_prefer_comes_out_of_the_release_overall_and_by_group(
    folder: Folder,
) -> None:
    outcome = folder.rehearse(demo_path(), 200, "--seed", "0", "--workers", "2")
    assert outcome["faults"] == []
    assert outcome["completed"] == 200
    release = folder.release("demo")

    battles = Battles.from_release(release, groups=["gender"])
    plan = outcome["plan"]
    assert tau(order(battles), plan["orders"]["everyone"]) >= 0.8

    genders = battles.groups["gender"]
    member = genders == plan["group"]["values"][0]
    clearest = plan["flips"][0]
    first, second = clearest["group_prefers"], clearest["others_prefer"]
    group, others = order(battles.select(member)), order(battles.select(~member))
    assert group.index(first) < group.index(second)
    assert others.index(first) > others.index(second)
