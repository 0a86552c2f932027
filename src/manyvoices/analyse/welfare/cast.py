"""Who takes part in a region's experiment, and by which schemes models are chosen for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import BoolArray, IntArray
from manyvoices.analyse.welfare.plan import Harm, Scheme


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Who takes part in a region: rows of the whole table, and populations among them."""

    rows: IntArray
    members: Mapping[str, BoolArray]
    """Population -> (n_rows,)."""
    labels: Mapping[str, str]
    welfare: tuple[str, ...]
    schemes: tuple[Scheme, ...]
    reference: Scheme
    harms: tuple[Harm, ...]

    def rivals(self) -> tuple[Scheme, ...]:
        """The schemes other than the reference."""
        return tuple(one for one in self.schemes if one.id != self.reference.id)

    def others(self) -> tuple[Scheme, ...]:
        """Those of them that draw from another pool."""
        return tuple(x for x in self.rivals() if x.population != self.reference.population)

    def measured(self) -> BoolArray:
        """(n_panels, n_rows) the populations whose welfare is measured."""
        return np.stack([self.members[name] for name in self.welfare])
