"""Which labels a review asks for in one project."""

from __future__ import annotations

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import policy_for, stage_of
from manyvoices.design.trees import LabelSpec, TaskKind, label_schema


def labels_of_task(task: Task) -> tuple[LabelSpec, ...]:
    """The labels of a review, in their order; the short form where the task is one."""
    return labels_of(task.study, task.language, TaskKind(task.kind), full=task.is_full)


def labels_of(
    study: Study, language: str, kind: TaskKind, *, full: bool = True
) -> tuple[LabelSpec, ...]:
    """The labels that reviews of a kind ask for in a project and language."""
    deciding = policy_for(study, language).acceptance_against
    return label_schema(kind, names=stage_of(study).labels, deciding=deciding, full=full)
