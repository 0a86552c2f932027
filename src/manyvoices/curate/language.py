"""Naming the language of each text: a step ``pyarrow.Table -> pyarrow.Table``.

Source: PRISM (arXiv 2404.16019, appendix E.2), which stores langid's label and whether it is
English. Deviations of the default: the model is py3langid's, which is right more often
(``python -m benchmarks.language``), restricted to labels with a two-letter code; a confidence is
stored; and a text without any evidence is ``und``, neither English nor not. ``method="prism"``
gives langid's labels as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, get_args

from manyvoices.curate.language_models import (
    UNDETERMINED,
    Guesses,
    Method,
    Model,
    langid_model,
    py3langid_model,
)

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("language_flag", "language_confidence", "en_flag")
"""What `annotate_language` adds."""

CHARACTERS = 200_000
"""Characters that are looked at in one go: enough to be quick, and a few tens of MB of memory."""


def annotate_language(
    table: pa.Table,
    *,
    text: str = "text",
    method: Method = "py3langid",
    languages: Sequence[str] | None = None,
) -> pa.Table:
    """`table` with `COLUMNS` added: label (ISO 639), its probability (0 to 1), and "is English".

    `languages` are the labels to choose from, where a study knows its languages (None: all of
    py3langid's that have two letters, and all of langid's). A text that is null gets three nulls;
    one without any evidence gets ``und``, confidence 0 and null for "is English" (``prism`` has no
    such label and always gives one).

    Raises:
        MissingExtraError: The method's package is not installed.
        ValueError: The method is not known, or knows none of a language, or cannot be restricted.
    """
    import pyarrow as pa

    model = load_model(method, languages)
    texts = table.column(text).to_pylist()
    labels: list[str | None] = [None] * len(texts)
    confidences: list[float | None] = [None] * len(texts)
    for rows in _batches(texts):
        guesses = model.guess([texts[row] for row in rows])
        for row, label, confidence in zip(rows, *_lists(guesses), strict=True):
            labels[row], confidences[row] = label, confidence
    english = [None if name in (None, UNDETERMINED) else name == "en" for name in labels]
    added = (
        pa.array(labels, pa.string()),
        pa.array(confidences, pa.float64()),
        pa.array(english, pa.bool_()),
    )
    for name, column in zip(COLUMNS, added, strict=True):
        table = table.append_column(name, column)
    return table


def load_model(method: Method = "py3langid", languages: Sequence[str] | None = None) -> Model:
    """The model of a method, kept in memory after the first call (about a second)."""
    if method not in get_args(Method):
        raise ValueError(f"language method {method!r}: known are {', '.join(get_args(Method))}")
    if method == "py3langid":
        return py3langid_model(None if languages is None else tuple(sorted(set(languages))))
    if languages is not None:
        raise ValueError("PRISM's labels are langid's, all of them: they cannot be restricted")
    return langid_model()


def _lists(guesses: Guesses) -> tuple[list[str], list[float]]:
    return guesses.labels, guesses.confidences.tolist()


def _batches(texts: Sequence[str | None]) -> Iterator[list[int]]:
    """Rows that hold a text, in batches of about `CHARACTERS`."""
    rows: list[int] = []
    size = 0
    for row, text in enumerate(texts):
        if text is None:
            continue
        rows.append(row)
        size += len(text)
        if size >= CHARACTERS:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows
