"""Cost of a leaderboard and of a sampling page: CPU seconds and bytes, nothing invented.

    python benchmarks/leaderboard.py [--battles 42000 --models 21 --people 1400 --resamples 1000]
                                     [--reports A.json B.json ...] [--coverage 400]

Battles are drawn with planted strengths, as many as PRISM's opening turns hold (42,306 battles of
21 models by 1,396 people); five languages and four categories give boards of their own. With
`--reports` the page that compares these sampling reports is made too. With `--coverage` so many
studies are simulated in which people differ, and it is counted how often all true ranks lie in
their ranges at once, and how many pairs are put in a wrong order. CPU seconds are of this
process alone (`time.process_time`) and hold no import.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
LANGUAGES, SHARES = ("en", "de", "fr", "es", "ar"), (0.6, 0.2, 0.1, 0.08, 0.02)
CATEGORIES = ("advice", "code", "facts", "writing")


def main() -> None:
    """Run what was asked for."""
    words = argparse.ArgumentParser(description=__doc__)
    for name, value in (("battles", 42_000), ("models", 21), ("people", 1400), ("resamples", 1000)):
        words.add_argument(f"--{name}", type=int, default=value)
    words.add_argument("--reports", nargs="*", type=Path, default=[])
    words.add_argument("--coverage", type=int, default=0)
    asked = words.parse_args()
    if asked.coverage:
        return coverage(asked.coverage)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_battles(folder / "battles.csv", asked.battles, asked.models, asked.people)
        board(data, folder / "board", asked.resamples)
        if asked.reports:
            page(tuple(asked.reports), folder / "sampling")
    return None


def coverage(n: int) -> None:
    """How often the ranges hold all true ranks: few people, who differ, and models that tie."""
    from manyvoices.aggregate import Battles
    from manyvoices.evaluate.leaderboard import Settings
    from manyvoices.evaluate.leaderboard.boards import board

    for name, truth in (
        ("8 models, all equal", [0.0] * 8),
        ("8 models, three of them equal", [0.0, 0.0, 0.0, 0.4, 0.6, 0.8, 1.2, 1.6]),
    ):
        held = wrong = told = 0
        for seed in range(n):
            battles = Battles.from_frame(simulated(np.array(truth), 60, 20, seed))
            found = board(battles, Settings(resamples=400, seed=seed))
            rows = {int(row["model"]): row for row in found["rows"]}
            held += all(
                row["rank_low"] <= 1 + sum(t > truth[i] for t in truth)
                and row["rank_high"] >= len(truth) - sum(t < truth[i] for t in truth)
                for i, row in rows.items()
            )
            pairs = [(i, j) for i in rows for j in rows
                     if rows[i]["rank_high"] < rows[j]["rank_low"]]  # fmt: skip
            told += len(pairs)
            wrong += sum(truth[i] <= truth[j] for i, j in pairs)
        print(f"{held / n:.3f} of {n} studies hold all true ranks; "
              f"{wrong} of {told} orders told are wrong  ({name})")  # fmt: skip


def simulated(truth: np.ndarray, n_people: int, each: int, seed: int) -> dict[str, list]:
    """Battles of people whose likes differ by a standard deviation of 0.7 per model."""
    rng = np.random.default_rng(seed)
    k, n = len(truth), n_people * each
    likes = truth + rng.normal(0, 0.7, (n_people, k))
    person = np.repeat(np.arange(n_people), each)
    a = rng.integers(k, size=n)
    b = (a + rng.integers(1, k, size=n)) % k
    wins = rng.random(n) < 1 / (1 + np.exp(likes[person, b] - likes[person, a]))
    outcome = np.where(rng.random(n) < 0.1, 0.5, wins.astype(float))
    names = [str(i) for i in range(k)]
    return {
        "model_a": [names[i] for i in a],
        "model_b": [names[i] for i in b],
        "outcome": outcome.tolist(),
        "participant_id": [f"u{p}" for p in person],
    }


def write_battles(path: Path, n: int, n_models: int, n_people: int) -> Path:
    rng = np.random.default_rng(1)
    strength = rng.normal(0, 0.5, n_models)
    names = [f"organisation/model-{i:02d}" for i in range(n_models)]
    language = rng.choice(LANGUAGES, n_people, p=SHARES)
    person = rng.integers(n_people, size=n)
    a = rng.integers(n_models, size=n)
    b = (a + rng.integers(1, n_models, size=n)) % n_models
    wins = rng.random(n) < 1 / (1 + np.exp(strength[b] - strength[a]))
    outcome = np.where(rng.random(n) < 0.17, 0.5, wins.astype(float))
    category = rng.choice(CATEGORIES, n)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("model_a", "model_b", "outcome", "judge", "language", "category"))
        for i in range(n):
            who = int(person[i])
            writer.writerow(
                (names[a[i]], names[b[i]], outcome[i], f"u{who}", language[who], category[i])
            )
    return path


def board(data: Path, out: Path, resamples: int) -> None:
    from manyvoices.evaluate.leaderboard import Settings, make_leaderboard
    from manyvoices.report.pages.leaderboard import write

    with said("everybody's board alone"):
        make_leaderboard(data, out / "one", Settings(by=(), resamples=resamples), now=NOW)
    with said("with a board for each language and category"):
        made = make_leaderboard(data, out, Settings(resamples=resamples), now=NOW)
    with said("the page"):
        write(made.results, out)
    print(f"{len(made.results['boards'])} boards, {made.results['data']['n_models']} models")
    weigh(out / "index.html", out / "leaderboard.css", out / "leaderboard.js")
    weigh(*(out / f"leaderboard.{kind}" for kind in ("json", "csv", "parquet")))


def page(reports: tuple[Path, ...], out: Path) -> None:
    from manyvoices.evaluate.sampling import SamplingConfig, run
    from manyvoices.report.pages.sampling import write

    with said("measures of sampling reports"):
        found = run(SamplingConfig(reports=reports, out=out))
    with said("the page that compares them"):
        path = write(found)
    print(f"{sum(row['n_outputs'] for row in found.results['rows']):,} outputs")
    weigh(path)


@contextmanager
def said(what: str) -> Iterator[None]:
    began = time.process_time()
    yield
    print(f"{time.process_time() - began:8.2f} s CPU  {what}")


def weigh(*paths: Path) -> None:
    sizes = [
        (path.name, path.stat().st_size, len(gzip.compress(path.read_bytes()))) for path in paths
    ]
    for name, plain, packed in sizes:
        print(f"{plain:10,} bytes ({packed:,} gzipped)  {name}")
    print(f"{sum(plain for _, plain, _ in sizes):10,} bytes in all")


if __name__ == "__main__":
    main()
