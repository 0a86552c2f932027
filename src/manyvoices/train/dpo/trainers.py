"""TRL's trainers for preferences, given tokens of ours and, for DPO, what pairs differ in.

TRL 1.16 has no column for margins in DPO, its ``label_smoothing`` is for three losses of which
``sigmoid`` is none, and ``_prepare_dataset`` tokenises texts by itself. `PairTrainer` leaves its
losses alone where they are enough; where pairs carry an offset, a smoothing or a weight it takes
the loss of `manyvoices.train.dpo.losses` over the same log-probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from trl.trainer.dpo_config import DPOConfig as DpoArguments
from trl.trainer.dpo_trainer import DataCollatorForPreference, DPOTrainer
from trl.trainer.kto_config import KTOConfig as KtoArguments
from trl.trainer.kto_trainer import KTOTrainer

from manyvoices.train.config_dpo import DpoConfig, KtoConfig, PreferenceConfig
from manyvoices.train.dpo.labels import COLUMNS as LABEL_COLUMNS
from manyvoices.train.dpo.labels import LabelRow, with_others
from manyvoices.train.dpo.losses import pair_losses
from manyvoices.train.dpo.pairs import COLUMNS, EXTRAS, PairRow
from manyvoices.train.dpo.rows import as_dataset
from manyvoices.train.results import Progress
from manyvoices.train.trl_base import (
    House,
    MetricsCallback,
    in_float32,
    lora_config,
    quiet,
    training_arguments,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class PairCollator:
    """TRL's collator, with the numbers that stand beside a pair."""

    def __init__(self, pad_token_id: int) -> None:
        self.inner = DataCollatorForPreference(pad_token_id=pad_token_id)

    def __call__(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Ids, attention and completion masks (2 b, t), chosen before rejected; extras (b,)."""
        batch: dict[str, Any] = self.inner(examples)
        for name in EXTRAS:
            if name in examples[0]:
                batch[name] = torch.tensor([example[name] for example in examples])
        return batch


class PairTrainer(House, DPOTrainer):
    """TRL's DPO on pairs that we tokenised."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def _set_signature_columns_if_needed(self) -> None:
        trl: Any = super()
        trl._set_signature_columns_if_needed()
        kept: list[str] = self._signature_columns or []
        trainer: Any = self
        trainer._signature_columns = [*kept, *(name for name in EXTRAS if name not in kept)]

    def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool) -> Any:
        extras = {name: inputs.pop(name) for name in EXTRAS if name in inputs}
        if not extras:
            trl: Any = super()
            return trl._compute_loss(model, inputs, return_outputs)
        chosen, rejected = self.log_ratios(model, inputs)
        losses = pair_losses(chosen, rejected, self.beta, extras["offset"], extras["smoothing"])
        self._note(chosen.detach(), rejected.detach(), inputs)
        # The mean weight of all pairs is 1, so accumulation and ranks may average as they do.
        loss = (extras["weight"] * losses).mean()
        return (loss, {}) if return_outputs else loss

    def log_ratios(self, model: Any, inputs: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
        """Of the chosen and of the rejected replies, (b,) each; the reference without gradient."""
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        labels = ids.masked_fill(inputs["completion_mask"] == 0, -100)
        out = model(
            input_ids=ids, attention_mask=mask, labels=labels, use_cache=False, fused_lm_head=True
        )
        chosen, rejected = out.log_probs.sum(dim=1).chunk(2)
        trl: Any = self
        reference = trl.ref_model if trl.ref_model is not None else model
        of_chosen, of_rejected = trl.compute_ref_log_probs(reference, inputs)
        return chosen - of_chosen, rejected - of_rejected

    def _note(self, chosen: Tensor, rejected: Tensor, inputs: Mapping[str, Any]) -> None:
        """The figures of TRL's that a run reports, over all ranks."""
        trl: Any = self
        mode = "train" if trl.model.training else "eval"
        gathered = trl.accelerator.gather(torch.stack([chosen, rejected], dim=1)) * trl.beta
        lead = gathered[:, 0] - gathered[:, 1]
        found = {
            "rewards/chosen": gathered[:, 0].mean(),
            "rewards/rejected": gathered[:, 1].mean(),
            "rewards/accuracies": (lead > 0).float().mean(),
            "rewards/margins": lead.mean(),
        }
        for name, value in found.items():
            trl._metrics[mode][name].append(value.item())
        tokens = trl.accelerator.gather(inputs["attention_mask"].sum()).sum()
        trl._total_train_tokens += int(tokens) if mode == "train" else 0
        trl._metrics[mode]["num_tokens"] = [trl._total_train_tokens]


class LabelTrainer(House, KTOTrainer):
    """TRL's KTO on replies that we tokenised and paired for its estimate of the divergence."""

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def reference_of(model: PreTrainedModel, config: PreferenceConfig) -> PreTrainedModel | None:
    """A frozen copy; None with LoRA, where TRL switches the adapters off instead."""
    if config.model.lora is not None:
        return None
    copy: PreTrainedModel = deepcopy(model)
    copy.requires_grad_(False)
    copy.eval()
    return copy


def pair_trainer(
    config: DpoConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[PairRow],
    *,
    in_order: bool = False,
    progress: Progress,
) -> PairTrainer:
    """TRL's DPOTrainer for `rows`; dropout is off in it, LoRA's too (TRL's ``disable_dropout``).

    Args:
        in_order: `rows` are all epochs, one after the other, each shuffled already.
    """
    columns = (*COLUMNS, *EXTRAS) if config.own_loss else COLUMNS
    arguments = _arguments(
        config,
        DpoArguments,
        in_order,
        loss_type=[config.loss],
        label_smoothing=config.smoothing if config.loss == "robust" else 0.0,
    )
    return PairTrainer(
        data_collator=PairCollator(tokenizer.pad_token_id),
        **_common(config, arguments, model, tokenizer, as_dataset(rows, columns), progress),
    )


def label_trainer(
    config: KtoConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[LabelRow],
    *,
    weights: tuple[float, float],
    progress: Progress,
) -> LabelTrainer:
    """TRL's KTOTrainer for `rows`: all epochs, one after the other, each shuffled already.

    Args:
        weights: (desirable, undesirable).
    """
    arguments = _arguments(
        config,
        KtoArguments,
        True,
        desirable_weight=weights[0],
        undesirable_weight=weights[1],
    )
    data = as_dataset(with_others(rows, config.optim.batch_size), LABEL_COLUMNS)
    return LabelTrainer(**_common(config, arguments, model, tokenizer, data, progress))


def _arguments(config: PreferenceConfig, kind: Any, in_order: bool, **extra: Any) -> Any:
    order = {"train_sampling_strategy": "sequential", "num_train_epochs": 1.0} if in_order else {}
    # Rows are as long as they may be already; TRL would cut replies off their end.
    return training_arguments(config, kind, beta=config.beta, max_length=None, **order, **extra)


def _common(
    config: PreferenceConfig,
    arguments: Any,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    data: Any,
    progress: Progress,
) -> dict[str, Any]:
    quiet()
    in_float32(model, config)
    return {
        "model": model,
        "ref_model": reference_of(model, config),
        "args": arguments,
        "train_dataset": data,
        # Evaluation is ours (`House.evaluate`); TRL only asks that there be something.
        "eval_dataset": data.select([0]) if config.eval_every else None,
        "processing_class": tokenizer,
        "peft_config": lora_config(config.model.lora),
        "callbacks": [MetricsCallback(progress)],
    }
