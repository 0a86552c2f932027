"""Where people were born and where they live: numbers for a map and for a tree of regions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.curate.describe_counts import NOT_SAID
from manyvoices.curate.describe_people import Branch, Geography, geography
from manyvoices.io.countries import COUNTRIES

_LABELS = {"birth": "country of birth", "reside": "country of residence"}


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """People by country, for one map."""

    kind: str
    """``birth`` or ``reside``."""
    label: str
    """``country of birth``."""
    counts: Mapping[str, int]
    """ISO 3166-1 alpha-3 -> people; countries with nobody are left out."""
    unmatched: tuple[tuple[str, int], ...]
    """Answers that are no country of ISO 3166-1, and how many gave them."""
    n_not_said: int
    """People who gave no country, or would rather not say."""

    @property
    def n(self) -> int:
        """People with a country."""
        return sum(self.counts.values())

    @property
    def effective(self) -> float:
        """How many equally large countries would be as mixed: exp of Shannon's entropy.

        Source: Hill, Ecology 54 (1973), number of order 1.
        """
        shares = [count / self.n for count in self.counts.values()] if self.n else []
        return math.exp(-sum(share * math.log(share) for share in shares))

    @property
    def most(self) -> tuple[str, int]:
        """Name of the country with most people, and how many."""
        code, n = max(self.counts.items(), key=lambda one: (one[1], one[0]))
        return COUNTRIES[code], n


@dataclass(frozen=True, slots=True)
class Places:
    """Table 8 and figures 6 and 7 of PRISM."""

    geography: Geography
    maps: tuple[PlaceCounts, ...]
    tree: tuple[Branch, ...]
    """Of countries of birth, or of residence where nobody was asked about birth."""
    tree_label: str


def places(rows: Sequence[Mapping[str, Any]]) -> Places | None:
    """From rows of `survey_rows`; None where no country is known of anybody."""
    maps = tuple(found for kind in _LABELS if (found := _counts(rows, kind)) is not None)
    if not maps:
        return None
    first = maps[0].kind
    shown = geography(rows)
    tree = shown.tree
    if first != "birth":
        tree = geography([_as_birth(row) for row in rows]).tree
    return Places(shown, maps, tree, maps[0].label)


def _counts(rows: Sequence[Mapping[str, Any]], kind: str) -> PlaceCounts | None:
    given = [
        (row["location"].get(f"{kind}_country"), row["location"].get(f"{kind}_countryISO"))
        for row in rows
    ]
    said = [(name, code) for name, code in given if name and name != NOT_SAID]
    if not said:
        return None
    known = Counter(code for _, code in said if code in COUNTRIES)
    unknown = Counter(name for name, code in said if code not in COUNTRIES)
    return PlaceCounts(
        kind=kind,
        label=_LABELS[kind],
        counts=dict(sorted(known.items())),
        unmatched=tuple(sorted(unknown.items())),
        n_not_said=len(given) - len(said),
    )


def _as_birth(row: Mapping[str, Any]) -> dict[str, Any]:
    place = row["location"]
    names = ("country", "countryISO", "subregion")
    moved = {f"birth_{name}": place.get(f"reside_{name}") for name in names}
    return {"location": moved | {"special_region": place.get("special_region")}}
