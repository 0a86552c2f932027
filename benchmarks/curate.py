"""Curation at PRISM's size: time, memory, and that any engine gives the same rows.

    python -m benchmarks.curate [--small] [--only processes|verb|ray]

On the synthetic PRISM (`benchmarks.synthetic_prism`; the published counts, nobody's words):

1. language and PII of every text by 1 and by 2 local processes, twice each in turn, in seconds per
   100,000 utterances: wall, which other work on the machine lengthens, and CPU;
2. the whole verb, from four files to a release that validates, with its peak memory;
3. Ray: a head and a worker process that joined it, both on this machine. A map worker is killed
   by SIGKILL while it does a shard; rows, ids and content must equal the local run's.

What is printed was measured here on one machine. It says nothing about several machines.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import resource
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.synthetic_prism import write_synthetic

from manyvoices.curate.engine import Ran, Step, content_hash, run, without
from manyvoices.curate.pipeline import Running, curate_release
from manyvoices.curate.plan import Plan, groups_of
from manyvoices.curate.texts import text_instances, write_shards
from manyvoices.io.validation import validate

AT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
SMALL = 0.05
RAY = Path(sys.executable).with_name("ray")
PORT = 6399


def main() -> None:
    """Run the parts and print them."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--small", action="store_true", help="5% of the people")
    arguments.add_argument("--only", choices=("processes", "verb", "ray"), help="one part")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="curate-bench-") as name:
        folder = Path(name)
        counts = write_synthetic(folder / "prism", seed=0, share=SMALL if asked.small else 1.0)
        print("synthetic PRISM:", ", ".join(f"{n:,} {what}" for what, n in counts.items()))
        if asked.only in (None, "processes"):
            measure_processes(folder, counts["utterances"], small=asked.small)
        if asked.only in (None, "verb"):
            measure_verb(folder)
        if asked.only in (None, "ray"):
            measure_ray(folder, small=asked.small)


def steps() -> list[Step]:
    """What a plan without arguments does to every text."""
    named = [group.step for group in groups_of(Plan())]
    return [*named, Step("without", without, {"columns": ["text", "model_name"]})]


def measure_processes(folder: Path, n_utterances: int, *, small: bool) -> None:
    """1 and 2 processes in turn; any shard size."""
    shards = cut(folder, 500 if small else 5_000)
    seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    runs: list[Ran] = []
    for again in range(2):
        for processes in seconds:
            began, cpu = time.perf_counter(), cpu_seconds()
            runs.append(
                run(shards, steps(), folder / f"out-{again}-{processes}", processes=processes)
            )
            seconds[processes].append((time.perf_counter() - began, cpu_seconds() - cpu))
    runs.append(run(cut(folder, 1_733), steps(), folder / "out-odd", processes=2))
    same = {(ran.rows, tuple(ids(ran)), content_hash(ran.paths)) for ran in runs}
    assert len(same) == 1, "the result depends on processes or on the size of shards"
    print(f"\nlanguage and PII of {runs[0].rows:,} texts ({n_utterances:,} utterances)")
    print(
        f"s per 100,000 utterances, two runs each (load of this machine: {os.getloadavg()[0]:.1f})"
    )
    print("processes               wall   ratio                CPU   ratio")
    for n, times in seconds.items():
        cells = [f"{n:9}"]
        for which in (0, 1):
            each = " ".join(f"{t[which] / n_utterances * 100_000:8.1f}" for t in times)
            medians = [statistics.median(t[which] for t in seconds[m]) for m in (n, 1)]
            cells.append(f"{each} {medians[0] / medians[1]:7.2f}")
        print("  ".join(cells))
    print(
        f"rows, ids and content hash equal in {len(runs)} runs: {content_hash(runs[0].paths)[:16]}"
    )


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    told = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in told)


def measure_verb(folder: Path) -> None:
    """Four files to a release, in a process of its own so that its memory can be read."""
    began = time.perf_counter()
    program = "from benchmarks.curate import verb_alone; import sys; verb_alone(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder / "prism"), str(folder / "release")],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    report = validate(folder / "release")
    assert report.ok, report.faults
    records = ", ".join(f"{n:,} in {name}" for name, n in report.n_records.items())
    print(f"\ncurate --balanced --checks --processes 2: {seconds:.1f} s; {done.stdout.strip()}")
    print(f"the release is valid: {records}")


def verb_alone(source: str, out: str) -> None:
    """Curate, and print the largest memory of this process and of its largest worker."""
    plan = Plan(balanced=True, checks=True)
    done = curate_release(Path(source), Path(out), plan, at=AT, running=Running(processes=2))
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(
        f"{done.n_texts:,} texts, {done.n_proposed:,} exclusions proposed;"
        f" peak {peaks[0]:.0f} MB, of a worker {peaks[1]:.0f} MB"
    )


@dataclass
class Killed:
    """The one worker that was killed."""

    pid: int = 0
    name: str = ""
    shard: str = ""
    tried: list[str] = field(default_factory=list)


