"""Our order of models beside another leaderboard's.  PRISM, Figure 37 (appendix T.9)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from manyvoices.aggregate import Battles, even_sampled, fit
from manyvoices.analyse.dataset import NotEnough, short_model_name
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.ranks.openers import openers_of
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.schema.errors import DataError, Fault

MAPPING = "model_names.csv"
PRISM_SLOTS, PRISM_LEVEL = 80, 0.9
_LEAST_SLOTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One of two sets of battles, on the shared models."""

    name: str
    n_models: int
    """Of all its models."""
    n_battles: int
    """Between shared models."""
    shares: tuple[float, float, float]
    """Won by the first shown, won by the second, tied."""
    win_rate: FloatArray
    """(n,) mean share won against each opponent met, ties half; all battles."""
    score: FloatArray
    """(n,) median rank centrality over even samples."""
    low: FloatArray
    """(n,) interval at `Comparison.level`."""
    high: FloatArray
    rank: FloatArray
    """(n,) median rank over even samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two leaderboards on the models, and the pairs of models, that both hold."""

    models: tuple[str, ...]
    """Best first by our even samples."""
    ours: Source
    theirs: Source
    difference: FloatArray
    """(n,) median of our score less theirs, sample by sample."""
    difference_low: FloatArray
    difference_high: FloatArray
    n_pairs: int
    """Pairs of models that met in both."""
    per_pair: int
    """Battles drawn for each pair, with replacement."""
    n_resamples: int
    level: float
    """What the intervals cover. PRISM's are 90 % (5th to 95th percentile), captioned 95 %."""
    renamed: tuple[tuple[str, str], ...]
    """(their name, ours) where they differ."""

    @property
    def apart(self) -> tuple[tuple[str, int], ...]:
        """(model, 1 = higher with us, -1 = lower) where the interval of the difference is off 0."""
        rows = zip(self.models, self.difference_low, self.difference_high, strict=True)
        return tuple((m, 1 if low > 0 else -1) for m, low, high in rows if low > 0 or high < 0)


def compare_leaderboards(
    ours: Battles,
    theirs: Battles,
    names: tuple[str, str] = ("this release", "the other"),
    *,
    mapping: Mapping[str, str] | None = None,
    per_pair: int | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    compat: Literal["prism"] | None = None,
) -> Comparison:
    """Compare two sets of battles on what both hold.

    `mapping`: their name of a model -> ours; without one, models are the same whose short names
    are, in any case. Each pair of models that met in both is given `per_pair` battles, drawn with
    replacement, `n_resamples` times; by default as many as the tenth percentile of the rarer
    side's pairs holds (which is how PRISM came to its 80). Ties count half. Intervals are over
    battles, as the slots of a pair are filled battle by battle: they leave out that one person
    gives several. `compat="prism"`: 80 slots and 90 % intervals.

    Raises `NotEnough` where fewer than two models, or no pair, are shared.
    """
    theirs, renamed = _renamed(theirs, ours.models, mapping)
    shared = sorted(set(ours.models) & set(theirs.models))
    if len(shared) < 2:
        raise NotEnough(
            f"{names[0]} and {names[1]} share {len(shared)} models, and a comparison needs two; "
            f"where names differ, a file {MAPPING} (columns theirs,ours) says which is which."
        )
    both = [_only(each, shared) for each in (ours, theirs)]
    if compat == "prism":
        per_pair, level = PRISM_SLOTS, PRISM_LEVEL
    slots = per_pair or _slots(both)
    if not slots:
        raise NotEnough(f"No two models met both in {names[0]} and in {names[1]}.")
    table = even_sampled(*both, per_pair=slots, n_resamples=n_resamples, level=level, seed=seed)
    column = {name: np.array(table[name]) for name in table.columns}
    order = np.lexsort((np.arange(len(shared)), -column["first"]))
    sides = [
        _source(name, n, each, shared, column, side, order)
        for name, n, each, side in zip(
            names, (len(ours.models), len(theirs.models)), both, ("first", "second"), strict=True
        )
    ]
    return Comparison(
        models=tuple(shared[i] for i in order),
        ours=sides[0],
        theirs=sides[1],
        difference=column["difference"][order],
        difference_low=column["difference_low"][order],
        difference_high=column["difference_high"][order],
        n_pairs=int(column["n_pairs"][0]),
        per_pair=slots,
        n_resamples=n_resamples,
        level=level,
        renamed=renamed,
    )


