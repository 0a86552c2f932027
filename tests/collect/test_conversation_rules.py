"""What a study may declare about its conversations, from the rule to the stored row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from manyvoices.collect.conversations import answering, calling, operations, queries, storing
from manyvoices.collect.conversations.beginning import MAX_LEASES
from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.collect.records import conversations as released
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.design import load_study
from manyvoices.design.conversation_steps import ConversationStep
from manyvoices.llm import FailureKind, Reply, ResponderError
from manyvoices.schema import SliderTrace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SMALL = Path(__file__).parent.parent / "assets" / "studies" / "small"
STAGE = 2
BROKEN = ResponderError(FailureKind.HTTP_ERROR, "no", retryable=False)


@pytest.fixture
def published(tmp_path: Path) -> Callable[..., StudyVersion]:
    """Publish the small study with changes to its conversations stage."""

    def publish(**changes: Any) -> StudyVersion:
        folder = tmp_path / "study"
        folder.mkdir()
        for source in SMALL.iterdir():
            (folder / source.name).write_text(source.read_text())
        study = yaml.safe_load((folder / "study.yaml").read_text())
        stage = study["stages"][STAGE]["conversations"]
        for name, value in changes.items():
            stage[name] = {**stage[name], **value} if name in stage else value
        (folder / "study.yaml").write_text(yaml.safe_dump(study))
        return publish_study(spec=load_study(folder), now=NOW)

    return publish


@pytest.fixture
def begin(
    published: Callable[..., StudyVersion], make_participant: Callable[..., Participant]
) -> Callable[..., Turn]:
    """An opening of a study with these rules, its models not called yet."""

    def start(**changes: Any) -> Turn:
        version = published(**changes)
        person = make_participant(study=version.study, version=version)
        conversation = operations.start_conversation(
            participant=person, stage=STAGE, number=1, type_name="unguided", now=NOW
        )
        return operations.send_prompt(conversation=conversation, index=0, text="Hello", now=NOW)

    return start


def work(*outcomes: Reply | ResponderError, now: datetime = NOW) -> list[str]:
    """Let the due jobs end with these outcomes, in order; return the models that were asked."""
    asked = []
    for outcome in outcomes:
        (job,) = leases.claim(owner="here:1:x", limit=1, now=now)
        call = answering.begin_call(job=job, now=now)
        assert call is not None
        asked.append(call.responder.id)
        storing.store_outcome(job=job, outcome=outcome, waited_ms=5.0, now=now, call=call)
    return asked


def said(text: str = "Yes.") -> Reply:
    return Reply(text, "stop", 3, 2, "v1", 10.0)


def calls(n: int) -> list[Reply]:
    return [said(f"Answer {i}.") for i in range(n)]


def test_a_failed_model_is_dropped_unless_the_study_says_otherwise(
    begin: Callable[..., Turn],
) -> None:
    turn = begin()
    work(BROKEN, *calls(3))
    assert not Job.objects.filter(state=Job.State.QUEUED).exists()
    assert [u.failure for u in queries.shown(turn)] == ["http_error", None, None, None]


def test_a_failed_model_is_replaced_by_one_that_was_not_asked_and_both_are_on_record(
    begin: Callable[..., Turn],
) -> None:
    turn = begin(failures="replace")
    asked = work(BROKEN, *calls(3), said("In its place."))
    assert len(set(asked)) == 5
    shown = queries.shown(turn)
    assert [u.text for u in shown] == ["In its place.", "Answer 0.", "Answer 1.", "Answer 2."]
    assert [u.position for u in shown] == [0, 1, 2, 3]
    (record,) = released(Participant.objects.all())
    first = next(u for u in record.turns[0].utterances if u.failure is not None)
    second = next(u for u in record.turns[0].utterances if u.replacement == 1)
    assert first.replaced_by == second.utterance_id
    assert (first.position, first.text) == (second.position, None)


def test_a_replacement_that_fails_is_replaced_until_every_model_was_asked(
    begin: Callable[..., Turn], spec: Any
) -> None:
    turn = begin(failures="replace")
    n_models = len(spec.models)
    asked = work(*[BROKEN] * n_models)
    assert len(set(asked)) == n_models
    assert leases.claim(owner="here:1:x", limit=1, now=NOW) == []
    assert turn.utterances.count() == n_models


def test_nobody_is_drawn_when_the_time_limit_is_nearly_over(begin: Callable[..., Turn]) -> None:
    turn = begin(failures="replace")
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    late = NOW + timedelta(seconds=59.5)
    storing.store_outcome(job=job, outcome=BROKEN, waited_ms=1.0, now=late, call=call)
    assert turn.utterances.count() == 4


def test_the_replacement_has_what_is_left_of_the_places_time_limit(
    begin: Callable[..., Turn],
) -> None:
    turn = begin(failures="replace", opening={"replace_after_s": 2, "timeout_s": 5.0})
    jobs = leases.claim(owner="here:1:x", limit=4, now=NOW)
    call = answering.begin_call(job=jobs[0], now=NOW)
    assert call is not None
    assert call.timeout_s == 2
    later = NOW + timedelta(seconds=3.5)
    storing.store_outcome(job=jobs[0], outcome=BROKEN, waited_ms=1.0, now=later, call=call)
    (job,) = leases.claim(owner="here:1:x", limit=1, now=later)
    second = answering.begin_call(job=job, now=later)
    assert second is not None
    assert second.timeout_s == pytest.approx(1.5)
    turn.refresh_from_db()
    assert turn.deadline_at <= NOW + timedelta(seconds=10)


def test_in_later_turns_a_failed_sample_is_dropped(begin: Callable[..., Turn]) -> None:
    turn = begin(failures="replace")
    work(*calls(4))
    scores = {str(i): 50 + i for i in range(4)}
    operations.rate_turn(conversation=turn.conversation, index=0, scores=scores, now=NOW)
    second = operations.send_prompt(conversation=turn.conversation, index=1, text="And?", now=NOW)
    work(BROKEN, said())
    assert second.utterances.count() == 2


def test_a_call_that_is_cut_short_again_and_again_is_recorded_and_not_made_again(
    begin: Callable[..., Turn],
) -> None:
    turn = begin()
    when = NOW
    for _ in range(MAX_LEASES):
        assert len(leases.claim(owner="here:1:x", limit=4, now=when)) == 4
        when += timedelta(minutes=2)
    for job in leases.claim(owner="here:1:x", limit=4, now=when):
        assert answering.begin_call(job=job, now=when) is None
    assert set(turn.utterances.values_list("failure", flat=True)) == {"abandoned"}


def test_words_beyond_the_limit_are_cut_and_counted(begin: Callable[..., Turn]) -> None:
    turn = begin(answers={"max_words": 3, "max_tokens": 40})
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    assert call is not None
    assert call.request.max_tokens == 40
    reply = said("One two three four five.")
    storing.store_outcome(job=job, outcome=reply, waited_ms=1.0, now=NOW, call=call)
    utterance = turn.utterances.get(pk=job.key)
    assert (utterance.text, utterance.n_words_cut) == ("One two three", 2)


def test_the_instruction_goes_by_the_type_of_model(begin: Callable[..., Turn]) -> None:
    begin(system_by_type={"chat": "Be short.", "base": "A talk."})
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    assert call is not None
    own = call.responder.system
    assert call.request.messages[0].role == "system"
    assert call.request.messages[0].content == (own if own is not None else "Be short.")


def _all_bad(turn: Turn, scores: dict[str, int | None] | None = None) -> Turn:
    return operations.rate_turn(
        conversation=turn.conversation, index=turn.index, scores=scores or {}, all_bad=True, now=NOW
    )


def test_all_bad_is_refused_where_the_study_does_not_offer_it(begin: Callable[..., Turn]) -> None:
    turn = begin()
    work(*calls(4))
    with pytest.raises(StaleSubmission):
        _all_bad(turn)


def test_all_bad_can_end_the_conversation_and_nothing_is_asked_about_a_best_answer(
    begin: Callable[..., Turn],
) -> None:
    turn = begin(all_bad="end")
    work(*calls(4))
    _all_bad(turn, {"1": 4})
    conversation = Conversation.objects.get()
    assert conversation.ended_at == NOW
    assert not Utterance.objects.filter(chosen=True).exists()
    assert turn.utterances.get(position=1).score == 4
    turns = queries.turns_with_answers(conversation)
    assert queries.step(conversation, turns) is ConversationStep.FEEDBACK
    operations.store_feedback(conversation=conversation, text="None was good.", now=NOW)
    (record,) = released(Participant.objects.all())
    assert record.turns[0].all_bad is True
    assert record.finished_at == NOW


def test_after_all_bad_other_models_are_drawn_and_do_not_see_what_was_bad(
    begin: Callable[..., Turn],
) -> None:
    turn = begin(all_bad="go_on")
    work(*calls(4))
    _all_bad(turn)
    second = operations.send_prompt(conversation=turn.conversation, index=1, text="Again", now=NOW)
    assert second.utterances.values("responder").distinct().count() == 4
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    assert call is not None
    assert [m.content for m in call.request.messages if m.role != "system"] == ["Again"]


def test_how_a_mark_was_set_is_stored_and_released(begin: Callable[..., Turn]) -> None:
    turn = begin()
    work(*calls(4))
    trace = SliderTrace(start=40, first_touch_ms=900, n_changes=2, input_kind="touch")
    operations.rate_turn(
        conversation=turn.conversation,
        index=0,
        scores={str(i): 10 for i in range(4)},
        traces={"2": trace},
        now=NOW,
    )
    (record,) = released(Participant.objects.all())
    assert [u.trace for u in record.turns[0].utterances] == [None, None, trace, None]


def test_the_calls_for_an_answer_are_stored_with_their_parameters_and_tries(
    begin: Callable[..., Turn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "RETRY_PAUSE_S", 0.0)
    turn = begin()
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    assert call is not None
    busy = ResponderError(FailureKind.RATE_LIMITED, "slow", retryable=True, retry_after_s=0.01)
    outcomes: list[Reply | ResponderError] = [busy, said()]

    class Fake:
        id = "fake"

        def parameters(self, request: Any) -> dict[str, Any]:
            return {"temperature": 0.7, "seed": request.seed}

        async def respond(self, request: Any, *, timeout_s: float) -> Reply:
            outcome = outcomes.pop(0)
            if isinstance(outcome, ResponderError):
                raise outcome
            return outcome

        async def aclose(self) -> None:
            return None

    handler = answering.AnswerHandler(clock=lambda: NOW, build=lambda _spec: Fake())
    outcome, evidence = asyncio.run(handler._ask(call))
    storing.store_outcome(
        job=job, outcome=outcome, waited_ms=1.0, now=NOW, call=call, evidence=evidence
    )
    utterance = turn.utterances.get(pk=job.key)
    assert utterance.request == {"temperature": 0.7, "seed": call.request.seed}
    assert [t["failure"] for t in utterance.tries] == ["rate_limited", None]
    assert utterance.turn.conversation.participant.spending.prompt_tokens == 3


@pytest.mark.parametrize(
    ("retry_after_s", "tries", "n_calls"), [(None, 3, 3), (9.0, 3, 1), (0.01, 1, 1), (0.01, 2, 2)]
)
def test_no_model_is_called_more_than_its_tries_nor_before_it_may_be(
    begin: Callable[..., Turn],
    monkeypatch: pytest.MonkeyPatch,
    retry_after_s: float | None,
    tries: int,
    n_calls: int,
) -> None:
    monkeypatch.setattr(calling, "RETRY_PAUSE_S", 0.01)
    begin()
    (job, *_rest) = leases.claim(owner="here:1:x", limit=1, now=NOW)
    call = answering.begin_call(job=job, now=NOW)
    assert call is not None
    error = ResponderError(
        FailureKind.RATE_LIMITED, "slow", retryable=True, retry_after_s=retry_after_s
    )
    asked = []

    class Fake:
        id = "fake"

        def parameters(self, _request: Any) -> dict[str, Any]:
            return {}

        async def respond(self, request: Any, *, timeout_s: float) -> Reply:
            asked.append(timeout_s)
            raise error

        async def aclose(self) -> None:
            return None

    call = answering.Call(
        study_digest="x",
        responder=call.responder.model_copy(update={"tries": tries}),
        request=call.request,
        timeout_s=5.0,
    )
    handler = answering.AnswerHandler(clock=lambda: NOW, build=lambda _spec: Fake())
    outcome, _evidence = asyncio.run(handler._ask(call))
    assert outcome is error
    assert len(asked) == n_calls
