"""A server that is killed, a model that hangs: nothing that was acknowledged is lost."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.serving import ASSETS, PATIENCE_S, Server, Visitor

SMALL = ASSETS / "studies" / "small" / "study.yaml"
PAGE_1 = {"q-familiarity": "Somewhat", "q-usecases": ["fun"], "q-self_description": "I like tea."}
PAGE_2 = {"q-stated_prefs-safety": "80", "q-stated_prefs-creativity": "20", "q-gender": "Female"}
PLACE = "/s/small/talk/2/1/"


def _until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.1)


def _answered(visitor: Visitor) -> int:
    return len(set(re.findall(r'data-name="score-(\d+)"', visitor.get(PLACE))))


def _enter(visitor: Visitor) -> None:
    visitor.get("/s/small/")
    visitor.post("/s/small/", {"agree": "1", "age": "1", "entry": visitor.hidden("entry")})


@pytest.mark.slow
def test_a_server_killed_after_every_step_loses_nothing_that_it_acknowledged(
    make_server: Callable[[Path], Server],
) -> None:
    server = make_server(SMALL)
    visitor = Visitor(server.url)

    def rate(turn: int, n: int) -> None:
        _until(lambda: _answered(visitor) == n, f"{n} answers in turn {turn}")
        scores = {f"score-{position}": 40 + position for position in range(n)}
        visitor.post(PLACE, {"action": "rate", "turn": turn} | scores)

    def draft() -> None:
        body = {"fields": {"feedback": ["Almost lost"]}}
        path = "/s/small/draft/talk-2-1-feedback/"
        assert visitor.post_json(path, json.dumps(body).encode()) == 200

    steps: list[tuple[Callable[[], object], str]] = [
        (lambda: _enter(visitor), "/s/small/survey/1/0/"),
        (lambda: visitor.post("/s/small/survey/1/0/", PAGE_1), "/s/small/survey/1/1/"),
        (lambda: visitor.post("/s/small/survey/1/1/", PAGE_2), "/s/small/talk/2/"),
        (lambda: visitor.post("/s/small/talk/2/", {"type": "unguided", "number": 1}), PLACE),
        (lambda: visitor.post(PLACE, {"action": "prompt", "turn": 0, "prompt": "Hello"}), PLACE),
        (lambda: rate(0, 4), PLACE),
        (lambda: visitor.post(PLACE, {"action": "prompt", "turn": 1, "prompt": "More"}), PLACE),
        (lambda: rate(1, 2), PLACE),
        (lambda: visitor.post(PLACE, {"action": "finish", "turn": 2}), f"{PLACE}attributes/"),
        (
            lambda: visitor.post(f"{PLACE}attributes/", {"performance-fluency": "60"}),
            f"{PLACE}feedback/",
        ),
        (draft, f"{PLACE}feedback/"),
        (
            lambda: visitor.post(f"{PLACE}feedback/", {"feedback": "Shorter."}),
            "/s/small/talk/2/",
        ),
    ]
    for do, expected in steps:
        do()
        server.kill()
        server.start()
        visitor.get("/s/small/next/")
        assert visitor.path == expected
        if do is draft:
            assert "Almost lost" in visitor.page
    _check_rows(server)


def _check_rows(server: Server) -> None:
    """What the database holds, read by another program: the release command."""
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "release"
        command = [sys.executable, "-m", "manyvoices", "release", "--study", "small"]
        command += ["--out", str(out), "--db", server.database_url]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        (line,) = (out / "native" / "conversations.jsonl").read_text().splitlines()
    conversation = json.loads(line)
    assert [turn["message"]["text"] for turn in conversation["turns"]] == ["Hello", "More"]
    scores = [[u["score"] for u in turn["utterances"]] for turn in conversation["turns"]]
    assert scores == [[40, 41, 42, 43], [40, 41]]
    assert all(u["text"] for turn in conversation["turns"] for u in turn["utterances"])
    assert conversation["open_feedback"] == "Shorter."


@pytest.fixture
def hanging_endpoint() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    listener.close()
    for connection in held:
        connection.close()


@pytest.fixture
def study_with_a_hanging_model(tmp_path: Path, hanging_endpoint: str) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    for source in SMALL.parent.iterdir():
        (folder / source.name).write_text(source.read_text())
    text = SMALL.read_text()
    (folder / "study.yaml").write_text(
        text.replace("responders: 4, timeout_s: 60", "responders: 4, timeout_s: 15")
    )
    (folder / "models.yaml").write_text(
        "- {id: brief, provider: scripted, persona: brief}\n"
        "- {id: careful, provider: scripted, persona: careful}\n"
        "- {id: cheerful, provider: scripted, persona: cheerful}\n"
        f"- {{id: hangs, provider: openai, model: m, base_url: '{hanging_endpoint}'}}\n"
    )
    return folder / "study.yaml"


def test_answers_appear_while_a_model_hangs_and_its_timeout_is_a_missing_answer(
    make_server: Callable[[Path], Server], study_with_a_hanging_model: Path, tmp_path: Path
) -> None:
    server = make_server(study_with_a_hanging_model)
    visitor = Visitor(server.url)
    _enter(visitor)
    visitor.post("/s/small/survey/1/0/", PAGE_1)
    visitor.post("/s/small/survey/1/1/", PAGE_2)
    visitor.post("/s/small/talk/2/", {"type": "unguided", "number": 1})
    visitor.post(PLACE, {"action": "prompt", "turn": 0, "prompt": "Hello"})
    _until(lambda: _answered(visitor) == 3, "three answers")
    # The fourth is still awaited: the page says so, and the three can be read.
    assert 'hx-get="' in visitor.page
    _until(lambda: 'hx-get="' not in visitor.get(PLACE), "the end of the wait")
    assert _answered(visitor) == 3
    keys = sorted(set(re.findall(r'data-name="score-(\d+)"', visitor.page)))
    scores = {f"score-{key}": 50 + int(key) for key in keys}
    visitor.post(PLACE, {"action": "rate", "turn": 0} | scores)
    utterances = _utterances(server)
    (hung,) = [u for u in utterances if u["model"] == "hangs"]
    assert (hung["failure"], hung["text"], hung["score"]) == ("timeout", None, None)
    assert not hung["chosen"]
    assert sorted(u["score"] for u in utterances if u["model"] != "hangs") == sorted(
        scores.values()
    )


def _utterances(server: Server) -> list[dict[str, object]]:
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "release"
        command = [sys.executable, "-m", "manyvoices", "release", "--study", "small"]
        command += ["--out", str(out), "--db", server.database_url]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        (line,) = (out / "native" / "conversations.jsonl").read_text().splitlines()
    utterances: list[dict[str, object]] = json.loads(line)["turns"][0]["utterances"]
    return utterances


def test_when_the_runner_alone_is_killed_it_is_started_again_and_the_answers_come(
    make_server: Callable[[Path], Server],
) -> None:
    import psutil

    server = make_server(SMALL)
    assert server.process is not None
    children = psutil.Process(server.process.process.pid).children()
    (runner,) = [p for p in children if "manyvoices.collect.jobs" in " ".join(p.cmdline())]
    runner.kill()
    visitor = Visitor(server.url)
    _enter(visitor)
    visitor.post("/s/small/survey/1/0/", PAGE_1)
    visitor.post("/s/small/survey/1/1/", PAGE_2)
    visitor.post("/s/small/talk/2/", {"type": "unguided", "number": 1})
    visitor.post(PLACE, {"action": "prompt", "turn": 0, "prompt": "Hello"})
    _until(lambda: _answered(visitor) == 4, "answers after the runner was killed")
