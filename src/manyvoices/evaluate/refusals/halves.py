"""Two halves of a set of prompts, named before any rule is written.

Rules are written looking at the half ``rules`` alone; what is said of them is measured on the half
``held_out``. The split rests on the ids, so that nobody can choose it after the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Literal, TypeAlias

Half: TypeAlias = Literal["rules", "held_out"]


def halves(types: Mapping[str, str]) -> dict[str, Half]:
    """Id -> half. `types`: id -> type of prompt.

    Within each type the ids are put in the order of their SHA-256 and dealt out in turn, the first
    to ``rules``: of 25 prompts of a type 13 are for writing rules and 12 are held out.
    """
    found: dict[str, Half] = {}
    for kind in sorted(set(types.values())):
        for place, name in enumerate(_ordered(n for n, t in types.items() if t == kind)):
            found[name] = "held_out" if place % 2 else "rules"
    return found


def _ordered(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: sha256(name.encode()).hexdigest())
