"""A database of its own for each whole server, and the servers."""

from __future__ import annotations

import os
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.serving import Server


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """A database of its own: a SQLite file, or a fresh database of the PostgreSQL under test."""
    server = os.environ.get("MANYVOICES_TEST_DATABASE_URL")
    if not server:
        yield f"sqlite:///{tmp_path / 'study.sqlite3'}"
        return
    import psycopg

    name = f"flow_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    parts = urllib.parse.urlsplit(server)
    yield parts._replace(path=f"/{name}").geturl().replace("postgresql:/?", "postgresql:///?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def make_server(tmp_path: Path, database_url: str) -> Iterator[Callable[[Path], Server]]:
    servers: list[Server] = []

    def make(study: Path) -> Server:
        servers.append(Server(study, database_url, tmp_path / "data"))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
