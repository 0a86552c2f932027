"""What a conversion of a survey gives, and the ids it gives to names.

Nothing is dropped in silence: whatever has no place on the other side is listed in `NotCarried`,
with the question and the reason. Names that cannot be ids here get one, and the list says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]


class NotCarried(NamedTuple):
    """One thing without a place on the other side."""

    where: str
    """Question, page or ``survey``."""
    what: str
    why: str


@dataclass
class Converted:
    """A survey on the other side, and what is not in it."""

    survey: Json
    not_carried: list[NotCarried] = field(default_factory=list)

    def leave(self, where: str, what: str, why: str) -> None:
        self.not_carried.append(NotCarried(where, what, why))


def plain_id(name: str) -> str:
    """The id that a name of SurveyJS has here, unless another name took it first."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "question"
    return (plain if plain[0].isalpha() else f"q_{plain}")[:60]


class Ids:
    """Names as ids, the same for the same name."""

    def __init__(self, done: Converted) -> None:
        self._done, self._known = done, dict[str, str]()

    def of(self, name: str) -> str:
        if name not in self._known:
            unique = plain = plain_id(name)
            taken, n = set(self._known.values()), 2
            while unique in taken:
                unique, n = f"{plain[:56]}_{n}", n + 1
            if unique != name:
                self._done.leave(name, "name", f"ids are plain here: it is called {unique}")
            self._known[name] = unique
        return self._known[name]
