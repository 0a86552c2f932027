"""The description of message trees at OASST's size, beside a plain recount with pandas.

    python -m benchmarks.analysing.trees [--scale 1.0]

161,452 made-up messages in nested trees go through in one stream. The peer decodes the same lines
with `json`, walks them into a `pandas.DataFrame` and counts the same things (language by role,
states, sizes, depths, replies, authors, mean of each label); it makes no intervals, correlations or
agreement, and reading is not checked. Peak memory is that of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.analysing.rows import Row, cpu, in_turns
from benchmarks.synthetic.trees import Forest

from manyvoices.analyse import Settings
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.trees import TreeDescription, describe_columns, read_columns
from manyvoices.analyse.trees.shape import shape_of
from manyvoices.io import write_grown, write_trees

N_MESSAGES = 161_452


def main_rows(*, scale: float = 1.0) -> list[Row]:
    """Rows of the benchmark; `scale` 1 is OASST's size."""
    n = round(N_MESSAGES * scale)
    with tempfile.TemporaryDirectory() as folder:
        path, native = Path(folder) / "trees.jsonl", Path(folder) / "native.jsonl"
        write_trees(Forest(seed=1).trees(n), path)  # type: ignore[arg-type]  # not native
        write_grown(Forest(seed=1, native=True).trees(n // 4), native)  # type: ignore[arg-type]
        return [_counts(path, n), *_whole(path, n, "OASST form"), *_whole(native, n // 4, "native")]


def _counts(path: Path, n: int) -> Row:
    import pandas  # noqa: F401  # not part of what is measured

    def ours() -> Any:
        return _ours(path)

    def peer() -> Any:
        return _peer(path)

    mine, theirs, found, expected = in_turns(ours, peer, repeats=3)
    return Row(
        f"counts of {n:,} messages in nested trees; peer: json and pandas, unchecked",
        mine,
        theirs,
        theirs / mine,
        "",
        found == expected,
    )


def _ours(path: Path) -> dict[str, Any]:
    columns = read_columns(path)
    shape = shape_of(columns, Resampling(0))
    labels = columns.labels
    means = {
        name: round(float(labels.value[labels.name == i].mean()), 9)
        for i, name in enumerate(labels.names)
    }
    return {
        "messages": {r.language: (r.n_prompter, r.n_assistant) for r in shape.languages},
        "states": dict(shape.states),
        "sizes": dict(shape.size.counts),
        "depths": dict(shape.depth.counts),
        "replies": dict(shape.branching.counts),
        "authors": len(columns.people),
        "labels": means,
    }


def _peer(path: Path) -> dict[str, Any]:
    import pandas as pd

    rows, states, labels = [], [], []
    with path.open() as file:
        for tree, line in enumerate(file):
            record = json.loads(line)
            states.append(record["tree_state"])
            stack = [(record["prompt"], 0)]
            while stack:
                m, depth = stack.pop()
                live = [r for r in m["replies"] if not r["deleted"]]
                rows.append(
                    (tree, depth, m["lang"], m["role"], m["deleted"], len(live), m["user_id"])
                )
                labels += [(name, summary["value"]) for name, summary in m["labels"].items()]
                stack += [(reply, depth + 1) for reply in m["replies"]]
    names = ["tree", "depth", "lang", "role", "deleted", "replies", "author"]
    table = pd.DataFrame(rows, columns=names)
    live = table[~table["deleted"]]
    by = live.groupby(["lang", "role"]).size().unstack(fill_value=0)
    by = by.reindex(index=table["lang"].unique(), columns=["prompter", "assistant"], fill_value=0)
    n_trees = len(states)
    sizes = live.groupby("tree").size().reindex(range(n_trees), fill_value=0)
    depths = live.groupby("tree")["depth"].max().reindex(range(n_trees), fill_value=0)
    some = live[live["replies"] > 0]["replies"]
    marks = pd.DataFrame(labels, columns=["name", "value"])
    return {
        "messages": {lang: (int(row.prompter), int(row.assistant)) for lang, row in by.iterrows()},
        "states": pd.Series(states).value_counts().to_dict(),
        "sizes": sizes.value_counts().to_dict(),
        "depths": depths.value_counts().to_dict(),
        "replies": some.value_counts().to_dict(),
        "authors": int(table["author"].nunique()),
        "labels": marks.groupby("name")["value"].mean().round(9).to_dict(),
    }


def _whole(path: Path, n: int, form: str) -> list[Row]:
    """The whole description, with 1,000 resamples, part by part; and its peak memory."""
    nan = float("nan")
    read, columns = cpu(lambda: read_columns(path))
    told, found = cpu(lambda: describe_columns(columns, Settings()))
    assert isinstance(found, TreeDescription)
    ok = found.shape.n_messages == n
    peak = int(
        subprocess.run(
            [sys.executable, "-m", "benchmarks.analysing.trees", "--peak", str(path)],
            check=True, capture_output=True, text=True,
        ).stdout
    )  # fmt: skip
    return [
        Row(f"{form}: reading {n:,} messages into columns", read, nan, nan, "", ok),
        Row(f"{form}: the whole description of these, 1,000 resamples; peak memory of both"
            f" {peak / 1024:,.0f} MiB, file {path.stat().st_size / 2**20:,.0f} MiB",
            told, nan, nan, "", ok),
    ]  # fmt: skip


def _peak(path: Path) -> None:
    """Print the high-water mark in KiB; `getrusage` would begin with that of the parent."""
    describe_columns(read_columns(path), Settings())
    status = Path("/proc/self/status").read_text()
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--peak", type=Path)
    options = parser.parse_args()
    if options.peak:
        _peak(options.peak)
        return
    for row in main_rows(scale=options.scale):
        same = "same" if row.same else "DIFFERENT"
        print(f"{row.what}: {row.ours_s:.1f} s, peer {row.peer_s:.1f} s, x {row.ratio:.2f}, {same}")


if __name__ == "__main__":
    main()
