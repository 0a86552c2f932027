"""Who took part: PRISM's tables 5, 8, 9 and 10, and the numbers behind its figures 6 and 7.

Rows are those of ``survey.jsonl``, PRISM's own or made from native records. A variable that no row
has a value for is left out of the tables, so they work for any study; of a study that is not
PRISM's, every question with a handful of options is a block of table 5.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from manyvoices.curate.describe_counts import NOT_SAID, NOT_SHOWN, Block, Share, block, ordered

Row: TypeAlias = Mapping[str, Any]

DEMOGRAPHICS = {
    "Age": "age",
    "Gender": "gender",
    "Self-Reported Ethnicity": "ethnicity.categorised",
    "Self-Reported Religion": "religion.categorised",
    "Employment Status": "employment_status",
    "Education": "education",
    "Marital Status": "marital_status",
    "English Proficiency": "english_proficiency",
    "Regions": "location.special_region",
}
"""Title -> column; a dot leads into a nested column."""
LLM_USE = {
    "LLM Direct Use": "lm_direct_use",
    "LLM Indirect Use": "lm_indirect_use",
    "LLM Frequency of Use": "lm_frequency_use",
    "LLM Familiarity": "lm_familiarity",
}
_FIXED = (
    *("user_id", "survey_only", "num_completed_conversations", "consent", "consent_age"),
    *("study_id", "study_locale", "generated_datetime", "timing_duration_s"),
    *("timing_duration_mins", "included_in_UK_REP", "included_in_US_REP"),
    *("included_in_balanced_subset", "simulated"),
)
MOST_OPTIONS = 20
"""A question with more different answers than these is not one with options."""


@dataclass(frozen=True, slots=True)
class Demographics:
    """Table 5."""

    n_people: int
    n_with_conversations: int
    n_survey_only: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Country:
    """One line of table 8."""

    name: str
    n_born: int
    n_reside: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One country of the tree of figure 7."""

    region: str
    subregion: str
    country: str
    iso: str
    n: int


@dataclass(frozen=True, slots=True)
class Geography:
    """Table 8, and the counts behind figures 6 (by country of birth) and 7 (as a tree)."""

    countries: tuple[Country, ...]
    """By births, then residents; "Prefer not to say" last."""
    n_people: int
    n_same: int
    """People who live where they were born."""
    tree: tuple[Branch, ...]
    """Region, subregion, country of birth; largest first within each; empty names are unknown."""


@dataclass(frozen=True, slots=True)
class Recruited:
    """One line of table 10, as far as the release itself tells."""

    study: str
    n: Share
    cost: float | None
    """n * (reward + fee + tax on the fee); None where no reward is given."""


def demographics(rows: Sequence[Row]) -> Demographics:
    """Table 5. Shares are of everybody with a value."""
    fields = DEMOGRAPHICS if _any(rows, DEMOGRAPHICS.values()) else _questions(rows)
    n_only = sum(bool(row.get("survey_only")) for row in rows)
    return Demographics(len(rows), len(rows) - n_only, n_only, _blocks(rows, fields))


def llm_use(rows: Sequence[Row], *, labels: Mapping[str, str] | None = None) -> tuple[Block, ...]:
    """Table 9.

    Shares of the frequency are of everybody, those who were not asked being a line; shares of the
    use cases are of those who were asked. `labels`: use case -> text; default its name in words.
    """
    fields = {title: name for title, name in LLM_USE.items() if _any(rows, [name])}
    blocks = [block(t, (at(row, f) for row in rows), missing=NOT_SHOWN) for t, f in fields.items()]
    cases = [row["lm_usecases"] for row in rows if _asked(row.get("lm_usecases"))]
    if cases:
        names = [name for name in cases[0] if not name.endswith("_text")]
        counts = Counter({name: sum(bool(case.get(name)) for case in cases) for name in names})
        order = sorted(names, key=lambda name: (name == "other", -counts[name], name))
        shown = labels or {}
        shares = tuple(
            Share(shown.get(name) or name.replace("_", " ").title(), counts[name], len(cases))
            for name in order
        )
        blocks.append(Block("LLM Use Cases", shares, len(rows) - len(cases)))
    return tuple(blocks)


