"""A real OpenAI-compatible server: ``transformers serve`` with a tiny model that is built here.

Needs transformers with its server, torch and tokenizers; skipped, saying so, where they are not.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from manyvoices.collect.server.run import kept_port
from manyvoices.design import ResponderSpec
from manyvoices.llm import ChatMessage, ChatRequest, FailureKind, ResponderError, build_responder

NEEDED = ("torch", "transformers", "tokenizers", "fastapi", "uvicorn")
absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }} : {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}assistant :{% endif %}"
)
WORDS = "user assistant system : hello there light sky blue water tree . what is the a".split()


@dataclass(frozen=True)
class Served:
    """A server that runs, and the model in it."""

    url: str
    model: str


def build_model(folder: Path) -> Path:
    """A model of a few thousand random numbers, with a tokenizer of single words and a template."""
    import tokenizers
    import transformers

    words = ["<unk>", "<end>", *WORDS]
    model = tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>")
    raw = tokenizers.Tokenizer(model)
    raw.normalizer = tokenizers.normalizers.Lowercase()
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", eos_token="<end>", pad_token="<end>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    config = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=1,
    )
    transformers.set_seed(3)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def command(folder: Path, port: int) -> list[str]:
    """The server, as its documentation starts it, kept to this machine."""
    beside = Path(sys.executable).with_name("transformers")
    program = str(beside) if beside.exists() else shutil.which("transformers")
    if program is None:
        pytest.skip("there is no command transformers")
    options = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    return [program, "serve", str(folder), *options]


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server with the model in it; it asks nothing of any hub."""
    folder = build_model(tmp_path_factory.mktemp("models") / "tiny-model")
    with kept_port() as port:
        yield from _served(folder, port)


def _served(folder: Path, port: int) -> Iterator[Served]:
    url = f"http://127.0.0.1:{port}"
    log = folder.parent / "server.log"
    env = os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command(folder, port), env=env, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + 600
        while not is_ready(url):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the server did not come up:\n{log.read_text()[-3000:]}")
            time.sleep(0.5)
        yield Served(url, str(folder))
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def spec(served: Served, **changes: object) -> ResponderSpec:
    fields: dict[str, object] = {
        "id": "tiny",
        "provider": "openai",
        "base_url": f"{served.url}/v1",
        "model": served.model,
        "max_tokens": 8,
    }
    return ResponderSpec.model_validate(fields | changes)


def asked(text: str = "hello there", seed: int = 1) -> ChatRequest:
    return ChatRequest(messages=(ChatMessage("user", text),), seed=seed)


async def test_a_real_server_answers_our_provider_with_its_evidence(served: Served) -> None:
    responder = build_responder(spec(served, temperature=1.0))
    reply = await responder.respond(asked(), timeout_s=120)
    await responder.aclose()
    assert reply.text.strip()
    assert reply.finish_reason in {"length", "stop"}
    assert reply.latency_ms > 0
    # What it does not say stays unknown, and what it says is taken as it is.
    assert reply.completion_tokens is None or 0 < reply.completion_tokens <= 8
    assert reply.prompt_tokens is None or reply.prompt_tokens > 0
    assert reply.model_version


async def test_a_conversation_and_a_system_instruction_are_understood(served: Served) -> None:
    responder = build_responder(spec(served, temperature=0.0))
    messages = (
        ChatMessage("system", "the sky is blue ."),
        ChatMessage("user", "hello"),
        ChatMessage("assistant", "light ."),
        ChatMessage("user", "what is water"),
    )
    texts = {
        (await responder.respond(ChatRequest(messages=messages), timeout_s=120)).text
        for _again in range(2)
    }
    await responder.aclose()
    assert len(texts) == 1


async def test_a_model_that_it_does_not_have_is_a_named_failure(served: Served) -> None:
    responder = build_responder(spec(served, model="no-such-model"))
    with pytest.raises(ResponderError) as caught:
        await responder.respond(asked(), timeout_s=120)
    await responder.aclose()
    assert caught.value.kind in {
        FailureKind.HTTP_ERROR,
        FailureKind.MALFORMED,
        FailureKind.MISCONFIGURED,
    }


async def test_a_server_that_is_too_slow_is_left(served: Served) -> None:
    responder = build_responder(spec(served, max_tokens=200))
    with pytest.raises(ResponderError) as caught:
        await responder.respond(asked(), timeout_s=0.001)
    await responder.aclose()
    assert caught.value.kind is FailureKind.TIMEOUT
