"""Bots answer every kind of question, keep to quotas, meet screen-outs, and can be repeated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from manyvoices.design import Study, load_study
from manyvoices.design.survey import read_page
from manyvoices.io import read_native
from manyvoices.io.native import NativeRelease

STUDY = Path(__file__).parents[1] / "assets" / "studies" / "all_kinds" / "study.yaml"
N, SEED = 16, 3


class Played:
    """One rehearsal: what the bots sent, how it ended, and its release."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        db = f"sqlite:///{folder / 'r.sqlite3'}"
        script = str(Path(__file__).with_name("rehearse_recorded.py"))
        self._run(folder, script, str(STUDY), db, str(N), str(SEED), "noted.json")
        words = ("release", "--study", "all-kinds", "--out", "release", "--db", db)
        self._run(folder, "-m", "manyvoices", *words)
        self._run(folder, "-m", "manyvoices", "validate", "release")
        noted = json.loads((folder / "noted.json").read_text())
        self.outcome: dict[str, Any] = noted["outcome"]
        self.sent: dict[str, dict[str, list[list[str]]]] = noted["sent"]
        self.release: NativeRelease = read_native(folder / "release")
        self.prism = folder / "release" / "prism"

    def _run(self, folder: Path, *words: str) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("MANYVOICES_", "DJANGO_"))}
        done = subprocess.run(
            [sys.executable, *words],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(STUDY)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("kinds") / "first")


def told(values: dict[str, Any]) -> str:
    """A person's answers as one text that can be counted."""
    return json.dumps(values, sort_keys=True)


def as_read(study: Study, pages: dict[str, list[list[str]]]) -> str:
    """What the study's own rules read from the pages that a bot sent."""
    answers: dict[str, Any] = {}
    found: dict[str, Any] = {}
    ((stage, survey),) = study.surveys()
    for number, page in enumerate(survey.pages):
        fields = pages.get(f"/survey/{stage}/{number}/")
        if fields is None:
            break
        posted: dict[str, list[str]] = defaultdict(list)
        for name, value in fields:
            posted[name].append(value)
        result = read_page(page, posted, answers)
        assert not result.errors
        answers |= result.values
        found |= {q: [value, result.texts.get(q)] for q, value in result.values.items()}
    return told(found)


def test_the_release_holds_what_the_bots_answered(played: Played, study: Study) -> None:
    stored: dict[str, dict[str, Any]] = defaultdict(dict)
    kinds: Counter[str] = Counter()
    for answer in played.release.answers:
        stored[answer.participant_id][answer.question_id] = [answer.value, answer.texts]
        kinds[answer.kind] += answer.value is not None
    filled = Counter(as_read(study, pages) for pages in played.sent.values())
    assert Counter(told(answers) for answers in stored.values()) == filled
    asked = {q.kind for _, s in study.surveys() for page in s.pages for q in page.questions}
    assert set(kinds) == asked - {"info"}
    assert all(kinds.values())


def test_every_kind_has_its_column_in_prisms_form(played: Played, study: Study) -> None:
    rows = [json.loads(line) for line in (played.prism / "survey.jsonl").read_text().splitlines()]
    questions = [q for _, s in study.surveys() for page in s.pages for q in page.questions]
    for row in rows:
        assert {q.id for q in questions if q.kind != "info"} <= set(row)


def test_bots_hold_places_and_are_screened_out_by_the_studys_rules(played: Played) -> None:
    outcome = played.outcome
    assert outcome["faults"] == []
    assert outcome["completed"] + sum(outcome["out"].values()) == N
    answers = list(played.release.answers)
    hands = {a.participant_id: a.value for a in answers if a.question_id == "hand"}
    plays = {a.participant_id: a.value for a in answers if a.question_id == "plays"}
    finished = {p.participant_id for p in played.release.participants if p.completed_at}
    assert sum(hands[who] == "Left" for who in finished) == 3
    assert not any(plays[who] == "No" for who in finished)
    refused = [who for who in plays if plays[who] == "No"]
    assert outcome["out"]["screen_out"] == len(refused) > 0
    others = len(plays) - len(refused) - len(finished)
    assert outcome["out"].get("over_quota", 0) + outcome["out"].get("waiting", 0) == others > 0
    codes = outcome["completion_codes"]
    assert codes == {"KINDS-1": len(finished)}


def by_bot(played: Played) -> dict[str, list[Any]]:
    """The drawn orders, models, texts and ratings of whoever finished, known by their answers."""
    orders: dict[str, dict[str, Any]] = defaultdict(dict)
    for answer in played.release.answers:
        orders[answer.participant_id][answer.question_id] = [answer.value, answer.order]
    return {
        told(orders[talk.participant_id]): [
            [turn.seed, [(u.model, u.text, u.score, u.position) for u in turn.utterances]]
            for turn in talk.turns
        ]
        for talk in played.release.conversations
        if talk.finished_at
    }


def test_the_same_seed_repeats_what_the_server_draws(
    played: Played, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = Played(tmp_path_factory.mktemp("kinds") / "again")
    first, second = by_bot(played), by_bot(again)
    # Who finds a place depends on who comes first; whoever does in both has the same study.
    both = set(first) & set(second)
    assert len(both) >= 5
    assert {who: first[who] for who in both} == {who: second[who] for who in both}