def geography(rows: Sequence[Row]) -> Geography:
    """Table 8 and the numbers behind figures 6 and 7."""
    born = Counter(_text(row, "location.birth_country") for row in rows)
    reside = Counter(_text(row, "location.reside_country") for row in rows)
    names = sorted(
        {*born, *reside} - {""},
        key=lambda name: (name == NOT_SAID, -born[name], -reside[name], name),
    )
    places = [
        (_text(r, "location.birth_country"), _text(r, "location.reside_country")) for r in rows
    ]
    same = sum(a == b and a not in ("", NOT_SAID) for a, b in places)
    return Geography(
        countries=tuple(Country(name, born[name], reside[name]) for name in names),
        n_people=len(rows),
        n_same=same,
        tree=_tree(rows),
    )


def recruitment(
    rows: Sequence[Row], *, reward: float | None = None, fee: float = 1 / 3, tax: float = 0.2
) -> tuple[Recruited, ...]:
    """Table 10 from ``study_locale``: submissions of each study, and what they cost.

    What only the recruitment platform knows (how many were eligible) is not in a release. The
    platform's fee is a share of the reward, the tax a share of the fee.
    """
    counts = Counter(str(row["study_locale"]) for row in rows if row.get("study_locale"))
    each = None if reward is None else reward * (1 + fee * (1 + tax))
    return tuple(
        Recruited(
            name,
            Share(name, counts[name], counts.total()),
            None if each is None else counts[name] * each,
        )
        for name in ordered(counts)
    )


def at(row: Row, path: str) -> Any:
    """The value at ``column`` or ``column.inner``, also where it was flattened to column_inner."""
    outer, _, inner = path.partition(".")
    value = row.get(outer)
    if not inner:
        return value
    if isinstance(value, Mapping):
        return value.get(inner)
    return row.get(f"{outer}_{inner}")


def _tree(rows: Sequence[Row]) -> tuple[Branch, ...]:
    path = ("special_region", "birth_subregion", "birth_country", "birth_countryISO")
    leaves = [tuple(_text(row, f"location.{name}") for name in path) for row in rows]
    counts = Counter(leaf for leaf in leaves if leaf[2])
    regions, subregions = Counter[str](), Counter[tuple[str, ...]]()
    for leaf, n in counts.items():
        regions[leaf[0]] += n
        subregions[leaf[:2]] += n
    order = sorted(
        counts, key=lambda x: (-regions[x[0]], x[0], -subregions[x[:2]], x[1], -counts[x], x)
    )
    return tuple(Branch(x[0], x[1], x[2], x[3], counts[x]) for x in order)


def _blocks(rows: Sequence[Row], fields: Mapping[str, str]) -> tuple[Block, ...]:
    return tuple(
        block(title, (at(row, name) for row in rows))
        for title, name in fields.items()
        if _any(rows, [name])
    )


def _questions(rows: Sequence[Row]) -> dict[str, str]:
    """Every column whose answers are a few short texts."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = {}
    for name in names:
        values = [row.get(name) for row in rows if row.get(name) is not None]
        plain = all(isinstance(value, str) and len(value) <= 80 for value in values)
        few = 1 <= len(set(map(str, values))) <= MOST_OPTIONS
        if name not in _FIXED and plain and few and values:
            found[name] = name
    return found


def _any(rows: Sequence[Row], names: Any) -> bool:
    return any(at(row, name) is not None for name in names for row in rows)


def _text(row: Row, path: str) -> str:
    value = at(row, path)
    return value if isinstance(value, str) else ""


def _asked(value: Any) -> bool:
    """Whether the question was shown: PRISM has null in every option where it was not."""
    return isinstance(value, Mapping) and any(isinstance(one, bool) for one in value.values())
