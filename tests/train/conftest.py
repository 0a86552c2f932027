"""What tests of training share: one thread, no hub, and models that are built on the spot."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ.setdefault("WANDB_MODE", "disabled")

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.real_data import REAL, real

WORDS = (
    "Why is the sky blue? Because light of short waves is scattered more than light of long ones. "
    "Write a poem about the sea. The sea is wide, the sea is deep, it rocks the little ships to "
    "sleep. How do I cook rice? Rinse it, add two cups of water for each cup, and let it simmer. "
    "Thank you! You are welcome. 你好，世界。 Ein Gedicht über das Meer, bitte. "
)
"""What the tests' tokenizer is trained on."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """torch reads OMP_NUM_THREADS when it is imported, which another test may have done."""
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def trees_100() -> Path:
    """100 real trees of OASST, by path; skipped where they are not here."""
    if REAL is None or not real("oasst/en_100_tree.jsonl").exists():
        pytest.skip("the real data is not here: ../shared/data/oasst/en_100_tree.jsonl")
    return real("oasst/en_100_tree.jsonl")


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Any]:
    """``tiny("llama", **sizes) -> (model, tokenizer, format)``, new and equal each time."""
    from manyvoices.train.config import ModelConfig, TinyConfig
    from manyvoices.train.models import load_model

    def build(family: str = "llama", format: str = "oasst", **sizes: Any) -> Any:
        sizes = {"hidden": 32, "layers": 2, "heads": 4, "vocab": 512} | sizes
        config = ModelConfig(tiny=TinyConfig(family=family, **sizes), format=format)
        return load_model(config, [WORDS])

    return build


@pytest.fixture
def tiny_llama(tiny: Callable[..., Any]) -> Any:
    """A random LLaMA of hidden size 32 with its tokenizer and OASST's format."""
    return tiny("llama")


@pytest.fixture
def tiny_neox(tiny: Callable[..., Any]) -> Any:
    """A random GPT-NeoX of hidden size 32 with its tokenizer and OASST's format."""
    return tiny("neox")
