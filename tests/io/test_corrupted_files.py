"""No line can crash a reader: each bad one is a fault with its number, and the rest is read."""

from __future__ import annotations

import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.io.corrupting import FORMATS, bad_lines, good, huge, readers

from manyvoices.io import FaultLog
from manyvoices.schema import DataError

READERS = readers()


@pytest.mark.parametrize("form", FORMATS)
def test_the_good_lines_are_good(tmp_path: Path, form: str) -> None:
    path = tmp_path / "good.jsonl"
    path.write_bytes(b"".join(good(form, n) for n in range(5)))
    assert len(list(READERS[form](path))) == 5


@pytest.mark.parametrize("form", FORMATS)
def test_every_spoiled_line_is_named_and_the_others_are_read(tmp_path: Path, form: str) -> None:
    rng = random.Random(form)
    bad = bad_lines(form, 80, rng)
    lines, places = [good(form, 0)], {}
    for number, each in enumerate(bad):
        places[len(lines) + 1] = each.how
        lines += [each.line + b"\n", good(form, 1_000 + number)]
    path = tmp_path / "spoiled.jsonl"
    path.write_bytes(b"".join(lines))
    log = FaultLog(100_000)
    records = list(READERS[form](path, strict=False, log=log))
    named = {fault.line for fault in log.faults}
    assert [how for line, how in places.items() if line not in named] == []
    assert named == set(places)
    assert len(records) == len(bad) + 1
    assert all(len(str(fault)) < 1_000 for fault in log.faults)
    with pytest.raises(DataError):
        list(READERS[form](path))


@pytest.mark.parametrize("form", ["oasst-trees", "arena", "rated", "trl-kto"])
def test_a_line_of_ten_megabytes_is_a_fault_and_takes_no_more_than_a_few_times_its_size(
    tmp_path: Path, form: str
) -> None:
    path = tmp_path / "huge.jsonl"
    path.write_bytes(good(form, 0) + huge(form, 1, 10) + b"\n" + good(form, 2))
    log = FaultLog()
    tracemalloc.start()
    records = list(READERS[form](path, strict=False, log=log))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [fault.line for fault in log.faults] == [2]
    assert len(records) == 2
    assert peak < 60_000_000


TABLE = b"item_id,participant_id,text,rating,gender\n"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b"i1,p1,hi,three,f", "number"),
        (b"i1,p1,hi,nan,f", "number"),
        (b"i1,p1,hi,1e999,f", "number"),
        (b"i1,p1,hi", "cells"),
        (b"i1,p1,hi,3,f,more", "cells"),
        (b"i1,p1,h\xffi,3,f", "UTF-8"),
        (b"i1,p1,h\0i,3,f", "NUL"),
        (b"\xef\xbb\xbfi1,p1,hi,3,f", "byte order mark"),
        (b"i1,p1,hi,3,f\ri2,p2,hi,3,f", "CR"),
        (b",p1,hi,3,f", "id"),
        (b"i0,p0,hi,3,f", "again"),
        (b'i1,p1,"h"i,3,f', "row"),
    ],
)
def test_a_bad_row_of_a_table_is_named_and_the_others_are_read(
    tmp_path: Path, line: bytes, word: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE + b"i0,p0,hi,3,f\n" + line + b'\ni9,p9,"two\n\nlines",,m\n')
    log = FaultLog()
    records = list(READERS["rated"](path, strict=False, log=log))
    assert [fault.line for fault in log.faults] == [3]
    assert word in str(log.faults[0])
    assert [record.text for record in records] == ["hi", "two\n\nlines"]


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE + b'i0,p0,hi,3,f\ni1,p1,"hi,3,f\n' + b"i2,p2,hi,3,f\n" * 20_000)
    with pytest.raises(DataError, match=r"t\.csv:3: found a quote that is opened"):
        list(READERS["rated"](path))


@pytest.mark.parametrize("form", FORMATS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_bytes_are_read_or_refused(tmp_path: Path, form: str, data: st.DataObject) -> None:
    line = good(form, 1)
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    path = tmp_path / "any.jsonl"
    path.write_bytes(line[:start] + data.draw(st.binary(max_size=40)) + line[end:])
    log = FaultLog()
    records = list(READERS[form](path, strict=False, log=log))
    assert records or log.faults or form.startswith(("native", "prism"))
