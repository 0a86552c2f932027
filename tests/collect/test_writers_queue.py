"""Writers of one SQLite file take turns, in order, and whoever is killed holds up nobody."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from manyvoices.collect.sqlite.turns import Flusher, Line, Turn

HOLDER = """
import sys, time
from manyvoices.collect.sqlite.turns import Turn
turn = Turn(sys.argv[1])
turn.take()
print("held", flush=True)
time.sleep(600)
"""

WRITER = """
import os, sys, threading
import django
from django.conf import settings
from manyvoices.collect.database import database_settings
settings.configure(
    DATABASES={"default": database_settings("sqlite:///" + sys.argv[1])}, INSTALLED_APPS=[]
)
django.setup()
from django.db import connection, transaction

def write(thread):
    for number in range(25):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM written")
            (seen,) = cursor.fetchone()
            cursor.execute("INSERT INTO written VALUES (%s, %s)", [sys.argv[2] + thread, seen])
    connection.close()

threads = [threading.Thread(target=write, args=[str(n)]) for n in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def _start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )


def test_a_holder_that_is_killed_gives_its_turn_to_the_next(tmp_path: Path) -> None:
    database = str(tmp_path / "a.sqlite3")
    holder = _start(HOLDER, database)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    turn, got = Turn(database), threading.Event()
    waiting = threading.Thread(target=lambda: (turn.take(), got.set()), daemon=True)
    waiting.start()
    assert not got.wait(0.3), "the turn was held by another process"
    os.kill(holder.pid, signal.SIGKILL)
    assert got.wait(300), "the turn of a killed process was not given on"
    holder.wait()
    turn.close()


def test_writers_of_two_processes_with_four_threads_each_all_get_through(tmp_path: Path) -> None:
    database = tmp_path / "b.sqlite3"
    with sqlite3.connect(database) as setup:
        setup.execute("PRAGMA journal_mode=WAL")
        setup.execute("CREATE TABLE written (who TEXT, seen INTEGER)")
    both = [_start(WRITER, str(database), name) for name in "ab"]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    rows = sqlite3.connect(database).execute("SELECT who, seen FROM written").fetchall()
    assert len(rows) == 200
    assert sorted(seen for _who, seen in rows) == list(range(200)), "one at a time"


def test_those_who_wait_in_one_process_are_called_in_the_order_they_came() -> None:
    line, order = Line(), []
    line.enter()

    def wait(number: int) -> None:
        line.enter()
        order.append(number)
        line.leave()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=[number]))
        threads[-1].start()
        while len(line._waiting) <= number:
            time.sleep(0.001)
    line.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_processes_that_wait_are_called_in_turn(tmp_path: Path) -> None:
    database = str(tmp_path / "c.sqlite3")
    mine = Turn(database)
    mine.take()
    holder = _start(HOLDER, database)
    time.sleep(1.5)
    mine.give_back()
    # The other process waited, so it comes before this one comes again.
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    mine.close()


@pytest.mark.django_db
def test_what_is_committed_is_flushed_before_the_transaction_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.utils import ConnectionHandler

    from manyvoices.collect.database import database_settings

    flushed: list[bool] = []
    handler = ConnectionHandler({"default": database_settings(f"sqlite:///{tmp_path}/d.sqlite3")})
    connection = handler["default"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (x)")
    monkeypatch.setattr(Flusher, "_flush", lambda _self: flushed.append(connection._turn.is_held))
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")
        assert connection._turn.is_held
        assert cursor.execute("PRAGMA synchronous").fetchone() == (1,)
    connection.commit()
    connection.set_autocommit(True)
    assert flushed == [False], "once, and with the turn given back"
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()
