"""A release folder as a `Dataset`: PRISM's own download, or a release of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from manyvoices.analyse.dataset import Dataset, short_model_name
from manyvoices.analyse.prism_table import table_from_prism
from manyvoices.analyse.reading import read_release
from manyvoices.analyse.table import ReleaseTable
from manyvoices.analyse.words import StudyWords
from manyvoices.curate.place import Place, find_release
from manyvoices.io.native import read_native
from manyvoices.io.prism import find, read_prism
from manyvoices.io.prism_export import PrismRecords, prism_records

if TYPE_CHECKING:
    import polars as pl

_SUBSET = "included_in_balanced_subset"
_CONVERSATION = {
    "conversation_id": str,
    "user_id": str,
    "conversation_type": str,
    "opening_prompt": str,
    "conversation_turns": int,
    "open_feedback": str,
    _SUBSET: bool,
}
_UTTERANCE = {
    "utterance_id": str,
    "interaction_id": str,
    "conversation_id": str,
    "user_id": str,
    "turn": int,
    "within_turn_id": int,
    "conversation_type": str,
    "user_prompt": str,
    "model_response": str,
    "model_name": str,
    "model_provider": str,
    "score": float,
    "if_chosen": bool,
    _SUBSET: bool,
}
_METADATA = {
    "column_id": str,
    "user_id": str,
    "conversation_id": str,
    "interaction_id": str,
    "utterance_id": str,
    "pii_flag": bool,
    "pii_manual_flag": float,
    "language_flag": str,
    "en_flag": bool,
}


def read_dataset(
    directory: Path | str, *, on_conversation: Callable[[], None] | None = None
) -> Dataset:
    """Read a release, in PRISM's form or ours, into tables; every text is held once.

    Raises:
        DataError: The folder is no release, or its files have faults.
    """
    place = find_release(directory)
    records = _records(place)
    if place.native:
        table = read_release(place.directory, on_conversation=on_conversation)
    else:
        table = table_from_prism(records, place.directory, on_conversation=on_conversation)
    return dataset_from_records(table, records, form="native" if place.native else "prism")


def dataset_from_records(
    table: ReleaseTable, records: PrismRecords, *, form: Literal["native", "prism"]
) -> Dataset:
    """PRISM's rows beside the `ReleaseTable` of the same release."""
    conversations = [_flat(_plain(row), ("conversation_history",)) for row in records.conversations]
    utterances = _frame(map(_plain, records.utterances), _UTTERANCE)
    models = utterances["model_name"].unique().to_list()
    short = {name: short_model_name(name) for name in models}
    if len(set(short.values())) < len(short):
        short = {name: name for name in models}
    flags = [_flat(_plain(row)) for row in records.metadata]
    return Dataset(
        table=table,
        form=form,
        people=_people(records.survey, table.words),
        conversations=_frame(conversations, _CONVERSATION),
        utterances=utterances.with_columns(
            model=utterances["model_name"].replace_strict(short, default=None)
            if models
            else utterances["model_name"]
        ),
        metadata=_frame(flags, _METADATA) if flags else None,
    )


def _records(place: Place) -> PrismRecords:
    if place.prism is None:
        native = read_native(place.directory)
        return prism_records(native.participants, native.answers, native.conversations)
    release = read_prism(place.prism)
    flagged = find(place.prism, "metadata").exists()
    return PrismRecords(
        survey=list(release.survey),
        conversations=list(release.conversations),
        utterances=list(release.utterances),
        metadata=list(release.metadata) if flagged else [],
    )


def _plain(record: Any) -> dict[str, Any]:
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def _flat(row: Mapping[str, Any], without: Sequence[str] = ()) -> dict[str, Any]:
    """Nested columns as ``column_inner``."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}_{inner}": x for inner, x in value.items()}
        elif name not in without and value is not None:
            flat[name] = value
    return flat


def _people(survey: Iterable[Mapping[str, Any]], words: StudyWords) -> pl.DataFrame:
    """Survey rows with the labels of the study in place of its codes."""
    labels = {name: dict(known.options) for (_, name), known in words.questions.items()}
    rows = []
    for row in survey:
        flat = _flat(row)
        for name, options in labels.items():
            value = flat.get(name)
            if isinstance(value, str):
                flat[name] = options.get(value, value)
        rows.append(flat)
    return _frame(rows, {"user_id": str})


def _frame(rows: Iterable[Mapping[str, Any]], known: Mapping[str, type]) -> pl.DataFrame:
    """Rows as a table: known columns in their types, all others as they are found."""
    import polars as pl

    listed = list(rows)
    names = dict.fromkeys([*known, *(name for row in listed for name in row)])
    columns = {}
    for name in names:
        values = [row.get(name) for row in listed]
        columns[name] = pl.Series(name, *_typed(values, known.get(name)), strict=False)
    return pl.DataFrame(columns)


def _typed(values: list[Any], kind: type | None) -> tuple[list[Any], Any]:
    import polars as pl

    types = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean}
    found = {type(value) for value in values if value is not None}
    if kind is None:
        kind = next(iter(found)) if len(found) == 1 else None
        if kind is None and found and found <= {int, float}:
            kind = float
    if kind in types:
        return values, types[kind]
    texts = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return texts, pl.String
