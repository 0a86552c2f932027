"""The same input, the same answer: choix and evalica on real votes and on drawn ones."""

from __future__ import annotations

from typing import Any

import choix
import evalica
import numpy as np
import pytest
from tests.real_data import needs_real_data

from manyvoices.aggregate import Battles, fit

WORDS = {1.0: evalica.Winner.X, 0.5: evalica.Winner.Draw, 0.0: evalica.Winner.Y}


def pairs(battles: Battles, ties: str) -> list[tuple[int, int]]:
    """(winner, loser) for choix, which knows no ties: "twice" counts all doubled, ties each way."""
    found: list[tuple[int, int]] = []
    for a, b, outcome in zip(battles.a.tolist(), battles.b.tolist(), battles.outcome.tolist(),
                             strict=True):  # fmt: skip
        if outcome == 0.5:
            found += [(a, b), (b, a)] if ties == "twice" else []
        else:
            found += [(a, b) if outcome else (b, a)] * (2 if ties == "twice" else 1)
    return found


def sides(battles: Battles) -> tuple[Any, Any, Any]:
    names = battles.models
    return ([names[a] for a in battles.a], [names[b] for b in battles.b],
            [WORDS[outcome] for outcome in battles.outcome.tolist()])  # fmt: skip


def centred(scores: np.ndarray) -> np.ndarray:
    return np.asarray(scores - scores.mean())


def check_all(battles: Battles) -> None:
    n = len(battles.models)
    ours = fit(battles, "bradley_terry").scores
    theirs = evalica.bradley_terry(*sides(battles), tolerance=1e-13, limit=100_000)
    logs = np.log(theirs.scores[list(battles.models)].to_numpy())
    assert np.abs(ours - centred(logs)).max() < 1e-8
    by_choix = choix.ilsr_pairwise(n, pairs(battles, "twice"), tol=1e-12, max_iter=1000)
    assert np.abs(ours - centred(by_choix)).max() < 1e-8
    walk = np.exp(choix.rank_centrality(n, pairs(battles, "twice")))
    found = fit(battles, "rank_centrality", alpha=0).scores
    assert np.abs(found - walk / walk.sum()).max() < 1e-12
    without = np.exp(choix.rank_centrality(n, pairs(battles, "drop")))
    found = fit(battles, "rank_centrality", alpha=0, ties="drop").scores
    assert np.abs(found - without / without.sum()).max() < 1e-12
    names = list(battles.models)
    for ours_name, method, how in (
        ("pagerank", evalica.pagerank, {"tolerance": 1e-14, "limit": 100_000}),
        ("win_rate", evalica.average_win_rate, {}),
        ("elo", evalica.elo, {}),
    ):
        peer = method(*sides(battles), **how).scores[names].to_numpy()
        assert np.abs(fit(battles, ours_name).scores - peer).max() < 1e-10


@needs_real_data
def test_the_leaderboard_of_mt_bench_is_that_of_evalica_and_choix(mt_bench: Battles) -> None:
    check_all(mt_bench)
    order = np.argsort(fit(mt_bench, "bradley_terry").ranks)
    assert mt_bench.models[order[0]] == "gpt-4"


@pytest.mark.parametrize("seed", range(3))
def test_drawn_battles_score_as_in_evalica_and_choix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, rows = 8, 2000
    a = rng.integers(0, n, rows)
    b = (a + rng.integers(1, n, rows)) % n
    strength = rng.normal(size=n)
    outcome = (rng.random(rows) < 1 / (1 + np.exp(strength[b] - strength[a]))) * 1.0
    outcome[rng.random(rows) < 0.2] = 0.5
    check_all(Battles(a, b, outcome, tuple("abcdefgh")))
