"""``manyvoices train reward``: from a configuration to a reward model and what it gets right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from manyvoices.train.config_reward import RewardConfig
from manyvoices.train.distributed import Place, here, of_all
from manyvoices.train.errors import TrainingError
from manyvoices.train.loop import fit
from manyvoices.train.results import Progress, RunResult, StepLog
from manyvoices.train.reward.attention import chosen_way
from manyvoices.train.reward.batches import Part
from manyvoices.train.reward.files import RewardFiles
from manyvoices.train.reward.metrics import ScoredGroup
from manyvoices.train.reward.model import RewardModel, load_reward_model
from manyvoices.train.reward.probe import check_packing
from manyvoices.train.reward.sources import Epochs, Source, in_order, ranked_groups, source_of
from manyvoices.train.reward.training import RewardEvaluation, RewardStep, judge, score_groups
from manyvoices.train.views import ReplyGroup, read_views

EVALUATION = "evaluation.json"
"""Measures with their intervals, by language and group, beside ``metrics.jsonl``."""
MANIFEST = "data.json"


def run(config: RewardConfig, *, resume: bool, progress: Progress) -> RunResult:
    """Train, evaluate on what was held out, and write model, metrics and manifest.

    Raises:
        NoRankingsError: Nobody ranked anything.
        EmptySplitError: A side of the split is empty.
        CannotPack: The model cannot be trained on packed trees.
        LossNotFinite, CheckpointFailed, AlreadyTrained, NothingToResume, ResumeRefused: `fit`.
    """
    place = here()

    def note(text: str) -> None:
        if place.writes:
            progress(StepLog("note", 0, 0, text=text))

    views = read_views(config.data)
    train, test, _ = views.split(config.data.split)
    groups = ranked_groups(train, config, "the training side")
    held = ranked_groups(test, config, "the held-out side") if test.sources else ()
    model, tokenizer, format = load_reward_model(
        config.model, _texts(groups), seed=config.seed, head_bias=config.head_bias
    )
    length = _prepare(model, config, place, note)
    sides = [source_of(g, tokenizer, format, config, max_length=length) for g in (groups, held)]
    for name, side in zip(("training side", "held-out side"), sides, strict=True):
        _tell(name, side, note)
    if not sides[0].parts:
        raise _all_ties(config, len(groups))
    if place.writes:
        config.out.mkdir(parents=True, exist_ok=True)
        views.manifest.write(config.out / MANIFEST)
    of_all(None, place)
    items = [part[0].source for part in sides[0].parts]
    epochs = Epochs(sides[0].parts, train.sampler(items, config.seed), config)
    judged = _Judged(config, place, sides[1].parts)
    result = fit(
        model,
        epochs,
        RewardStep(config.loss),
        config,
        files=RewardFiles(model, tokenizer),
        resume=resume,
        evaluate=judged if sides[1].parts else None,
        progress=progress,
        identity={"data_hash": views.manifest.data_hash},
        steps_per_epoch=epochs.steps(place.world),
    )
    metrics = judged.write(model, sides[0].parts)
    return RunResult(config.out, {**result.metrics, **metrics}, result.model)


def _all_ties(config: RewardConfig, n_groups: int) -> TrainingError:
    return TrainingError(
        f"all {n_groups} groups of {config.data.path} are ties, which loss.ties: leave "
        "passes over; set loss.ties: half, or give orders that prefer something"
    )


def _texts(groups: Sequence[ReplyGroup]) -> list[str]:
    """What a tiny model's tokenizer is trained on: every text once."""
    texts: dict[str, None] = {}
    for group in groups:
        texts |= {turn.text: None for turn in group.prefix}
        texts |= dict.fromkeys(group.replies)
    return list(texts)


def _prepare(model: RewardModel, config: RewardConfig, place: Place, note: Any) -> int:
    """Freeze and attend as the configuration says; tokens per thread."""
    if config.freeze_embeddings:
        model.body.get_input_embeddings().requires_grad_(False)
    length = _length(model, config, note)
    _attend(model, config, place, length, note)
    return length


def _length(model: RewardModel, config: RewardConfig, note: Any) -> int:
    """Tokens per thread: no more than the model has positions for."""
    wanted = config.optim.max_length
    most = getattr(model.config, "max_position_embeddings", None)
    if isinstance(most, int) and most < wanted:
        note(f"optim.max_length {wanted} is more than the model's {most} positions: {most} is used")
        return most
    return wanted


def _attend(model: RewardModel, config: RewardConfig, place: Place, length: int, note: Any) -> None:
    wanted = config.packing.attention
    way = chosen_way(wanted, place.device)
    if wanted == "flex" and way != "flex":
        note(f"packing.attention: flex has no backward pass on {place.device.type}: {way} is used")
    if config.packing.mode == "rows":
        # Padded rows need no attention of ours.
        model.classifier.set_attn_implementation(config.model.attention or "sdpa")
        return
    check_packing(model, way, length)


def _tell(name: str, side: Source, note: Any) -> None:
    tokens = sum(len(ids) for part in side.parts for group in part for ids in group.replies)
    note(f"{name}: {side.n_groups} groups in {len(side.parts)} parts, {tokens} tokens of replies")
    for line in side.lines:
        note(f"{name}: {line}")


class _Judged:
    """Evaluation during the run, and its last result with intervals at the end."""

    def __init__(self, config: RewardConfig, place: Place, parts: Sequence[Part]) -> None:
        self.config, self.place = config, place
        self.batches = in_order(parts, config)
        self.last: list[ScoredGroup] = []

    def __call__(self, model: Any) -> Mapping[str, float]:
        """Numbers for ``metrics.jsonl``; without intervals, which cost more than the scores."""
        self.last = score_groups(model, self.batches, self.place)
        quick = self.config.evaluation.model_copy(update={"resamples": 0, "by": ()})
        return judge(self.last, quick, self.config.seed).numbers()

    def write(self, model: Any, train: Sequence[Part]) -> dict[str, Any]:
        """``evaluation.json``; the held-out side's measures are returned too."""
        found: dict[str, RewardEvaluation] = {}
        evaluation, seed = self.config.evaluation, self.config.seed
        if self.last:
            found["held_out"] = judge(self.last, evaluation, seed)
        if evaluation.train_groups:
            some = _first(train, evaluation.train_groups)
            model.eval()
            scored = score_groups(model, in_order(some, self.config), self.place)
            found["train"] = judge(scored, evaluation, seed)
        if self.place.writes and found:
            _write(self.config.out / EVALUATION, {n: e.plain() for n, e in found.items()})
        return found["held_out"].plain() if "held_out" in found else {}


def _first(parts: Sequence[Part], n_groups: int) -> list[Part]:
    """As many parts as hold about `n_groups` groups."""
    kept: list[Part] = []
    for part in parts:
        if sum(map(len, kept)) >= n_groups:
            break
        kept.append(part)
    return kept


def _write(path: Path, found: Mapping[str, Any]) -> None:
    text = json.dumps(_without_nan(found), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: what was not measured is null."""
    if isinstance(value, Mapping):
        return {name: _without_nan(part) for name, part in value.items()}
    return None if isinstance(value, float) and isnan(value) else value
