"""How often topic regressions find a difference between groups where there is none.

    python -m benchmarks.topic_tests [--deals 25]

PRISM's people and conversations with their published marginals, topics of the published sizes, and
nobody's group matters: people have tastes, drawn without a look at who they are. Of all tests at
1 %, one in a hundred should reject. Printed is how many do, by the number of texts that a group
would have on a topic by chance, with errors clustered by person and with HC1, as PRISM's code has
them.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import random
import sys

import numpy as np
import polars as pl
from benchmarks.synthetic.conversations import types_of
from benchmarks.synthetic.golden import FOLDER, read_golden
from benchmarks.synthetic.people import by_person, survey_rows
from rich.console import Console
from rich.table import Table

from manyvoices.analyse.topics.prevalence import BASES, topic_prevalence

EDGES = (0, 1, 2, 5, 10, 30, 100, np.inf)
LEVEL = 0.01
_TASTE = 30.0
"""Dirichlet weight of a person's taste: the larger, the more alike people are."""


def prism_rows() -> pl.DataFrame:
    """PRISM's 8,011 conversations, their types and their authors' attributes."""
    golden = read_golden()
    people = by_person(golden.skeleton)
    types, balanced = types_of(people, random.Random("0-types"))
    survey = survey_rows(golden, balanced, random.Random("0-people"))
    nested = {"ethnicity": "simplified", "religion": "simplified", "location": "special_region"}
    flat = {
        user: {f"{name}_{inner}": row[name][inner] for name, inner in nested.items()}
        | {"gender": row["gender"], "age": row["age"]}
        for user, row in survey.items()
    }
    return pl.DataFrame([
        {"user_id": user, "conversation_type": types[talk], **flat[user]}
        for talk, user, _ in golden.skeleton
    ])  # fmt: skip


def published_shares() -> np.ndarray:
    """Shares of the 22 topics and, last, of the outliers."""
    with (FOLDER / "golden" / "topic_clusters.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["cluster_size"]]
    sizes = {int(row["cluster_id"]): int(row["cluster_size"]) for row in rows}
    counts = np.array([*(sizes[i] for i in range(22)), sizes[-1]], dtype=float)
    return counts / counts.sum()


def topics_without_groups(people: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n,) topics, -1 = outlier, by tastes of persons alone."""
    _, person = np.unique(people, return_inverse=True)
    shares = published_shares()
    taste = rng.dirichlet(_TASTE * shares, size=int(person.max()) + 1).cumsum(axis=1)[person]
    drawn = np.minimum((rng.random(len(person))[:, None] > taste).sum(axis=1), 22)
    return np.where(drawn == 22, -1, drawn)


def rejections(rows: pl.DataFrame, deals: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Tests per bin of expected texts, and by kind of errors how many have p below `LEVEL`."""
    rng = np.random.default_rng(1)
    people = rows["user_id"].to_numpy().astype(str)
    n_bins = len(EDGES) - 1
    tests, found = np.zeros(n_bins), {"cluster": np.zeros(n_bins), "HC1": np.zeros(n_bins)}
    for _ in range(deals):
        topics = topics_without_groups(people, rng)
        for kind in found:
            compat = "prism" if kind == "HC1" else None
            fit = topic_prevalence(rows, topics, tuple(BASES), compat=compat)
            place = np.digitize(fit.expected[1:].ravel(), EDGES) - 1
            low = (fit.fit.p[1:] < LEVEL).ravel()
            found[kind] += np.bincount(place, weights=low, minlength=n_bins)
        tests += np.bincount(place, minlength=n_bins)
    return tests, found


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deals", type=int, default=25, help="made-up sets of topics")
    tests, found = rejections(prism_rows(), parser.parse_args(arguments).deals)
    table = Table("texts expected", "tests", "p < 0.01, clustered", "p < 0.01, HC1")
    ends = [*(f"{low:g} to {high:g}" for low, high in itertools.pairwise(EDGES)), "all"]
    for i, words in enumerate(ends):
        part = slice(None) if words == "all" else slice(i, i + 1)
        n = tests[part].sum()
        shares = [f"{found[kind][part].sum() / n:.2%}" if n else "-" for kind in found]
        table.add_row(words, f"{n:,.0f}", *shares)
    Console(width=100).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
