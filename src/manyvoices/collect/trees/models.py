"""Trees, their messages, and what people gave for them: reviews, rankings, tasks in their hands.

Counters here are not counted up and down: `refresh` computes them from the rows whenever a tree
changes. Only `Need.seats` and `Tree.room` are taken from in between, by a task that is handed out.
"""

from __future__ import annotations

import uuid

from django.db import models

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.design.trees import TaskKind
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
KINDS = [(kind.value, kind.value) for kind in TaskKind]


class PolicyChange(models.Model):
    """The policy of one project and language from a moment on; the latest row is in force."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="policies")
    language = models.CharField(max_length=20)
    policy = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=["study", "language"], name="policy_of_language")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.language} {self.changed_at:%Y-%m-%d %H:%M}"


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


class Message(models.Model):
    """One contribution. Nothing that its author wrote is ever changed without a `Revision`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="replies", null=True, blank=True
    )
    author = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="messages", null=True, blank=True
    )
    """None for what was imported or written by a model."""
    role = models.CharField(max_length=10)
    text = models.TextField()
    language = models.CharField(max_length=20)
    path = models.TextField()
    """Ids of all ancestors and its own, each after a slash, from the prompt down."""
    depth = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.CharField(max_length=64, blank=True, default="")
    accepted = models.BooleanField(null=True, blank=True)
    """None while it is under review."""
    acceptance = models.FloatField(null=True, blank=True)
    decided_because = models.CharField(max_length=60, blank=True, default="")
    """The label that weighed most against it, or ``moderator``."""
    is_split = models.BooleanField(default=False)
    n_reviews = models.PositiveSmallIntegerField(default=0)
    reviews_wanted = models.PositiveSmallIntegerField(default=3)
    n_rankings = models.PositiveSmallIntegerField(default=0)
    rank = models.PositiveSmallIntegerField(null=True, blank=True)
    """Place among its siblings, 0 = best; replies that are tied share one."""
    deleted = models.BooleanField(default=False)
    ended = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False)
    is_reference = models.BooleanField(default=False)
    """The author of the prompt wrote this answer to it, for others to be measured by."""
    model_name = models.CharField(max_length=200, blank=True, default="")
    sources = models.JSONField(default=list)
    """What it rests on: objects with ``title`` and ``url``."""
    evidence = models.JSONField(default=dict)
    """How it was written (seconds, share pasted, language as detected): looked at by people,
    never acted upon by itself."""
    extra = models.JSONField(default=dict)
    """What an imported file said of it that has no column here."""

    class Meta:
        indexes = [
            models.Index(fields=["author", "created_at"], name="message_of_author"),
            models.Index(fields=["tree", "author"], name="message_in_tree"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Revision(models.Model):
    """What a message said before it was changed."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    text = models.TextField()
    replaced_at = models.DateTimeField()
    by = models.CharField(max_length=150, blank=True, default="")
    """A moderator's name; empty = the author."""
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at:%Y-%m-%d %H:%M}"


class Need(models.Model):
    """Tasks of one kind about one message that can be handed out now."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="needs")
    language = models.CharField(max_length=20)
    kind = models.CharField(max_length=30, choices=KINDS)
    tree = models.ForeignKey(
        Tree, on_delete=models.CASCADE, related_name="needs", null=True, blank=True
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="needs", null=True, blank=True
    )
    """None for new prompts, which belong to no tree yet."""
    seats = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    """The earliest is handed out first (`manyvoices.design.trees.urgency`)."""
    is_lonely = models.BooleanField(default=False)
    """A reply that would keep another one company: due earlier."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "kind"], name="one_need_per_kind"),
            models.UniqueConstraint(
                fields=["study", "language", "kind"],
                condition=models.Q(message=None),
                name="one_need_of_prompts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["study", "language", "kind", "due_at"],
                condition=models.Q(seats__gt=0),
                name="need_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id} x{self.seats}"


class Task(models.Model):
    """A piece of work in one person's hands, or what became of it."""

    class State(models.TextChoices):
        LEASED = "leased"
        DONE = "done"
        SKIPPED = "skipped"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="tasks")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="tasks")
    language = models.CharField(max_length=20)
    kind = models.CharField(max_length=30, choices=KINDS)
    tree = models.ForeignKey(
        Tree, on_delete=models.CASCADE, related_name="tasks", null=True, blank=True
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="tasks", null=True, blank=True
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEASED)
    leased_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    skip_reason = models.CharField(max_length=300, blank=True, default="")
    is_full = models.BooleanField(default=True)
    """Whether a review asks for all labels, or for those that decide."""
    seed = models.BigIntegerField()
    """Of the order in which replies are shown."""
    gold = models.JSONField(null=True, blank=True)
    """What is known of the answer, where the task is a check of the reviewer; never shown."""

    class Meta:
        constraints = [
            # Two windows that ask at the same moment must not both get one thing to do.
            models.UniqueConstraint(
                fields=["participant", "message", "kind"],
                condition=models.Q(state="leased"),
                name="one_task_in_hand",
            )
        ]
        indexes = [
            models.Index(fields=["participant", "message", "kind"], name="task_of_person"),
            models.Index(
                fields=["expires_at"], condition=models.Q(state="leased"), name="task_expiry"
            ),
            models.Index(fields=["tree"], condition=models.Q(state="leased"), name="task_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state} {self.id}"


class LabelsGiven(models.Model):
    """One person's labels of one message. Left open: absent; cannot tell: null; else 0 to 1."""

    class Source(models.TextChoices):
        TASK = "task"
        FREE = "free"
        REPORT = "report"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="labels")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="labels")
    task = models.OneToOneField(Task, on_delete=models.CASCADE, null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.TASK)
    labels = models.JSONField()
    is_full = models.BooleanField(default=True)
    counts = models.BooleanField(default=True)
    """False after the message was changed: it was another text that was reviewed."""
    created_at = models.DateTimeField()
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "participant"],
                condition=models.Q(source="task", counts=True),
                name="one_review_each",
            )
        ]
        indexes = [
            models.Index(fields=["message", "source"], name="labels_of_message"),
            models.Index(
                fields=["created_at"], condition=models.Q(source="report"), name="reports_by_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on {self.message_id}"


class RankingGiven(models.Model):
    """One person's order of the replies to one message."""

    parent = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="rankings")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="rankings")
    task = models.OneToOneField(Task, on_delete=models.CASCADE, null=True, blank=True)
    groups = models.JSONField()
    """Lists of message ids, best first; those in one list are equal; some may be left out."""
    shown = models.JSONField()
    """Message ids in the order shown."""
    all_bad = models.BooleanField(default=False)
    flags = models.JSONField(default=dict)
    """Message id -> list of ``wrong``, ``unsafe``, ``spam``, ``cannot_judge``."""
    created_at = models.DateTimeField()
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "participant"], name="one_ranking_each")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on the replies to {self.parent_id}"


