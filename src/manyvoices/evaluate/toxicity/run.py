"""``manyvoices evaluate toxicity``: ask or read, score, measure, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.generating import Prompt, Setting, generate
from manyvoices.evaluate.safety_errors import NothingScored
from manyvoices.evaluate.toxicity import own
from manyvoices.evaluate.toxicity.answers import Answer, Asked, generated, given, with_scores
from manyvoices.evaluate.toxicity.config import ToxicityConfig
from manyvoices.evaluate.toxicity.data_mode import judged
from manyvoices.evaluate.toxicity.measures import (
    Known,
    Measure,
    measures,
    paired,
    per_prompt,
    systems,
)
from manyvoices.evaluate.toxicity.prompts import ReadPrompts, ToxicPrompt, read_prompts
from manyvoices.evaluate.toxicity.scorers import Progress, Scores, own_scores, score
from manyvoices.schema.errors import DataError, Fault
from manyvoices.train.config import as_plain


@dataclass(frozen=True, slots=True)
class ToxicityResult:
    """What an evaluation found, and where it was written."""

    out: Path
    results: Mapping[str, Any]
    """What ``results.json`` holds."""


def run(config: ToxicityConfig, *, progress: Progress | None = None) -> ToxicityResult:
    """Do what the configuration's ``mode`` says, and write it.

    Raises:
        DataError: Prompts, answers, labels or scores are at fault.
        UnknownAttribute: The scorer has no attribute of that name.
        NothingScored: No text has a score.
        ResponderError: The scorer cannot be used.
    """
    from manyvoices.evaluate.toxicity.files import write

    tell = progress or (lambda _done, _total: None)
    if config.mode == "data":
        results = {"mode": "data", **judged(config, tell), **_settings(config)}
        write(config.out, results, [], [])
        return ToxicityResult(config.out, results)
    results, answers, prompts = answered(config, tell)
    write(config.out, results, answers, prompts)
    return ToxicityResult(config.out, results)


def answered(
    config: ToxicityConfig, progress: Progress
) -> tuple[dict[str, Any], list[Answer], list[dict[str, Any]]]:
    """Results, answers, and one row for each model and prompt."""
    assert config.prompts is not None
    attribute = config.scorer.attribute if config.scorer else config.attribute
    read = read_prompts(config.prompts, attribute)
    prompts = read.prompts
    asked = _asked(config, prompts, progress)
    texts = [one.text for one in asked if one.text]
    scores = _scores(config, prompts, asked, progress)
    answers = _with_own(config, prompts, asked, scores)
    if not any(one.score is not None for one in answers):
        raise NothingScored(len(texts), list(scores.failures.values())[:1])
    wanted = measures(_ks(config, answers), config.threshold)
    found = _results(config, read, answers, scores, wanted)
    return found, answers, per_prompt(answers, _known(config, prompts, scores), wanted)


def _asked(
    config: ToxicityConfig, prompts: Sequence[ToxicPrompt], progress: Progress
) -> list[Asked]:
    if config.mode == "given":
        asked = list(given(prompts))
        if not asked:
            where = str(config.prompts.path) if config.prompts else ""
            expected = "a continuation, completion or generations beside a prompt"
            raise DataError([Fault(where, None, "", "no answers", expected, "or mode: generate")])
        return asked
    found = generate(
        [Prompt(one.prompt_id, one.messages, one.language) for one in prompts],
        config.models,
        config.out,
        settings=[Setting(**one.model_dump()) for one in config.settings],
        samples=config.samples,
        seed=config.seed,
        timeout_s=config.timeout_s,
        again=config.ask_again,
        progress=progress,
    )
    return list(generated(found, len(config.settings)))


def _scores(
    config: ToxicityConfig, prompts: Sequence[ToxicPrompt], asked: Sequence[Asked],
    progress: Progress,
) -> Scores:  # fmt: skip
    if config.scorer is None:
        rows = [(a.text, a.scores) for p in prompts for some in p.given.values() for a in some]
        return own_scores(rows, config.attribute)
    texts = [one.text for one in asked if one.text]
    if config.score_prompts:
        missing = [p for p in prompts if config.scorer.attribute not in p.scores]
        texts += [prompt.text for prompt in missing]
    return score(texts, config.scorer, config.out, progress=progress)


def _with_own(
    config: ToxicityConfig, prompts: Sequence[ToxicPrompt], asked: Sequence[Asked], scores: Scores
) -> list[Answer]:
    languages = {one.prompt_id: one.language for one in prompts}
    return with_scores(asked, scores, languages, other_language=config.other_language)


def _ks(config: ToxicityConfig, answers: Sequence[Answer]) -> tuple[int, ...]:
    """As asked; else all samples, or of given answers the most that a prompt has."""
    if config.k or config.mode == "generate":
        return config.k or (config.samples,)
    return (max(Counter((one.system, one.prompt_id) for one in answers).values()),)


def _prompt_scores(
    config: ToxicityConfig, prompts: Sequence[ToxicPrompt], scores: Scores
) -> dict[str, float | None]:
    """Prompt -> its own score: that of the file, else the scorer's."""
    found: dict[str, float | None] = {}
    for one in prompts:
        mine = one.scores.get(scores.attribute)
        asked = scores.of(one.text) if config.score_prompts else None
        found[one.prompt_id] = mine if mine is not None else asked
    return found


def _known(config: ToxicityConfig, prompts: Sequence[ToxicPrompt], scores: Scores) -> Known:
    own_score = _prompt_scores(config, prompts, scores)
    return Known({
        "half": {name: _half(value, config.threshold) for name, value in own_score.items()},
        "language": {one.prompt_id: one.language for one in prompts},
        "category": {one.prompt_id: one.category for one in prompts},
    })  # fmt: skip


def _half(value: float | None, threshold: float) -> str | None:
    return None if value is None else "toxic" if value >= threshold else "non-toxic"


def _results(
    config: ToxicityConfig, read: ReadPrompts, answers: Sequence[Answer], scores: Scores,
    wanted: Mapping[str, Measure],
) -> dict[str, Any]:  # fmt: skip
    resampling = Resampling(config.resamples, config.seed, config.level)
    known = _known(config, read.prompts, scores)
    of_prompts = _prompt_scores(config, read.prompts, scores)
    found = {
        "mode": config.mode,
        "attribute": scores.attribute,
        "threshold": config.threshold,
        "scorer": scores.scorer,
        "n_failed_scores": scores.n_failed,
        "n_prompts": len(read.prompts),
        "n_rows": read.n_read,
        "n_repeated": read.n_repeated,
        "systems": systems(answers, known, wanted, resampling),
        "differences": paired(answers, wanted, resampling),
        **_settings(config),
    }
    if any(value is not None for value in of_prompts.values()):
        found["prompt_scores"] = own.prompt_scores(of_prompts, config.threshold, resampling)
        found["prompt_and_answer"] = own.with_answers(of_prompts, answers, config.level)
    found["pooled"] = own.pooled(answers, known.groups["half"], config.threshold)
    return found


def _settings(config: ToxicityConfig) -> dict[str, Any]:
    return {"threshold": config.threshold, "config": as_plain(config)}


def lines(result: ToxicityResult) -> Iterator[Any]:
    """What a terminal shows."""
    from manyvoices.evaluate.toxicity.files import data_lines, terminal

    if result.results["mode"] == "data":
        yield from data_lines(result.results)
    else:
        yield from terminal(result.results)
