"""Which labels a review asks for in one project."""

from __future__ import annotations

from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import policy_for, stage_of
from manyvoices.design.trees import LabelSpec, TaskKind, TreeTasksStage, label_schema


def labels_of_task(task: Task, stage: TreeTasksStage | None = None) -> tuple[LabelSpec, ...]:
    """The labels of a review, in their order; the short form where the task is one.

    Args:
        stage: The project's stage in the reader's language; without it a project's own words are
            in its first language.
    """
    kind = TaskKind(task.kind)
    return labels_of(task.study, task.language, kind, full=task.is_full, stage=stage)


def labels_of(
    study: Study,
    language: str,
    kind: TaskKind,
    *,
    full: bool = True,
    stage: TreeTasksStage | None = None,
) -> tuple[LabelSpec, ...]:
    """The labels that reviews of a kind ask for in a project and language."""
    stage = stage or stage_of(study)
    deciding = policy_for(study, language).acceptance_against
    return label_schema(
        kind, there=stage.all_labels, names=stage.labels, deciding=deciding, full=full
    )
