"""Running steps over the shards of a table, with the same result whatever runs them.

A step is a plain function ``pyarrow.Table -> pyarrow.Table`` that adds columns and keeps rows and
order; it knows of no engine. One shard in, one file out: written under a temporary name, renamed
when complete, and marked inside with a digest of what it was made from. A run that was broken off
is begun again with the same call: what bears the right mark is not done twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from manyvoices.curate.texts import write_table
from manyvoices.io.manifest import sha256
from manyvoices.schema import Json, ManyvoicesError

Engine: TypeAlias = Literal["local", "ray"]
StepFunction: TypeAlias = Callable[..., pa.Table]

MARK = b"manyvoices.made_from"
"""Where a finished shard's digest stands in its Parquet schema."""
ONE_THREAD = dict.fromkeys(
    (
        *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
        *("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "POLARS_MAX_THREADS"),
    ),
    "1",
)
"""Environment of every worker: processes share the cores, and threads in each would only wait."""


class StepFailed(ManyvoicesError):
    """A step could not do a shard; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to every shard."""

    name: str
    function: StepFunction
    """A function of a module, so that another process can import it: no lambda, no closure."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Its keyword arguments; JSON values."""
    version: str = "1"
    """Of whatever decides its result: raise it, and shards done before are done again."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Keyword arguments that are files. They are known by what is in them, not by where they lie;
    the path is what the function gets."""

    def __call__(self, table: pa.Table) -> pa.Table:
        """Do the step; a step that loses, adds or reorders rows is refused."""
        files = {name: str(path) for name, path in self.files.items()}
        done = self.function(table, **self.settings, **files)
        if not done["instance_id"].equals(table["instance_id"]):
            raise StepFailed(f"the step {self.name} does not keep the rows that it was given")
        return done

    @property
    def told(self) -> dict[str, Json]:
        """What the step is, for a digest and for a manifest."""
        where = f"{self.function.__module__}.{self.function.__qualname__}"
        return {
            "name": self.name,
            "function": where,
            "settings": dict(self.settings),
            "files": {name: sha256(path) for name, path in self.files.items()},
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Job:
    """One shard to be done."""

    source: Path
    target: Path
    digest: str
    """Of the shard's bytes and all steps."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job, in a form that travels between processes."""

    target: str
    rows: int = 0
    error: str = ""
    is_bug: bool = False
    """Whether `error` is a traceback, rather than a message for whoever gave the input."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did."""

    paths: list[Path]
    """The finished shards, in the order of their sources."""
    rows: int
    n_skipped: int
    """Shards that an earlier run had done."""


OnShard: TypeAlias = Callable[[int], None]
"""Told the rows of each shard as it is finished or found finished."""


def run(
    shards: Sequence[Path],
    steps: Sequence[Step],
    out: Path,
    *,
    engine: Engine = "local",
    processes: int = 1,
    on_shard: OnShard | None = None,
) -> Ran:
    """Do all `steps`, in order, to every shard; one file in `out` for each, of the same name.

    Args:
        engine: ``local``: processes of this machine. ``ray``: Ray Data, in the cluster that
            ``RAY_ADDRESS`` names, whose machines must all see these folders, or else in one
            started for this run.
        processes: How many at once; for a Ray cluster that is there already, at most so many.

    Raises:
        StepFailed: A step refused a shard, or every worker that took it was killed.
        ManyvoicesError: An unknown engine, or no process.
        MissingExtraError: Ray is not installed.
    """
    _check(engine, processes)
    out.mkdir(parents=True, exist_ok=True)
    _clear(out, shards)
    told = [step.told for step in steps]
    jobs = [_job(shard, out, told) for shard in shards]
    rows = {job.target: n for job in jobs if (n := _rows_done(job)) is not None}
    tell = on_shard or (lambda _: None)
    for n in rows.values():
        tell(n)
    n_skipped = len(rows)
    pending = [job for job in jobs if job.target not in rows]
    for outcome in _outcomes(engine, pending, steps, processes):
        rows[Path(outcome.target)] = _checked(outcome).rows
        tell(outcome.rows)
    return Ran([job.target for job in jobs], sum(rows.values()), n_skipped)


def do_shard(job: Job, steps: Sequence[Step]) -> Outcome:
    """Read a shard, do the steps, write the result with its mark. Never raises `Exception`."""
    try:
        table = pq.read_table(job.source)
        for step in steps:
            table = step(table)
        marked = {**(table.schema.metadata or {}), MARK: job.digest.encode()}
        write_table(table.replace_schema_metadata(marked), job.target)
    except ManyvoicesError as error:
        return Outcome(str(job.target), error=str(error))
    except Exception:
        return Outcome(str(job.target), error=traceback.format_exc(), is_bug=True)
    return Outcome(str(job.target), rows=table.num_rows)


def content_hash(shards: Iterable[Path]) -> str:
    """SHA-256 of all rows in their order: the same for any number and size of shards."""
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    for path in shards:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for row in batch.to_pylist():
                    digest.update(encoder.encode(row) + b"\n")
    return digest.hexdigest()


def without(table: pa.Table, *, columns: Sequence[str]) -> pa.Table:
    """A step: the table without some columns, such as the texts themselves."""
    return table.drop_columns([name for name in columns if name in table.column_names])


def _check(engine: str, processes: int) -> None:
    if engine not in get_args(Engine):
        raise ManyvoicesError(f"--engine {engine}: expected {' or '.join(get_args(Engine))}")
    if processes < 1:
        raise ManyvoicesError(f"--processes {processes}: expected at least 1")


def _outcomes(
    engine: str, jobs: Sequence[Job], steps: Sequence[Step], processes: int
) -> Iterator[Outcome]:
    if not jobs:
        return iter(())
    if engine == "ray":
        from manyvoices.curate.engine_ray import run_ray

        return run_ray(jobs, steps, processes=processes)
    from manyvoices.curate.engine_local import run_local

    return run_local(jobs, steps, processes=processes)


def _job(shard: Path, out: Path, steps: Sequence[Mapping[str, Json]]) -> Job:
    made_from = msgspec.json.encode([sha256(shard), steps], order="deterministic")
    digest = hashlib.sha256(made_from).hexdigest()
    return Job(shard, out / shard.name, digest)


def _rows_done(job: Job) -> int | None:
    """Rows of a shard that was finished from the same input by the same steps."""
    with contextlib.suppress(OSError, pa.ArrowException):
        file = pq.read_metadata(job.target)
        if (file.metadata or {}).get(MARK) == job.digest.encode():
            return int(file.num_rows)
    return None


def _clear(out: Path, shards: Sequence[Path]) -> None:
    """Take away what a killed worker left half-written, and shards that are no longer there."""
    wanted = {shard.name for shard in shards}
    for path in [*out.glob(".*.tmp"), *out.glob("shard-*.parquet")]:
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _checked(outcome: Outcome) -> Outcome:
    if outcome.is_bug:
        raise RuntimeError(f"{outcome.target}: a step failed in its worker:\n{outcome.error}")
    if outcome.error:
        raise StepFailed(f"{Path(outcome.target).name}: {outcome.error}")
    return outcome