def measure_ray(folder: Path, *, small: bool) -> None:
    """A head and a joined worker process; a map worker killed in mid-job."""
    shards = cut(folder, 500 if small else 2_000)
    local = run(shards, steps(), folder / "local", processes=2)
    with cluster(folder) as environment:
        os.environ.update(environment)
        marks = folder / "marks"
        marks.mkdir()
        told = [Step("announce", announce, {"folder": str(marks)}), *steps()]
        killed, stop = Killed(), threading.Event()
        killer = threading.Thread(target=kill_one, args=(marks, folder / "ray", killed, stop))
        killer.start()
        began = time.perf_counter()
        try:
            ran = run(shards, told, folder / "ray", engine="ray", processes=2)
        finally:
            stop.set()
            killer.join()
        seconds = time.perf_counter() - began
    nodes = {mark.read_text() for mark in marks.iterdir()}
    print(f"\nRay: {ran.rows:,} rows in {len(ran.paths)} shards, {seconds:.1f} s")
    assert killed.pid, "no map worker was found to kill"
    again = sorted(mark.name for mark in marks.glob(f"{killed.shard}.*"))
    print(f"killed by SIGKILL: process {killed.pid}, named {killed.name!r}")
    print(f"  it had begun the shard with {killed.shard} and not written it")
    print(f"  which was begun {len(again)} times, by processes {pids(again)}")
    print(f"  {len(nodes)} of the cluster's 2 nodes did shards")
    assert len(nodes) == 2, "the process that joined did nothing"
    assert len(again) == 2, "the shard of the killed worker was not done again"
    assert ran.rows == local.rows
    assert ids(ran) == ids(local)
    assert len(set(ids(ran))) == ran.rows
    assert content_hash(ran.paths) == content_hash(local.paths)
    print("rows, ids and content hash equal the local run's")


def announce(table: pa.Table, *, folder: str) -> pa.Table:
    """A step: say from inside of the worker which shard it has begun."""
    import ray

    first = table["instance_id"][0].as_py().replace("/", "_")
    node = ray.get_runtime_context().get_node_id()
    (Path(folder) / f"{first}.{os.getpid()}").write_text(node)
    return table


def kill_one(marks: Path, out: Path, killed: Killed, stop: threading.Event) -> None:
    """Kill the first process that says it does a shard, and that Ray names a map task."""
    while not stop.is_set() and not killed.pid:
        for mark in sorted(marks.iterdir()):
            shard, _, pid = mark.name.rpartition(".")
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(int(pid))
                name = " ".join(process.cmdline()).strip()
                if "MapBatches(do_shards)" in name and shard not in finished(out):
                    process.send_signal(signal.SIGKILL)
                    process.wait(10)
                    if shard not in finished(out):
                        killed.pid, killed.name, killed.shard = process.pid, name, shard
                        return
        time.sleep(0.02)


def finished(out: Path) -> set[str]:
    """First texts of the shards that are written."""
    return {
        pq.read_table(path, columns=["instance_id"])["instance_id"][0].as_py().replace("/", "_")
        for path in out.glob("shard-*.parquet")
    }


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[dict[str, str]]:
    """A head with one core and a second node process with one more, stopped at the end; gives the
    environment in which they are found. The token is of this cluster alone."""
    address = f"127.0.0.1:{PORT}"
    found = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    paths = os.pathsep.join([str(Path.cwd()), str(Path.cwd() / "src")])
    environment = os.environ | found | {"PYTHONPATH": paths}
    common = ["--num-cpus=1", "--disable-usage-stats", "--object-store-memory=200000000"]
    head = ["--head", f"--port={PORT}", "--include-dashboard=false", f"--temp-dir={folder / 'r'}"]
    before = {process.pid for process in psutil.process_iter()}
    try:
        for arguments in (head, [f"--address={address}"]):
            done = subprocess.run(
                [RAY, "start", *arguments, *common], env=environment, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"ray start {arguments[0]}: {done.stdout}{done.stderr}")
        yield found | {"RAY_ADDRESS": address}
    finally:
        stop_cluster(before, str(folder))


def stop_cluster(before: set[int], folder: str) -> None:
    """End the processes of this cluster alone: started since, and with its folder in their call."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid not in before and folder in " ".join(process.cmdline()):
                for one in [*process.children(recursive=True), process]:
                    one.kill()


def cut(folder: Path, rows: int) -> list[Path]:
    """The texts in shards of `rows`, cut once."""
    out = folder / f"shards-{rows}"
    if out.exists():
        return sorted(out.iterdir())
    return write_shards(text_instances(folder / "prism"), out, rows=rows)


def ids(ran: Ran) -> list[str]:
    """Every text's name, in order."""
    return [name for path in ran.paths for name in read_ids(path)]


def read_ids(path: Path) -> Sequence[str]:
    """The names in one shard."""
    names: list[str] = pq.read_table(path, columns=["instance_id"])["instance_id"].to_pylist()
    return names


def pids(marks: Sequence[str]) -> str:
    """The processes of some marks."""
    return " and ".join(mark.rpartition(".")[2] for mark in marks)


if __name__ == "__main__":
    main()
