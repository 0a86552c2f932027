"""The circle in miniature: bots play a study, a release is frozen, a reward model is trained and
judged, the preference study is analysed, what to ask next is written, and the study asks it.

Everything by the command line, as a team would. The models are tiny and the people few: what is
tested is that each step takes up what the step before it left.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import yaml
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.io import read_native
from manyvoices.llm import PERSONAS, ChatMessage, answer
from manyvoices.schema import Comparison, Conversation

pytest.importorskip("torch", reason="the extra train is not installed")

BOTS = 12
STUDY = """\
manyvoices: 1
id: circle
title: Which answers do you like?
languages: [en]
recruitment: {provider: open, completion_code: ROUND}
stages:
  - consent: {text: "You agree to take part in a study made up for a test."}
  - survey: {questions: survey.yaml}
  - conversations:
      types: {unguided: 1}
      opening: {responders: 3}
      continuing: {responses: 2, turns: [1, 1]}
  - comparisons: {source: outputs, count: 6, baseline: older, prompts: prompts.jsonl, outputs: outputs.jsonl}
models: models.yaml
"""  # noqa: E501 (one stage to a line)
SURVEY = """\
- title: You
  questions:
    - {id: gender, kind: single, label: "What is your gender?", options: [Female, Male], required: true}
"""  # noqa: E501
WROTE = {"ours": "careful", "older": "plain", "other": "brief"}
QUESTIONS = ("How do I mend a bicycle tyre?", "Plan a quiet Sunday.", "Why is bread stale?",
             "Which tent is good in rain?")  # fmt: skip


def write_study(folder: Path) -> Path:
    folder.mkdir()
    (folder / "study.yaml").write_text(STUDY)
    (folder / "survey.yaml").write_text(SURVEY)
    models = [
        {"id": name, "provider": "scripted", "persona": name}
        for name in ("brief", "careful", "essayist", "plain")
    ]
    (folder / "models.yaml").write_text(yaml.safe_dump(models))
    prompts = [
        {"id": f"p{n}", "text": text, "category": ("home", "out")[n % 2]}
        for n, text in enumerate(QUESTIONS)
    ]
    outputs = [
        {"prompt": prompt["id"], "model": model, "text": said(persona, prompt["text"])}
        for prompt in prompts
        for model, persona in WROTE.items()
    ]
    for name, rows in (("prompts", prompts), ("outputs", outputs)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "study.yaml"


def said(persona: str, text: str) -> str:
    return answer(PERSONAS[persona], [ChatMessage("user", text)], seed=1).text


@dataclass
class Folder:
    """A working folder with one database, in which commands are run."""

    path: Path
    db: str
    printed: dict[str, Any] = field(default_factory=dict)

    def serve(self, *words: str | Path) -> dict[str, Any]:
        """A command that sets up Django, in a process of its own; what it prints as JSON."""
        unset = ("MANYVOICES_", "DJANGO_")
        done = subprocess.run(
            [sys.executable, "-m", "manyvoices", *map(str, words), "--db", self.db, "--json"],
            cwd=self.path,
            env={k: v for k, v in os.environ.items() if not k.startswith(unset)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    def run(self, verb: str, kind: str, name: str, **config: Any) -> dict[str, Any]:
        """A configuration, written and run; what it prints as JSON."""
        path = self.path / f"{name}.yaml"
        path.write_text(yaml.safe_dump({"out": name, **config}))
        result = CliRunner().invoke(cli.app, [verb, kind, str(path), "--json"])
        assert result.exit_code == 0, (result.output, result.exception)
        printed: dict[str, Any] = json.loads(result.stdout)
        return printed

    def rehearse(self, study: Path, *more: str | Path) -> dict[str, Any]:
        words = ("--participants", str(BOTS), "--workers", "1", *more)
        outcome = self.serve("rehearse", study, *words)
        assert outcome["completed"] == BOTS, outcome["faults"]
        return outcome

    def release(self, name: str) -> Path:
        self.serve("release", "--study", "circle", "--out", name)
        return self.path / name


def first_and_second(
    before: Path, after: Path
) -> tuple[list[Comparison], list[Comparison], list[Conversation]]:
    """The comparisons of the first release, and what the second has beyond the first."""
    old, new = read_native(before), read_native(after)
    last = max(person.started_at for person in old.participants)
    late = {p.participant_id for p in new.participants if p.started_at > last}
    return (
        list(old.comparisons),
        [one for one in new.comparisons if one.participant_id in late],
        [one for one in new.conversations if one.participant_id in late],
    )


def test_what_a_round_finds_is_what_the_next_round_asks(tmp_path: Path, database_url: str) -> None:
    folder = Folder(tmp_path, database_url)
    study = write_study(tmp_path / "study")

    played = folder.rehearse(study, "--win-rate", "ours=0.483")
    assert played["comparisons"] == 6 * BOTS
    planted = {one["model"]: one["everyone"] for one in played["plan"]["win_rates"]}
    assert planted["ours"] == 0.483
    first = folder.release("release-1")

    trained = folder.run(
        "train", "reward", "reward",
        data={"path": str(first), "filters": {"allow_simulated": True}, "split": {"share": 0.3}},
        model={"tiny": {"hidden": 32, "layers": 1, "heads": 4, "vocab": 512}},
        optim={"max_steps": 3, "batch_size": 2, "max_length": 192},
        evaluation={"resamples": 20},
    )  # fmt: skip
    judged = folder.run(
        "evaluate", "reward", "judged",
        model={"path": str(Path(trained["out"]) / "model"), "max_length": 192},
        data={"first": {"path": str(first), "filters": {"allow_simulated": True}}},
        part="all", resamples=20,
    )  # fmt: skip
    assert judged["model"]["n_groups"] > 0
    folder.run(
        "evaluate", "preference", "preferred", data=str(first), baseline="older", simulated=True
    )
    following = folder.run(
        "evaluate", "next", "next",
        data=str(first), study=str(study), simulated=True, n=6 * BOTS, resamples=50,
        others={"reward": "judged/groups.jsonl", "preference": "preferred/results.json"},
        disagreement={"permutations": 99},
    )  # fmt: skip
    assert following["asked"] == 6 * BOTS
    assert all("older" in ask["models"] for ask in following["asks"] if ask.get("models"))

    batch = tmp_path / "next" / "next_batch.jsonl"
    steered = folder.rehearse(study, "--next-batch", batch, "--seed", "1")
    assert steered["plan"]["study_digest"] != played["plan"]["study_digest"]
    old, new, talks = first_and_second(first, folder.release("release-2"))

    assert {one.assigned_because for one in old} == {"balance"}
    why = Counter(one.assigned_because for one in new)
    reasons = {ask["reason"] for ask in following["asks"]}
    assert len(new) == 6 * BOTS
    assert set(why) <= reasons | {"exploration", "balance"}
    assert why["uncertainty"] > 0
    assert sum(why[reason] for reason in reasons) > len(new) / 2
    assert {turn.assigned_because for talk in talks for turn in talk.turns} == {None}
    assert "assignment" in (tmp_path / "release-2" / "study" / "study.yaml").read_text()


def test_openings_are_steered_too_and_their_turns_say_why(
    tmp_path: Path, database_url: str
) -> None:
    """The same study's other stage, with the short form that `aggregate` writes."""
    folder = Folder(tmp_path, database_url)
    study = write_study(tmp_path / "study")
    batch = tmp_path / "next_batch.jsonl"
    ask = {"schema_version": "1", "models": ["brief", "essayist"], "reason": "information",
           "expected_reduction": 0.01}  # fmt: skip
    batch.write_text(json.dumps(ask | {"n": BOTS}) + "\n")
    folder.rehearse(study, "--next-batch", batch, "--stage", "conversations")
    release = read_native(folder.release("release"))
    openings = [talk.turns[0] for talk in release.conversations]
    why = Counter(turn.assigned_because for turn in openings)
    assert set(why) == {"information", "exploration"}
    for turn in openings:
        shown = {utterance.model for utterance in turn.utterances}
        assert turn.assigned_because != "information" or {"brief", "essayist"} <= shown
