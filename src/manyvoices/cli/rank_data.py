"""What ``manyvoices rank`` can read, and how it tells which it was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from manyvoices.schema.errors import DataError, Fault

if TYPE_CHECKING:
    from manyvoices.aggregate import Battles, Scores

FORMATS = ("native", "prism", "comparisons", "arena", "battles", "scores", "counts")
"""comparisons: ``comparisons.jsonl`` of a release alone. battles and scores are plain tables: CSV,
JSON lines or Parquet, columns as in the docs."""
TABLES = (".csv", ".csv.gz", ".parquet", ".pq")


def kind_of(data: Path, name: str | None) -> str:
    """Return the format, as named or as told from the content."""
    if name is not None:
        if name not in FORMATS:
            raise typer.BadParameter(f"--format is one of {', '.join(FORMATS)}, found {name!r}")
        return name
    from manyvoices.aggregate.tables import kind_of_table

    if data.name.endswith(TABLES):
        return kind_of_table(data)
    from manyvoices.io import detect_format

    try:
        found = detect_format(data)
    except DataError:
        # Rated answers as JSON lines are no format of a release, but they can be ranked.
        if data.is_file() and kind_of_table(data) == "scores":
            return "scores"
        raise
    if found == "native-comparisons":
        return "comparisons"
    if found not in FORMATS:
        wanted = f"battles: {', '.join(FORMATS)}"
        raise DataError([Fault(str(data), None, "", found, wanted)])
    return found


def read(
    data: Path,
    kind: str,
    *,
    group: str | None,
    threshold: float,
    with_scores: bool,
    source: str | None = None,
    with_quarantined: bool = False,
) -> tuple[Battles, Scores | None]:
    """Read battles, and the scores they come from where they are wanted and there are any."""
    from manyvoices.aggregate import Battles, Scores
    from manyvoices.aggregate.tables import battles_from_table, scores_from_table

    groups = (group,) if group is not None else ()
    if kind == "arena":
        return Battles.from_arena(data, groups=groups), None
    if kind == "comparisons":
        from manyvoices.aggregate.sources import battles_from_comparisons

        return battles_from_comparisons(
            data, groups=groups, with_quarantined=with_quarantined
        ), None
    if kind == "battles":
        return battles_from_table(data, groups=groups), None
    if kind == "scores":
        scores = scores_from_table(data, groups=groups, tie_threshold=threshold)
        return scores.battles().excluding(scores.excluded), scores
    if kind == "prism":
        battles = Battles.from_prism(data, threshold, groups=groups)
        return battles, Scores.from_prism(data, threshold, groups=groups) if with_scores else None
    battles = Battles.from_release(
        data,
        threshold,
        groups=(*groups, "source") if source == "both" and group != "source" else groups,
        source=source,  # type: ignore[arg-type] # checked there
        with_quarantined=with_quarantined,
    )
    if source == "comparisons" or not with_scores:
        return battles, None
    return battles, Scores.from_release(data, threshold, groups=groups)


def source_of(data: Path, kind: str, asked: str | None) -> str | None:
    """Which judgements of a native release are read: as asked, or all there are; None of others."""
    if kind != "native":
        if asked is not None:
            raise ValueError(f"--source is of a native release, found {kind}")
        return None
    from manyvoices.aggregate.sources import release_sources

    return asked or release_sources(data)
