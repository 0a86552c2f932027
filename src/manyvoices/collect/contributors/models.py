"""Rows of one contributor. All of them go with the person (`people.rights`)."""

from __future__ import annotations

from django.db import models

from manyvoices.collect.people.models import Participant


class Contributor(models.Model):
    """In which languages somebody wants tasks; which the interface is in is another matter."""

    participant = models.OneToOneField(
        Participant, on_delete=models.CASCADE, related_name="contributor"
    )
    languages = models.JSONField(default=list)
    """Data languages of the project, as BCP 47 tags."""
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.participant_id}: {', '.join(self.languages)}"


class QuizTry(models.Model):
    """One try at a quiz. To let somebody try again, delete the tries that failed."""

    participant = models.ForeignKey(
        Participant, on_delete=models.CASCADE, related_name="quiz_tries"
    )
    quiz = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    """1 or 2."""
    answers = models.JSONField(default=dict)
    """Question id -> index of the answer chosen."""
    wrong = models.JSONField(default=list)
    passed = models.BooleanField()
    tried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "quiz", "number"], name="one_row_per_try"
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} {self.quiz} #{self.number}"
