"""Every text of a release as one table: what the metadata steps read, whatever form it came in.

PRISM (arXiv 2404.16019, table 1) has five kinds of text and names each by the column that holds it
and the keys by which it is found again. The same kinds and keys are made from native records, with
one kind for each text question of the study.

Deviation: a prompt is listed once for its turn, as in PRISM's ``metadata.jsonl``, although
``utterances.jsonl`` repeats it in the row of each answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from manyvoices.curate.place import Place, find_release
from manyvoices.io.native import read_native
from manyvoices.io.prism import find, read_prism_file
from manyvoices.io.prism_rows import EMPTY
from manyvoices.io.prism_survey import SurveyColumns
from manyvoices.schema import (
    Comparison,
    Conversation,
    PrismUtterance,
    SideAnswer,
    SideExchange,
)

USER_PROMPT, MODEL_RESPONSE, OPEN_FEEDBACK = "user_prompt", "model_response", "open_feedback"
PRISM_QUESTIONS = ("self_description", "system_string")
"""The two text questions of PRISM's survey; others are learnt from ``metadata.jsonl``."""

BATCH_ROWS = 4_096
SHARD_ROWS = 5_000


class Text(NamedTuple):
    """One text and the keys to find it by; the columns of the table."""

    instance_id: str
    """Unique in the release, and the same whenever the release is read."""
    column_id: str
    user_id: str
    conversation_id: str | None
    interaction_id: str | None
    utterance_id: str | None
    model_name: str | None
    text: str | None
    """None where nothing was written; an answer without characters is ``EMPTY STRING``."""
    simulated: bool | None
    """None where the release does not say, as PRISM's own does not."""


KEYS = Text._fields[:6]
"""The columns that say which text a row is about: what outputs without texts carry."""
SCHEMA = pa.schema(
    [pa.field(name, pa.string()) for name in Text._fields[:-1]]
    + [pa.field("simulated", pa.bool_())]
)


def instance_id(column_id: str, user_id: str, *keys: str | None) -> str:
    """The name of a text, from what PRISM finds it by: ``user_prompt/user0/c0/int0``.

    Parts are escaped as in a URL, so that no two texts of a release share a name.
    """
    parts = (column_id, user_id, *(key for key in keys if key is not None))
    return "/".join(quote(part, safe="") for part in parts)


