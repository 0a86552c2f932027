"""Comparisons as they happened: what was shown in which place, what every side said, the verdict.

No column here may reach a browser but the texts: which model stood where is known to the server
alone until the verdict is stored.
"""

from __future__ import annotations

import uuid

from django.db import models as db

from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.schema.comparisons import ComparisonVerdict

OTHER_LANGUAGE = "other_language"
"""Failure of an answer that is not in the prompt's language, where the study asks for that. Its
text is kept: whoever doubts the label can read it."""
VERDICTS = [(verdict.value, verdict.value) for verdict in ComparisonVerdict]


class Comparison(db.Model):
    """One comparison: handed out, shown, judged. Its next step is computed from what is stored."""

    id = db.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = db.ForeignKey(Participant, on_delete=db.CASCADE, related_name="comparisons")
    study = db.ForeignKey(Study, on_delete=db.PROTECT, related_name="comparisons")
    stage = db.PositiveSmallIntegerField()
    number = db.PositiveIntegerField()
    """1-based count within the participant's stage: the natural key of a double click."""
    simulated = db.BooleanField(default=False)
    """As the participant is: people and bots never count among each other."""
    source = db.CharField(max_length=10)
    prompt_id = db.CharField(max_length=200, null=True, blank=True)
    category = db.CharField(max_length=200, null=True, blank=True)
    language = db.CharField(max_length=40, null=True, blank=True)
    pool = db.CharField(max_length=80, null=True, blank=True)
    models = db.JSONField(default=list)
    """By place; the first stands left. Never leaves to a browser before the verdict."""
    because = db.CharField(max_length=200)
    ask = db.PositiveIntegerField(null=True, blank=True)
    """Index in the batch of the participant's version of the study."""
    seed = db.BigIntegerField()
    consent_version = db.CharField(max_length=64)
    started_at = db.DateTimeField()
    shown_at = db.DateTimeField(null=True, blank=True)
    judged_at = db.DateTimeField(null=True, blank=True)
    verdict = db.CharField(max_length=20, choices=VERDICTS, null=True, blank=True)
    order = db.JSONField(null=True, blank=True)
    """With a choice: groups of places, best first."""
    reasons = db.JSONField(default=list, blank=True)
    reason_text = db.TextField(null=True, blank=True)
    revealed_at = db.DateTimeField(null=True, blank=True)
    evidence = db.JSONField(default=dict, blank=True)
    quarantined = db.JSONField(default=list, blank=True)
    """Rules by which the vote is set aside. It is kept; it takes no seat of its cell."""

    class Meta:
        constraints = [
            db.UniqueConstraint(fields=["participant", "stage", "number"], name="comparison_number")
        ]
        indexes = [
            db.Index(
                fields=["study", "stage", "simulated", "pool", "verdict"], name="comparison_counts"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_over(self) -> bool:
        """Whether it was judged, or failed."""
        return self.verdict is not None


class Exchange(db.Model):
    """One message and what is asked of every side."""

    comparison = db.ForeignKey(Comparison, on_delete=db.CASCADE, related_name="exchanges")
    index = db.PositiveSmallIntegerField()
    """0-based."""
    prompt = db.TextField()
    created_at = db.DateTimeField()
    deadline_at = db.DateTimeField(null=True, blank=True)
    """After this an answer that is not there counts as missing; None for stored outputs."""
    attempt = db.PositiveSmallIntegerField(default=1)
    """Counts up where a side failed and the person asked again."""

    class Meta:
        ordering = ("index",)
        constraints = [db.UniqueConstraint(fields=["comparison", "index"], name="exchange_index")]

    def __str__(self) -> str:
        return f"{self.comparison_id} exchange {self.index}"


class SideAnswer(db.Model):
    """What one side said to one message, or the record that it said nothing."""

    id = db.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    exchange = db.ForeignKey(Exchange, on_delete=db.CASCADE, related_name="answers")
    attempt = db.PositiveSmallIntegerField(default=1)
    position = db.PositiveSmallIntegerField()
    """0-based place on the screen; `Comparison.models` says who stands there."""
    text = db.TextField(null=True, blank=True)
    failure = db.CharField(max_length=30, null=True, blank=True)
    """Why there is no text to judge; None while waiting or answered."""
    language = db.CharField(max_length=40, null=True, blank=True)
    settled_at = db.DateTimeField(null=True, blank=True)
    latency_ms = db.FloatField(null=True, blank=True)
    finish_reason = db.CharField(max_length=60, null=True, blank=True)
    prompt_tokens = db.PositiveIntegerField(null=True, blank=True)
    completion_tokens = db.PositiveIntegerField(null=True, blank=True)
    model_version = db.CharField(max_length=200, null=True, blank=True)
    request = db.JSONField(null=True, blank=True)
    """The parameters of the call as sent, without the messages, which are rows already."""
    tries = db.JSONField(null=True, blank=True)
    """One entry per call for this answer: its failure kind or null, and its milliseconds."""
    n_words_cut = db.PositiveIntegerField(default=0)
    answer_by = db.DateTimeField(null=True, blank=True)
    """When the time limit ends; None until a runner has begun."""

    class Meta:
        ordering = ("attempt", "position")
        constraints = [
            db.UniqueConstraint(
                fields=["exchange", "attempt", "position"], name="side_answer_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} position {self.position}"

    @property
    def is_settled(self) -> bool:
        """Whether the side has answered or failed."""
        return self.settled_at is not None


class ComparisonsOver(db.Model):
    """That a stage is over for somebody before its count: why, and when."""

    class Because(db.TextChoices):
        NOTHING_LEFT = "nothing_left"
        FAILURES = "failures"
        ENDED = "ended"
        """They ended an arena themselves."""

    participant = db.ForeignKey(Participant, on_delete=db.CASCADE, related_name="comparisons_over")
    stage = db.PositiveSmallIntegerField()
    at = db.DateTimeField()
    because = db.CharField(max_length=20, choices=Because.choices)

    class Meta:
        constraints = [
            db.UniqueConstraint(fields=["participant", "stage"], name="comparisons_over_once")
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} stage {self.stage}: {self.because}"


class DrawTurn(db.Model):
    """Whose turn it is to draw in a stage: its row is locked from counting to storing.

    Two people who count at the same moment would both see the last seat of a cell.
    """

    study = db.ForeignKey(Study, on_delete=db.CASCADE, related_name="+")
    stage = db.PositiveSmallIntegerField()

    class Meta:
        constraints = [db.UniqueConstraint(fields=["study", "stage"], name="one_turn_per_stage")]

    def __str__(self) -> str:
        return f"{self.study_id} stage {self.stage}"


class Look(db.Model):
    """The last look at whether enough is known of two models: see `stopping`."""

    study = db.ForeignKey(Study, on_delete=db.CASCADE, related_name="looks")
    stage = db.PositiveSmallIntegerField()
    simulated = db.BooleanField(default=False)
    first = db.CharField(max_length=128)
    second = db.CharField(max_length=128)
    n = db.PositiveIntegerField()
    """People counted."""
    decision = db.CharField(max_length=20)
    low = db.FloatField()
    """Of the mean share of outcomes for `first`, ties a half; so is `high`."""
    high = db.FloatField()
    at = db.DateTimeField()

    class Meta:
        constraints = [
            db.UniqueConstraint(
                fields=["study", "stage", "simulated", "first", "second"], name="one_look_per_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.study_id} {self.first}/{self.second}: {self.decision}"


class AddressVotes(db.Model):
    """When verdicts came from one network address lately: see `addresses`. It belongs to nobody and
    to no study, so that no table of a study holds it."""

    key = db.CharField(max_length=64, primary_key=True)
    """Keyed hash of the address and of what was voted on, under the day's key."""
    times = db.JSONField(default=list)
    """Seconds since 1970, ascending; no more than decide."""
    last_at = db.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.last_at:%Y-%m-%d %H:%M}"


class VoteDecision(db.Model):
    """That a moderator set a vote aside, or gave it back; the vote itself is never changed."""

    class Action(db.TextChoices):
        SET_ASIDE = "set_aside"
        GIVE_BACK = "give_back"

    comparison = db.ForeignKey(Comparison, on_delete=db.CASCADE, related_name="decisions")
    action = db.CharField(max_length=20, choices=Action.choices)
    rules = db.JSONField(default=list)
    """By which rules it was set aside before."""
    reason = db.CharField(max_length=500)
    by = db.CharField(max_length=150)
    at = db.DateTimeField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.comparison_id}: {self.action}"