class PromptPlace(models.Model):
    """That a prompt which waits was shown beside others, and where somebody put it."""

    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="places", null=True, blank=True
    )
    """None for what was imported."""
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="places")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="places")
    ranking = models.UUIDField()
    """Names the order that it is part of."""
    place = models.PositiveSmallIntegerField(null=True, blank=True)
    """0 = best, equal = tied; None = not sent, or left out."""
    share = models.FloatField(null=True, blank=True)
    """Of the others that have a place, those below it, ties half."""
    flags = models.JSONField(default=list)
    created_at = models.DateTimeField()
    """When it was shown."""
    sent_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ranking", "message"], name="one_place_in_an_order"),
            models.UniqueConstraint(
                fields=["message", "participant"],
                condition=models.Q(sent_at__isnull=False),
                name="one_place_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} in {self.ranking}"


class SetConsensus(models.Model):
    """What the rankings of the replies to one message come to."""

    parent = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="consensus")
    groups = models.JSONField()
    """Lists of message ids, best first; replies in one list are tied."""
    n_rankings = models.PositiveSmallIntegerField()
    n_all_bad = models.PositiveSmallIntegerField(default=0)
    all_bad = models.BooleanField(default=False)
    """Most people said that all replies are bad: then there are no ranks."""
    kendall_w = models.FloatField(null=True, blank=True)
    alpha = models.FloatField(null=True, blank=True)
    """Krippendorff's, ordinal, over the rankings."""
    merged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"replies to {self.parent_id}"


class LanguageRound(models.Model):
    """What the sweeper knows of one project and language: its row is the lock of a draw.

    Two runners that sweep at the same moment start trees one after the other, so that there are
    never more than the policy allows.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="rounds")
    language = models.CharField(max_length=20)
    last_event = models.BigIntegerField(default=0)
    """The last `TreeEvent` that was looked at for trees that came to their end."""
    weighed_at = models.DateTimeField(null=True, blank=True)
    """When reviewers were last weighed."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "language"], name="one_round_each")]

    def __str__(self) -> str:
        return f"{self.study_id} {self.language}"


class ReviewerWeight(models.Model):
    """How much one person's reviews count, where a project weighs by reliability."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reviewer_weights")
    language = models.CharField(max_length=20)
    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="reviewer_weights"
    )
    weight = models.FloatField()
    """Above 0, 1 at most."""
    n_reviews = models.PositiveIntegerField()
    weighed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "language"], name="one_weight_each")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.weight:.2f}"
