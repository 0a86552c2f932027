"""``manyvoices evaluate sampling``: ask, report, measure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from manyvoices.analyse.resampling import Resampling
from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.files import markdown, shown, write_results
from manyvoices.evaluate.generating import OUTCOMES, Generation, generate
from manyvoices.evaluate.kinds import Progress
from manyvoices.evaluate.sampling.config import Sampling, SamplingConfig
from manyvoices.evaluate.sampling.errors import SameModelTwice
from manyvoices.evaluate.sampling.prompts import Asked, prompts_of, read_prompts
from manyvoices.evaluate.sampling.reading import read_report
from manyvoices.evaluate.sampling.records import SamplingReport, texts_of
from manyvoices.evaluate.sampling.statistics import MEASURES, statistics
from manyvoices.evaluate.sampling.writing import report_of, write_reports, write_study_files
from manyvoices.llm.port import Responder
from manyvoices.llm.providers import build_responder
from manyvoices.train.config import as_plain

Build = Callable[[ResponderSpec], Responder]


@dataclass(frozen=True, slots=True)
class SamplingOutcome:
    """What a run leaves."""

    out: Path
    results: Mapping[str, Any]
    """What ``results.json`` holds."""
    reports: tuple[SamplingReport, ...]
    """The models that were asked, then the reports that were read."""


def run(
    config: SamplingConfig,
    *,
    progress: Progress | None = None,
    now: dt.datetime | None = None,
    build: Build = build_responder,
) -> SamplingOutcome:
    """Read the prompts, ask what was not asked yet, write reports, measure, write.

    Raises:
        DataError: Prompts or reports cannot be read; all faults at once.
        SameModelTwice, UnknownSampling: See `errors`.
        ModelFolderError, NoRewardHead: ``reward`` names no reward model.
    """
    told = progress or (lambda _done, _total: None)
    read = [read_report(path) for path in config.reports]
    asked = read_prompts(config.prompts) if config.prompts else []
    names = Counter([*(m.id for m in config.models), *(r.model_name for r in read)])
    if twice := [name for name, n in names.items() if n > 1]:
        raise SameModelTwice(twice[0])
    made = _ask(config, asked, told, now or dt.datetime.now(dt.UTC), build)
    written = write_reports(made, config.out)
    reports = (*made, *read)
    prompts = prompts_of(reports, asked)
    taken = write_study_files(reports, prompts, config.study, config.out)
    scores = None
    if config.reward is not None:
        from manyvoices.evaluate.sampling.rewarding import reward_scores

        scores = reward_scores(reports, config.reward, told)
    toxicity = None
    if config.toxicity is not None:
        from manyvoices.evaluate.toxicity.scorers import score

        texts = [text for _, text in texts_of(reports)]
        toxicity = score(texts, config.toxicity, config.out, progress=told).of
    languages = {one.key: one.language for one in prompts}
    resampling = Resampling(config.resamples, config.seed, config.level)
    results = {
        "n_prompts": len(prompts),
        "reports": written,
        "outputs_from": dict(taken),
        "rows": statistics(reports, resampling, scores, languages, toxicity),
        "config": as_plain(config),
    }
    write_results(config.out, results, table(results))
    return SamplingOutcome(config.out, results, reports)


def _ask(
    config: SamplingConfig,
    asked: Sequence[Asked],
    told: Progress,
    now: dt.datetime,
    build: Build,
) -> list[SamplingReport]:
    if not config.models:
        return []
    prompts = [one.prompt() for one in asked]
    of_size: dict[int, list[Sampling]] = {}
    for sampling in config.samplings:
        of_size.setdefault(config.n_samples(sampling), []).append(sampling)
    per_prompt = sum(n * len(some) for n, some in of_size.items())
    total, before = per_prompt * len(prompts) * len(config.models), 0
    found: list[Generation] = []
    for n, some in of_size.items():
        answers = generate(
            prompts,
            config.models,
            config.out,
            settings=[sampling.setting() for sampling in some],
            samples=n,
            seed=config.seed,
            timeout_s=config.timeout_s,
            again=config.again,
            progress=lambda done, _all, before=before: told(before + done, total),  # type: ignore[misc]
            build=build,
        )
        # What was asked under another name before keeps that name in the file: the order tells.
        order = product(prompts, config.models, some, range(n))
        found += [
            replace(one, setting=sampling.name)
            for one, (_, _, sampling, _) in zip(answers, order, strict=True)
        ]
        before = len(found)
    return [
        report_of(model, asked, [g for g in found if g.model == model.id], config, now)
        for model in config.models
    ]


SHOWN = (
    "words", "repeated", "cut_off", "open_end", "other_language", "refusal", "self_bleu", "reward",
    "toxicity",
)  # fmt: skip


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    config = results["config"]
    parts = [
        "# What models answer, and how they are sampled",
        f"{results['n_prompts']:,} prompts. In brackets: {config['level']:.0%} intervals over "
        f"{config['resamples']:,} resamples of whole prompts. A dash: nothing was measured.",
        markdown(_head(results), _rows(results)),
        "## Outputs by what came of the call",
        markdown(("model", "sampling", "outputs", *OUTCOMES), _counts(results)),
        "`prompts.jsonl` and `outputs.jsonl` are ready for a stage `comparisons` with "
        f"`source: outputs`; outputs are of {_taken(results)}.",
        "Refusals are found by English phrases alone. `cut off` is what the endpoint said; where "
        "it said nothing, `no sign at the end` is all there is.",
    ]
    return "\n\n".join(parts) + "\n"


def lines(outcome: SamplingOutcome) -> Iterator[Any]:
    """What a terminal shows."""
    from rich.table import Table

    results = outcome.results
    yield f"{results['n_prompts']:,} prompts, {len(results['rows'])} ways of sampling models"
    for head, rows in (
        (_head(results), _rows(results)),
        (("model", "sampling", "outputs", *OUTCOMES), _counts(results)),
    ):
        shape = Table(*head)
        for row in rows:
            shape.add_row(*row)
        yield shape


def _used(results: Mapping[str, Any]) -> list[str]:
    return [name for name in SHOWN if any(row["measures"][name]["n"] for row in results["rows"])]


def _head(results: Mapping[str, Any]) -> tuple[str, ...]:
    return ("model", "sampling", *(MEASURES[name] for name in _used(results)))


def _rows(results: Mapping[str, Any]) -> list[tuple[str, ...]]:
    used = _used(results)
    return [
        (
            row["model"],
            row["sampling"],
            *(shown(row["measures"][name], 1 if name == "words" else 3) for name in used),
        )
        for row in results["rows"]
    ]


def _counts(results: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            row["model"],
            row["sampling"],
            f"{row['n_outputs']:,}",
            *(f"{row['outcomes'][name]:,}" for name in OUTCOMES),
        )
        for row in results["rows"]
    ]


def _taken(results: Mapping[str, Any]) -> str:
    pairs = results["outputs_from"].items()
    return ", ".join(f"{model}: {name}" for model, name in pairs)
