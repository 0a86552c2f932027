"""Reading and checking at the pace of readers that check nothing: CPU time, in turns.

    python -m benchmarks.reading [--small] [--repeats 5]

(a) 68,371 rows in the shape of PRISM's utterances.jsonl, loaded and validated, beside
    pandas.read_json, which only loads.
(b) 161,452 messages in nested trees, validated, beside orjson.loads over the same lines; once
    letting go of each tree, as both can, and once keeping all. Then the peak memory of a process
    that reads this file, and of one that reads four times as much.
(c) The rows of (a) as Parquet: written, read and validated here, beside pyarrow's own table.

Both sides must give the same answer before anything is timed. The trees are the 100 real ones under
new ids, where the real data is; else made up.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from manyvoices.io import read_trees
from manyvoices.io.prism import read_prism_file
from manyvoices.io.writing import write_records
from manyvoices.schema import PrismUtterance

N_ROWS, N_MESSAGES = 68_371, 161_452
REAL_TREES = Path(__file__).resolve().parents[2] / "shared/data/oasst/en_100_tree.jsonl"
_ID = re.compile(rb'("(?:message_tree_id|message_id|parent_id)": ?"[^"]{28})[^"]*"')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a tenth of everything")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    share = 10 if options.small else 1
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        rows(here / "utterances.jsonl", N_ROWS // share)
        n_trees = trees(here / "trees.jsonl", N_MESSAGES // share)
        utterances_beside_pandas(here / "utterances.jsonl", options.repeats)
        trees_beside_orjson(here / "trees.jsonl", n_trees, options.repeats)
        memory(here, N_MESSAGES // share)
        parquet(here, options.repeats)


def rows(path: Path, n: int) -> None:
    """Rows of PRISM's columns with texts of PRISM's mean lengths."""
    prompt, response = "How would you settle this? " * 4, "It depends on what you value. " * 15

    def make() -> Iterator[dict[str, Any]]:
        for i in range(n):
            yield {
                "utterance_id": f"ut{i}",
                "interaction_id": f"int{i * 2 // 5}",
                "conversation_id": f"c{i // 9}",
                "user_id": f"user{i // 50}",
                "turn": i % 3,
                "within_turn_id": i % 4,
                "conversation_type": ("unguided", "values guided", "controversy guided")[i % 3],
                "user_prompt": prompt[: 20 + i % 80],
                "model_response": response[: 150 + i * 7 % 300],
                "model_name": f"family/model-{i % 21}-chat",
                "model_provider": ("huggingface_api", "openai", "cohere")[i % 3],
                "score": None if i % 97 == 0 else i % 100 + 1,
                "if_chosen": i % 4 == 0,
                "included_in_balanced_subset": i % 5 != 0,
            }

    write_records(make(), path)


def trees(path: Path, n_messages: int, *, first: int = 0) -> int:
    """Write trees of `n_messages` messages in all; return how many trees."""
    lines = REAL_TREES.read_bytes().splitlines() if REAL_TREES.exists() else [_tree()]
    n = n_trees = 0
    copy = first
    with path.open("wb") as file:
        while n < n_messages:
            for line in lines:
                size = line.count(b'"message_id"')
                if n + size <= n_messages:
                    file.write(_ID.sub(rb'\g<1>%08x"' % copy, line) + b"\n")
                    n, n_trees = n + size, n_trees + 1
            copy += 1
            if n_messages - n < min(line.count(b'"message_id"') for line in lines):
                break
    return n_trees


def _tree() -> bytes:
    """Twelve messages: a prompt, two answers, and so on down to the third level."""
    names = iter(f"{i:028d}" for i in range(12))

    def node(depth: int, parent: str | None) -> dict[str, Any]:
        name = next(names) + "00000000"
        role = "prompter" if depth % 2 == 0 else "assistant"
        fields: dict[str, Any] = {"message_id": name, "text": "word " * 70, "role": role}
        fields |= {"lang": "en", "review_count": 3, "review_result": True, "deleted": False}
        fields |= {"rank": 0, "synthetic": False, "emojis": {"+1": 3, "_skip_reply": 1}}
        if parent is not None:
            fields["parent_id"] = parent
        fields["replies"] = [node(depth + 1, name) for _ in range((3, 2, 0, 0)[depth])]
        return fields

    prompt = node(0, None)
    return json.dumps({"message_tree_id": prompt["message_id"], "prompt": prompt}).encode()


def utterances_beside_pandas(path: Path, repeats: int) -> None:
    import pandas as pd

    ours = list(read_prism_file(path, "utterances"))
    theirs = pd.read_json(path, lines=True)
    assert [u.utterance_id for u in ours] == theirs["utterance_id"].tolist()
    assert [u.model_response for u in ours] == theirs["model_response"].tolist()
    assert sum(u.score or 0 for u in ours) == theirs["score"].sum()
    n = len(ours)
    del ours, theirs
    table(
        f"(a) {n:,} utterances, {path.stat().st_size / 1e6:.0f} MB",
        {
            "pandas.read_json": lambda: pd.read_json(path, lines=True),
            "manyvoices, validated": lambda: list(read_prism_file(path, "utterances")),
        },
        repeats,
        target=0.25,
    )


def trees_beside_orjson(path: Path, n_trees: int, repeats: int) -> None:
    import orjson

    def texts(root: Any, get: Callable[[Any, str], Any]) -> tuple[int, int]:
        n = length = 0
        stack = [root]
        while stack:
            node = stack.pop()
            n, length = n + 1, length + len(get(node, "text"))
            stack += get(node, "replies") or []
        return n, length

    def plain() -> Iterator[Any]:
        with path.open("rb") as file:
            yield from map(orjson.loads, file)

    ours = [texts(tree.prompt, getattr) for tree in read_trees(path)]
    theirs = [texts(tree["prompt"], dict.get) for tree in plain()]
    assert ours == theirs
    assert len(ours) == n_trees
    n = sum(count for count, _ in ours)
    table(
        f"(b) {n:,} messages in {n_trees:,} trees, {path.stat().st_size / 1e6:.0f} MB, let go",
        {"orjson.loads": lambda: drain(plain()), "read_trees": lambda: drain(read_trees(path))},
        repeats,
        target=1.5,
    )
    table(
        "    the same, all kept",
        {"orjson.loads": lambda: list(plain()), "read_trees": lambda: list(read_trees(path))},
        repeats,
        target=1.5,
    )


def memory(here: Path, n_messages: int) -> None:
    """Peak resident memory of a fresh process that reads and validates one file."""
    read = (
        "import sys; from manyvoices.io import read_trees\nfor _ in read_trees(sys.argv[1]): pass"
    )
    empty = here / "one.jsonl"
    trees(empty, 30)
    four = here / "four.jsonl"
    trees(four, 4 * n_messages, first=1)
    print("    peak memory of a process that reads and validates it")
    for name, path in (("one tree", empty), ("1 x", here / "trees.jsonl"), ("4 x", four)):
        print(f"    {name:>24} {path.stat().st_size / 1e6:7.0f} MB file {peak(read, path):7.1f} MB")


def peak(code: str, path: Path) -> float:
    """Peak memory in MB of a Python that runs `code` on `path`."""
    # Not ru_maxrss: that begins with the peak of the process that started this one.
    tail = "\nprint(next(line for line in open('/proc/self/status') if 'VmHWM' in line).split()[1])"
    words = [sys.executable, "-c", code + tail, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def parquet(here: Path, repeats: int) -> None:
    import pyarrow.parquet as pq

    lines, columns = here / "utterances.jsonl", here / "utterances.parquet"
    records = list(read_prism_file(lines, "utterances"))
    write_records(records, columns)
    assert list(read_prism_file(columns, "utterances")) == records
    size = columns.stat().st_size / 1e6
    print(f"(c) the rows of (a) as Parquet, {size:.1f} MB (texts repeat, so they pack too well)")
    again = here / "again.jsonl"
    table(
        "    written",
        {
            "as lines": lambda: write_records(records, again, row=PrismUtterance),
            "as Parquet": lambda: write_records(records, here / "again.parquet"),
        },
        repeats,
    )
    table(
        "    read",
        {
            "lines, validated": lambda: drain(read_prism_file(lines, "utterances")),
            "Parquet, validated": lambda: drain(read_prism_file(columns, "utterances")),
            "pyarrow, a table": lambda: pq.read_table(columns),
        },
        repeats,
    )


def drain(records: Iterable[Any]) -> None:
    """Go through `records` and keep none."""
    for _ in records:
        pass


def table(
    title: str, ways: dict[str, Callable[[], object]], repeats: int, target: float | None = None
) -> None:
    """Time each way in turns and print medians; the ratio is to the first."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            gc.collect()
            start = time.process_time()
            result = way()
            times[name].append(time.process_time() - start)
            del result
    base = statistics.median(next(iter(times.values())))
    print(title + ("" if target is None else f"; target: {target} of the first"))
    for name, found in times.items():
        median = statistics.median(found)
        spread = f"{min(found):.3f} to {max(found):.3f}"
        print(f"    {name:>24} {median:7.3f} s CPU  x {median / base:5.2f}   ({spread})")


if __name__ == "__main__":
    main()
