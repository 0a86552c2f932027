"""Prolific's API, as far as reconciling needs it: the submissions of one study.

Only reads. The token comes from the environment variable PROLIFIC_API_TOKEN and from nowhere else;
it is in no address, no message and no repr. Local and platform are two truths, so nothing that is
read here changes a row by itself.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from manyvoices.design.reconciling import Submission
from manyvoices.schema.errors import ManyvoicesError

TOKEN_VARIABLE = "PROLIFIC_API_TOKEN"  # noqa: S105 (a variable's name)
BASE_URL = "https://api.prolific.com"
MAX_PAGES = 1000
MAX_BYTES = 20_000_000
TRIES = 4


class PlatformError(ManyvoicesError):
    """The recruitment platform did not tell what was asked; the message says why."""


@dataclass(frozen=True)
class Prolific:
    """A reader of one account."""

    token: str = field(repr=False)
    base_url: str = BASE_URL
    timeout_s: float = 30.0
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def from_environment(cls, base_url: str = BASE_URL) -> Prolific:
        """With the token of the environment; `PlatformError` where there is none."""
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise PlatformError(f"the environment variable {TOKEN_VARIABLE} is not set")
        return cls(token=token, base_url=base_url)

    def submissions(self, study_id: str) -> Iterator[Submission]:
        """Every submission of a study on the platform, page after page."""
        address = f"{self.base_url.rstrip('/')}/api/v1/studies/{quote(study_id)}/submissions/"
        seen = set()
        for _page in range(MAX_PAGES):
            seen.add(address)
            document = self._get(address)
            results = document.get("results")
            if not isinstance(results, list):
                raise PlatformError("Prolific's answer holds no list of results")
            for row in results:
                yield _submission(row)
            following = _next(document)
            if following is None:
                return
            address = urljoin(address, following)
            # The token goes to the host that was named, whatever a page says comes next.
            if urlsplit(address)[:2] != urlsplit(self.base_url)[:2] or address in seen:
                raise PlatformError("Prolific's answer leads to a page that is not its own")

    def _get(self, address: str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 (http and https only, checked below)
            address, headers={"Authorization": f"Token {self.token}", "Accept": "application/json"}
        )
        if request.type not in ("http", "https"):
            raise PlatformError(f"{self.base_url}: expected an address that begins with https://")
        for attempt in range(TRIES):
            try:
                with _opener.open(request, timeout=self.timeout_s) as response:
                    return _document(response.read(MAX_BYTES + 1))
            except urllib.error.HTTPError as error:
                pause = _pause(error, attempt)
                if pause is None or attempt == TRIES - 1:
                    raise PlatformError(_words(error.code)) from None
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                pause = float(2**attempt)
                if attempt == TRIES - 1:
                    reason = getattr(error, "reason", error)
                    raise PlatformError(f"Prolific cannot be reached: {reason}") from None
            self.sleep(pause)
        raise AssertionError("the last try returns or raises")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token to another host."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def _pause(error: urllib.error.HTTPError, attempt: int) -> float | None:
    """Seconds until the next try; None where another try changes nothing."""
    if error.code != 429 and error.code < 500:
        return None
    wanted = error.headers.get("Retry-After", "") if error.headers else ""
    return min(float(wanted), 60.0) if wanted.isdigit() else float(2**attempt)


def _words(code: int) -> str:
    if code in (401, 403):
        return f"Prolific refused the token in {TOKEN_VARIABLE} (HTTP {code})"
    if code == 404:
        return "Prolific knows no such study (HTTP 404)"
    return f"Prolific answered with HTTP {code}"


def _document(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BYTES:
        raise PlatformError(f"Prolific's answer is longer than {MAX_BYTES} bytes")
    try:
        document = json.loads(body)
    except ValueError:
        raise PlatformError("Prolific's answer is not JSON") from None
    if not isinstance(document, dict):
        raise PlatformError("Prolific's answer is not an object")
    return document


def _next(document: dict[str, Any]) -> str | None:
    """The next page's address, in either of the places where the API puts it."""
    links = document.get("_links")
    following = links.get("next") if isinstance(links, dict) else document.get("next")
    if isinstance(following, dict):
        following = following.get("href")
    return following if isinstance(following, str) and following else None


def _submission(row: Any) -> Submission:
    person = row.get("participant_id", row.get("participant")) if isinstance(row, dict) else None
    if not isinstance(person, str) or not isinstance(row.get("status"), str):
        raise PlatformError("a submission in Prolific's answer has no participant or no status")
    code, seconds, started = (row.get(key) for key in ("study_code", "time_taken", "started_at"))
    is_time = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0
    return Submission(
        submission_id=str(row.get("id", "")),
        person=person,
        status=row["status"],
        code=code if isinstance(code, str) else None,
        seconds=float(seconds) if is_time and seconds is not None else None,
        started_at=started if isinstance(started, str) else "",
    )
