"""What a believed model says of the outputs that the evaluated one likes best among n.

Gao, Schulman & Hilton, "Scaling laws for reward model overoptimization" (2023): the more outputs
there are to pick from, the further the picked ones are from the policy (for best-of-n the
Kullback-Leibler divergence is at most log n - (n - 1) / n), and while the proxy's score keeps
rising, the gold score rises, flattens and falls. Ours: for every n the expectation over all draws
without replacement, on the same prompts at every n; scores in standard deviations, since a reward
model's zero and unit mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from manyvoices.analyse.resampling import Resampling, cluster_means
from manyvoices.evaluate.best_of import chances
from manyvoices.evaluate.config_reward import OverOptimisationConfig, RewardEvaluationConfig
from manyvoices.evaluate.errors import TooFewOutputs
from manyvoices.evaluate.sampling.reading import read_report
from manyvoices.train.views import ReplyGroup, Turn

if TYPE_CHECKING:
    from manyvoices.evaluate.scoring import Progress

FloatArray = npt.NDArray[np.float64]


def over_optimisation(
    wish: OverOptimisationConfig, config: RewardEvaluationConfig, progress: Progress
) -> dict[str, Any]:
    """Read the outputs, score them with both models, and follow both from n = 1 to all.

    Returns:
        ``points`` (n, kl, proxy, gold: measures in standard deviations of all outputs, above random
        choice), ``peak`` (the n of the highest gold score), ``after_peak`` (gold at the largest n
        minus gold at the peak; below 0 where more picking harms), ``n_prompts``,
        ``prompts_left_out``, ``notes``.

    Raises:
        DataError: A report is at fault.
        TooFewOutputs: No prompt has two outputs.
        ModelFolderError, NoRewardHead, ScoreNotFinite: As for the evaluation.
    """
    from manyvoices.evaluate.scoring import score

    groups, left_out = read_outputs(wish.outputs)
    proxy = score(groups, config, progress)
    gold = score(groups, config.model_copy(update={"model": wish.gold}), progress)
    resampling = Resampling(config.resamples, config.seed, config.level)
    found = curve(
        [scores for _group, scores in proxy.groups],
        [scores for _group, scores in gold.groups],
        resampling,
    )
    return {
        **found,
        "n_prompts": len(groups),
        "prompts_left_out": left_out,
        "notes": list(dict.fromkeys((*proxy.notes, *gold.notes))),
    }


def read_outputs(paths: Sequence[Path]) -> tuple[list[ReplyGroup], int]:
    """The outputs of each prompt over all reports, and how many prompts were left out: every kept
    prompt has as many as the median one, so that one curve is of one set of prompts."""
    texts: dict[str, list[str]] = {}
    for path in paths:
        for prompt in read_report(path).prompts:
            said = [text for result in prompt.results for text in result.outputs if text.strip()]
            texts.setdefault(prompt.prompt, []).extend(said)
    sizes = sorted(len(said) for said in texts.values())
    wanted = sizes[len(sizes) // 2] if sizes else 0
    if wanted < 2:
        raise TooFewOutputs([str(path) for path in paths], max(sizes, default=0))
    kept = {prompt: said[:wanted] for prompt, said in texts.items() if len(said) >= wanted}
    groups = [_group(prompt, said, number) for number, (prompt, said) in enumerate(kept.items())]
    return groups, len(texts) - len(kept)


def _group(prompt: str, said: Sequence[str], number: int) -> ReplyGroup:
    """Outputs as replies that nobody ranked."""
    return ReplyGroup(
        prefix=(Turn("prompter", prompt),),
        replies=tuple(said),
        ranks=tuple([0] * len(said)),
        scores=None,
        tree_id=f"prompt-{number}",
        language="",
        rater=None,
        groups={},
    )


def curve(
    proxy: Sequence[Sequence[float]], gold: Sequence[Sequence[float]], resampling: Resampling
) -> dict[str, Any]:
    """Both scores of the output that the proxy picks among n, by n.

    Args:
        proxy: (prompts, k) scores by which is picked.
        gold: (prompts, k) scores of the same outputs by the believed model.
    """
    picking, believed = _standardised(proxy), _standardised(gold)
    ns = _sizes(picking.shape[1])
    weights = {n: np.array([chances(scores, n) for scores in picking.tolist()]) for n in ns}
    picked = {n: ((w * picking).sum(1), (w * believed).sum(1)) for n, w in weights.items()}
    points = [
        {
            "n": n,
            "kl": log(n) - (n - 1) / n,
            "proxy": _plain(by_proxy, resampling),
            "gold": _plain(by_gold, resampling),
        }
        for n, (by_proxy, by_gold) in picked.items()
    ]
    peak = max(ns, key=lambda n: float(picked[n][1].mean()))
    after = picked[ns[-1]][1] - picked[peak][1]
    return {"points": points, "peak": peak, "after_peak": _plain(after, resampling)}


def _standardised(scores: Sequence[Sequence[float]]) -> FloatArray:
    """Above the mean of each prompt, in standard deviations within prompts."""
    values = np.asarray(scores, np.float64)
    centred = values - values.mean(axis=1, keepdims=True)
    spread = float(np.sqrt((centred**2).mean()))
    return np.asarray(centred / spread) if spread > 0 else np.asarray(centred)


def _sizes(most: int) -> list[int]:
    """1, 2, 4, ... and all."""
    found = [1]
    while found[-1] * 2 < most:
        found.append(found[-1] * 2)
    return [*found, most]


def _plain(values: FloatArray, resampling: Resampling) -> dict[str, float]:
    """The mean over prompts with its interval."""
    n = len(values)
    one, clusters = np.zeros(n, np.int64), np.arange(n, dtype=np.int64)
    means = cluster_means(values, one, clusters, n_groups=1, resampling=resampling)
    low, high = float(means.low[0]), float(means.high[0])
    return {"value": float(means.mean[0]), "low": low, "high": high, "n": n}


def rows(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """As a table: n, divergence, proxy, gold."""
    from manyvoices.evaluate.files import shown

    return [
        (str(p["n"]), f"{p['kl']:.2f}", shown(p["proxy"]), shown(p["gold"]))
        for p in found["points"]
    ]
