"""A way to see pages and to send forms: here by HTTP, in `browser` by hand."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import aiohttp

from manyvoices.collect.rehearsal.filling import Filled
from manyvoices.collect.rehearsal.pages import Form, SeenPage
from manyvoices.collect.rehearsal.reading import read_html
from manyvoices.collect.rehearsal.tally import PageFault, StuckError, Tally

SENT_BACK = 422
NOT_ADMITTED = frozenset({403, 409, 410})
"""A page that says why nobody comes in, or why somebody is out."""
NOTHING_HERE = 204
MOST_REDIRECTS = 10
KEEP_ALIVE_S = 1.0
"""Below the two seconds after which gunicorn closes an idle connection."""


class Visiting(Protocol):
    """A way to see pages and to send forms."""

    status: int
    """HTTP status of the page."""

    @property
    def url(self) -> str: ...
    @property
    def path(self) -> str:
        """The page's path below the study."""
        ...

    async def get(self, url: str) -> SeenPage: ...
    async def send(self, form: Form, filled: Filled) -> SeenPage: ...
    async def poll(self, page: SeenPage) -> bool: ...


class Visitor:
    """A browser without a screen: own cookies, follows redirects, reads what it gets."""

    def __init__(self, study_url: str, tally: Tally) -> None:
        self._root = urlsplit(study_url).path
        self._tally = tally
        self._session = aiohttp.ClientSession(
            # Connections of its own, as a browser has: shared ones all lead to one web process.
            connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE_S),
            # The server is named by its address on this machine, for which jars are wary.
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=60),
        )
        self.url = study_url
        self.status = 0
        self._last_poll = ""

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    @property
    def path(self) -> str:
        """The page's path below the study."""
        return "/" + urlsplit(self.url).path.removeprefix(self._root)

    async def get(self, url: str) -> SeenPage:
        """Open a page."""
        return read_html(await self._open("GET", urljoin(self.url, url)))

    async def send(self, form: Form, filled: Filled) -> SeenPage:
        """Send a form and open what comes after it."""
        return read_html(await self._open("POST", urljoin(self.url, form.action or ""), filled))

    async def poll(self, page: SeenPage) -> bool:
        """Ask once for the answers that `page` awaits; False where the page must be reloaded.
        "Nothing here" without a word on reloading is: nothing new yet."""
        assert page.poll_url is not None
        status, text, elsewhere = await self._request("GET", urljoin(self.url, page.poll_url))
        if elsewhere is not None:
            return False
        if status == NOTHING_HERE:
            return True
        self._check(status, page.poll_url)
        if text != self._last_poll:
            self._last_poll = text
            page.take(read_html(text))
        return True

    async def _open(self, method: str, url: str, data: Filled | None = None) -> str:
        for _ in range(MOST_REDIRECTS):
            status, text, location = await self._request(method, url, data)
            if location is None:
                self.url, self.status = url, status
                self._check(status, url)
                return text
            method, url, data = "GET", urljoin(url, location), None
        raise StuckError(PageFault(self._below(url), None, None, "redirects that do not end"))

    async def _request(
        self, method: str, url: str, data: Filled | None = None
    ) -> tuple[int, str, str | None]:
        began = time.monotonic()
        try:
            answer = await self._try(method, url, data)
        except (aiohttp.ClientError, TimeoutError) as error:
            why = str(error) or type(error).__name__
            raise StuckError(PageFault(self._below(url), None, None, why)) from error
        self._tally.add_request(method, self._below(url), (time.monotonic() - began) * 1000)
        return answer

    async def _try(
        self, method: str, url: str, data: Filled | None, *, again: bool = True
    ) -> tuple[int, str, str | None]:
        try:
            async with self._session.request(
                method, url, data=data, allow_redirects=False
            ) as response:
                redirects = response.status in {301, 302, 303, 307, 308}
                location = response.headers.get("Location" if redirects else "HX-Refresh")
                return response.status, await response.text(), location
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # The server closed a connection that had been idle: people press the button again.
            if not again:
                raise
            return await self._try(method, url, data, again=False)

    def _check(self, status: int, url: str) -> None:
        if status >= 400 and status != SENT_BACK and status not in NOT_ADMITTED:
            raise StuckError(PageFault(self._below(url), status, None, "an error page"))

    def _below(self, url: str) -> str:
        return "/" + urlsplit(urljoin(self.url, url)).path.removeprefix(self._root)
