"""What the runner does for the sides of a comparison: each with its own history, and no vote for
what failed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.collect.comparisons.arena_studies import (
    ARENA,
    LIVE,
    NOW,
    Scripted,
    publish,
    say,
    start,
    take_part,
    work,
)

from manyvoices.collect.comparisons import answering, operations, queries
from manyvoices.collect.comparisons.models import Comparison, SideAnswer
from manyvoices.collect.conversations.beginning import MAX_LEASES
from manyvoices.collect.conversations.models import Spending
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.design import ResponderSpec
from manyvoices.llm import FailureKind, ResponderError

pytestmark = pytest.mark.django_db(transaction=True)
BROKEN = ResponderError(FailureKind.HTTP_ERROR, "500", retryable=False)
FIELDS = ("exchange__index", "position", "text", "failure")


def answers_of(comparison: Comparison) -> list[tuple[object, ...]]:
    rows = SideAnswer.objects.filter(exchange__comparison=comparison)
    return list(rows.order_by("exchange__index", "attempt", "position").values_list(*FIELDS))


def fakes(comparison: Comparison, *outcomes: object) -> tuple[object, list[Scripted]]:
    """A builder of responders, by place, and what they were asked."""
    by_name = {
        name: Scripted(name, outcome)  # type: ignore[arg-type]
        for name, outcome in zip(comparison.models, outcomes, strict=True)
    }

    def build(spec: ResponderSpec) -> Scripted:
        return by_name[spec.id]

    return build, [by_name[name] for name in comparison.models]


def handler(build: object) -> answering.SideAnswerHandler:
    return answering.SideAnswerHandler(clock=lambda: NOW, build=build)  # type: ignore[arg-type]


def test_both_sides_answer_and_only_then_there_is_something_to_read(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    build, _asked = fakes(comparison, "From the left.", "From the right.")
    work(handler(build))
    comparison.refresh_from_db()
    assert answers_of(comparison) == [
        (0, 0, "From the left.", None),
        (0, 1, "From the right.", None),
    ]
    assert comparison.shown_at == NOW
    assert comparison.verdict is None


def test_each_side_goes_on_with_its_own_answers_alone(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison, 0, "Hello")
    build, asked = fakes(comparison, "Left.", "Right.")
    work(handler(build))
    say(comparison, 1, "Go on")
    build, asked = fakes(comparison, "Left again.", "Right again.")
    work(handler(build))
    said = [[(m.role, m.content) for m in fake.asked[0].messages] for fake in asked]
    assert said == [
        [("user", "Hello"), ("assistant", "Left."), ("user", "Go on")],
        [("user", "Hello"), ("assistant", "Right."), ("user", "Go on")],
    ]
    assert len({fake.asked[0].seed for fake in asked}) == 2


def test_a_prompt_of_the_set_is_asked_with_what_was_said_before_it(tmp_path: Path) -> None:
    person = take_part(publish(tmp_path, LIVE))
    comparison = next(c for n in (1, 2) if (c := _left_out(start(person, n))).prompt_id == "talk")
    Comparison.objects.filter(pk=comparison.pk).update(verdict=None)
    build, asked = fakes(comparison, "Left.", "Right.")
    work(handler(build))
    assert [(m.role, m.content) for m in asked[0].asked[0].messages] == [
        ("user", "Tell me a story."),
        ("assistant", "Once upon a time."),
        ("user", "And then?"),
    ]


def _left_out(comparison: Comparison) -> Comparison:
    Comparison.objects.filter(pk=comparison.pk).update(verdict="failed")
    return comparison


def test_a_side_that_failed_on_a_prompt_of_the_set_makes_the_comparison_fail(
    tmp_path: Path,
) -> None:
    person = take_part(publish(tmp_path, LIVE))
    comparison = start(person)
    build, _asked = fakes(comparison, "I am here.", BROKEN)
    work(handler(build))
    comparison.refresh_from_db()
    assert comparison.verdict == "failed"
    assert comparison.judged_at == NOW
    assert comparison.shown_at is None
    assert answers_of(comparison)[1] == (0, 1, None, "http_error")
    rule = queries.stage_spec(person, comparison.stage)
    assert queries.counts(person, comparison.stage, rule, None, NOW).verdicts == {}


def test_where_no_side_answered_people_may_ask_again(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path, LIVE)))
    build, _asked = fakes(comparison, BROKEN, BROKEN)
    work(handler(build))
    comparison.refresh_from_db()
    assert comparison.verdict is None
    exchange = comparison.exchanges.get()
    operations.ask_sides_again(exchange, queries.stage_spec(comparison.participant, 1), now=NOW)
    build, _asked = fakes(comparison, "Left.", "Right.")
    work(handler(build))
    comparison.refresh_from_db()
    assert comparison.shown_at == NOW
    assert [row[2] for row in answers_of(comparison)] == [None, None, "Left.", "Right."]


def test_in_an_arena_a_failed_side_leaves_it_to_the_person(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    build, _asked = fakes(comparison, BROKEN, "I am here.")
    work(handler(build))
    comparison.refresh_from_db()
    assert comparison.verdict is None
    assert comparison.shown_at is None


def test_each_attempt_and_each_side_draws_its_own_seed(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    build, first = fakes(comparison, BROKEN, BROKEN)
    work(handler(build))
    rule = queries.stage_spec(comparison.participant, 1)
    operations.ask_sides_again(comparison.exchanges.get(), rule, now=NOW)
    build, second = fakes(comparison, BROKEN, BROKEN)
    work(handler(build))
    seeds = [fake.asked[0].seed for fake in (*first, *second)]
    assert len(set(seeds)) == 4
    assert all(seed is not None and 0 <= seed < 2**31 for seed in seeds)


def test_an_answer_in_another_language_counts_as_failed_and_stays_on_record(
    tmp_path: Path,
) -> None:
    comparison = start(take_part(publish(tmp_path, ARENA + "same_language: true\n")))
    say(comparison, text="Please tell me something about the weather in the mountains.")
    german = "Das Wetter in den Bergen ist im Herbst oft wechselhaft und manchmal sehr kalt."
    build, _asked = fakes(comparison, german, "The weather in the mountains is cold and windy.")
    work(handler(build))
    comparison.refresh_from_db()
    left, right = SideAnswer.objects.order_by("position")
    assert (left.failure, left.language, left.text) == ("other_language", "de", german)
    assert (right.failure, right.language) == (None, "en")
    assert comparison.shown_at is None


def test_in_an_arena_the_message_says_which_language_is_wanted_and_not_the_page(
    tmp_path: Path,
) -> None:
    person = take_part(publish(tmp_path, ARENA + "same_language: true\n"), language="en")
    comparison = start(person)
    say(comparison, text="Erzähle mir bitte etwas über das Wetter in den Bergen im Herbst.")
    german = "Das Wetter in den Bergen ist im Herbst oft wechselhaft und manchmal sehr kalt."
    build, _asked = fakes(comparison, german, german)
    work(handler(build))
    assert set(SideAnswer.objects.values_list("failure", "language")) == {(None, "de")}


def test_a_message_that_shows_no_language_holds_no_answer_to_one(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path, ARENA + "same_language: true\n")))
    say(comparison, text="2 + 2?")
    build, _asked = fakes(comparison, "4", "vier")
    work(handler(build))
    assert set(SideAnswer.objects.values_list("failure", "language")) == {(None, None)}


def test_words_beyond_the_limit_are_cut_and_counted_before_anyone_sees_them(
    tmp_path: Path,
) -> None:
    comparison = start(take_part(publish(tmp_path, ARENA + "answers: {max_words: 3}\n")))
    say(comparison)
    build, _asked = fakes(comparison, "One two three four five.", "Brief.")
    work(handler(build))
    cut = SideAnswer.objects.get(position=0)
    assert cut.n_words_cut == 2
    assert "four" not in (cut.text or "")


def test_a_model_is_told_what_the_study_tells_models_of_its_type(tmp_path: Path) -> None:
    stage = ARENA + "system_by_type: {chat: Be kind.}\n"
    comparison = start(take_part(publish(tmp_path, stage)))
    say(comparison)
    build, asked = fakes(comparison, "Left.", "Right.")
    work(handler(build))
    types = {m.id: m.type for m in comparison.participant.version.spec.models}
    for fake in asked:
        first = fake.asked[0].messages[0]
        assert (first.role == "system") == (types[fake.id] == "chat")


def test_what_the_models_used_is_counted_for_the_person(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    build, _asked = fakes(comparison, "Left.", "Right.")
    work(handler(build))
    spending = Spending.objects.get(participant=comparison.participant)
    assert (spending.n_calls, spending.prompt_tokens, spending.completion_tokens) == (2, 22, 14)


def test_a_fault_of_our_own_on_one_side_is_a_failed_job_and_the_other_side_answers(
    tmp_path: Path,
) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)

    def bug() -> str:
        raise ZeroDivisionError("a bug")

    build, _asked = fakes(comparison, bug, "Right.")
    work(handler(build))
    assert [row[2] for row in answers_of(comparison)] == [None, "Right."]
    assert "a bug" in Job.objects.get(state=Job.State.FAILED).error


def test_nobody_is_asked_for_a_comparison_that_is_over(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    _left_out(comparison)
    for job in leases.claim(owner="here:1:x", limit=5, now=NOW):
        assert answering.begin_call(job=job, now=NOW) is None
    assert not Job.objects.exclude(state=Job.State.DONE).exists()


def test_the_time_limit_counts_from_the_call_and_not_from_the_queue(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    later = NOW + timedelta(minutes=10)
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=later)
    side = answering.begin_call(job=job, now=later)
    assert side is not None
    assert side.call.timeout_s == 5
    assert comparison.exchanges.get().deadline_at == later + timedelta(seconds=5)


def test_a_call_that_was_cut_short_too_often_is_a_failure_and_not_made_again(
    tmp_path: Path,
) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    now = NOW
    for _ in range(MAX_LEASES + 1):
        jobs = leases.claim(owner="here:1:x", limit=5, now=now)
        now += timedelta(minutes=1)
    for job in jobs:
        assert answering.begin_call(job=job, now=now) is None
    assert {row[3] for row in answers_of(comparison)} == {"abandoned"}
    comparison.refresh_from_db()
    assert comparison.shown_at is None


def test_an_outcome_whose_lease_is_lost_stores_nothing(tmp_path: Path) -> None:
    comparison = start(take_part(publish(tmp_path)))
    say(comparison)
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    leases.claim(owner="there:2:y", limit=5, now=NOW + timedelta(minutes=5))
    with pytest.raises(leases.LeaseLost):
        answering.store_outcome(answering.Ending(job, BROKEN, 1.0, NOW))
    assert {row[3] for row in answers_of(comparison)} == {None}
