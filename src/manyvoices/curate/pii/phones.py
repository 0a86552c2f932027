"""Phone numbers: where they may stand, then whether they are any country's, or called one.

Google's matcher (phonenumbers, which scrubadub and Presidio use) tries every run of digits in
every region. Here a run must first look like a phone number, and is then one if

- it has an international prefix and a possible length;
- it is a valid number of one of the study's regions, and is written in groups or begins with 0;
- it is written as North Americans write theirs, whatever the area code (fictional ones are not
  valid, and are what people try a rule with); or
- a word beside it calls it a phone number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from manyvoices.curate.pii.spans import Span
from manyvoices.schema.errors import MissingExtraError

CANDIDATE = re.compile(
    r"[+(\d](?<![\w/+$€£%-].)(?<!\d[.,:].)(?<!\.\..)"
    r"(?:(?<=\+) ?\d|(?<=\()\d|(?<=\d))(?:[ .()/–-]{0,3}\d){6,14}"
    r"(?![\d%]|[.,]\d|-\d)(?: ?(?:x|ext\.? ?|#)\d{1,6})?(?!\w)"
)
NANP = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?: ?(?:x|ext).*)?")
DATE = re.compile(
    r"(?:19|20)\d\d([./ -])[01]?\d\1[0-3]?\d(?!\d).*"
    r"|[0-3]?\d([./ -])[0-3]?\d\2(?:19|20)\d\d(?!\d).*"
)
SUM = re.compile(
    r".*(?: [-–/] ?|[-–/] )\d.*|\d{1,3}(?:[ .]\d{3})+|\d{4}[–-]\d{4}|\d+\.\d+|\d+/\d+.*"
)
"""Ranges, fractions and grouped thousands."""
CALLED = re.compile(
    r"(?<![^\W\d_])(?:phone|tel|telephone|mobile|cell|cellphone|fax|call|calling|called|dial|"
    r"text me|whatsapp|ring|reach|contact|answering|messages? to|tel[ée]fono?|m[óo]vil|"
    r"t[ée]l[ée]phone|telefon|handy|num[ée]ro|telefone|телефон|电话|電話)(?![^\W\d_])",
    re.IGNORECASE,
)  # fmt: skip
OTHERWISE = re.compile(
    r"(?<!\w)(?:ISBN|ISSN|ISMN|EAN|UPC|DOI|PMID|patent)[^\w]{0,4}$", re.IGNORECASE
)
"""A word right before a number that calls it something else."""
REACH = 40
"""How many characters before a number a word may stand that calls it one."""
AFTER = re.compile(r"\W{1,3}(?:office|fax|mobile|cell|home|work|phone|tel)(?!\w)", re.IGNORECASE)


class Phones:
    """Finds the phone numbers of some regions (ISO 3166) and of any country with its prefix."""

    def __init__(self, regions: Sequence[str]) -> None:
        """Raises `MissingExtraError` without phonenumbers, ValueError for an unknown region."""
        try:
            import phonenumbers
        except ImportError:
            raise MissingExtraError("Finding phone numbers", "curate") from None
        if unknown := [name for name in regions if name not in phonenumbers.SUPPORTED_REGIONS]:
            raise ValueError(f"no such region: {', '.join(unknown)} (a code such as GB)")
        self._library: Any = phonenumbers
        self._regions = tuple(regions)

    def __call__(self, text: str) -> Iterator[Span]:
        """Phone numbers in `text`, from left to right."""
        for match in CANDIDATE.finditer(text):
            number = match.group()
            before = text[max(0, match.start() - 12) : match.start()]
            if DATE.fullmatch(number) or OTHERWISE.search(before):
                continue
            if self._is_one(number, text, match):
                yield Span("phone", match.start(), match.end())

    def _is_one(self, number: str, text: str, match: re.Match[str]) -> bool:
        if number.startswith(("+", "00")):
            plain = number.removeprefix("00") if number[0] == "0" else number[1:]
            return self._is_possible("+" + plain.replace("(0)", ""))
        start = match.start()
        if CALLED.search(text, max(0, start - REACH), start) or AFTER.match(text, match.end()):
            return True
        if NANP.fullmatch(number) and {"US", "CA"} & set(self._regions):
            return True
        # A run of digits that begins with the trunk prefix is seldom anything else.
        looks_like_one = number[0] == "0" if number.isdigit() else not SUM.fullmatch(number)
        return looks_like_one and self._is_valid(number)

    def _is_possible(self, number: str) -> bool:
        parsed = self._parse(number, None)
        return parsed is not None and self._library.is_possible_number(parsed)

    def _is_valid(self, number: str) -> bool:
        return any(
            parsed is not None and self._library.is_valid_number(parsed)
            for parsed in (self._parse(number, region) for region in self._regions)
        )

    def _parse(self, number: str, region: str | None) -> Any:
        try:
            return self._library.parse(number, region)
        except self._library.NumberParseException:
            return None
