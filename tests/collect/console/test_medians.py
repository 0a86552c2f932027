"""The database's medians equal Python's, on every database."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable

from django.db.models import QuerySet

from manyvoices.collect.console.queries.medians import medians
from manyvoices.collect.conversations import operations
from manyvoices.collect.conversations.models import Utterance
from manyvoices.collect.people.models import Participant


def _utterances(
    participant: Participant, values: dict[str, list[float | None]]
) -> QuerySet[Utterance]:
    """Calls of each responder with these latencies; the rest of the turn's calls are removed."""
    conversation = operations.start_conversation(
        participant=participant,
        stage=2,
        number=1,
        type_name="unguided",
        now=participant.consented_at,
    )
    turn = operations.send_prompt(
        conversation=conversation, index=0, text="Hello", now=participant.consented_at
    )
    turn.utterances.all().delete()
    Utterance.objects.bulk_create(
        Utterance(turn=turn, attempt=attempt, position=position, responder=name, latency_ms=value)
        for position, (name, latencies) in enumerate(values.items())
        for attempt, value in enumerate(latencies, 1)
    )
    return Utterance.objects.filter(turn=turn)


def test_medians_are_those_of_each_group(participant: Participant) -> None:
    rng = random.Random(3)
    values: dict[str, list[float | None]] = {
        f"model-{n}": [float(rng.randint(1, 6)) for _ in range(n)] for n in range(1, 12)
    }
    found = medians(_utterances(participant, values), "latency_ms", by=["responder"])
    expected = {(name,): statistics.median(v for v in given if v) for name, given in values.items()}
    assert found == expected


def test_unknown_values_do_not_count(participant: Participant) -> None:
    values: dict[str, list[float | None]] = {"a": [None, 4.0, None, 8.0], "b": [None]}
    found = medians(_utterances(participant, values), "latency_ms", by=["responder"])
    assert found == {("a",): 6.0}


def test_no_rows_have_no_median(walk: Callable[..., Participant]) -> None:
    assert medians(Utterance.objects.all(), "latency_ms", by=["responder"]) == {}
