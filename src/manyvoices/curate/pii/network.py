"""Addresses of people and machines on networks: e-mail, IP, URL, and, if wanted, handles."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from manyvoices.curate.pii.spans import Span

LOCAL = re.compile(r"[\w!$%'*+^{|}~-][\w.!$%'*+^{|}~-]{0,63}$")
"""What may stand before the ``@``, less ``/ ? = & #``: they are rare, and end a URL's query."""
DOMAIN = re.compile(
    r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*"
    r"\.([^\W\d_]{2,24}|xn--[\w-]+)(?![\w@])"
)
RESERVED = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|org|net))?|test|invalid|localhost|local)$")
"""Names that nobody can have (RFC 2606, RFC 6762)."""
FILES = frozenset("png jpg jpeg gif svg webp css js ts py json html htm txt md pdf zip".split())
"""What follows the dot in ``icon@2x.png``."""
SPELLED = re.compile(
    r"(?<!\w)[\w.+-]{2,64}\s?(?:\(at\)|\[at\]|\sat\s)\s?"
    r"(?:[\w-]{2,63}(?:\s?(?:\(dot\)|\[dot\]|\sdot\s)\s?[a-z]{2,24})+"
    r"|(?:gmail|hotmail|outlook|yahoo|icloud)\.[a-z]{2,3})(?!\w)",
    re.IGNORECASE,
)
"""``anna (at) mail (dot) org``, ``anna at gmail.com``: "at" alone is most often a word."""
HINTS = (
    "(at)",
    "[at]",
    " dot ",
    " at gmail.",
    " at hotmail.",
    " at outlook.",
    " at yahoo.",
    " at icloud.",
)
"""One of these is needed for that, in small letters."""

URL = re.compile(
    r"(?:https?|ftp)://[^\s<>\"`]{3,2048}|(?<![\w.@/])www\.[\w-]+\.[^\s<>\"`]{2,2048}",
    re.IGNORECASE,
)
LOGIN = re.compile(r"\w+://[^/?#\s]*@")
TRAILING = ".,;:!?'*_]}|\\"

IPV4 = re.compile(r"\d(?<![\w.:-]\d)\d{0,2}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\d{0,3}(?:\.\d{1,3}){3})?(?![\w:])"
)
VERSION = re.compile(r"(?:version|release|build|v|section|chapter|§)\W{0,3}$", re.IGNORECASE)

HANDLE = re.compile(r"(?<![\w@/.])@[A-Za-z_]\w{1,29}(?![\w@]|\.\w)")


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses, also of international domains, and spelled out where it is plain."""
    at = text.find("@")
    while at != -1:
        local = LOCAL.search(text[max(0, at - 64) : at].lstrip("."))
        domain = DOMAIN.match(text, at + 1) if local else None
        if local and domain and _is_somebodys(local.group(), domain):
            yield Span("email", at - len(local.group()), domain.end())
        at = text.find("@", at + 1)


def _is_somebodys(local: str, domain: re.Match[str]) -> bool:
    if domain.group(1).lower() in FILES or RESERVED.search(domain.group().lower()):
        return False
    return local.lower() != "git"  # git@github.com:somebody/something


def spelled_emails(text: str) -> Iterator[Span]:
    """Addresses that were spelled out so that no machine should find them."""
    if not any(hint in text for hint in HINTS):
        return
    for match in SPELLED.finditer(text):
        yield Span("email", match.start(), match.end())


def urls(text: str) -> Iterator[Span]:
    """Web addresses; one that carries a login is a kind of its own."""
    for match in URL.finditer(text):
        found = _trimmed(match.group())
        kind = "url_login" if LOGIN.match(found) else "url"
        yield Span(kind, match.start(), match.start() + len(found))


def _trimmed(address: str) -> str:
    """Without the punctuation that follows it, or a bracket that was opened before it."""
    address = address.rstrip(TRAILING)
    unopened = address.count(")") - address.count("(")
    while unopened > 0 and address.endswith(")"):
        address, unopened = address[:-1].rstrip(TRAILING), unopened - 1
    return address


def ips(text: str) -> Iterator[Span]:
    """IPv4 and IPv6; ``ip_local`` where the address means the same on every network."""
    for pattern in (IPV4, IPV6) if "::" in text or text.count(":") >= 7 else (IPV4,):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match.group())
            except ValueError:
                continue
            if _is_plain(match, text):
                kind = "ip" if address.is_global else "ip_local"
                yield Span(kind, match.start(), match.end())


def _is_plain(match: re.Match[str], text: str) -> bool:
    """Not a version, nor the two colons of a program."""
    before = text[max(0, match.start() - 12) : match.start()]
    found = match.group()
    return any(map(str.isdigit, found)) and len(found) > 5 and not VERSION.search(before)


def handles(text: str) -> Iterator[Span]:
    """Names as ``@name``."""
    for match in HANDLE.finditer(text):
        yield Span("handle", match.start(), match.end())
