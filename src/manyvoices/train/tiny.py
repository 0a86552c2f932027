"""Random models and tokenizers, built on the spot: for tests, rehearsals and benchmarks.

They know nothing and need no download; their shapes, caches and attention are those of the real
families: LLaMA (RMS norm, rotary positions over the whole head, gated MLP, separate projections)
and GPT-NeoX, which Pythia is of (LayerNorm, partial rotary positions, one fused projection).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

END = "<|endoftext|>"
PAD = "<|padding|>"


def tiny_tokenizer(texts: Iterable[str] = (), vocab: int = 2048) -> PreTrainedTokenizerFast:
    """A byte-level BPE of at most `vocab` tokens, trained on `texts`.

    Without texts every byte is a token. As in Pythia, eos is ``<|endoftext|>`` and pad is
    ``<|padding|>``; 16 places of `vocab` stay free for a format's control tokens.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=max(vocab - 16, 258),
        special_tokens=[END, PAD],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=PAD)


def tiny_config(
    family: Literal["llama", "neox"] = "llama",
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    vocab: int = 2048,
    positions: int = 8192,
) -> Any:
    """The transformers configuration of `tiny_model`, for a model with another head."""
    from transformers import GPTNeoXConfig, LlamaConfig

    shared: dict[str, Any] = {
        "vocab_size": vocab,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "max_position_embeddings": positions,
        "bos_token_id": None,
        "eos_token_id": 0,
        "pad_token_id": 1,
    }
    if family == "neox":
        return GPTNeoXConfig(**shared, intermediate_size=4 * hidden, attention_dropout=0.0)
    return LlamaConfig(**shared, intermediate_size=hidden * 8 // 3, num_key_value_heads=heads)


def tiny_model(
    family: Literal["llama", "neox"] = "llama",
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    vocab: int = 2048,
    seed: int = 0,
) -> PreTrainedModel:
    """A random causal language model in float32; equal seeds give equal weights."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        config = tiny_config(family, hidden, layers, heads, vocab)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config)
    return model
