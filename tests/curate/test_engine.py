"""Engines give the same, whatever runs the steps, in how many processes, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.curate import steps as made
from tests.curate.pilot import make_release

from manyvoices.curate.engine import Ran, Step, StepFailed, content_hash, run, without
from manyvoices.curate.texts import text_instances, write_shards
from manyvoices.schema import ManyvoicesError

MEASURE = Step("measure", made.measure)


def shards_of(tmp_path: Path, *, rows: int = 5) -> list[Path]:
    release = tmp_path / "release"
    if not release.exists():
        make_release(release)
    return write_shards(text_instances(release), tmp_path / f"shards-{rows}", rows=rows)


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    return shards_of(tmp_path)


def ids(ran: Ran) -> list[str]:
    return [name for path in ran.paths for name in pq.read_table(path)["instance_id"].to_pylist()]


def test_any_number_of_processes_and_any_size_of_shards_give_the_same(tmp_path: Path) -> None:
    results = []
    for rows, processes in ((5, 1), (5, 2), (2, 2), (1000, 1)):
        out = tmp_path / f"out-{rows}-{processes}"
        ran = run(shards_of(tmp_path, rows=rows), [MEASURE], out, processes=processes)
        results.append((ran.rows, ids(ran), content_hash(ran.paths)))
    assert results[0][0] == len(set(results[0][1])) > 10
    assert all(result == results[0] for result in results)


def test_one_file_for_each_shard_and_nothing_beside(shards: list[Path], tmp_path: Path) -> None:
    ran = run(shards, [MEASURE], tmp_path / "out")
    assert sorted((tmp_path / "out").iterdir()) == ran.paths
    assert [p.name for p in ran.paths] == [p.name for p in shards]


def test_a_second_run_does_nothing_again(shards: list[Path], tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    steps = [Step("count", made.count, {"folder": str(tmp_path / "seen")})]
    first = run(shards, steps, tmp_path / "out")
    second = run(shards, steps, tmp_path / "out")
    assert (first.n_skipped, second.n_skipped) == (0, len(shards))
    assert len(list((tmp_path / "seen").iterdir())) == len(shards)
    assert (first.rows, first.paths) == (second.rows, second.paths)


@pytest.mark.parametrize(
    "changed",
    [
        Step("measure", made.measure, {"times": 2}),
        Step("measure", made.measure, version="2"),
        Step("measured", made.measure),
    ],
)
def test_other_settings_or_another_version_do_all_again(
    shards: list[Path], tmp_path: Path, changed: Step
) -> None:
    run(shards, [MEASURE], tmp_path / "out")
    assert run(shards, [changed], tmp_path / "out").n_skipped == 0


def test_only_the_shard_that_changed_or_was_damaged_is_done_again(
    shards: list[Path], tmp_path: Path
) -> None:
    whole = content_hash(run(shards, [MEASURE], tmp_path / "out").paths)
    (tmp_path / "out" / shards[1].name).write_bytes(b"PAR1 cut off")
    again = run(shards, [MEASURE], tmp_path / "out")
    assert again.n_skipped == len(shards) - 1
    assert content_hash(again.paths) == whole


def test_a_killed_worker_is_replaced_and_its_shard_done_again(
    shards: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "marks").mkdir()
    steps = [MEASURE, Step("die", made.die_once, {"folder": str(tmp_path / "marks")})]
    ran = run(shards, steps, tmp_path / "out", processes=2)
    calm = run(shards, [MEASURE], tmp_path / "calm")
    assert len(list((tmp_path / "marks").iterdir())) == len(shards)
    assert content_hash(ran.paths) == content_hash(calm.paths)


def test_a_shard_over_which_every_worker_dies_is_named(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"shard-00000.*3 workers died over it.*SIGKILL"):
        run(shards[:1], [Step("die", made.die)], tmp_path / "out")


def test_a_worker_has_one_thread(shards: list[Path], tmp_path: Path) -> None:
    ran = run(shards[:1], [Step("threads", made.threads)], tmp_path / "out")
    assert set(pq.read_table(ran.paths[0])["threads"].to_pylist()) == {"1,1,1"}


def test_what_a_step_says_is_wrong_is_said_with_the_shard(
    shards: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(StepFailed, match=r"shard-0000\d.parquet: nothing here can be measured"):
        run(shards, [Step("refuse", made.refuse)], tmp_path / "out", processes=2)
    assert not list((tmp_path / "out").iterdir())


def test_a_bug_shows_the_workers_traceback(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)break_down.*KeyError: 'a bug'"):
        run(shards[:1], [Step("bug", made.break_down)], tmp_path / "out")


def test_a_step_that_loses_rows_is_refused(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="the step lose does not keep the rows"):
        run(shards[:1], [Step("lose", made.lose_a_row)], tmp_path / "out")


def test_texts_can_be_left_out_of_the_result(shards: list[Path], tmp_path: Path) -> None:
    steps = [MEASURE, Step("without", without, {"columns": ["text"]})]
    ran = run(shards[:1], steps, tmp_path / "out")
    assert "text" not in pq.read_schema(ran.paths[0]).names


@pytest.mark.parametrize("settings", [{"engine": "dask"}, {"processes": 0}])
def test_an_engine_that_is_none_is_refused(tmp_path: Path, settings: dict[str, object]) -> None:
    with pytest.raises(ManyvoicesError, match="expected"):
        run([], [], tmp_path / "out", **settings)  # type: ignore[arg-type]


BROKEN_OFF = """
import signal
import sys
from pathlib import Path
from tests.curate import steps as made
from manyvoices.curate.engine import Step, run

