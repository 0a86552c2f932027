"""Whole servers in tests, started as people start them, killed as power cuts do; and a visitor."""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

import psutil

from manyvoices.collect.server.run import ServerProcess, kept_port

ASSETS = Path(__file__).parent / "assets"
PATIENCE_S = 300.0
"""How long a busy machine may take for one answer, or to bring a server up."""


class Server:
    """``manyvoices serve`` on one database and one port, through any number of lives."""

    def __init__(self, study: Path, database_url: str, data: Path) -> None:
        self._kept = ExitStack()  # Through all lives: between two of them the port stays ours.
        self.port = self._kept.enter_context(kept_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        self._arguments = [str(study), "--db", database_url, "--port", str(self.port)]
        self._arguments += ["--data", str(data)]
        self.process: ServerProcess | None = None

    def start(self) -> None:
        env = {k: v for k, v in os.environ.items() if k != "MANYVOICES_SECRET_KEY"}
        self.process = ServerProcess(self._arguments, url=self.url, env=env)
        self.process.wait_until_ready(PATIENCE_S)

    def kill(self) -> None:
        """SIGKILL for the server and all that it has started, at the same moment."""
        assert self.process is not None
        parent = psutil.Process(self.process.process.pid)
        family = [*parent.children(recursive=True), parent]
        for process in family:
            process.kill()
        psutil.wait_procs(family, timeout=PATIENCE_S)
        self.process.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None


class Visitor:
    """A browser without JavaScript: cookies, redirects, forms with their hidden fields."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._jar = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar)).open
        self.url = base
        self.page = ""

    def get(self, path: str) -> str:
        return self._visit(urllib.request.Request(urllib.parse.urljoin(self._base, path)))

    def post(self, path: str, fields: dict[str, object]) -> str:
        """Send a form with the hidden fields of the page that is open."""
        token = self.hidden("csrfmiddlewaretoken")
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token} | fields, doseq=True)
        request = urllib.request.Request(urllib.parse.urljoin(self._base, path), data.encode())
        request.add_header("Referer", self.url)
        return self._visit(request)

    def post_json(self, path: str, body: bytes) -> int:
        request = urllib.request.Request(urllib.parse.urljoin(self._base, path), body)
        request.add_header("Content-Type", "application/json")
        request.add_header("X-CSRFToken", self.hidden("csrfmiddlewaretoken"))
        with self._open(request, timeout=PATIENCE_S) as response:
            return int(response.status)

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found is not None, f"no hidden field {name} on {self.url}"
        return unescape(found[1])

    @property
    def cookies(self) -> CookieJar:
        """To go on in another browser as the same person."""
        return self._jar

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    def _visit(self, request: urllib.request.Request) -> str:
        try:
            response: http.client.HTTPResponse = self._open(request, timeout=PATIENCE_S)
        except urllib.error.HTTPError as error:
            self.page = error.read().decode()
            raise AssertionError(f"{request.full_url}: {error.code}\n{self.page[:2000]}") from error
        with response:
            self.url = response.geturl()
            self.page = response.read().decode()
        return self.page
