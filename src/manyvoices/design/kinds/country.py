"""A country of the standard list."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Literal

from pydantic import StrictBool

from manyvoices.design.kinds.choices import read_one
from manyvoices.design.written import Option, Posted, QuestionBase, Reading
from manyvoices.io.countries import COUNTRIES, NOT_SAID


class Country(QuestionBase):
    """A country. Stored: its ISO 3166-1 alpha-3 code, ``Prefer not to say``, or None."""

    kind: Literal["country"]
    not_said: StrictBool = True
    """Offer "Prefer not to say"."""

    seconds: ClassVar[float] = 8

    @cached_property
    def _options(self) -> tuple[Option, ...]:
        options = [Option(value=code, label=name) for code, name in COUNTRIES.items()]
        if self.not_said:
            options.append(Option(value=NOT_SAID, label=NOT_SAID, keep_last=True))
        return tuple(options)

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``."""
        return read_one(self._options, posted.get(self.name, ()), required=self.required)

    def offered(self) -> tuple[Option, ...]:
        """All countries, in alphabetical order of their English names."""
        return self._options
