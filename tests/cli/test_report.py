"""`manyvoices report`: files, exit codes, what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from typer.testing import CliRunner, Result

from manyvoices import cli

pytest.importorskip("matplotlib", reason="the report needs the extra [analysis]")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["report", *words])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("releases") / "made-up", Plan(n_people=50))


def test_a_release_becomes_a_page_and_figures(release: Path, tmp_path: Path) -> None:
    done = run(str(release), "--out", str(tmp_path), "--resamples", "30")
    assert done.exit_code == 0, done.output
    assert "report.html" in done.stdout
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "A made-up study" in page
    assert "What is your gender?" in page
    assert "This response" in page
    assert "All 50 participants were simulated by a rehearsal" in page
    assert (tmp_path / "figures" / "leaderboard.svg").is_file()
    assert (tmp_path / "figures" / "leaderboard.png").is_file()


def test_the_same_command_twice_gives_the_same_files(release: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(str(release), "--out", str(tmp_path / name), "--resamples", "30", "--group", "region")
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("one", "two")
    )
    assert one == two
    assert len(one) > 8


def test_json_holds_the_headline_and_the_paths(release: Path, tmp_path: Path) -> None:
    words = ("--out", str(tmp_path), "--resamples", "30", "--seed", "3", "--group", "region")
    done = run(str(release), *words, "--json")
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert (printed["n_participants"], printed["n_simulated"]) == (50, 50)
    assert printed["leaderboard"]["rank_centrality"][0]["model"] == "alder"
    assert [group["field"] for group in printed["groups"]] == ["region"]
    assert printed["groups"][0]["groups"] == {"North": 25, "South": 25}
    assert Path(printed["report"]).is_file()
    assert all(Path(path).is_file() for path in printed["figures"])
    page = Path(printed["report"]).read_text(encoding="utf-8")
    assert "--group" in page
    assert str(release.parent) not in page


def test_an_unknown_group_is_a_fault_that_names_the_groups_there_are(
    release: Path, tmp_path: Path
) -> None:
    done = run(str(release), "--out", str(tmp_path), "--group", "shoe_size")
    assert done.exit_code == 1
    assert "one of gender, region, conversation_type, language" in done.stderr
    assert not (tmp_path / "report.html").exists()


def test_a_folder_that_is_no_release_is_a_fault_without_a_traceback(tmp_path: Path) -> None:
    done = run(str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert "native" in done.stderr
    assert "Traceback" not in done.output + done.stderr


def test_a_release_without_its_study_is_reported_in_codes(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "made-up", Plan(n_people=5))
    (folder / "study" / "study.yaml").unlink()
    done = run(str(folder), "--out", str(tmp_path / "out"), "--resamples", "5")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The release carries no study, so codes stand for questions." in page
    assert ">gender<" in page


def test_a_wrong_option_is_wrong_usage(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 2
    assert run(str(tmp_path), "--out", str(tmp_path), "--resamples", "0").exit_code == 2
