"""What all records share: the schema's version, and the few types that JSON needs help with."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, TypeAlias

import msgspec

SCHEMA_VERSION = "1"
"""Version of the native records. A reader refuses a record of a version that it does not know."""

Instant: TypeAlias = Annotated[dt.datetime, msgspec.Meta(tz=True)]
"""A moment with its time zone; written in UTC as ISO 8601."""

Json: TypeAlias = str | int | float | bool | list[Any] | dict[str, Any] | None
"""Any JSON value."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all records: frozen, keyword-only, refusing fields that it does not know.

    An unknown field is a fault rather than ignored, because a record that is read and written
    back would lose it without a word.
    """
