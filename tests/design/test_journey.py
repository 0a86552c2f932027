"""A participant's way: it always reaches the end and never goes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design import (
    ConversationFacts,
    JourneyFacts,
    Step,
    Study,
    generator,
    next_step,
    read_study,
    types_left,
)


def build(kinds: list[tuple[str, int]]) -> Study:
    """A study with a consent and the stages that `kinds` names, each of the given size."""
    lines = ["manyvoices: 1", "id: built", "title: Built", "stages:", "  - consent: {text: Agreed}"]
    for number, (kind, size) in enumerate(kinds):
        if kind == "survey":
            pages = ", ".join(
                f"{{title: P, questions: [{{id: q{number}_{p}, kind: text, label: Q}}]}}"
                for p in range(size)
            )
            lines.append(f"  - survey: {{id: s{number}, questions: [{pages}]}}")
        else:
            types = ", ".join(f"t{t}: {t + 1}" for t in range(size))
            lines.append(
                f"  - conversations: {{id: s{number}, types: {{{types}}}, "
                "opening: {responders: 1}}"
            )
    lines.append("models: [{id: m, provider: scripted, persona: plain}]")
    return read_study({"study.yaml": "\n".join(lines)})


def take(study: Study, facts: JourneyFacts, step: Step, seed: int) -> JourneyFacts:
    """What a participant does at `step`."""
    rng = generator(seed)
    if step.kind == "consent":
        return replace(facts, consented=True)
    if step.kind == "survey":
        assert step.page is not None
        return replace(facts, survey_pages_done={*facts.survey_pages_done, (step.stage, step.page)})
    talks = list(facts.conversations)
    if step.kind == "conversations":
        stage = dict(study.conversation_stages())[step.stage]
        left = types_left(stage, step.stage, facts)
        number = sum(talk.stage == step.stage for talk in talks)
        kind = rng.choice(sorted(left))
        talks.append(ConversationFacts(step.stage, number, kind, finished=False))
    else:
        index = next(
            i
            for i, talk in enumerate(talks)
            if talk.stage == step.stage and talk.number == step.conversation
        )
        talks[index] = replace(talks[index], finished=True)
    return replace(facts, conversations=tuple(talks))


@given(
    st.lists(
        st.tuples(st.sampled_from(["survey", "conversations"]), st.integers(1, 3)), max_size=4
    ),
    st.integers(0, 1000),
)
def test_the_way_reaches_the_end_and_never_goes_back(
    kinds: list[tuple[str, int]], seed: int
) -> None:
    study = build(kinds)
    facts, steps = JourneyFacts(), []
    while (step := next_step(study, facts)).kind != "done":
        steps.append(step)
        facts = take(study, facts, step, seed + len(steps))
        assert len(steps) <= 60
    places = [(step.stage, step.page if step.page is not None else -1) for step in steps]
    assert places == sorted(places)
    needed = 1 + sum(n if kind == "survey" else n * (n + 1) for kind, n in kinds)
    assert len(steps) == needed
    assert step == Step("done", stage=len(kinds) + 1)
    for index, stage in study.conversation_stages():
        held = [c.type for c in facts.conversations if c.stage == index]
        assert {name: held.count(name) for name in stage.types} == {
            name: rule.count for name, rule in stage.types.items()
        }


def test_nothing_comes_before_consent() -> None:
    study = build([("survey", 1)])
    facts = JourneyFacts(survey_pages_done={(1, 0)})
    assert next_step(study, facts) == Step("consent", stage=0)


def test_an_open_conversation_is_gone_on_with_before_another_is_begun(small: Study) -> None:
    facts = JourneyFacts(
        consented=True,
        survey_pages_done={(1, 0), (1, 1)},
        conversations=[
            ConversationFacts(2, 0, "unguided", finished=True),
            ConversationFacts(2, 1, "guided", finished=False),
        ],
    )
    assert next_step(small, facts) == Step("conversation", stage=2, conversation=1)


def test_more_of_a_type_than_asked_does_not_stand_for_another_type(small: Study) -> None:
    talks = [ConversationFacts(2, n, "unguided", finished=True) for n in range(3)]
    facts = JourneyFacts(True, {(1, 0), (1, 1)}, talks)
    stage = dict(small.conversation_stages())[2]
    assert types_left(stage, 2, facts) == {"guided": 1}
    assert next_step(small, facts).kind == "conversations"


@pytest.mark.parametrize("done", [{(1, 1)}, {(2, 0)}, set()])
def test_a_page_that_was_skipped_is_asked_first(small: Study, done: set[tuple[int, int]]) -> None:
    facts = JourneyFacts(consented=True, survey_pages_done=done)
    assert next_step(small, facts) == Step("survey", stage=1, page=0)
