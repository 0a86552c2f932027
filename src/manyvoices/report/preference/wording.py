"""What every chapter of a preference study's page says in the same words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from manyvoices.evaluate import files
from manyvoices.evaluate.preference.texts import pair_name

Found = Mapping[str, Any]
CORRECTIONS = {"holm": "Holm’s", "benjamini_hochberg": "Benjamini and Hochberg’s"}
BOTH_WAYS = "clustered by people and prompts (Cameron, Gelbach and Miller 2011)"


def level(found: Found) -> str:
    """``95%``."""
    return f"{found['config']['rules']['level']:.0%}"


def cases(found: Found) -> str:
    """How many votes of whom on what."""
    counts = found["counts"]
    return (
        f"{counts['counting']:,} votes of {counts['raters']:,} people on "
        f"{counts['prompts']:,} prompts"
    )


def percent_won(found: Found) -> str:
    """The label of an axis of win rates."""
    against = f" against {found['baseline']}" if found["baseline"] else ""
    half = ", a tie is half" if found["config"]["rules"]["ties"] == "half" else ", ties left out"
    return f"% won{against}{half}"


def label(found: Found, row: Found) -> str:
    """With one baseline its name needs no repeating."""
    return str(row["model"]) if found["baseline"] else pair_name(row)


def method(found: Found) -> str:
    """The declared rules, as sentences."""
    rules = found["config"]["rules"]
    ties = {
        "half": "A tie is half a win each way",
        "dropped": "Ties are left out",
        "davidson": "Davidson's model of ties, all pairs at once",
    }[rules["ties"]]
    bad = {"tie": "“both bad” is a tie", "leave_out": "“both bad” is left out"}[rules["all_bad"]]
    return f"{ties}; {bad}. {level(found)} intervals {BOTH_WAYS}."


def shown(measure: Mapping[str, float] | None, digits: int = 3) -> str:
    """``−0.18 (−0.67 to 0.22)`` with real minus signs; a dash where nothing was measured."""
    return files.shown(measure, digits).replace("-", "−")


def slug(name: str) -> str:
    """`name` as part of a file's name; what is lost of it is made up for by a hash."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if plain.replace("-", "_") == name:
        return plain
    return f"{plain}-{sha256(name.encode()).hexdigest()[:6]}".strip("-")
