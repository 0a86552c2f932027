"""Shards done by processes of this machine.

`concurrent.futures` gives up its whole pool when one worker is killed (by the kernel, when memory
is short). Here each worker has a pipe of its own: when one dies, another takes its place and its
shard, and the others never notice.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pyarrow as pa

from manyvoices.curate.engine import ONE_THREAD, Job, Outcome, Step, do_shard

MAX_TRIES = 3
"""Workers that may die over one shard before it is taken to be the shard's doing."""

_spawn = multiprocessing.get_context("spawn")  # a fork would copy threads' locks with the process


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    job: Job | None = None


def run_local(jobs: Sequence[Job], steps: Sequence[Step], *, processes: int) -> Iterator[Outcome]:
    """Do `jobs` in `processes` processes; outcomes come as they are ready.

    Whoever stops iterating, by an error or Ctrl-C, stops the workers; shards finished so far stay.
    """
    waiting, deaths = deque(jobs), Counter[Path]()
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.job for worker in workers):
            _employ(workers, waiting, steps, processes)
            for worker in _ready(workers):
                job, worker.job = worker.job, None
                assert job is not None, "only workers with a job are waited for"
                if (outcome := _received(worker)) is not None:
                    yield outcome
                    continue
                workers.remove(worker)
                _stop(worker)
                deaths[job.source] += 1
                waiting.appendleft(job)
                if deaths[job.source] == MAX_TRIES:
                    yield Outcome(str(job.target), error=_killed(worker))
                    return
    finally:
        for worker in workers:
            _stop(worker)


def _employ(
    workers: list[_Worker], waiting: deque[Job], steps: Sequence[Step], processes: int
) -> None:
    """Give every idle worker a job, and hire while there are jobs and room."""
    n_wanted = min(processes, sum(w.job is not None for w in workers) + len(waiting))
    while len(workers) < n_wanted:
        workers.append(_start(steps))
    for worker in workers:
        if worker.job is None and waiting:
            worker.job = waiting.popleft()
            # A worker that has just died is noticed when its outcome is awaited.
            with contextlib.suppress(OSError):
                worker.pipe.send(worker.job)


def _start(steps: Sequence[Step]) -> _Worker:
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_work, args=(theirs, tuple(steps)), daemon=True)
    with _environment(ONE_THREAD):
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(pipe: Connection, steps: Sequence[Step]) -> None:
    """What a worker does until it is told to stop or nobody is left to tell it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which stops us
    pa.set_cpu_count(1)
    with contextlib.suppress(EOFError, OSError):
        while (job := pipe.recv()) is not None:
            pipe.send(do_shard(job, steps))


def _ready(workers: Sequence[_Worker]) -> list[_Worker]:
    """Wait for at least one busy worker to be done or dead; a dead one's pipe is at its end."""
    busy = {worker.pipe: worker for worker in workers if worker.job is not None}
    return [busy[pipe] for pipe in wait(list(busy)) if isinstance(pipe, Connection)]


def _received(worker: _Worker) -> Outcome | None:
    """The outcome that a worker sent; None where it died first."""
    try:
        outcome = worker.pipe.recv()
    except (EOFError, OSError):
        return None
    assert isinstance(outcome, Outcome)
    return outcome


def _killed(worker: _Worker) -> str:
    code = worker.process.exitcode or 0
    if code < 0:
        how = f"{signal.Signals(-code).name} (is there memory enough?)"
    else:
        how = f'exit code {code} (a script that calls this needs `if __name__ == "__main__":`)'
    return f"{MAX_TRIES} workers died over it, the last by {how}"


def _stop(worker: _Worker) -> None:
    """An idle worker sees its pipe end; a busy one is killed, which leaves no half-written shard
    under its own name."""
    worker.pipe.close()
    if worker.job is not None:
        worker.process.kill()
    worker.process.join()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The process's environment with `values`, for the time of starting another process."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
