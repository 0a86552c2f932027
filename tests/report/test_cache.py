"""What was computed is kept where only its owner can write, and is used only while it is true."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.analyse.releases import Plan, write_release
from tests.report.chapters import Computing, Counted, chapter

from manyvoices.analyse.dataset import NotEnough
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.report import cache as caching
from manyvoices.report import running
from manyvoices.report.cache import ResultCache, prune, result_cache
from manyvoices.report.making import Made, Wish, make_report, plan_report


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path / "made-up", Plan(n_people=8))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResultCache:
    monkeypatch.setenv("MANYVOICES_CACHE", str(tmp_path / "cache"))
    found = result_cache()
    assert found is not None
    return found


def make(
    path: Path,
    kept: ResultCache | None,
    computing: Computing,
    only: tuple[str, ...] = ("made",),
    **settings: object,
) -> Made:
    made = Settings(resampling=Resampling(n_resamples=10), **settings)  # type: ignore[arg-type]
    wish = Wish(path, made, only=only, cache=kept)
    return make_report(wish, plan_report(wish, [chapter("made", computing)]))


def test_the_second_report_computes_reads_and_draws_nothing(
    release: Path, kept: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing = Computing()
    first = make(release, kept, computing, only=())
    for name in ("read_dataset", "draw_chapter"):
        monkeypatch.setattr(running, name, lambda *a, **k: pytest.fail("it was done again"))
    second = make(release, kept, computing, only=())
    assert len(computing.calls) == 1
    assert (first.n_computed > 0, second.n_computed) == (True, 0)
    assert [run.kept for run in second.runs] == [True, True]
    assert dict(first.report.files()) == dict(second.report.files())


def test_without_a_cache_everything_is_computed_and_nothing_kept(
    release: Path, kept: ResultCache
) -> None:
    computing = Computing()
    for _ in range(2):
        make(release, None, computing)
    assert len(computing.calls) == 2
    assert not list(kept.folder.iterdir())


def test_other_data_settings_or_software_are_computed_anew(
    release: Path, kept: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    computing = Computing()
    make(release, kept, computing)
    make(release, kept, computing, min_group=5)
    assert len(computing.calls) == 2
    people = release / "native" / "participants.jsonl"
    people.write_text(people.read_text().replace('"cy"', '"fr"'))
    make(release, kept, computing)
    assert len(computing.calls) == 3
    monkeypatch.setattr(running, "software", lambda: "another version")
    make(release, kept, computing)
    assert len(computing.calls) == 4


def test_who_watches_and_where_things_are_kept_change_no_number(
    release: Path, kept: ResultCache, tmp_path: Path
) -> None:
    computing = Computing()
    make(release, kept, computing)
    make(release, kept, computing, cache=tmp_path, tick=lambda step: None)
    assert len(computing.calls) == 1


def test_what_a_release_lacks_is_kept_too(release: Path, kept: ResultCache) -> None:
    computing = Computing(error=NotEnough("nobody came"))
    for _ in range(2):
        assert make(release, kept, computing).runs[0].note == "Nobody came."
    assert len(computing.calls) == 1


@pytest.mark.parametrize("harm", ["cut", "other bytes", "empty", "a pickle without its hash"])
def test_an_entry_that_cannot_be_trusted_is_computed_again(
    release: Path, kept: ResultCache, harm: str
) -> None:
    computing = Computing()
    make(release, kept, computing)
    for path in kept.folder.glob("*.pickle"):
        whole = path.read_bytes()
        path.write_bytes(
            {
                "cut": whole[:-5],
                "other bytes": whole[:-1] + bytes([whole[-1] ^ 1]),
                "empty": b"",
                "a pickle without its hash": whole[32:],
            }[harm]
        )
    make(release, kept, computing)
    assert len(computing.calls) == 2
    make(release, kept, computing)
    assert len(computing.calls) == 2


def test_a_result_that_cannot_be_pickled_is_computed_each_time(kept: ResultCache) -> None:
    kept.put("key", lambda: 1)
    assert kept.get("key") is None
    kept.put("key", Counted(3))
    assert kept.get("key") == Counted(3)


def test_only_its_owner_can_read_the_cache(release: Path, kept: ResultCache) -> None:
    make(release, kept, Computing())
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    files = list(kept.folder.iterdir())
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    kept.folder.chmod(0o777)
    result_cache()
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700


def test_a_folder_of_somebody_else_is_not_used(
    kept: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: kept.folder.stat().st_uid + 1)
    assert result_cache() is None


def test_a_folder_that_cannot_be_made_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MANYVOICES_CACHE", str(tmp_path / "file"))
    assert result_cache() is None


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANYVOICES_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert caching.user_folder() == Path("/somewhere/manyvoices")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nobodys")
    assert caching.user_folder() == Path("/nobodys/.cache/manyvoices")


def test_the_entries_unused_for_longest_go_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "older", "oldest")):
        (tmp_path / name).write_bytes(b"x" * 100)
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    assert prune(tmp_path, most_bytes=250) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "older"]
    assert prune(tmp_path, most_bytes=250) == 0
