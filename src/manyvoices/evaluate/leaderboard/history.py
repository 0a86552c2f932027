"""How ratings moved: one line of ``history.jsonl`` for each run on other data or other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.evaluate.files import put
from manyvoices.evaluate.generations_file import read

FILE = "history.jsonl"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The board of everybody, as a run left it."""

    at: str
    """ISO 8601, of the run."""
    data: str
    """Name of the data."""
    sha256: str
    settings: str
    """`Settings.digest`."""
    method: str
    n_people: int | None
    n_battles: int
    models: dict[str, list[float]]
    """Model -> score, low, high, best rank, worst rank."""


def entry(results: Mapping[str, Any], at: str, settings: str) -> Entry:
    """What a run's `results` add to the history."""
    everybody = results["boards"][0]
    names = ("score", "low", "high", "rank_low", "rank_high")
    return Entry(
        at=at,
        data=results["data"]["name"],
        sha256=results["data"]["sha256"],
        settings=settings,
        method=results["settings"]["method"],
        n_people=everybody["n_people"],
        n_battles=everybody["n_battles"],
        models={row["model"]: [float(row[n]) for n in names] for row in everybody["rows"]},
    )


def read_history(out: Path) -> list[Entry]:
    """What earlier runs left in `out`.

    Raises:
        DataError: A line is no entry; all of them are named.
    """
    path = out / FILE
    return list(read(path, Entry)) if path.exists() else []


def extended(history: Sequence[Entry], new: Entry) -> list[Entry]:
    """With `new` at the end; a run on the same data with the same settings takes the place of the
    last, so that running twice says nothing twice."""
    last = history[-1] if history else None
    same = last is not None and (last.sha256, last.settings) == (new.sha256, new.settings)
    return [*(history[:-1] if same else history), new]


def write_history(out: Path, history: Sequence[Entry]) -> None:
    """All of it, replaced at once."""
    put(out / FILE, "".join(msgspec.json.encode(one).decode() + "\n" for one in history))
