"""What every address of a project of trees begins with, and what its answers have in common."""

from __future__ import annotations

import random
import uuid

from django.shortcuts import get_object_or_404

from manyvoices.collect.api.bearer import limit
from manyvoices.collect.api.trees_schemas import Refusal, Stored
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.collect.trees.models import Task
from manyvoices.collect.trees.policies import languages_of

DRAWN = random.SystemRandom()
REFUSED = dict.fromkeys((400, 401, 403, 404, 409, 422, 429), Refusal)


def project(study: str) -> Study:
    """A study in which trees are grown; 404 where it is none."""
    found = get_object_or_404(Study, pk=study)
    try:
        languages_of(found)
    except LookupError:
        raise Study.DoesNotExist from None
    return found


def limit_person(name: str, person: Participant) -> None:
    """The limits of the pages hold for people who come through programs too."""
    if not person.simulated:
        limit(name, f"participant:{person.pk}")


def stored(task: Task, message: uuid.UUID | None = None) -> Stored:
    """What became of a task; `message`: what was made of it."""
    state = Task.objects.values_list("state", flat=True).get(pk=task.pk)
    return Stored(task=task.pk, state=state, message=message)
