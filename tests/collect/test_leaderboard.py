"""The leaderboard's folder is handed out as it lies, and nothing beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from manyvoices.collect.leaderboard import TYPES, NoLeaderboard, checked

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    found = tmp_path / "board"
    found.mkdir()
    (found / "index.html").write_text("<!doctype html><title>Board</title>")
    (found / "leaderboard.css").write_text("main { color: red; }")
    (found / "leaderboard.csv").write_text("model\n")
    (found / "secret.key").write_text("never shown")
    (found / ".hidden.html").write_text("never shown")
    (tmp_path / "beside.html").write_text("never shown")
    settings.LEADERBOARD = str(found)
    return found


def test_the_page_and_its_files_have_their_types_and_the_sites_policy(
    client: Client, folder: Path
) -> None:
    page = client.get("/leaderboard/")
    assert page.status_code == 200
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert page["X-Content-Type-Options"] == "nosniff"
    assert client.get("/leaderboard/leaderboard.css")["Content-Type"].startswith("text/css")
    assert client.get("/leaderboard/leaderboard.csv")["Content-Type"].startswith("text/csv")
    assert client.get("/leaderboard/index.html").content == page.content


def test_what_a_browser_has_is_not_sent_again_until_it_changes(
    client: Client, folder: Path
) -> None:
    first = client.get("/leaderboard/leaderboard.css")
    assert first["Cache-Control"] == "public, no-cache"
    again = client.get("/leaderboard/leaderboard.css", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    assert again["ETag"] == first["ETag"]
    (folder / "leaderboard.css").write_text("main { color: blue; }")
    os.utime(folder / "leaderboard.css", ns=(1, 1))
    after = client.get("/leaderboard/leaderboard.css", headers={"if-none-match": first["ETag"]})
    assert (after.status_code, b"blue" in after.content) == (200, True)


def test_heads_are_answered_and_nothing_can_be_sent(client: Client, folder: Path) -> None:
    head = client.head("/leaderboard/")
    assert (head.status_code, head.content) == (200, b"")
    for method in (client.post, client.put, client.delete):
        assert method("/leaderboard/").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "secret.key",
        ".hidden.html",
        "../beside.html",
        "..%2fbeside.html",
        "%2e%2e/beside.html",
        "%2e%2e%2fbeside.html",
        "..\\beside.html",
        "/etc/passwd",
        "sub/index.html",
        "index.html%00.css",
        "missing.html",
        "",
    ],
)
def test_nothing_else_is_handed_out(client: Client, folder: Path, path: str) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "index.html").write_text("never shown")
    answer = client.get(f"/leaderboard/{path}")
    assert b"never shown" not in answer.content
    assert answer.status_code == 404 or path == ""


def test_a_link_that_leads_out_is_no_file_of_the_folder(client: Client, folder: Path) -> None:
    (folder / "out.html").symlink_to(folder.parent / "beside.html")
    assert client.get("/leaderboard/out.html").status_code == 404


def test_the_folder_itself_may_be_a_link(client: Client, folder: Path, settings: Any) -> None:
    link = folder.parent / "current"
    link.symlink_to(folder)
    settings.LEADERBOARD = str(link)
    assert client.get("/leaderboard/").status_code == 200


def test_without_a_folder_there_is_no_page(client: Client, settings: Any) -> None:
    settings.LEADERBOARD = ""
    assert client.get("/leaderboard/").status_code == 404


@trials(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)
@given(st.text(st.characters(codec="utf-8", exclude_characters="?#"), max_size=30))
def test_no_name_whatever_gives_a_file_of_another_kind(
    client: Client, folder: Path, name: str
) -> None:
    answer = client.get(f"/leaderboard/x{name}")
    assert answer.status_code in (301, 404)


def test_a_folder_without_a_page_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NoLeaderboard, match=r"found no index\.html"):
        checked(tmp_path)


def test_every_file_that_a_leaderboard_writes_has_a_type() -> None:
    for name in ("index.html", "leaderboard.css", "leaderboard.js", "leaderboard.json",
                 "leaderboard.csv", "leaderboard.parquet", "history.jsonl"):  # fmt: skip
        assert Path(name).suffix in TYPES
