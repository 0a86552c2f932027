"""1,500 survey rows whose counts per variable are the published ones.

Each categorical variable is its published values, shuffled. Where joint counts are published they
hold too: age, gender and ethnicity of the people whom the census samples are drawn from.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any

from benchmarks.synthetic import wording
from benchmarks.synthetic.golden import Golden

PLAIN = (
    *("lm_familiarity", "lm_indirect_use"),
    *("education", "employment_status", "marital_status", "english_proficiency"),
)
_SIMPLE_ETHNICITY = {
    "Black / African": "Black",
    "Hispanic / Latino": "Hispanic",
    "Middle Eastern / Arab": "Other",
    "Indigenous / First Peoples": "Other",
}
_SIMPLE_RELIGION = {
    "Non-religious": "No Affiliation",
    "Agnostic": "No Affiliation",
    "Spiritual": "No Affiliation",
    **dict.fromkeys(("Buddhist", "Folk religion", "Hindu", "Sikh"), "Other"),
}
_NOT_SAID = "Prefer not to say"
_IN_THE_CELL = {
    "Black": ("Black / African",),
    "Other": ("Other", "Middle Eastern / Arab", "Indigenous / First Peoples", "Hispanic / Latino"),
}
"""Ethnicity of a census cell -> the categories that belong to it (the paper, appendix L)."""


_REGIONS = {
    "US": "United States",
    "UK": "United Kingdom",
    "Africa": "South Africa;Nigeria;Ghana;Sudan;Côte d'Ivoire;Kenya;Malawi;Zambia",
    "Latin America and the Caribbean": "Mexico;Chile;Dominican Republic;Argentina;Honduras;Brazil;"
    "Venezuela, Bolivarian Republic of;Colombia;Cuba;Guyana;Jamaica",
    "Australia and New Zealand": "Australia;New Zealand",
    "Northern America": "Canada",
    "Middle East": "Israel;Türkiye;Kuwait",
    "Asia": "India;Japan;Korea, Republic of;Philippines;Bangladesh;China;Hong Kong;Pakistan;"
    "Indonesia;Viet Nam;Sri Lanka;Kazakhstan;Afghanistan;Nepal;Malaysia",
    "Oceania": "Tonga",
    _NOT_SAID: _NOT_SAID,
}
_REGION = {country: region for region, names in _REGIONS.items() for country in names.split(";")}
"""Country of birth -> PRISM's ``special_region``; all others of the table lie in Europe."""


class Pools:
    """The values of each variable that are still to be given out, in a drawn order."""

    def __init__(self, golden: Golden, names: tuple[str, ...], rng: random.Random) -> None:
        self._left: dict[str, list[Any]] = {}
        for name in names:
            values = [v for v, n in golden.counts("survey", name).items() for _ in range(n)]
            rng.shuffle(values)
            self._left[name] = values

    def take(self, name: str, *wanted: Any) -> Any:
        """The next value, or the first of `wanted` that is left."""
        values = self._left[name]
        for value in wanted:
            if value in values:
                values.remove(value)
                return value
        assert not wanted, f"no {wanted} left in {name}"
        return values.pop()


def survey_rows(
    golden: Golden, balanced: set[str], rng: random.Random
) -> dict[str, dict[str, Any]]:
    """Person -> survey row, without what only the conversations tell."""
    users = [f"user{i}" for i in range(1500)]
    reside = _residences(golden, users, balanced, rng)
    rows = {user: {"user_id": user} for user in users}
    _demographics(golden, rows, reside, balanced, rng)
    for user in users:
        rows[user] |= {"location": reside[user]}
    for maker in (_use, _preferences, _texts):
        maker(golden, rows, rng)
    return rows


