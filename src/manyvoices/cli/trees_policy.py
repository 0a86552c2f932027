"""The action ``policy`` of ``manyvoices trees``: the rules in force, and others in their place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from manyvoices.cli.common import console, print_json
from manyvoices.cli.trees_files import names_in

if TYPE_CHECKING:
    from manyvoices.collect.studies.models import Study


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """The policy of one language."""

    language: str
    policy: dict[str, Any]
    unusual: dict[str, Any]
    """Fields that are other than the defaults."""
    changes: list[Change]
    """The latest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """That a policy was put in force."""

    at: datetime
    by: str
    reason: str


def change_or_show(
    study: Study, paths: list[Path], *, languages: str, reason: str, as_json: bool
) -> None:
    """Put the fields of a file in force, if one is named; then print what is in force."""
    if len(paths) > 1:
        raise typer.BadParameter("name one file with the fields to be changed")
    wanted = _languages(study, languages)
    if paths:
        if not reason.strip():
            raise typer.BadParameter("say why with --reason: it stays in the history")
        _change(study, paths[0], wanted, reason)
    shown = [_shown(study, language) for language in wanted]
    if as_json:
        print_json(shown)
        return
    for one in shown:
        _print(one)


def _languages(study: Study, text: str) -> tuple[str, ...]:
    from manyvoices.collect.trees.policies import languages_of
    from manyvoices.schema import Fault, InputError

    try:
        there = languages_of(study)
    except LookupError:
        wanted = "a study that grows trees"
        raise InputError([Fault("--study", None, "", study.pk, wanted)]) from None
    wrong = [name for name in names_in(text) if name not in there]
    if wrong:
        expected = f"any of {', '.join(there)}"
        raise InputError([Fault("--lang", None, "", name, expected) for name in wrong])
    return names_in(text) or there


def _change(study: Study, path: Path, languages: tuple[str, ...], reason: str) -> None:
    """All languages or none."""
    from django.db import transaction
    from django.utils import timezone

    from manyvoices.collect.trees.policies import change_policy, policy_for, stage_of
    from manyvoices.design.trees.policy_files import changed_policy

    text = path.read_text("utf-8-sig")
    with transaction.atomic():
        for language in languages:
            policy = changed_policy(text, path.name, policy_for(study, language), stage_of(study))
            change_policy(
                study=study,
                language=language,
                policy=policy,
                by="server",
                reason=reason.strip()[:300],
                now=timezone.now(),
            )


def _shown(study: Study, language: str) -> PolicyShown:
    from manyvoices.collect.trees.models import PolicyChange
    from manyvoices.collect.trees.policies import policy_for
    from manyvoices.design.trees import TreePolicy

    policy = policy_for(study, language).model_dump(mode="json")
    usual = TreePolicy().model_dump(mode="json")
    rows = PolicyChange.objects.filter(study=study, language=language).order_by("-pk")
    return PolicyShown(
        language=language,
        policy=policy,
        unusual={name: value for name, value in policy.items() if value != usual[name]},
        changes=[Change(row.changed_at, row.changed_by, row.reason) for row in rows],
    )


def _print(shown: PolicyShown) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(shown.language, "in force", box=None)
    for name, value in shown.unusual.items():
        table.add_row(name, Text(str(value)))
    if not shown.unusual:
        table.add_row("every field", "as the defaults are")
    console.print(table)
    for change in shown.changes:
        line = f"  {change.at:%Y-%m-%d %H:%M} {change.by}: {change.reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
