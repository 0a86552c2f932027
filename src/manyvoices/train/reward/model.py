"""A decoder with a linear head: one score per reply, read at the reply's last token.

The model is transformers' own ``...ForSequenceClassification`` with one label, so that what is
saved loads with ``AutoModelForSequenceClassification.from_pretrained(folder)`` and gives the same
scores. `RewardModel` wraps it because a pack has many scores in one row, which that class's own
forward cannot give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from manyvoices.train.config import LoraConfig, ModelConfig
from manyvoices.train.errors import ModelFolderError
from manyvoices.train.models import checked_place, dtype_of, load_tokenizer
from manyvoices.train.reward.attention import IMPLEMENTATION, Way, arguments, register
from manyvoices.train.reward.files import last_norm_bias, write_classifier
from manyvoices.train.reward.packing import Pack
from manyvoices.train.templates import MessageFormat


class RewardModel(nn.Module):
    """Scores of replies: (m,) float32 from a pack, or (rows,) from padded rows."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.classifier = classifier
        self.way: Way | None = None
        """How packs are attended to; chosen by `attend`, or `segments` with the first pack."""

    @property
    def config(self) -> Any:
        """transformers' configuration of the model inside."""
        return self.classifier.config

    @property
    def body(self) -> Any:
        """The decoder without its head."""
        return getattr(self.classifier, self.classifier.base_model_prefix)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def attend(self, way: Way) -> None:
        """Choose how packs are attended to; padded rows work with each."""
        register()
        self.way = way
        self.classifier.set_attn_implementation(IMPLEMENTATION[way])

    def forward(self, batch: Pack | Sequence[Sequence[int]]) -> Tensor:
        """Scores: (m,) in the order of ``Pack.ends``, or one per row of token ids."""
        return self._scored(self.features(batch))

    def features(self, batch: Pack | Sequence[Sequence[int]]) -> Tensor:
        """The decoder's last states at the scored tokens: (m, hidden size)."""
        if isinstance(batch, Pack):
            if self.way is None:
                self.attend("segments")
            assert self.way is not None
            dtype = self.classifier.score.weight.dtype
            given = arguments(batch, self.way, self.device, dtype)
            states = self.body(**given, use_cache=False).last_hidden_state
            packed: Tensor = states[0, torch.tensor(batch.ends, device=self.device)]
            return packed
        ids, mask, last = self._padded(batch)
        states = self.body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        flat: Tensor = states[torch.arange(len(last), device=self.device), last]
        return flat

    def _scored(self, features: Tensor) -> Tensor:
        scores: Tensor = self.classifier.score(features)
        return scores[:, 0].float()

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor, Tensor]:
        """Rows filled up on the right: ids, mask (both (rows, longest)) and each last place."""
        longest = max(map(len, rows))
        pad = self.config.pad_token_id
        ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
        last = torch.tensor([len(row) - 1 for row in rows])
        mask = (torch.arange(longest)[None] <= last[:, None]).long()
        return ids.to(self.device), mask.to(self.device), last.to(self.device)

    def add_adapters(self, lora: LoraConfig) -> None:
        """Train low-rank adapters and the head instead of all weights (peft)."""
        from peft import LoraConfig as PeftConfig
        from peft import inject_adapter_in_model

        targets = lora.targets if isinstance(lora.targets, str) else list(lora.targets)
        config = PeftConfig(
            r=lora.r,
            lora_alpha=lora.alpha,  # type: ignore[arg-type]
            lora_dropout=lora.dropout,
            target_modules=targets,
            exclude_modules=["score"],
        )
        inject_adapter_in_model(config, self.classifier)
        self.classifier.score.requires_grad_(True)

    def gradient_checkpointing_enable(self, settings: dict[str, Any] | None = None) -> None:
        """Recompute activations in the backward pass instead of keeping them."""
        # transformers 6 will know the first name only, earlier ones the second.
        enable = getattr(self.classifier, "activation_checkpointing_enable", None)
        (enable or self.classifier.gradient_checkpointing_enable)(settings)

    def save_pretrained(self, folder: Path | str) -> None:
        """Write what `AutoModelForSequenceClassification` loads and scores alike."""
        write_classifier(self, Path(folder), self.state_dict())


def load_reward_model(
    config: ModelConfig, texts: Iterable[str] = (), *, seed: int = 0, head_bias: bool = False
) -> tuple[RewardModel, Any, MessageFormat]:
    """A reward model on the body that `config` names, with its tokenizer and format.

    A folder may hold a causal language model (the head is drawn from `seed`) or a reward model
    (its head is kept).

    Args:
        texts: What a tiny model's tokenizer is trained on.

    Raises:
        ModelFolderError: The folder is missing, or holds nothing that fits.
    """
    tokenizer, format = load_tokenizer(config, texts)
    if config.tiny is not None:
        classifier, fresh = _tiny(config), True
    else:
        classifier, fresh = _pretrained(config)
    format.prepare(tokenizer, classifier)
    classifier.config.num_labels = 1
    if fresh:
        _seed_head(classifier, seed)
    if head_bias:
        _add_bias(classifier)
    model = RewardModel(classifier.to(dtype_of(config)))
    if config.lora is not None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model.add_adapters(config.lora)
    return model, tokenizer, format


def _tiny(config: ModelConfig) -> Any:
    """The body that `tiny_model` gives, under a head."""
    from transformers import AutoModelForSequenceClassification

    from manyvoices.train.tiny import tiny_model

    assert config.tiny is not None
    t = config.tiny
    language_model: Any = tiny_model(t.family, t.hidden, t.layers, t.heads, t.vocab, t.seed)
    settings = language_model.config
    settings.num_labels = 1
    classifier: Any = AutoModelForSequenceClassification.from_config(settings)
    setattr(classifier, classifier.base_model_prefix, language_model.base_model)
    return classifier


def _pretrained(config: ModelConfig) -> tuple[Any, bool]:
    """The model, and whether its head is new."""
    from transformers import AutoModelForSequenceClassification

    place = checked_place(config)
    try:
        classifier, report = AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=1, dtype=dtype_of(config), output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().split("\n")[0]
        raise ModelFolderError(f"no decoder that can be scored in {place}: {first}") from error
    missing = set(report["missing_keys"])
    if missing - {"score.weight"}:
        some = ", ".join(sorted(missing - {"score.weight"})[:3])
        raise ModelFolderError(
            f"{place} lacks weights of {type(classifier).__name__}: {some}; expected all but "
            "score.weight, as a causal language model or a reward model of this kind has"
        )
    return classifier, bool(missing)


def _seed_head(classifier: Any, seed: int) -> None:
    """Weights of variance 1 / (hidden + 1): Stiennon et al. 2020, appendix B.1."""
    weight = classifier.score.weight
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(weight.shape, generator=generator) / (weight.shape[1] + 1) ** 0.5
    with torch.no_grad():
        weight.copy_(drawn)


def _add_bias(classifier: Any) -> None:
    """A constant in the head, where it can be kept.

    transformers' heads have none. A last norm with a bias (GPT-NeoX, GPT-2) can take it at saving:
    ``w (h + w b / |w|^2) = w h + b``.
    """
    if last_norm_bias(classifier) is None:
        raise ModelFolderError(
            f"{type(classifier).__name__} has no place for the head's constant: its head and its "
            "last norm are without bias; set head_bias: false (differences of scores, which are "
            "all that the loss and PPO's advantages see, are the same without it)"
        )
    score = classifier.score
    wider = nn.Linear(score.in_features, 1, bias=True)
    with torch.no_grad():
        wider.weight.copy_(score.weight)
        wider.bias.zero_()
    classifier.score = wider