def text_instances(
    release_dir: Path | str, *, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Every text of a release, `SCHEMA`, in batches of `batch_rows` rows.

    The native files are read where there are any, and PRISM's where not. Order: conversations as
    in the file, a prompt before its answers; then comparisons in the same way; then feedback (in
    PRISM's form), then the survey.
    In memory are one batch, the people's ids and, for PRISM's form, the turns' ids.
    Texts of people who have withdrawn are left out.

    Raises:
        DataError: The folder is no release, or a file has faults.
    """
    texts = texts_of(find_release(release_dir))
    while rows := list(islice(texts, batch_rows)):
        yield _batch(rows)


def texts_of(place: Place) -> Iterator[Text]:
    """The same, one by one."""
    if place.native:
        return _native(place.directory)
    assert place.prism is not None, "a place has native files or PRISM's"
    return _prism(place.prism)


def write_shards(
    batches: Iterable[pa.RecordBatch], folder: Path, *, rows: int = SHARD_ROWS
) -> list[Path]:
    """Write texts as ``shard-00000.parquet`` ... of `rows` rows each, the last of fewer.

    The same texts give the same bytes, which is by what a later run knows a shard again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, table in enumerate(regrouped(batches, rows)):
        paths.append(folder / f"shard-{number:05d}.parquet")
        write_table(table, paths[-1])
    for path in sorted(set(folder.glob("shard-*.parquet")) - set(paths)):
        path.unlink()  # of an earlier run with smaller shards
    return paths


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file under a temporary name of this process's own, then rename it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        pq.write_table(table, temporary, compression="zstd", row_group_size=SHARD_ROWS)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def regrouped(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of `rows` rows, the last of fewer."""
    waiting: list[pa.RecordBatch] = []
    n = 0
    for batch in batches:
        while n + batch.num_rows >= rows:
            yield pa.Table.from_batches([*waiting, batch.slice(0, rows - n)])
            batch, waiting, n = batch.slice(rows - n), [], 0
        waiting, n = [*waiting, batch], n + batch.num_rows
    if n:
        yield pa.Table.from_batches(waiting)


def _batch(rows: Iterable[Text]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _native(folder: Path) -> Iterator[Text]:
    release = read_native(folder)
    here = {p.participant_id for p in release.participants if p.status != "withdrawn"}
    for conversation in release.conversations:
        if conversation.participant_id in here:
            yield from _said(conversation)
    for comparison in release.comparisons:
        if comparison.participant_id in here:
            yield from _compared(comparison)
    columns = SurveyColumns()
    for answer in release.answers:
        if answer.participant_id in here:
            columns.see(answer)
    for answer in release.answers:
        if answer.kind == "text" and answer.participant_id in here:
            text = answer.value if isinstance(answer.value, str) and answer.value else None
            name = columns.column(answer)
            yield _survey_text(name, answer.participant_id, text, answer.simulated)


def _compared(record: Comparison) -> Iterator[Text]:
    """What was written for one comparison: the comparison stands in place of a conversation.

    Fixed prompts and stored outputs are the study's own material, the same for everybody, and no
    texts of the people who judged them.
    """
    user, name, bot = record.participant_id, record.comparison_id, record.simulated
    for exchange in record.exchanges:
        keys = (name, f"{name}-{exchange.turn}")
        if record.source == "arena":
            yield _text(USER_PROMPT, user, (*keys, None), exchange.message.text, bot)
        if record.source != "outputs":
            for said in exchange.answers:
                if said.text is not None:
                    all_keys = (*keys, answer_id(record, exchange, said))
                    model = record.models[said.position]
                    yield _text(MODEL_RESPONSE, user, all_keys, said.text or EMPTY, bot, model)
    if record.reason_text:
        yield _text(OPEN_FEEDBACK, user, (name, None, None), record.reason_text, bot)


def answer_id(record: Comparison, exchange: SideExchange, answer: SideAnswer) -> str:
    """The name of an answer of a comparison, by its place."""
    return f"{record.comparison_id}-{exchange.turn}-{answer.position}-{answer.attempt}"


def _said(record: Conversation) -> Iterator[Text]:
    """The texts of one conversation, finished or not; `utterance_id` as in the native record."""
    user, name, bot = record.participant_id, record.conversation_id, record.simulated
    for turn in record.turns:
        keys = (name, f"{name}-{turn.turn}")
        shown = sorted((u for u in turn.utterances if u.text is not None), key=lambda u: u.position)
        yield _text(USER_PROMPT, user, (*keys, None), turn.message.text, bot)
        for u in shown:
            all_keys = (*keys, u.utterance_id)
            yield _text(MODEL_RESPONSE, user, all_keys, u.text or EMPTY, bot, u.model)
    if record.open_feedback:
        yield _text(OPEN_FEEDBACK, user, (name, None, None), record.open_feedback, bot)


def _prism(folder: Path) -> Iterator[Text]:
    seen: set[str] = set()
    for row in read_prism_file(find(folder, "utterances"), "utterances"):
        yield from _answered(row, seen)
    for row in read_prism_file(find(folder, "conversations"), "conversations"):
        keys = (row.conversation_id, None, None)
        yield _text(OPEN_FEEDBACK, row.user_id, keys, row.open_feedback, _known(row.simulated))
    questions = survey_questions(folder)
    for row in read_prism_file(find(folder, "survey"), "survey"):
        for name in (name for name in questions if name in row):
            text = row[name] if isinstance(row[name], str) else None
            yield _survey_text(name, row["user_id"], text, row.get("simulated"))


def survey_questions(prism: Path) -> list[str]:
    """The survey's columns that hold texts: PRISM's two, and what ``metadata.jsonl`` names."""
    path, asked = find(prism, "metadata"), dict.fromkeys(PRISM_QUESTIONS)
    rows = read_prism_file(path, "metadata") if path.exists() else ()
    asked |= dict.fromkeys(row.column_id for row in rows)
    return [name for name in asked if name not in (USER_PROMPT, MODEL_RESPONSE, OPEN_FEEDBACK)]


def _answered(row: PrismUtterance, seen: set[str]) -> Iterator[Text]:
    bot, keys = _known(row.simulated), (row.conversation_id, row.interaction_id)
    if row.interaction_id not in seen:
        seen.add(row.interaction_id)
        yield _text(USER_PROMPT, row.user_id, (*keys, None), row.user_prompt, bot)
    all_keys = (*keys, row.utterance_id)
    yield _text(MODEL_RESPONSE, row.user_id, all_keys, row.model_response, bot, row.model_name)


def _text(
    column: str,
    user: str,
    keys: tuple[str | None, str | None, str | None],
    text: str | None,
    simulated: bool | None,
    model: str | None = None,
) -> Text:
    return Text(instance_id(column, user, *keys), column, user, *keys, model, text, simulated)


def _survey_text(column: str, user: str, text: str | None, simulated: Any) -> Text:
    return _text(column, user, (None, None, None), text, _known(simulated))


def _known(simulated: Any) -> bool | None:
    return simulated if isinstance(simulated, bool) else None


def read_shards(paths: Iterable[Path]) -> pa.Table:
    """Shards as one table, in the order given."""
    return pa.concat_tables([pq.read_table(path) for path in paths])
