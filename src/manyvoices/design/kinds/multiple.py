"""Tick any number of options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from manyvoices.design.kinds.choices import Choice
from manyvoices.design.problems import Problem
from manyvoices.design.written import Option, Posted, Reading


class Multiple(Choice):
    """Tick any number of options. Stored: list of the options' values, in file order."""

    kind: Literal["multiple"]

    seconds: ClassVar[float] = 15

    def read(self, posted: Posted) -> Reading:
        """Field ``q-<id>``, repeated; texts beside options as in a single choice."""
        ticked = {value for value in posted.get(self.name, ()) if value != ""}
        options = [option for option in self.options if option.value in ticked]
        values = [option.value for option in options]
        if len(values) < len(ticked):
            return Reading(values, Problem("unknown_option"))
        if not values:
            return Reading([], Problem("required_tick") if self.required else None)
        return self.with_texts(Reading(values, _exclusive_clash(options)), posted)


def _exclusive_clash(options: Sequence[Option]) -> Problem | None:
    exclusive = [option for option in options if option.exclusive]
    if exclusive and len(options) > 1:
        return Problem("exclusive", {"label": exclusive[0].label})
    return None
