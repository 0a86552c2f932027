"""Configurations written to a file and run by the command line, as a user would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.design.comparisons.batch import Ask


@dataclass(frozen=True)
class Run:
    """A run of ``manyvoices evaluate next``."""

    out: Path
    asks: list[Ask]
    results: dict[str, Any]

    @property
    def readme(self) -> str:
        return (self.out / "README.md").read_text()

    def of(self, reason: str) -> list[Ask]:
        return [ask for ask in self.asks if ask.reason == reason]


Evaluate = Callable[..., Run]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """``evaluate(data, **settings)``; the configuration is a file beside the results."""

    def run(data: Path, name: str = "next", **settings: Any) -> Run:
        out = tmp_path / f"{name}-out"
        config = {"data": str(data), "out": str(out), "resamples": 50, **settings}
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config))
        result = CliRunner().invoke(cli.app, ["evaluate", "next", str(path), "--json"])
        assert result.exit_code == 0, (result.output, result.exception)
        lines = (out / "next_batch.jsonl").read_text().splitlines()
        printed = json.loads(result.stdout)
        return Run(out, [Ask.model_validate_json(line) for line in lines], printed)

    return run


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """What is said where a configuration cannot be run."""

    def run(data: Path, **settings: Any) -> str:
        path = tmp_path / "refused.yaml"
        path.write_text(yaml.safe_dump({"data": str(data), "out": str(tmp_path / "o"), **settings}))
        result = CliRunner().invoke(cli.app, ["evaluate", "next", str(path)])
        assert result.exit_code == 1, result.output
        return " ".join(result.stderr.split())

    return run
