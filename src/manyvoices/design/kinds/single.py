"""Choose one option."""

from __future__ import annotations

from typing import ClassVar, Literal

from manyvoices.design.kinds.choices import Choice, read_one
from manyvoices.design.written import Posted, Reading


class Single(Choice):
    """Choose one option. Stored: the option's value, or None."""

    kind: Literal["single"]
    style: Literal["radios", "select"] = "radios"

    seconds: ClassVar[float] = 8

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``; the text beside an option is ``q-<id>-<number of the option>-text``."""
        given = posted.get(self.name, ())
        return self.with_texts(read_one(self.options, given, required=self.required), posted)
