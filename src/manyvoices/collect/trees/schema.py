"""Which labels a review asks for in one project."""

from __future__ import annotations

from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import stage_of
from manyvoices.design.trees import LabelSpec, TaskKind, label_schema


def labels_of_task(task: Task) -> tuple[LabelSpec, ...]:
    """The labels of a review, in their order; the short form where the task is one."""
    stage = stage_of(task.study)
    return label_schema(TaskKind(task.kind), names=stage.labels, full=task.is_full)
