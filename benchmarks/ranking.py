"""Ratings against their peers, in the same process and in turns: what counts is CPU time.

    python -m benchmarks.ranking                  the table of targets (minutes)
    python -m benchmarks.ranking --large          2,000,000 battles x 200 models, with its memory
    python -m benchmarks.ranking --curve          how time grows from 10^4 to 10^7 battles

Every side starts from the same frame of strings. Before anything is timed, both sides must give the
same answer. Peers that would need hours are run on a few resamples and multiplied, and the table
says by how much. Peers resample battles, because they know no people; ours draws whole people, all
1,000 times. PRISM's and FastChat's ways are told again in our own words.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import choix  # noqa: E402
import evalica  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import psutil  # noqa: E402
from scipy.optimize import minimize  # noqa: E402

from manyvoices.aggregate import Battles, bootstrap, fit  # noqa: E402

N_RESAMPLES = 1000
WINNER = {"A": evalica.Winner.X, "B": evalica.Winner.Y, "TIE": evalica.Winner.Draw}
TIGHT = {"tolerance": 1e-12, "limit": 10_000}
MEMORY_MB = 300


def draw(n_battles: int, n_models: int, n_people: int) -> pd.DataFrame:
    """Battles drawn from known strengths, a fifth of them ties, as PRISM's shape has it."""
    rng = np.random.default_rng(20261121)
    names = np.array([f"model-{code:03d}" for code in range(n_models)])
    a = rng.integers(0, n_models, n_battles)
    b = (a + rng.integers(1, n_models, n_battles)) % n_models
    strength = rng.normal(0, 0.7, n_models)
    wins = rng.random(n_battles) < 1 / (1 + np.exp(strength[b] - strength[a]))
    outcome = np.where(rng.random(n_battles) < 0.2, "TIE", np.where(wins, "A", "B"))
    person = np.array([f"person-{code}" for code in range(n_people)])
    who = rng.integers(0, n_people, n_battles)
    return pd.DataFrame({"model_a": names[a], "model_b": names[b], "outcome": outcome,
                         "participant_id": person[who]})  # fmt: skip


def evalicas(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series, list[evalica.Winner]]:
    return frame["model_a"], frame["model_b"], [WINNER[word] for word in frame["outcome"]]


def choix_pairs(frame: pd.DataFrame, models: list[str]) -> list[tuple[int, int]]:
    """(winner, loser) pairs; choix knows no ties, so each tie is left out on both sides."""
    code = {name: place for place, name in enumerate(models)}
    rows = zip(frame["model_a"], frame["model_b"], frame["outcome"], strict=True)
    return [(code[a], code[b]) if word == "A" else (code[b], code[a])
            for a, b, word in rows if word != "TIE"]  # fmt: skip


def choix_rank_centrality(frame: pd.DataFrame, models: list[str]) -> np.ndarray:
    scores = np.exp(choix.rank_centrality(len(models), choix_pairs(frame, models)))
    return scores / scores.sum()


def prisms_way(frame: pd.DataFrame) -> dict[str, float]:
    """Rank centrality as PRISM computed it, its mistake and its repeated sums included."""
    tied = frame.loc[frame["outcome"] == "TIE", ["model_a", "model_b"]].values
    first = frame.loc[frame["outcome"] == "A", ["model_a", "model_b"]].values
    second = frame.loc[frame["outcome"] == "B", ["model_b", "model_a"]].values
    compared = np.concatenate([tied, tied[:, ::-1], first, second])
    names = list(pd.Series(compared[:, 0]).value_counts().index)
    names += [name for name in sorted(set(compared[:, 1])) if name not in names]
    place = {name: code for code, name in enumerate(names)}
    n = len(names)
    table = np.ones((n, n))
    np.fill_diagonal(table, 0)
    for winner, loser in compared:
        table[place[winner], place[loser]] += 1
        # Only the last of these sums is used; that they are taken every time is PRISM's way.
        sums = table[np.triu_indices_from(table, 1)] + table[np.tril_indices_from(table, -1)] + 1e-6
    table[np.triu_indices_from(table, 1)] /= sums
    table[np.tril_indices_from(table, -1)] /= sums
    table /= n - 1
    np.fill_diagonal(table, 1 - table.sum(axis=0))
    scores = np.linalg.matrix_power(table, 1000) @ np.full(n, 1 / n)
    return dict(zip(names, scores, strict=True))


