"""The policy in force for a project and language: the study's own, until it is changed live."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction

from manyvoices.collect.console import audit
from manyvoices.collect.studies.models import Study, StudyVersion
from manyvoices.collect.trees.models import PolicyChange
from manyvoices.design.trees import TreePolicy, TreeTasksStage

KEPT_S = 5.0
"""How long a process goes on with the policy that it has read: a change is live within this."""

_read: dict[tuple[str, str], tuple[float, str, TreePolicy]] = {}


def stage_of(study: Study) -> TreeTasksStage:
    """The stage of the study's current version in which trees are grown.

    Raises:
        LookupError: The study has no such stage.
    """
    for stage in _current(study).spec.stages:
        if isinstance(stage, TreeTasksStage):
            return stage
    raise LookupError(f"{study.pk} has no tree_tasks stage")


def _current(study: Study) -> StudyVersion:
    """The study's newest version, its content left where it is: it is parsed once per process."""
    return study.versions.defer("content").order_by("-number")[:1].get()


def languages_of(study: Study) -> tuple[str, ...]:
    """The data languages of a project."""
    return stage_of(study).languages or _current(study).spec.languages


def policy_for(study: Study | str, language: str) -> TreePolicy:
    """The policy in force in a study (or the study with this id); read again from the database
    every few seconds."""
    return named_policy(study, language)[1]


def named_policy(study: Study | str, language: str) -> tuple[str, TreePolicy]:
    """The policy in force and its name: two policies of one name are the same."""
    key = (study if isinstance(study, str) else study.pk, language)
    found = _read.get(key)
    if found is None or time.monotonic() - found[0] > KEPT_S:
        if isinstance(study, str):
            study = Study.objects.get(pk=study)
        found = _read[key] = (time.monotonic(), *_from_database(study, language))
    return found[1:]


def _from_database(study: Study, language: str) -> tuple[str, TreePolicy]:
    rows = PolicyChange.objects.filter(study=study, language=language).order_by("-pk")
    latest = rows.values_list("pk", "policy").first()
    if latest is not None:
        return f"change {latest[0]}", TreePolicy.model_validate(latest[1])
    return f"version {_current(study).digest[:20]}", stage_of(study).policy_for(language)


@transaction.atomic
def change_policy(
    *,
    study: Study,
    language: str,
    policy: TreePolicy,
    by: str,
    reason: str,
    now: datetime,
) -> PolicyChange:
    """Put another policy in force; the row before stays as history, and the audit log says which
    fields changed.

    Raises:
        Unfit: A label that it lets decide is not one of the project's.
    """
    stage_of(study).check_policy(policy)
    before = policy_for(study, language).model_dump(mode="json")
    fields = [
        name for name, value in policy.model_dump(mode="json").items() if value != before[name]
    ]
    audit.record(by, "change policy", study.pk, language, {"fields": sorted(fields)}, now)
    change = PolicyChange.objects.create(
        study=study,
        language=language,
        policy=policy.model_dump(mode="json"),
        changed_at=now,
        changed_by=by,
        reason=reason,
    )
    transaction.on_commit(lambda: forget(study, language))
    return change


def forget(study: Study, language: str) -> None:
    """Read the policy again at the next question (this process; the others within `KEPT_S`)."""
    _read.pop((study.pk, language), None)
