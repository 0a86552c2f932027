"""Leaf through every participant page without a database: `python -m tests.collect.pages_preview`.

Renders each sample of `page_samples` into a folder that git ignores (screenshots/preview), serves
it with the server's own security headers, and photographs it in Chromium on a phone and a desk, in
light and dark. `--only NAME ...` takes some; `--axe` also runs the accessibility checks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "screenshots" / "preview"
WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")


def setup() -> None:
    """Make Django ready to render, as far as templates need it."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "manyvoices.collect.settings")
    django.setup()


def render(name: str) -> str:
    """One sample as HTML."""
    from django.contrib.auth.models import AnonymousUser
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils import translation
    from tests.collect.page_samples import SAMPLES

    sample = SAMPLES[name]
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with translation.override(sample.language):
        return render_to_string(sample.template, sample.context, request=request)


def write_pages(folder: Path) -> list[str]:
    """Render every sample into `folder`, with the static files beside them."""
    from django.contrib.staticfiles.finders import get_finders
    from tests.collect.page_samples import SAMPLES

    folder.mkdir(parents=True, exist_ok=True)
    for name in SAMPLES:
        (folder / f"{name}.html").write_text(render(name), encoding="utf-8")
    for finder in get_finders():
        for path, storage in finder.list(["admin*"]):
            target = folder / "static" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(storage.path(path), target)
    return list(SAMPLES)


class Handler(SimpleHTTPRequestHandler):
    """Serves the folder under the policy that participants' browsers get."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def do_GET(self) -> None:
        if "/progress/" in self.path:
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def end_headers(self) -> None:
        from manyvoices.collect.middleware import POLICY

        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing: the pictures are the output."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder behind an address of this machine."""

    def handler(*args: Any) -> Handler:
        return Handler(*args, directory=str(folder))

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def chromium() -> str | None:
    """The installed Chromium, if there is one."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


_TOO_WIDE = """() => {
    const page = document.documentElement;
    return page.scrollWidth > page.clientWidth;
}"""


def photograph(base: str, names: list[str], folder: Path, *, with_axe: bool) -> list[str]:
    """Take all pictures; returns what the browser or axe complained about."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for scheme, width in product(SCHEMES, WIDTHS):
            context = browser.new_context(
                viewport={"width": width, "height": 844},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page = context.new_page()
            page_complaints = listen(page)
            for name in names:
                page.goto(f"{base}/{name}.html")
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                found = ["wider than the screen"] if page.evaluate(_TOO_WIDE) else []
                found += axe_findings(page) if with_axe else []
                complaints += [f"{name} at {width}, {scheme}: {line}" for line in found]
            complaints += page_complaints
            context.close()
        browser.close()
    return complaints


def listen(page: Page) -> list[str]:
    """A list that fills with what the page's scripts and its policy complain about."""
    heard: list[str] = []
    page.on(
        "console", lambda message: heard.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def axe_findings(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state()
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]}" for v in violations]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", nargs="*", help="names of samples")
    parser.add_argument("--axe", action="store_true", help="run axe-core on every page")
    arguments = parser.parse_args()
    setup()
    names = write_pages(FOLDER)
    with served(FOLDER) as base:
        wanted = arguments.only or names
        complaints = photograph(base, wanted, FOLDER, with_axe=arguments.axe)
    for line in complaints:
        print(line)
    print(f"{len(wanted)} pages in {FOLDER}; {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
