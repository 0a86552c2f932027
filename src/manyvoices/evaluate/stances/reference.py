"""How people answered the items: from a table, a release, or the instrument's own counts."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.stances.config import HumanConfig
from manyvoices.evaluate.stances.errors import NoReference
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.io.faults import shorten
from manyvoices.io.native import read_native
from manyvoices.schema.errors import DataError, Fault

ALL = "everybody"


@dataclass(frozen=True, slots=True, eq=False)
class Singles:
    """What each person of a group answered."""

    options: IntArray
    """(n_people, n_items), in the order of the scale; -1 where there is no answer."""
    weights: FloatArray
    """(n_people, n_items); 0 where there is no answer."""

    def influence(self, values: FloatArray, items: IntArray) -> FloatArray:
        """(n_people, n_items'): by how much each answer moves the mean over `items` of the items'
        means of `values` (n_items', n_options)."""
        options, weights = self.options[:, items], self.weights[:, items]
        found = np.take_along_axis(values.T, np.maximum(options, 0), axis=0)
        moved: FloatArray = found * weights / weights.sum(axis=0) / len(items)
        return moved


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """People, and how often they gave each answer."""

    name: str
    """``everybody``, or ``question: answer``."""
    counts: FloatArray
    """(n_items, n_options); weights where the table holds weights."""
    squares: FloatArray
    """(n_items,): sum of squared weights, for the effective number (Kish 1965)."""
    n_people: int | None
    """None where the table holds counts alone."""
    singles: Singles | None = None
    """None where the table holds counts alone."""

    @property
    def effective(self) -> FloatArray:
        """(n_items,): (sum of w)^2 / sum of w^2; the count where all weights are 1."""
        total = self.counts.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: FloatArray = np.where(self.squares > 0, total**2 / self.squares, 0.0)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """All groups, and single people's answers where there are any."""

    groups: tuple[Group, ...]
    """``everybody`` first."""
    persons: FloatArray | None
    """(n_people, n_items) scores, NaN where not answered; None without single people."""
    left_out: tuple[str, ...]
    """Groups with too few answers, and what else was not read; a sentence each."""


@dataclass(frozen=True, slots=True)
class _Answer:
    person: str | None
    item: int
    option: int
    weight: float
    groups: tuple[str, ...]


def reference(instrument: Instrument, human: HumanConfig | None) -> Reference | None:
    """People's answers; None where neither the configuration nor the instrument has any.

    Raises:
        NoReference: None of the answers is to one of the items.
        DataError: A row cannot be read.
    """
    if human is None:
        return _own(instrument)
    if human.path.is_dir():
        answers, notes = _of_release(instrument, human)
    else:
        answers, notes = list(_of_table(instrument, human)), []
    if not answers:
        raise NoReference(
            str(human.path), human.prefix, [one.id for one in instrument.items], notes
        )
    return _gathered(answers, instrument, human.minimum, notes)


def _own(instrument: Instrument) -> Reference | None:
    names = list(dict.fromkeys(group for item in instrument.items for group in item.human))
    if not names:
        return None
    zero = (0.0,) * len(instrument.scale)
    groups = []
    for name in names:
        counts = np.array([item.human.get(name, zero) for item in instrument.items])
        groups.append(Group(name, counts, counts.sum(axis=1), None))
    return Reference(tuple(groups), None, ())


def _gathered(
    answers: Sequence[_Answer], instrument: Instrument, minimum: int, notes: Iterable[str]
) -> Reference:
    shape = len(instrument.items), len(instrument.scale)
    by_group: dict[str, list[_Answer]] = defaultdict(list)
    for one in answers:
        for name in (ALL, *one.groups):
            by_group[name].append(one)
    groups, left_out = [], list(notes)
    for name, some in by_group.items():
        group = _group(name, some, shape)
        n = group.n_people if group.n_people is not None else group.counts.sum(axis=1).max()
        if n < minimum and name != ALL:
            left_out.append(f"{name} has {n:g} people, fewer than {minimum}, and is left out")
        else:
            groups.append(group)
    return Reference(tuple(groups), _persons(answers, instrument), tuple(left_out))


def _group(name: str, answers: Sequence[_Answer], shape: tuple[int, int]) -> Group:
    counts, squares = np.zeros(shape), np.zeros(shape[0])
    for one in answers:
        counts[one.item, one.option] += one.weight
        # A row of a table of counts stands for so many people, a person's row for one.
        squares[one.item] += one.weight if one.person is None else one.weight**2
    singles = _singles(answers, shape[0])
    return Group(name, counts, squares, None if singles is None else len(singles.options), singles)


def _singles(answers: Sequence[_Answer], n_items: int) -> Singles | None:
    people = dict.fromkeys(one.person for one in answers if one.person is not None)
    if not people:
        return None
    place = {name: i for i, name in enumerate(people)}
    options = np.full((len(people), n_items), -1, dtype=np.int64)
    weights = np.zeros((len(people), n_items))
    for one in answers:
        if one.person is not None:
            options[place[one.person], one.item] = one.option
            weights[place[one.person], one.item] = one.weight
    return Singles(options, weights)


def _persons(answers: Sequence[_Answer], instrument: Instrument) -> FloatArray | None:
    people = list(dict.fromkeys(one.person for one in answers if one.person is not None))
    if not people:
        return None
    place = {name: i for i, name in enumerate(people)}
    found = np.full((len(people), len(instrument.items)), np.nan)
    for one in answers:
        if one.person is not None:
            found[place[one.person], one.item] = instrument.scores[one.option]
    return found


def _of_table(instrument: Instrument, human: HumanConfig) -> Iterator[_Answer]:
    """Rows of a CSV file: ``item answer count``, or ``person item answer`` (``weight``)."""
    path, faults = human.path, []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or ()
        missing = [name for name in ("item", "answer", *human.by) if name not in header]
        if missing or not {"count", "person"} & set(header):
            wanted = ["item", "answer", "count or person", *human.by]
            found = ", ".join(header) or "nothing"
            raise DataError([Fault(str(path), 1, "", found, f"columns {', '.join(wanted)}")])
        found_rows: dict[object, _Answer] = {}
        for row in reader:
            try:
                one = _row(row, instrument, human)
            except _Wrong as wrong:
                faults.append(Fault(str(path), reader.line_num, *wrong.args))
                continue
            if one is None:
                continue
            key = (one.person, one.item) if one.person else reader.line_num
            if key in found_rows:
                what = f"a second answer of {shorten(str(one.person))} to {row['item']}"
                faults.append(Fault(str(path), reader.line_num, "person", what, "one to each item"))
            found_rows[key] = one
    if faults:
        raise DataError(faults[:20], n_more=max(0, len(faults) - 20))
    yield from found_rows.values()


class _Wrong(Exception):
    """A cell: (column, found, expected)."""


def _row(row: Mapping[str, str], instrument: Instrument, human: HumanConfig) -> _Answer | None:
    item = _item(instrument).get(row["item"].removeprefix(human.prefix))
    if item is None:
        return None  # other questions of the same table
    option = _option(instrument).get(row["answer"])
    if option is None:
        values = ", ".join(point.value for point in instrument.scale)
        raise _Wrong("answer", repr(row["answer"]), f"one of {values}")
    column = "count" if "count" in row else "weight"
    text = row.get(column) or "1"
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight < float("inf"):
        raise _Wrong(column, repr(text), "a number from 0 up")
    groups = tuple(f"{name}: {row[name]}" for name in human.by if row[name])
    return _Answer(row.get("person") or None, item, option, weight, groups)


def _of_release(instrument: Instrument, human: HumanConfig) -> tuple[list[_Answer], list[str]]:
    release = read_native(human.path)
    gone, bots, people = set(), set(), set()
    for one in release.participants:
        people.add(one.participant_id)
        if one.status == "withdrawn":
            gone.add(one.participant_id)
        if one.simulated and not human.allow_simulated:
            bots.add(one.participant_id)
    items, options = _item(instrument), _option(instrument)
    given: list[tuple[str, int, int]] = []
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for answer in release.answers:
        who = answer.participant_id
        if who in gone or who in bots or not isinstance(answer.value, str):
            continue
        item = items.get(answer.question_id.removeprefix(human.prefix))
        if item is not None and answer.value in options:
            given.append((who, item, options[answer.value]))
        elif answer.question_id in human.by:
            groups[who][answer.question_id] = answer.value
    found = [
        _Answer(who, item, option, 1.0, tuple(f"{k}: {v}" for k, v in groups[who].items()))
        for who, item, option in given
    ]
    notes = [f"{len(bots)} simulated participants are left out"] if bots else []
    return found, notes


def _item(instrument: Instrument) -> dict[str, int]:
    return {item.id: i for i, item in enumerate(instrument.items)}


def _option(instrument: Instrument) -> dict[str, int]:
    return {point.value: i for i, point in enumerate(instrument.scale)}


def as_json(group: Group) -> dict[str, Any]:
    """For results."""
    return {"name": group.name, "n_people": group.n_people, "counts": group.counts.tolist()}
