"""Make the README's two pictures from the running product: a participant's page and a report.

    python scripts/pictures.py

Rehearses the demo study in a temporary folder, lets a browser take part as far as the rating page,
and photographs that page and the leaderboard of the report. Needs Chromium (CHROMIUM names one).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH = 1100


def main() -> None:
    """Write docs/images/participant.png and docs/images/report.png."""
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if program is None:
        sys.exit("no Chromium: install one or name it in CHROMIUM")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        _rehearse_and_report()
        _photograph(program)


def _rehearse_and_report() -> None:
    _run("init", "study", "--template", "demo")
    study = "study/study.yaml"
    _run("rehearse", study, "--participants", "150", "--db", "sqlite:///manyvoices.sqlite3")
    _run("release", "--study", "demo", "--out", "release")
    _run("report", "release", "--out", "report", "--group", "gender")


def _run(*words: str) -> None:
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "manyvoices", *words], check=True
    )


def _photograph(program: str) -> None:
    from playwright.sync_api import sync_playwright

    from manyvoices.collect.server.run import ServerProcess, free_port

    port = free_port()
    arguments = ["study/study.yaml", "--db", "sqlite:///manyvoices.sqlite3", "--port", str(port)]
    with (
        ServerProcess(arguments, url=f"http://127.0.0.1:{port}") as server,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 860})
        _to_the_rating_page(page, f"{server.url}/s/demo/")
        page.screenshot(path=IMAGES / "participant.png", full_page=True)
        page.goto(Path("report/report.html").resolve().as_uri())
        page.evaluate("document.getElementById('leaderboard').scrollIntoView()")
        page.screenshot(path=IMAGES / "report.png")
        browser.close()


def _to_the_rating_page(page: Any, url: str) -> None:
    """Consent, fill the survey in as briefly as it allows, ask something, rate two answers."""
    page.goto(url)
    page.check("#agree")
    page.check("#age")
    page.click("main form button.primary")
    while "/survey/" in page.url:
        _fill(page)
        page.click("main form button.primary")
    page.locator("input[type=radio]").first.check()
    page.click("main form button.primary")
    page.fill("textarea", "My neighbour plays the trumpet at night. How do I bring it up?")
    page.click("main form button.primary")
    page.wait_for_selector("[data-rate-submit]", timeout=60_000)
    for slider, key in (("#score-0", "ArrowLeft"), ("#score-1", "PageUp")):
        page.focus(slider)
        for _ in range(3):
            page.keyboard.press(key)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")


def _fill(page: Any) -> None:
    for group in page.locator("fieldset:visible").all():
        radios = group.locator("input[type=radio]")
        if radios.count():
            radios.first.check()
    for select in page.locator("select:visible").all():
        select.select_option(index=1)
    for slider in page.locator("input[type=range]:visible").all():
        slider.focus()
        page.keyboard.press("ArrowRight")
    for text in page.locator("textarea:visible").all():
        text.fill("I teach and I like plain words.")


if __name__ == "__main__":
    main()
