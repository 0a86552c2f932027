"""Many verdicts from one network address within an hour are kept, and set aside."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from tests.collect.comparisons.conftest import NOW, Publish, browser_of, judge_next, make_person
from tests.threads import at_once

from manyvoices.collect.comparisons import addresses, judging, operations
from manyvoices.collect.comparisons.models import AddressVotes, Comparison, VoteDecision
from manyvoices.collect.console.tables import tables
from manyvoices.collect.people.models import Participant
from manyvoices.collect.release import write_release
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.keeping import keep_sweeping
from manyvoices.design.comparisons.integrity import most_per_address
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.design.protocol import Recruitment
from manyvoices.io import read_comparisons
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
HOME, ELSEWHERE = "8.8.4.4", "8.8.8.8"
HOUR = timedelta(hours=1)


@pytest.fixture
def version(publish: Publish) -> StudyVersion:
    """A study in which two verdicts from one address count in an hour."""
    return publish(n_prompts=3, count=3, integrity={"most_per_address": 2, "min_seconds": 0})


def vote(
    version: StudyVersion, address: str = HOME, *, now: datetime = NOW, **person: object
) -> list[str]:
    """By which rules the first verdict of somebody new is set aside."""
    row = judge_next(make_person(version, **person), now=now, address=address)
    assert row is not None
    return list(row.quarantined)


def noted(times: Sequence[datetime], *, most: int, comparison: Comparison) -> list[bool]:
    told = []
    for now in times:
        with transaction.atomic():
            told.append(addresses.one_more_than(most, comparison=comparison, address=HOME, now=now))
    return told


def a_comparison(version: StudyVersion) -> Comparison:
    row = judge_next(make_person(version))
    assert row is not None
    return row


def test_whoever_deletes_their_cookies_is_still_at_the_same_address(version: StudyVersion) -> None:
    assert [vote(version) for _ in range(4)] == [[], [], ["busy_address"], ["busy_address"]]
    assert vote(version, ELSEWHERE) == []


def test_what_is_set_aside_is_kept_with_its_verdict_and_can_be_given_back(
    version: StudyVersion,
) -> None:
    for _ in range(3):
        vote(version)
    row = Comparison.objects.exclude(quarantined=[]).get()
    assert (row.verdict, row.order) == ("choice", [[0], [1]])
    assert set(row.evidence) == {
        "seconds", "words", "words_per_second", "votes_in_the_hour", "same_place_in_a_row",
    }  # fmt: skip
    assert not VoteDecision.objects.exists()


def test_after_an_hour_the_address_counts_again(version: StudyVersion) -> None:
    minutes = [0, 10, 20, 61, 62, 71, 72]
    found = [vote(version, now=NOW + timedelta(minutes=minute)) for minute in minutes]
    # At 61 the verdict of minute 20 and that of minute 10 are within the hour, and so on.
    busy = ["busy_address"]
    assert found == [[], [], busy, busy, busy, busy, busy]
    assert vote(version, now=NOW + timedelta(minutes=200)) == []


@pytest.mark.parametrize("seed", range(4))
def test_every_verdict_is_measured_by_the_hour_before_it_across_midnight(
    version: StudyVersion, seed: int
) -> None:
    rng, most = random.Random(seed), 5
    start = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    times = sorted(start + timedelta(seconds=rng.randrange(4 * 3600)) for _ in range(40))
    wanted = [
        sum(now - HOUR < other for other in times[:at]) >= most for at, now in enumerate(times)
    ]
    assert len(set(wanted)) == 2
    assert noted(times, most=most, comparison=a_comparison(version)) == wanted


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "192.168.1.5", "fd00::1", "", "x"])
def test_an_address_that_says_nothing_of_who_asks_speaks_against_nobody(
    version: StudyVersion, address: str
) -> None:
    assert [vote(version, address) for _ in range(3)] == [[], [], []]
    assert not AddressVotes.objects.exists()


def test_a_household_has_one_address_however_it_writes_it(version: StudyVersion) -> None:
    v6 = ["2a00:1450:4001:800::1", "2A00:1450:4001:0800:ffff::2", "2a00:1450:4001:800:1:2:3:4"]
    assert [vote(version, address) for address in v6][2] == ["busy_address"]
    assert vote(version, "2a00:1450:4001:801::1") == []
    assert vote(version, "8.8.4.4") == vote(version, "::ffff:8.8.4.4") == []
    assert vote(version, "8.8.4.4") == ["busy_address"]


def test_bots_of_a_rehearsal_are_not_counted(version: StudyVersion) -> None:
    assert [vote(version, simulated=True) for _ in range(3)] == [[], [], []]
    assert not AddressVotes.objects.exists()


def test_no_address_is_stored_and_its_key_is_another_one_tomorrow(version: StudyVersion) -> None:
    comparison = a_comparison(version)
    days = [NOW, NOW + timedelta(days=1), NOW + timedelta(days=2)]
    noted(days, most=2, comparison=comparison)
    assert len(set(AddressVotes.objects.values_list("key", flat=True))) == 3
    comparison.stage = 2
    noted(days[:1], most=2, comparison=comparison)
    assert AddressVotes.objects.count() == 4
    fields = {field.name for field in AddressVotes._meta.fields}
    assert fields == {"key", "times", "last_at"}
    held = str(list(AddressVotes.objects.values()))
    assert HOME not in held


def test_it_is_forgotten_an_hour_after_the_last_verdict(version: StudyVersion) -> None:
    comparison = a_comparison(version)
    noted([NOW, NOW + timedelta(minutes=30)], most=9, comparison=comparison)
    assert addresses.forget(now=NOW + timedelta(minutes=89)) == 0
    assert len(AddressVotes.objects.get().times) == 2
    assert addresses.forget(now=NOW + timedelta(minutes=90)) == 1
    assert not AddressVotes.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_runner_forgets_it_while_nobody_votes(version: StudyVersion) -> None:
    noted([NOW], most=9, comparison=a_comparison(version))

    async def sweep_once() -> None:
        stop = asyncio.Event()

        def clock() -> datetime:
            stop.set()  # The sweep that has begun is finished, and no other begins.
            return NOW + HOUR

        await keep_sweeping(stop, clock=clock, rng=random.Random(1), every_s=0.01)

    asyncio.run(sweep_once())
    assert not AddressVotes.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_twelve_at_once_exactly_the_limit_counts(publish: Publish) -> None:
    version = publish(n_prompts=1, count=1, integrity={"most_per_address": 5})
    people = [make_person(version) for _ in range(12)]
    for person in people:
        operations.start_comparison(participant=person, stage=1, number=1, now=NOW)

    def judge(person: Participant) -> list[str]:
        row = Comparison.objects.select_related("participant__version").get(participant=person)
        told = judging.judge(
            comparison=row,
            verdict=ComparisonVerdict.TIE,
            order=None,
            address=HOME,
            now=NOW + timedelta(seconds=30),
        )
        return list(told.quarantined)

    found = at_once([lambda p=person: judge(p) for person in people])  # type: ignore[misc]
    assert sorted(found) == 5 * [[]] + 7 * [["busy_address"]]


@pytest.mark.django_db(transaction=True)
def test_votes_and_sweepers_at_once_neither_lose_a_count_nor_wait_for_each_other(
    version: StudyVersion,
) -> None:
    comparison = a_comparison(version)
    old = [AddressVotes(key=f"{n:064}", times=[0], last_at=NOW - 2 * HOUR) for n in range(20)]
    AddressVotes.objects.bulk_create(old)

    def note() -> int:
        return int(noted([NOW], most=4, comparison=comparison)[0])

    found = at_once([note, lambda: addresses.forget(now=NOW)] * 6)
    assert AddressVotes.objects.count() == 1
    assert len(AddressVotes.objects.get().times) == 4
    assert sum(found) == 20 + 2


@pytest.mark.parametrize(
    ("stage", "provider", "most"),
    [
        ({"source": "arena"}, "open", 120),
        ({"source": "arena"}, "invitation", None),
        ({"source": "arena"}, "prolific", None),
        ({"source": "live", "prompts": [{"id": "p", "text": "?"}]}, "open", None),
        ({"source": "arena", "integrity": {"most_per_address": 4000}}, "open", 4000),
        ({"source": "arena", "integrity": {"most_per_address": 9}}, "invitation", 9),
    ],
)
def test_by_default_there_is_a_limit_where_anyone_comes_with_prompts_of_their_own(
    stage: dict[str, object], provider: str, most: int | None
) -> None:
    rule = ComparisonsStage.model_validate({"kind": "comparisons", **stage})
    recruitment = Recruitment.model_validate({"provider": provider})
    assert most_per_address(rule, recruitment) == most


def _vote_in_a_browser(version: StudyVersion, address: str) -> Client:
    browser = browser_of(make_person(version))
    place = "/s/pairs/compare/1/"
    browser.post(place, {"number": "1"}, REMOTE_ADDR=address)
    said = {"action": "judge", "verdict": "0"}
    assert browser.post(f"{place}1/", said, REMOTE_ADDR=address).status_code == 302
    return browser


def test_people_are_not_told_and_neither_address_nor_key_leaves_the_server(
    version: StudyVersion,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    staff_client: Client,
) -> None:
    browsers = [_vote_in_a_browser(version, HOME) for _ in range(3)]
    (row,) = AddressVotes.objects.all()
    assert "busy" not in browsers[2].get("/s/pairs/next/", follow=True).content.decode()
    later = NOW + timedelta(days=400)
    write_release(study_id="pairs", out=tmp_path / "r", now=later)
    judged = [one for one in read_comparisons(tmp_path / "r") if one.verdict is not None]
    aside = [one.quarantined for one in judged]
    assert sorted(aside) == [[], [], ["busy_address"]]
    written = b"".join(p.read_bytes() for p in sorted((tmp_path / "r").rglob("*")) if p.is_file())
    for secret in (HOME, row.key):
        assert secret.encode() not in written
        assert secret not in caplog.text
    assert AddressVotes not in {table.model for table in tables()}
    page = staff_client.get("/console/studies/pairs/comparisons/?aside=1").content.decode()
    assert "many verdicts from one network address within an hour (busy_address)" in page
