"""The leaderboard at ``/leaderboard/``: files that ``manyvoices leaderboard`` wrote, handed out as
they lie.

This server makes none of it and reads none of it: whatever name is asked for is looked up among the
files of one folder, those of kinds that such a folder holds. No link leads out of it.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from manyvoices.schema.errors import ManyvoicesError

PAGE = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
    ".parquet": "application/vnd.apache.parquet",
}
"""Ending -> type. Files of other kinds are not handed out, wherever they come from."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class NoLeaderboard(ManyvoicesError):
    """The folder holds no leaderboard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder}: found no {PAGE}, expected a folder that manyvoices leaderboard --out wrote"
        )


def checked(folder: Path) -> Path:
    """`folder` as an absolute path.

    Raises:
        NoLeaderboard: It holds no page.
    """
    if not (folder / PAGE).is_file():
        raise NoLeaderboard(folder)
    return folder.absolute()


@require_safe
def board_file(request: HttpRequest, name: str = PAGE) -> HttpResponseBase:
    """One file; 304 where the browser has it already. Browsers ask each time, since the page and
    its files belong together and change together."""
    path = _found(name)
    seen = path.stat()
    tag = f'"{seen.st_mtime_ns:x}-{seen.st_size:x}"'
    response = HttpResponse(path.read_bytes(), content_type=TYPES[path.suffix])
    response["ETag"] = tag
    response["Cache-Control"] = "public, no-cache"
    answer = get_conditional_response(request, etag=tag, response=response)
    return response if answer is None else answer


def _found(name: str) -> Path:
    if not settings.LEADERBOARD or not _NAME.fullmatch(name):
        raise Http404("no leaderboard is served, or no such file of it")
    folder = Path(settings.LEADERBOARD)
    path = folder / name
    if path.suffix not in TYPES or not path.is_file():
        raise Http404("no such file of the leaderboard")
    if path.resolve().parent != folder.resolve():
        raise Http404("a link that leads out of the folder")
    return path
