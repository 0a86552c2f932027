"""``manyvoices chat`` as a person meets it: a folder, an address, and the keys in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from manyvoices import cli
from manyvoices.schema import Conversation

pytest.importorskip("aiohttp")

from aiohttp import web
from tests.llm.conftest import FakeEndpoint, ServerThread


def run(*words: str | Path, said: str = "") -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "120"}).invoke(
        cli.app, list(map(str, words)), input=said, prog_name="manyvoices"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


class Streaming:
    """An endpoint that lists one model and sends answers in pieces, as vLLM does."""

    def __init__(self) -> None:
        self.models = ["policy"]
        self.pieces: list[str] = ["The sky ", "is ", "blue."]
        self.asked: list[dict[str, Any]] = []
        self.base_url = ""

    async def list_models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": m} for m in self.models]})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in self.pieces:
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            document = {"model": "policy-7", "choices": [choice]}
            await response.write(f"data: {json.dumps(document)}\n\n".encode())
        done = {"model": "policy-7", "choices": [{"delta": {}, "finish_reason": "stop"}]}
        await response.write(f": a comment\n\ndata: {json.dumps(done)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response


@pytest.fixture
def streaming() -> Iterator[Streaming]:
    served = Streaming()
    app = web.Application()
    app.router.add_get("/v1/models", served.list_models)
    app.router.add_post("/v1/chat/completions", served.answer)
    server = ServerThread(app)
    served.base_url = f"http://127.0.0.1:{server.port}/v1"
    yield served
    server.stop()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    """The endpoint of the tests of `llm`, which sends its answers whole."""
    fake = FakeEndpoint()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", fake.answer)
    server = ServerThread(app)
    fake.base_url = f"http://127.0.0.1:{server.port}/v1"
    yield fake
    server.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model with the format of a trained one."""
    pytest.importorskip("torch", reason="the extra train is not installed")
    from manyvoices.train.config import ModelConfig, TinyConfig
    from manyvoices.train.models import load_model

    config = ModelConfig(tiny=TinyConfig(hidden=16, vocab=512))
    model, tokenizer, _ = load_model(config, ["Why is the sky blue? Because."] * 20)
    path = tmp_path_factory.mktemp("chat") / "model"
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def test_an_answer_comes_in_pieces_and_what_was_said_is_sent_again(streaming: Streaming) -> None:
    code, out, err = run("chat", streaming.base_url, "--system", "Be brief.",
                         said="Why is the sky blue?\nAnd at night?\n")  # fmt: skip
    assert code == 0
    assert out == "The sky is blue.\nThe sky is blue.\n"
    assert err == ""
    first, second = streaming.asked
    assert first["model"] == "policy"
    assert first["stream"] is True
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "user"]
    assert second["messages"][2]["content"] == "The sky is blue."


def test_an_address_may_leave_out_the_version(streaming: Streaming) -> None:
    code, out, _ = run("chat", streaming.base_url.removesuffix("/v1"), said="Hello\n")
    assert code == 0
    assert out == "The sky is blue.\n"


def test_of_several_models_one_must_be_named(streaming: Streaming) -> None:
    streaming.models = ["one", "two"]
    code, _, err = run("chat", streaming.base_url, said="Hello\n")
    assert code == 1
    assert "found 2 models: one, two, expected --model with one of them" in err
    code, _, _ = run("chat", streaming.base_url, "--model", "two", said="Hello\n")
    assert code == 0
    assert streaming.asked[-1]["model"] == "two"


def test_an_endpoint_that_does_not_stream_is_read_whole(endpoint: FakeEndpoint) -> None:
    code, out, _ = run("chat", endpoint.base_url, "--model", "fake", said="Hello there\n")
    assert code == 0
    assert out.strip() == json.loads(_whole("Hello there"))["choices"][0]["message"]["content"]


def _whole(text: str) -> bytes:
    from tests.llm.conftest import completion

    return completion(text)


def test_reset_begins_anew_and_again_asks_once_more(streaming: Streaming) -> None:
    code, _, err = run("chat", streaming.base_url, said="/again\nOne\n/again\n/reset\nTwo\n/quit\n")
    assert code == 0
    asked = [[m["content"] for m in body["messages"]] for body in streaming.asked]
    assert asked == [["One"], ["One"], ["Two"]]
    assert "Nothing was asked yet." in err
    assert "Forgotten." in err


def test_a_talk_is_saved_as_a_conversation_of_the_native_format(
    streaming: Streaming, tmp_path: Path
) -> None:
    path = tmp_path / "talk.jsonl"
    said = f"/save {path}\nWhy?\nReally?\n/save {path}\n/save {path}\n/save\n/foo\n"
    code, _, err = run("chat", streaming.base_url, "--seed", "5", said=said)
    assert code == 0
    for line in ("Nothing was said yet", "Saved 2 turns", "is there already", "Say where", "/foo"):
        assert line in err
    (line,) = path.read_bytes().splitlines()
    talk = msgspec.json.decode(line, type=Conversation)
    assert [turn.message.text for turn in talk.turns] == ["Why?", "Really?"]
    assert [turn.utterances[0].text for turn in talk.turns] == ["The sky is blue."] * 2
    assert talk.turns[0].utterances[0].model_version == "policy-7"
    assert talk.consent_version is None, "nobody consented to anything in a private talk"
    assert [turn.seed for turn in talk.turns] == [5, 6]


def test_a_model_that_fails_leaves_the_talk_as_it_was(endpoint: FakeEndpoint) -> None:
    endpoint.status, endpoint.body = 500, b"out of order"
    code, _, err = run("chat", endpoint.base_url, "--model", "fake", said="One\n/again\n")
    assert code == 0
    assert "No answer: " in err
    assert "HTTP 500: out of order" in err
    assert "Nothing was asked yet." in err


def test_an_address_where_nobody_listens_is_said_at_once() -> None:
    code, _, err = run("chat", "http://127.0.0.1:9/v1", said="Hello\n")
    assert code == 1
    assert "no list of models" in err
    assert "--model NAME" in err


def test_a_folder_is_talked_to_with_its_own_format(folder: Path) -> None:
    words = ("chat", folder, "--max-tokens", "5", "--seed", "1")
    code, out, err = run(*words, said="Why?\nAnd?\n")
    assert code == 0, err
    assert len(out.splitlines()) >= 2
    assert "<|" not in out, "control tokens are not shown"
    assert run(*words, said="Why?\nAnd?\n")[1] == out, "same seed, same answers"


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    code, _, err = run("chat", tmp_path / "none", said="Hello\n")
    assert code == 1
    assert "found no folder, expected the folder of a model" in err
    code, _, err = run("chat", tmp_path, said="Hello\n")
    assert code == 1
    assert "a folder without config.json" in err


def test_a_reward_model_is_not_talked_to(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["LlamaForSequenceClassification"]}')
    code, _, err = run("chat", tmp_path, said="Hello\n")
    assert code == 1
    assert "a LlamaForSequenceClassification, which scores, expected a model that writes" in err


def test_ctrl_c_stops_the_answer_and_not_the_talk(endpoint: FakeEndpoint) -> None:
    endpoint.hang = True
    words = [sys.executable, "-m", "manyvoices", "chat", endpoint.base_url, "--model", "fake"]
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        process.stdin.write("Hello\n")
        process.stdin.flush()
        assert endpoint.asked.wait(300)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate("/quit\n", timeout=300)
    assert process.returncode == 0
    assert "Stopped; what was asked is not part of the talk." in err
    assert "Traceback" not in err
    assert out.strip() == ""
