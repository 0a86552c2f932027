"""What people agreed to, as a release states it, and whether that covers training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manyvoices.design.study import read_study
from manyvoices.io.manifest import MANIFEST, read_manifest
from manyvoices.io.native import read_study_files
from manyvoices.schema import Comparison, Conversation, Participant
from manyvoices.schema.errors import StudyError
from manyvoices.train.config import FilterConfig
from manyvoices.train.errors import NotAllowedError

NOT_STATED = "not stated"
WITHDRAWN = "conversations of people who withdrew"
NO_CONSENT = "conversations of people without consent"


@dataclass(frozen=True, slots=True)
class Consent:
    """What one data set says."""

    permissions: frozenset[str] | None = None
    """None means that it says nothing."""
    withdrawn: frozenset[str] = frozenset()
    """People of it whom a later release's manifest asks to leave out."""
    release: Mapping[str, Any] = field(default_factory=dict)
    """``release_id``, ``version``, ``title`` and ``licences``, where it has them."""

    @property
    def scope(self) -> str:
        """For the manifest and the model card."""
        if self.permissions is None:
            return NOT_STATED
        return ", ".join(sorted(self.permissions)) or "nothing"

    def check(self, filters: FilterConfig, where: str) -> None:
        """Raise `NotAllowedError` where this does not cover what `filters` asks for."""
        if not filters.consent:
            return
        asked = ", ".join(filters.consent)
        if self.permissions is None and filters.unstated == "refuse":
            raise NotAllowedError(
                f"{where} does not state what people consented to, and filters.unstated is refuse; "
                f"it needs a study whose consent allows {asked}, or unstated: allow"
            )
        missing = set(filters.consent) - (self.permissions or set(filters.consent))
        if missing:
            raise NotAllowedError(
                f"{where}: people consented to {self.scope}, and training asks for "
                f"{', '.join(sorted(missing))} (data.filters.consent); use another release"
            )

    def refuses(
        self,
        talk: Conversation | Comparison,
        people: Mapping[str, Participant],
        filters: FilterConfig,
    ) -> str | None:
        """Why one person's conversation, or verdict, may not be trained on; None where it may."""
        person = people.get(talk.participant_id)
        left = person is not None and person.status == "withdrawn"
        if left or talk.participant_id in self.withdrawn:
            return WITHDRAWN
        given = talk.consent_version or (person and person.consent_version)
        return NO_CONSENT if filters.consent and not given else None


def read_consent(folder: Path, later: Iterable[Path] = ()) -> Consent:
    """What the release in `folder` states, and who withdrew from it by the manifests of `later`."""
    files = read_study_files(folder)
    release: dict[str, Any] = {}
    withdrawn: frozenset[str] = frozenset()
    if (folder / MANIFEST).exists():
        found = read_manifest(folder)
        release = {"release_id": found.release_id, "version": found.version, "title": found.title}
        withdrawn = _withdrawn(found.release_id, later)
    if "study.yaml" not in files:
        return Consent(None, withdrawn, release)
    try:
        study = read_study(files, "study.yaml")
    except StudyError:
        # A study of another version of manyvoices: it states nothing that is understood here.
        return Consent(None, withdrawn, release)
    release["licences"] = study.licences.model_dump(mode="json")
    return Consent(study.consent.permissions, withdrawn, release)


def _withdrawn(release_id: str, later: Iterable[Path]) -> frozenset[str]:
    """Ids are those of the release that an entry names; elsewhere they may be other people's."""
    entries = (entry for folder in later for entry in read_manifest(folder).withdrawals)
    return frozenset(
        name for entry in entries if entry.release_id == release_id for name in entry.participants
    )