def read_other(path: Path, *, tie_threshold: float) -> tuple[Battles, str]:
    """Battles of another source and its name: a release folder, or a file of arena battles."""
    if path.is_dir():
        other = read_dataset(path)
        name = other.table.source.title or path.name
        return openers_of(other, tie_threshold=tie_threshold).scores.battles(), name
    return Battles.from_arena(path), path.stem


def read_mapping(path: Path) -> dict[str, str] | None:
    """`model_names.csv` (columns theirs,ours) beside the other source; None where there is none."""
    file = (path if path.is_dir() else path.parent) / MAPPING
    if not file.is_file():
        return None
    with file.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.DictReader(text)
        if not {"theirs", "ours"} <= set(reader.fieldnames or ()):
            header = ", ".join(reader.fieldnames or ()) or "an empty file"
            raise DataError([Fault(str(file), 1, "", header, "a header with theirs,ours")])
        return {row["theirs"]: row["ours"] for row in reader if row["theirs"] and row["ours"]}


def _renamed(
    theirs: Battles, ours: tuple[str, ...], mapping: Mapping[str, str] | None
) -> tuple[Battles, tuple[tuple[str, str], ...]]:
    """Their battles under our names; a name that two of their models would get stays as it is."""
    known = {short_model_name(name).lower(): name for name in ours}
    guessed = {m: known.get(short_model_name(m).lower(), m) for m in theirs.models}
    new = [(mapping or {}).get(m, guessed[m]) for m in theirs.models]
    names = [to if new.count(to) == 1 else m for m, to in zip(theirs.models, new, strict=True)]
    changed = tuple((m, to) for m, to in zip(theirs.models, names, strict=True) if m != to)
    return replace(theirs, models=tuple(names)), changed


def _only(battles: Battles, shared: list[str]) -> Battles:
    """The battles between shared models."""
    among = np.array([name in set(shared) for name in battles.models])
    return battles.select(among[battles.a] & among[battles.b])


def _slots(both: list[Battles]) -> int:
    """Tenth percentile of the rarer side's battles over pairs that met in both; 0 = no pair."""
    counts: list[dict[tuple[str, str], int]] = []
    for each in both:
        found: dict[tuple[str, str], int] = {}
        for a, b in zip(each.a.tolist(), each.b.tolist(), strict=True):
            first, second = sorted((each.models[a], each.models[b]))
            found[first, second] = found.get((first, second), 0) + 1
        counts.append(found)
    rarer = [min(n, counts[1][pair]) for pair, n in counts[0].items() if pair in counts[1]]
    return max(_LEAST_SLOTS, int(np.quantile(rarer, 0.1))) if rarer else 0


def _source(
    name: str,
    n_models: int,
    battles: Battles,
    shared: list[str],
    column: Mapping[str, FloatArray],
    side: str,
    order: IntArray,
) -> Source:
    rates = fit(battles, "win_rate")
    rate = dict(zip(rates.models, rates.scores.tolist(), strict=True))
    outcomes = [float((battles.outcome == value).mean()) for value in (1.0, 0.0, 0.5)]
    return Source(
        name=name,
        n_models=n_models,
        n_battles=len(battles),
        shares=(outcomes[0], outcomes[1], outcomes[2]),
        win_rate=np.array([rate.get(model, np.nan) for model in shared])[order],
        score=column[side][order],
        low=column[f"{side}_low"][order],
        high=column[f"{side}_high"][order],
        rank=column[f"rank_{side}"][order],
    )
