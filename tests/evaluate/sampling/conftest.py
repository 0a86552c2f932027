"""A tiny random model in a folder, as a run of ``manyvoices train sft`` leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from manyvoices.train.config import ModelConfig, TinyConfig
from manyvoices.train.models import load_model


@pytest.fixture(scope="session")
def tiny_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run; the model is in ``model``."""
    config = ModelConfig(tiny=TinyConfig(hidden=32, layers=1, vocab=512))
    model, tokenizer, _ = load_model(config, ["What is a good tea? A good tea is a green one."])
    run = tmp_path_factory.mktemp("sft")
    model.save_pretrained(run / "model")
    tokenizer.save_pretrained(run / "model")
    return run
