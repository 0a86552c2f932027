"""Rate limits: generous at first, then a steady pace, the same for all processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from tests.threads import at_once

from manyvoices.collect.accounts import limits
from manyvoices.collect.accounts.models import Bucket
from manyvoices.collect.people.models import Participant

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SLOW = limits.Rate(3, 30.0)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.RATES, "react", SLOW)


def test_so_many_at_once_then_one_every_ten_seconds() -> None:
    assert [limits.take("react", "ada", now=NOW) for _ in range(3)] == [0, 0, 0]
    assert limits.take("react", "ada", now=NOW) == pytest.approx(10)
    assert limits.take("react", "ada", now=NOW + timedelta(seconds=6)) == pytest.approx(4)
    assert limits.take("react", "ada", now=NOW + timedelta(seconds=10.5)) == 0
    assert limits.take("react", "ada", now=NOW + timedelta(seconds=10.5)) > 0


def test_a_long_rest_saves_up_no_more_than_the_first_burst() -> None:
    limits.take("react", "ada", now=NOW)
    later = NOW + timedelta(days=3)
    assert [bool(limits.take("react", "ada", now=later)) for _ in range(4)] == [0, 0, 0, 1]


def test_others_and_other_things_are_counted_apart() -> None:
    for _ in range(3):
        limits.take("react", "ada", now=NOW)
    assert limits.take("react", "ben", now=NOW) == 0
    assert limits.take("send_text", "ada", now=NOW) == 0
    assert limits.take("react", "ada", now=NOW) > 0


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    for _ in range(3):
        limits.take("react", "ada", now=NOW)
    assert limits.take("react", "ada", now=NOW - timedelta(hours=1)) > 0
    assert limits.take("react", "ada", now=NOW) > 0


def test_rows_say_of_nobody_who_it_is_and_old_ones_go() -> None:
    limits.take("react", "participant:lovelace", now=NOW)
    assert "lovelace" not in str(Bucket.objects.values().get())
    limits.take("react", "ben", now=NOW + timedelta(days=2))
    assert Bucket.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twelve_at_once_are_three_that_pass() -> None:
    waits = at_once([lambda: limits.take("react", "ada", now=NOW)] * 12)
    assert sum(wait == 0 for wait in waits) == 3


def test_a_name_that_is_misspelt_is_found_when_the_server_starts() -> None:
    with pytest.raises(KeyError, match="send_txet"):
        limits.limited("send_txet")


def _post(method: str = "post") -> HttpRequest:
    request = getattr(RequestFactory(), method)("/")
    request.user = AnonymousUser()
    return request


def test_a_view_is_slowed_down_for_one_person_and_reading_never() -> None:
    @limits.limited("react")
    def view(_request: HttpRequest, _participant: Participant) -> HttpResponse:
        return HttpResponse("done")

    ada, ben, bot = Participant(), Participant(), Participant(simulated=True)
    assert [view(_post(), ada).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = view(_post(), ada)
    assert 0 < int(refused["Retry-After"]) <= 10
    assert "Please wait" in refused.content.decode()
    assert view(_post(), ben).status_code == 200
    assert view(_post("get"), ada).status_code == 200
    assert {view(_post(), bot).status_code for _ in range(9)} == {200}


def test_whoever_is_nobody_yet_is_counted_by_address() -> None:
    @limits.limited("react")
    def view(_request: HttpRequest, study_id: str) -> HttpResponse:
        return HttpResponse(study_id)

    codes = [view(_post(), study_id="orchard").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
