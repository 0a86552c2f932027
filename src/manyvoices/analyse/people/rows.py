"""A `Dataset`'s people as the rows that `manyvoices.curate.describe_people` counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from manyvoices.analyse.dataset import Dataset
from manyvoices.curate.describe_counts import NOT_SAID
from manyvoices.curate.privacy.regions import REGIONS
from manyvoices.io.countries import COUNTRIES

_CODES = {name.casefold(): code for code, name in COUNTRIES.items()}
_OTHER_NAMES = {
    "bolivia, plurinational state of": "BOL",
    "cape verde": "CPV",
    "czech republic": "CZE",
    "hong kong sar": "HKG",
    "hong kong (s.a.r.)": "HKG",
    "iran, islamic republic of": "IRN",
    "ivory coast": "CIV",
    "korea, republic of": "KOR",
    "macedonia": "MKD",
    "moldova, republic of": "MDA",
    "republic of moldova": "MDA",
    "republic of korea": "KOR",
    "russian federation": "RUS",
    "syrian arab republic": "SYR",
    "taiwan, province of china": "TWN",
    "tanzania, united republic of": "TZA",
    "the netherlands": "NLD",
    "turkey": "TUR",
    "uk": "GBR",
    "united kingdom of great britain and northern ireland": "GBR",
    "united states of america": "USA",
    "us": "USA",
    "usa": "USA",
    "venezuela, bolivarian republic of": "VEN",
    "vietnam": "VNM",
}
_CASES = "lm_usecases"
_PLACES = ("birth", "reside")


def iso_of(country: str | None) -> str | None:
    """ISO 3166-1 alpha-3 of a code or an English name; None where it is neither."""
    if not country:
        return None
    if country in COUNTRIES:
        return country
    name = " ".join(country.split()).casefold()
    return _CODES.get(name) or _OTHER_NAMES.get(name)


def survey_rows(dataset: Dataset) -> list[dict[str, Any]]:
    """One row per person, use cases nested as in PRISM, countries with code and region.

    PRISM's own regions stand where the release has them. Elsewhere they are the United Nations' of
    the country of birth (of residence, where nobody was asked about birth). A study that is not
    PRISM's has its first question of the kind ``country`` read as the country of residence, unless
    its name speaks of birth.
    """
    asked = _country_questions(dataset)
    return [_row(row, asked) for row in dataset.people.to_dicts()]


def usecase_labels(dataset: Dataset) -> dict[str, str]:
    """Use case -> its words in the study."""
    for (_, name), words in dataset.table.words.questions.items():
        if name == _CASES:
            return dict(words.options)
    return {}


def _country_questions(dataset: Dataset) -> dict[str, str]:
    """``birth`` and ``reside`` -> column."""
    columns = dataset.people.columns
    found = {one: f"location_{one}_country" for one in _PLACES}
    found = {one: name for one, name in found.items() if name in columns}
    if found:
        return found
    for (_, name), words in dataset.table.words.questions.items():
        if words.kind == "country" and name in columns:
            born = any(part in name.casefold() for part in ("birth", "born"))
            found.setdefault("birth" if born else "reside", name)
    return found


def _row(row: dict[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
    cases = {
        name.removeprefix(f"{_CASES}_"): value
        for name, value in row.items()
        if name.startswith(f"{_CASES}_") and not name.endswith("_text")
    }
    known = {name: value for name, value in row.items() if not name.startswith(f"{_CASES}_")}
    return known | {_CASES: cases or None, "location": _location(row, asked)}


def _location(row: Mapping[str, Any], asked: Mapping[str, str]) -> dict[str, str | None]:
    place: dict[str, str | None] = {}
    for one, column in asked.items():
        given = row.get(column)
        code = row.get(f"location_{one}_countryISO") or iso_of(given)
        place[f"{one}_country"] = COUNTRIES.get(given, given) if given else None
        place[f"{one}_countryISO"] = code
        region, subregion = REGIONS.get(code or "", ("", ""))
        place[f"{one}_subregion"] = row.get(f"location_{one}_subregion") or subregion or None
        place[f"{one}_region"] = region or None
    first = "birth" if "birth" in asked else "reside"
    special = row.get("location_special_region")
    fallback = place.get(f"{first}_region")
    if not fallback and place.get(f"{first}_country") == NOT_SAID:
        fallback = NOT_SAID
    return place | {"special_region": special or fallback}
