"""The runner sweeps as long as it lives."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from tests.collect.trees.growing import NOW, growing_tree, people

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import keeping
from manyvoices.collect.trees.models import Task
from manyvoices.design.trees import TaskKind


def run(rounds: int) -> None:
    """Keep sweeping until the clock was asked so many times."""
    stop, asked = asyncio.Event(), 0

    def clock() -> object:
        nonlocal asked
        asked += 1
        if asked >= rounds:
            stop.set()
        return NOW

    asyncio.run(keeping.keep_sweeping(stop, clock=clock, rng=random.Random(1), every_s=0))  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_a_task_that_ran_out_goes_back_while_the_runner_lives(orchard: StudyVersion) -> None:
    tree = growing_tree(orchard)
    (person,) = people(orchard, 1)
    task = Task.objects.create(
        study=orchard.study, participant=person, language="en", tree=tree, seed=0,
        kind=TaskKind.ASSISTANT_REPLY.value, message=tree.messages.get(), leased_at=NOW,
        expires_at=NOW,
    )  # fmt: skip
    run(1)
    task.refresh_from_db()
    assert task.state == Task.State.EXPIRED


def test_a_sweep_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    stop = asyncio.Event()

    def sweep(**_arguments: object) -> int:
        done.append(1)
        if len(done) == 1:
            raise ConnectionError("the database is restarting")
        stop.set()
        return 0

    class Here:
        """Stands for the thread that has the database: nothing here asks it anything."""

        async def call(self, function: Callable[..., int], **arguments: object) -> int:
            return function(**arguments)

        async def aclose(self) -> None:
            pass

    monkeypatch.setattr(keeping, "sweep", sweep)
    monkeypatch.setattr(keeping, "rebuild_due", lambda **_arguments: 0)
    monkeypatch.setattr(keeping, "Database", Here)
    rng = random.Random(1)
    asyncio.run(keeping.keep_sweeping(stop, clock=lambda: NOW, rng=rng, every_s=0))
    assert len(done) == 2
