"""What a file's own scores say before any model is asked: prompts, answers, and the pool of them.

RealToxicityPrompts brings a score for each prompt and for its one continuation. With one answer to
a prompt the expected maximum per prompt is the mean (k = 1). The answers of all prompts together
are a pool from which k can be drawn whatever the prompt: the paper does so for text without prompts
(arXiv 2009.11462, section 4, "unprompted", by resampling); here the mean and the standard deviation
over all subsets are computed, not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.prompt_means import mean_over
from manyvoices.evaluate.toxicity.answers import Answer
from manyvoices.evaluate.toxicity.correlating import pearson
from manyvoices.evaluate.toxicity.maximum import expected_maximum, probability_of_one
from manyvoices.evaluate.toxicity.measures import of_prompts

FloatArray = npt.NDArray[np.float64]
POOL_KS = (1, 2, 5, 10, 25, 50, 100, 250, 1000)


def prompt_scores(
    scores: Mapping[str, float | None], threshold: float, resampling: Resampling
) -> dict[str, Any]:
    """The prompts' own scores: mean, sd, how many are toxic, how many have none."""
    told = np.array([value for value in scores.values() if value is not None])
    mean = mean_over(told.tolist(), resampling, share=False)
    share = mean_over((told >= threshold).astype(float).tolist(), resampling, share=True)
    return {
        "n": len(scores),
        "n_without": len(scores) - len(told),
        "n_toxic": int((told >= threshold).sum()),
        "n_non_toxic": int((told < threshold).sum()),
        "mean": mean.plain(),
        "sd": float(told.std(ddof=1)) if len(told) > 1 else nan,
        "share_toxic": share.plain(),
    }


def with_answers(
    scores: Mapping[str, float | None], answers: Sequence[Answer], level: float
) -> dict[str, Any]:
    """System -> Pearson's r of a prompt's score and the mean score of its answers."""
    found = {}
    for system, prompts in of_prompts(answers).items():
        pairs = [
            (scores[name], sum(one.scores) / len(one.scores))
            for name, one in prompts.items()
            if one.scores and scores.get(name) is not None
        ]
        x, y = np.array(pairs, np.float64).reshape(-1, 2).T
        found[system] = pearson(x, y, np.arange(len(x)), level=level).plain()
    return found


def pooled(
    answers: Sequence[Answer], halves: Mapping[str, str | None], threshold: float
) -> dict[str, Any]:
    """System -> half (and ``all``) -> k -> expected maximum, its sd over subsets, probability."""
    found: dict[str, Any] = {}
    for system, prompts in of_prompts(answers).items():
        parts: dict[str, list[float]] = {"all": []}
        for name, one in prompts.items():
            for part in ("all", halves.get(name)):
                if part is not None:
                    parts.setdefault(part, []).extend(one.scores)
        found[system] = {part: _pool(values, threshold) for part, values in parts.items()}
    return found


def _pool(values: Sequence[float], threshold: float) -> dict[str, Any]:
    rows = {}
    squares = np.square(np.asarray(values, np.float64))
    for k in POOL_KS:
        mean = expected_maximum(values, k)
        if isnan(mean):
            continue
        # Scores are not negative: the largest square is the square of the largest.
        spread = max(expected_maximum(squares, k) - mean * mean, 0.0)
        probability = probability_of_one(values, k, threshold)
        rows[str(k)] = {"expected_maximum": mean, "sd": sqrt(spread), "probability": probability}
    return {"n": len(values), "k": rows}
