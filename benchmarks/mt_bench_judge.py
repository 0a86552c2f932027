"""MT-bench: how people agree, how GPT-4 agrees with them, and what sways it, with intervals.

    .venv/bin/python benchmarks/mt_bench_judge.py

Reads ``../shared/data/battles``: 3,355 votes of 65 people and 2,400 verdicts of GPT-4. The files
hold no texts, so length is taken from the published counts of an author who had them; its interval
is Wilson's (Journal of the American Statistical Association 22, 1927), which takes every verdict
for independent, since nothing else is published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

from scipy.special import ndtri

from manyvoices.evaluate.files import shown
from manyvoices.evaluate.preference.agreeing import agreement
from manyvoices.evaluate.preference.judges import judge_report
from manyvoices.evaluate.preference.placing import place_of
from manyvoices.evaluate.preference.reading import read_votes
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.texts import percent

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "battles"


def wilson(share: float, n: int, level: float = 0.95) -> dict[str, float]:
    """Interval of a share of n independent trials."""
    z = float(ndtri((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return {"value": share, "low": middle - reach, "high": middle + reach}


def lines() -> Iterator[str]:
    """The figures, one to a line."""
    rules = Rules(resamples=2000)
    people, judge = (read_votes(DATA / f"mt_bench_{who}.jsonl", ["turn"])
                     for who in ("human", "gpt4"))  # fmt: skip
    published = json.loads((DATA / "mt_bench_published_agreement.json").read_text())
    for name, one in agreement(people, rules).items():
        text = shown(one.plain()) if name == "alpha" else percent(one.plain())
        yield f"people among themselves, {name}: {text}"
    yield f"people, shown first, balanced: {percent(place_of(people, rules).balanced.plain())}"
    report = judge_report(people, judge, rules, family=["gpt-4"])
    for join, both in report["joins"].items():
        for ties, one in both.items():
            yield (
                f"GPT-4 and people's majority, {join}, {ties}: n {one['n']}, agreement "
                f"{percent(one['agreement'])}, kappa {shown(one['kappa'], 4)}"
            )
    for ties in ("with_ties", "without_ties"):
        yield f"GPT-4 and single people, {ties}: {percent(report['votes'][ties])}"
    kept = report["consistency"]
    yield f"GPT-4 changes its verdict with the places: {percent(kept['inconsistent'])}"
    for row in (kept["pairs"][0], kept["pairs"][-1]):
        yield f"  {row['first']} and {row['second']}: {percent(row)}"
    yield f"GPT-4's score of gpt-4 less people's: {percent(report['own_house']['difference'])}"
    yield f"length, from these files: {report['bias']['length_why']}"
    for who in ("gpt4", "human"):
        share, n = (published["author_b"][f"verbosity_{what}_{who}"] for what in ("pref", "n"))
        yield f"length, published, {who}: {percent(wilson(share, n))} of {n} decisions"


def main() -> None:
    """Print them."""
    for line in lines():
        print(line)


if __name__ == "__main__":
    main()
