"""PRISM's wide forms: one row for each interaction, and rows without nesting.

``prism-wide`` is what PRISM's own code makes of its utterances: the answers of one turn stand side
by side, told apart by a suffix ``a``, ``b``, ``c``, ``d`` in the order of the file
(``model_name_a``, ``score_b``). Where the reference stops at four, letters go on. The flattened
forms of survey and conversations have a column ``<column>_<key>`` for each key of a nested column.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from manyvoices.io.checks import UniqueField
from manyvoices.io.faults import FaultLog
from manyvoices.io.lines import OnBytes, Problem, read_records
from manyvoices.io.prism import prism_readers
from manyvoices.io.registry import Format, Reader, Written, register
from manyvoices.io.writing import write_records
from manyvoices.schema import DataError, Fault, PrismUtterance

SHARED = ("interaction_id", "conversation_id", "turn", "user_prompt", "user_id")
"""Columns that stand once in a wide row."""
OWN = tuple(name for name in PrismUtterance.__struct_fields__ if name not in SHARED)
"""Columns that stand once for each answer, with its letter."""
NESTED = {
    "survey": (
        *("lm_usecases", "order_lm_usecases", "stated_prefs", "order_stated_prefs"),
        *("religion", "ethnicity", "location"),
    ),
    "conversations": ("performance_attributes", "choice_attributes"),
}
"""Columns of PRISM's files that hold objects."""


def read_wide(
    path: Path | str,
    *,
    strict: bool = True,
    log: FaultLog | None = None,
    on_bytes: OnBytes | None = None,
) -> Iterator[PrismUtterance]:
    """The utterances of a file of interactions, in the order of their letters.

    Raises:
        DataError: After the last good row, with all faults of the file, when `strict`.
    """
    rows = read_records(
        path,
        _decode,
        dict[str, Any],
        check=_check(),
        strict=strict,
        log=log,
        on_bytes=on_bytes,
    )
    return (utterance for row in rows for utterance in row)


def write_wide(utterances: Iterable[PrismUtterance], path: Path) -> Written:
    """Write utterances as interactions; those of one interaction must stand together.

    Raises:
        DataError: They do not, or they differ in what stands once, or there are over 26 of them.
    """
    return Written(write_records(_wide_rows(utterances, str(path)), path))


def _wide_rows(utterances: Iterable[PrismUtterance], name: str) -> Iterator[dict[str, Any]]:
    done: set[str] = set()
    for interaction, answers in groupby(utterances, lambda u: u.interaction_id):
        some = list(answers)
        if interaction in done or len(some) > len(string.ascii_lowercase):
            found = f"the {len(some)} utterances of {interaction} apart from others of it"
            wanted = "26 utterances of an interaction at most, which stand together"
            raise DataError([Fault(name, None, "interaction_id", found, wanted)])
        done.add(interaction)
        yield _wide(some, name)


def _wide(answers: list[PrismUtterance], name: str) -> dict[str, Any]:
    fields = [msgspec.to_builtins(answer) for answer in answers]
    row = {column: fields[0][column] for column in SHARED}
    for other in fields[1:]:
        for column in SHARED:
            if other[column] != row[column]:
                found = f"two values in {row['interaction_id']}"
                raise DataError([Fault(name, None, column, found, "one for an interaction")])
    for column in OWN:
        for letter, answer in zip(string.ascii_lowercase, fields, strict=False):
            if column in answer:
                row[f"{column}_{letter}"] = answer[column]
    return row


def _decode(line: bytes) -> list[PrismUtterance]:
    """The utterances of a row; an answer is there where its id is."""
    row = msgspec.json.decode(line, type=dict[str, Any])
    found = []
    for letter in string.ascii_lowercase:
        if row.get(f"utterance_id_{letter}") is None:
            continue
        names = {f"{column}_{letter}": column for column in OWN}
        own = {column: row[name] for name, column in names.items() if name in row}
        if own.get("simulated", True) is None:
            del own["simulated"]  # a table has every column: here null is absent
        shared = {column: row[column] for column in SHARED if column in row}
        try:
            found.append(msgspec.convert({**shared, **own}, PrismUtterance))
        except msgspec.ValidationError as error:
            raise msgspec.ValidationError(_with_letter(str(error), letter)) from error
    if not found:
        raise msgspec.ValidationError("Object missing required field `utterance_id_a`")
    _refuse_unknown(row)
    return found


