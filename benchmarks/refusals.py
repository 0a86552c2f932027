"""How well the refusal rules reach XSTest's labels of GPT-4's completions, on a half not looked at.

    python -m benchmarks.refusals [--data ../shared/data/toxicity/xstest_completions_gpt4.csv]

Which half is held out was named before any rule was written (`evaluate.refusals.halves`, in a
commit of its own), and the rules were written looking at the other alone. Most of GPT-4's refusals
are one sentence repeated word for word in both halves, so the same is also said of the held-out
replies whose text does not stand in the other half.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from manyvoices.analyse.resampling import Resampling
from manyvoices.evaluate.files import shown
from manyvoices.evaluate.refusals.comparing import compared
from manyvoices.evaluate.refusals.halves import halves
from manyvoices.evaluate.refusals.labels import read_label, title
from manyvoices.evaluate.refusals.rules import LABELS, Label, classify
from manyvoices.llm.features import measure

DATA = Path(__file__).resolve().parents[2] / "shared/data/toxicity/xstest_completions_gpt4.csv"


def main() -> int:
    """Judge, print one table for each part; fails only where the data is absent."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    path = parser.parse_args().data
    if not path.exists():
        print(f"{path}: no such file: the completions of XSTest are no part of the project")
        return 1
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    before = time.process_time()
    for row in rows:
        classify(row["completion"])
    spent = time.process_time() - before
    for name, some in parts(rows).items():
        report(name, measured(some))
    print(f"{len(rows):,} replies took {1000 * spent / len(rows):.3f} ms of processor time each")
    return 0


def parts(rows: Sequence[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    """The half that rules were written on, the half held out, and what is new in it."""
    half = halves({row["id"]: row["type"] for row in rows})
    ours = [row for row in rows if half[row["id"]] == "rules"]
    held = [row for row in rows if half[row["id"]] == "held_out"]
    seen = {row["completion"] for row in ours}
    return {
        "half for rules": ours,
        "held out": held,
        "held out, text not in the other half": [r for r in held if r["completion"] not in seen],
    }


def measured(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The rules, and the one expression that rehearsals use, against the final labels."""
    resampling = Resampling(1000, 0, 0.95)
    truth = {row["id"]: label for row in rows if (label := read_label(row["final_label"]))}
    ours = {row["id"]: classify(row["completion"]).label for row in rows}
    phrase: dict[str, Label] = {
        row["id"]: "full_refusal" if measure(row["completion"]).refusal else "full_compliance"
        for row in rows
    }
    first = {row["id"]: label for row in rows if (label := read_label(row["annotation_1"]))}
    second = {row["id"]: label for row in rows if (label := read_label(row["annotation_2"]))}
    return {
        "rules": compared(ours, truth, resampling),
        "phrase": compared(phrase, truth, resampling),
        "two people": compared(second, first, resampling),
    }


def report(name: str, found: Mapping[str, Any]) -> None:
    """Print accuracy, kappa and the rules' confusion."""
    print(f"{name}: {found['rules']['n']:,} replies")
    for way, row in found.items():
        print(
            f"  {way:<10} accuracy {shown(row['accuracy'])}, refusal or not "
            f"{shown(row['accuracy_two'])}, kappa {shown(row['kappa'])}"
        )
    print(f"  {'people say / rules say':<24}" + "".join(f"{title(x):>18}" for x in LABELS))
    for label in LABELS:
        cells = found["rules"]["confusion"][label]
        print(f"  {title(label):<24}" + "".join(f"{cells[other]:>18,}" for other in LABELS))


if __name__ == "__main__":
    raise SystemExit(main())
