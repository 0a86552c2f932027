"""Which column of a table of ratings is what: guessed from common names, or written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from manyvoices.io.faults import describe, shorten
from manyvoices.schema import DataError, Fault

ITEMS = ("item_id", "instance_id", "text_id", "comment_id", "example_id", "item", "id")
RATERS = (
    *("participant_id", "rater_id", "annotator_id", "worker_id", "user_id"),
    *("rater", "annotator", "worker", "judge"),
)
TEXTS = ("text", "comment", "sentence", "content", "message")
RATINGS = (
    *("rating", "score", "label", "offensiveness", "politeness", "formality", "toxicity"),
    *("toxic_score", "quality", "helpfulness", "harmlessness", "safety", "similarity"),
)
"""Names of columns that are taken for a rating, beside those that start with ``rating.``."""

PREFIX = "rating."


@dataclass(frozen=True, slots=True)
class RatedColumns:
    """Which column is what; every other column is an attribute.

    In a file, ``<table>.columns.yaml``::

        item: instance_id
        rater: user_id
        text: text               # may be left out
        ratings: [offensiveness]
        range: [1, 5]            # may be left out
    """

    item: str
    """What was rated."""
    rater: str
    """Who rated."""
    ratings: tuple[str, ...]
    """One column for each scale."""
    text: str | None = None
    """The text itself, where the table has it."""
    range: tuple[float, float] | None = None
    """Lowest and highest rating, both possible; None means not known."""

    @property
    def name(self) -> str:
        """Names the form of a row in `Published.format`."""
        return f"rated:{self.item},{self.rater},{self.text},{'|'.join(self.ratings)}:{self.range}"

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that every row must have."""
        return (self.item, self.rater, *self.ratings)

    def scale(self, column: str) -> str:
        """The name of the scale that a column holds."""
        return column.removeprefix(PREFIX)

    @classmethod
    def guess(cls, names: Sequence[str]) -> RatedColumns | None:
        """The columns by their usual names; None where item, rater or rating has none of them."""
        item, rater, text = (_first(known, names) for known in (ITEMS, RATERS, TEXTS))
        ratings = tuple(n for n in names if n.startswith(PREFIX) or n.lower() in RATINGS)
        if item is None or rater is None or not ratings:
            return None
        return cls(item=item, rater=rater, text=text, ratings=ratings)

    @classmethod
    def load(cls, path: Path | str) -> RatedColumns:
        """Read such a file.

        Raises:
            DataError: It is not one.
        """
        try:
            written = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise _fault(path, "", shorten(str(error)), "a YAML file") from error
        if not isinstance(written, dict):
            raise _fault(path, "", describe(written), "item, rater and ratings")
        for name in ("item", "rater"):
            if not isinstance(written.get(name), str):
                raise _fault(path, name, describe(written.get(name)), "the name of a column")
        ratings = written.get("ratings")
        ratings = [ratings] if isinstance(ratings, str) else ratings
        if not isinstance(ratings, list) or not ratings or not all(map(_is_text, ratings)):
            raise _fault(path, "ratings", describe(ratings), "a list of names of columns")
        return cls(
            item=written["item"],
            rater=written["rater"],
            ratings=tuple(ratings),
            text=written.get("text"),
            range=_range(path, written.get("range")),
        )

    @staticmethod
    def marks() -> tuple[frozenset[str], ...]:
        """Fields that tell a table of ratings in JSON lines or Parquet."""
        return tuple(frozenset({item, rater}) for item in ITEMS for rater in RATERS)


OURS = RatedColumns(item="item_id", rater="participant_id", ratings=(), text="text")
"""The columns of ratings that were not read from a table; scales are ``rating.<scale>``."""


def columns_of(path: Path | str, names: Sequence[str], line: int) -> RatedColumns:
    """The columns of a table: as the file beside it says, or guessed from its `names`.

    Raises:
        DataError: Neither tells.
    """
    beside = Path(f"{path}.columns.yaml")
    if beside.exists():
        return RatedColumns.load(beside)
    guessed = RatedColumns.guess(names)
    if guessed is None:
        wanted = "columns for the item, the rater and a rating"
        hint = f"say which they are in {beside.name}: item, rater, ratings"
        found = f"the columns {shorten(', '.join(names), 200)}"
        raise DataError([Fault(str(path), line, "", found, wanted, hint)])
    return guessed


def _first(known: Sequence[str], names: Sequence[str]) -> str | None:
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in known if name in by_lower), None)


def _range(path: Path | str, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)):
        return float(value[0]), float(value[1])
    raise _fault(path, "range", describe(value), "the lowest and the highest rating")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fault(path: Path | str, where: str, found: str, wanted: str) -> DataError:
    return DataError([Fault(str(path), None, where, found, wanted)])
