"""What to ask next: the battles that tell most about the order of the models.

Under Bradley-Terry a battle of i and j adds p (1 - p) in the direction e_i - e_j to the
information, so what it would do to every interval is known before it is fought.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.special import expit

from manyvoices.aggregate.battles import Battles
from manyvoices.aggregate.kinds import FloatArray
from manyvoices.aggregate.likelihood import bradley_terry, information
from manyvoices.aggregate.methods import check_enough

Focus = Literal["order", "lead", "scores"]
SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Ask:
    """Models to show side by side next."""

    models: tuple[str, ...]
    reason: Literal["information", "exploration"]
    expected_reduction: float
    """Share of the wanted variance that the answer is expected to take away."""


def choose_next(
    battles: Battles,
    *,
    n_asks: int = 1,
    n_models: int = 2,
    focus: Focus = "order",
    exploration: float = 0.1,
    l2: float = 1.0,
    seed: int = 0,
    models: Sequence[str] | None = None,
    holding: str | None = None,
) -> tuple[Ask, ...]:
    """Return the next `n_asks` sets of `n_models` models to show side by side.

    Each set is chosen as if those before it had been answered as expected, so that they do not all
    ask the same. `focus`: "order" weighs the variance of each difference by how unsure its sign is;
    "lead" does so for the differences to the leader alone; "scores" weighs all alike (A-optimality:
    Pukelsheim, Optimal Design of Experiments, 1993). A share `exploration` of the sets is drawn
    from all models at random, so that no model starves and a wrong first impression can be put
    right. `l2` is a prior on the strengths, which makes unbeaten and new models no special case;
    `models` names models that may be in no battle yet; `holding` one that every set must hold, as
    where all are compared with a baseline.

    A set of three or more counts as all battles within it; it grows greedily by the model that
    takes away most.
    """
    names = tuple(dict.fromkeys((*battles.models, *(models or ()))))
    check_enough(None, len(names))
    n = len(names)
    if not 2 <= n_models <= n:
        raise ValueError(f"n_models must lie between 2 and {n}, found {n_models}")
    if not (0 <= exploration <= 1 and l2 > 0 and n_asks >= 1):
        raise ValueError("exploration must lie in 0..1, l2 above 0, and n_asks at least 1")
    if holding is not None and holding not in names:
        raise ValueError(f"holding must be one of {', '.join(names)}, found {holding!r}")
    fixed = None if holding is None else names.index(holding)
    wins = np.zeros((n, n))
    wins[: len(battles.models), : len(battles.models)] = battles.tally()
    theta = bradley_terry(wins[None], l2=l2)[0][0]
    covariance = np.linalg.inv(information(theta[None], (wins + wins.T)[None], l2)[0])
    rng = np.random.default_rng(seed)
    asks = []
    for _ in range(n_asks):
        before = _wanted(theta, covariance, covariance, focus)
        explore = rng.random() < exploration
        if explore:
            chosen = _any_set(n, n_models, fixed, rng)
        else:
            chosen = _best_set(theta, covariance, n_models, focus, rng, fixed)
        weights_from = covariance
        covariance = _after(theta, covariance, chosen)
        after = _wanted(theta, covariance, weights_from, focus)
        asks.append(
            Ask(
                tuple(names[code] for code in chosen),
                "exploration" if explore else "information",
                float(1 - after / before),
            )
        )
    return tuple(asks)


def next_pairs(
    battles: Battles,
    n_pairs: int = 1,
    *,
    focus: Focus = "order",
    exploration: float = 0.1,
    l2: float = 1.0,
    seed: int = 0,
    models: Sequence[str] | None = None,
) -> tuple[tuple[str, str], ...]:
    """Return the next `n_pairs` pairs to ask about; see `choose_next`."""
    asks = choose_next(
        battles, n_asks=n_pairs, n_models=2, focus=focus, exploration=exploration, l2=l2,
        seed=seed, models=models,
    )  # fmt: skip
    return tuple((ask.models[0], ask.models[1]) for ask in asks)


def write_next_batch(asks: Sequence[Ask], path: str | PathLike[str]) -> None:
    """Write one JSON object per ask, the ``next_batch.jsonl`` that a study reads.

    Fields: schema_version, models (in no particular order), reason, expected_reduction.
    """
    lines = [
        json.dumps({
            "schema_version": SCHEMA_VERSION, "models": list(ask.models), "reason": ask.reason,
            "expected_reduction": ask.expected_reduction,
        }, ensure_ascii=False)
        for ask in asks
    ]  # fmt: skip
    Path(fspath(path)).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def _weights(theta: FloatArray, covariance: FloatArray, focus: Focus) -> FloatArray:
    """How much the variance of each difference (n, n) matters; symmetric, zero diagonal."""
    n = len(theta)
    if focus == "scores":
        return 1.0 - np.eye(n)
    if focus == "lead":
        weights = np.zeros((n, n))
        first = int(np.argmax(theta))
        weights[first, :] = weights[:, first] = 1.0
        weights[first, first] = 0.0
        # A rival whose place is plain needs no more answers.
        return weights * _doubt(theta, covariance)
    if focus == "order":
        return _doubt(theta, covariance)
    raise ValueError(f"focus must be 'order', 'lead' or 'scores', found {focus!r}")


def _doubt(theta: FloatArray, covariance: FloatArray) -> FloatArray:
    """Height of the normal density at z = difference over its error: 1 when nothing is known."""
    own = np.diagonal(covariance)
    variance = np.maximum(own[:, None] + own[None, :] - 2 * covariance, 1e-300)
    doubt = np.exp(-((theta[:, None] - theta[None, :]) ** 2) / variance / 2) / np.sqrt(variance)
    doubt[np.diag_indices(len(theta))] = 0.0
    return np.asarray(doubt / max(doubt.max(), 1e-300))


def _wanted(
    theta: FloatArray, covariance: FloatArray, weights_from: FloatArray, focus: Focus
) -> float:
    own = np.diagonal(covariance)
    variance = own[:, None] + own[None, :] - 2 * covariance
    return float((_weights(theta, weights_from, focus) * variance).sum())


def _gains(theta: FloatArray, covariance: FloatArray, weights: FloatArray) -> FloatArray:
    """How much of the wanted variance one battle of each pair (n, n) takes away.

    Sherman and Morrison: the covariance loses q v v' / (1 + q z'v), where z = e_i - e_j, v = C z
    and q = p (1 - p). The weighted sum over differences of v v' is a quadratic form in v with the
    Laplacian of the weights.
    """
    laplacian = np.diag(weights.sum(axis=1)) - weights
    form = covariance @ laplacian @ covariance
    own, shared = np.diagonal(form), np.diagonal(covariance)
    reach = own[:, None] + own[None, :] - 2 * form
    variance = shared[:, None] + shared[None, :] - 2 * covariance
    chance = expit(theta[:, None] - theta[None, :])
    q = chance * (1 - chance)
    gains = q * reach / (1 + q * variance)
    gains[np.diag_indices(len(theta))] = -np.inf
    return np.asarray(gains)


def _any_set(n: int, size: int, fixed: int | None, rng: np.random.Generator) -> list[int]:
    if fixed is None:
        return [int(code) for code in rng.choice(n, size, replace=False)]
    others = [code for code in range(n) if code != fixed]
    return [fixed, *(int(code) for code in rng.choice(others, size - 1, replace=False))]


def _best_set(
    theta: FloatArray,
    covariance: FloatArray,
    size: int,
    focus: Focus,
    rng: np.random.Generator,
    fixed: int | None = None,
) -> list[int]:
    weights = _weights(theta, covariance, focus)
    gains = _gains(theta, covariance, weights)
    if fixed is not None:
        without = np.arange(len(theta)) != fixed
        gains[np.ix_(without, without)] = -np.inf
    best = np.flatnonzero(gains.ravel() >= gains.max() * (1 - 1e-9))
    chosen = [int(code) for code in divmod(int(rng.choice(best)), len(theta))]
    while len(chosen) < size:
        now = _after(theta, covariance, chosen)
        more = _gains(theta, now, weights)[chosen].sum(axis=0)
        more[chosen] = -np.inf
        chosen.append(int(np.argmax(more)))
    return chosen


def _after(theta: FloatArray, covariance: FloatArray, chosen: Sequence[int]) -> FloatArray:
    """Covariance (n, n) after one battle of every pair of `chosen`."""
    for place, i in enumerate(chosen):
        for j in chosen[place + 1 :]:
            chance = expit(theta[i] - theta[j])
            q = chance * (1 - chance)
            moved = covariance[:, i] - covariance[:, j]
            covariance = covariance - q * np.outer(moved, moved) / (1 + q * (moved[i] - moved[j]))
    return covariance
