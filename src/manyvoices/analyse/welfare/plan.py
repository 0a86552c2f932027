"""Whose welfare is looked at, and who is in the seat of power: populations and schemes as data.

A plan is a YAML file (``plans/prism.yaml`` is PRISM's) or is made for a release (`plan_for`).
Source of the idea: PRISM (arXiv 2404.16019), appendix U.1, "Sub-populations", "Sampling schemes".
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from manyvoices.analyse.dataset import GroupField
from manyvoices.analyse.table import BoolArray
from manyvoices.analyse.words import declines
from manyvoices.schema import DataError, Fault

if TYPE_CHECKING:
    import polars as pl

EVERYONE = "all"
Declined = Literal["complement", "out"]


class Population(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some of the people of a region: by values of one column, or all but those."""

    id: str
    label: str
    field: str = ""
    """Column of the people's table; empty means everyone."""
    values: tuple[str, ...] = ()
    complement: bool = False
    """The people without these values instead."""
    declined: Declined = "out"
    """Where people go who did not answer or would rather not say: nowhere, or to complements, as
    PRISM's code has it (its "nonwhite" holds everyone whose recorded ethnicity is not White)."""

    def members(self, people: pl.DataFrame) -> BoolArray:
        """(n_people,): who of the rows of `people` belongs."""
        if not self.field:
            return np.ones(people.height, dtype=np.bool_)
        answers = people[self.field].to_list()
        named = np.array([answer in self.values for answer in answers], dtype=np.bool_)
        if not self.complement:
            return named
        silent = np.array([a is None or declines(str(a)) for a in answers], dtype=np.bool_)
        return ~named if self.declined == "complement" else ~named & ~silent


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who chooses: `n` people drawn with replacement from one population."""

    id: str
    label: str
    population: str
    n: int


class Region(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the release that the experiment is repeated in."""

    id: str
    label: str
    field: str = ""
    """A column of the people's table that holds true or false; empty means everyone."""

    def members(self, people: pl.DataFrame) -> BoolArray:
        """(n_people,): nobody where the column is absent."""
        if not self.field:
            return np.ones(people.height, dtype=np.bool_)
        if self.field not in people.columns:
            return np.zeros(people.height, dtype=np.bool_)
        true = (True, "True", "true", 1)
        return np.array([value in true for value in people[self.field].to_list()], dtype=np.bool_)


class Harm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question of minority harm: what `minority` loses when `scheme` alone chooses."""

    minority: str
    scheme: str


class WelfarePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One welfare experiment."""

    title: str
    regions: tuple[Region, ...]
    populations: tuple[Population, ...]
    welfare: tuple[str, ...]
    """Ids of the populations whose welfare is measured, one panel each."""
    schemes: tuple[Scheme, ...]
    reference: str
    """Id of the scheme that the others are compared with."""
    harms: tuple[Harm, ...] = ()

    def population(self, name: str) -> Population:
        """The population of that id."""
        return next(one for one in self.populations if one.id == name)

    def scheme(self, name: str) -> Scheme:
        """The scheme of that id."""
        return next(one for one in self.schemes if one.id == name)

    def fields(self) -> frozenset[str]:
        """The columns that membership is read from."""
        return frozenset(one.field for one in self.populations if one.field)


def load_plan(name_or_path: str | Path) -> WelfarePlan:
    """A plan of ours by its name (``prism``), or one from a YAML file.

    Raises:
        DataError: The file is no plan, or names a population or scheme that it does not hold.
    """
    place = str(name_or_path)
    own = resources.files("manyvoices.analyse.welfare") / "plans" / f"{place}.yaml"
    try:
        text = own.read_bytes() if own.is_file() else Path(place).read_bytes()
        plan = msgspec.yaml.decode(text, type=WelfarePlan)
    except (OSError, msgspec.DecodeError) as error:
        raise DataError([Fault(place, None, "", str(error), "a welfare plan")]) from error
    faults = [
        Fault(place, None, where, repr(name), "an id in this plan")
        for where, name in _unknown(plan)
    ]
    if not faults and plan.population(plan.scheme(plan.reference).population).field:
        wanted = "a scheme that draws from everyone: the test of the others deals out their labels"
        faults = [Fault(place, None, "reference", repr(plan.reference), wanted)]
    if faults:
        raise DataError(faults)
    return plan


def _unknown(plan: WelfarePlan) -> list[tuple[str, str]]:
    populations = {one.id for one in plan.populations}
    schemes = {one.id for one in plan.schemes}
    named = [("welfare", name, populations) for name in plan.welfare]
    named += [("schemes", one.population, populations) for one in plan.schemes]
    named += [("reference", plan.reference, schemes)]
    named += [("harms", one.minority, populations) for one in plan.harms]
    named += [("harms", one.scheme, schemes) for one in plan.harms]
    return [(where, name) for where, name, known in named if name not in known]


def plan_for(
    people: pl.DataFrame, fields: tuple[GroupField, ...], *, min_group: int, most: int = 3
) -> WelfarePlan:
    """PRISM's experiment on whatever the release asked: each field's largest group and the others.

    Fields come in the order given; one is used where the largest group and the others together
    have `min_group` people each. Who would rather not say is in neither.
    """
    whole = Population(EVERYONE, "Everyone")
    schemes = [Scheme(f"rep_{n}", f"Everyone ({n})", EVERYONE, n) for n in (10, 20, 50, 100)]
    populations, welfare = [whole], [EVERYONE]
    harms: list[Harm] = []
    for field in fields:
        if len(harms) == most:
            break
        counts = people[field.column].drop_nulls().value_counts(sort=True)
        top = [row[0] for row in counts.rows() if row[0] in field.levels]
        if not top:
            continue
        named = sorted(top, key=lambda level: -int((people[field.column] == level).sum()))[0]
        largest = Population(field.column, named, field.column, (named,))
        others = Population(
            f"not_{field.column}", f"All but {named}", field.column, (named,), complement=True
        )
        if min(p.members(people).sum() for p in (largest, others)) < min_group:
            continue
        populations += [largest, others]
        welfare.append(others.id)
        schemes.append(Scheme(f"{field.column}_100", f"{named} (100)", largest.id, 100))
        harms.append(Harm(others.id, schemes[-1].id))
    return WelfarePlan(
        title="Each field's largest group and the others",
        regions=(Region(EVERYONE, "Everyone"),),
        populations=tuple(populations),
        welfare=tuple(welfare),
        schemes=tuple(schemes),
        reference="rep_100",
        harms=tuple(harms),
    )
