"""What is asked of one curation, and the steps that it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, TypeAlias

from manyvoices import __version__
from manyvoices.curate.census import Preset
from manyvoices.curate.engine import Step
from manyvoices.curate.flags import Group
from manyvoices.io.manifest import sha256
from manyvoices.schema import Json, ManyvoicesError

LanguageMethod: TypeAlias = Literal["py3langid", "prism", "none"]
PiiMethod: TypeAlias = Literal["rules", "scrubadub", "presidio", "none"]

NONE = "none"
"""Nobody is asked, and what is known already stays."""

_PACKAGES = {
    "py3langid": ("py3langid",),
    "prism": ("langid",),
    "rules": ("phonenumbers",),
    "scrubadub": ("scrubadub",),
    "presidio": ("presidio-analyzer", "phonenumbers"),
}
"""Method -> packages whose version decides the result, besides ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one curation is to do. Two runs with equal plans on equal releases give equal bytes."""

    language: LanguageMethod = "py3langid"
    pii: PiiMethod = "rules"
    regions: tuple[str, ...] = ("GB", "US")
    """Countries whose telephone numbers are looked for."""
    verdicts: Path | None = None
    """What a moderation model said of texts (`moderation_file`); None: nobody was asked."""
    reviews: Path | None = None
    """Decisions of people who looked at PII flags."""
    categories: Path | None = None
    """Free texts and the groups that people put them into."""
    schemes: Mapping[str, Path] = field(default_factory=dict)
    """Field -> CSV of the groups that it has, where they are not PRISM's."""
    balanced: bool = False
    census: Mapping[str, Path] = field(default_factory=dict)
    """Name of a sample -> file of its joint table."""
    preset: Preset | None = None
    """Draw subsets as PRISM's code or paper has it."""
    checks: bool = False
    exclude: Path | None = None
    """An ``exclusions.csv``: what is in force in it is left out."""
    seed: int = 0

    @property
    def told(self) -> dict[str, Json]:
        """For the manifest: settings, and of each file its name and hash, never its place."""
        files = {"reviews": self.reviews, "categories": self.categories, "exclude": self.exclude}
        return {
            "language": self.language,
            "pii": self.pii,
            "pii_regions": list(self.regions),
            "balanced": self.balanced,
            "schemes": {name: _file(path) for name, path in sorted(self.schemes.items())},
            "census": {name: _file(path) for name, path in sorted(self.census.items())},
            "preset": self.preset,
            "checks": self.checks,
            "seed": self.seed,
        } | {name: None if path is None else _file(path) for name, path in files.items()}


def groups_of(plan: Plan) -> list[Group]:
    """The steps that run over every text, each with the columns that it adds."""
    groups = []
    if plan.language != NONE:
        from manyvoices.curate import language

        step = Step(
            "language", language.annotate_language, {"method": plan.language}, _made(plan.language)
        )
        groups.append(Group("language", step, language.COLUMNS))
    if plan.pii != NONE:
        from manyvoices.curate.pii.annotate import COLUMNS, annotate_pii, load_check

        if plan.pii == "rules":
            try:
                load_check("rules", plan.regions)
            except ValueError as error:
                raise ManyvoicesError(f"--regions: {error}") from error
        settings = {"method": plan.pii, "regions": list(plan.regions)}
        step = Step("pii", annotate_pii, settings, _made(plan.pii))
        groups.append(Group("pii", step, COLUMNS))
    if plan.verdicts is not None:
        from manyvoices.curate import moderation

        made = Step(
            "moderation",
            moderation.annotate_moderation,
            version=f"manyvoices {__version__}",
            files={"verdicts": plan.verdicts},
        )
        groups.append(Group("moderation", made, moderation.COLUMNS))
    return groups


def _made(method: str) -> str:
    """What decides a method's result: our version and those of its packages."""
    told = [f"manyvoices {__version__}"]
    for package in _PACKAGES[method]:
        try:
            told.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            told.append(f"{package} absent")  # the step itself says which extra to install
    return ", ".join(told)


def _file(path: Path) -> dict[str, Json]:
    return {"name": path.name, "sha256": sha256(path)}
