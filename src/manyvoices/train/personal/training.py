"""One run of ``train personal``, from a release to a folder. Needs no torch but for a decoder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from manyvoices.io.writing import write_records, write_text
from manyvoices.train.config import ModelConfig, as_plain
from manyvoices.train.config_personal import PersonalConfig
from manyvoices.train.errors import AlreadyTrained, CheckpointFailed, ResumeRefused
from manyvoices.train.personal.data import PeopleData, people_data
from manyvoices.train.personal.features import FeatureSource
from manyvoices.train.personal.features_saved import DECODER, feature_facts, source_of
from manyvoices.train.personal.judging import disputed, judge
from manyvoices.train.personal.saving import FACTS, save
from manyvoices.train.personal.telling import evaluation_json, metrics_of, readme
from manyvoices.train.personal.whole import train_heads
from manyvoices.train.results import Progress, RunResult, StepLog, silent
from manyvoices.train.views import read_views

STAGES = 4
CONFIG = "config.json"


def run(config: PersonalConfig, *, resume: bool = False, progress: Progress = silent) -> RunResult:
    """Train and judge personal heads; see docs/howto/train-personal.md.

    Features are the slow part and are kept in ``OUT/embeddings`` as they are made. `resume` takes
    them from there and fits again, which gives the same heads as a run that was not interrupted.

    Raises:
        AlreadyTrained: The folder holds heads, and nobody said to go on.
        ResumeRefused: It was begun with another configuration.
        NoRatersError, TooFewPeople: The data do not carry a personal head.
        CheckpointFailed: Something could not be written.
        Whatever `read_views` and the embedder raise.
    """
    tell = _Teller(progress)
    model = config.out / "model"
    _begin(config, model, resume)
    tell(1, "reading the data")
    views = read_views(config.data)
    data = people_data(
        views,
        config.data.split,
        held_out=config.evaluation.held_out,
        seed=config.seed,
        where=str(config.data.path),
    )
    source = _source(config, data, model)
    prompts, replies = [p for p, _ in data.texts], [r for _, r in data.texts]
    tell(2, f"features of {len(replies):,} replies: {source.name}")
    features = source(prompts, replies, tell.count(2 * len(replies)))
    trained = train_heads(data, features, config, lambda text: tell(3, text))
    tell(4, "judging on what was held out")
    evaluation = judge(data, trained, config)
    found = evaluation_json(data, trained, evaluation)
    try:
        save(model, trained, config, source, data.people if config.store_people else ())
        views.manifest.write(config.out / "data.json")
        write_text(json.dumps(found, indent=2) + "\n", config.out / "evaluation.json")
        top = config.disagreement.top
        write_records(disputed(data, trained, top), config.out / "disagreement.jsonl")
        text = readme(data, trained, evaluation, config, views.manifest)
        write_text(text, config.out / "README.md")
    except OSError as error:
        raise CheckpointFailed(str(config.out), error, None) from error
    metrics: Mapping[str, object] = metrics_of(trained, evaluation)
    return RunResult(config.out, metrics, model)


class _Teller:
    """Says where the run is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, stage: int, text: str) -> None:
        self._progress(StepLog("note", stage, STAGES, text=text))

    def count(self, total: int) -> Callable[[int], None]:
        """A listener to how many texts are done: a bar of its own."""
        return lambda n: self._progress(StepLog("train", min(n, total), total))


def _begin(config: PersonalConfig, model: Path, resume: bool) -> None:
    """See that the folder is free, or was begun with the same configuration."""
    path = config.out / CONFIG
    mine = as_plain(config)
    if not resume and (model / FACTS).exists():
        raise AlreadyTrained(config.out, STAGES)
    if resume and path.exists():
        then: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        now = json.loads(json.dumps(mine))
        differing = {n: (then.get(n), now[n]) for n in now if then.get(n) != now[n]}
        if differing:
            raise ResumeRefused(config.out, differing)
    try:
        write_text(json.dumps(mine, indent=2) + "\n", path)
    except OSError as error:
        raise CheckpointFailed(str(path), error, None) from error


def _source(config: PersonalConfig, data: PeopleData, model: Path) -> FeatureSource:
    if config.model.tiny is not None:
        _build_tiny(config, data, model / DECODER)
    return source_of(feature_facts(config), model, config.out)


def _build_tiny(config: PersonalConfig, data: PeopleData, folder: Path) -> None:
    """A random decoder, built for this run, is kept with the heads: they are nothing without."""
    from manyvoices.train.models import load_model

    texts = dict.fromkeys(t for prompt, reply in data.texts for t in (prompt[-1].text, reply))
    plain = config.model.model_dump(exclude={"embedder"})
    decoder, tokenizer, _ = load_model(ModelConfig.model_validate(plain), texts)
    decoder.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
