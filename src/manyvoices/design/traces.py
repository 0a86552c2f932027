"""Reading what the browser says about the use of a slider.

js/slider.js posts it as compact JSON beside the value: ``<name>`` holds the mark, ``<name>-trace``
how it came there. A trace is evidence about an answer and never the answer itself, so one that
cannot be read is dropped, and the answer stands.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from manyvoices.design.dialogue import Posted
from manyvoices.schema.traces import InputKind, SliderTrace

Trace: TypeAlias = SliderTrace

SUFFIX = "-trace"
MAX_LENGTH = 200
"""Characters of a posted trace; ours have fewer than 80."""
_KINDS: dict[str, InputKind] = {
    "mouse": "mouse",
    "touch": "touch",
    "pen": "pen",
    "keyboard": "keyboard",
    "select": "select",
}
_LARGEST = 2**31 - 1


def read_trace(posted: Posted, name: str) -> Trace | None:
    """The trace of the slider called `name`; None where none was posted or it makes no sense."""
    told = _told(posted, name)
    return None if told is None else _trace(told)


def last_place(posted: Posted, name: str, limits: tuple[int, int]) -> int | None:
    """Where the mark stood when "does not apply" was ticked, so that unticking brings it back.

    For showing the page again; it is never an answer.
    """
    last = _whole((_told(posted, name) or {}).get("last"), least=limits[0])
    return last if last is not None and last <= limits[1] else None


def _told(posted: Posted, name: str) -> dict[str, Any] | None:
    texts = posted.get(name + SUFFIX, ())
    if not texts or not texts[-1] or len(texts[-1]) > MAX_LENGTH:
        return None
    try:
        told = json.loads(texts[-1])
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _trace(told: dict[str, Any]) -> Trace | None:
    kind = told.get("input_kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        return None
    return SliderTrace(
        start=_whole(told.get("start")),
        first_touch_ms=_whole(told.get("first_touch_ms"), least=0),
        n_changes=_whole(told.get("n_changes"), least=0) or 0,
        input_kind=_KINDS[kind],
    )


def _whole(value: object, least: int = -_LARGEST) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= _LARGEST else None
