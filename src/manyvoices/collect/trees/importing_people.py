"""Who gave the reviews and rankings of an imported file: participants that nobody can log in as.

They are rows like everybody's, so that what they gave is counted, exported and erased by the same
rules; ``imported:`` before their external id says how they came.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.schema.grown import GrownTree

SPACE = uuid.UUID("0d7c53dc-5f0e-4a9d-a5b9-9f1b6ff5d0f7")
MARK = "imported:"


@dataclass(slots=True)
class Contributors:
    """People of one file in one study; looked up for a tree at a time."""

    study: Study
    now: datetime
    _keys: dict[str, uuid.UUID] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)

    def know(self, tree: GrownTree | None) -> None:
        """Look up everybody that a tree names, in one statement."""
        names = _names(tree) if tree is not None else set()
        wanted: dict[uuid.UUID, str] = {}
        for name in names:
            wanted |= dict.fromkeys(self._candidates(name), name)
        rows = Participant.objects.filter(pk__in=wanted).values_list(
            "pk", "study_id", "withdrawn_at"
        )
        for key, study, withdrawn_at in rows:
            if study == self.study.pk:
                self._keys[wanted[key]] = key
                if withdrawn_at is not None:
                    self._gone.add(wanted[key])

    def is_gone(self, name: str) -> bool:
        """Whether somebody is known here and has withdrawn."""
        return name in self._gone

    def key(self, name: str, *, simulated: bool, consent: str = "") -> uuid.UUID:
        """The key of somebody, who is made if they are new."""
        found = self._keys.get(name)
        if found is not None:
            return found
        own, derived = self._candidates(name)
        taken = own != derived and Participant.objects.filter(pk=own).exists()
        row = Participant.objects.create(
            id=derived if taken else own,
            study=self.study,
            version=self.study.current,
            external_id=f"{MARK}{name}"[:100],
            simulated=simulated,
            consent_version=consent or "imported",
            consented_at=self.now,
        )
        self._keys[name] = row.pk
        return row.pk

    def _candidates(self, name: str) -> tuple[uuid.UUID, uuid.UUID]:
        derived = uuid.uuid5(SPACE, f"{self.study.pk}\x00{name}")
        try:
            own = uuid.UUID(name)
        except ValueError:
            return derived, derived
        return (own if str(own) == name else derived), derived


def _names(tree: GrownTree) -> set[str]:
    from manyvoices.io.oasst_flat import below

    names = {review.participant_id for review in tree.reviews}
    names |= {ranking.participant_id for ranking in tree.rankings}
    names |= {placed.participant_id for placed in tree.prompt_places}
    names |= {m.user_id for m, _ in below(tree.tree.prompt) if isinstance(m.user_id, str)}
    return names
