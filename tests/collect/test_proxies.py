"""Behind proxies of ours the address that counts is that of whoever asked the first of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from manyvoices.collect.proxies import (
    ClientAddressMiddleware,
    WrongNumberOfProxies,
    asked_by,
    number_of_proxies,
)


@pytest.mark.parametrize(
    ("forwarded", "n_proxies", "address"),
    [
        ("1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),  # what a browser said of itself is nobody's word
        ("6.6.6.6,1.2.3.4 , 10.0.0.1", 2, "1.2.3.4"),
        ("2001:DB8::1", 1, "2001:db8::1"),
        ("1.2.3.4", 0, ""),
        ("1.2.3.4", 2, ""),  # it came past one of the proxies
        ("", 1, ""),
        ("unknown", 1, ""),
        ("1.2.3.4:5678", 1, ""),
    ],
)
def test_the_address_is_read_from_the_right_end(
    forwarded: str, n_proxies: int, address: str
) -> None:
    assert asked_by(forwarded, n_proxies) == address


@pytest.mark.parametrize(
    ("n_proxies", "address"), [(0, "127.0.0.1"), (1, "1.2.3.4"), (2, "6.6.6.6"), (3, "127.0.0.1")]
)
def test_pages_see_it_as_the_address_that_asks(n_proxies: int, address: str, settings: Any) -> None:
    settings.PROXIES = n_proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.2.3.4"}
    ClientAddressMiddleware(lambda _request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


@pytest.mark.parametrize(("text", "n"), [("", 0), ("0", 0), ("1", 1), ("10", 10)])
def test_the_variable_is_a_number(text: str, n: int) -> None:
    assert number_of_proxies(text) == n


@pytest.mark.parametrize("text", ["-1", "11", "1.0", "yes", "²", " 1"])
def test_what_is_no_number_of_proxies_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(WrongNumberOfProxies, match="a whole number from 0 to 10"):
        number_of_proxies(text)
