"""Who asks, where proxies of ours stand before the server.

A server behind a proxy is asked by the proxy: without more, all people would have one address, and
limits by address would hold for all of them together. ``MANYVOICES_PROXIES`` says how many proxies
of ours a request comes through. Each writes who asked it at the right end of ``X-Forwarded-For``;
what stands farther left is what a browser says of itself, and nobody's word.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from manyvoices.schema.errors import ManyvoicesError

VARIABLE = "MANYVOICES_PROXIES"
MOST = 10
Handler = Callable[[HttpRequest], HttpResponse]


class WrongNumberOfProxies(ManyvoicesError):
    """The variable holds no number of proxies."""


def number_of_proxies(text: str) -> int:
    """What ``MANYVOICES_PROXIES`` says; none where it is empty.

    Raises:
        WrongNumberOfProxies: It is no whole number from 0 to `MOST`.
    """
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= MOST):
        raise WrongNumberOfProxies(
            f"{VARIABLE} is {text!r}, expected how many proxies of yours stand before this server:"
            f" a whole number from 0 to {MOST}"
        )
    return int(text)


class ClientAddressMiddleware:
    """Let ``REMOTE_ADDR`` be the address of whoever asked the first of our proxies."""

    def __init__(self, get_response: Handler) -> None:
        from django.conf import settings

        self.get_response = get_response
        self._n = settings.PROXIES

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = asked_by(request.META.get("HTTP_X_FORWARDED_FOR", ""), self._n)
        if address:
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def asked_by(forwarded: str, n_proxies: int) -> str:
    """The address that the first of `n_proxies` was asked from; empty where it is not known.

    `forwarded`: the header; proxies that write several are joined by commas.
    """
    told = [part.strip() for part in forwarded.split(",")]
    if not 0 < n_proxies <= len(told):
        return ""
    address = told[-n_proxies]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""
