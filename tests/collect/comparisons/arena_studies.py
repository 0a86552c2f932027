"""Small studies whose models have names that occur nowhere else, and a runner to answer in them."""

from __future__ import annotations

import asyncio
import textwrap
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections

from manyvoices.collect.comparisons.answering import SideAnswerHandler
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.comparisons.operations import JOB_KIND, ask_sides, start_comparison
from manyvoices.collect.comparisons.queries import stage_spec
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.runner import Database, Runner
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.design import load_study
from manyvoices.llm import ResponderError
from manyvoices.llm.port import ChatRequest, Reply

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NAMES = ("zanzibar-quux", "wombat-flimflam", "yttrium-gewgaw")
STAGE = 1

_STUDY = """
manyvoices: 1
id: {id}
title: An arena
languages: [en, de]
recruitment: {{provider: open, completion_code: ARENA-1}}
stages:
  - consent: {{text: consent.md, minimum_age: 18, withdrawal_days: 14}}
  - comparisons:
{stage}
models:
{models}
"""
ARENA = """
source: arena
count: 2
most: 3
turns: [1, 3]
timeout_s: 5
"""
LIVE = """
source: live
count: 3
timeout_s: 5
prompts:
  - {id: rain, text: "Why does it rain?"}
  - {id: talk, text: "And then?", earlier: ["Tell me a story.", "Once upon a time."]}
"""


def publish(
    folder: Path,
    stage: str = ARENA,
    models: Sequence[str] | None = None,
    *,
    study_id: str = "arena",
) -> StudyVersion:
    """Publish a study of consent and one stage of comparisons; `models`: lines of YAML."""
    if models is None:
        kinds = ("brief", "plain", "cheerful")
        models = [
            f"{{id: {name}, provider: scripted, persona: {kind}}}"
            for name, kind in zip(NAMES, kinds, strict=True)
        ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "consent.md").write_text("# Taking part\n\nPlease read this.\n", encoding="utf-8")
    text = _STUDY.format(
        id=study_id,
        stage=textwrap.indent(stage.strip("\n"), " " * 6),
        models="\n".join(f"  - {model}" for model in models),
    )
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return publish_study(spec=load_study(folder / "study.yaml"), now=NOW)


def take_part(version: StudyVersion, **fields: object) -> Participant:
    """Somebody who has consented."""
    defaults: dict[str, object] = {
        "id": uuid.uuid4(),
        "study": version.study,
        "version": version,
        "consent_version": version.spec.consent.version,
        "consented_at": NOW,
        "seed": 7,
        "language": "en",
    }
    return Participant.objects.create(**(defaults | fields))


def start(participant: Participant, number: int = 1, *, now: datetime = NOW) -> Comparison:
    comparison = start_comparison(participant=participant, stage=STAGE, number=number, now=now)
    assert comparison is not None
    return comparison


def say(comparison: Comparison, index: int = 0, text: str = "Hello", now: datetime = NOW) -> None:
    rule = stage_spec(comparison.participant, comparison.stage)
    ask_sides(comparison, rule, index=index, text=text, now=now)


def work(handler: SideAnswerHandler, *, clock: Callable[[], datetime] = lambda: NOW) -> None:
    """Let a real runner work until no job of a side is left."""

    def left() -> bool:
        return Job.objects.filter(kind=JOB_KIND, finished_at=None).exists()

    async def run() -> None:
        stop = asyncio.Event()
        runner = Runner({JOB_KIND: handler}, owner="here:1:x", clock=clock, poll_s=0.01)
        task = asyncio.create_task(runner.run(stop))
        database = Database()
        for _ in range(10_000):
            if not await database.call(left):
                break
            await asyncio.sleep(0.03)
        stop.set()
        await task
        await database.aclose()
        await handler.aclose()

    asyncio.run(run())
    connections.close_all()


class Scripted:
    """A fake responder, for answers and faults that a real model does not give on demand."""

    def __init__(self, name: str, outcome: str | ResponderError | Callable[[], str]) -> None:
        self.id = name
        self.asked: list[ChatRequest] = []
        self._outcome = outcome

    async def respond(self, request: ChatRequest, *, timeout_s: float) -> Reply:
        self.asked.append(request)
        outcome = self._outcome() if callable(self._outcome) else self._outcome
        if isinstance(outcome, ResponderError):
            raise outcome
        return Reply(outcome, "stop", 11, 7, "v1", 12.5)

    def parameters(self, request: ChatRequest) -> dict[str, object]:
        return {"seed": request.seed}

    async def aclose(self) -> None:
        return None
