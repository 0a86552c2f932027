"""How much each person's reviews count, where a project weighs by reliability.

Dawid and Skene's model over what people said of ``spam``, the label that most decides. Somebody new
counts fully; weights only fall, for those whose reviews tell less than a newcomer's are taken to.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from manyvoices.aggregate.dawid_skene import PRIOR_RIGHT, PRIOR_WRONG, dawid_skene
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import LabelsGiven, LanguageRound, ReviewerWeight
from manyvoices.collect.trees.policies import policy_for
from manyvoices.collect.trees.starting import hold_round

EVERY = timedelta(hours=1)
MOST = 50_000
"""The latest reviews that are looked at."""
LEAST = 0.05
"""Nobody counts less."""
OF_A_NEWCOMER = (PRIOR_RIGHT - PRIOR_WRONG) / (PRIOR_RIGHT + PRIOR_WRONG)
LABEL = "spam"


def weigh(*, study: Study, language: str, now: datetime, rng: random.Random) -> int:
    """Store the weights of the reviewers of a language, once an hour; how many there are."""
    del rng
    if policy_for(study, language).reviewer_weighting != "reliability":
        return 0
    rounds = LanguageRound.objects.filter(study=study, language=language)
    if rounds.filter(weighed_at__gt=now - EVERY).exists():
        return 0
    with transaction.atomic():
        held = hold_round(study, language)
        if held.weighed_at is not None and held.weighed_at > now - EVERY:
            return 0
        held.weighed_at = now
        held.save(update_fields=["weighed_at"])
        found = weights_of(_votes(study, language))
        ReviewerWeight.objects.bulk_create(
            [
                ReviewerWeight(
                    study=study, language=language, participant_id=person,
                    weight=weight, n_reviews=n, weighed_at=now,
                )
                for person, (weight, n) in found.items()
            ],
            update_conflicts=True,
            unique_fields=["participant", "language"],
            update_fields=["weight", "n_reviews", "weighed_at"],
        )  # fmt: skip
    return len(found)


def _votes(study: Study, language: str) -> list[tuple[uuid.UUID, uuid.UUID, int]]:
    """(message, reviewer, said that it is spam), the latest reviews."""
    rows = LabelsGiven.objects.filter(
        message__tree__study=study,
        message__tree__language=language,
        source=LabelsGiven.Source.TASK,
        counts=True,
    ).order_by("-pk")
    found = rows.values_list("message_id", "participant_id", f"labels__{LABEL}")[:MOST]
    return [
        (message, person, int(value >= 0.5))
        for message, person, value in found
        if value is not None
    ]


def weights_of(
    votes: list[tuple[uuid.UUID, uuid.UUID, int]],
) -> dict[uuid.UUID, tuple[float, int]]:
    """Reviewer -> weight above 0 and 1 at most, and how many reviews it rests on."""
    if not votes:
        return {}
    items = {key: i for i, key in enumerate(sorted({message for message, _who, _said in votes}))}
    people = sorted({who for _message, who, _said in votes})
    place = {key: i for i, key in enumerate(people)}
    model = dawid_skene(
        [items[message] for message, _who, _said in votes],
        [place[who] for _message, who, _said in votes],
        [said for _message, _who, said in votes],
        n_classes=2,
    )
    worth = (model.informedness / OF_A_NEWCOMER).clip(LEAST, 1.0)
    return {person: (float(worth[i]), int(model.n_labels[i])) for person, i in place.items()}
