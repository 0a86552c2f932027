"""A small release in which some people open with the same words and get the same answers."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import polars as pl
from tests.analyse.releases import Plan, write_release

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.dataset_reading import read_dataset

SHARED = ("Hello there.", "hello there", "What do you think about taxes?", "Tell me a joke!")


def meeting(folder: Path, *, share: float = 0.4, seed: int = 0, n_people: int = 40) -> Dataset:
    """`share` of conversations open with one of `SHARED`; all others with words of their own."""
    dataset = read_dataset(write_release(folder, Plan(n_people=n_people)))
    rng = random.Random(seed)
    opened = {
        name: rng.choice(SHARED) if rng.random() < share else f"own{i} words{i} here{i}"
        for i, name in enumerate(dataset.conversations["conversation_id"])
    }
    replies = [
        f"{rng.choice('AB')} reply of {model} to {opened[name]}"
        for name, model in zip(
            dataset.utterances["conversation_id"], dataset.utterances["model"], strict=True
        )
    ]
    prompt = pl.col("conversation_id").replace_strict(opened)
    return replace(
        dataset,
        conversations=dataset.conversations.with_columns(opening_prompt=prompt),
        utterances=dataset.utterances.with_columns(
            user_prompt=pl.when(pl.col("turn") == 0).then(prompt).otherwise(pl.col("user_prompt")),
            model_response=pl.Series(replies),
        ),
    )
