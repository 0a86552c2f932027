"""Addresses that a webhook may lead to: http(s) on the open internet.

A server that sends requests wherever it is told to can be made to ask its own neighbours: a
database, a cloud's metadata. A name is therefore judged by what it resolves to, at the moment of
connecting and by the very address that is connected to, since a name may resolve to something else
a second later. ``MANYVOICES_WEBHOOKS_PRIVATE=1`` lets all through: for tests, and for networks of
one's own.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from manyvoices.collect.refusal import Refusal

MOST_CHARACTERS = 2000
NAT64 = IPv6Network("64:ff9b::/96")


class WrongAddress(Refusal):
    """Not an address that a webhook can have."""


class PrivateAddress(OSError):
    """What a name resolves to is not on the open internet; nothing was sent."""


def private_allowed() -> bool:
    """Whether this server may send to its own network."""
    return bool(getattr(settings, "WEBHOOKS_PRIVATE", False))


def check_url(url: str) -> str:
    """The address as it is stored.

    Raises:
        WrongAddress: It is no whole http(s) address, names a user, or is plainly of this network.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise WrongAddress(_("This is no web address."), code="no_address") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in ("http", "https") or not host or not plain:
        words = _("A whole address is needed, beginning with https:// or http://.")
        raise WrongAddress(words, code="no_address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        words = _("The address must not hold a user name, a password or a #.")
        raise WrongAddress(words, code="user_in_address")
    if len(url) > MOST_CHARACTERS:
        raise WrongAddress(_("This address is too long."), code="too_long")
    if not private_allowed() and _is_plainly_private(host):
        words = _("This address is in a private network; this server does not send there.")
        raise WrongAddress(words, code="private")
    return url


def _is_plainly_private(host: str) -> bool:
    try:
        return not is_public(ip_address(host.partition("%")[0]))
    except ValueError:
        return host.rstrip(".").lower().endswith(("localhost", ".local", ".internal"))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is on the open internet, and so is every address that it stands for."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def guarded_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for one resolved address (as ``getaddrinfo`` tells it): what aiohttp connects with.

    Raises:
        PrivateAddress: It is not on the open internet.
    """
    family, kind, protocol, _name, where = address
    if not private_allowed() and not is_public(ip_address(str(where[0]).partition("%")[0])):
        raise PrivateAddress(f"{where[0]} is a private address")
    made = socket.socket(family=family, type=kind, proto=protocol)
    made.setblocking(False)
    return made
