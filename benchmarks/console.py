"""What the console's pages cost with a whole study behind them: CPU seconds per page.

    python -m benchmarks.console                   1,500 people, 75,000 utterances
    python -m benchmarks.console --small           150 people, 7,500 utterances
    python -m benchmarks.console --queries study   every statement of one page, the dearest first

Utterances are as wide as PRISM's (a text of about 1,200 characters and the call's parameters),
because a scan reads what is beside the columns that it wants. SQLite in a temporary folder, or the
database of `--db`, which must be empty. `process_time` holds the database's time too, as SQLite
runs in this process. Median of `--times` requests after one that is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

STUDY = Path(__file__).parents[1] / "tests" / "assets" / "studies" / "small" / "study.yaml"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PER_PERSON, TURNS, ANSWERS = 5, 4, (4, 2, 2, 2)
PAGES = ("study", "people", "conversations", "failures", "quality", "cost", "tables", "roles",
         "audit")  # fmt: skip
MODELS = ("brief", "careful", "cheerful", "essayist")
TEXT = "An answer in some words that goes on for as long as models do. " * 19
REQUEST = {"temperature": 0.7, "max_tokens": 512, "top_p": 0.9, "model": "a/name-of-a-model"}


def fill(n_people: int) -> None:
    """One study with `n_people` who finished everything, two of three of them at the end."""
    from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.studies.operations import publish_study
    from manyvoices.collect.surveys.models import SurveyPage
    from manyvoices.design import load_study

    version = publish_study(spec=load_study(STUDY), now=NOW)
    people = [_person(Participant, version, place) for place in range(n_people)]
    Participant.objects.bulk_create(people, batch_size=500)
    SurveyPage.objects.bulk_create(
        [
            SurveyPage(
                participant=p,
                stage=1,
                page=page,
                sent_at=p.consented_at + timedelta(minutes=page + 1),
            )
            for p in people
            for page in (0, 1)
        ],
        batch_size=500,
    )
    talks = [_talk(Conversation, p, number) for p in people for number in range(1, PER_PERSON + 1)]
    Conversation.objects.bulk_create(talks, batch_size=500)
    turns = [_turn(Turn, talk, index) for talk in talks for index in range(TURNS)]
    Turn.objects.bulk_create(turns, batch_size=500)
    Utterance.objects.bulk_create(
        (
            _utterance(Utterance, turn, place, position)
            for place, turn in enumerate(turns)
            for position in range(ANSWERS[turn.index])
        ),
        batch_size=500,
    )


def _person(model: Any, version: Any, place: int) -> Any:
    at = NOW - timedelta(minutes=place + 60)
    return model(
        id=uuid.UUID(int=place + 1), study=version.study, version=version, consented_at=at,
        consent_version=version.spec.consent.version, simulated=place % 10 == 0,
        completed_at=at + timedelta(minutes=20 + place % 7) if place % 3 else None,
    )  # fmt: skip


def _talk(model: Any, person: Any, number: int) -> Any:
    at = person.consented_at + timedelta(minutes=number)
    return model(
        participant=person, stage=2, number=number, seed=number, started_at=at, ended_at=at,
        consent_version=person.consent_version, attributes_at=at, open_feedback="Listen more.",
        type=("unguided", "values guided")[number % 2], finished_at=at + timedelta(minutes=3),
    )  # fmt: skip


def _turn(model: Any, talk: Any, index: int) -> Any:
    at = talk.started_at
    return model(
        conversation=talk, index=index, prompt="A message of some twenty words. " * 4, seed=1,
        created_at=at, deadline_at=at + timedelta(seconds=30), rated_at=at,
    )  # fmt: skip


def _utterance(model: Any, turn: Any, place: int, position: int) -> Any:
    failed = (place + position) % 50 == 0
    return model(
        turn=turn, position=position, responder=MODELS[(place + position) % 4],
        text=None if failed else TEXT, failure="timeout" if failed else None,
        score=None if failed else 1 + (place * 7 + position * 31) % 100, chosen=position == 1,
        settled_at=turn.created_at, latency_ms=float(300 + (place * 13 + position) % 2000),
        prompt_tokens=100, completion_tokens=200, request=REQUEST, tries=[[None, 800.0]],
    )  # fmt: skip


def browser() -> Any:
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("bench", password=str(uuid.uuid4()))
    )
    return client


def urls(names: tuple[str, ...]) -> dict[str, str]:
    """Page -> its address; pages that this version does not have are left out."""
    from django.urls import NoReverseMatch, reverse

    found = {"studies": reverse("console:studies")}
    for name in names:
        try:
            found[name] = reverse(f"console:{name}", args=["small"])
        except NoReverseMatch:
            continue
    return found


def cost(client: Any, url: str, times: int) -> tuple[float, int]:
    """(median CPU seconds, statements) of one page."""
    n = len(statements(client, url))
    assert client.get(url).status_code == 200, url
    took = []
    for _ in range(times):
        start = time.process_time()
        client.get(url)
        took.append(time.process_time() - start)
    return statistics.median(took), n


def statements(client: Any, url: str) -> list[tuple[float, str]]:
    """(CPU seconds, statement) of one page, the dearest first."""
    from django.db import connection

    found: list[tuple[float, str]] = []

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.process_time()
        rows = execute(sql, params, many, context)
        # SQLite computes as rows are read: most of the time is in the fetching.
        found.append((start, sql))
        return rows

    client.get(url)
    with connection.execute_wrapper(timed):
        client.get(url)
    ends = [start for start, _sql in found[1:]] + [time.process_time()]
    return sorted(((e - s, sql) for (s, sql), e in zip(found, ends, strict=True)), reverse=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--small", action="store_true")
    options.add_argument("--queries", default="", help="the name of one page")
    options.add_argument("--db", default="")
    options.add_argument("--times", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        from manyvoices.collect.server import setup

        setup.configure(
            db=given.db or f"sqlite:///{folder}/bench.sqlite3", folder=Path(folder) / "home"
        )
        setup.migrate()
        fill(150 if given.small else 1500)
        client = browser()
        if given.queries:
            for seconds, sql in statements(client, urls((given.queries,))[given.queries]):
                print(f"{1000 * seconds:8.1f} ms  {' '.join(sql.split())[:400]}")
            return
        print(f"{'page':15} {'CPU s':>8} {'statements':>11}")
        for name, url in urls(PAGES).items():
            seconds, n = cost(client, url, given.times)
            print(f"{name:15} {seconds:8.3f} {n:11d}", flush=True)


if __name__ == "__main__":
    main()
