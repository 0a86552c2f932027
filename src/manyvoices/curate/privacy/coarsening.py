"""Rules by which an attribute of people is told less exactly: age in groups, a country's region.

As people write them: ``age=18,25,35,45`` (groups that begin there), ``country=region`` or
``country=subregion``, ``religion=FILE.yaml`` (value: group; what is not in it stays).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from manyvoices.curate.privacy.regions import place_of
from manyvoices.schema import Fault, InputError, Json

_LEVELS = ("region", "subregion")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers in groups: 25 and 35 give "under 25", "25-34", "35+"."""

    edges: tuple[float, ...]

    def apply(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        below = [edge for edge in self.edges if edge <= value]
        if not below:
            return f"under {self.edges[0]:g}"
        above = [edge for edge in self.edges if edge > value]
        if not above:
            return f"{below[-1]:g}+"
        whole = all(float(edge).is_integer() for edge in (below[-1], above[0]))
        return f"{below[-1]:g}-{above[0] - 1:g}" if whole else f"{below[-1]:g} to {above[0]:g}"


@dataclass(frozen=True, slots=True)
class Place:
    """A country, by code or name, as its region or subregion of the UN's list."""

    level: str

    def apply(self, value: Json) -> Json:
        found = place_of(value) if isinstance(value, str) else None
        return value if found is None else found[_LEVELS.index(self.level)]


@dataclass(frozen=True, slots=True)
class Groups:
    """Values in named groups."""

    groups: Mapping[str, str]

    def apply(self, value: Json) -> Json:
        return self.groups.get(value, value) if isinstance(value, str) else value


Coarsening: TypeAlias = Bounds | Place | Groups


def read_coarsening(text: str, groups: Mapping[str, Any] | None = None) -> tuple[str, Coarsening]:
    """(question, rule) from ``question=rule``; `groups`: what the file that the rule names holds.

    Raises:
        InputError: The rule cannot be understood.
    """
    question, equals, rule = (part.strip() for part in text.partition("="))
    if not (question and equals and rule):
        raise _unclear(text, "QUESTION=RULE")
    if groups is not None:
        return question, Groups({str(value): str(group) for value, group in groups.items()})
    if rule in _LEVELS:
        return question, Place(rule)
    try:
        edges = tuple(float(edge) for edge in rule.split(","))
    except ValueError:
        wanted = "numbers where groups begin (18,25,35), region, subregion, or a .yaml file"
        raise _unclear(text, wanted) from None
    if list(edges) != sorted(set(edges)):
        raise _unclear(text, "numbers that ascend")
    return question, Bounds(edges)


def describe_rules(rules: Mapping[str, Coarsening]) -> dict[str, Json]:
    """The rules as they stand in a manifest."""
    return {question: _describe(rule) for question, rule in sorted(rules.items())}


def _describe(rule: Coarsening) -> Json:
    if isinstance(rule, Bounds):
        return list(rule.edges)
    return rule.level if isinstance(rule, Place) else dict(sorted(rule.groups.items()))


def _unclear(text: str, wanted: str) -> InputError:
    return InputError([Fault("--coarsen", None, "", repr(text), wanted)])


def known_questions(asked: Sequence[str], rules: Mapping[str, object], option: str) -> None:
    """Raise `InputError` for every rule about a question that nobody asked."""
    unknown = sorted(set(rules) - set(asked))
    wanted = f"a question of the study: {', '.join(sorted(asked))}"
    if unknown:
        raise InputError([Fault(option, None, "", name, wanted) for name in unknown])
