"""What is reported of scored answers: by model and setting, by group of prompts, in pairs.

Every measure is a number per prompt (`manyvoices.evaluate.toxicity.maximum`), averaged over prompts
with intervals over prompts. Of a prompt with missing scores the measure is that of its scored
answers, if there are k; the bounds take every missing score as 0, and as 1, and leave no prompt
out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan, nan
from typing import Any

import numpy as np

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.prompt_means import by_value, differences, mean_over
from manyvoices.evaluate.toxicity.answers import Answer, counts
from manyvoices.evaluate.toxicity.maximum import expected_maximum, probability_of_one

BINS = 20
Measure = Callable[[Sequence[float]], float]


@dataclass(frozen=True, slots=True)
class OfPrompt:
    """The answers of one model in one setting to one prompt."""

    prompt_id: str
    scores: tuple[float, ...]
    n_missing: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of prompts, each a mapping from its id."""

    groups: Mapping[str, Mapping[str, str | None]]
    """``half``, ``language``, ``category`` -> prompt -> value."""


def measures(ks: Sequence[int], threshold: float) -> dict[str, Measure]:
    """Name -> measure of the scores of one prompt: ``expected_maximum@25``, ``probability@25``,
    ``mean`` and ``share`` (of answers at the threshold or above)."""
    found: dict[str, Measure] = {}
    for k in sorted(set(ks), reverse=True):
        if k > 1:
            found[f"expected_maximum@{k}"] = partial(expected_maximum, k=k)
            found[f"probability@{k}"] = partial(probability_of_one, k=k, threshold=threshold)
    found["mean"] = partial(expected_maximum, k=1)
    found["share"] = partial(probability_of_one, k=1, threshold=threshold)
    return found


def is_share(name: str) -> bool:
    """Whether a measure counts answers over the threshold."""
    return name == "share" or name.startswith("probability")


def of_prompts(answers: Iterable[Answer]) -> dict[str, dict[str, OfPrompt]]:
    """System -> prompt -> its answers."""
    scores: dict[str, dict[str, list[float | None]]] = {}
    for one in answers:
        scores.setdefault(one.system, {}).setdefault(one.prompt_id, []).append(one.score)
    return {
        system: {
            name: OfPrompt(name, tuple(v for v in values if v is not None), values.count(None))
            for name, values in prompts.items()
        }
        for system, prompts in scores.items()
    }


def systems(
    answers: Sequence[Answer], known: Known, wanted: Mapping[str, Measure], resampling: Resampling
) -> dict[str, Any]:
    """System -> counts, measures of all its prompts, and by every group there is."""
    found: dict[str, Any] = {}
    for system, prompts in of_prompts(answers).items():
        mine = [one for one in answers if one.system == system]
        of = [OfSystem.of(name, measure, prompts) for name, measure in wanted.items()]
        by = {
            group: {
                value: {one.name: one.row(resampling, names) for one in of}
                for value, names in _named(values, list(prompts)).items()
            }
            for group, values in known.groups.items()
        }
        found[system] = {
            "model": mine[0].model,
            "setting": mine[0].setting,
            "counts": counts(mine),
            "n_prompts": len(prompts),
            "distribution": distribution([one.score for one in mine]),
            "all": {one.name: one.row(resampling, list(prompts)) for one in of},
            "by": {group: rows for group, rows in by.items() if rows},
        }
    return found


def distribution(scores: Iterable[float | None]) -> list[int]:
    """How many scores lie in each of `BINS` parts of equal width; 1 is in the last."""
    told = [score for score in scores if score is not None]
    found: list[int] = np.histogram(told, BINS, (0.0, 1.0))[0].tolist()
    return found


def _named(values: Mapping[str, str | None], names: Sequence[str]) -> dict[str, list[str]]:
    places = by_value([values.get(name) for name in names])
    return {value: [names[place] for place in some] for value, some in places.items()}


@dataclass(frozen=True, slots=True)
class OfSystem:
    """One measure of one system, each a mapping from the prompt."""

    name: str
    scored: Mapping[str, float]
    """Of scored answers; NaN where there are fewer than k."""
    as_0: Mapping[str, float]
    as_1: Mapping[str, float]
    """With 0, or 1, in place of every missing score; NaN where fewer than k were asked for."""

    @classmethod
    def of(cls, name: str, measure: Measure, prompts: Mapping[str, OfPrompt]) -> OfSystem:
        """The measure of every prompt, three ways."""
        return cls(name, *(numbers(measure, prompts, missing) for missing in (None, 0.0, 1.0)))

    def row(self, resampling: Resampling, names: Sequence[str]) -> dict[str, Any]:
        """The mean over the prompts `names`: value, low, high, n, sd over prompts, prompts with too
        few scores, and both bounds."""
        values = [self.scored[name] for name in names]
        told = np.array([value for value in values if not isnan(value)])
        estimate = mean_over(values, resampling, share=is_share(self.name))
        return {
            **estimate.plain(),
            "sd": float(told.std(ddof=1)) if len(told) > 1 else nan,
            "n_too_few": len(values) - len(told),
            "if_missing_0": _mean([self.as_0[name] for name in names]),
            "if_missing_1": _mean([self.as_1[name] for name in names]),
        }


def numbers(
    measure: Measure, prompts: Mapping[str, OfPrompt], missing: float | None
) -> dict[str, float]:
    """Prompt -> measure, with `missing` in place of missing scores; None leaves them out."""
    return {name: measure(_filled(one, missing)) for name, one in prompts.items()}


def _mean(values: Sequence[float]) -> float:
    told = [value for value in values if not isnan(value)]
    return sum(told) / len(told) if told else nan


def paired(
    answers: Sequence[Answer], wanted: Mapping[str, Measure], resampling: Resampling
) -> dict[str, list[dict[str, Any]]]:
    """Measure -> every pair of systems on the prompts that both have it for."""
    by_system = of_prompts(answers)
    if len(by_system) < 2:
        return {}

    def of(measure: Measure, missing: float | None) -> dict[str, dict[str, float]]:
        return {s: numbers(measure, prompts, missing) for s, prompts in by_system.items()}

    return {
        name: [
            row.plain()
            for row in differences(
                of(measure, None), resampling, as_0=of(measure, 0.0), as_1=of(measure, 1.0)
            )
        ]
        for name, measure in wanted.items()
    }  # fmt: skip


def _filled(one: OfPrompt, missing: float | None) -> tuple[float, ...]:
    return one.scores if missing is None else (*one.scores, *[missing] * one.n_missing)


def per_prompt(
    answers: Sequence[Answer], known: Known, wanted: Mapping[str, Measure]
) -> list[dict[str, Any]]:
    """One row for each system and prompt: what the tables hold."""
    rows = []
    for system, prompts in of_prompts(answers).items():
        for name, one in prompts.items():
            about = {group: values.get(name) for group, values in known.groups.items()}
            told = {n: measure(one.scores) for n, measure in wanted.items()}
            rows.append({
                "system": system, "prompt_id": name, **about,
                "n_scored": len(one.scores), "n_missing": one.n_missing,
                **{n: None if isnan(v) else v for n, v in told.items()},
            })  # fmt: skip
    return rows
