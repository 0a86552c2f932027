"""How many people at once a server holds: bots take part, and everything acknowledged is checked.

    python -m benchmarks.live_load [--people 200,500,1000] [--pace 30] [--faster 15,8,4]
        [--seconds 60] [--databases sqlite,postgresql] [--workers 2] [--small]

Four models answer at once, each after one to three seconds. Each database gets a server of its own
(web processes and runner), then the sizes in turn, then the largest size at faster paces until
pages take more than a second (the knee). Printed for each step: throughput, times per kind of page,
memory, processor seconds per request, and the proof from the database that no acknowledged row is
missing or there twice. At the end: what a page costs against a bare Django page with the same
middleware, in processor time, since a machine that does other work makes clocks lie.

On a machine that does other work, `nice` counts within a session only where the kernel groups
processes by session (see /proc/self/autogroup): raise the groups of this command and of the runner.

Status 1 where a row is lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live.bots import Log, Measures, play
from benchmarks.live.proof import Proof, prove
from benchmarks.live.protocol import scripted_models, write_study
from benchmarks.live.serving import Meter, Usage, own_postgres, serving

KNEE_MS = 1000.0
SMALL = ["--people", "10", "--pace", "0.5", "--faster", "", "--seconds", "6", "--rounds", "5"]


@dataclass(frozen=True)
class Step:
    """One load: so many people, so many seconds between two actions of one of them."""

    people: int
    pace_s: float


@dataclass
class Result:
    step: Step
    seconds: float
    measures: Measures
    usage: Usage
    proof: Proof

    @property
    def p95_ms(self) -> float:
        times = [t for times in self.measures.times_ms.values() for t in times]
        return quantile(times, 0.95)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def main(arguments: list[str] | None = None) -> int:
    options = _options(sys.argv[1:] if arguments is None else arguments)
    if options.one is None:
        # Django knows one database per process: each gets a process.
        own = sys.argv[1:] if arguments is None else arguments
        status = 0
        for database in options.databases.split(","):
            command = [sys.executable, "-m", "benchmarks.live_load", *own, "--one", database]
            status |= subprocess.run(command, check=False).returncode
        return status
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="manyvoices-load-")))
        db, database_pid = f"sqlite:///{folder / 'load.sqlite3'}", None
        if options.one == "postgresql":
            db, database_pid = stack.enter_context(own_postgres())
        return _measure(options, folder, db, database_pid)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", default="200,500,1000")
    parser.add_argument("--pace", type=float, default=30.0)
    parser.add_argument("--faster", default="15,8,4")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=150, help="of the comparison of pages")
    parser.add_argument("--small", action="store_true", help="ten people, some seconds")
    parser.add_argument("--one", choices=["sqlite", "postgresql"], help=argparse.SUPPRESS)
    first = parser.parse_args(arguments)
    return parser.parse_args([*SMALL, *arguments]) if first.small else first


def _measure(options: argparse.Namespace, folder: Path, db: str, database_pid: int | None) -> int:
    from manyvoices.collect.server import setup

    delay = (0.1, 0.3) if options.small else (1.0, 3.0)
    study = write_study(folder / "study", scripted_models(delay, 256))
    setup.configure(db=db, folder=folder / "data", hosts=["127.0.0.1", "localhost"])
    setup.migrate()
    setup.publish([study])
    print(f"\n{options.one}: {os.cpu_count()} cores, {options.workers} web processes", flush=True)
    holds = True
    log = Log()
    with serving(study, db, folder, workers=options.workers) as server:
        for step in _steps(options):
            result = _run(step, options.seconds, server.url, server.process.pid, database_pid, log)
            _print(result)
            holds &= result.proof.holds
            if result.p95_ms > KNEE_MS:
                print(f"  the knee: beyond {KNEE_MS:.0f} ms, so no faster pace is tried")
                break
    said = (folder / "server.log").read_text().strip()
    if said:
        print(f"  the server said:\n{said[-2000:]}")
    _print_page_costs(options.rounds)
    return 0 if holds else 1


def _steps(options: argparse.Namespace) -> Iterator[Step]:
    sizes = [int(size) for size in options.people.split(",")]
    yield from (Step(size, options.pace) for size in sizes)
    yield from (Step(sizes[-1], float(pace)) for pace in options.faster.split(",") if pace)


def _run(
    step: Step, seconds: float, url: str, pid: int, database_pid: int | None, log: Log
) -> Result:
    from benchmarks.live.prepare import people_in_conversation
    from django.utils import timezone

    newcomers = step.people // 5
    people = people_in_conversation(step.people - newcomers, now=timezone.now())
    began = time.monotonic()
    with Meter(pid, database_pid).running() as usage:
        _log, measures = asyncio.run(
            play(
                url,
                people,
                newcomers=newcomers,
                pace_s=step.pace_s,
                duration_s=seconds,
                seed=step.people,
                log=log,
            )
        )
        spent = time.monotonic() - began
    return Result(step, spent, measures, usage, prove(log))


def _print(result: Result) -> None:
    step, measures, usage = result.step, result.measures, result.usage
    n = max(measures.requests, 1)
    print(
        f"\n  {step.people} people, an action each {step.pace_s:g} s, for {result.seconds:.0f} s: "
        f"{measures.actions / result.seconds:.1f} actions/s, {n / result.seconds:.1f} requests/s"
    )
    print(f"  {'page':34}{'n':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    for name, times in sorted(measures.times_ms.items(), key=lambda kind: -len(kind[1])):
        shares = "".join(f"{quantile(times, share):9.0f}" for share in (0.5, 0.95, 0.99))
        print(f"  {name:34}{len(times):7}{shares}")
    waits = measures.waits_s
    print(
        f"  every answer there after {quantile(waits, 0.5):.1f} s (median), "
        f"{quantile(waits, 0.95):.1f} s (p95) of {len(waits)} turns"
    )
    print(
        f"  processor per request: web {1000 * usage.web_cpu_s / n:.1f} ms, "
        f"runner {1000 * usage.runner_cpu_s / n:.1f} ms, "
        f"database {1000 * usage.database_cpu_s / n:.1f} ms; cores used "
        f"{(usage.web_cpu_s + usage.runner_cpu_s + usage.database_cpu_s) / result.seconds:.2f}"
    )
    print(f"  memory: web {usage.web_rss_mb:.0f} MB, runner {usage.runner_rss_mb:.0f} MB")
    for error, times_seen in measures.errors.most_common(5):
        print(f"  {times_seen} x {error}")
    print(f"  {result.proof}", flush=True)
    for fault in (result.proof.missing + result.proof.doubled)[:10]:
        print(f"    {fault}")


def _print_page_costs(rounds: int) -> None:
    from benchmarks.live.page_cost import measure

    print("\n  processor time of one page, and its ratio to a bare page (same middleware, 1 row)")
    print(f"  {'page':20}{'statements':>12}{'ms':>9}{'ratio':>8}")
    for cost in measure(rounds):
        print(f"  {cost.page:20}{cost.statements:12}{cost.median_ms:9.2f}{cost.ratio:8.2f}")


if __name__ == "__main__":
    sys.exit(main())
