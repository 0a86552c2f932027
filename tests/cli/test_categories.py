"""The verb ``categories``, step by step, on a small release in PRISM's form."""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from manyvoices.cli import app

RUN = CliRunner()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    said = ["welsh", "Welsh ", "martian", "prefer not to say"]
    rows = [{"user_id": f"u{i}", "ethnicity": {"self_described": s}} for i, s in enumerate(said)]
    (folder / "survey.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("conversations", "utterances"):
        (folder / f"{name}.jsonl").write_text("")
    return folder


class _Endpoint(BaseHTTPRequestHandler):
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(body)
        message = {"role": "assistant", "content": "White"}
        answer = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []
    handler = type("Handler", (_Endpoint,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", asked
    server.shutdown()
    server.server_close()


def run(step: str, release: Path, *more: str) -> dict[str, Any]:
    result = _invoke(step, release, *more)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refusal(step: str, release: Path, *more: str, code: int) -> str:
    """What is said where the verb ends with `code`, its line breaks as blanks."""
    result = _invoke(step, release, *more)
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def _invoke(step: str, release: Path, *more: str) -> Any:
    folder = str(release.parent / "work")
    line = ["categories", step, str(release), "--field", "ethnicity", "--folder", folder, "--json"]
    return RUN.invoke(app, [*line, *more])


def fill(path: Path, groups: dict[str, str], **more: str) -> None:
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        rows, header = list(reader), list(reader.fieldnames or ())
    for row in rows:
        if row["text"] in groups:
            row |= {"group": groups[row["text"]], **more}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


def test_two_people_decide_and_the_rest_prefers_not_to_say(release: Path) -> None:
    for name in ("Ann", "Bo"):
        assert run("sheet", release, "--annotator", name)["texts"] == 2
    work = release.parent / "work"
    fill(work / "ethnicity-sheet-ann.csv", {"welsh": "White", "martian": "Other"})
    fill(work / "ethnicity-sheet-bo.csv", {"welsh": "White", "martian": "Prefer not to say"})
    found = run("merge", release, "--annotator", "Ann", "--annotator", "Bo")
    assert (found["agreed"], found["to_discuss"], found["decided"]) == (0.5, 1, 1)
    applied = run("apply", release)
    assert applied["White"] == 2
    assert applied["Prefer not to say"] == 2
    assert applied["undecided_people"] == 1
    fill(work / "ethnicity-discussion.csv", {"martian": "Other"}, decided_by="Ann and Bo")
    assert run("merge", release, "--annotator", "Ann", "--annotator", "Bo")["to_discuss"] == 0
    assert run("apply", release)["undecided_people"] == 0
    with (work / "ethnicity-people.csv").open() as file:
        people = {row["user_id"]: row["ethnicity_simplified"] for row in csv.DictReader(file)}
    assert people == {"u0": "White", "u1": "White", "u2": "Other", "u3": "Prefer not to say"}


def test_a_models_proposals_are_asked_for_once_and_decide_nothing(
    release: Path, endpoint: tuple[str, list[dict[str, Any]]]
) -> None:
    url, asked = endpoint
    found = run("propose", release, "--url", url, "--model", "m")
    assert (found["texts"], found["asked"], found["failed"]) == (2, 2, 0)
    assert {body["temperature"] for body in asked} == {0.0}
    assert run("propose", release, "--url", url, "--model", "m")["asked"] == 0
    assert run("apply", release)["Prefer not to say"] == 4
    run("sheet", release, "--annotator", "blind")
    run("sheet", release, "--annotator", "shown", "--with-proposal")
    work = release.parent / "work"
    assert "White" not in (work / "ethnicity-sheet-blind.csv").read_text()
    assert "White" in (work / "ethnicity-sheet-shown.csv").read_text()


def test_an_endpoint_that_is_not_there_is_counted_and_said(release: Path) -> None:
    found = run("propose", release, "--url", "http://127.0.0.1:9/v1", "--model", "m")
    assert found["failed"] == 2
    assert found["last_failure"]


def test_a_sheet_is_never_written_over(release: Path) -> None:
    run("sheet", release, "--annotator", "Ann")
    told = refusal("sheet", release, "--annotator", "Ann", code=1)
    assert "ethnicity-sheet-ann.csv: found a sheet, expected none" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["sheet"], "needs one --annotator"),
        (["merge", "--annotator", "Ann"], "needs --annotator twice"),
        (["propose"], "needs --url and --model"),
        (["sheet", "--annotator", "!"], "'!' has no letter or digit"),
        (["sheet", "--annotator", "Ann", "--field", "shoes"], "--groups FILE"),
    ],
)
def test_what_is_missing_is_wrong_usage(release: Path, line: list[str], said: str) -> None:
    step, *more = line
    assert said in refusal(step, release, *more, code=2)


def test_a_folder_that_is_no_release_is_the_inputs_fault(tmp_path: Path) -> None:
    told = refusal("apply", tmp_path / "none", code=1)
    assert "found no folder of that name, expected a release" in told
