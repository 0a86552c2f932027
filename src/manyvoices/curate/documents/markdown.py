"""Pieces of Markdown in which somebody else's text stands as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

BLANK = "TO BE WRITTEN"
_MARKS = re.compile(r"([\\`*_{}\[\]<>|~#$])")


def cell(text: str) -> str:
    """`text` on one line, with nothing in it read as markup; code stays code."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(
        part.replace("|", "\\|") if part[:1] == "`" and len(part) > 1 else _MARKS.sub(r"\\\1", part)
        for part in parts
    )


def code(text: str) -> str:
    """`text` as code; a backtick in it becomes an apostrophe."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def quote(text: str) -> Iterator[str]:
    """A text of one or several lines as a quotation; its own Markdown is left to work."""
    yield from (f"> {line}".rstrip() for line in text.strip().splitlines())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; the cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def blank(question: str) -> str:
    """A mark that something has to be written here, and what."""
    return f"> **{BLANK}:** {question}"
