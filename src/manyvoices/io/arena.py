"""Battles as arenas publish them, one JSON object to a line: ``model_a``, ``model_b``, ``winner``.

Read are the files of LMSYS's Chatbot Arena and of MT-bench. They hold more than a battle needs
(both conversations, moderation, time stamps): such a row is kept with its battle and written back,
column for column. A winner that is not known is a fault and never a tie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.chats import SaidLine, lines, written
from manyvoices.io.checks import Unique, version_problems
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import Check, OnBytes, Problem, read_records
from manyvoices.io.registry import Format, register
from manyvoices.io.rows import RowForm, beyond, counting, without_nulls, write_rows
from manyvoices.io.writing import write_records
from manyvoices.schema import ArenaBattle, Battle, ChatLine, Outcome, Published

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
    """The columns that arenas share. Some have no field; their types are checked all the same."""

    model_a: str
    model_b: str
    winner: str
    judge: str | int | None = None
    participant_id: str | None = None
    question_id: str | int | None = None
    battle_id: str | None = None
    conversation_id: str | None = None
    turn: int | None = None
    language: str | None = None
    groups: dict[str, str] | None = None
    simulated: bool | None = None
    conversation_a: list[SaidLine] | None = None
    conversation_b: list[SaidLine] | None = None
    anony: bool | None = None
    tstamp: float | None = None
    openai_moderation: dict[str, Any] | None = None
    toxic_chat_tag: dict[str, Any] | None = None


_battle_decoder = msgspec.json.Decoder(Battle)


def read_battles(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[Battle]:
    """The battles of a file, plain or gzipped: an arena's rows, or native `Battle` lines.

    ``judge`` becomes `participant_id`; ``question_id`` becomes a group of that name. A row that
    holds more than a battle, or spells it otherwise, comes as an `ArenaBattle`.

    Raises:
        DataError: After the last good battle, with all faults of the file, when `strict`.
    """
    return read_records(
        path,
        _decode,
        _Row,
        check=_check(),
        strict=strict,
        log=log,
        on_bytes=on_bytes,
    )


def write_battles(
    battles: Iterable[Battle],
    path: Path | str,
    *,
    native: bool = False,
    left_out: Counter[str] | None = None,
) -> int:
    """Write battles as an arena's rows, or as `native` records; return how many.

    Both forms are read back equal by `read_battles`, but the native one has no place for an
    `ArenaBattle`'s row: what is in its columns alone is counted in `left_out`.
    """
    if native:
        return write_records((_bare(battle, left_out) for battle in battles), path)
    return write_rows(ARENA, battles, path, left_out=left_out)


def conversations(battle: Battle) -> tuple[list[ChatLine], list[ChatLine]] | None:
    """Both conversations of a battle, or None where its row does not hold both."""
    if not isinstance(battle, ArenaBattle) or battle.published.format != ARENA.name:
        return None
    sides = [battle.published.row.get(f"conversation_{side}") for side in "ab"]
    if not all(sides):
        return None
    a, b = (lines(msgspec.convert(side, list[SaidLine])) for side in sides)
    return a, b


def battle_with(battle: Battle, a: list[ChatLine], b: list[ChatLine]) -> ArenaBattle:
    """A battle with its two conversations, as an arena's row holds them."""
    row = _row(battle) | {"conversation_a": written(a), "conversation_b": written(b)}
    return _with_row(battle, Published(format=ARENA.name, row=row))


def _decode(line: bytes) -> Battle:
    if b'"winner"' not in line and b'"outcome"' in line:
        return _battle_decoder.decode(line)
    return ARENA.decode(line)


def _check() -> Check[Battle]:
    seen = Unique()

    def check(battle: Battle, line: int) -> list[Problem]:
        problems = version_problems(battle)
        if battle.battle_id is not None:
            problems += seen.problems(battle.battle_id, line, "battle_id")
        return problems

    return check


def _battle(row: _Row) -> Battle:
    if row.winner not in WINNERS:
        choices = ", ".join(WINNERS)
        raise msgspec.ValidationError(f"Expected one of {choices} - at `$.winner`")
    groups = dict(row.groups or {})
    if row.question_id is not None:
        groups["question_id"] = str(row.question_id)
    return Battle(
        model_a=row.model_a,
        model_b=row.model_b,
        outcome=WINNERS[row.winner],
        participant_id=row.participant_id if row.judge is None else str(row.judge),
        battle_id=row.battle_id,
        conversation_id=row.conversation_id,
        turn=row.turn,
        language=row.language,
        groups=groups,
        simulated=bool(row.simulated),
    )


def _row(battle: Battle) -> dict[str, Any]:
    """An arena's row; what it has no column for goes under ``groups``, and nulls are left out."""
    groups = {name: value for name, value in battle.groups.items() if name != "question_id"}
    return without_nulls(
        {
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
    )


def _with_row(battle: Battle, published: Published) -> ArenaBattle:
    return ArenaBattle(**msgspec.structs.asdict(battle), published=published)


def _bare(battle: Battle, left_out: Counter[str] | None = None) -> Battle:
    if not isinstance(battle, ArenaBattle):
        return battle
    if left_out is not None:
        left_out.update(beyond(battle.published))
    return Battle(**{name: getattr(battle, name) for name in Battle.__struct_fields__})


ARENA: RowForm[Battle] = RowForm("arena", _Row, _battle, _row, _with_row)

register(
    Format(
        name="arena",
        looks_like="battles: model_a, model_b and winner on every line",
        content="battles",
        read=read_battles,
        write=counting(write_battles),
        marks=(frozenset({"model_a", "model_b"}),),
    )
)
