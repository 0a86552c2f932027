"""How a release is to be made, and what of it makes no sense for this study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees import releasing
from manyvoices.curate.privacy import Anonymity, Rules, anonymity_settings, known_questions
from manyvoices.schema import Json
from manyvoices.schema.errors import ManyvoicesError

Simulated = Literal["include", "exclude", "only"]
FORMATS = ("native", "prism", "trl", "oasst")


class ReleaseRefused(ManyvoicesError):
    """A release cannot be written as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a release is to be made."""

    formats: tuple[str, ...]
    simulated: Simulated
    purposes: frozenset[str]
    pseudonyms: str
    key: bytes | None
    dates: str
    rules: Rules
    licences: Mapping[str, str]
    now: datetime


def check_wish(study_id: str, out: Path, formats: Sequence[str], simulated: str) -> Study:
    """The study; raises `ReleaseRefused` where a release of it cannot be written so."""
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or "native" not in formats:
        raise ReleaseRefused(
            f"--formats {','.join(formats)}: expected native"
            f" and any of {', '.join(FORMATS[1:])}; native holds everything, the others are made"
            " from it"
        )
    if simulated not in get_args(Simulated):
        raise ReleaseRefused(f"--simulated {simulated}: expected {', '.join(get_args(Simulated))}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ReleaseRefused(f"{out}: exists and is not empty; a release is never written over")
    study = Study.objects.filter(pk=study_id).first()
    if study is None:
        known = ", ".join(Study.objects.values_list("id", flat=True)) or "none"
        raise ReleaseRefused(
            f"--study {study_id}: this database holds no such study, only: {known}"
        )
    if "oasst" in formats and not releasing.has_trees(study):
        raise ReleaseRefused("--formats oasst: it needs message trees, and this study grew none")
    return study


def check_rules(study: Study, rules: Rules) -> None:
    """Refuse rules about questions that nobody asked, and a k over nothing."""
    surveys = study.current.original.surveys()
    asked = [q.id for _, survey in surveys for page in survey.pages for q in page.questions]
    known_questions(asked, dict.fromkeys(rules.quasi_identifiers), "--quasi-identifiers")
    known_questions(asked, dict.fromkeys(rules.sensitive), "--sensitive")
    known_questions(asked, rules.coarsen, "--coarsen")
    if rules.k > 1 and not rules.quasi_identifiers:
        raise ReleaseRefused(f"--k {rules.k}: name the attributes with --quasi-identifiers")


def settings_of(wish: Wish, anonymity: Anonymity | None) -> dict[str, Json]:
    """What the manifest says of how the release was made; no key, and nothing to guess one by."""
    settings: dict[str, Json] = {
        "formats": list(wish.formats),
        "simulated": wish.simulated,
        "purposes": sorted(wish.purposes),
        "pseudonyms": wish.pseudonyms,
        "dates": wish.dates,
        "licences": dict(sorted(wish.licences.items())),
    }
    if anonymity is not None:
        settings["anonymity"] = anonymity_settings(anonymity)
    return settings
