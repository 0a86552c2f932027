"""How cases come to be: reports, appeals, flags, split reviews, samples; and what they come to."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.collect.trees.growing import NOW, give, growing_tree, people

from manyvoices.collect.moderation import cases, deciding, queries
from manyvoices.collect.moderation.contributions import contributions
from manyvoices.collect.moderation.errors import Refused
from manyvoices.collect.moderation.models import Case, Kind, Signal
from manyvoices.collect.moderation.outcomes import Judged, Share, noticing
from manyvoices.collect.people import rights
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees import operations
from manyvoices.collect.trees.models import LabelsGiven, Message
from manyvoices.design.trees import TaskKind
from manyvoices.schema import TreeState

RNG = random.Random(1)


def report(message: Message, person: Participant, reason: str = "It is rude") -> Signal:
    return cases.report(message=message, participant=person, reason=reason, now=NOW, rng=RNG)


def decide(case: Case, action: str) -> None:
    later = NOW + timedelta(minutes=1)
    deciding.decide(case=case, action=action, reason="so it is", by="mo", now=later, rng=RNG)


def test_whatever_is_said_of_a_message_comes_to_one_case(reply: Message) -> None:
    for person in people(reply.tree.study.current, 2):
        report(reply, person)
    cases.flag(reply, "near_duplicate", {"similarity": 0.9}, now=NOW)
    cases.flag(reply, "near_duplicate", {"similarity": 0.95}, now=NOW)
    case = Case.objects.get()
    assert sorted(case.signals.values_list("kind", flat=True)) == [
        "near_duplicate", "report", "report",
    ]  # fmt: skip
    assert case.urgency == 3


def test_a_person_counts_once_among_the_reports_of_a_message(reply: Message) -> None:
    (person,) = people(reply.tree.study.current, 1)
    assert report(reply, person) == report(reply, person, "Still rude")
    assert LabelsGiven.objects.filter(source="report").count() == 1


def test_a_report_needs_a_reason_and_is_not_of_ones_own(reply: Message) -> None:
    (person,) = people(reply.tree.study.current, 1)
    with pytest.raises(Refused, match="words"):
        report(reply, person, "  ")
    assert reply.author is not None
    with pytest.raises(Refused, match="own"):
        report(reply, reply.author)


def test_many_reports_take_a_reply_away_until_a_moderator_says_otherwise(reply: Message) -> None:
    for person in people(reply.tree.study.current, 4):
        report(reply, person)
    reply.refresh_from_db()
    assert reply.deleted
    decide(Case.objects.get(), "dismiss")
    reply.refresh_from_db()
    assert (reply.deleted, reply.accepted) == (False, None)
    # Reports that were found unfounded do not take it away again with the next one.
    report(reply, people(reply.tree.study.current, 1)[0])
    reply.refresh_from_db()
    assert not reply.deleted


def test_many_reports_end_a_prompt_under_review_and_a_dismissal_begins_it_again(
    orchard: StudyVersion,
) -> None:
    from manyvoices.collect.trees import sweeping

    sweeping.sweep(now=NOW, rng=RNG)
    handed = give(people(orchard, 1)[0], TaskKind.INITIAL_PROMPT)
    assert handed is not None
    prompt = operations.send_text(task=handed.task, text="Why?", now=NOW, rng=RNG)
    for person in people(orchard, 4):
        report(prompt, person)
    prompt.tree.refresh_from_db()
    assert prompt.tree.state == TreeState.ABORTED_LOW_GRADE.value
    decide(Case.objects.get(), "dismiss")
    prompt.tree.refresh_from_db()
    assert prompt.tree.state == TreeState.INITIAL_PROMPT_REVIEW.value


def _reviewed(message: Message, *spam: float) -> None:
    for value in spam:
        (person,) = people(message.tree.study.current, 1)
        review = give(person, TaskKind.LABEL_ASSISTANT_REPLY)
        assert review is not None
        operations.send_labels(task=review.task, labels={"spam": value}, now=NOW, rng=RNG)


def test_reviews_that_are_split_come_into_the_queue_once(reply: Message) -> None:
    _reviewed(reply, 1.0, 0.0)
    assert Signal.objects.get().kind == Kind.SPLIT
    decide(Case.objects.get(), "accept")
    reply.refresh_from_db()
    assert (reply.accepted, reply.is_split) == (True, False)
    assert Case.objects.filter(decided_at=None).count() == 0


def test_an_author_may_appeal_once_what_was_turned_down_and_reads_the_reason(
    reply: Message,
) -> None:
    assert reply.author is not None
    with pytest.raises(Refused):
        cases.appeal(message=reply, participant=reply.author, reason="Please", now=NOW)
    _reviewed(reply, 1.0, 1.0)
    (mine,) = contributions(reply.author)
    assert (mine.outcome, mine.label, mine.may_appeal) == ("rejected", "spam", True)
    (stranger,) = people(reply.tree.study.current, 1)
    with pytest.raises(Refused):
        cases.appeal(message=reply, participant=stranger, reason="Please", now=NOW)
    cases.appeal(message=reply, participant=reply.author, reason="It is no spam", now=NOW)
    with pytest.raises(Refused):
        cases.appeal(message=reply, participant=reply.author, reason="Again", now=NOW)
    decide(Case.objects.get(message=reply, decided_at=None), "accept")
    (mine,) = contributions(reply.author)
    assert (mine.outcome, mine.reason, mine.appeal_decided) == ("accepted", "so it is", True)


def test_a_list_of_contributions_costs_the_same_whatever_there_is(reply: Message) -> None:
    def cost() -> int:
        assert reply.author is not None
        with CaptureQueriesContext(connection) as captured:
            contributions(reply.author)
        return len(captured)

    before = cost()
    for _ in range(3):
        message = growing_tree(reply.tree.study.current, author=reply.author).messages.get()
        report(message, people(reply.tree.study.current, 1)[0])
        decide(Case.objects.get(message=message), "reject")
    assert cost() == before <= 5


def test_what_people_said_goes_with_them(reply: Message) -> None:
    (person,) = people(reply.tree.study.current, 1)
    report(reply, person)
    rights.withdraw(participant=person, now=NOW)
    assert not Signal.objects.exists()
    assert not LabelsGiven.objects.filter(source="report").exists()


OUTCOMES = [
    # judged bad, noticed before, and how often
    (True, {"report"}, 3),
    (True, {"reviews"}, 1),
    (True, set(), 2),
    (False, {"report"}, 1),
    (False, set(), 5),
]


def test_signals_are_measured_against_what_was_judged_blind() -> None:
    rows = [Judged(bad, frozenset(seen)) for bad, seen, n in OUTCOMES for _ in range(n)]
    anything, reports = noticing("", rows), noticing("report", rows)
    assert (anything.caught, anything.right) == (Share(4, 6), Share(4, 5))
    assert (reports.caught, reports.false_positives, reports.true_negatives) == (Share(3, 6), 1, 5)
    low, high = anything.caught.interval
    assert (round(low, 3), round(high, 3)) == (0.300, 0.903)
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, (0.0, 1.0))


def test_outcomes_of_a_study_come_from_its_sample(orchard: StudyVersion) -> None:
    messages = [growing_tree(orchard).messages.get() for _ in range(5)]
    report(messages[0], people(orchard, 1)[0])
    decide(Case.objects.get(), "dismiss")
    drawn = cases.draw_sample(study=orchard.study, n=9, by="mo", now=NOW, rng=RNG)
    assert len(drawn) == 5
    assert cases.draw_sample(study=orchard.study, n=9, by="mo", now=NOW, rng=RNG) == []
    for case in drawn:
        decide(case, "reject" if case.message_id in (messages[0].pk, messages[1].pk) else "accept")
    found = queries.outcome_rows("orchard")
    assert (found.n_judged, found.n_bad, found.anything.caught) == (5, 2, Share(1, 2))
    assert found.undone == Share(0, 6)


def test_a_sample_is_never_larger_than_its_bound(
    orchard: StudyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        growing_tree(orchard)
    monkeypatch.setattr(cases, "MAX_SAMPLE", 3)
    assert len(cases.draw_sample(study=orchard.study, n=9**9, by="mo", now=NOW, rng=RNG)) == 3
    assert cases.draw_sample(study=orchard.study, n=0, by="mo", now=NOW, rng=RNG) == []


def test_every_message_is_as_likely_to_be_drawn_and_few_are_held() -> None:
    keys = [uuid.UUID(int=i) for i in range(10)]
    rng, times = random.Random(5), Counter[uuid.UUID]()
    for _ in range(10_000):
        chosen = cases.drawn(iter(keys), 3, rng)
        assert len(set(chosen)) == 3
        times.update(chosen)
    # 3,000 expected of each, standard deviation 46: five of them either side.
    assert all(2_770 < times[key] < 3_230 for key in keys)
    assert cases.drawn(iter(keys[:2]), 3, rng) == keys[:2]
