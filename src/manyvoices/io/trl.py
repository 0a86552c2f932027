"""TRL's data sets: chats, preferences with their margin, and completions marked good or bad.

Columns and types are those of TRL's page "Dataset formats and types" (its conversational and its
standard form) and, for ``margin``, ``score_chosen`` and ``score_rejected``, of its reward trainer
and of the data sets it is shown with. Trainers pass over other columns, so ours stand beside them:
``participant_id``, ``simulated``, ``groups``, ``dialogue_id``, ``language``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.chats import SaidLine, Text, lines, said, split, written, wrong
from manyvoices.io.checks import Unique
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import Check, OnBytes, Problem
from manyvoices.io.registry import Format, register
from manyvoices.io.rows import Row, RowForm, counting, read_rows, without_nulls, write_rows
from manyvoices.schema import Dialogue, LabelledCompletion, PreferencePair


class _Dialogue(msgspec.Struct, kw_only=True):
    messages: list[SaidLine]
    dialogue_id: str | None = None
    participant_id: str | None = None
    language: str | None = None
    simulated: bool | None = None


class _Pair(msgspec.Struct, kw_only=True):
    prompt: Text | None = None
    chosen: Text
    rejected: Text
    margin: float | None = None
    score_chosen: float | None = None
    score_rejected: float | None = None
    participant_id: str | None = None
    simulated: bool | None = None
    groups: dict[str, str] | None = None


class _Labelled(msgspec.Struct, kw_only=True):
    prompt: Text
    completion: Text
    label: bool
    participant_id: str | None = None
    simulated: bool | None = None


def read_dialogues(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Dialogue]:
    """Chats: a column ``messages`` of lines with ``role`` and ``content``.

    Raises:
        DataError: After the last good one, with all faults of the file, when `strict`.
    """
    return read_rows(DIALOGUES, path, check=_unique(), strict=strict, log=log, on_bytes=on_bytes)


def write_dialogues(
    dialogues: Iterable[Dialogue], path: Path | str, *, left_out: Counter[str] | None = None
) -> int:
    """Write chats as TRL reads them; return how many."""
    return write_rows(DIALOGUES, dialogues, path, left_out=left_out)


def read_pairs(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[PreferencePair]:
    """Preferences: ``chosen``, ``rejected`` and ``prompt``, as texts or as chat lines.

    Without a ``prompt`` it is in both answers: of chat lines, what both share becomes the prompt
    (TRL's own rule); of texts it stays where it is, and `prompt` is None.

    Raises:
        DataError: After the last good one, with all faults of the file, when `strict`.
    """
    return read_rows(PAIRS, path, strict=strict, log=log, on_bytes=on_bytes)


def write_pairs(
    pairs: Iterable[PreferencePair], path: Path | str, *, left_out: Counter[str] | None = None
) -> int:
    """Write preferences as TRL reads them; return how many. An unknown margin is absent."""
    return write_rows(PAIRS, pairs, path, left_out=left_out)


def read_labelled(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[LabelledCompletion]:
    """Unpaired preferences, as KTO reads them: ``prompt``, ``completion`` and ``label``.

    Raises:
        DataError: After the last good one, with all faults of the file, when `strict`.
    """
    return read_rows(LABELLED, path, strict=strict, log=log, on_bytes=on_bytes)


def write_labelled(
    labelled: Iterable[LabelledCompletion],
    path: Path | str,
    *,
    left_out: Counter[str] | None = None,
) -> int:
    """Write unpaired preferences as TRL reads them; return how many."""
    return write_rows(LABELLED, labelled, path, left_out=left_out)


def _unique() -> Check[Dialogue]:
    seen = Unique()

    def check(dialogue: Dialogue, line: int) -> list[Problem]:
        if dialogue.dialogue_id is None:
            return []
        return seen.problems(dialogue.dialogue_id, line, "dialogue_id")

    return check


def _dialogue(row: _Dialogue) -> Dialogue:
    if not row.messages:
        raise wrong("one message at least", "messages")
    return Dialogue(
        messages=lines(row.messages),
        dialogue_id=row.dialogue_id,
        participant_id=row.participant_id,
        language=row.language,
        simulated=bool(row.simulated),
    )


def _dialogue_row(dialogue: Dialogue) -> Row:
    return without_nulls(
        {
            "messages": written(dialogue.messages),
            "dialogue_id": dialogue.dialogue_id,
            "language": dialogue.language,
            **_who(dialogue),
        }
    )


def _pair(row: _Pair) -> PreferencePair:
    same_form(row, "prompt", "chosen", "rejected")
    prompt = None if row.prompt is None else said(row.prompt)
    chosen, rejected = said(row.chosen), said(row.rejected)
    if prompt is None and isinstance(chosen, list) and isinstance(rejected, list):
        prompt, chosen, rejected = split(chosen, rejected)
    return PreferencePair(
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        margin=row.margin,
        score_chosen=row.score_chosen,
        score_rejected=row.score_rejected,
        participant_id=row.participant_id,
        simulated=bool(row.simulated),
        groups=row.groups or {},
    )


def _pair_row(pair: PreferencePair) -> Row:
    return without_nulls(
        {
            "prompt": None if pair.prompt is None else written(pair.prompt),
            "chosen": written(pair.chosen),
            "rejected": written(pair.rejected),
            "margin": _float(pair.margin),
            "score_chosen": _float(pair.score_chosen),
            "score_rejected": _float(pair.score_rejected),
            **_who(pair),
            "groups": dict(pair.groups) or None,
        }
    )


def _float(value: float | None) -> float | None:
    """A number as a fraction, so that a column is not now of integers and then of floats."""
    return None if value is None else float(value)


def _labelled(row: _Labelled) -> LabelledCompletion:
    same_form(row, "prompt", "completion")
    return LabelledCompletion(
        prompt=said(row.prompt),
        completion=said(row.completion),
        label=row.label,
        participant_id=row.participant_id,
        simulated=bool(row.simulated),
    )


def _labelled_row(labelled: LabelledCompletion) -> Row:
    row = {
        "prompt": written(labelled.prompt),
        "completion": written(labelled.completion),
        "label": labelled.label,
    }
    return row | without_nulls(_who(labelled))


def _who(record: Dialogue | PreferencePair | LabelledCompletion) -> dict[str, Any]:
    """Whose it is; where that is said, it is also said whether it was a bot."""
    known = record.participant_id is not None
    return {
        "participant_id": record.participant_id,
        "simulated": record.simulated if known or record.simulated else None,
    }


def same_form(row: Any, first: str, *others: str) -> None:
    """Raise `msgspec.ValidationError` where a column is a text and another one chat lines."""
    values = {name: getattr(row, name) for name in (first, *others)}
    present = {name: value for name, value in values.items() if value is not None}
    kind = type(next(iter(present.values())))
    for name, value in present.items():
        if type(value) is not kind:
            wanted = "a text" if kind is str else "chat lines"
            raise wrong(f"{wanted}, as in `{next(iter(present))}`", name)
        if value == [] and name != "prompt":
            raise wrong("one chat line at least", name)


DIALOGUES: RowForm[Dialogue] = RowForm("trl-messages", _Dialogue, _dialogue, _dialogue_row)
PAIRS: RowForm[PreferencePair] = RowForm("trl-preferences", _Pair, _pair, _pair_row)
LABELLED: RowForm[LabelledCompletion] = RowForm("trl-kto", _Labelled, _labelled, _labelled_row)

register(
    Format(
        name="trl-messages",
        looks_like="TRL's chats: messages with role and content on every line",
        content="dialogues",
        read=read_dialogues,
        write=counting(write_dialogues),
        marks=(frozenset({"messages"}),),
    )
)
register(
    Format(
        name="trl-preferences",
        looks_like="TRL's preferences: chosen and rejected, with prompt and margin where known",
        content="pairs",
        read=read_pairs,
        write=counting(write_pairs),
        marks=(frozenset({"chosen", "rejected"}), frozenset({"prompt", "chosen", "rejected"})),
    )
)
register(
    Format(
        name="trl-kto",
        looks_like="TRL's unpaired preferences: prompt, completion and label",
        content="labelled",
        read=read_labelled,
        write=counting(write_labelled),
        marks=(frozenset({"prompt", "completion", "label"}),),
    )
)
