"""A model folder on this machine: what is said where transformers is missing, and a tiny model."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from manyvoices.design import ResponderSpec
from manyvoices.llm import ChatMessage, ChatRequest, FailureKind, ResponderError, build_responder
from manyvoices.schema.errors import MissingExtraError


def local(folder: Path | str, **changes: Any) -> ResponderSpec:
    return ResponderSpec(id="tiny", provider="local", folder=str(folder), **changes)


def asked(seed: int = 1, **changes: Any) -> ChatRequest:
    return ChatRequest(messages=(ChatMessage("user", "Hello there"),), seed=seed, **changes)


def test_without_transformers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'manyvoices\[local\]'"):
        build_responder(local("anywhere"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few thousand random numbers with a tokenizer of single words."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["<unk>", "<end>", *"a conversation between person and helpful assistant .".split()]
    words += ["hello", "there", "light", "sky", "blue", ":", "water", "tree"]
    model = tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>")
    raw = tokenizers.Tokenizer(model)
    raw.normalizer = tokenizers.normalizers.Lowercase()
    raw.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path_factory.mktemp("models") / "tiny-model"
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="<unk>", eos_token="<end>"
    )
    tokenizer.save_pretrained(path)
    config = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=1,
    )
    transformers.set_seed(3)
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


async def test_a_folder_answers_with_its_evidence_and_the_same_for_the_same_seed(
    folder: Path,
) -> None:
    responder = build_responder(local(folder, type="base", max_tokens=12, temperature=1.0))
    first, again, other = [await responder.respond(asked(s), timeout_s=60) for s in (1, 1, 2)]
    await responder.aclose()
    assert first.text == again.text != other.text
    assert first.completion_tokens is not None
    assert first.completion_tokens <= 12
    assert first.prompt_tokens
    assert first.finish_reason in {"length", "stop"}
    assert first.model_version == "tiny-model"


async def test_a_temperature_of_zero_is_the_same_for_every_seed(folder: Path) -> None:
    responder = build_responder(local(folder, type="base", max_tokens=8, temperature=0.0))
    texts = {(await responder.respond(asked(s), timeout_s=60)).text for s in (1, 2, 3)}
    await responder.aclose()
    assert len(texts) == 1


async def test_a_folder_that_is_none_is_misconfigured(folder: Path, tmp_path: Path) -> None:
    responder = build_responder(local(tmp_path / "empty"))
    with pytest.raises(ResponderError) as caught:
        await responder.respond(asked(), timeout_s=60)
    await responder.aclose()
    assert caught.value.kind is FailureKind.MISCONFIGURED


async def test_no_answer_in_time_is_a_timeout(folder: Path) -> None:
    responder = build_responder(local(folder, type="base", max_tokens=100))
    with pytest.raises(ResponderError) as caught:
        await responder.respond(asked(), timeout_s=0.0001)
    await responder.aclose()
    assert caught.value.kind is FailureKind.TIMEOUT