def kinds_of(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Distinct (a, b, outcome) rows, their outcomes and counts: FastChat's first step."""
    models = pd.unique(pd.concat([frame["model_a"], frame["model_b"]]))
    code = pd.Series(np.arange(len(models)), index=sorted(models))
    rows = np.column_stack([
        frame["model_a"].map(code), frame["model_b"].map(code),
        frame["outcome"].map({"A": 2, "TIE": 1, "B": 0}),
    ]).astype(np.int64)  # fmt: skip
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    return kinds[:, :2], kinds[:, 2] / 2, counts.astype(float), len(models)


def l_bfgs(pairs: np.ndarray, outcome: np.ndarray, weight: np.ndarray, n: int) -> np.ndarray:
    """Bradley-Terry by L-BFGS on distinct rows, with FastChat's units and stopping rule."""
    share, unit = weight / weight.sum(), np.log(10)

    def loss(points: np.ndarray) -> tuple[float, np.ndarray]:
        chance = 1 / (1 + np.exp(unit * (points[pairs[:, 1]] - points[pairs[:, 0]])))
        surplus = unit * share * (chance - outcome)
        value = -(share * (outcome * np.log(chance) + (1 - outcome) * np.log1p(-chance))).sum()
        slope = np.bincount(pairs[:, 0], weights=surplus, minlength=n)
        return value, slope - np.bincount(pairs[:, 1], weights=surplus, minlength=n)

    rule = {"maxiter": 100, "gtol": 1e-6}
    theta = unit * minimize(loss, np.zeros(n), jac=True, method="L-BFGS-B", options=rule).x
    return theta - theta.mean()


def l_bfgs_bootstrap(frame: pd.DataFrame, n_resamples: int) -> None:
    pairs, outcome, counts, n = kinds_of(frame)
    rng = np.random.default_rng(0)
    for _ in range(n_resamples):
        drawn = rng.multinomial(len(frame), counts / counts.sum()).astype(float)
        l_bfgs(pairs, outcome, drawn, n)


def elo_rows(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    models = sorted(set(frame["model_a"]) | set(frame["model_b"]))
    code = {name: place for place, name in enumerate(models)}
    return (
        frame["model_a"].map(code).to_numpy(), frame["model_b"].map(code).to_numpy(),
        frame["outcome"].map({"A": 1.0, "TIE": 0.5, "B": 0.0}).to_numpy(), len(models),
    )  # fmt: skip


def elo_side_by_side(frame: pd.DataFrame, n_resamples: int) -> np.ndarray:
    """Elo on resampled rows, all resamples side by side, as FastChat's vectorised loop."""
    a, b, outcome, n = elo_rows(frame)
    rows = np.random.default_rng(0).integers(0, len(a), (len(a), n_resamples))
    scores = np.full((n_resamples, n), 1000.0)
    every = np.arange(n_resamples)
    for row in rows:
        i, j = a[row], b[row]
        chance = 1 / (1 + np.exp(np.log(10) / 400 * (scores[every, j] - scores[every, i])))
        move = 4 * (outcome[row] - chance)
        scores[every, i] += move
        scores[every, j] -= move
    return scores


def evalica_bootstrap(method: Callable[..., object], frame: pd.DataFrame, n: int) -> None:
    evalica.bootstrap(method, *evalicas(frame), n_resamples=n, bootstrap_method="percentile",
                      random_state=0)  # fmt: skip


@dataclass(frozen=True)
class Row:
    what: str
    ours: Callable[[], object]
    peer: Callable[[], object]
    times: float = 1.0
    """What the peer's time is multiplied by, because it was run on a part."""
    target: float | None = None


def cpu(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def run(rows: list[Row], repeats: int) -> bool:
    """Time ours and the peer's in turns; print the table; return whether all targets were met."""
    print(f"{'':<52}{'ours, s':>10}{'peer, s':>11}{'ratio':>9}{'range':>17}{'target':>8}")
    met = True
    for row in rows:
        row.ours()  # what is loaded or compiled once is not timed
        pairs = [(cpu(row.ours), cpu(row.peer) * row.times) for _ in range(repeats)]
        ratios = sorted(peer / mine for mine, peer in pairs)
        middle = ratios[len(ratios) // 2]
        mine, peer = (float(np.median(side)) for side in zip(*pairs, strict=True))
        verdict = "" if row.target is None else f"{row.target:>8,.0f}"
        if row.target is not None and middle < row.target:
            met, verdict = False, verdict + "  MISSED"
        name = row.what + (f" (peer x{row.times:,.0f})" if row.times > 1 else "")
        spread = f"{ratios[0]:,.1f}-{ratios[-1]:,.1f}"
        print(f"{name:<52}{mine:>10.4f}{peer:>11.3f}{middle:>9,.1f}{spread:>17}{verdict}",
              flush=True)  # fmt: skip
    return met


def close(name: str, one: np.ndarray, two: np.ndarray, most: float) -> None:
    gap = float(np.abs(np.asarray(one) - np.asarray(two)).max())
    if not gap <= most:
        raise SystemExit(f"{name}: answers differ by {gap:.2g}, more than {most:g}; nothing timed")
    print(f"same answer: {name:<44} largest difference {gap:.1e} (allowed {most:g})")


def logs(scores: pd.Series) -> np.ndarray:
    values = np.log(scores.sort_index().to_numpy())
    return values - values.mean()


def check(frame: pd.DataFrame) -> None:
    battles = Battles.from_frame(frame)
    models = list(battles.models)
    sides = evalicas(frame)

    def theirs(method: Callable[..., object], **how: float) -> np.ndarray:
        return method(*sides, **how).scores.sort_index().to_numpy()

    def same(name: str, ours: str, values: np.ndarray, most: float, **how: object) -> None:
        close(name, fit(battles, ours, **how).scores, values, most)

    same("Bradley-Terry, evalica", "bradley_terry",
         logs(evalica.bradley_terry(*sides, **TIGHT).scores), 1e-8)  # fmt: skip
    same("Bradley-Terry, L-BFGS (its own tolerance)", "bradley_terry",
         l_bfgs(*kinds_of(frame)), 1e-2)  # fmt: skip
    same("rank centrality alpha 0, choix", "rank_centrality",
         choix_rank_centrality(frame, models), 1e-12, alpha=0, ties="drop")  # fmt: skip
    few = Battles.from_frame(frame.head(3000))
    published = prisms_way(frame.head(3000))
    close("rank centrality, PRISM's way", fit(few, compat="prism").scores,
          np.array([published[name] for name in few.models]), 1e-12)  # fmt: skip
    same("Elo, evalica", "elo", theirs(evalica.elo), 1e-9)
    same("win rate, evalica", "win_rate", theirs(evalica.average_win_rate), 1e-12)
    same("PageRank, evalica", "pagerank", theirs(evalica.pagerank, **TIGHT), 1e-10)
    same("Newman, evalica", "newman", logs(evalica.newman(*sides, **TIGHT).scores), 1e-8)


def targets(frame: pd.DataFrame) -> list[Row]:
    models = sorted(set(frame["model_a"]) | set(frame["model_b"]))

    def one(method: str, **settings: object) -> Callable[[], object]:
        return lambda: fit(Battles.from_frame(frame), method, **settings)

    def many(method: str) -> Callable[[], object]:
        return lambda: bootstrap(Battles.from_frame(frame), method, n_resamples=N_RESAMPLES)

    a, b, words = frame["model_a"], frame["model_b"], frame["outcome"]

    def of_evalica(method: Callable[..., object]) -> Callable[[], object]:
        return lambda: method(a, b, [WINNER[word] for word in words])

    return [
        Row("fit rank centrality / choix", one("rank_centrality"),
            lambda: choix_rank_centrality(frame, models)),
        Row("fit Bradley-Terry / evalica", one("bradley_terry"),
            of_evalica(evalica.bradley_terry), target=4),
        Row("fit Bradley-Terry / L-BFGS", one("bradley_terry"),
            lambda: l_bfgs(*kinds_of(frame)), target=4),
        Row("fit Elo / evalica", one("elo"), of_evalica(evalica.elo), target=4),
        Row("fit win rate / evalica", one("win_rate"), of_evalica(evalica.average_win_rate)),
        Row("fit PageRank / evalica", one("pagerank"), of_evalica(evalica.pagerank)),
        Row("fit Newman / evalica", one("newman"), of_evalica(evalica.newman)),
        Row("1,000 rank centrality / PRISM's way", many("rank_centrality"),
            lambda: prisms_way(frame), 1000, 5000),
        Row("1,000 rank centrality / choix", many("rank_centrality"),
            lambda: choix_rank_centrality(frame, models), 1000, 1000),
        Row("1,000 Bradley-Terry / evalica.bootstrap", many("bradley_terry"),
            lambda: evalica_bootstrap(evalica.bradley_terry, frame, 20), 50, 300),
        Row("1,000 Bradley-Terry / L-BFGS loop", many("bradley_terry"),
            lambda: l_bfgs_bootstrap(frame, 50), 20, 30),
        Row("1,000 Elo / evalica.bootstrap", many("elo"),
            lambda: evalica_bootstrap(evalica.elo, frame, 20), 50, 25),
        Row("1,000 Elo / vectorised loop as FastChat", many("elo"),
            lambda: elo_side_by_side(frame, N_RESAMPLES)),
    ]  # fmt: skip


def large(repeats: int) -> bool:
    """Compare at 2,000,000 battles x 200 models x 50,000 people, and measure memory apart."""
    frame = draw(2_000_000, 200, 50_000)
    ours = fit(Battles.from_frame(frame), "bradley_terry").scores
    peer = evalica.bradley_terry(*evalicas(frame), tolerance=1e-10, limit=1000)
    close("Bradley-Terry at 2,000,000 x 200, evalica", ours, logs(peer.scores), 1e-6)
    met = run(
        [Row("fit Bradley-Terry / evalica", lambda: fit(Battles.from_frame(frame), "bradley_terry"),
             lambda: evalica.bradley_terry(*evalicas(frame))),
         Row("1,000 Bradley-Terry / evalica, one fit each",
             lambda: bootstrap(Battles.from_frame(frame), "bradley_terry", n_resamples=N_RESAMPLES),
             lambda: evalica.bradley_terry(*evalicas(frame)), 1000, 150)], repeats,
    )  # fmt: skip
    words = [sys.executable, "-m", "benchmarks.ranking", "--memory"]
    found = float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    missed = "" if found <= MEMORY_MB else "  MISSED"
    print(f"memory above the frame itself: {found:,.0f} MB (target at most {MEMORY_MB}){missed}")
    return met and not missed


def memory() -> None:
    """Print the MB that 1,000 resamples at 2,000,000 x 200 need above the frame, at their peak."""
    frame = draw(2_000_000, 200, 50_000)
    bootstrap(Battles.from_frame(frame.head(2000)), "bradley_terry", n_resamples=2, l2=0.1)
    before = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of drawing the frame
    bootstrap(Battles.from_frame(frame), "bradley_terry", n_resamples=N_RESAMPLES)
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    print((peak - before) / 1e6)


def curve() -> None:
    """CPU seconds by number of battles: 21 models, one participant for each 30 battles."""
    print(f"{'battles':>12}{'one fit, s':>12}{'1,000 BT, s':>13}{'1,000 RC, s':>13}")
    for n_battles in (10_000, 100_000, 1_000_000, 10_000_000):
        frame = draw(n_battles, 21, n_battles // 30)
        one = cpu(lambda frame=frame: fit(Battles.from_frame(frame), "bradley_terry"))
        times = [cpu(lambda frame=frame, name=name: bootstrap(Battles.from_frame(frame), name))
                 for name in ("bradley_terry", "rank_centrality")]  # fmt: skip
        print(f"{n_battles:>12,}{one:>12.3f}{times[0]:>13.3f}{times[1]:>13.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    choice = parser.parse_args()
    if choice.memory:
        return memory()
    if choice.curve:
        return curve()
    if choice.large:
        met = large(choice.repeats)
    else:
        frame = draw(42_000, 21, 1_400)
        print("42,000 battles, 21 models, 1,400 people; medians of CPU seconds, single thread")
        check(frame)
        met = run(targets(frame), choice.repeats)
    print("every target met" if met else "a target was missed: see above")
    return None


if __name__ == "__main__":
    main()
