"""From data to boards: read, fold small groups, rank, write, remember."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.aggregate import Battles
from manyvoices.aggregate.sources import release_sources
from manyvoices.evaluate.leaderboard.boards import board
from manyvoices.evaluate.leaderboard.history import (
    entry,
    extended,
    read_history,
    write_history,
)
from manyvoices.evaluate.leaderboard.reading import Source, read_source
from manyvoices.evaluate.leaderboard.settings import Settings
from manyvoices.evaluate.leaderboard.small_groups import OTHER, Folded, fold
from manyvoices.evaluate.leaderboard.style import style_board
from manyvoices.evaluate.leaderboard.writing import write_files
from manyvoices.io.manifest import installed_version

Tick = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """What a run leaves."""

    out: Path
    results: Mapping[str, Any]
    """What ``leaderboard.json`` holds."""


def make_leaderboard(
    data: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    now: dt.datetime,
    title: str = "",
    tick: Tick | None = None,
) -> Leaderboard:
    """Rank what `data` holds and write ``leaderboard.json``, ``.csv``, ``.parquet`` and
    ``history.jsonl`` into `out`.

    Raises:
        DataError: The data, or the history in `out`, have faults.
        NobodyToRank, TooFewPeople, NoDataOfResults: See `errors`.
        ValueError: A field of ``by`` is not known.
    """
    settings = settings or Settings()
    told = tick or (lambda _what: None)
    history = read_history(out)  # before any work, since it may be at fault
    told("Reading")
    source = read_source(data, settings)
    told("everybody")
    boards = [board(source.battles, settings)]
    folds: dict[str, Folded] = {}
    for field in source.fields:
        folds[field] = fold(source.battles, field, settings.least_people)
        for value, part in folds[field].parts.items():
            told(f"{field}: {value}")
            boards.append(board(part, settings, field=field, value=value))
    told("style")
    results = {
        "title": title or f"Leaderboard of {source.name}",
        "at": now.isoformat(timespec="seconds"),
        "software": installed_version(),
        "data": _data(source),
        "settings": settings.plain(),
        "notes": list(_notes(source, folds, settings)),
        "boards": boards,
        "style": style_board(source, settings),
    }
    results = msgspec.to_builtins(results)
    new = entry(results, results["at"], settings.digest)
    kept = extended(history, new)
    results["history"] = msgspec.to_builtins(kept)
    write_files(out, results)
    write_history(out, kept)
    return Leaderboard(out, results)


def _data(source: Source) -> dict[str, Any]:
    battles = source.battles
    return {
        "name": source.name,
        "form": source.form,
        "sha256": source.sha256,
        "first": source.asked.first,
        "last": source.asked.last,
        "n_shared_prompts": source.asked.n_shared,
        "n_models": len(battles.models),
        "excluded": dict(battles.excluded),
        "n_simulated": battles.n_simulated,
    }


def _notes(source: Source, folds: Mapping[str, Folded], settings: Settings) -> Iterator[str]:
    """What a reader must know before the numbers are believed."""
    n = settings.least_people
    if source.battles.n_simulated:
        yield (
            f"{source.battles.n_simulated:,} of {len(source.battles):,} battles were judged by "
            "bots of a rehearsal: this is no board of people's preferences"
        )
    if source.asked.n_shared and source.battles.cluster is not None:
        yield (
            f"{source.asked.n_shared:,} prompts were judged by several people: intervals and ranks "
            "are for other people on these prompts; on other prompts they would be wider"
        )
    for field, folded in folds.items():
        if not folded.parts and not folded.small:
            if settings.by is not None:
                yield f"{field}: all battles are of one group, so there is nothing to split"
        elif not folded.parts:
            yield f"{field}: fewer than two groups of {n} people, so none is shown"
        elif folded.small and OTHER in folded.parts:
            yield f"{field}: {_groups(folded)} of few people are one group here"
        elif folded.small:
            left = len(source.battles) - sum(map(len, folded.parts.values()))
            yield (f"{field}: {_groups(folded)} of few people are left out ({left:,} battles)")
    rated = _rated(source, settings)
    if rated:
        yield rated
    pairs = _pairs(source.battles)
    if pairs:
        yield pairs


def _rated(source: Source, settings: Settings) -> str:
    """How scores became battles, where some did."""
    if source.form not in ("native", "prism"):
        return ""
    kinds = release_sources(source.path) if source.form == "native" else "conversations"
    if kinds == "comparisons":
        return ""
    among = "opening turns beside comparisons" if kinds == "both" else "opening turns"
    return (
        f"rated answers of {among}: two are a battle, and scores at most "
        f"{settings.tie_threshold:g} apart are a tie"
    )


def _groups(folded: Folded) -> str:
    return f"{len(folded.small)} group{'s' if len(folded.small) > 1 else ''}"


def _pairs(battles: Battles) -> str:
    from manyvoices.aggregate import diagnose

    found = diagnose(battles)
    missing = found.pairs_possible - found.pairs_compared
    if not missing:
        return ""
    return (
        f"{missing:,} of {found.pairs_possible:,} pairs of models never met: their order rests on "
        "their battles with others"
    )
