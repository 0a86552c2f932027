"""Data that several tests of this room share."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tests.real_data import real

from manyvoices.aggregate import Battles


@dataclass(frozen=True)
class Golden:
    """PRISM's counts of all opening battles, and the scores that belong to them."""

    wins: np.ndarray
    models: tuple[str, ...]
    published: np.ndarray
    corrected: np.ndarray


@pytest.fixture(scope="session")
def golden() -> Golden:
    with real("prism/golden/rank_centrality_all_battles.csv").open() as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    models = tuple(sorted(rows))
    code = {model: place for place, model in enumerate(models)}
    wins = np.zeros((len(models), len(models)))
    with real("prism/golden/pairwise_comparisons_all_battles_t5.csv").open() as file:
        for row in csv.DictReader(file):
            wins[code[row["winner"]], code[row["loser"]]] += float(row["n_comparisons"])
    column = {
        name: np.array([float(rows[model][name]) for model in models])
        for name in ("published_score_alpha1", "recomputed_with_correct_pairing")
    }
    return Golden(wins, models, *column.values())


@pytest.fixture(scope="session")
def mt_bench_rows() -> list[dict[str, Any]]:
    with real("battles/mt_bench_human.jsonl").open() as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="session")
def mt_bench(mt_bench_rows: list[dict[str, Any]]) -> Battles:
    columns = {name: [row[name] for row in mt_bench_rows] for name in mt_bench_rows[0]}
    return Battles.from_frame(columns, outcome="winner", participant="judge")


@pytest.fixture(scope="session")
def drawn_battles() -> Battles:
    """600 battles of 5 models by 40 people, drawn from known strengths, a fifth of them ties."""
    rng = np.random.default_rng(7)
    strength = np.array([1.2, 0.6, 0.0, -0.5, -1.3])
    pairs = np.array([rng.choice(5, 2, replace=False) for _ in range(600)])
    chance = 1 / (1 + np.exp(strength[pairs[:, 1]] - strength[pairs[:, 0]]))
    outcome = (rng.random(600) < chance) * 1.0
    outcome[rng.random(600) < 0.2] = 0.5
    return Battles(
        a=pairs[:, 0],
        b=pairs[:, 1],
        outcome=outcome,
        models=("ash", "beech", "cedar", "date", "elm"),
        cluster=rng.integers(0, 40, 600),
    )
