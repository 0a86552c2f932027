"""Battles as arenas publish them, one JSON object to a line: ``model_a``, ``model_b``, ``winner``.

Read are the files of LMSYS's Chatbot Arena and of MT-bench. They hold more than a battle needs
(both conversations, time stamps), so here, and only here, fields that are not known are passed
over. A winner that is not known is a fault and never a tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from manyvoices.io.checks import version_problems
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, read_records
from manyvoices.io.writing import write_records
from manyvoices.schema import Battle, Outcome

WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "bothbad": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,
    "tie (inconsistent)": Outcome.TIE,
    "error": Outcome.FAILED,
}
"""Published verdict -> outcome.

``tie (inconsistent)`` is a judging model that changed its mind when the answers changed places;
MT-bench's own analysis counts it as a tie.
"""

_WRITTEN = {
    Outcome.A: "model_a",
    Outcome.B: "model_b",
    Outcome.TIE: "tie",
    Outcome.BOTH_BAD: "tie (bothbad)",
    Outcome.FAILED: "error",
}


class _Row(msgspec.Struct, kw_only=True):
    """The fields of an arena's row that a battle has a use for."""

    model_a: str
    model_b: str
    winner: str | UnsetType = UNSET
    judge: str | int | None = None
    participant_id: str | None = None
    question_id: str | int | None = None
    battle_id: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    language: str | None = None
    groups: dict[str, str] = {}
    simulated: bool = False


_row_decoder = msgspec.json.Decoder(_Row)
_battle_decoder = msgspec.json.Decoder(Battle)


def read_battles(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Battle]:
    """The battles of a file, plain or gzipped: an arena's rows, or native `Battle` lines.

    ``judge`` becomes `participant_id`; ``question_id`` becomes a group of that name.

    Raises:
        DataError: After the last good battle, with all faults of the file, when `strict`.
    """
    return read_records(
        path,
        _decode,
        _Row,
        check=lambda battle, _: version_problems(battle),
        strict=strict,
        log=log,
        on_bytes=on_bytes,
    )


def write_battles(battles: Iterable[Battle], path: Path | str, *, native: bool = False) -> int:
    """Write battles as an arena's rows, or as `native` records; return how many.

    Both forms are read back equal by `read_battles`.
    """
    return write_records(battles if native else map(_row, battles), path)


def _decode(line: bytes) -> Battle:
    row = _row_decoder.decode(line)
    if row.winner is UNSET:
        if b'"outcome"' in line:
            return _battle_decoder.decode(line)
        raise msgspec.ValidationError("Object missing required field `winner`")
    if row.winner not in WINNERS:
        choices = ", ".join(WINNERS)
        raise msgspec.ValidationError(f"Expected one of {choices} - at `$.winner`")
    judge = row.participant_id if row.judge is None else str(row.judge)
    groups = dict(row.groups)
    if row.question_id is not None:
        groups["question_id"] = str(row.question_id)
    return Battle(
        model_a=row.model_a,
        model_b=row.model_b,
        outcome=WINNERS[row.winner],
        participant_id=judge,
        battle_id=row.battle_id,
        conversation_id=row.conversation_id,
        turn=row.turn,
        language=row.language,
        groups=groups,
        simulated=row.simulated,
    )


def _row(battle: Battle) -> dict[str, Any]:
    """An arena's row; what it has no column for goes under ``groups``, and nulls are left out."""
    groups = {name: value for name, value in battle.groups.items() if name != "question_id"}
    row = {
        "question_id": battle.groups.get("question_id"),
        "model_a": battle.model_a,
        "model_b": battle.model_b,
        "winner": _WRITTEN[battle.outcome],
        "judge": battle.participant_id,
        "turn": battle.turn,
        "language": battle.language,
        "conversation_id": battle.conversation_id,
        "battle_id": battle.battle_id,
        "groups": groups or None,
        "simulated": battle.simulated or None,
    }
    return {name: value for name, value in row.items() if value is not None}
