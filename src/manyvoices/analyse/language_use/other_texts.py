"""Texts of another data set, to compare words with: a release, or a file of texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.language_use.texts import OPENERS, Texts
from manyvoices.schema.errors import DataError

_FIELDS = ("opening_prompt", "user_prompt", "prompt", "text", "instruction", "chosen", "content")


def openers(dataset: Dataset, quotable: bool = True) -> Texts:
    """Opening prompts, one per conversation."""
    place = {user: i for i, user in enumerate(dataset.people["user_id"].to_list())}
    rows = [
        (text, place[user])
        for text, user in zip(
            dataset.conversations[OPENERS], dataset.conversations["user_id"], strict=True
        )
        if text and user in place
    ]
    return Texts(
        kind=OPENERS,
        label="opening prompts",
        texts=[text for text, _ in rows],
        people=np.array([person for _, person in rows], dtype=np.int64),
        quotable=(quotable,) * len(rows),
    )


def other_texts(path: Path) -> Texts:
    """Opening prompts of a release; else one text per line of a ``.txt`` or ``.jsonl`` file.

    A line of JSON has its text in the first of `_FIELDS` that is a string, or is a string itself;
    who wrote it is not known there, so each text counts as a person.

    Raises:
        NotEnough: It is neither, or holds no text (a leaderboard's battles, say).
    """
    if path.is_dir():
        try:
            found = openers(read_dataset(path))
        except DataError:
            raise NotEnough(
                f"{path.name} is no release with prompts to compare words with."
            ) from None
    else:
        found = _lines(path)
    if not found.texts:
        raise NotEnough(f"{path.name} holds no prompts to compare words with.")
    return found


def _lines(path: Path) -> Texts:
    if path.suffix not in {".txt", ".jsonl"} or not path.is_file():
        raise NotEnough(f"{path.name} holds no texts to compare words with.")
    with path.open(encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    texts = lines if path.suffix == ".txt" else [_text_of(line) for line in lines if line]
    kept = [text for text in texts if text]
    people = np.arange(len(kept), dtype=np.int64)
    return Texts(OPENERS, "texts", kept, people, (False,) * len(kept))


def _text_of(line: str) -> str:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError:
        return ""
    if isinstance(row, dict):
        row = next((row[name] for name in _FIELDS if isinstance(row.get(name), str)), "")
    return row if isinstance(row, str) else ""
