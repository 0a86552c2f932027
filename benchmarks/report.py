"""How long a whole report takes, chapter by chapter, and how much memory.

    python -m benchmarks.report [--share 1.0] [--resamples 1000] [--only ID ...] [--release DIR]

On the synthetic PRISM of full size (8,011 conversations, 68,371 answers; `benchmarks.synthetic`),
written and thrown away, unless a release is named. Two reports are made: one with an empty cache,
one that takes everything from it; both must have the same bytes. Memory is the process's highest
resident memory while the chapter was made; the aim is less than 4 GB for the whole report.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.synthetic_prism import write_synthetic

from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report.cache import ResultCache
from manyvoices.report.making import Made, Wish, make_report, plan_report

MOST_BYTES = 4 * 1024**3


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of PRISM's people")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--release", type=Path, help="this one instead of a synthetic one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        release = options.release or Path(temporary) / "prism"
        if options.release is None:
            try:
                counts = write_synthetic(release, share=options.share)
            except FileNotFoundError as error:
                print(f"the published figures are not here: {error.filename}", file=sys.stderr)
                return 0
            print(", ".join(f"{name} {n:,}" for name, n in counts.items()))
        return _measure(release, Path(temporary), options)


def _measure(release: Path, folder: Path, options: argparse.Namespace) -> int:
    for name in ("cache", "artefacts"):
        (folder / name).mkdir()
    wish = Wish(
        release,
        Settings(
            resampling=Resampling(n_resamples=options.resamples),
            cache=folder / "artefacts",
            tick=_said,
        ),
        only=tuple(options.only),
        cache=ResultCache(folder / "cache"),
    )
    first, cold = _timed(wish)
    _print(first)
    second, warm = _timed(wish)
    peak = max(run.peak_bytes for run in first.runs)
    same = dict(first.report.files()) == dict(second.report.files())
    size = sum(len(content) for _, content in first.report.files())
    print(f"\nfirst report {cold:,.1f} s, second {warm:,.1f} s ({second.n_computed} computed anew)")
    print(f"page {len(first.report.html) / 1e6:,.1f} MB, all files {size / 1e6:,.1f} MB")
    print(f"peak memory {peak / 1024**3:.2f} GB (aim: < 4), same bytes: {same}")
    for run in first.faults:
        print(f"\n{run.id} FAILED\n{run.trace}", file=sys.stderr)
    return int(bool(first.faults) or not same or peak >= MOST_BYTES)


def _timed(wish: Wish) -> tuple[Made, float]:
    start = time.perf_counter()
    made = make_report(wish, plan_report(wish))
    return made, time.perf_counter() - start


def _print(made: Made) -> None:
    print(f"\n{'chapter':28}{'state':>8}{'items':>7}{'seconds':>10}{'peak MB':>10}")
    for run in made.runs:
        items = len(run.drawn.items) if run.drawn else 0
        peak = run.peak_bytes / 1024**2
        print(f"{run.title:28}{run.state:>8}{items:>7}{run.seconds:>10.1f}{peak:>10,.0f}")
        if run.note:
            print(f"    {run.note}")


def _said(step: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{step}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
