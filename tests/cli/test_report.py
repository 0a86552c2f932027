"""`manyvoices report`: files, exit codes, what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.report.chapters import Computing, chapter
from typer.testing import CliRunner, Result

from manyvoices import cli
from manyvoices.report import sections
from manyvoices.report.first_pages import FIRST_PAGES

pytest.importorskip("matplotlib", reason="the report needs the extra [analysis]")

ONE = ("--resamples", "10", "--only", "glance")
FIRST = [word for page in FIRST_PAGES for word in ("--only", page)]
"""The first pages alone: what the chapters say is tested with them."""


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["report", *words])


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("releases") / "made-up", Plan(n_people=50))


def test_a_release_becomes_a_page_and_figures(release: Path, tmp_path: Path) -> None:
    done = run(str(release), "--out", str(tmp_path), "--resamples", "30", *FIRST)
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
        run(
            str(release),
            "--out",
            str(tmp_path / name),
            "--resamples",
            "30",
            "--group",
            "region",
            *FIRST,
        )
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in ("one", "two")
    )
    assert one == two
    assert len(one) > 8


def test_json_holds_the_headline_and_the_paths(release: Path, tmp_path: Path) -> None:
    words = (
        "--out",
        str(tmp_path),
        "--resamples",
        "30",
        "--seed",
        "3",
        "--group",
        "region",
        *FIRST,
    )
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
    done = run(str(release), "--out", str(tmp_path), "--group", "shoe_size", *FIRST)
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
    done = run(str(folder), "--out", str(tmp_path / "out"), "--resamples", "5", *FIRST)
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "The release carries no study, so codes stand for questions." in page
    assert ">gender<" in page


def test_a_wrong_option_is_wrong_usage(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 2
    assert run(str(tmp_path), "--out", str(tmp_path), "--resamples", "0").exit_code == 2


def test_the_second_report_takes_everything_from_the_cache(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANYVOICES_CACHE", str(tmp_path / "cache"))
    words = (str(release), "--out", str(tmp_path / "out"), *ONE, "--json")
    first, second = (json.loads(run(*words).stdout)["chapters"] for _ in range(2))
    assert [one["from_cache"] for one in first] == [False]
    assert [one["from_cache"] for one in second] == [True]
    assert second[0]["seconds"] >= 0
    assert second[0]["peak_bytes"] > 1_000_000
    run(*words, "--no-cache")
    again = json.loads(run(*words, "--no-cache").stdout)["chapters"]
    assert [one["from_cache"] for one in again] == [False]


def test_what_each_chapter_took_is_printed_where_the_result_is_not(
    release: Path, tmp_path: Path
) -> None:
    done = run(str(release), "--out", str(tmp_path), *ONE)
    assert done.stdout.strip() == str(tmp_path / "report.html")
    assert "Peak memory" in done.stderr
    assert "First pages" in done.stderr


def test_only_and_compare_are_in_the_command_that_remakes_the_report(
    release: Path, tmp_path: Path
) -> None:
    done = run(str(release), "--out", str(tmp_path), *ONE, "--only", "scores")
    assert done.exit_code == 0, done.stderr
    command = json.loads((tmp_path / "report.json").read_text())["command"]
    assert command == (
        "manyvoices report made-up --out report --only glance --only scores --resamples 10 --seed 0"
    )


def test_an_unknown_chapter_is_a_fault_that_lists_those_there_are(
    release: Path, tmp_path: Path
) -> None:
    done = run(str(release), "--out", str(tmp_path / "out"), "--only", "horoscope")
    assert done.exit_code == 1
    assert "--only: found 'horoscope', expected one of glance, people, scores" in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_broken_chapter_costs_neither_the_others_nor_the_truth(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = chapter("bad", Computing(error=ZeroDivisionError("by nothing")))
    monkeypatch.setattr(sections, "chapters", lambda: (bad, chapter("good")))
    words = ("--resamples", "10", "--only", "bad", "--only", "good", "--no-cache")
    done = run(str(release), "--out", str(tmp_path), *words)
    assert done.exit_code == 1
    assert "The chapter “Chapter bad” (bad) failed: ZeroDivisionError: by nothing" in done.stderr
    assert "Traceback" not in done.stderr
    page = (tmp_path / "report.html").read_text()
    assert "This chapter failed" in page
    assert "More of good-bars than of anything else" in page
    assert "Traceback" in (tmp_path / "report-faults.log").read_text()
    monkeypatch.setattr(sections, "chapters", lambda: (chapter("bad"), chapter("good")))
    assert run(str(release), "--out", str(tmp_path), *words).exit_code == 0
    assert not (tmp_path / "report-faults.log").exists()
