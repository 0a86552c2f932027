"""One thread and no hub, before torch is imported; and a reward model that knows nothing."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

from pathlib import Path
from typing import Any

import pytest

TEXTS = ["Why is the sky blue? Because light of short waves is scattered more than of long ones. "]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def reward_model() -> Any:
    """A tiny random reward model with its tokenizer and format."""
    from manyvoices.train.config import ModelConfig, TinyConfig
    from manyvoices.train.reward.model import load_reward_model

    tiny = TinyConfig(family="neox", hidden=32, layers=1, vocab=512)
    return load_reward_model(ModelConfig(tiny=tiny), TEXTS, seed=3)


@pytest.fixture(scope="session")
def saved(reward_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its folder, as ``manyvoices train reward`` leaves it."""
    model, tokenizer, _ = reward_model
    folder = tmp_path_factory.mktemp("reward") / "model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
