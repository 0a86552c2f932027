"""Votes that show haste or repetition are kept, set aside, counted, and given back by people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.collect.comparisons.arena_studies import ARENA, NOW, publish, say, start, take_part
from tests.collect.comparisons.conftest import Publish, judge_next, make_person

from manyvoices.collect.comparisons import judging, operations, queries, setting_aside
from manyvoices.collect.comparisons.models import Comparison, SideAnswer, VoteDecision
from manyvoices.collect.comparisons.vote_queries import VoteCounts, votes_by_rule
from manyvoices.collect.console.models import AuditEntry
from manyvoices.collect.console.roles import give_role
from manyvoices.collect.people.models import Participant
from manyvoices.schema.comparisons import ComparisonVerdict

pytestmark = pytest.mark.django_db
PLACE = "/console/studies/arena/comparisons/"
LATER = NOW + timedelta(days=1)


def vote(
    person: Participant,
    number: int,
    *,
    text: str = "Hello",
    seconds: float = 60,
    best: int | None = 0,
    words: int = 5,
) -> Comparison:
    """Talk in an arena and judge `seconds` after the answers were there."""
    now = NOW + timedelta(minutes=10 * number)
    comparison = start(person, number, now=now)
    say(comparison, 0, f"{text}", now=now)
    exchange = comparison.exchanges.get()
    SideAnswer.objects.filter(exchange=exchange).update(text="word " * words, settled_at=now)
    rule = queries.stage_spec(person, comparison.stage)
    operations.after_settling(comparison, exchange, rule, now=now)
    return judging.judge(
        comparison=Comparison.objects.get(pk=comparison.pk),
        verdict=ComparisonVerdict.TIE if best is None else ComparisonVerdict.CHOICE,
        order=None if best is None else [[best], [1 - best]],
        now=now + timedelta(seconds=seconds),
    )


@pytest.fixture
def person(db: None, tmp_path: Path) -> Participant:
    rules = "integrity: {repeated_prompts: 2, one_sided: 5}\n"
    return take_part(publish(tmp_path, ARENA.replace("most: 3", "most: 30") + rules))


@pytest.fixture
def hasty(person: Participant) -> Comparison:
    return vote(person, 1, seconds=1)


def client_of(role: str) -> Client:
    user = User.objects.create_user(f"{role}-user", password="correct horse battery")
    give_role(actor="x", user=user, study_id="arena", role=role, now=NOW)
    client = Client()
    client.force_login(user)
    return client


def test_a_vote_given_with_care_counts_and_its_figures_are_kept(person: Participant) -> None:
    careful = vote(person, 1, seconds=20, words=30)
    assert careful.quarantined == []
    assert careful.evidence == {
        "seconds": 20.0,
        "words": 60,
        "words_per_second": 3.0,
        "votes_in_the_hour": 1,
        "same_place_in_a_row": 1,
        "prompts_alike": 1,
    }


def test_an_answer_that_names_its_model_leaves_a_trace_without_the_name(
    person: Participant,
) -> None:
    comparison = start(person)
    say(comparison)
    told = f"I am {comparison.models[0].upper()}, glad to help."
    answers = SideAnswer.objects.filter(exchange__comparison=comparison)
    answers.update(text="Hello there.", settled_at=NOW)
    answers.filter(position=0).update(text=told)
    rule = queries.stage_spec(person, comparison.stage)
    operations.after_settling(comparison, comparison.exchanges.get(), rule, now=NOW)
    judged = judging.judge(
        comparison=Comparison.objects.get(pk=comparison.pk),
        verdict=ComparisonVerdict.TIE,
        order=None,
        now=NOW + timedelta(minutes=1),
    )
    assert judged.evidence["names_told"] == 1
    assert judged.quarantined == []


def test_the_same_prompt_again_and_again_is_set_aside_from_the_third_on(
    person: Participant,
) -> None:
    found = [
        vote(person, number, text=text, best=number % 2).quarantined
        for number, text in enumerate(("Hello", "hello!", " HELLO ", "Something else"), start=1)
    ]
    assert found == [[], [], ["repeated_prompt"], []]


def test_the_same_side_is_set_aside_from_the_fifth_on_and_a_tie_ends_the_run(
    person: Participant,
) -> None:
    sides = [1, 1, 1, 1, 1, None, 1]
    found = [
        vote(person, number, text=f"Question {number}", best=best).quarantined
        for number, best in enumerate(sides, start=1)
    ]
    assert found == [[], [], [], [], ["one_sided"], [], []]


def test_a_vote_set_aside_is_kept_and_takes_no_seat(person: Participant) -> None:
    hasty = vote(person, 1, seconds=1)
    assert hasty.quarantined == ["too_fast"]
    assert hasty.verdict == "choice"
    assert hasty.order == [[0], [1]]
    rule = queries.stage_spec(person, hasty.stage)
    counted = queries.counts(person, hasty.stage, rule, None, LATER)
    assert counted.verdicts == {}


def test_a_vote_given_back_counts_and_what_it_showed_stays_on_record(hasty: Comparison) -> None:
    setting_aside.give_back(comparison=hasty, reason=" It was I. ", by="carol", now=LATER)
    hasty.refresh_from_db()
    assert hasty.quarantined == []
    assert hasty.evidence["seconds"] == 1.0
    made = VoteDecision.objects.get()
    assert (made.action, made.rules, made.reason) == ("give_back", ["too_fast"], "It was I.")
    rule = queries.stage_spec(hasty.participant, hasty.stage)
    assert sum(queries.counts(hasty.participant, 1, rule, None, LATER).verdicts.values()) == 1
    entry = AuditEntry.objects.get(action="give vote back")
    assert (entry.actor, entry.target) == ("carol", str(hasty.pk))
    assert entry.detail == {"rules": ["too_fast"]}


def test_a_vote_can_be_set_aside_by_hand_and_given_back(person: Participant) -> None:
    careful = vote(person, 1)
    setting_aside.set_aside(comparison=careful, reason="A test of ours", by="carol", now=LATER)
    careful.refresh_from_db()
    assert careful.quarantined == ["by_hand"]
    setting_aside.give_back(comparison=careful, reason="It was none", by="dave", now=LATER)
    careful.refresh_from_db()
    assert careful.quarantined == []
    assert [d.by for d in careful.decisions.all()] == ["carol", "dave"]
    assert AuditEntry.objects.filter(target=str(careful.pk)).count() == 2


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_decision_is_made_without_a_reason(hasty: Comparison, reason: str) -> None:
    with pytest.raises(setting_aside.VoteRefused, match="reason"):
        setting_aside.give_back(comparison=hasty, reason=reason, by="carol", now=LATER)
    hasty.refresh_from_db()
    assert hasty.quarantined == ["too_fast"]
    assert not VoteDecision.objects.exists()


def test_what_stands_so_already_is_refused(hasty: Comparison, person: Participant) -> None:
    with pytest.raises(setting_aside.VoteRefused, match="aside already"):
        setting_aside.set_aside(comparison=hasty, reason="x", by="carol", now=LATER)
    careful = vote(person, 2)
    with pytest.raises(setting_aside.VoteRefused, match="counts already"):
        setting_aside.give_back(comparison=careful, reason="x", by="carol", now=LATER)
    failed = start(person, 3, now=NOW + timedelta(hours=1))
    with pytest.raises(setting_aside.VoteRefused, match="no vote"):
        setting_aside.set_aside(comparison=failed, reason="x", by="carol", now=LATER)


def test_counts_say_by_which_rules_and_leave_out_what_was_never_voted_on(
    person: Participant,
) -> None:
    vote(person, 1, seconds=1)
    vote(person, 2, seconds=1, text="hello", best=1)
    vote(person, 3, seconds=1, text="Hello")
    vote(person, 4, text="Something else", best=1)
    failed = start(person, 5, now=NOW + timedelta(hours=2))
    Comparison.objects.filter(pk=failed.pk).update(verdict="failed")
    assert votes_by_rule("arena") == {
        False: VoteCounts(votes=4, aside=3, by_rule={"repeated_prompt": 1, "too_fast": 3})
    }


def test_counting_costs_one_query_however_many_votes(person: Participant) -> None:
    for number in range(1, 7):
        vote(person, number, text=f"Question {number}")
        with CaptureQueriesContext(connection) as captured:
            votes_by_rule("arena")
        assert len(captured) == 1


def test_the_console_counts_what_is_set_aside(hasty: Comparison, staff_client: Client) -> None:
    page = staff_client.get(PLACE).content.decode()
    assert "faster than anybody reads" in page
    assert "Set aside" in page


def test_a_moderator_gives_a_vote_back_with_a_reason(hasty: Comparison) -> None:
    moderator = client_of("moderator")
    place = f"{PLACE}{hasty.pk}/"
    assert "Give this vote back" in moderator.get(place).content.decode()
    refused = moderator.post(f"{place}decide/", {"action": "give_back", "reason": " "})
    assert refused.status_code == 422
    assert "Please give a reason." in refused.content.decode()
    done = moderator.post(f"{place}decide/", {"action": "give_back", "reason": "They read fast"})
    assert done.status_code == 302
    page = moderator.get(place).content.decode()
    assert "They read fast" in page
    assert "Set this vote aside" in page
    hasty.refresh_from_db()
    assert hasty.quarantined == []


@pytest.mark.parametrize("role", ["analyst", "viewer"])
def test_who_may_not_decide_is_not_asked_to(hasty: Comparison, role: str) -> None:
    client = client_of(role)
    page = client.get(f"{PLACE}{hasty.pk}/")
    assert "Give this vote back" not in page.content.decode()
    fields = {"action": "give_back", "reason": "x"}
    assert client.post(f"{PLACE}{hasty.pk}/decide/", fields).status_code == 403
    hasty.refresh_from_db()
    assert hasty.quarantined == ["too_fast"]


def test_a_vote_of_another_study_is_out_of_reach(hasty: Comparison, publish: Publish) -> None:
    other = judge_next(make_person(publish()))
    assert other is not None
    moderator = client_of("moderator")
    fields = {"action": "set_aside", "reason": "x"}
    assert moderator.post(f"{PLACE}{other.pk}/decide/", fields).status_code == 404
    place = f"/console/studies/pairs/comparisons/{other.pk}/decide/"
    assert moderator.post(place, fields).status_code == 403
