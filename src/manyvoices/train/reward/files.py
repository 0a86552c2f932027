"""A reward model in files: what everybody's transformers loads, and what a resumed run needs.

Adapters are merged and the head's constant is folded into the last norm, so that the folder holds a
plain ``...ForSequenceClassification``. Both are exact up to rounding; going on with a run wants the
trained tensors themselves, so where they differ they are written beside it, in `TRAINED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from manyvoices.train.model_files import Pretrained, put_weights, read_weights

TRAINED = "trained"
"""Stem of the file with the tensors as they were trained."""

_INSIDE = "classifier."
_LORA_A, _LORA_B, _BASE = ".lora_A.default.weight", ".lora_B.default.weight", ".base_layer"
_NORMS = ("final_layer_norm", "norm", "ln_f")


class RewardFiles:
    """`manyvoices.train.model_files.ModelFiles` of a reward model and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any = None) -> None:
        self.model, self.tokenizer = model, tokenizer

    def save(self, folder: Path, weights: Mapping[str, Tensor]) -> None:
        """The plain classifier, the tokenizer, and `TRAINED` where it differs."""
        write_classifier(self.model, folder, weights, self.tokenizer)
        if self._differs(weights):
            from safetensors.torch import save_file

            trained = {n: t.contiguous() for n, t in self._trained(weights).items()}
            save_file(trained, folder / f"{TRAINED}.safetensors")

    def load(self, folder: Path) -> None:
        """Put what was saved into the model again."""
        if not (folder / f"{TRAINED}.safetensors").exists():
            put_weights(self.model.classifier, read_weights(folder), folder)
            return
        held = self.model.state_dict()
        trained = read_weights(folder, TRAINED)
        put_weights(self.model, {**held, **trained}, folder)

    def _differs(self, weights: Mapping[str, Tensor]) -> bool:
        return any(n.endswith((_LORA_A, "score.bias")) for n in weights)

    def _trained(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """With adapters the rest of the body stands still: the run starts from it again."""
        if not any(name.endswith(_LORA_A) for name in weights):
            return dict(weights)
        moving = {name for name, p in self.model.named_parameters() if p.requires_grad}
        return {name: tensor for name, tensor in weights.items() if name in moving}


def write_classifier(
    model: Any, folder: Path, weights: Mapping[str, Tensor], tokenizer: Any = None
) -> None:
    """Write the classifier inside a `RewardModel` so that anybody's transformers loads it.

    Args:
        weights: The model's ``state_dict()``, whole.
    """
    classifier = model.classifier
    plain = {name.removeprefix(_INSIDE): tensor for name, tensor in weights.items()}
    plain = _folded(_merged(plain, classifier), classifier)
    Pretrained(classifier, tokenizer).save(folder, plain)


def _merged(weights: dict[str, Tensor], classifier: Any) -> dict[str, Tensor]:
    """Adapters added to what they adapt: W + scaling * B A."""
    scaling = {
        name: module.scaling["default"]
        for name, module in classifier.named_modules()
        if hasattr(module, "scaling") and hasattr(module, "lora_A")
    }
    found: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name.endswith((_LORA_A, _LORA_B)):
            continue
        layer = name.partition(_BASE)[0]
        if name == f"{layer}{_BASE}.weight" and layer in scaling:
            down, up = weights[layer + _LORA_A].float(), weights[layer + _LORA_B].float()
            tensor = (tensor.float() + scaling[layer] * (up @ down)).to(tensor.dtype)
        found[name.replace(_BASE, "")] = tensor
    return found


def last_norm_bias(classifier: Any) -> str | None:
    """Name of the last norm's bias in the classifier's weights; None where it has none."""
    prefix = classifier.base_model_prefix
    body = getattr(classifier, prefix)
    for name in _NORMS:
        if getattr(getattr(body, name, None), "bias", None) is not None:
            return f"{prefix}.{name}.bias"
    return None


def _folded(weights: dict[str, Tensor], classifier: Any) -> dict[str, Tensor]:
    """The head's constant b inside the last norm's bias: ``w (h + w b / |w|^2) = w h + b``."""
    if "score.bias" not in weights:
        return weights
    norm = last_norm_bias(classifier)
    assert norm is not None  # or the head would not have been given a constant
    found = dict(weights)
    constant = found.pop("score.bias").double()
    weight = found["score.weight"][0].double()
    with torch.no_grad():
        moved = found[norm].double() + weight * constant / (weight @ weight)
    found[norm] = moved.to(found[norm].dtype)
    return found
