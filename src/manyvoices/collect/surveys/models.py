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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "stage", "page"], name="survey_page_sent_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} stage {self.stage} page {self.page}"


class SurveyAnswer(models.Model):
    """One answer as it was given. `value` None means: shown, and left unanswered."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="answers")
    survey = models.CharField(max_length=80)
    question = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    value = models.JSONField(null=True)
    order = models.JSONField(null=True)
    """Options or items in the order this person saw, where the order was random."""
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
