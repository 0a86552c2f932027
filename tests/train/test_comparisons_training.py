"""A preference study's release is trained on from the command line: a reward model, and DPO."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.io.compared import comparison, exchange, preference_study
from tests.io.conftest import answer, person
from typer.testing import CliRunner

from manyvoices import cli

PEOPLE = [f"p{i}" for i in range(6)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people of two ages on eight prompts; short answers are mostly preferred."""
    records = [
        comparison(
            f"{who}-{i}", who, prompt_id=f"q{i}",
            order=[[1], [0]] if (i + at) % 4 == 0 else [[0], [1]],
            exchanges=[
                exchange(0, f"How is number {i} boiled?", [f"In {i} minutes.", "Slowly, " * 6])
            ],
        )
        for at, who in enumerate(PEOPLE) for i in range(8)
    ]  # fmt: skip
    answers = [
        answer(who, "age", "single", "18-24" if at < 3 else "65+") for at, who in enumerate(PEOPLE)
    ]
    people = [person(who) for who in PEOPLE]
    folder = tmp_path_factory.mktemp("study") / "release"
    return preference_study(folder, *records, participants=people, answers=answers)


@pytest.mark.parametrize("kind", ["reward", "dpo"])
def test_a_model_is_trained_on_what_people_preferred(
    study: Path, tmp_path: Path, kind: str
) -> None:
    config = tmp_path / "config.yaml"
    by = "evaluation: {by: [age], resamples: 20}\n" if kind == "reward" else ""
    config.write_text(
        f"data: {{path: {study}, split: {{share: 0.25}}}}\n"
        "model: {tiny: {hidden: 32, vocab: 300}}\n"
        f"out: {tmp_path / 'out'}\n"
        "optim: {max_steps: 2, batch_size: 2, lr: 0.001, max_length: 96}\n"
        f"{by}"
    )
    done = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, ["train", kind, str(config), "--json"], prog_name="manyvoices"
    )
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert (tmp_path / "out" / "model").is_dir()
    if kind == "reward":
        # Whose preferences it meets is told apart by what raters said of themselves.
        assert set(found["metrics"]["by"]["age"]) == {"18-24", "65+"}
