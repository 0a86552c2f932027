"""A thousand spoiled lines in a file of each format: each is reported, none crashes the reader.

    python -m benchmarks.fuzz_readers [--small] [--lines 1000] [--seed 0] [--huge 50]
    python -m benchmarks.fuzz_readers --atheris SECONDS   # coverage-guided, in a venv with atheris

For every format a file is made of good lines with spoiled ones between them: truncated, wrong
type, wrong enum, score 101, orphan parent, id used twice, wrong encoding, NUL, lone surrogate, deep
nesting, huge integers, NaN, a byte order mark in mid-file, CR line ends, and lines of 50 MB. The
table says how many bad lines were reported with their number, how many good ones were read, and
the peak of memory that Python held. The command fails unless all are what they should be.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path

from tests.io.corrupting import FORMATS, bad_lines, good, huge, readers

HUGE_LIMIT = 4.0
"""Times the longest line that a reader may hold: the line, and what decoding needs of it."""
BASE = 40_000_000
"""Bytes that may be held beside it: records, ids, faults."""


def main() -> int:
    """Run as the arguments say; 0 where everything is as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--small", action="store_true", help="100 lines, 5 MB, no second pass")
    parser.add_argument("--lines", type=int, default=1_000)
    parser.add_argument("--huge", type=int, default=50, help="megabytes of the longest line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", type=int, default=0, help="seconds of coverage-guided runs")
    args = parser.parse_args()
    if args.atheris:
        return _atheris(args.atheris)
    n_lines, megabytes = (100, 5) if args.small else (args.lines, args.huge)
    print(f"{'format':22}{'bad':>6}{'named':>7}{'good':>7}{'read':>7}{'CPU s':>8}{'peak MB':>9}")
    wrong = [form for form in FORMATS if not _one(form, n_lines, megabytes, args.seed)]
    print("all bad lines reported, all good ones read" if not wrong else f"WRONG: {wrong}")
    return 1 if wrong else 0


def _one(form: str, n_lines: int, megabytes: int, seed: int) -> bool:
    from manyvoices.io import FaultLog

    read, rng = readers()[form], random.Random(f"{form} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{form}.jsonl"
        kinds = _write(path, form, n_lines, megabytes, rng)
        log = FaultLog(10 * n_lines)
        tracemalloc.start()
        began = time.process_time()
        n_read = sum(1 for _ in read(path, strict=False, log=log))
        seconds = time.process_time() - began
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        named = {fault.line for fault in log.faults}
        missed = Counter(kind for line, kind in kinds.items() if line not in named)
        refused = _raises(read, path)
    n_good = n_lines + 1
    print(
        f"{form:22}{len(kinds):6}{len(named & set(kinds)):7}{n_good:7}{n_read:7}"
        f"{seconds:8.2f}{peak / 1e6:9.1f}  {dict(missed) or ''}"
    )
    bounded = peak < HUGE_LIMIT * megabytes * 1e6 + BASE
    return named == set(kinds) and n_read == n_good and refused and bounded


def _write(
    path: Path, form: str, n_lines: int, megabytes: int, rng: random.Random
) -> dict[int, str]:
    """Write the file; return line -> what is wrong with it."""
    kinds: dict[int, str] = {}
    with path.open("wb") as file:
        file.write(good(form, 0))
        for index, bad in enumerate(bad_lines(form, n_lines - 1, rng)):
            kinds[2 * index + 2] = bad.how
            file.write(bad.line + b"\n" + good(form, 100_000 + index))
        kinds[2 * n_lines] = f"{megabytes} MB line"
        file.write(huge(form, 99, megabytes) + b"\n" + good(form, 99_999))
    return kinds


def _raises(read, path: Path) -> bool:  # type: ignore[no-untyped-def]
    """Whether a strict pass ends with `DataError` and with nothing else."""
    from manyvoices.schema import DataError

    try:
        for _ in read(path):
            pass
    except DataError:
        return True
    return False


def _atheris(seconds: int) -> int:
    """Let atheris make lines for as long; a crash of any reader ends the run with its input."""
    import atheris

    with atheris.instrument_imports(include=["manyvoices.io", "manyvoices.schema"]):
        from manyvoices.schema import DataError

        by_name = readers()
    folder = Path(tempfile.mkdtemp())

    def one(data: bytes) -> None:
        form = FORMATS[data[0] % len(FORMATS)] if data else FORMATS[0]
        path = folder / "any.jsonl"
        path.write_bytes(data[1:])
        try:
            for _ in by_name[form](path):
                pass
        except DataError:
            pass

    corpus = folder / "corpus"
    corpus.mkdir()
    for index, form in enumerate(FORMATS):
        (corpus / form).write_bytes(bytes([index]) + good(form, 1) + good(form, 2))
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", str(corpus)], one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
