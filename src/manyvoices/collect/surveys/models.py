"""Answers to survey questions, and which pages a participant has sent."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.people.models import Participant


class SurveyPage(models.Model):
    """A page that was sent: its rows are stored, and it is not shown again."""

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="survey_pages"
    )
    stage = models.PositiveSmallIntegerField()
    page = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    """When it was sent first."""
    changed_at = models.DateTimeField(null=True)
    """When it was last opened again and sent with other answers; None where it never was."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "stage", "page"], name="survey_page_sent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} stage {self.stage} page {self.page}"


class SurveyAnswer(models.Model):
    """One answer as it stands. `value` None means: shown, and left unanswered."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="answers")
    survey = models.CharField(max_length=80)
    question = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    value = models.JSONField(null=True)
    order = models.JSONField(null=True)
    """Options or items in the order this person saw, where the order was random."""
    traces = models.JSONField(null=True)
    """Item -> how its slider was used, for questions with sliders."""
    texts = models.JSONField(null=True)
    """Option or item -> what was written beside it."""
    consent_version = models.CharField(max_length=64)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "survey", "question"], name="one_answer_per_question"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.question}"


class ReplacedAnswer(models.Model):
    """What an answer was before its person went back and changed it. Kept as evidence; only the
    answer that stands is released."""

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="replaced_answers"
    )
    survey = models.CharField(max_length=80)
    question = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    value = models.JSONField(null=True)
    order = models.JSONField(null=True)
    traces = models.JSONField(null=True)
    texts = models.JSONField(null=True)
    answered_at = models.DateTimeField()
    replaced_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.participant_id} {self.question}, replaced {self.replaced_at:%Y-%m-%d %H:%M}"
