"""Numbers that carry their own proof: payment cards, IBANs, crypto addresses; and the US SSN.

A run of digits is any of these only if its check digits agree and its beginning and length are
those that are given out, so that an order number or a phone number is seldom taken for one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from manyvoices.curate.pii.spans import Span

CARD = re.compile(r"\d(?<![\w.+-]\d)(?:[ -]?\d){11,18}(?![\w-])")
"""12 to 19 digits, in one piece or in groups parted by one space or hyphen."""
CARD_GROUPS = re.compile(r"\d+|\d{4}([ -])(?:\d{4}\1){1,3}\d{1,4}|\d{4}([ -])\d{6}\2\d{4,5}")
"""How people write them: in one piece, in fours, or as American Express and Diners do."""
SCHEMES = (
    (re.compile("4"), (13, 16, 19)),  # Visa
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile("3[47]"), (15,)),  # American Express
    (re.compile("30[0-5]|3095|36|3[89]"), (14, 16, 19)),  # Diners
    (re.compile("6011|64[4-9]|65|62"), (16, 17, 18, 19)),  # Discover, UnionPay
    (re.compile("35"), (16, 19)),  # JCB (given out from 3528 to 3589)
    (re.compile("2131|1800"), (15,)),  # JCB, older
    (re.compile("220[0-4]"), (16,)),  # Mir
    (re.compile("50|5[6-8]|6304|6390|67"), tuple(range(12, 20))),  # Maestro
)
"""Beginnings and lengths of the large schemes' numbers."""

IBAN = re.compile(r"\d(?<=[A-Za-z]{2}\d)(?<!\w[A-Za-z]{2}\d)\d(?: ?[A-Za-z0-9]){11,30}(?!\w)")
"""From the first check digit on. (A pattern that begins with a digit is searched for quickly, which
is why conditions on what stands before come second here.)"""
IBAN_LENGTHS = dict(
    pair.split(":")
    for pair in (
        "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 CY:28 "
        "CZ:24 DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22 GI:23 "
        "GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 "
        "LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30 NI:28 NL:18 "
        "NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31 SD:18 SE:24 SI:19 "
        "SK:24 SM:27 SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30"
    ).split()
)
"""Country -> characters of an IBAN there (the registry of ISO 13616)."""

SSN = re.compile(r"\d(?<![\w-]\d)(?<!0(?=00)|6(?=66))\d{2}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
"""Numbers from 900 on are tax numbers of the same form (ITIN), and as personal."""

ADDRESS = re.compile(
    r"[13b0](?<!\w[13b0])"
    r"(?:(?<=[13])[1-9A-HJ-NP-Za-km-z]{25,34}|(?<=b)c1[0-9a-z]{25,60}|(?<=0)x[0-9A-Fa-f]{40})(?!\w)"
)
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def cards(text: str) -> Iterator[Span]:
    """Numbers of payment cards."""
    for match in CARD.finditer(text):
        written = match.group()
        digits = written.replace(" ", "").replace("-", "")
        if CARD_GROUPS.fullmatch(written) and _is_given_out(digits) and passes_luhn(digits):
            yield Span("credit_card", match.start(), match.end())


def _is_given_out(digits: str) -> bool:
    return any(len(digits) in sizes and start.match(digits) for start, sizes in SCHEMES)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO 7812; no run of one digit passes."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    total = sum(map(int, digits[-1::-2])) + sum(doubled)
    return total % 10 == 0 and len(set(digits)) > 1


def ibans(text: str) -> Iterator[Span]:
    """International bank account numbers, in one piece or in groups; small letters too."""
    for match in IBAN.finditer(text):
        start = match.start() - 2
        written = text[start : match.end()]
        wanted = IBAN_LENGTHS.get(written[:2].upper())
        length = _cut(written, int(wanted)) if wanted else None
        if length is not None and passes_mod_97(written[:length]):
            yield Span("iban", start, start + length)


def _cut(written: str, n: int) -> int | None:
    """Where the n-th sign that is no space ends, if a word ends there."""
    ends = [i + 1 for i, sign in enumerate(written) if sign != " "]
    if len(ends) < n or written[ends[n - 1] :][:1] not in ("", " "):
        return None
    return ends[n - 1]


def passes_mod_97(iban: str) -> bool:
    """Whether the check digits of ISO 13616 agree."""
    plain = iban.replace(" ", "").upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def ssns(text: str) -> Iterator[Span]:
    """US social security numbers, with hyphens."""
    for match in SSN.finditer(text):
        yield Span("us_ssn", match.start(), match.end())


def crypto_addresses(text: str) -> Iterator[Span]:
    """Addresses of Bitcoin (both alphabets, checksum verified) and Ethereum (its form alone)."""
    for match in ADDRESS.finditer(text):
        found = match.group()
        if found[:2] == "0x" or (_bech32(found) if found[:3] == "bc1" else _base58(found)):
            yield Span("crypto", match.start(), match.end())


def _base58(address: str) -> bool:
    number = 0
    for sign in address:
        number = number * 58 + _BASE58.index(sign)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _bech32(address: str) -> bool:
    """The checksum of BIP 173 or, for newer addresses, BIP 350."""
    values = [3, 3, 0, 2, 3, *(_BECH32.find(sign) for sign in address[3:])]  # "bc", spread
    if -1 in values:
        return False
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= part if top >> i & 1 else 0
    return check in (1, 0x2BC830A3)
