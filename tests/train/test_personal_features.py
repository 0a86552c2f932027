"""Frozen features: the same each time, kept by their texts, and of any source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manyvoices.llm.embedding import LsaEmbedder
from manyvoices.train.personal.features import STYLE, EmbeddedFeatures, WordEmbedder, style_of
from manyvoices.train.views import Turn

PROMPTS = [
    (Turn("prompter", "Why is the sky blue?"),),
    (Turn("prompter", "How do I cook rice?"),),
] * 2
REPLIES = ["Light is scattered.", "Rinse it, then simmer it.", "The sea!", "- one\n- two\n- three"]


class Counting:
    """A word embedder that counts what it is asked."""

    whole = False
    dimension, name = 256, "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Any, progress: Any = None) -> Any:
        self.asked += texts
        return WordEmbedder().embed(texts, progress)


def test_hashed_words_are_of_unit_length_and_do_not_depend_on_the_others() -> None:
    embedder = WordEmbedder(64)
    together = embedder.embed([*REPLIES, ""])
    np.testing.assert_allclose(np.linalg.norm(together[:4], axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(together[4], 0)
    np.testing.assert_array_equal(embedder.embed(REPLIES[1:2])[0], together[1])
    assert embedder.name == "words-64"


def test_a_reply_has_its_words_their_product_with_the_message_s_and_its_style() -> None:
    found = EmbeddedFeatures(WordEmbedder(32))(PROMPTS, REPLIES)
    words, asked = found.replies[:, :32], found.prompts
    assert found.replies.shape == (4, 32 + 32 + len(STYLE))
    np.testing.assert_allclose(found.replies[:, 32:64], words * asked)
    np.testing.assert_array_equal(asked[0], asked[2])
    plain = EmbeddedFeatures(WordEmbedder(32), interactions=False, style=False)(PROMPTS, REPLIES)
    np.testing.assert_array_equal(plain.replies, words)
    assert style_of(REPLIES)[3, STYLE.index("enumerated")] == 1


def test_what_is_in_the_cache_is_not_embedded_again(tmp_path: Path) -> None:
    first, second = Counting(), Counting()
    made = EmbeddedFeatures(first, tmp_path)(PROMPTS, REPLIES)
    assert len(first.asked) == 6
    again = EmbeddedFeatures(second, tmp_path)(PROMPTS, [*REPLIES[:3], "new"])
    assert second.asked == ["new"]
    np.testing.assert_array_equal(made.replies[:3], again.replies[:3])


def test_an_interrupted_run_keeps_what_it_had_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking(Counting):
        def embed(self, texts: Any, progress: Any = None) -> Any:
            if len(self.asked) >= 4:
                raise KeyboardInterrupt
            return super().embed(texts, progress)

    monkeypatch.setattr("manyvoices.train.personal.features.CHUNK", 2)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedFeatures(Breaking(), tmp_path)(PROMPTS, REPLIES)
    later = Counting()
    EmbeddedFeatures(later, tmp_path)(PROMPTS, REPLIES)
    assert len(later.asked) == 2


def test_the_built_in_lsa_serves_too() -> None:
    found = EmbeddedFeatures(LsaEmbedder(5))(PROMPTS, REPLIES)
    assert found.replies.shape == (4, 5 + 5 + len(STYLE))
    assert EmbeddedFeatures(LsaEmbedder(5)).whole


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_a_decoder_s_state_is_that_of_the_reply_s_last_token(
    tmp_path: Path, tiny: Callable[..., Any], family: str
) -> None:
    """Whatever it shares a batch with, and from the folder of a model with a head."""
    import torch

    from manyvoices.train.personal.features_decoder import DecoderEmbedder, DecoderFeatures

    model, tokenizer, format = tiny(family)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = DecoderFeatures(DecoderEmbedder(tmp_path, batch_size=3), style=False)(PROMPTS, REPLIES)
    alone = DecoderFeatures(DecoderEmbedder(tmp_path, batch_size=1), style=False)(PROMPTS, REPLIES)
    np.testing.assert_allclose(found.replies, alone.replies, atol=1e-5)
    ids = format.encode((*PROMPTS[1], Turn("assistant", REPLIES[1])), tokenizer).ids
    with torch.no_grad():
        states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1]
    np.testing.assert_allclose(found.replies[1], states[0, -1].numpy(), atol=1e-5)
    assert found.prompts.shape == found.replies.shape
    np.testing.assert_array_equal(found.prompts[0], found.prompts[2])


def test_another_decoder_has_another_name(tmp_path: Path, tiny: Callable[..., Any]) -> None:
    from manyvoices.train.personal.features_decoder import DecoderEmbedder

    names = set()
    for seed in (0, 1):
        model, tokenizer, _ = tiny("llama", seed=seed)
        model.save_pretrained(tmp_path / "m")
        tokenizer.save_pretrained(tmp_path / "m")
        names.add(DecoderEmbedder(tmp_path / "m").name)
    assert len(names) == 2
