"""Whatever people, models and the clock do in an arena, in whatever order: no vote on a failure."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.collect.comparisons.arena_studies import ARENA, NAMES, NOW, publish, start, take_part
from tests.collect.comparisons.conftest import browser_of

from manyvoices.collect.comparisons import answering, judging, operations, queries, talking
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.comparisons.operations import JOB_KIND
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.llm import FailureKind, Reply, ResponderError
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
STEPS = 40
TURNS = (2, 4)
BROKEN = ResponderError(FailureKind.HTTP_ERROR, "500", retryable=False)


class Walk:
    """One comparison, and everything that may happen to it."""

    def __init__(self, comparison: Comparison, rng: random.Random) -> None:
        self.pk, self.rng, self.now = comparison.pk, rng, NOW
        self.said: list[tuple[str, str | None, object]] = []
        """Every verdict that was ever stored."""

    @property
    def row(self) -> Comparison:
        return Comparison.objects.select_related("participant__version").get(pk=self.pk)

    def write(self) -> None:
        index = self.rng.choice([self.row.exchanges.count(), self.rng.randrange(5)])
        talking.send_message(comparison=self.row, index=index, text="Hello", now=self.now)

    def answer(self) -> None:
        for job in leases.claim(owner="here:1:x", limit=self.rng.randint(1, 2), now=self.now):
            if answering.begin_call(job=job, now=self.now) is None:
                continue
            failed = self.rng.random() < 0.25
            outcome = BROKEN if failed else Reply("Text.", "stop", 1, 1, "v", 1.0)
            answering.store_outcome(answering.Ending(job, outcome, 1.0, self.now))

    def wait(self) -> None:
        self.now += timedelta(seconds=self.rng.choice([1, 3, 30]))

    def judge(self) -> None:
        verdict = self.rng.choice(
            [ComparisonVerdict.CHOICE, ComparisonVerdict.TIE, ComparisonVerdict.CANNOT_JUDGE]
        )
        order = [[0], [1]] if verdict is ComparisonVerdict.CHOICE else None
        judging.judge(comparison=self.row, verdict=verdict, order=order, now=self.now)

    def again(self) -> None:
        operations.ask_again(comparison=self.row, now=self.now)

    def leave(self) -> None:
        talking.leave_out(comparison=self.row, now=self.now)

    def step(self) -> None:
        actions: list[Callable[[], None]] = [
            self.write, self.answer, self.answer, self.answer, self.wait, self.judge, self.again,
        ]  # fmt: skip
        if self.rng.random() < 0.1:
            actions = [self.leave]
        with suppress(StaleSubmission, leases.LeaseLost):
            self.rng.choice(actions)()

    def check(self) -> None:
        row = self.row
        exchanges = queries.exchanges_with_answers(row)
        assert [e.index for e in exchanges] == list(range(len(exchanges)))
        assert len(exchanges) <= TURNS[1]
        earlier = exchanges if row.verdict not in (None, "failed") else exchanges[:-1]
        assert all(queries.is_readable(exchange) for exchange in earlier)
        if row.verdict is not None:
            self._check_verdict(row, len(exchanges))

    def _check_verdict(self, row: Comparison, n_messages: int) -> None:
        said = (row.verdict or "", str(row.order), row.judged_at)
        self.said = self.said or [said]
        assert self.said == [said], "a verdict stays"
        rule = queries.stage_spec(row.participant, row.stage)
        counted = queries.counts(row.participant, row.stage, rule, None, self.now).verdicts
        if row.verdict == "failed":
            assert row.order is None
            assert counted == {}
            assert not _pending()
        else:
            assert n_messages >= TURNS[0]
            assert row.shown_at is not None
            assert row.judged_at is not None
            assert row.shown_at <= row.judged_at


def _pending() -> bool:
    return Job.objects.filter(kind=JOB_KIND, finished_at=None).exists()


def _walk(folder: Path, seed: int) -> Walk:
    version = publish(folder, ARENA.replace("[1, 3]", f"[{TURNS[0]}, {TURNS[1]}]"))
    return Walk(start(take_part(version, seed=seed)), random.Random(seed))


@pytest.mark.parametrize("seed", range(25))
def test_no_vote_is_ever_given_on_a_side_that_failed(tmp_path: Path, seed: int) -> None:
    walk = _walk(tmp_path, seed)
    for _ in range(STEPS):
        walk.step()
        walk.check()


def test_the_walks_come_to_every_kind_of_end(tmp_path: Path) -> None:
    ends = set()
    for seed in range(12):
        walk = _walk(tmp_path / str(seed), seed)
        for _ in range(STEPS):
            walk.step()
        ends.add(walk.row.verdict)
    assert "failed" in ends
    assert ends & {"choice", "tie", "cannot_judge"}


@pytest.mark.parametrize("seed", range(3))
def test_every_page_on_the_way_can_be_opened_and_names_nobody(tmp_path: Path, seed: int) -> None:
    walk = _walk(tmp_path, seed)
    browser = browser_of(walk.row.participant)
    for _ in range(STEPS):
        walk.step()
        if walk.row.is_over:
            break
        page = browser.get("/s/arena/compare/1/1/")
        assert page.status_code == 200
        assert not any(name in page.content.decode() for name in NAMES)
