"""Put options in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from manyvoices.design.kinds.choices import Choice
from manyvoices.design.problems import Problem
from manyvoices.design.written import Posted, Reading


class Ranking(Choice):
    """Put options in order. Stored: list of option values, best first; None where left alone.

    What was given no place is not in the list: it was not ranked, which is not the same as last.
    """

    kind: Literal["ranking"]

    seconds: ClassVar[float] = 25

    def fields(self, value: Any, texts: Mapping[str, str] | None = None) -> dict[str, list[str]]:  # noqa: ARG002
        """The place of each option that has one."""
        at = {option.value: index for index, option in enumerate(self.options)}
        return {
            f"{self.name}-{at[option]}": [str(place)]
            for place, option in enumerate(value or (), start=1)
            if option in at
        }

    def read(self, posted: Posted) -> Reading:
        """Fields ``q-<id>-<number of the option>``, each with a place from 1 on, or empty."""
        places: dict[str, int] = {}
        for index, option in enumerate(self.options):
            given = posted.get(f"{self.name}-{index}", ())
            text = given[-1].strip() if given else ""
            if not text:
                continue
            if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= len(self.options)):
                return Reading(None, Problem("unknown_option"))
            places[option.value] = int(text)
        order = sorted(places, key=places.__getitem__) or None
        if len(set(places.values())) < len(places):
            return Reading(order, Problem("same_place"))
        if self.required and len(places) < len(self.options):
            left = len(self.options) - len(places)
            return Reading(order, Problem("required_places", {"count": left}))
        return Reading(order)
