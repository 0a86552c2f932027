"""What every file of the console has in common: an entry in the audit log, a name, a type."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from manyvoices.collect.console.access import Ability, StaffRequest
from manyvoices.collect.console.audit import record
from manyvoices.collect.studies.models import Study

TYPE = "text/csv; charset=utf-8"


def note_download(request: StaffRequest, study: Study, name: str) -> None:
    """Note who took what; looking at headers (HEAD) takes nothing."""
    if request.method == "GET":
        sees = Ability.IDENTITIES in request.abilities
        actor = request.user.get_username()
        record(actor, "download table", study.pk, name, {"identities": sees}, timezone.now())


def csv_file(text: str, name: str) -> HttpResponse:
    """A small table as a file."""
    return _named(HttpResponse(text, content_type=TYPE), name)


def csv_stream(lines: Iterable[str], name: str) -> HttpResponse:
    """A large table as a file, sent while it is read; it is not compressed, which would wait."""
    response = StreamingHttpResponse(lines, content_type=TYPE)
    return _named(response, name)  # type: ignore[arg-type]  # it is one for every middleware


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
