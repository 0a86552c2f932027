"""Anthropic's helpful and harmless dialogues: ``chosen`` and ``rejected``, each one long text.

A dialogue is ``\\n\\nHuman: ...\\n\\nAssistant: ...`` and so on, ending with an answer. The two of
a row share all but their end, which is the pair; what they share is the prompt. The same rows with
lists of messages in place of texts are read as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from manyvoices.io.chats import Text, as_lines, lines, split, wrong
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes
from manyvoices.io.registry import Format, register
from manyvoices.io.rows import Row, RowForm, counting, read_rows
from manyvoices.io.writing import write_records
from manyvoices.schema import ChatLine, ChatRole, PreferencePair

MARK = "\n\nHuman:"
"""What a dialogue starts with."""

_TURN = re.compile(r"\n\n(Human|Assistant):")
_ROLES: dict[str, ChatRole] = {"Human": "user", "Assistant": "assistant"}
_NAMES = {"user": "Human", "assistant": "Assistant"}
_NOT_HELD = ("margin", "score_chosen", "score_rejected", "participant_id", "simulated", "groups")


class _Row(msgspec.Struct, kw_only=True):
    chosen: Text
    rejected: Text


def read_hh(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[PreferencePair]:
    """The pairs of a file: what both dialogues share is the prompt, in chat lines.

    A dialogue that starts otherwise, or that ends with a person's line, is a fault.

    Raises:
        DataError: After the last good one, with all faults of the file, when `strict`.
    """
    return read_rows(HH, path, strict=strict, log=log, on_bytes=on_bytes)


def write_hh(
    pairs: Iterable[PreferencePair], path: Path | str, *, left_out: Counter[str] | None = None
) -> int:
    """Write pairs as two texts each; return how many.

    A pair is left out, and counted in `left_out`, where one of its lines is neither a person's nor
    an answer, has no text, or holds the mark of a turn inside: its text could not be read back.
    """
    return write_records(_rows(pairs, Counter() if left_out is None else left_out), path)


def _rows(pairs: Iterable[PreferencePair], left_out: Counter[str]) -> Iterator[Row]:
    for pair in pairs:
        if reason := _not_hh(pair):
            left_out[reason] += 1
            continue
        left_out.update(name for name in _NOT_HELD if getattr(pair, name) not in (None, False, {}))
        yield HH.to_row(pair, left_out)


def _not_hh(pair: PreferencePair) -> str | None:
    """Why a pair cannot be two such texts; None where it can."""
    if pair.published is not None and pair.published.format == HH.name:
        return None
    for line in _whole(pair, "chosen") + _whole(pair, "rejected"):
        if line.role not in _NAMES:
            return f"pairs with a line of the role {line.role}"
        if not isinstance(line.content, str):
            return "pairs with a line that is not text"
        if _TURN.search(line.content):
            return "pairs with the mark of a turn inside a text"
    return None


def parse(text: str, column: str = "chosen") -> list[ChatLine]:
    """The lines of a dialogue; one space after the colon belongs to the mark.

    Raises:
        msgspec.ValidationError: It is not a dialogue of this form.
    """
    before, *parts = _TURN.split(text)
    if before or not parts or parts[0] != "Human":
        raise wrong('a text that starts with "\\n\\nHuman:"', column)
    said = [
        ChatLine(role=_ROLES[name], content=content.removeprefix(" "))
        for name, content in zip(parts[::2], parts[1::2], strict=True)
    ]
    if said[-1].role != "assistant":
        raise wrong('a dialogue that ends with an "\\n\\nAssistant:" turn', column)
    return said


def unparse(said: Iterable[ChatLine]) -> str:
    """The text of a dialogue; `parse` gives the same lines again."""
    return "".join(f"\n\n{_NAMES.get(line.role, line.role)}: {line.text}" for line in said)


def _record(row: _Row) -> PreferencePair:
    prompt, chosen, rejected = split(_lines(row.chosen, "chosen"), _lines(row.rejected, "rejected"))
    if not prompt:
        raise wrong("two dialogues that start with the same line", "rejected")
    return PreferencePair(prompt=prompt, chosen=chosen, rejected=rejected)


def _lines(text: Text, column: str) -> list[ChatLine]:
    if isinstance(text, str):
        return parse(text, column)
    if len(text) < 2 or text[-1].role != "assistant":
        raise wrong("two lines at least, the last of them the assistant's", column)
    return lines(text)


def _whole(pair: PreferencePair, side: str) -> list[ChatLine]:
    return as_lines(pair.prompt, "user") + as_lines(getattr(pair, side), "assistant")


def _row(pair: PreferencePair) -> Row:
    return {side: unparse(_whole(pair, side)) for side in ("chosen", "rejected")}


HH: RowForm[PreferencePair] = RowForm("hh", _Row, _record, _row)

register(
    Format(
        name="hh",
        looks_like='HH dialogues: chosen and rejected, each a text with "\\n\\nHuman:" turns',
        content="pairs",
        read=read_hh,
        write=counting(write_hh),
        marks=(frozenset({"chosen", "rejected"}),),
        recognise=lambda row: str(row["chosen"]).startswith(MARK),
    )
)
