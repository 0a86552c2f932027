"""Our rules for personal information, run so that a text without any costs next to nothing.

Each rule is asked only where the text has what it cannot do without (an ``@``, a digit, ``://``).
Of finds that overlap the one that proves itself best is kept: a card inside an IBAN is no card, and
digits inside a web address are not looked at.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterable, Sequence

from manyvoices.curate.pii import network, numbers
from manyvoices.curate.pii.phones import Phones
from manyvoices.curate.pii.spans import Find, Span

KINDS = (
    "url_login", "email", "url", "iban", "credit_card", "crypto", "us_ssn", "ip", "ip_local",
    "phone", "handle",
)  # fmt: skip
"""Everything that the rules can find; ``handle`` only where it is asked for."""
DEFAULT_KINDS = KINDS[:-1]

LONG = re.compile(r"\d(?:[\d .():/–-]{5,}\d|\w{12}|[\d.]{5})")
"""What every rule for numbers needs: seven signs from digit to digit, or a long word with one."""


@functools.cache
def rules_finder(
    regions: Sequence[str] = ("GB", "US"), kinds: Collection[str] = DEFAULT_KINDS
) -> Find:
    """A function from a text to its spans; `regions` are where phone numbers may be from.

    Raises:
        MissingExtraError: phonenumbers is not installed.
        ValueError: A region or a kind is not known.
    """
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"no such kind: {', '.join(sorted(unknown))} ({', '.join(KINDS)})")
    phones, wanted = Phones(regions), frozenset(kinds)

    def find(text: str) -> list[Span]:
        found = [*_addresses(text), *_numbers(text, phones)]
        if "handle" in wanted and "@" in text:
            found.extend(network.handles(text))
        return _apart(span for span in found if span.kind in wanted) if found else found

    return find


def _addresses(text: str) -> Iterable[Span]:
    if "@" in text:
        yield from network.emails(text)
    if "://" in text or "www." in text or "WWW." in text:
        yield from network.urls(text)
    yield from network.spelled_emails(text)


def _numbers(text: str, phones: Phones) -> Iterable[Span]:
    if "::" in text or LONG.search(text):
        yield from numbers.ibans(text)
        yield from numbers.cards(text)
        yield from numbers.crypto_addresses(text)
        yield from numbers.ssns(text)
        yield from network.ips(text)
        yield from phones(text)


_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def _apart(found: Iterable[Span]) -> list[Span]:
    """Without finds that overlap a better one; an e-mail address inside a URL stays beside it."""
    kept: list[Span] = []
    for span in sorted(found, key=lambda span: (_RANK[span.kind], span.start)):
        rivals = (other for other in kept if other.start < span.end and span.start < other.end)
        if all(other.kind == "email" and span.kind == "url" for other in rivals):
            kept.append(span)
    return sorted(kept, key=lambda span: (span.start, span.end))
