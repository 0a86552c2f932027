"""A run of DPO or KTO from its configuration to the folder of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from manyvoices.train.config_dpo import DpoConfig, KtoConfig
from manyvoices.train.distributed import Place, here, of_all
from manyvoices.train.dpo.labels import label_rows
from manyvoices.train.dpo.pairs import PairRow, pair_rows
from manyvoices.train.dpo.rows import Tokens
from manyvoices.train.models import load_model
from manyvoices.train.results import Progress, RunResult, StepLog
from manyvoices.train.templates import MessageFormat
from manyvoices.train.trl_base import keep_base, mixed_epochs, need_trl, publish_model, train
from manyvoices.train.views import read_views
from manyvoices.train.views_all import Views

MANIFEST = "data.json"


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What all steps of a run share."""

    config: DpoConfig | KtoConfig
    train: Views
    test: Views
    model: Any
    tokenizer: Any
    format: MessageFormat
    place: Place
    progress: Progress
    note: Callable[[str], None]

    def tokens(self) -> Tokens:
        """A new count of cuts."""
        config = self.config
        return Tokens(self.tokenizer, self.format, config.optim.max_length, config.min_prompt)


def run_preferences(
    config: DpoConfig | KtoConfig, *, resume: bool, progress: Progress
) -> RunResult:
    """See `manyvoices.train.dpo.run`."""
    need_trl()
    run = _begin(config, progress)
    held = _held_out(run)
    trainer = _labels(run, config) if isinstance(config, KtoConfig) else _pairs(run, config)
    if held:
        from manyvoices.train.dpo.held_out import judge

        pad, size = run.tokenizer.pad_token_id, config.optim.batch_size
        trainer.measure = judge(trainer, held, pad, size, run.place)
    identity = {"data_hash": run.train.manifest.data_hash}
    metrics = train(trainer, config, identity, resume=resume)
    folder = config.out / "model"
    if run.place.writes:
        publish_model(trainer.model, run.tokenizer, folder, merge=config.merge)
    of_all(None, run.place)
    return RunResult(config.out, metrics, folder)


def _begin(config: DpoConfig | KtoConfig, progress: Progress) -> _Run:
    place = here()

    def note(text: str) -> None:
        if place.writes:
            progress(StepLog("note", 0, 0, text=text))

    views = read_views(config.data)
    train, test, _ = views.split(config.data.split)
    texts = (
        text
        for group in train.groups()
        for text in (*(turn.text for turn in group.prefix), *group.replies)
    )
    model, tokenizer, format = load_model(config.model, texts)
    if place.writes:
        config.out.mkdir(parents=True, exist_ok=True)
        views.manifest.write(config.out / MANIFEST)
        if config.model.lora is not None and not config.merge:
            keep_base(config, model, tokenizer)
    of_all(None, place)
    return _Run(config, train, test, model, tokenizer, format, place, progress, note)


def _held_out(run: _Run) -> tuple[PairRow, ...]:
    """Pairs as they are, whatever is made of those that are trained on."""
    groups = run.test.groups()
    if not any(group.n_pairs for group in groups):
        run.note("the held-out side holds no pairs: nothing is evaluated")
        return ()
    plain = DpoConfig(data=run.config.data, model=run.config.model, out=run.config.out)
    found = pair_rows(groups, (), run.tokens(), plain, "the held-out side")
    run.note(f"the held-out side: {found.line()}")
    return found.rows


def _pairs(run: _Run, config: DpoConfig) -> Any:
    from manyvoices.train.dpo.trainers import pair_trainer

    groups, people = run.train.groups(), run.train.rater_groups()
    found = pair_rows(groups, people, run.tokens(), config, "the training side")
    run.note(f"the training side: {found.line()}")
    sampler = run.train.sampler(found.rows, config.seed)
    mixed = mixed_epochs(found.rows, sampler, config.optim, run.place.world)
    return pair_trainer(
        config,
        run.model,
        run.tokenizer,
        mixed or found.rows,
        in_order=mixed is not None,
        progress=run.progress,
    )


def _labels(run: _Run, config: KtoConfig) -> Any:
    from manyvoices.train.dpo.trainers import label_trainer

    side = "the training side"
    found = label_rows(run.train.groups(), run.tokens(), config.labels, side)
    weights = found.weights() if config.balance else (1.0, 1.0)
    run.note(f"{side}: {found.line()}; weights {weights[0]:.3g} and {weights[1]:.3g}")
    sampler = run.train.sampler(found.rows, config.seed)
    epochs = mixed_epochs(found.rows, sampler, config.optim, run.place.world, anew=True)
    assert epochs is not None
    return label_trainer(
        config, run.model, run.tokenizer, epochs, weights=weights, progress=run.progress
    )
