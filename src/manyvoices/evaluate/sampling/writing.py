"""The files of a sampling run: one report per model, and what a study of comparisons reads."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.design.responders import ResponderSpec
from manyvoices.evaluate.files import put
from manyvoices.evaluate.generating import OUTCOMES, Generation
from manyvoices.evaluate.sampling.config import Sampling, SamplingConfig, StudyOutputs
from manyvoices.evaluate.sampling.errors import UnknownSampling
from manyvoices.evaluate.sampling.prompts import Asked
from manyvoices.evaluate.sampling.records import (
    FORM,
    PromptMore,
    PromptResults,
    Result,
    ResultMore,
    SamplingReport,
    outcomes_of,
    prompt_key,
)
from manyvoices.io.manifest import installed_version

REPORTS, PROMPTS, OUTPUTS = "reports", "prompts.jsonl", "outputs.jsonl"


def report_of(
    model: ResponderSpec,
    asked: Sequence[Asked],
    generations: Sequence[Generation],
    config: SamplingConfig,
    now: dt.datetime,
) -> SamplingReport:
    """One model's report; `generations` are its own, of every prompt, sampling and sample."""
    by: dict[tuple[str, str], list[Generation]] = {}
    for one in generations:
        by.setdefault((one.prompt_id, one.setting), []).append(one)
    prompts = [
        PromptResults(
            prompt=prompt.text,
            results=[
                _result(by[prompt.id, sampling.name], sampling, model)
                for sampling in config.samplings
            ],
            manyvoices=PromptMore(
                id=prompt.id,
                category=prompt.category,
                language=prompt.language,
                earlier=list(prompt.earlier),
            ),
        )
        for prompt in asked
    ]
    counts = {
        sampling.name: _counts(g for g in generations if g.setting == sampling.name)
        for sampling in config.samplings
    }
    versions = sorted({g.model_version for g in generations if g.model_version})
    return SamplingReport(
        model_name=model.id,
        date=now.isoformat(),
        args=_args(model, config),
        prompts=prompts,
        manyvoices={
            "form": FORM,
            "software": installed_version(),
            "outcomes": counts,
            "model_versions": versions,
        },
    )


def write_reports(reports: Sequence[SamplingReport], folder: Path) -> list[str]:
    """``reports/MODEL_sampling.json`` in `folder` for each; the files' names, in their order."""
    names: list[str] = []
    for report in reports:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", report.model_name)
        known = {name.casefold() for name in names}
        # "a/b" and "a_b" are two models.
        endings = ("", *(f"-{n}" for n in range(2, len(reports) + 2)))
        made = (f"{plain}{ending}_sampling.json" for ending in endings)
        names.append(next(name for name in made if name.casefold() not in known))
        text = msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"
        put(folder / REPORTS / names[-1], text)
    return names


def write_study_files(
    reports: Sequence[SamplingReport], asked: Sequence[Asked], choice: StudyOutputs, folder: Path
) -> Mapping[str, str]:
    """``prompts.jsonl`` and ``outputs.jsonl`` as a stage ``comparisons`` names them.

    Returns:
        Model -> the sampling whose outputs were taken.

    Raises:
        UnknownSampling: A model has no sampling of the name that is asked for.
    """
    put(folder / PROMPTS, "".join(_line(_item(one)) for one in asked))
    ids = {one.key: one.id for one in asked}
    taken: dict[str, str] = {}
    lines = []
    for report in reports:
        name = taken[report.model_name] = _chosen(report, choice)
        for one in report.prompts:
            for result in one.results:
                if result.sampling_config == name and prompt_key(one) in ids:
                    place = min(choice.sample, len(result.outputs) - 1)
                    record = _output(ids[prompt_key(one)], report.model_name, result, place)
                    lines.append(_line(record))
    put(folder / OUTPUTS, "".join(lines))
    return taken


def _chosen(report: SamplingReport, choice: StudyOutputs) -> str:
    known = list(dict.fromkeys(r.sampling_config for one in report.prompts for r in one.results))
    wanted = choice.sampling
    if isinstance(wanted, Mapping):
        wanted = wanted.get(report.model_name)
    if wanted is None:
        return known[0]
    if wanted not in known:
        raise UnknownSampling(report.model_name, wanted, known)
    return wanted


def _result(generations: Sequence[Generation], sampling: Sampling, model: ResponderSpec) -> Result:
    return Result(
        sampling_config=sampling.name,
        sampling_params=sampling.params(model),
        outputs=[one.text or "" for one in generations],
        manyvoices=ResultMore(
            outcomes=[one.outcome for one in generations],
            languages=[one.language for one in generations],
            finish_reasons=[one.finish_reason for one in generations],
            failures=[one.failure for one in generations],
        ),
    )


def _counts(generations: Any) -> dict[str, int]:
    found = Counter(one.outcome for one in generations)
    return {name: found[name] for name in OUTCOMES}


def _args(model: ResponderSpec, config: SamplingConfig) -> dict[str, Any]:
    """The names of OASST's own arguments where there is one; no path of this machine."""
    return {
        "model_name": model.model or model.id,
        "provider": model.served_by or model.provider,
        "prompts": config.prompts.path.name if config.prompts else None,
        "seed": config.seed,
        "num_samples": config.samples,
        "n": config.prompts.most if config.prompts else None,
        "system": model.system,
        "template": model.template,
    }


def _item(one: Asked) -> dict[str, Any]:
    found = {
        "id": one.id, "text": one.text, "category": one.category, "language": one.language,
        "earlier": list(one.earlier),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _output(prompt: str, model: str, result: Result, place: int) -> dict[str, Any]:
    text = result.outputs[place] if result.outputs else ""
    if text.strip():
        return {"prompt": prompt, "model": model, "text": text}
    why = outcomes_of(result)[place] if result.outputs else "empty"
    return {"prompt": prompt, "model": model, "failure": why}


def _line(record: Mapping[str, Any]) -> str:
    return msgspec.json.encode(record).decode() + "\n"
