"""The reward model in files: anybody's transformers loads it and scores alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.reward_forest import forest, tokens  # noqa: E402

from manyvoices.train.config import LoraConfig, ModelConfig, TinyConfig  # noqa: E402
from manyvoices.train.errors import ModelFolderError  # noqa: E402
from manyvoices.train.reward.files import TRAINED, RewardFiles  # noqa: E402
from manyvoices.train.reward.model import RewardModel, load_reward_model  # noqa: E402
from manyvoices.train.reward.probe import CannotPack, check_packing  # noqa: E402
from manyvoices.train.reward.rows import flatten  # noqa: E402


def config(family: str = "llama", **more: Any) -> ModelConfig:
    return ModelConfig(tiny=TinyConfig(family=family, hidden=32, vocab=512), **more)


def rows_for(tokenizer: Any, format: Any) -> tuple[tuple[int, ...], ...]:
    return flatten(tokens(forest(0), tokenizer, format)).ids


def by_transformers(folder: Path, rows: Any) -> Any:
    """Scores as a stranger computes them: one padded batch through the auto class."""
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    assert model.config.num_labels == 1
    pad = model.config.pad_token_id
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=(ids != pad).long()).logits[:, 0]


def scores(model: RewardModel, rows: Any) -> Any:
    with torch.no_grad():
        return model.eval()(rows)


def stir(model: RewardModel, names: str) -> None:
    """Weights as training might have left them."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if names in name:
                weight += 0.1 * torch.randn(weight.shape, generator=generator)


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_what_is_saved_loads_by_the_auto_class_and_scores_alike(
    family: str, tmp_path: Path
) -> None:
    model, tokenizer, format = load_reward_model(config(family), ["abc def"])
    rows = rows_for(tokenizer, format)
    RewardFiles(model, tokenizer).save(tmp_path, model.state_dict())
    assert torch.allclose(by_transformers(tmp_path, rows), scores(model, rows), atol=1e-5)
    assert not (tmp_path / f"{TRAINED}.safetensors").exists()
    again = load_reward_model(ModelConfig(path=tmp_path), seed=99)[0]
    assert torch.equal(scores(again, rows), scores(model, rows))


def test_the_head_is_drawn_from_the_seed() -> None:
    heads = [load_reward_model(config(), seed=s)[0].classifier.score.weight for s in (1, 1, 2)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_a_language_models_checkpoint_becomes_a_reward_model(
    family: str, tmp_path: Path, tiny: Callable[..., Any]
) -> None:
    language_model, tokenizer, _ = tiny(family)
    language_model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model, loaded, _ = load_reward_model(ModelConfig(path=tmp_path), seed=3)
    body = dict(model.body.named_parameters())
    assert all(torch.equal(p, body[n]) for n, p in language_model.base_model.named_parameters())
    assert model.config.pad_token_id == loaded.pad_token_id != loaded.eos_token_id
    assert model.classifier.score.weight.abs().max() > 0


def test_the_heads_constant_is_kept_where_there_is_a_place_for_it(tmp_path: Path) -> None:
    model, tokenizer, format = load_reward_model(config("neox"), ["abc"], head_bias=True)
    stir(model, "score")
    rows = rows_for(tokenizer, format)
    files = RewardFiles(model, tokenizer)
    files.save(tmp_path, model.state_dict())
    assert model.classifier.score.bias.abs().item() > 0.01
    assert torch.allclose(by_transformers(tmp_path, rows), scores(model, rows), atol=1e-5)
    fresh = load_reward_model(config("neox"), ["abc"], head_bias=True, seed=4)[0]
    RewardFiles(fresh).load(tmp_path)
    assert torch.equal(scores(fresh, rows), scores(model, rows))


def test_where_there_is_none_the_message_says_so() -> None:
    with pytest.raises(ModelFolderError, match="set head_bias: false"):
        load_reward_model(config("llama"), ["abc"], head_bias=True)


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_adapters_train_alone_and_are_merged_into_what_is_saved(
    family: str, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    lora = config(family, lora=LoraConfig(r=4, dropout=0.0))
    model, tokenizer, format = load_reward_model(lora, ["abc"])
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert all("lora_" in name or "score" in name for name in trained)
    assert any("score" in name for name in trained)
    stir(model, "lora_B")
    rows = rows_for(tokenizer, format)
    RewardFiles(model, tokenizer).save(tmp_path, model.state_dict())
    assert torch.allclose(by_transformers(tmp_path, rows), scores(model, rows), atol=1e-5)
    fresh = load_reward_model(lora, ["abc"])[0]
    assert not torch.equal(scores(fresh, rows), scores(model, rows))
    RewardFiles(fresh).load(tmp_path)
    assert torch.equal(scores(fresh, rows), scores(model, rows))


def test_a_folder_without_a_decoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="there is no folder"):
        load_reward_model(ModelConfig(path=tmp_path / "nowhere"))


def classifier_of(settings: Any) -> RewardModel:
    from transformers import AutoModelForSequenceClassification

    settings.num_labels = 1
    return RewardModel(AutoModelForSequenceClassification.from_config(settings))


def test_models_that_can_be_packed_pass_the_probe(tmp_path: Path) -> None:
    for family in ("llama", "neox"):
        model = load_reward_model(config(family), ["abc"])[0]
        check_packing(model, "segments", 4096)
        check_packing(model, "dense", 4096)


def test_a_model_that_takes_no_positions_is_refused_with_the_way_out() -> None:
    from transformers import BloomConfig

    model = classifier_of(
        BloomConfig(vocab_size=64, hidden_size=32, n_layer=1, n_head=2, pad_token_id=1)
    )
    for way in ("segments", "dense"):
        with pytest.raises(CannotPack, match=r"packing\.mode: rows"):
            check_packing(model, way, 64)  # type: ignore[arg-type]


def test_a_window_shorter_than_the_threads_is_refused() -> None:
    from transformers import MistralConfig

    settings = MistralConfig(
        vocab_size=64, hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, sliding_window=24, pad_token_id=1,
    )  # fmt: skip
    model = classifier_of(settings)
    with pytest.raises(CannotPack, match="last 24 tokens only"):
        check_packing(model, "segments", 64)
    check_packing(model, "segments", 24)
