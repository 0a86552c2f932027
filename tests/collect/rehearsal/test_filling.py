"""What bots put into forms."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from manyvoices.collect.rehearsal import Plan, make_plan
from manyvoices.collect.rehearsal.filling import CannotFill, Memory, fill, wants_to_finish
from manyvoices.collect.rehearsal.pages import Field, Form, SeenPage, Slot
from manyvoices.collect.rehearsal.words import REPLIES
from manyvoices.design import Study

PATH = "/survey/1/0/"


@pytest.fixture
def plan(small: Study) -> Plan:
    return make_plan(small, participants=40, seed=1)


def filled(plan: Plan, number: int, *fields: Field, **options: object) -> dict[str, str]:
    form = Form(id="", fields=list(fields), can_send=True)
    memory = Memory(plan.bots[number])
    return dict(fill(form, SeenPage(), PATH, memory, **options))  # type: ignore[arg-type]


def test_a_question_about_a_trait_is_always_answered_with_the_trait(plan: Plan) -> None:
    question = Field("q-gender", "select", ["Female", "Male", "Another"], optional=True)
    question.question = "gender"
    for bot in plan.bots:
        if bot.traits["gender"] in question.options:
            assert filled(plan, bot.number, question)["q-gender"] == bot.traits["gender"]


def test_optional_things_are_left_out_by_some_and_never_the_second_time(plan: Plan) -> None:
    field = Field("q-comment", "text", optional=True)
    numbers = range(len(plan.bots))
    first = [filled(plan, number, field) for number in numbers]
    assert 0 < sum(not answers for answers in first) < len(first) / 2
    assert all(filled(plan, number, field, thorough=True)["q-comment"] for number in numbers)


def test_what_is_required_is_never_left_out(plan: Plan) -> None:
    fields = [Field("q-a", "radio", ["x", "y"]), Field("q-b", "text"), Field("q-c", "range")]
    for number in range(len(plan.bots)):
        assert set(filled(plan, number, *fields)) == {"q-a", "q-b", "q-c"}


def test_some_say_that_a_statement_does_not_apply_and_then_put_no_mark(plan: Plan) -> None:
    scales = [Field(f"q-s-{item}", "range", na_name=f"q-s-{item}-na") for item in range(8)]
    seen: Counter[bool] = Counter()
    for number in range(len(plan.bots)):
        answers = filled(plan, number, *scales)
        for scale in scales:
            assert (scale.name in answers) is not (scale.na_name in answers)
            seen[scale.name in answers] += 1
    assert seen[True] > seen[False] > 0


def test_free_text_keeps_to_its_length(plan: Plan) -> None:
    answers = filled(plan, 0, Field("q-self_description", "text", max_length=10, multiline=True))
    assert len(answers["q-self_description"]) == 10


def test_a_control_that_bots_do_not_know_is_reported_by_name(plan: Plan) -> None:
    with pytest.raises(CannotFill, match="q-birthday: a control of type date"):
        filled(plan, 0, Field("q-birthday", "unknown", input_type="date"))
    with pytest.raises(CannotFill, match="type: nothing that can be chosen"):
        filled(plan, 0, Field("type", "radio"))


def test_answers_are_rated_by_their_text_and_not_by_their_place(plan: Plan) -> None:
    warm = "Thank you so much! What a lovely and wonderful thing to ask, I am glad! Shall we?"
    ai = "As an AI language model, I don't have personal views on this."
    page = SeenPage(slots={"0": Slot("0", "answered", warm), "1": Slot("1", "answered", ai)})
    form = Form(id="rate-form", fields=[Field(f"score-{k}", "range", slot=k) for k in "01"])
    scores = [
        dict(fill(form, page, "/talk/2/1/", Memory(bot))) for bot in plan.bots if not bot.in_group
    ]
    prefer_warm = sum(int(s["score-0"]) > int(s["score-1"]) for s in scores)
    assert prefer_warm > 0.9 * len(scores)


def test_a_conversation_opens_with_its_types_own_message_and_replies_do_not_repeat(
    plan: Plan,
) -> None:
    bot = plan.bots[0]
    memory = Memory(bot)
    choose = Form(id="", hidden=[("number", "1")], fields=[Field("type", "radio", ["unguided"])])
    fill(choose, SeenPage(), "/talk/2/", memory)

    def say(turn: int) -> str:
        hidden = [("action", "prompt"), ("turn", str(turn))]
        form = Form(id="", hidden=hidden, fields=[Field("prompt", "text")])
        return dict(fill(form, SeenPage(), "/talk/2/1/", memory))["prompt"]

    assert say(0) == bot.openings[2, "unguided", 0]
    replies = [say(turn) for turn in range(1, len(REPLIES) + 1)]
    assert sorted(replies) == sorted(REPLIES)


def test_a_conversation_ends_where_nothing_else_is_possible(plan: Plan) -> None:
    hidden = [("action", "finish"), ("turn", "2")]
    finish = Form(id="finish-form", hidden=hidden, can_send=True)
    page = SeenPage(forms=[finish])
    eager = replace(plan.bots[0], goes_on=1.0)
    assert wants_to_finish(page, "/talk/2/1/", eager)
    page.forms.append(Form(id="", hidden=[("action", "prompt")], can_send=True))
    assert not wants_to_finish(page, "/talk/2/1/", eager)
    assert wants_to_finish(page, "/talk/2/1/", replace(eager, goes_on=0.0))