folder = Path(sys.argv[1])
shards = sorted((folder / "shards-5").glob("*.parquet"))
last = sys.argv[2]
wait = {"path": str(folder / "go"), "at_row": last}
if __name__ == "__main__":
    # Ignored where the tests themselves run in the background of a shell.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run(shards, [Step("wait", made.wait_for, wait), Step("measure", made.measure)],
            folder / "out", on_shard=lambda n: print(n, flush=True))
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


def test_a_run_stopped_by_ctrl_c_is_taken_up_where_it_was(
    shards: list[Path], tmp_path: Path
) -> None:
    last = pq.read_table(shards[-1])["instance_id"][0].as_py()
    script = tmp_path / "broken_off.py"
    script.write_text(BROKEN_OFF)
    going = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), last],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert going.stdout is not None
    for _ in shards[:-1]:
        going.stdout.readline()
    going.send_signal(signal.SIGINT)
    assert going.communicate(timeout=300)[0] == "stopped\n"
    (tmp_path / "go").touch()
    wait = {"path": str(tmp_path / "go"), "at_row": last}
    ran = run(shards, [Step("wait", made.wait_for, wait), MEASURE], tmp_path / "out")
    assert ran.n_skipped == len(shards) - 1
    calm = run(shards, [MEASURE], tmp_path / "calm")
    assert content_hash(ran.paths) == content_hash(calm.paths)


@pytest.fixture
def ray_off() -> Iterator[None]:
    yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


def test_ray_gives_the_rows_ids_and_content_of_the_local_engine(
    tmp_path: Path, ray_off: None
) -> None:
    pytest.importorskip("ray")
    shards = shards_of(tmp_path, rows=10)
    local = run(shards, [MEASURE], tmp_path / "local")
    ray = run(shards, [MEASURE], tmp_path / "ray", engine="ray", processes=1)
    assert (ray.rows, ids(ray)) == (local.rows, ids(local))
    assert content_hash(ray.paths) == content_hash(local.paths)
    assert [p.read_bytes() for p in ray.paths] == [p.read_bytes() for p in local.paths]
    assert run(shards, [MEASURE], tmp_path / "ray").n_skipped == len(shards)


def test_without_ray_the_extra_is_named(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ManyvoicesError, match=r"manyvoices\[distributed\]"):
        run(shards, [MEASURE], tmp_path / "out", engine="ray")
