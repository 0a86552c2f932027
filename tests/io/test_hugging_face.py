"""What is written here loads with Hugging Face's own library, with the columns that TRL expects."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.io.test_converting_ranks import TREE
from tests.io.test_converting_talks import TALK

from manyvoices.io import write_dialogues, write_labelled, write_pairs, write_rated
from manyvoices.io.converting_ranks import to_dialogues as tree_dialogues
from manyvoices.io.converting_ranks import to_pairs as tree_pairs
from manyvoices.io.converting_ratings import to_ratings
from manyvoices.io.converting_talks import to_dialogues, to_labelled, to_pairs

CHAT = {"role": "string", "content": "string"}
WHO = {"participant_id": "string", "simulated": "bool"}
OURS = ("_null", "_more")
"""Columns of ours in Parquet files, empty where everything fitted; trainers pass over them."""

CASES: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "chats of conversations": (
        to_dialogues,
        TALK,
        write_dialogues,
        {"messages": [CHAT], "dialogue_id": "string", **WHO},
    ),
    "chats of trees": (
        tree_dialogues,
        TREE,
        write_dialogues,
        {"messages": [CHAT], "dialogue_id": "string", "language": "string"},
    ),
    "preferences of conversations": (
        to_pairs,
        TALK,
        write_pairs,
        {
            **{"prompt": [CHAT], "chosen": [CHAT], "rejected": [CHAT]},
            **{"margin": "float64", "score_chosen": "float64", "score_rejected": "float64"},
            **WHO,
            "groups": dict.fromkeys(
                ("conversation_type", "model_chosen", "model_rejected"), "string"
            ),
        },
    ),
    "preferences of trees": (
        tree_pairs,
        TREE,
        write_pairs,
        {"prompt": [CHAT], "chosen": [CHAT], "rejected": [CHAT], "margin": "float64"},
    ),
    "labelled answers": (
        to_labelled,
        TALK,
        write_labelled,
        {"prompt": [CHAT], "completion": [CHAT], "label": "bool", **WHO},
    ),
    "ratings": (
        to_ratings,
        TALK,
        write_rated,
        {
            **{"item_id": "string", "participant_id": "string", "text": "string"},
            "rating.score": "float64",
            **dict.fromkeys(("model", "conversation_id", "conversation_type"), "string"),
            **{"turn": "int64", "chosen": "bool", "simulated": "bool"},
        },
    ),
}


def _plain(feature: Any) -> Any:
    """A feature in words: a type, a dict of them, or a list of one."""
    if isinstance(feature, dict):
        return {name: _plain(inner) for name, inner in feature.items()}
    inner = getattr(feature, "feature", None)
    return [_plain(inner)] if inner is not None else feature.dtype


@pytest.mark.parametrize(("kind", "suffix"), [("json", ".jsonl"), ("parquet", ".parquet")])
@pytest.mark.parametrize("case", CASES)
def test_a_file_loads_with_the_columns_and_types_of_its_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, kind: str, suffix: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    convert, record, write, wanted = CASES[case]
    path = tmp_path / f"data{suffix}"
    n_rows = write(convert([record], Counter()), path)
    options = {"split": "train", "cache_dir": str(tmp_path / "cache")}
    loaded = datasets.load_dataset(kind, data_files=str(path), **options)
    found = {name: _plain(f) for name, f in loaded.features.items() if name not in OURS}
    assert found == wanted
    assert len(loaded) == n_rows
    if kind == "json":
        rows = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
        names = loaded.column_names
        assert loaded.to_list() == [{name: row.get(name) for name in names} for row in rows]