def _residences(
    golden: Golden, users: list[str], balanced: set[str], rng: random.Random
) -> dict[str, dict[str, Any]]:
    """Where each was born and lives: both with Table 8's counts."""
    live = Counter(golden.reside)
    of_the_balanced = {
        "United Kingdom": 283 + 5,
        "United States": 297 + 5,
    }
    order = [u for u in users if u in balanced]
    rng.shuffle(order)
    chosen: dict[str, str] = {}
    for country, n in of_the_balanced.items():
        for user in order[:n]:
            chosen[user] = country
        order = order[n:]
        live[country] -= n
    rest = [country for country, n in sorted(live.items()) for _ in range(n)]
    rng.shuffle(rest)
    # The rest of the two countries is outside the balanced subset, or too many would be eligible.
    rest.sort(key=lambda country: country not in of_the_balanced)
    left = sorted((u for u in users if u not in chosen), key=lambda user: user in balanced)
    # The table counts a person more or fewer than 1,500 where somebody did not say.
    chosen |= dict(zip(left, rest + [_NOT_SAID] * (len(left) - len(rest)), strict=False))
    return _births(golden, chosen, rng)


def _births(
    golden: Golden, chosen: dict[str, str], rng: random.Random
) -> dict[str, dict[str, Any]]:
    born, waiting, rows = Counter(golden.born), [], {}
    for user in sorted(chosen, key=lambda _: rng.random()):
        country = chosen[user]
        if born[country] > 0:
            born[country] -= 1
            rows[user] = (country, country)
        else:
            waiting.append(user)
    rest = [country for country, n in sorted(born.items()) for _ in range(n)]
    rng.shuffle(rest)
    for user, country in zip(waiting, rest + [_NOT_SAID] * len(waiting), strict=False):
        rows[user] = (country, chosen[user])
    return {user: _location(*places) for user, places in rows.items()}


def _location(born: str, reside: str) -> dict[str, Any]:
    said = _NOT_SAID not in (born, reside)
    return {
        "birth_country": born,
        "birth_countryISO": None,
        "birth_subregion": None,
        "reside_country": reside,
        "reside_countryISO": None,
        "reside_subregion": None,
        "same_birth_reside_country": ("Yes" if born == reside else "No") if said else _NOT_SAID,
        "special_region": _REGION.get(born, "Europe"),
    }


def _demographics(
    golden: Golden,
    rows: dict[str, dict[str, Any]],
    places: dict[str, dict[str, Any]],
    balanced: set[str],
    rng: random.Random,
) -> None:
    names = ("age", "gender", "ethnicity_categorised", "religion_categorised", *PLAIN)
    pools = Pools(golden, names, rng)
    cells = _cells_of_the_eligible(golden, places, balanced, rng)
    # Those whose cell is known draw first: what is left fits everybody else.
    for user in sorted(rows, key=lambda user: user not in cells):
        row, cell = rows[user], cells.get(user)
        if cell is None:
            row["age"], row["gender"] = pools.take("age"), pools.take("gender")
            kind = pools.take("ethnicity_categorised")
        else:
            row["age"] = pools.take("age", cell[0]) if cell[0] else pools.take("age")
            row["gender"] = pools.take("gender", cell[1])
            kind = pools.take("ethnicity_categorised", *_IN_THE_CELL.get(cell[2], (cell[2],)))
        row["ethnicity"] = _described(kind, _SIMPLE_ETHNICITY, rng)
        row["religion"] = _described(pools.take("religion_categorised"), _SIMPLE_RELIGION, rng)
        for name in PLAIN:
            row[name] = pools.take(name)
        row["study_locale"] = _locale(places[user]["reside_country"])


def _cells_of_the_eligible(
    golden: Golden, places: dict[str, dict[str, Any]], balanced: set[str], rng: random.Random
) -> dict[str, tuple[str | None, str, str]]:
    """Person -> (age, gender, ethnicity): exactly the published joint counts, and the nine of the
    UK and ten of the US who gave no ethnicity."""
    found: dict[str, tuple[str | None, str, str]] = {}
    for locale, country, n_more in (("uk", "United Kingdom", 9), ("us", "United States", 10)):
        people = [u for u in sorted(balanced) if places[u]["reside_country"] == country]
        rng.shuffle(people)
        wanted: list[tuple[str | None, str, str]] = [
            cell for cell, n in sorted(golden.cells[locale].items()) for _ in range(n)
        ]
        wanted += [(None, ("Female", "Male")[i % 2], _NOT_SAID) for i in range(n_more)]
        others = [(None, "Non-binary / third gender", "White")] * (len(people) - len(wanted))
        found |= dict(zip(people, wanted + others, strict=True))
    return found


