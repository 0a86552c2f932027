"""PRISM's study rehearsed, and its release held against PRISM's published codebook (appendix V).

    python -m benchmarks.prism_rehearsal --participants 1500     the whole of it (CPU: 1.8 s a bot)
    python -m benchmarks.prism_rehearsal --small                 three bots
    python -m benchmarks.prism_rehearsal --release FOLDER        hold a release that is there

Runs ``init --template prism``, ``rehearse``, ``release`` and ``validate`` as a researcher would,
then compares variable by variable: the columns, their types, and the sets of their values. With 200
bots or more every value of the codebook has to have come; with fewer none may come that is not in
it. What cannot be equal is named with its reason. Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

CODEBOOK = Path(__file__).resolve().parents[2] / "shared/data/prism/golden/codebook_entries.json"
SECTIONS = {
    "survey": "The Survey",
    "conversations": "The Conversations",
    "utterances": "The Utterances",
    "metadata": "The MetaData",
}
TYPES: dict[str, tuple[type, ...]] = {
    "string id": (str, int),
    "string": (str,),
    "categorical": (str,),
    "binary": (bool, str),
    "int": (int,),
    "float": (int, float),
    "datetime": (str,),
    "dict": (dict, list),
    "nested dict": (dict,),
}
ENOUGH = 200
"""Bots from which on the rarest answer (one in a hundred or so) may be expected to have come."""
DROPOUTS = 0.07
CURATION = "comes with curation"
LATER = {
    **dict.fromkeys(("religion_categorised", "religion_simplified"), CURATION),
    **dict.fromkeys(("ethnicity_categorised", "ethnicity_simplified"), CURATION),
    **dict.fromkeys(("location_birth_subregion", "location_reside_subregion"), CURATION),
    **dict.fromkeys(("location_special_region", "included_in_balanced_subset"), CURATION),
    **dict.fromkeys(("included_in_UK_REP", "included_in_US_REP"), CURATION),
    **dict.fromkeys(("pii_flag", "pii_manual_flag", "moderation_flag"), CURATION),
    **dict.fromkeys(("language_flag", "en_flag"), CURATION),
    "study_locale": "which of Prolific's samples: bots came by none",
}
"""Variables that a release has and that are null in it, with why."""
OWN_WORDS = {"gender": "own words stand until somebody has put them in a category"}
OPTIONAL = {"open_feedback": "may be left empty here, and bots do"}
MOST_TURNS = 22
"""Of the protocol: PRISM's longest conversation."""
NESTED = ("religion", "ethnicity", "location")
UNLISTED = {"conversation_id", "user_id", "conversation_history", "simulated"}
"""Columns that the codebook does not list by themselves, and our mark of bots."""


@dataclass
class Seen:
    """What one variable held in a release."""

    n: int = 0
    nulls: int = 0
    types: Counter[str] = field(default_factory=Counter)
    wrong_type: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    inner: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """One variable of one file, held against the codebook."""

    file: str
    variable: str
    outcome: str
    """``equal``, ``later`` (null until curation), ``let pass`` or ``DIFFERS``."""
    detail: str = ""


def rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of one file, nested columns told by the names that the codebook gives them."""
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for column in NESTED:
                inner = row.get(column) or {}
                row |= {f"{column}_{key}": value for key, value in inner.items()}
            yield row


def codebook(path: Path, section: str) -> dict[str, dict[str, Any]]:
    """Variable -> entry."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {e["variable_name"]: e for e in entries if e["_section"] == section}


def compare(folder: Path, book: Path = CODEBOOK) -> list[Verdict]:
    """Hold the four files in `folder` against the codebook at `book`."""
    people = sum(1 for _ in rows(folder, "survey"))
    found: list[Verdict] = []
    for name, section in SECTIONS.items():
        entries = codebook(book, section)
        seen = {variable: Seen() for variable in entries}
        columns: set[str] = set()
        for row in rows(folder, name):
            columns |= set(row)
            for variable, entry in entries.items():
                _look(row.get(variable), seen[variable], entry)
        extra = columns - set(entries) - UNLISTED
        found += [
            Verdict(name, column, "DIFFERS", "not in the codebook") for column in sorted(extra)
        ]
        for variable, entry in entries.items():
            if variable not in columns:
                found.append(Verdict(name, variable, "DIFFERS", "no such column"))
            else:
                enough = people >= ENOUGH
                found.append(_judge(name, entry, seen[variable], enough=enough))
    return found


def _look(value: Any, seen: Seen, entry: dict[str, Any]) -> None:
    seen.n += 1
    if value is None:
        seen.nulls += 1
        return
    if not isinstance(value, TYPES[entry["variable_type"]]):
        seen.wrong_type[type(value).__name__] += 1
    if entry["variable_type"] in ("categorical", "binary"):
        seen.values[str(value)] += 1
    elif isinstance(value, int | float):
        seen.numbers.append(value)
    elif entry["variable_type"] == "datetime":
        datetime.fromisoformat(value)
    elif isinstance(value, dict) and "nested_values" in entry["values"]:
        seen.keys |= set(value)
        for key, told in value.items():
            if told is not None:
                kind = "number" if isinstance(told, int) and not isinstance(told, bool) else told
                seen.inner.setdefault(key, set()).add(str(kind) if key != "other_text" else "text")
                if kind == "number":
                    seen.numbers.append(told)


