"""Heads to disk.

A folder holds ``heads.npz`` (arrays), ``personal.json`` (names and settings), ``decoder/`` where
features come from a model built for the run, and ``people.npz`` only where ``store_people`` said
so. Nothing is pickled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.io.writing import replacing, write_text
from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.personal.features import FeatureSource
from manyvoices.train.personal.features_saved import feature_facts
from manyvoices.train.personal.whole import Trained

HEADS, FACTS, PEOPLE = "heads.npz", "personal.json", "people.npz"
VERSION = 1


def save(
    folder: Path,
    trained: Trained,
    config: PersonalConfig,
    source: FeatureSource,
    people: Sequence[str] = (),
) -> None:
    """Write the folder; a file is never half there.

    Args:
        people: Pseudonyms, parallel to ``trained.weights``; their weights are stored. Empty: not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    personal, pooled = trained.heads.personal.parameters, trained.heads.pooled.parameters
    with replacing(folder / HEADS) as file:
        np.savez(
            file,
            centre=trained.scaling.centre,
            rotation=trained.scaling.rotation,
            prompt_centre=trained.prompt_scaling.centre,
            prompt_rotation=trained.prompt_scaling.rotation,
            pooled=pooled.beta,
            shared=personal.beta,
            basis=personal.basis,
            survey=personal.survey,
            mean=trained.mean_variance.mean,
            log_sd=trained.mean_variance.log_sd,
            covariance=trained.population.covariance,
        )
    write_text(json.dumps(_facts(trained, config, source), indent=2) + "\n", folder / FACTS)
    (folder / PEOPLE).unlink(missing_ok=True)
    if people:
        with replacing(folder / PEOPLE) as file:
            np.savez(
                file,
                people=np.array(list(people)),
                mean=trained.weights.mean,
                covariance=trained.weights.covariance,
            )


def _facts(trained: Trained, config: PersonalConfig, source: FeatureSource) -> dict[str, Any]:
    groups = {
        question: {answer: [float(v) for v in mean] for answer, mean in answers.items()}
        for question, answers in trained.population.groups.items()
    }
    return {
        "version": VERSION,
        "directions": trained.heads.personal.k,
        "feature_source": source.name,
        "features_fixed": source.whole,
        "features": feature_facts(config),
        "survey": trained.survey.as_json(),
        "groups": groups,
    }
