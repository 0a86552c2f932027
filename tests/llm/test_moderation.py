"""Moderators against a real server on a loopback port that misbehaves, and a tiny real model."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.llm.conftest import ServerThread

from manyvoices.curate.moderation import CATEGORIES
from manyvoices.curate.moderation_asking import Asked, Patience, ask_about
from manyvoices.curate.moderation_file import VerdictFile, read_verdicts
from manyvoices.llm.moderation import build_moderator
from manyvoices.llm.moderation.endpoint import EndpointModerator
from manyvoices.llm.port import FailureKind, ResponderError
from manyvoices.schema.errors import DataError, MissingExtraError

KEY = "sk-secret-0123456789"
NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


class Endpoint:
    """Answers as OpenAI's does; `fault` may answer in its place."""

    def __init__(self) -> None:
        self.url = ""
        self.texts: Counter[str] = Counter()
        self.times: list[float] = []
        self.keys: list[str | None] = []
        self.delay_s = 0.0
        self.fault: Callable[[web.Request, int], Any] = lambda request, n: None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.times.append(time.monotonic())
        self.keys.append(request.headers.get("Authorization"))
        await asyncio.sleep(self.delay_s)
        faulty = self.fault(request, len(self.times))
        if faulty is not None:
            return await faulty if asyncio.iscoroutine(faulty) else faulty
        self.texts.update(body["input"])
        return web.json_response(
            {
                "id": "modr-1",
                "model": "text-moderation-007",
                "results": [*map(result, body["input"])],
            }
        )


def result(text: str) -> dict[str, Any]:
    bad = "bad" in text
    return {
        "flagged": bad,
        "categories": {name: bad and name == "hate" for name in (*CATEGORIES, "illicit")},
        "category_scores": dict.fromkeys((*CATEGORIES, "illicit"), 0.123456),
    }


@pytest.fixture
def server() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/v1/moderations", endpoint.answer)
    thread = ServerThread(app)
    endpoint.url = f"http://127.0.0.1:{thread.port}/v1"
    yield endpoint
    thread.stop()


def ask(
    server: Endpoint,
    path: Path,
    texts: list[str],
    *,
    patience: Patience | None = None,
    **options: Any,
) -> Asked:
    async def run() -> Asked:
        moderator = EndpointModerator(
            server.url, model="latest", now=lambda: NOW, **{"timeout_s": 60.0, **options}
        )
        try:
            with VerdictFile(path, asked_model="latest") as file:
                quick = patience or Patience(tries=3, first_wait_s=0.01)
                return await ask_about(texts, moderator, file, batch_size=2, patience=quick)
        finally:
            await moderator.aclose()

    return asyncio.run(run())


def test_verdicts_come_with_model_day_and_full_scores(server: Endpoint, tmp_path: Path) -> None:
    ask(server, tmp_path / "v.jsonl", ["good", "bad"])
    first, second = read_verdicts(tmp_path / "v.jsonl").values()
    assert (first.flagged, second.flagged) == (False, True)
    assert second.categories["hate"] is True
    assert second.scores["hate"] == 0.123456
    assert (second.asked_model, second.model) == ("latest", "text-moderation-007")
    assert second.moderated_on == NOW.date()


def test_retry_after_is_kept_by_all_calls(server: Endpoint, tmp_path: Path) -> None:
    server.fault = lambda request, n: (
        web.Response(status=429, headers={"Retry-After": "1"}) if n == 1 else None
    )
    asked = ask(server, tmp_path / "v.jsonl", ["a", "b"])
    assert asked.n_answered == 2
    assert server.times[1] - server.times[0] >= 0.95


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"results": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    return web.Response()


def answering(document: Any) -> Callable[[web.Request], Any]:
    return lambda request: web.json_response(document)


PASSING = {
    "a server error": lambda request: web.Response(status=500, text="oops"),
    "a reset": reset,
    "half an answer": cut_off,
    "no JSON": lambda request: web.Response(text='{"results": ['),
    "another schema": answering({"results": [{"flagged": "yes"}]}),
    "too few verdicts": answering({"results": []}),
    "an impossible score": answering(
        {"results": [{"flagged": False, "categories": {}, "category_scores": {"hate": 7}}] * 2}
    ),
    "a hang": hang,
}


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_passes_and_every_text_gets_one_verdict(
    server: Endpoint, tmp_path: Path, name: str
) -> None:
    server.fault = lambda request, n: PASSING[name](request) if n in (1, 2) else None
    timeout_s = 3.0 if name == "a hang" else 60.0
    asked = ask(server, tmp_path / "v.jsonl", ["a", "b", "c"], timeout_s=timeout_s)
    assert (asked.n_answered, asked.n_failed) == (3, 0)
    assert server.texts == {"a": 1, "b": 1, "c": 1}
    assert len(read_verdicts(tmp_path / "v.jsonl")) == 3


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_stays_leaves_texts_without_a_verdict(
    server: Endpoint, tmp_path: Path, name: str
) -> None:
    server.fault = lambda request, n: PASSING[name](request)
    timeout_s = 0.1 if name == "a hang" else 60.0
    asked = ask(server, tmp_path / "v.jsonl", ["a"], timeout_s=timeout_s)
    assert (asked.n_answered, asked.n_failed) == (0, 1)
    assert read_verdicts(tmp_path / "v.jsonl") == {}


