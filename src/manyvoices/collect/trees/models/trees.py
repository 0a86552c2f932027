"""Trees, and the steps that they took."""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.studies.models import Study
from manyvoices.schema import TreeState

STATES = [(state.value, state.value) for state in TreeState]
OPEN_STATES = (
    TreeState.INITIAL_PROMPT_REVIEW.value,
    TreeState.GROWING.value,
    TreeState.RANKING.value,
)
"""States in which people are asked to do something for a tree."""
MERGED_STATES = (TreeState.READY_FOR_SCORING.value, TreeState.READY_FOR_EXPORT.value)
"""States in which the rankings of a tree are merged, or merged again after a late vote."""


class Tree(models.Model):
    """One tree: a prompt and what grew below it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="trees")
    language = models.CharField(max_length=20)
    state = models.CharField(max_length=30, choices=STATES)
    goal_size = models.PositiveSmallIntegerField()
    room = models.SmallIntegerField(default=0)
    """Messages that may still be begun; taken from when a task is handed out."""
    is_scored = models.BooleanField(default=False)
    scoring_failures = models.PositiveSmallIntegerField(default=0)
    origin = models.CharField(max_length=200, blank=True, default="")
    """Where an imported tree came from; empty = it was written here."""
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    """When it came into its state."""
    policy_name = models.CharField(max_length=40, blank=True, default="")
    """Of the policy that its needs were computed under (`policies.named_policy`). Empty: the
    sweeper is to look at it, so whoever changes rows without `refresh` empties it."""
    checked_at = models.DateTimeField(null=True, blank=True)
    """When the rules last looked at it."""

    class Meta:
        indexes = [
            models.Index(fields=["study", "language", "state"], name="tree_state"),
            models.Index(
                fields=["study", "language", "policy_name"],
                condition=models.Q(state__in=OPEN_STATES),
                name="tree_policy",
            ),
            models.Index(
                fields=["checked_at"], condition=models.Q(state__in=OPEN_STATES), name="tree_check"
            ),
            models.Index(
                fields=["changed_at"],
                condition=models.Q(state__in=MERGED_STATES, is_scored=False),
                name="tree_to_merge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"


class TreeEvent(models.Model):
    """That a tree went from one state to another, and why."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="events")
    before = models.CharField(max_length=30)
    after = models.CharField(max_length=30)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.CharField(max_length=150, blank=True, default="")
    """A moderator's name; empty = the rules."""

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.tree_id} {self.before} -> {self.after}"