def _judge(name: str, entry: dict[str, Any], seen: Seen, *, enough: bool) -> Verdict:
    variable = entry["variable_name"]
    if variable in LATER:
        null = seen.nulls == seen.n
        return Verdict(name, variable, "later" if null else "DIFFERS", LATER[variable])
    faults = [*_types(seen), *_missing(entry, seen, enough=enough)]
    faults += _values(entry, seen, enough=enough) + _numbers(variable, entry, seen)
    faults += _nested(entry, seen)
    if faults:
        return Verdict(name, variable, "DIFFERS", "; ".join(faults))
    if variable in OPTIONAL and seen.nulls:
        return Verdict(name, variable, "let pass", OPTIONAL[variable])
    if variable in OWN_WORDS and set(seen.values) - set(entry["values"]):
        return Verdict(name, variable, "let pass", OWN_WORDS[variable])
    return Verdict(name, variable, "equal", _told(entry, seen))


def _types(seen: Seen) -> list[str]:
    return [f"{n} values of type {kind}" for kind, n in sorted(seen.wrong_type.items())]


def _missing(entry: dict[str, Any], seen: Seen, *, enough: bool) -> list[str]:
    may = entry["num_missing"] != 0 or entry["variable_name"] in OPTIONAL
    if seen.nulls and not may:
        return [f"{seen.nulls} nulls, and the codebook has none"]
    if enough and seen.nulls == seen.n:
        return ["null everywhere"]
    return []


def _values(entry: dict[str, Any], seen: Seen, *, enough: bool) -> list[str]:
    if entry["variable_type"] not in ("categorical", "binary"):
        return []
    known = set(entry["values"]) - {"-", "None", "Too many values to show"}
    if not known:
        return []
    faults = []
    unknown = set(seen.values) - known
    if unknown and entry["variable_name"] not in OWN_WORDS:
        faults.append(f"values that are not in the codebook: {sorted(unknown)}")
    if enough and (absent := known - set(seen.values)):
        faults.append(f"values that never came: {sorted(absent)}")
    return faults


def _numbers(variable: str, entry: dict[str, Any], seen: Seen) -> list[str]:
    known = entry["values"]
    if not seen.numbers or "min" not in known or variable.startswith("timing"):
        return []  # How long somebody took is theirs.
    least, most = known["min"], max(known["max"], MOST_TURNS)
    outside = [number for number in seen.numbers if not least <= number <= most]
    return [f"{len(outside)} numbers outside of {least}..{most}"] if outside else []


def _nested(entry: dict[str, Any], seen: Seen) -> list[str]:
    told = entry["values"].get("nested_values")
    if told is None or not seen.keys:
        return []
    faults = []
    keys = {inner["variable_name"] for inner in told}
    if seen.keys != keys:
        faults.append(f"keys {sorted(seen.keys ^ keys)} on one side only")
    for inner in told:
        found = seen.inner.get(inner["variable_name"], set())
        wanted = {"True", "False"} if "True" in inner else {"number"} if "mean" in inner else None
        if wanted is not None and not found <= wanted:
            faults.append(f"{inner['variable_name']} holds {sorted(found - wanted)[:3]}")
    return faults


def _told(entry: dict[str, Any], seen: Seen) -> str:
    parts = [f"{seen.n - seen.nulls} values"]
    if seen.values:
        known = set(entry["values"]) - {"-", "None", "Too many values to show"}
        parts.append(f"{len(seen.values)} different" + (f" of {len(known)}" if known else ""))
    elif seen.keys:
        parts.append(f"{len(seen.keys)} keys")
    elif seen.numbers:
        parts.append(f"{min(seen.numbers):g}..{max(seen.numbers):g}")
    return ", ".join(parts)


def make_release(folder: Path, *, participants: int, seed: int) -> Path:
    """The release of a rehearsal in `folder`; the commands are a researcher's."""
    db = ("--db", f"sqlite:///{folder / 'prism.sqlite3'}")
    # Some of PRISM's people did the survey alone (104 of 1,500): its codebook has them.
    share = ("--dropouts", str(DROPOUTS)) if participants >= ENOUGH else ()
    bots = ("-n", str(participants), "--seed", str(seed), *share)
    for words in (
        ("init", "study", "--template", "prism"),
        ("rehearse", "study/rehearsal.yaml", *bots, *db),
        ("release", "--study", "prism-rehearsal", "--out", "release", *db),
        ("validate", "release"),
    ):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "manyvoices", *words], cwd=folder, check=True)
        print(f"-- {words[0]}: {time.monotonic() - began:.0f} s", flush=True)
    return folder / "release" / "prism"


def print_table(verdicts: list[Verdict]) -> None:
    """Every variable with what came of it, and the sums."""
    for v in verdicts:
        print(f"{v.file:13} {v.variable:36} {v.outcome:9} {v.detail}")
    sums = Counter(v.outcome for v in verdicts)
    print(f"{len(verdicts)} variables: " + ", ".join(f"{n} {name}" for name, n in sums.items()))


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--participants", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="three bots")
    parser.add_argument("--release", type=Path, help="a release that is there already")
    parser.add_argument("--codebook", type=Path, default=CODEBOOK)
    options = parser.parse_args()
    if not options.codebook.is_file():
        sys.exit(f"PRISM's codebook is not at {options.codebook}; name it with --codebook")
    with tempfile.TemporaryDirectory() as temporary:
        n = 3 if options.small else options.participants
        folder = options.release or make_release(Path(temporary), participants=n, seed=options.seed)
        folder = folder / "prism" if (folder / "prism").is_dir() else folder
        verdicts = compare(folder, options.codebook)
    print_table(verdicts)
    sys.exit(any(v.outcome == "DIFFERS" for v in verdicts))


if __name__ == "__main__":
    main()
