"""Bradley-Terry on battles: one fit, and 1,000 resamples, against evalica in the same process.

    python -m benchmarks.rank_bootstrap [--battles 42000] [--models 21] [--people 1400]

Both sides start from the same frame of strings and run in turns; what counts is the ratio of CPU
times, because absolute times differ between machines. Before anything is timed, both must agree on
the scores, and on three resamples scored battle by battle. evalica resamples battles (it knows no
people) and is run on a few resamples and extrapolated; ours resamples people, all 1,000 of them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import evalica  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from manyvoices.aggregate import Battles, bootstrap, fit  # noqa: E402
from manyvoices.aggregate.bootstrap import Resampler  # noqa: E402

N_RESAMPLES = 1000
WINNER = {"A": evalica.Winner.X, "B": evalica.Winner.Y, "TIE": evalica.Winner.Draw}


def draw(n_battles: int, n_models: int, n_people: int) -> pd.DataFrame:
    """Battles drawn from known strengths, a fifth of them ties, as PRISM's shape has it."""
    rng = np.random.default_rng(20261121)
    names = np.array([f"model-{code:03d}" for code in range(n_models)])
    a = rng.integers(0, n_models, n_battles)
    b = (a + rng.integers(1, n_models, n_battles)) % n_models
    strength = rng.normal(0, 0.7, n_models)
    wins = rng.random(n_battles) < 1 / (1 + np.exp(strength[b] - strength[a]))
    outcome = np.where(rng.random(n_battles) < 0.2, "TIE", np.where(wins, "A", "B"))
    people = rng.integers(0, n_people, n_battles)
    return pd.DataFrame({
        "model_a": names[a],
        "model_b": names[b],
        "outcome": outcome,
        "participant_id": [f"person-{code}" for code in people],
    })  # fmt: skip


def theirs(frame: pd.DataFrame, weights: np.ndarray | None = None, **settings: float) -> pd.Series:
    winners = [WINNER[word] for word in frame["outcome"]]
    result = evalica.bradley_terry(
        frame["model_a"], frame["model_b"], winners, weights=weights, **settings
    )
    logs = np.log(result.scores.sort_index())
    return logs - logs.mean()


def ours(frame: pd.DataFrame) -> np.ndarray:
    return fit(Battles.from_frame(frame), "bradley_terry").scores


def check(frame: pd.DataFrame) -> float:
    """Largest difference of log strengths, over the fit and three resamples of people."""
    battles = Battles.from_frame(frame)
    tight = {"tolerance": 1e-12, "limit": 10_000}
    gaps = [np.abs(theirs(frame, **tight).to_numpy() - ours(frame)).max()]
    scores = bootstrap(battles, "bradley_terry", n_resamples=3, seed=1)["bradley_terry"].scores
    times = Resampler.of(battles, "cluster", "half").draw(np.random.default_rng(1), 3)
    person = np.unique(battles.cluster, return_inverse=True)[1]
    for each in range(3):
        peer = theirs(frame, times[person, each], **tight).to_numpy()
        gaps.append(np.abs(peer - scores[each]).max())
    return float(max(gaps))


def cpu(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def bootstrap_ours(frame: pd.DataFrame) -> None:
    bootstrap(Battles.from_frame(frame), "bradley_terry", n_resamples=N_RESAMPLES, by="cluster")


def bootstrap_theirs(frame: pd.DataFrame, n_resamples: int) -> None:
    evalica.bootstrap(
        evalica.bradley_terry,
        frame["model_a"],
        frame["model_b"],
        [WINNER[word] for word in frame["outcome"]],
        n_resamples=n_resamples,
        bootstrap_method="percentile",
        random_state=0,
    )


def report(name: str, mine: list[float], peer: list[float]) -> None:
    ratios = sorted(p / m for m, p in zip(mine, peer, strict=True))
    middle = ratios[len(ratios) // 2]
    spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
    print(f"{name:<34}{np.median(mine):>10.4f}{np.median(peer):>12.4f}{middle:>9.1f}   {spread}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=42_000)
    parser.add_argument("--models", type=int, default=21)
    parser.add_argument("--people", type=int, default=1_400)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peer-resamples", type=int, default=20)
    choice = parser.parse_args()
    frame = draw(choice.battles, choice.models, choice.people)
    gap = check(frame)
    if gap > 1e-6:
        raise SystemExit(f"the two disagree by {gap:.2g} in log strength; nothing was timed")
    print(f"{choice.battles:,} battles, {choice.models} models, {choice.people:,} people; "
          f"largest difference of log strengths {gap:.1g}")  # fmt: skip
    print(f"{'':<34}{'ours, s':>10}{'evalica, s':>12}{'ratio':>9}   from to")
    ours(frame), theirs(frame), bootstrap_ours(frame)  # what is loaded once is not timed
    pairs = [(cpu(lambda: ours(frame)), cpu(lambda: theirs(frame))) for _ in range(choice.repeats)]
    report("one fit", *map(list, zip(*pairs, strict=True)))
    scale = N_RESAMPLES / choice.peer_resamples
    pairs = [
        (
            cpu(lambda: bootstrap_ours(frame)),
            cpu(lambda: bootstrap_theirs(frame, choice.peer_resamples)) * scale,
        )
        for _ in range(choice.repeats)
    ]
    report(f"1,000 resamples (evalica x{scale:.0f})", *map(list, zip(*pairs, strict=True)))


if __name__ == "__main__":
    main()