def _described(kind: str, simple: dict[str, str], rng: random.Random) -> dict[str, Any]:
    said = kind if kind == _NOT_SAID else kind.lower().split(" / ")[0]
    if said != _NOT_SAID and rng.random() < 0.2:
        said = f"{said} {rng.choice(('(mostly)', 'by birth', 'i suppose', 'and proud'))}"
    return {"self_described": said, "categorised": kind, "simplified": simple.get(kind, kind)}


def _locale(country: str) -> str:
    return {"United Kingdom": "uk", "United States": "us"}.get(country, country.lower()[:12])


def _use(golden: Golden, rows: dict[str, dict[str, Any]], rng: random.Random) -> None:
    """Use of models; the 247 who use none were not asked how."""
    users = sorted(rows)
    rng.shuffle(users)
    direct = golden.counts("survey", "lm_direct_use")
    order = [v for v in ("No", "Unsure", "Yes") for _ in range(direct[v])]
    skip = set(users[:247])
    often = golden.counts("survey", "lm_frequency_use")
    pool = [v for v, n in often.items() if v is not None for _ in range(n)]
    rng.shuffle(pool)
    for user, value in zip(users, order, strict=True):
        rows[user]["lm_direct_use"] = value
        rows[user]["lm_frequency_use"] = None if user in skip else pool.pop()
    _usecases(golden, rows, [u for u in users if u not in skip], rng)


def _usecases(
    golden: Golden, rows: dict[str, dict[str, Any]], asked: list[str], rng: random.Random
) -> None:
    inner = golden.nested("survey", "lm_usecases")
    names = [one["variable_name"] for one in inner]
    for row in rows.values():
        row["lm_usecases"] = dict.fromkeys(names)
        row["order_lm_usecases"] = dict.fromkeys(names[:-1])
    for one in inner[:-1]:
        chosen = set(rng.sample(asked, min(one["True"], len(asked))))
        for user in asked:
            rows[user]["lm_usecases"][one["variable_name"]] = user in chosen
    for user in asked:
        if rows[user]["lm_usecases"]["other"]:
            rows[user]["lm_usecases"]["other_text"] = wording.text(rng, 45)
        rows[user]["order_lm_usecases"] = _order(names[:-1], rng)


def _order(names: list[str], rng: random.Random) -> dict[str, int]:
    """Place in the order shown, from 1; "other" is always the last."""
    places = list(range(1, len(names)))
    rng.shuffle(places)
    return dict(zip(names, [*places, len(names)], strict=True))


def _preferences(golden: Golden, rows: dict[str, dict[str, Any]], rng: random.Random) -> None:
    inner = golden.nested("survey", "stated_prefs")
    for row in rows.values():
        lean = rng.gauss(0, 0.5)
        prefs: dict[str, Any] = {}
        for one in inner[:-1]:
            drawn = one["mean"] + one["std"] * (lean + rng.gauss(0, 0.87))
            prefs[one["variable_name"]] = int(min(max(drawn, one["min"]), one["max"]))
        prefs["other_text"] = wording.text(rng, 32) if rng.random() < 0.05 else None
        row["stated_prefs"] = prefs
        row["order_stated_prefs"] = _order(list(prefs)[:-1], rng)


def _texts(golden: Golden, rows: dict[str, dict[str, Any]], rng: random.Random) -> None:
    for row in rows.values():
        for name in ("self_description", "system_string"):
            row[name] = wording.text(rng, _chars(golden, "survey", name, rng))


def _chars(golden: Golden, section: str, name: str, rng: random.Random) -> int:
    v = golden.codebook[section, name]["values"]
    return wording.length(rng, v["mean chars"], v["std chars"], v["min chars"], v["max chars"])


def by_person(skeleton: list[tuple[str, str, int]]) -> dict[str, list[tuple[str, int]]]:
    """Person -> their conversations and numbers of utterances."""
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for conversation, user, n in skeleton:
        found[user].append((conversation, n))
    return dict(found)
