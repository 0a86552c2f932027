"""A run of supervised fine-tuning from its configuration to the folder of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from manyvoices.train.adapters import whole_model
from manyvoices.train.config_sft import SftConfig
from manyvoices.train.distributed import Place, here, of_all
from manyvoices.train.masks import Encoded
from manyvoices.train.models import load_model
from manyvoices.train.results import Progress, RunResult, StepLog
from manyvoices.train.sft.held_out import held_out
from manyvoices.train.sft.rows import Row, Rows, rows_of
from manyvoices.train.sft.samples import write_samples
from manyvoices.train.sft.trees import Parts, parts_of
from manyvoices.train.templates import MessageFormat
from manyvoices.train.trl_base import keep_base, need_trl, publish_model, quiet
from manyvoices.train.views import Prompt, Thread, Turn, read_views
from manyvoices.train.views_all import Views

SAMPLES = "samples.jsonl"
MANIFEST = "data.json"


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What all steps of a run share."""

    config: SftConfig
    train: Views
    test: Views
    model: Any
    tokenizer: Any
    format: MessageFormat
    place: Place
    note: Callable[[str], None]

    @property
    def identity(self) -> Mapping[str, Any]:
        """What a resumed run must share beside its configuration."""
        return {"data_hash": self.train.manifest.data_hash}


def run_sft(config: SftConfig, *, resume: bool, progress: Progress) -> RunResult:
    """See `manyvoices.train.sft.run`."""
    if config.trainer == "trl":
        need_trl()
    quiet()
    run = _begin(config, progress)
    held = _held_out_rows(run)
    train = _by_thread if config.trainer == "trl" else _by_tree
    model, metrics = train(run, _measure(run, held), resume, progress)
    folder = config.out / "model"
    if run.place.writes:
        model = whole_model(model, folder, run.place.device)
        model = publish_model(model, run.tokenizer, folder, merge=config.merge)
        _write_samples(run, model)
    of_all(None, run.place)
    return RunResult(config.out, metrics, folder)


def _begin(config: SftConfig, progress: Progress) -> _Run:
    place = here()

    def note(text: str) -> None:
        if place.writes:
            progress(StepLog("note", 0, 0, text=text))

    views = read_views(config.data)
    train, test, _ = views.split(config.data.split)
    texts = (turn.text for thread in train.threads() for turn in thread.turns)
    model, tokenizer, format = load_model(config.model, texts)
    if place.writes:
        config.out.mkdir(parents=True, exist_ok=True)
        views.manifest.write(config.out / MANIFEST)
        if config.model.lora is not None and (config.shard or not config.merge):
            keep_base(config, model, tokenizer)
    of_all(None, place)
    return _Run(config, train, test, model, tokenizer, format, place, note)


def _rows(run: _Run, threads: Sequence[Thread], side: str) -> Rows:
    config = run.config
    rows = rows_of(
        threads,
        run.tokenizer,
        run.format,
        config.optim.max_length,
        config.overlong,
        seed=config.seed,
        side=side,
    )
    run.note(f"{side}: {rows.lengths.line()}")
    return rows


def _held_out_rows(run: _Run) -> tuple[Row, ...]:
    threads = run.test.threads()
    return _rows(run, threads, "the held-out side").rows if threads else ()


def _measure(run: _Run, rows: Sequence[Row]) -> Callable[[Any], Mapping[str, float]] | None:
    """Loss and accuracy on the held-out threads; None where nothing is held out."""
    if not rows:
        return None
    pad, size = run.tokenizer.pad_token_id, run.config.optim.batch_size
    return lambda model: held_out(model, rows, pad, size, run.place).as_metrics()


def _by_thread(
    run: _Run, measure: Any, resume: bool, progress: Progress
) -> tuple[Any, Mapping[str, Any]]:
    from manyvoices.train.sft.by_thread import thread_trainer
    from manyvoices.train.trl_base import mixed_epochs, train

    rows = _rows(run, run.train.threads(), "the training side")
    sampler = run.train.sampler(rows.rows, run.config.seed)
    mixed = mixed_epochs(rows.rows, sampler, run.config.optim, run.place.world)
    trainer = thread_trainer(
        run.config,
        run.model,
        run.tokenizer,
        mixed or rows.rows,
        in_order=mixed is not None,
        measure=measure,
        progress=progress,
    )
    metrics = train(trainer, run.config, run.identity, resume=resume)
    return trainer.model, metrics


def _by_tree(
    run: _Run, measure: Any, resume: bool, progress: Progress
) -> tuple[Any, Mapping[str, Any]]:
    from manyvoices.train.sft.by_tree import train_trees

    parts = tree_parts(run.config, run.train, run.tokenizer, run.format)
    run.note(f"the training side: {parts.line()}")
    items = [part[0].source for part in parts.parts]
    model, result = train_trees(
        run.config,
        run.model,
        run.tokenizer,
        parts,
        measure=measure,
        resume=resume,
        progress=progress,
        identity=run.identity,
        sampler=run.train.sampler(items, run.config.seed),
    )
    return model, result.metrics


def tree_parts(config: SftConfig, views: Views, tokenizer: Any, format: MessageFormat) -> Parts:
    """The trees of `views` as the trainer ``tree`` reads them."""

    @cache
    def encode(turn: Turn) -> Encoded:
        return format.encode([turn], tokenizer)

    length = config.optim.max_length
    return parts_of(
        views.trees(whole=True),
        encode,
        length,
        config.row_tokens or 4 * length,
        top_k=config.data.top_k,
        decay=config.rank_decay if config.weigh == "rank" else 1.0,
    )


def _write_samples(run: _Run, model: Any) -> None:
    threads = run.test.threads() or run.train.threads()
    prompts = [Prompt(t.turns[:-1], t.tree_id, t.language) for t in threads if len(t.turns) > 1]
    if run.config.samples.prompts:
        write_samples(
            model,
            run.tokenizer,
            run.format,
            prompts,
            run.config.samples,
            run.config.out / SAMPLES,
            max_length=run.config.optim.max_length,
        )
