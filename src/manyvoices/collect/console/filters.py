"""What a list is narrowed down to, read from its address. What makes no sense there is ignored."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

WHO = {"people": False, "simulated": True}
STATUSES = ("staying", "now", "underway", "complete", "withdrew")


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done: page `number` (0-based) of a survey, conversation `number`, or as many
    comparisons."""

    kind: str
    stage: int
    number: int

    def __str__(self) -> str:
        return f"{self.kind}-{self.stage}-{self.number}"


@dataclass(frozen=True, slots=True)
class Filter:
    """Every condition that the lists know; each list uses those that make sense for it."""

    simulated: bool | None = None
    status: str = ""
    done: Done | None = None
    version: int | None = None
    type: str = ""
    participant: uuid.UUID | None = None
    responder: str = ""
    failure: str = ""


def read_filter(query: Mapping[str, str]) -> Filter:
    """The filter that an address' query string stands for."""
    status = query.get("status", "")
    return Filter(
        simulated=WHO.get(query.get("who", "")),
        status=status if status in STATUSES else "",
        done=_done(query.get("done", "")),
        version=_number(query.get("version", "")),
        type=query.get("type", "").replace("\x00", ""),
        participant=_participant(query.get("participant", "")),
        responder=query.get("responder", "").replace("\x00", ""),
        failure=query.get("failure", "").replace("\x00", ""),
    )


def query_string(chosen: Filter, **more: object) -> str:
    """The address' part that `read_filter` reads; starts with ``?`` where there is anything."""
    who = next((name for name, flag in WHO.items() if flag == chosen.simulated), "")
    fields = {
        "who": who,
        "status": chosen.status,
        "done": chosen.done,
        "version": chosen.version,
        "type": chosen.type,
        "participant": chosen.participant,
        "responder": chosen.responder,
        "failure": chosen.failure,
        **more,
    }
    given = {name: str(value) for name, value in fields.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _done(text: str) -> Done | None:
    kind, _, place = text.partition("-")
    stage, number = (_number(part) for part in (*place.split("-", 1), "")[:2])
    if kind not in {"survey", "conversation", "comparisons"} or stage is None or number is None:
        return None
    # The columns behind it are small: what cannot be stored is no step.
    return Done(kind, stage, number) if max(stage, number) <= 32767 else None


def _participant(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
