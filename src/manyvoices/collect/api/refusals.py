"""Each named error as an answer: the status says what a program can do about it."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from manyvoices.collect.api.bearer import TooOften
from manyvoices.collect.moderation.errors import Barred
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.operations import NoPlace
from manyvoices.collect.trees.errors import NotYours, TaskGone, Unfit
from manyvoices.collect.webhooks.addresses import WrongAddress
from manyvoices.collect.webhooks.operations import HookRefused
from manyvoices.schema import InputError

STATUS: dict[type[Exception], int] = {
    TaskGone: 409,
    StaleSubmission: 409,
    NoPlace: 409,
    NotYours: 403,
    Barred: 403,
}


def explain(api: NinjaAPI) -> None:
    """Let `api` answer errors of ours as JSON."""
    for kind, status in STATUS.items():
        api.add_exception_handler(kind, partial(_refused, api, status))
    api.add_exception_handler(Unfit, lambda r, e: _unfit(api, r, e))
    api.add_exception_handler(HookRefused, lambda r, e: _unfit(api, r, e))
    api.add_exception_handler(WrongAddress, lambda r, e: _wrong_address(api, r, e))
    api.add_exception_handler(TooOften, lambda r, e: _too_often(api, r, e))
    api.add_exception_handler(ValidationError, lambda r, e: _invalid(api, r, e))
    api.add_exception_handler(InputError, lambda r, e: _say(api, r, str(e), 422))
    api.add_exception_handler(
        ObjectDoesNotExist, lambda r, _e: _say(api, r, "There is no such thing here.", 404)
    )


def _refused(api: NinjaAPI, status: int, request: HttpRequest, error: Any) -> HttpResponse:
    return _say(api, request, str(error), status, code=getattr(error, "code", ""))


def _say(api: NinjaAPI, request: HttpRequest, words: str, status: int, **more: Any) -> HttpResponse:
    return api.create_response(request, {"detail": words, **more}, status=status)


def _unfit(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    return _say(api, request, str(error), 422, field=error.field, code=error.code)


def _wrong_address(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    return _say(api, request, str(error), 422, field="url", code=error.code)


def _too_often(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    response = _say(api, request, str(error), 429)
    response["Retry-After"] = str(math.ceil(error.wait_s))
    return response


def _invalid(api: NinjaAPI, request: HttpRequest, error: Any) -> HttpResponse:
    """What the schema refuses: the first fault by its field, and all of them."""
    # Only places and words: what was sent may hold numbers that JSON does not have.
    faults = [
        {"field": ".".join(str(part) for part in fault["loc"]), "detail": str(fault["msg"])}
        for fault in error.errors
    ]
    first = faults[0] if faults else {"detail": "not as described", "field": ""}
    return _say(api, request, first["detail"], 422, field=first["field"], faults=faults)
