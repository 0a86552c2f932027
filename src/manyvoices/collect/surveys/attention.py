"""Asking once more where a question has a correct answer: tries are counted on the server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from manyvoices.collect.people import drafts
from manyvoices.collect.people.models import Participant
from manyvoices.design.attention import must_try_again
from manyvoices.design.problems import Problem
from manyvoices.design.questions import Page


def ask_again(
    participant: Participant, page: Page, form: str, values: Mapping[str, object], *, now: datetime
) -> dict[str, Problem]:
    """The questions to read once more; notes the try where there are any.

    Costs nothing on a page without such questions.
    """
    checked = {q.id: check for q in page.questions if (check := getattr(q, "check", None))}
    if not checked:
        return {}
    name = f"tries-{form}"
    noted = drafts.load_draft(participant, name)
    tries = {key: int(noted.get(key, ["0"])[-1]) + 1 for key in checked if key in values}
    again = [
        key for key, n in tries.items() if must_try_again(checked[key], values[key], n_tries=n)
    ]
    if again:
        counts = {**noted, **{key: [str(tries[key])] for key in again}}
        drafts.save_draft(participant=participant, form=name, fields=counts, now=now)
    return {key: Problem("read_again") for key in again}