def _with_letter(message: str, letter: str) -> str:
    """A fault of an answer's field, named as the row's column."""
    for column in OWN:
        message = message.replace(f"`$.{column}`", f"`$.{column}_{letter}`")
        message = message.replace(f"field `{column}`", f"field `{column}_{letter}`")
    return message


def _refuse_unknown(row: dict[str, Any]) -> None:
    for name in row:
        column, _, letter = name.rpartition("_")
        is_own = column in OWN and len(letter) == 1 and letter in string.ascii_lowercase
        if name not in SHARED and not is_own:
            raise msgspec.ValidationError(f"Object contains unknown field `{name}`")


def _check() -> Any:
    seen, interactions = UniqueField("utterance_id"), UniqueField("interaction_id")

    def check(row: list[PrismUtterance], line: int) -> list[Problem]:
        problems = list(interactions.problems(row[0], line))
        if len({utterance.utterance_id for utterance in row}) < len(row):
            problems.append(("utterance_id", "one id twice in the row", "an id for each answer"))
        for utterance in row:
            problems += seen.problems(utterance, line)
        return problems

    return check


def _flatten(row: dict[str, Any], name: str, left_out: Counter[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for column, value in row.items():
        if not isinstance(value, dict):
            flat[column] = value
            continue
        flat |= {f"{column}_{key}": inner for key, inner in value.items()}
        if column not in NESTED[name]:
            left_out[f"nesting of {column}"] += 1
        elif not value:
            left_out[f"{column} that is empty (null when read back)"] += 1
    return flat


def _nest(row: dict[str, Any], name: str) -> dict[str, Any]:
    """A flattened row with PRISM's own nested columns put together again."""
    out: dict[str, Any] = {}
    for column, value in row.items():
        for nested in NESTED[name]:
            if column.startswith(f"{nested}_"):
                inner = out.setdefault(nested, {})
                if isinstance(inner, dict):
                    inner[column.removeprefix(f"{nested}_")] = value
                break
        else:
            out[column] = value
    return out


def _flat_reader(name: str) -> Reader:
    decode, expected, check = prism_readers()[name]

    def read(
        path: Path | str,
        *,
        strict: bool = True,
        log: FaultLog | None = None,
        on_bytes: OnBytes | None = None,
    ) -> Iterator[Any]:
        return read_records(
            path,
            lambda line: decode(_nested_line(line, name)),
            expected,
            check=check(),
            strict=strict,
            log=log,
            on_bytes=on_bytes,
        )

    return read


def _nested_line(line: bytes, name: str) -> bytes:
    row = _nest(msgspec.json.decode(line, type=dict[str, Any]), name)
    if name == "conversations":
        row = dict.fromkeys(NESTED[name]) | row
    return msgspec.json.encode(row)


def _flat_writer(name: str) -> Any:
    def write(rows: Iterable[Any], path: Path) -> Written:
        left_out: Counter[str] = Counter()
        flat = (_flatten(msgspec.to_builtins(row), name, left_out) for row in rows)
        return Written(write_records(flat, path), dict(left_out))

    return write


register(
    Format(
        name="prism-wide",
        looks_like="PRISM's utterances, one interaction to a line: model_name_a, score_b ...",
        content="prism-utterances",
        read=read_wide,
        write=write_wide,
        marks=(frozenset({"interaction_id", "utterance_id_a", "model_response_a"}),),
    )
)
register(
    Format(
        name="prism-survey-flat",
        looks_like="PRISM's survey without nesting: stated_prefs_values, location_special_region",
        content="prism-survey",
        read=_flat_reader("survey"),
        write=_flat_writer("survey"),
        marks=(frozenset({"user_id", "survey_only"}),),
        recognise=lambda row: any(
            column.startswith(f"{nested}_") for column in row for nested in NESTED["survey"]
        ),
    )
)
register(
    Format(
        name="prism-conversations-flat",
        looks_like="PRISM's conversations without nesting: performance_attributes_values ...",
        content="prism-conversations",
        read=_flat_reader("conversations"),
        write=_flat_writer("conversations"),
        marks=(frozenset({"conversation_history"}),),
        recognise=lambda row: "performance_attributes" not in row,
    )
)
