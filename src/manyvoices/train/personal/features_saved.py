"""The features that saved heads stand on: what is noted of them, and how they are made again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.features import EmbeddedFeatures, FeatureSource, embedder_of

DECODER = "decoder"
"""Folder of a model that was built for the run."""


def feature_facts(config: PersonalConfig) -> dict[str, Any]:
    """What `source_of` needs."""
    model = config.model
    place = model.hub if model.path is None else str(Path(model.path).resolve())
    return {
        "embedder": model.embedder,
        "path": place,
        "format": model.format,
        "dtype": model.dtype,
        "batch_size": config.optim.batch_size,
        "max_length": config.optim.max_length,
        "interactions": config.features.interactions,
        "style": config.features.style,
    }


def source_of(facts: Mapping[str, Any], folder: Path, cache: Path | None = None) -> FeatureSource:
    """The features that ``personal.json`` describes under ``features``.

    Raises:
        EmbedderError, ModelFolderError: The model is not where it was.
        MissingExtraError: It needs a library that is not installed.
    """
    if facts["embedder"] is not None:
        embedder = embedder_of(facts["embedder"])
        return EmbeddedFeatures(embedder, cache, facts["interactions"], facts["style"])
    from manyvoices.train.models import need_torch

    need_torch()
    from manyvoices.train.personal.features_decoder import DecoderEmbedder, DecoderFeatures

    place = folder / DECODER if facts["path"] is None else Path(facts["path"])
    decoder = DecoderEmbedder(
        place,
        format=facts["format"],
        dtype=facts["dtype"],
        batch_size=facts["batch_size"],
        max_length=facts["max_length"],
        device=os.environ.get("MANYVOICES_DEVICE") or _device(),
    )
    return DecoderFeatures(decoder, cache, facts["style"])


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
