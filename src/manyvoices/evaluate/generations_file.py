"""Reading a file that a run appends to: whole lines only, every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from manyvoices.schema.errors import DataError, Fault

T = TypeVar("T")


def read(path: Path, kind: type[T]) -> Iterator[T]:
    """The records of `path`, one to a line. A last line without its end was cut off by a stop, and
    is passed over: what it held is asked again.

    Raises:
        DataError: Lines are no such record; all of them are named.
    """
    decoder = msgspec.json.Decoder(kind)
    faults: list[Fault] = []
    *whole, _cut = path.read_bytes().split(b"\n")
    for number, line in enumerate(whole, start=1):
        if not line.strip():
            continue
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            expected = f"a {kind.__name__.lower()} as a run writes it"
            faults.append(Fault(str(path), number, "", str(error), expected))
    if faults:
        raise DataError(faults)
