"""Lists of records that a study names: JSON Lines with line numbers, as `sources` does for YAML."""

from __future__ import annotations

from typing import Any

import msgspec

from manyvoices.design.sources import Source


def parse_lines(text: str, file: str) -> Source:
    """One JSON object to a line; blank lines are passed over. Never raises: see `Source.faults`."""
    source = Source(file)
    records: list[Any] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        place = (len(records),)
        source.lines[place] = number
        try:
            record = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            source.fault(number, place, f"{error}", "a JSON object on one line")
            record = None
        if record is not None and not isinstance(record, dict):
            source.fault(number, place, type(record).__name__, "a JSON object on one line")
        for key in record if isinstance(record, dict) else ():
            source.lines[*place, key] = number
        records.append(_frozen(record))
    if not records:
        source.fault(None, (), "an empty file", "one JSON object to a line")
    source.data = tuple(records)
    return source


def _frozen(value: Any) -> Any:
    """Lists as tuples, as YAML's are."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    return value
