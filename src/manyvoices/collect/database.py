"""From a database URL to Django's settings: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from manyvoices.schema.errors import ManyvoicesError

DEFAULT_URL = "sqlite:///manyvoices.sqlite3"


class DatabaseUrlError(ManyvoicesError):
    """A ``--db`` URL that names no database this can use."""

    def __init__(self, url_without_password: str, why: str) -> None:
        super().__init__(
            f"--db {url_without_password}: {why}; expected sqlite:///relative.sqlite3, "
            "sqlite:////absolute/path.sqlite3 or postgresql://user:password@host:5432/name"
        )


def database_settings(url: str) -> dict[str, Any]:
    """Django's ``DATABASES["default"]`` for `url`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(url, parts.path, parts.netloc)
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise DatabaseUrlError(_masked(url), f"the kind {parts.scheme or 'of database'!r} is not known")


def _sqlite(url: str, path: str, netloc: str) -> dict[str, Any]:
    if netloc or len(path) < 2:
        raise DatabaseUrlError(url, "it names no file")
    return {
        "ENGINE": "manyvoices.collect.sqlite",
        "NAME": str(Path(unquote(path[1:])).absolute()),
        # Connections per thread are kept: opening one per request halved throughput.
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            # A write takes its lock at BEGIN and waits for it, so that it never fails half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        "TEST": {"NAME": None},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise DatabaseUrlError(_masked(url), "it names no database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def _masked(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url
