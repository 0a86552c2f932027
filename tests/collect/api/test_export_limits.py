"""Whole exports by key: so many at once and an hour, noted, and read a part at a time."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.collect.api.conftest import Program
from tests.collect.trees.growing import growing_tree

from manyvoices.collect.accounts import limits
from manyvoices.collect.accounts.models import Underway
from manyvoices.collect.api import tree_views
from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import Message


def _read(answer: Any) -> bytes:
    """To its end, where a server closes it."""
    return b"".join(answer.streaming_content)


def test_a_key_makes_two_exports_at_once_and_a_third_waits(program: Program) -> None:
    first, second = program.get("/export"), program.get("/export")
    refused = program.get("/export")
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    _read(first)
    third = program.get("/export")
    assert third.status_code == 200
    for answer in (second, third):
        _read(answer)
    assert not Underway.objects.exists()


def test_what_is_refused_takes_none_of_the_hours_exports(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.RATES, "export", limits.Rate(3, 3600))
    held = [program.get("/export") for _ in range(2)]
    for _ in range(5):
        assert program.get("/export").status_code == 429
    for answer in held:
        _read(answer)
    last = program.get("/export")
    assert last.status_code == 200
    _read(last)
    assert program.get("/export").status_code == 429
    assert AuditEntry.objects.filter(action="export by key").count() == 3


def test_an_export_that_fails_frees_its_place(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise OSError("no room on the disk")

    monkeypatch.setattr(tree_views, "export_trees", broken)
    assert program.get("/export").status_code == 500
    assert not Underway.objects.exists()
    assert not AuditEntry.objects.filter(action="export by key").exists()


def test_a_place_whose_process_was_killed_comes_free(program: Program) -> None:
    now = timezone.now()
    first = program.get("/export")
    Underway.objects.update(until=now - timedelta(seconds=1))
    Underway.objects.create(key=Underway.objects.get().key, until=now - timedelta(seconds=1))
    second = program.get("/export")
    assert second.status_code == 200
    assert Underway.objects.count() == 1
    for answer in (first, second):
        _read(answer)


def test_it_is_noted_who_took_what_and_how(program: Program) -> None:
    how = {"format": "labels", "state": "growing", "language": "en", "pseudonyms": "stable"}
    _read(program.get("/export", **how))
    entry = AuditEntry.objects.get(action="export by key")
    assert (entry.actor, entry.study, entry.target) == ("alice", "orchard", "labels")
    assert entry.detail["key"] in program.key
    assert entry.detail | {"key": ""} == {
        "key": "",
        "trees": 0,
        "messages": 0,
        "states": ["growing"],
        "languages": ["en"],
        "pseudonyms": "stable",
    }


def test_a_large_file_is_read_a_part_at_a_time(program: Program, orchard: StudyVersion) -> None:
    for _ in range(12):
        tree = growing_tree(orchard)
        Message.objects.filter(tree=tree).update(text="A long question. " * 50_000)
    answer = program.get("/export", every_state="true")
    tracemalloc.start()
    n_bytes = sum(len(part) for part in answer.streaming_content)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_bytes > 9_000_000
    assert peak < 1_000_000
