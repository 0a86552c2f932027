"""Moderation flags: a step ``pyarrow.Table -> pyarrow.Table`` over verdicts fetched before.

Source: PRISM (arXiv 2404.16019, appendix E.2), whose columns are those of OpenAI's moderation
endpoint. Deviations: no model is asked unless one is named, and nobody is taken to be clean because
nobody was asked (null, and ``none`` for the model); the model that answered and the day are
stored, since the model behind a name changes. A list of swear words is no moderation.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from manyvoices.curate.moderation_file import read_verdicts
from manyvoices.schema.moderation import Verdict

if TYPE_CHECKING:
    import pyarrow as pa

CATEGORIES = (
    "sexual",
    "hate",
    "harassment",
    "self-harm",
    "sexual/minors",
    "hate/threatening",
    "violence/graphic",
    "self-harm/intent",
    "self-harm/instructions",
    "harassment/threatening",
    "violence",
)
"""PRISM's eleven, in its order."""
COLUMNS = ("moderation_flag", "moderation_scores", "moderator", "moderated_on")
"""What `annotate_moderation` adds."""
NOBODY = "none"
"""The moderator of a text that no model was asked about."""


class Moderator(Protocol):
    """A model that can be asked about texts; ``manyvoices.llm.moderation`` has two."""

    @property
    def model(self) -> str:
        """The model as it is asked for."""
        ...

    async def moderate(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text, in order; raises `manyvoices.llm.port.ResponderError`."""
        ...

    async def aclose(self) -> None:
        """Give back connections or memory; safe to call twice."""
        ...


def text_key(text: str) -> str:
    """SHA-256 of a text's UTF-8, in hexadecimal: what verdicts are found by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def annotate_moderation(
    table: pa.Table, verdicts: Mapping[str, Verdict] | str | Path | None, *, text: str = "text"
) -> pa.Table:
    """`table` with `COLUMNS` added: flags and scores by category, the model's name, the day.

    `verdicts` are by `text_key`, or the file that `ask_about` filled with one model's, or None.
    Null where nobody was asked, and in a category that the model does not know.

    Raises:
        DataError: The file of verdicts is at fault, or holds those of several models.
    """
    import pyarrow as pa

    known = _known(verdicts)
    found = [
        None if value is None else known.get(text_key(value))
        for value in table.column(text).to_pylist()
    ]
    columns = (
        pa.array([_flags(verdict) for verdict in found], _struct(pa.bool_(), flagged=True)),
        pa.array([_scores(verdict) for verdict in found], _struct(pa.float64())),
        pa.array([verdict.model if verdict else NOBODY for verdict in found], pa.string()),
        pa.array([verdict.moderated_on if verdict else None for verdict in found], pa.date32()),
    )
    for name, column in zip(COLUMNS, columns, strict=True):
        table = table.append_column(name, column)
    return table


def prism_moderation(
    flags: Mapping[str, bool | None] | None, scores: Mapping[str, float | None] | None
) -> dict[str, Any] | None:
    """PRISM's ``moderation_flag`` of one text: flags, and scores rounded to two decimals.

    None where nobody was asked. Categories of which the model said nothing stay null.
    """
    if flags is None:
        return None
    return {
        "flagged": flags.get("flagged"),
        "categories": {name: flags.get(name) for name in CATEGORIES},
        "category_scores": {
            name: None if (score := (scores or {}).get(name)) is None else round(score, 2)
            for name in CATEGORIES
        },
    }


def _known(verdicts: Mapping[str, Verdict] | str | Path | None) -> Mapping[str, Verdict]:
    if isinstance(verdicts, str | Path):
        status = Path(verdicts).stat()
        return _read(str(verdicts), status.st_size, status.st_mtime_ns)
    return verdicts or {}


@functools.lru_cache(maxsize=2)
def _read(path: str, _size: int, _modified: int) -> dict[str, Verdict]:
    """The verdicts of a file, kept while the file is as it was: a worker asks for every shard."""
    return read_verdicts(path)


def _struct(value: Any, *, flagged: bool = False) -> Any:
    import pyarrow as pa

    names: Iterable[str] = ("flagged", *CATEGORIES) if flagged else CATEGORIES
    return pa.struct([(name, value) for name in names])


def _flags(verdict: Verdict | None) -> dict[str, bool | None] | None:
    if verdict is None:
        return None
    return {"flagged": verdict.flagged} | {c: verdict.categories.get(c) for c in CATEGORIES}


def _scores(verdict: Verdict | None) -> dict[str, float | None] | None:
    return None if verdict is None else {c: verdict.scores.get(c) for c in CATEGORIES}
