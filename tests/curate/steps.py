"""Steps for tests of the engines: what real ones do, in small, and what must never happen."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from manyvoices.schema import ManyvoicesError


def measure(table: pa.Table, *, times: int = 1) -> pa.Table:
    """The length of each text, as any step would add a column."""
    return table.append_column("length", pc.multiply(pc.utf8_length(table["text"]), times))


def count(table: pa.Table, *, folder: str) -> pa.Table:
    """Leave a file behind for each time that a shard is done."""
    first = table["instance_id"][0].as_py().replace("/", "_")
    (Path(folder) / f"{first}.{time.monotonic_ns()}").touch()
    return table


def die_once(table: pa.Table, *, folder: str) -> pa.Table:
    """Kill the worker that does a shard for the first time, as the kernel would."""
    mark = Path(folder) / table["instance_id"][0].as_py().replace("/", "_")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return table


def die(table: pa.Table) -> pa.Table:
    os.kill(os.getpid(), signal.SIGKILL)
    return table


def wait_for(table: pa.Table, *, path: str, at_row: str) -> pa.Table:
    """Stay in the shard that begins with `at_row` until a file appears."""
    while table["instance_id"][0].as_py() == at_row and not Path(path).exists():
        time.sleep(0.02)
    return table


def threads(table: pa.Table) -> pa.Table:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    told = ",".join(os.environ.get(name, "") for name in names) + f",{pa.cpu_count()}"
    return table.append_column("threads", pa.array([told] * table.num_rows))


def refuse(table: pa.Table) -> pa.Table:
    raise ManyvoicesError("nothing here can be measured")


def break_down(table: pa.Table) -> pa.Table:
    raise KeyError("a bug")


def lose_a_row(table: pa.Table) -> pa.Table:
    return table.slice(1)


def guess(table: pa.Table) -> pa.Table:
    """Every text is English: a step that needs no model."""
    n = [text is not None for text in table["text"].to_pylist()]
    table = table.append_column("language_flag", pa.array(["en" if x else None for x in n]))
    return table.append_column("en_flag", pa.array([True if x else None for x in n], pa.bool_()))
