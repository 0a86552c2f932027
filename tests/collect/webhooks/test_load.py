"""Many events for many addresses, some of which are slow, failing or gone: the small version of
`benchmarks.webhook_load`, with a clock that jumps instead of running."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from benchmarks.webhook_load import Receiver, store, work
from django.db import connections
from django.utils import timezone
from tests.collect.trees.growing import NOW
from tests.collect.webhooks import conftest
from tests.collect.webhooks.conftest import grown

from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.webhooks.models import Delivery
from manyvoices.collect.webhooks.turns import LONGEST, PLACES, ComeAgain, Turns

LATER = timedelta(hours=9)
"""Longer than the longest wait between two tries."""
PATIENCE_S = 240.0


@pytest.fixture
def told(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_PRIVATE = True
    receiver = Receiver(clock=lambda: NOW, slow_s=0.0)
    receiver.start()
    yield receiver
    receiver.close()


@pytest.mark.django_db(transaction=True)
def test_every_event_arrives_signed_at_every_address_that_takes_it_in_the_end(
    orchard: StudyVersion, told: Receiver
) -> None:
    store(grown(orchard), told, {"good": 3, "shaky": 2, "failing": 1, "dead": 1}, 6, NOW)
    moment = NOW
    told.clock = lambda: moment
    for turn in range(30):
        moment = NOW + turn * LATER
        while conftest.work(moment):
            pass
    for name in ("good-0", "good-1", "good-2", "shaky-0", "shaky-1"):
        assert set(told.arrived[name].values()) == {1}
        assert len(told.arrived[name]) == 6
    assert told.unsigned == 0
    assert "failing-0" not in told.arrived
    assert not Delivery.objects.filter(state=Delivery.State.WAITING).exists()


@pytest.mark.django_db(transaction=True)
def test_an_address_that_does_not_answer_takes_nobody_elses_place(
    orchard: StudyVersion, told: Receiver
) -> None:
    """The slow one answers only once all others have everything, and all its own come first."""
    told.clock, told.hold = timezone.now, asyncio.Event()
    store(grown(orchard), told, {"good": 2, "slow": 1}, 150, timezone.now())

    def have_all() -> bool:
        return [len(told.arrived.get(name, ())) for name in ("good-0", "good-1")] == [150, 150]

    def is_done() -> bool:
        if have_all():
            told.release()
        return have_all() and bool(told.arrived.get("slow-0"))

    asyncio.run(work(is_done, clock=timezone.now, timeout_s=PATIENCE_S, most_s=PATIENCE_S))
    connections.close_all()
    assert have_all()
    assert told.arrived["slow-0"]
    assert told.most["slow-0"] == PLACES


def test_who_finds_no_place_in_a_moment_comes_again_one_after_the_other() -> None:
    async def scenario() -> None:
        turns, address, free = Turns(n_places=1, moment_s=0.01), uuid.uuid4(), asyncio.Event()

        async def hold() -> None:
            async with turns.one(address, now=NOW):
                await free.wait()

        holder = asyncio.create_task(hold())
        await asyncio.sleep(0)
        again = []
        for _ in range(3):
            with pytest.raises(ComeAgain) as raised:
                async with turns.one(address, now=NOW):
                    raise AssertionError("there is no place")
            again.append(raised.value.at)
        assert NOW < again[0] < again[1] < again[2]
        async with turns.one(uuid.uuid4(), now=NOW):
            pass  # Another address is not concerned.
        free.set()
        await holder
        async with turns.one(address, now=NOW):
            pass

    asyncio.run(scenario())


def test_nobody_is_put_off_for_longer_than_five_minutes() -> None:
    async def scenario() -> None:
        turns, address = Turns(n_places=1, moment_s=0.001), uuid.uuid4()
        async with turns.one(address, now=NOW):
            turns.moment_s = 3600.0
            turns._known[address].is_slow = True
            for _ in range(3):
                with pytest.raises(ComeAgain) as raised:
                    async with turns.one(address, now=NOW):
                        raise AssertionError("there is no place")
            assert raised.value.at == NOW + LONGEST

    asyncio.run(scenario())
