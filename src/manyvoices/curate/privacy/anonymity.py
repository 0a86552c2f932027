"""k-anonymity over attributes that others may know of somebody (Sweeney 2002): how many people
share each combination, and what has to be taken out so that no combination has fewer than k.

Suppression is local: of people in cells below k the value of the last-named attribute is taken out,
the cells are counted anew, then the next to last, and so on; name first what matters most. A value
taken out counts as a value of its own, so that the result holds without guessing. People of whom
nothing is left may be fewer than k: nothing is told of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from manyvoices.curate.privacy.coarsening import Coarsening
from manyvoices.schema import Answer, Json

Cell: TypeAlias = tuple[str | None, ...]
N_SMALLEST = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """Which attributes, how coarse, and how many people must share what is left."""

    quasi_identifiers: tuple[str, ...] = ()
    """Question ids, the most important first."""
    k: int = 1
    coarsen: Mapping[str, Coarsening] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    """Questions whose answers are to differ within each combination (l-diversity)."""

    @property
    def changes(self) -> bool:
        """Whether any answer may be changed."""
        return bool(self.coarsen) or (self.k > 1 and bool(self.quasi_identifiers))


@dataclass(frozen=True, slots=True)
class Spread:
    """How people are spread over combinations."""

    n_people: int
    n_cells: int
    k: int
    """People in the smallest cell; 0 where there is nobody."""
    sizes: tuple[tuple[int, int], ...]
    """(people in a cell, how many such cells), smallest first."""
    n_blank: int
    """People of whom no attribute is told; in no cell."""

    def below(self, k: int) -> int:
        """People in cells of fewer than `k`."""
        return sum(size * n for size, n in self.sizes if size < k)


@dataclass(frozen=True, slots=True)
class Anonymity:
    """What was found, and what is to be taken out."""

    rules: Rules
    before: Spread
    """After coarsening, before anything is taken out."""
    after: Spread
    suppressed: Mapping[str, frozenset[str]]
    """Participant -> questions whose answers are taken out."""
    smallest: tuple[tuple[Cell, int], ...]
    """The smallest cells of what is left. Those before are not kept: they are what is hidden."""
    diversity: Mapping[str, int]
    """Sensitive question -> least number of different answers in a cell (l)."""

    @property
    def n_suppressed(self) -> int:
        """Answers taken out."""
        return sum(map(len, self.suppressed.values()))


def measure(people: Iterable[str], answers: Iterable[Answer], rules: Rules) -> Anonymity:
    """Find what has to be taken out; in memory are one short tuple for each person.

    Args:
        people: Ids of everybody in the release, those without answers too.
        answers: Of the release, before anything is changed.
    """
    names = rules.quasi_identifiers
    place = {name: number for number, name in enumerate(names)}
    cells: dict[str, list[str | None]] = {person: [None] * len(names) for person in people}
    sensitive: dict[str, dict[str, str]] = {name: {} for name in rules.sensitive}
    for answer in answers:
        if answer.participant_id not in cells:
            continue
        if answer.question_id in place:
            text = _text(_coarse(answer, rules.coarsen))
            cells[answer.participant_id][place[answer.question_id]] = text
        if answer.question_id in sensitive and answer.value is not None:
            sensitive[answer.question_id][answer.participant_id] = _text(answer.value) or ""
    before = spread(map(tuple, cells.values()))
    suppressed = _suppress(cells, names, rules.k)
    after = [tuple(values) for values in cells.values()]
    counts = Counter(cell for cell in after if any(value is not None for value in cell))
    smallest = sorted(counts.items(), key=lambda item: (item[1], tuple(map(str, item[0]))))
    return Anonymity(
        rules=rules,
        before=before,
        after=spread(after),
        suppressed={p: frozenset(questions) for p, questions in suppressed.items()},
        smallest=tuple(smallest[:N_SMALLEST]),
        diversity={name: _diversity(cells, values) for name, values in sensitive.items()},
    )


def spread(cells: Iterable[Cell]) -> Spread:
    """Count people by combination."""
    counts = Counter(cells)
    blank = sum(n for cell, n in counts.items() if all(value is None for value in cell))
    sizes = Counter(n for cell, n in counts.items() if any(value is not None for value in cell))
    return Spread(
        n_people=counts.total(),
        n_cells=sizes.total(),
        k=min(sizes, default=0),
        sizes=tuple(sorted(sizes.items())),
        n_blank=blank,
    )


def apply(answer: Answer, found: Anonymity) -> Answer:
    """An answer as it is published: coarser, or taken out (null, and nothing beside it)."""
    question, rules = answer.question_id, found.rules
    if question in found.suppressed.get(answer.participant_id, ()):
        return msgspec.structs.replace(answer, value=None, texts=None)
    if question in rules.coarsen or (rules.k > 1 and question in rules.quasi_identifiers):
        # What was written beside an option tells more than any group.
        return msgspec.structs.replace(answer, value=_coarse(answer, rules.coarsen), texts=None)
    return answer


def _suppress(
    cells: dict[str, list[str | None]], names: tuple[str, ...], k: int
) -> dict[str, set[str]]:
    """Take values out of `cells` until each that says anything has k people; say which."""
    taken: dict[str, set[str]] = defaultdict(set)
    for place in reversed(range(len(names))):
        counts = Counter(map(tuple, cells.values()))
        for person, values in cells.items():
            if values[place] is not None and counts[tuple(values)] < k:
                taken[person].add(names[place])
        for person, questions in taken.items():
            if names[place] in questions:
                cells[person][place] = None
    return taken


def _coarse(answer: Answer, rules: Mapping[str, Coarsening]) -> Json:
    rule = rules.get(answer.question_id)
    return answer.value if rule is None else rule.apply(answer.value)


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, order="deterministic").decode()


def _diversity(cells: Mapping[str, list[str | None]], values: Mapping[str, str]) -> int:
    """Least number of different sensitive answers among the people of one cell."""
    within: dict[Cell, set[str]] = defaultdict(set)
    for person, cell in cells.items():
        if person in values and any(value is not None for value in cell):
            within[tuple(cell)].add(values[person])
    return min(map(len, within.values()), default=0)
