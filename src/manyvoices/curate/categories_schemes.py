"""The groups that PRISM put self-descriptions into, and its simpler maps, as data.

arXiv 2404.16019, table 5 and appendix F; the simpler groups are those of its released survey. They
were made for one study of English speakers. Another study needs its own: `read_scheme`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as stored
from pathlib import Path

from manyvoices.schema.errors import DataError, Fault

NOT_SAID = "Prefer not to say"
"""The group of everybody who did not say, and of every text that nobody has decided on."""


@dataclass(frozen=True)
class Scheme:
    """The groups of one field."""

    field: str
    groups: tuple[str, ...]
    """All groups; `NOT_SAID` is always the last."""
    simplified: Mapping[str, str] = stored(default_factory=dict)
    """Group -> simpler group; a group that is not named keeps its name."""
    groups_are_choices: bool = False
    """Whether people were shown these groups and picked one, so that a text which is a group's name
    is their own choice and needs nobody's decision."""

    def simple(self, group: str) -> str:
        """The simpler group."""
        return self.simplified.get(group, group)

    def find(self, name: str) -> str | None:
        """The group of that name, whatever its case; None where there is none."""
        plain = " ".join(name.split()).casefold()
        return next((group for group in self.groups if group.casefold() == plain), None)


ETHNICITY = Scheme(
    "ethnicity",
    (
        *("White", "Black / African", "Hispanic / Latino", "Asian", "Mixed"),
        *("Middle Eastern / Arab", "Indigenous / First Peoples", "Other", NOT_SAID),
    ),
    {
        "Black / African": "Black",
        "Hispanic / Latino": "Hispanic",
        "Middle Eastern / Arab": "Other",
        "Indigenous / First Peoples": "Other",
    },
)
RELIGION = Scheme(
    "religion",
    (
        *("Non-religious", "Christian", "Agnostic", "Jewish", "Muslim", "Spiritual", "Buddhist"),
        *("Folk religion", "Hindu", "Sikh", "Other", NOT_SAID),
    ),
    {
        "Non-religious": "No Affiliation",
        "Agnostic": "No Affiliation",
        "Spiritual": "No Affiliation",
        "Hindu": "Other",
        "Sikh": "Other",
        "Buddhist": "Other",
        "Folk religion": "Other",
    },
)
GENDER = Scheme(
    "gender", ("Male", "Female", "Non-binary / third gender", NOT_SAID), groups_are_choices=True
)
SCHEMES: Mapping[str, Scheme] = {one.field: one for one in (ETHNICITY, RELIGION, GENDER)}


def read_scheme(path: Path | str, field: str) -> Scheme:
    """A scheme of one's own: a CSV with the columns ``group`` and, if wanted, ``simplified``.

    Raises:
        DataError: There is no such column, no group, or a group stands twice.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise DataError([Fault(str(path), None, "", "nothing", "a CSV of groups")]) from None
    names = [(row.get("group") or "").strip() for row in rows]
    faults = [
        Fault(str(path), line, "group", repr(name), "a name of its own")
        for line, name in enumerate(names, start=2)
        if not name or names.index(name) != line - 2
    ]
    if not rows:
        faults = [Fault(str(path), None, "group", "no rows", "one group a row")]
    if faults:
        raise DataError(faults)
    groups = tuple(name for name in names if name != NOT_SAID)
    simple = {
        name: (row.get("simplified") or "").strip()
        for name, row in zip(names, rows, strict=True)
        if (row.get("simplified") or "").strip()
    }
    return Scheme(field, (*groups, NOT_SAID), simple)
