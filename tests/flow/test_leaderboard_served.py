"""A leaderboard from battles to a browser: the real server shows it under its own policy."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_rank import run
from tests.evaluate.leaderboard.made import write_battles
from tests.serving import PATIENCE_S

from manyvoices.collect.server.run import ServerProcess, kept_port

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[str]:
    """The address of a server that shows a leaderboard which the command line wrote."""
    data = write_battles(tmp_path / "battles.jsonl", people={"en": 30, "de": 20})
    code, _, said = run("leaderboard", data, "--out", tmp_path / "board", "--resamples", 100)
    assert code == 0, said
    with kept_port() as port:
        arguments = ["--db", database_url, "--port", str(port), "--data", str(tmp_path / "data")]
        arguments += ["--leaderboard", str(tmp_path / "board")]
        env = {k: v for k, v in os.environ.items() if k != "MANYVOICES_SECRET_KEY"}
        server = ServerProcess(arguments, url=f"http://127.0.0.1:{port}", env=env)
        try:
            server.wait_until_ready(PATIENCE_S)
            yield server.url
        finally:
            server.stop()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path, and CHROMIUM is not set")
def test_the_page_works_under_the_sites_own_policy(served: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        answer = page.goto(f"{served}/leaderboard")
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert page.url == f"{served}/leaderboard/"
        page.get_by_label("Preferences of").select_option(label="language: de")
        page.locator(".board:visible").get_by_role("button", name="Battles").click()
        dot = page.locator(".board:visible circle").first
        assert dot.evaluate("e => getComputedStyle(e).fill") == "rgb(11, 110, 99)"
        assert said == []
        browser.close()
    for path, kind in (("leaderboard.csv", "text/csv"), ("history.jsonl", "application/jsonl")):
        with urllib.request.urlopen(f"{served}/leaderboard/{path}") as file:
            assert file.headers["Content-Type"].startswith(kind)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{served}/leaderboard/..%2fdata%2fsecret.key")
    assert refused.value.code == 404
