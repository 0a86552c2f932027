"""What is published of PRISM's data: counts per variable, the skeleton of ids, tables of the paper.

Everything lies in ``../shared/data/prism/golden`` beside the project, see its README.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "prism"

SHOWN_AS_MISSING = "None"
"""How the codebook's counts name a missing value."""


@dataclass(frozen=True)
class Golden:
    """The published figures, read once."""

    codebook: dict[tuple[str, str], dict[str, Any]]
    """(section, variable) -> entry; sections are ``survey``, ``conversations``, ..."""
    skeleton: list[tuple[str, str, int]]
    """Conversation, person, utterances in all its turns: the real ones, in order."""
    born: dict[str, int]
    reside: dict[str, int]
    """Country -> people, as Table 8 has it."""
    cells: dict[str, dict[tuple[str, str, str], int]]
    """``uk`` and ``us``: (age, gender, ethnicity) -> eligible people of the balanced subset."""

    def counts(self, section: str, variable: str) -> dict[Any, int]:
        """Value -> rows of one categorical variable; a missing value is None."""
        values = self.codebook[section, variable]["values"]
        return {
            (None if value == SHOWN_AS_MISSING else value): int(n) for value, n in values.items()
        }

    def nested(self, section: str, variable: str) -> list[dict[str, Any]]:
        """The inner variables of one that is a mapping."""
        found: list[dict[str, Any]] = self.codebook[section, variable]["values"]["nested_values"]
        return found


def read_golden(folder: Path = FOLDER) -> Golden:
    """Read the published figures.

    Raises:
        FileNotFoundError: They are not on this machine.
    """
    golden = folder / "golden"
    entries = json.loads((golden / "codebook_entries.json").read_text())
    codebook = {}
    for entry in entries:
        section = entry["_section"].removeprefix("The ").lower()
        codebook[section, entry["variable_name"]] = entry
    with (golden / "real_skeleton_conversations.csv").open() as file:
        skeleton = [(c, u, int(n)) for c, u, n in list(csv.reader(file))[1:]]
    with (golden / "tab08_geographics.csv").open() as file:
        places = list(csv.DictReader(file))
    cells = {
        "uk": _cells(golden / "census_uk_observed_balanced_pct.csv", 274),
        "us": _cells(golden / "census_us_observed_balanced_pct.csv", 287),
    }
    return Golden(
        codebook=codebook,
        skeleton=skeleton,
        born={row["Category"]: int(row["Born"]) for row in places},
        reside={row["Category"]: int(row["Reside"]) for row in places},
        cells=cells,
    )


def _cells(path: Path, n_people: int) -> dict[tuple[str, str, str], int]:
    """Published shares of `n_people`, as the whole people that they are."""
    with path.open() as file:
        header, _blank, *rows = list(csv.reader(file))
    found: Counter[tuple[str, str, str]] = Counter()
    for age, *shares in rows:
        for name, share in zip(header[1:], shares, strict=True):
            ethnicity, _, gender = name.partition("_")
            if age != "All Ages" and ethnicity != "All":
                found[age, gender, ethnicity] = round(float(share) * n_people / 100)
    assert sum(found.values()) == n_people, path.name
    return {cell: n for cell, n in found.items() if n}
