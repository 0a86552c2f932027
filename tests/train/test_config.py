"""A run's configuration: read whole, and every fault named with its line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from manyvoices.train.config import DataConfig, ModelConfig, RunConfig, TinyConfig, read_config
from manyvoices.train.errors import ConfigError, ModelFolderError
from manyvoices.train.models import load_model, load_tokenizer

GOOD = """\
data:
  path: release
  languages: [en]
  split: {by: tree, share: 0.2}
  filters: {min_quality: 0.5}
  more:
    - {path: pairs.jsonl, fraction: 0.1}
model:
  tiny: {family: neox, hidden: 32}
  format: chatml
  lora: {r: 8}
optim: {lr: 1e-5, max_steps: 10, schedule: linear}
out: runs/one
log: [tensorboard]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_configuration_is_read_and_its_paths_count_from_its_folder(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, GOOD), RunConfig)
    assert config.data.path == tmp_path / "release"
    assert config.data.more[0].path == tmp_path / "pairs.jsonl"
    assert config.out == tmp_path / "runs" / "one"
    assert config.optim.lr == 1e-5
    assert config.model.lora is not None
    assert config.model.lora.r == 8
    assert config.data.split.share == 0.2


def test_all_faults_are_named_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = (
        GOOD.replace("languages", "langauges")
        .replace("share: 0.2", "share: 1.5")
        .replace("format: chatml", "format: alpaca")
        .replace("lr: 1e-5", "lr: fast")
        .replace("max_steps: 10", "max_steps: 10, epochs: 3")
        .replace("out: runs/one\n", "")
    )
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(path, RunConfig)
    faults = {(fault.line, fault.path): str(fault) for fault in caught.value.faults}
    assert (3, "data.langauges") in faults
    assert "did you mean languages?" in faults[3, "data.langauges"]
    assert (4, "data.split.share") in faults
    assert "one of oasst, chatml" in faults[10, "model.format"]
    assert (12, "optim.lr") in faults
    assert any(where == "out" and "the key out" in said for (_, where), said in faults.items())
    assert all(said.startswith(str(path)) for said in faults.values())


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("{format: oasst}", "none of path, hub and tiny"),
        ("{tiny: {}, path: x}", "path and tiny"),
    ],
)
def test_a_model_comes_from_one_place(tmp_path: Path, model: str, found: str) -> None:
    path = written(tmp_path, f"data: {{path: x}}\nmodel: {model}\nout: o\n")
    with pytest.raises(ConfigError, match=found):
        read_config(path, RunConfig)


def test_epochs_and_steps_exclude_each_other(tmp_path: Path) -> None:
    text = GOOD.replace("max_steps: 10", "max_steps: 10, epochs: 1")
    with pytest.raises(ConfigError, match=r"run.yaml:12: optim.max_steps: found max_steps beside"):
        read_config(written(tmp_path, text), RunConfig)


@pytest.mark.parametrize("text", ["", "- a\n", "data: [\n", "just words"])
def test_what_is_no_configuration_says_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        read_config(written(tmp_path, text), RunConfig)


def test_a_data_set_has_a_fraction_or_a_size() -> None:
    with pytest.raises(ValueError, match="size beside fraction"):
        DataConfig(path=Path("x"), fraction=0.5, size=3)


def test_a_folder_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="there is no folder"):
        load_model(ModelConfig(path=tmp_path / "nowhere"))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ModelFolderError, match=r"holds no config.json.*found notes.txt"):
        load_tokenizer(ModelConfig(path=tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelFolderError, match="no tokenizer in"):
        load_tokenizer(ModelConfig(path=tmp_path))


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_a_saved_model_is_loaded_with_its_tokenizer_and_template(
    tmp_path: Path, family: str
) -> None:
    import torch

    config = ModelConfig(tiny=TinyConfig(family=family, hidden=32, vocab=300))  # type: ignore[arg-type]
    model, tokenizer, _ = load_model(config, ["hello world"])
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, reread, format = load_model(ModelConfig(path=tmp_path))
    assert reread.chat_template == format.chat_template
    assert reread.pad_token_id == tokenizer.pad_token_id != reread.eos_token_id
    assert again.config.model_type == {"llama": "llama", "neox": "gpt_neox"}[family]
    pairs = zip(model.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_equal_seeds_give_equal_models_and_leave_torchs_generator_alone() -> None:
    import torch

    def weights(seed: int) -> torch.Tensor:
        tiny = TinyConfig(hidden=32, vocab=300, seed=seed)
        return load_model(ModelConfig(tiny=tiny))[0].get_input_embeddings().weight

    torch.manual_seed(5)
    before = torch.get_rng_state()
    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
    assert torch.equal(before, torch.get_rng_state())
