"""``manyvoices power`` as a person meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from typer.testing import CliRunner

from manyvoices import cli


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, list(map(str, words)), prog_name="manyvoices"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("power") / "release", Plan(n_people=60))


def test_it_says_how_many_people_and_what_is_extrapolated(release: Path) -> None:
    code, out, _ = run("power", release, "--draws", "40", "--size", "30", "--size", "600")
    assert code == 0
    assert "alder told from birch with chance 80%" in out
    assert "60 of them are bots of a rehearsal" in out
    lines = [line for line in out.splitlines() if "replayed" in line or "extrapolated" in line]
    assert any("30" in line and "replayed" in line for line in lines)
    assert any("600" in line and "extrapolated" in line for line in lines)


def test_json_holds_the_answer_the_curve_and_the_groups(release: Path) -> None:
    code, out, _ = run("power", release, "--draws", "40", "--effect", "8", "--json",
                       "--group", "region")  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["n_people"] == 60
    assert document["needed"]["n_people"] > 0
    assert [one["extrapolated"] for one in document["sizes"]][-1] is True
    (group,) = document["groups"]
    assert (group["group"], group["effect"]) == ("North", 8.0)
    assert document["played"]


@pytest.mark.parametrize(
    ("target", "words"), [("tau 0.9", "tau 0.9"), ("width 0.02", "within 0.02")]
)
def test_targets_other_than_the_first_two(release: Path, target: str, words: str) -> None:
    code, out, _ = run("power", release, "--draws", "20", "--target", target, "--json")
    assert code == 0
    assert words in json.loads(out)["needed"]["target"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "be right"), "separate the first two"),
        (("--target", "tau 1.5"), "tau 0.9"),
        (("--group", "shoe"), "found 'shoe'"),
        (("--method", "elo"), "--method is one of"),
        (("--power", "1.5"), "between 0 and 1"),
        (("--effect", "0"), "above 0"),
    ],
)
def test_wrong_usage_is_named(release: Path, words: tuple[str, ...], said: str) -> None:
    code, _, err = run("power", release, "--draws", "20", *words)
    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


def test_a_release_with_too_few_people_is_at_fault(tmp_path: Path) -> None:
    small = write_release(tmp_path / "small", Plan(n_people=4))
    code, _, err = run("power", small)
    assert code == 1
    assert "10 people" in err
