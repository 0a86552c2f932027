"""The model card says what the run knows, and that it does not know the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from manyvoices.train.card import evaluated, model_card, write_card
from manyvoices.train.config import DataConfig, FilterConfig, ModelConfig, RunConfig, SplitConfig
from manyvoices.train.kinds import KINDS
from manyvoices.train.results import RunResult

DATA = {
    "data_hash": "abc123",
    "seed": 0,
    "kept": {"trees": 95, "ranked_replies": 1024, "raters": 7},
    "languages": {"en": 90, "de-CH": 5},
    "dropped": {"trees that nobody reviewed": 5},
    "sources": [
        {
            "path": "/somewhere/private/release",
            "format": "native",
            "sha256": "f" * 64,
            "consent": "text, training",
            "n_trees": 95,
            "release": {
                "release_id": "r-1",
                "version": "2",
                "licences": {"human_text": "CC-BY-4.0", "model_text": ""},
            },
        }
    ],
}
METRICS = {
    "step": 1200,
    "loss": 0.51234,
    "lr": 1e-5,
    "tokens": 88,
    "eval_all_pairs": 0.61,
    "eval_tau_b": float("nan"),
    "all_pairs": {"value": 0.61, "low": 0.55, "high": 0.67, "n": 101},
    "by": {"language": {"en": {"all_pairs": {"value": 0.62, "low": 0.5, "high": 0.7, "n": 90}}}},
}


def config(out: Path, **data: Any) -> RunConfig:
    model = ModelConfig(hub="EleutherAI/pythia-1.4b-deduped")
    return RunConfig(data=DataConfig(path=Path("release"), **data), model=model, out=out)


def card(
    kind: str = "reward", data: Any = DATA, metrics: Any = METRICS, **changes: Any
) -> tuple[dict[str, Any], str]:
    """(front matter, text)"""
    result = RunResult(Path("out"), metrics, Path("out/model"))
    text = model_card(KINDS[kind], config(Path("out"), **changes), result, data)
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_front_matter_is_what_the_hub_reads() -> None:
    front, _ = card()
    assert front == {
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "language": ["de", "en"],
        "base_model": "EleutherAI/pythia-1.4b-deduped",
        "tags": ["manyvoices", "reward"],
    }
    assert card("sft")[0]["pipeline_tag"] == "text-generation"


def test_personal_heads_are_no_folder_for_transformers() -> None:
    assert card("personal")[0]["library_name"] == "manyvoices"


def test_it_says_what_it_was_trained_on_and_what_people_agreed_to() -> None:
    _, text = card()
    for said in (
        "`abc123`",
        "| `release` (sha256 `ffffffffffffffff…`) | native | r-1 2 | text, training | "
        "human_text: CC-BY-4.0 | 95 |",
        "| ranked replies | 1,024 |",
        "Languages (trees): en 90, de-CH 5.",
        "- 5 trees that nobody reviewed",
        "Held out: 10% of the trees",
    ):
        assert said in text
    assert "private" not in text, "where the files lay is nobody's business"


def test_each_measure_stands_once_with_its_interval() -> None:
    _, text = card()
    assert "Last of training, after 1,200 updates: loss 0.5123, lr 1e-05." in text
    assert list(evaluated(METRICS)) == [
        ("all_pairs", "0.61", "0.55 to 0.67", "101"),
        ("by: language: en: all_pairs", "0.62", "0.5 to 0.7", "90"),
    ]
    assert "tau_b" not in text, "what is not a number is not shown as one"


def test_whose_preferences_they_are_is_said_either_way() -> None:
    assert "those of 7 people, and of nobody else" in card()[1]
    nobody = {**DATA, "kept": {**DATA["kept"], "raters": 0}}
    assert "whose preferences these are is not known" in card(data=nobody)[1]


def test_whether_bots_were_among_the_raters_is_said_either_way() -> None:
    assert "Rows marked as simulated were not trained on." in card()[1]
    allowed = card(filters=FilterConfig(allow_simulated=True))[1]
    assert "Rows that bots wrote in a rehearsal were allowed" in allowed


def test_what_is_missing_is_said_to_be_missing() -> None:
    unstated = {**DATA, "sources": [{**DATA["sources"][0], "consent": "not stated"}]}
    assert "do not state what the people in them consented to" in card(data=unstated)[1]
    assert "Nothing was held out, so that no number" in card(split=SplitConfig(share=0))[1]
    assert "Nothing was evaluated." in card(metrics={"loss": 0.5})[1]
    assert "kept no account of its data" in card(data={})[1]


def test_it_is_written_beside_the_weights_and_not_into_a_checkpoints_copy(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    shared = tmp_path / "checkpoint-README.md"
    shared.write_text("of the checkpoint")
    (model / "README.md").hardlink_to(shared)
    path = write_card(KINDS["sft"], config(tmp_path), RunResult(tmp_path, {}, model))
    assert path == model / "README.md"
    assert path.read_text().startswith("---\nlibrary_name: transformers\n")
    assert shared.read_text() == "of the checkpoint"
