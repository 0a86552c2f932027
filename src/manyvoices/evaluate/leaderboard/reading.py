"""The battles behind a leaderboard, with what can be said of them: hash, dates, what was left out.

A release (native or PRISM's), a file of battles (an arena's, native, CSV or Parquet), or the folder
of results of ``manyvoices evaluate preference``, which names the data that it was made from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from manyvoices.aggregate import Battles
from manyvoices.aggregate.columns import column_names
from manyvoices.aggregate.sources import COMPARISON_GROUPS, release_sources
from manyvoices.aggregate.tables import battles_from_table, read_table
from manyvoices.evaluate.files import RESULTS
from manyvoices.evaluate.leaderboard.asked import Asked, asked_of
from manyvoices.evaluate.leaderboard.errors import NobodyToRank, NoDataOfResults, TooFewPeople
from manyvoices.evaluate.leaderboard.settings import AUTOMATIC, Settings
from manyvoices.io import detect_format, read_battles, read_manifest
from manyvoices.io.manifest import MANIFEST, content_id, sha256
from manyvoices.schema.errors import DataError, Fault

TABLES = (".csv", ".csv.gz", ".parquet", ".pq")
FORMS = ("native", "prism", "arena", "battles")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What is ranked."""

    path: Path
    """Where it was read; never published."""
    name: str
    """Of the release, or of the file."""
    form: str
    sha256: str
    """Of the release's manifest, of a folder's files, or of the file."""
    battles: Battles
    """With the `fields` among their groups; bots' battles only where they are wanted."""
    fields: tuple[str, ...]
    asked: Asked


def read_source(path: Path, settings: Settings) -> Source:
    """Read `path`.

    Raises:
        DataError: Faults of the files, or a form that holds no battles.
        NobodyToRank, TooFewPeople, NoDataOfResults: See `errors`.
        ValueError: A field of `settings.by` is not known; says which are.
    """
    path = _data_of(path)
    form = _form(path)
    fields = _known(path, form) if settings.by is None else settings.by
    battles = _battles(path, form, fields, settings)
    battles = _of_people(battles, settings)
    name = _name(path)
    if not len(battles):
        raise NobodyToRank(name, battles.excluded)
    people = battles.n_participants
    if people is not None and people < settings.least_people:
        raise TooFewPeople(name, people, settings.least_people)
    return Source(path, name, form, _hash(path), battles, fields, asked_of(path, form))


def _data_of(path: Path) -> Path:
    """The data behind a folder of results; any other path as it is."""
    results = path / RESULTS
    if not path.is_dir() or not results.exists() or (path / MANIFEST).exists():
        return path
    try:
        config = json.loads(results.read_text(encoding="utf-8"))["config"]
        data = Path(config["data"])
    except (ValueError, KeyError, TypeError):
        raise NoDataOfResults(path, "no path") from None
    if not data.exists():
        raise NoDataOfResults(path, f"{data}, which is not there")
    return data


def _form(path: Path) -> str:
    if path.name.endswith(TABLES):
        return "battles"
    found = detect_format(path)
    if found not in FORMS:
        raise DataError([Fault(str(path), None, "", found, f"battles: {', '.join(FORMS)}")])
    return found


def _known(path: Path, form: str) -> tuple[str, ...]:
    """Which of `AUTOMATIC` the data name; answers of a survey are never taken unasked."""
    if form == "native":
        there = {"language"}
        source = release_sources(path)
        there |= set() if source == "comparisons" else {"conversation_type"}
        there |= set() if source == "conversations" else set(COMPARISON_GROUPS)
    elif form == "prism":
        there = {"conversation_type"}
    elif form == "arena":
        there = {"language"}.union(*(row.groups for row in read_battles(path)))
    else:
        there = set(column_names(read_table(path)))
    return tuple(name for name in AUTOMATIC if name in there)


def _battles(path: Path, form: str, fields: tuple[str, ...], settings: Settings) -> Battles:
    if form == "native":
        return Battles.from_release(path, settings.tie_threshold, groups=fields)
    if form == "prism":
        return Battles.from_prism(path, settings.tie_threshold, groups=fields)
    if form == "arena":
        return Battles.from_arena(path, groups=fields, both_bad=settings.both_bad)
    return battles_from_table(path, groups=fields, both_bad=settings.both_bad)


def _of_people(battles: Battles, settings: Settings) -> Battles:
    if settings.simulated or battles.simulated is None or not battles.simulated.any():
        return battles
    kept = battles.select(~battles.simulated)
    return replace(kept, excluded=battles.excluded).excluding({"simulated": battles.n_simulated})


def _name(path: Path) -> str:
    if (path / MANIFEST).exists():
        made = read_manifest(path)
        return made.release_id
    return path.name


def _hash(path: Path) -> str:
    if path.is_dir():
        return sha256(path / MANIFEST) if (path / MANIFEST).exists() else content_id(path)
    return sha256(path)
