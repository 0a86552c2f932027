"""Shards done by Ray Data: the same function on the same shards, on as many machines as there are.

Each shard is a block of its own, and so a task of its own: when a worker or a machine dies, Ray
gives its shard to another. Ray moves the names of shards only. They and the results lie in folders
that every machine must see (NFS or the like).
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from manyvoices.curate.engine import ONE_THREAD, Job, Outcome, Step, do_shard
from manyvoices.schema.errors import MissingExtraError


def run_ray(jobs: Sequence[Job], steps: Sequence[Step], *, processes: int) -> Iterator[Outcome]:
    """Do `jobs` by Ray Data's ``map_batches``; outcomes come as they are ready. Ray gives a shard
    whose worker died to another, without end; a step that fails ends the job.

    A Ray that is running in this process is used as it is. Else the cluster that ``RAY_ADDRESS``
    names is joined, or one is started here and stopped at the end.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtraError("--engine ray", "distributed") from error
    with _running(ray, processes):
        items = [
            {"source": str(job.source), "target": str(job.target), "digest": job.digest}
            for job in jobs
        ]
        done = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            cast(Any, do_shards),  # Ray's annotation knows no keyword arguments
            fn_kwargs={"steps": tuple(steps)},
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=1,
            compute=ray.data.TaskPoolStrategy(size=processes),
        )
        for row in done.iter_rows():
            yield Outcome(**row)


def do_shards(batch: pa.Table, *, steps: Sequence[Step]) -> pa.Table:
    """What a Ray worker runs: one row for each shard in, one for its outcome out."""
    pa.set_cpu_count(1)
    jobs = [
        Job(Path(row["source"]), Path(row["target"]), row["digest"]) for row in batch.to_pylist()
    ]
    outcomes = [do_shard(job, steps) for job in jobs]
    return pa.table(
        {name: [getattr(o, name) for o in outcomes] for name in Outcome.__dataclass_fields__}
    )


@contextlib.contextmanager
def _running(ray: Any, processes: int) -> Iterator[None]:
    if ray.is_initialized():
        yield
        return
    address = os.environ.get("RAY_ADDRESS", "local")
    here = {"num_cpus": processes, "include_dashboard": False} if address == "local" else {}
    ray.init(
        address=address,
        log_to_driver=False,
        logging_level=logging.WARNING,
        runtime_env={"env_vars": ONE_THREAD},
        **here,
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
