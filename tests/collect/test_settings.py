"""What a server is told at its start: database, secret key, accounts."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from manyvoices.collect.database import DatabaseUrlError, database_settings
from manyvoices.collect.server.home import SecretKeyError, secret_key
from manyvoices.collect.server.setup import first_researcher, new_password


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////var/lib/study.sqlite3", "/var/lib/study.sqlite3"),
        ("sqlite:///some%20where.sqlite3", str(Path("some where.sqlite3").absolute())),
        ("postgresql://ann:pa%40ss@db.example:5433/study", "study"),
        ("postgresql://postgres:@/study?host=/run/pg", "study"),
    ],
)
def test_a_database_url_names_its_database(url: str, name: str) -> None:
    assert database_settings(url)["NAME"] == name


def test_a_postgresql_url_keeps_user_password_host_and_port() -> None:
    found = database_settings("postgresql://ann:pa%40ss@db.example:5433/study?sslmode=require")
    assert (found["USER"], found["PASSWORD"]) == ("ann", "pa@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example", "5433")
    assert found["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize(
    "url", ["", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql://h:5432/", "study.sqlite3"]
)
def test_a_wrong_database_url_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match="expected sqlite:///"):
        database_settings(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(DatabaseUrlError) as caught:
        database_settings("postgresql://ann:s3cret@h/")
    assert "s3cret" not in str(caught.value)


def test_the_secret_key_is_made_once_and_readable_by_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MANYVOICES_SECRET_KEY", raising=False)
    key = secret_key(tmp_path / "data")
    assert secret_key(tmp_path / "data") == key
    assert len(key) >= 48
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert secret_key(tmp_path / "other") != key


def test_a_broken_key_file_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MANYVOICES_SECRET_KEY", raising=False)
    (tmp_path / "secret_key").write_text("short")
    with pytest.raises(SecretKeyError, match="delete the file"):
        secret_key(tmp_path)


@pytest.mark.django_db
def test_the_first_researcher_gets_a_generated_password_and_nobody_gets_a_second_one() -> None:
    password = first_researcher()
    assert password is not None
    assert User.objects.get().check_password(password)
    assert first_researcher() is None


@pytest.mark.django_db
def test_a_demos_password_is_new_at_every_start() -> None:
    first, second = new_password("researcher"), new_password("researcher")
    assert first != second
    assert User.objects.get().check_password(second)
