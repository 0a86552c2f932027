"""What one page costs in processor time, against a bare Django page in the same process and run.

Requests go through the WSGI application with all middleware, a thread's own processor seconds are
read before and after, and pages take turns, so that a busy machine disturbs all of them alike.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from benchmarks.live.prepare import Ready, people_in_conversation, ready
from benchmarks.live.protocol import STAGE_TALK, STUDY_ID

PLACE = f"/s/{STUDY_ID}/talk/{STAGE_TALK}/1/"


@dataclass(frozen=True)
class PageCost:
    page: str
    statements: int
    median_ms: float
    """Processor milliseconds of one request."""
    ratio: float
    """To the bare page."""


def measure(rounds: int = 150) -> list[PageCost]:
    """Cost of every kind of page, the bare page first. Django must be configured, tables there."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.ROOT_URLCONF = "benchmarks.live.urls"
    handler = WSGIHandler()
    visits = list(_visits())
    for _name, path, person in visits:
        status = _get(handler, path, person)
        assert status in (200, 204), f"{path} answered {status}"
    spent: dict[str, list[float]] = {name: [] for name, _path, _person in visits}
    for _ in range(rounds):
        for name, path, person in visits:
            began = time.thread_time()
            _get(handler, path, person)
            spent[name].append((time.thread_time() - began) * 1000)
    medians = {name: statistics.median(times) for name, times in spent.items()}
    return [
        PageCost(
            page=name,
            statements=_statements(partial(_get, handler, path, person)),
            median_ms=medians[name],
            ratio=medians[name] / medians["bare page"],
        )
        for name, path, person in visits
    ]


def _visits() -> Iterator[tuple[str, str, Ready | None]]:
    """A page, its path, and whose it is: one participant for each place in the study."""
    from django.utils import timezone

    from manyvoices.collect.conversations import operations
    from manyvoices.collect.conversations.models import Conversation
    from manyvoices.collect.surveys.models import SurveyPage

    now = timezone.now()
    people = people_in_conversation(8, now=now)
    talks = {str(c.participant_id): c for c in Conversation.objects.select_related("participant")}

    def talk(person: Ready, *, turns: int, waiting: bool = False) -> Conversation:
        found = talks[person.participant_id]
        for index in range(turns):
            turn = operations.send_prompt(
                conversation=found, index=index, text=f"What about point {index}?", now=now
            )
            if waiting and index == turns - 1:
                break
            scores = {}
            for utterance in turn.utterances.all():
                utterance.text = "An answer of some length. " * 20
                utterance.settled_at = now
                utterance.save()
                scores[utterance.key] = 50 + utterance.position
            if index < turns - 1 or not waiting:
                operations.rate_turn(conversation=found, index=index, scores=scores, now=now)
        return found

    def unrated(person: Ready) -> None:
        turn = talk(person, turns=2, waiting=True).turns.get(index=1)
        for utterance in turn.utterances.all():
            utterance.text, utterance.settled_at = "An answer of some length. " * 20, now
            utterance.save()

    yield "bare page", "/bare/", None
    yield "empty answer", "/empty/", None
    yield "invitation", f"/s/{STUDY_ID}/", None
    for page in (0, 1):
        SurveyPage.objects.filter(
            participant__pk=people[page].participant_id, page__gte=page
        ).delete()
        yield f"survey page {page + 1}", f"/s/{STUDY_ID}/survey/1/{page}/", people[page]
    Conversation.objects.filter(participant__pk=people[2].participant_id).delete()
    yield "choose", f"/s/{STUDY_ID}/talk/2/", people[2]
    yield "opening", PLACE, people[3]
    talk(people[4], turns=2, waiting=True)
    yield "waiting (turn 2)", PLACE, people[4]
    yield "poll, no news", f"{PLACE}progress/?have=", people[4]
    unrated(people[5])
    yield "poll, all answers", f"{PLACE}progress/?have=", people[5]
    yield "rating (turn 2)", PLACE, people[5]
    talk(people[6], turns=2)
    yield "reply (turn 3)", PLACE, people[6]
    ended = talk(people[7], turns=2)
    operations.end_conversation(conversation=ended, now=now)
    yield "attributes", f"{PLACE}attributes/", people[7]
    other = ready(people_in_conversation(1, now=now)[0].participant_id)  # type: ignore[arg-type]
    talks.update(
        {str(c.participant_id): c for c in Conversation.objects.select_related("participant")}
    )
    ended = talk(other, turns=2)
    operations.end_conversation(conversation=ended, now=now)
    operations.store_attributes(conversation=ended, blocks={}, now=now)
    yield "feedback", f"{PLACE}feedback/", other


def _get(handler: Any, path: str, person: Ready | None) -> int:
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.8",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }
    if person is not None:
        environ["HTTP_COOKIE"] = f"{person.cookie_name}={person.cookie}; csrftoken={'a' * 32}"
    seen: list[str] = []
    response = handler(environ, lambda status, _headers, _exc=None: seen.append(status))
    for _part in response:
        pass
    response.close()
    return int(seen[0].split()[0])


def _statements(visit: Callable[[], object]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        visit()
    return len(captured)