def test_no_more_calls_a_minute_than_allowed(server: Endpoint, tmp_path: Path) -> None:
    async def run() -> None:
        moderator = EndpointModerator(server.url, model="latest", requests_per_minute=2)
        for _ in range(2):
            await moderator.moderate(["a"])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await moderator.moderate(["a"])
        await moderator.aclose()

    asyncio.run(run())
    assert len(server.times) == 2


def test_a_key_comes_from_the_environment_and_stands_in_no_message(
    server: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    server.fault = lambda request, n: web.Response(status=401, text=f"wrong key {KEY}")
    with pytest.raises(ResponderError) as caught:
        ask(server, tmp_path / "v.jsonl", ["a"], api_key_env="MY_KEY")
    assert server.keys == [f"Bearer {KEY}"]
    assert KEY not in str(caught.value)
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(ResponderError, match="MY_KEY is not set"):
        ask(server, tmp_path / "v.jsonl", ["a"], api_key_env="MY_KEY")


def test_openais_key_goes_to_openai_alone(
    server: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ask(server, tmp_path / "v.jsonl", ["a"])
    assert server.keys == [None]


CHILD = """
import asyncio, sys
from manyvoices.curate.moderation_asking import ask_about
from manyvoices.curate.moderation_file import VerdictFile
from manyvoices.llm.moderation import build_moderator

async def main():
    moderator = build_moderator(sys.argv[1], model="latest")
    with VerdictFile(sys.argv[2], asked_model="latest") as file:
        texts = [f"text {i}" for i in range(40)]
        await ask_about(texts, moderator, file, batch_size=2, concurrency=1)

asyncio.run(main())
"""


def test_a_run_that_is_killed_asks_only_for_the_rest(server: Endpoint, tmp_path: Path) -> None:
    path = tmp_path / "v.jsonl"
    # The ninth call gets no answer, so that the run cannot come to its end before it is killed.
    server.fault = lambda request, n: hang(request) if n > 8 else None
    child = subprocess.Popen([sys.executable, "-c", CHILD, server.url, str(path)])
    while len(server.times) < 9:
        assert child.poll() is None, "the run ended by itself"
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    server.fault = lambda request, n: None
    kept = {verdict.text_sha256 for verdict in read_verdicts(path).values()}
    assert 10 <= len(kept) < 40
    before = Counter(server.texts)
    asked = ask(server, path, [f"text {i}" for i in range(40)])
    assert asked.n_known == len(kept)
    assert asked.n_answered == 40 - len(kept)
    assert sum((server.texts - before).values()) == 40 - len(kept)
    # What was under way when it was killed is all that can have been paid for twice.
    assert sum(n - 1 for n in server.texts.values()) <= 2
    assert len(read_verdicts(path)) == 40


def test_an_endpoint_without_a_model_is_refused() -> None:
    with pytest.raises(ResponderError, match="must be named"):
        build_moderator("https://host/v1")


def labels(folder: Path, **categories: str | None) -> Path:
    path = folder / "moderation_labels.json"
    path.write_text(json.dumps({"categories": categories}))
    return path


def test_labels_are_read_with_their_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"moderation_labels\.json: found No such file"):
        build_moderator(str(tmp_path))
    (tmp_path / "moderation_labels.json").write_text('{"categories": {}, "threshold": 3}')
    with pytest.raises(DataError, match=r"threshold: found 3\.0, expected between 0 and 1"):
        build_moderator(str(tmp_path))


def test_without_transformers_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    labels(tmp_path, toxic="hate")
    from manyvoices.llm.moderation import local  # before imports are broken

    monkeypatch.setattr(local.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"manyvoices\[local\]"):
        local.LocalModerator(tmp_path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier of random numbers over single words."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    tokenizers = importlib.import_module("tokenizers")
    words = {word: i for i, word in enumerate("[PAD] [UNK] a bad good word".split())}
    model = tokenizers.models.WordLevel(words, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path_factory.mktemp("classifier")
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    ).save_pretrained(path)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=6, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16, num_labels=2,
        id2label={0: "toxic", 1: "neutral"}, label2id={"toxic": 0, "neutral": 1},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(path)
    return path


def local_verdicts(folder: Path, texts: list[str]) -> Any:
    async def run() -> Any:
        moderator = build_moderator(str(folder))
        found = await moderator.moderate(texts)
        await moderator.aclose()
        return found

    return asyncio.run(run())


def test_a_local_folder_gives_mapped_categories_and_nothing_of_others(folder: Path) -> None:
    labels(folder, toxic="harassment", neutral=None)
    verdicts = local_verdicts(folder, ["a bad word", "good"])
    assert [sorted(verdict.scores) for verdict in verdicts] == [["harassment"]] * 2
    for verdict in verdicts:
        assert 0 < verdict.scores["harassment"] < 1
        assert verdict.flagged == (verdict.scores["harassment"] >= 0.5)


def test_a_long_text_is_read_to_its_end(folder: Path) -> None:
    labels(folder, toxic="harassment", neutral=None)
    window, tail = "good " * 16, "bad " * 16
    scores = [v.scores["harassment"] for v in local_verdicts(folder, [window, window + tail])]
    alone = local_verdicts(folder, [tail])[0].scores["harassment"]
    assert scores[1] == pytest.approx(max(scores[0], alone), abs=0.05)


def test_labels_that_are_not_the_models_are_named(folder: Path) -> None:
    labels(folder, rude="harassment")
    with pytest.raises(ResponderError, match="labels are neutral, toxic") as caught:
        local_verdicts(folder, ["a"])
    assert caught.value.kind is FailureKind.MISCONFIGURED
