"""Groups of people put into a survey's rows, as ``categories`` files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.curate.categories import Decision, categorise
from manyvoices.curate.categories_files import read_mapping
from manyvoices.curate.categories_schemes import SCHEMES, Scheme, read_scheme
from manyvoices.schema import PrismSurveyRow
from manyvoices.schema.wording import people, plural

PARTS = ("categorised", "simplified")


@dataclass(frozen=True, slots=True)
class Groups:
    """Field -> person -> their group and their simpler group."""

    of: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def put(self, row: PrismSurveyRow) -> PrismSurveyRow:
        """A survey row with its groups: beside ``self_described`` where the column has that form,
        else in ``<field>_categorised`` and ``<field>_simplified``. What was written stays."""
        row = dict(row)
        for name, found_of in self.of.items():
            groups = found_of.get(str(row["user_id"]))
            found = (
                dict.fromkeys(PARTS) if groups is None else dict(zip(PARTS, groups, strict=True))
            )
            value = row.get(name)
            if isinstance(value, dict):
                row[name] = value | (found if groups is not None else {})
            else:
                row |= {f"{name}_{part}": group for part, group in found.items()}
        return row


def read_groups(
    mapping: Path | None, rows: Sequence[PrismSurveyRow], schemes: Mapping[str, Path]
) -> Groups:
    """Everybody's groups by the decisions of a mapping file.

    Whoever was not asked has none. A field without a scheme of PRISM's or in `schemes` has the
    groups that its decisions name.

    Raises:
        DataError: A file is not what it should be, or a decision names a group that is none.
    """
    if mapping is None:
        return Groups()
    of, notes = {}, []
    for name, decisions in sorted(read_mapping(mapping).items()):
        asked = [(str(row["user_id"]), text) for row in rows if (text := _text(row, name))]
        found = categorise(
            [text for _, text in asked], decisions, _scheme(name, decisions, schemes)
        )
        pairs = zip(found.categorised, found.simplified, strict=True)
        of[name] = {user: groups for (user, _), groups in zip(asked, pairs, strict=True)}
        if found.undecided:
            notes.append(
                f"{name}: no decision yet on {plural(len(found.undecided), 'text')} of"
                f" {people(sum(found.undecided.values()))}: Prefer not to say"
            )
    return Groups(of, tuple(notes))


def _text(row: PrismSurveyRow, name: str) -> Any:
    value = row.get(name)
    return value.get("self_described") if isinstance(value, dict) else value


def _scheme(name: str, decisions: Sequence[Decision], schemes: Mapping[str, Path]) -> Scheme:
    if name in schemes:
        return read_scheme(schemes[name], name)
    named = dict.fromkeys(decision.group for decision in decisions)
    return SCHEMES.get(name) or Scheme(name, tuple(named))
