"""Who the bots are, what they prefer, and what is expected of the analysis."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.rehearsal import Group, NoSuchGroup, Plan, document, expect, make_plan
from manyvoices.collect.rehearsal.plan import default_group
from manyvoices.collect.rehearsal.taste import EVERYONE, Taste, on_scale, style
from manyvoices.collect.rehearsal.words import OPENINGS, kind_of
from manyvoices.design import ResponderSpec, Study, SurveyStage
from manyvoices.llm import PERSONAS, ChatMessage, answer, measure
from manyvoices.llm.reading import read_conversation

PlanOf = Callable[..., Plan]


def test_the_same_seed_makes_the_same_bots_and_another_seed_others(plan_of: PlanOf) -> None:
    assert plan_of(seed=3) == plan_of(seed=3)
    assert plan_of(seed=3).bots != plan_of(seed=4).bots


@pytest.mark.parametrize("participants", [1, 2, 7, 40])
def test_half_of_the_bots_are_in_the_group_and_answer_its_question_accordingly(
    plan_of: PlanOf, participants: int
) -> None:
    plan = plan_of(participants)
    assert plan.group == Group("gender", ("Female",))
    assert sum(bot.in_group for bot in plan.bots) == (participants + 1) // 2
    for bot in plan.bots:
        assert (bot.traits["gender"] == "Female") is bot.in_group


def test_the_group_and_the_others_have_different_tastes_around_a_common_one(
    plan_of: PlanOf,
) -> None:
    plan = plan_of()
    middle = plan.tastes["group"].plus(plan.tastes["others"])
    assert middle == EVERYONE.plus(EVERYONE)
    assert {bot.taste for bot in plan.bots} == set(plan.tastes.values())


def test_a_group_of_several_values_can_be_asked_for(plan_of: PlanOf) -> None:
    group = Group("familiarity", ("Not at all", "Somewhat"))
    plan = plan_of(group=group)
    assert {bot.traits["familiarity"] for bot in plan.bots if not bot.in_group} == {"Very well"}


@pytest.mark.parametrize(
    ("group", "found"),
    [
        (Group("colour", ("Red",)), "colour"),
        (Group("usecases", ("work",)), "usecases"),
        (Group("gender", ("Femal",)), "Femal"),
        (Group("familiarity", ("Not at all", "Somewhat", "Very well")), "nobody is left"),
    ],
)
def test_a_group_that_the_study_cannot_have_is_refused(
    plan_of: PlanOf, group: Group, found: str
) -> None:
    with pytest.raises(NoSuchGroup, match=found):
        plan_of(group=group)


def test_of_many_options_the_first_half_makes_the_default_group(demo: Study) -> None:
    only_age = [
        stage.model_copy(
            update={
                "pages": tuple(
                    page.model_copy(
                        update={"questions": tuple(q for q in page.questions if q.id != "gender")}
                    )
                    for page in stage.pages
                )
            }
        )
        if isinstance(stage, SurveyStage)
        else stage
        for stage in demo.stages
    ]
    group = default_group(demo.model_copy(update={"stages": tuple(only_age)}))
    assert group == Group("age", ("18-24 years old", "25-34 years old", "35-44 years old"))


def test_without_a_single_choice_everybody_has_the_same_taste(small: Study) -> None:
    stages = tuple(stage for stage in small.stages if not isinstance(stage, SurveyStage))
    plan = make_plan(small.model_copy(update={"stages": stages}), participants=4)
    assert plan.group is None
    assert {bot.taste for bot in plan.bots} == {EVERYONE}
    assert document(plan, expect(plan))["group"] is None
    assert set(expect(plan).orders) == {"everyone"}


def test_every_bot_has_something_to_say_in_every_conversation(demo: Study) -> None:
    plan = make_plan(demo, participants=30)
    places = {
        (stage, name, nth)
        for stage, rule in demo.conversation_stages()
        for name, about in rule.types.items()
        for nth in range(about.count)
    }
    for bot in plan.bots:
        assert set(bot.openings) == places
        for (_stage, name, _nth), text in bot.openings.items():
            assert text in OPENINGS[kind_of(name)]


def test_there_are_at_least_sixty_openings_and_no_persona_finds_one_without_a_topic() -> None:
    every = [text for bank in OPENINGS.values() for text in bank]
    assert len(every) == len(set(every)) >= 60
    assert min(map(len, OPENINGS.values())) >= 20
    for text in every:
        assert read_conversation([ChatMessage("user", text)]).topics, text


def test_the_planted_order_is_well_separated_and_flips_between_the_sides(demo: Study) -> None:
    planted = expect(make_plan(demo, participants=200))
    assert planted.separation is not None
    assert planted.separation > 0.04
    clearest = planted.flips[0]
    assert min(clearest.margin_group, clearest.margin_others) > 0.15
    group, others = planted.orders["group"], planted.orders["others"]
    assert group.index(clearest.group_prefers) < group.index(clearest.others_prefer)
    assert others.index(clearest.group_prefers) > others.index(clearest.others_prefer)


def test_models_that_are_not_scripted_have_no_planted_place(small: Study) -> None:
    other = ResponderSpec.model_validate(
        {"id": "real", "provider": "openai", "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    )
    plan = make_plan(small.model_copy(update={"models": (*small.models, other)}), participants=4)
    planted = expect(plan)
    assert planted.unknown == ("real",)
    assert "real" not in planted.orders["everyone"]
    assert "not known" in document(plan, planted)["note"]


@given(
    text=st.text(max_size=300),
    number=st.integers(0, 19),
    limits=st.tuples(st.integers(-50, 50), st.integers(1, 200)).map(lambda t: (t[0], sum(t))),
)
def test_a_rating_is_always_on_the_scale(text: str, number: int, limits: tuple[int, int]) -> None:
    shown = style(text)
    assert all(0 <= getattr(shown, name) <= 1 for name in Taste.__slots__)
    for share in (-1.0, EVERYONE.utility(text), number / 10):
        assert limits[0] <= on_scale(share, limits) <= limits[1]


def test_a_bot_rates_the_same_text_alike_on_scales_of_any_width(plan_of: PlanOf) -> None:
    bot = plan_of().bots[0]
    text = answer(PERSONAS["list_maker"], [ChatMessage("user", "How do I sleep?")], seed=1).text
    assert measure(text).enumerated
    hundred = bot.rate(text, (0, 100), bot.rng("a"))
    seven = bot.rate(text, (1, 7), bot.rng("a"))
    assert abs(hundred / 100 - (seven - 1) / 6) < 0.1


def test_dropouts_are_a_share_of_the_same_bots(plan_of: Callable[..., Plan]) -> None:
    stay, go = plan_of(200).bots, plan_of(200, dropouts=0.25).bots
    assert [bot.traits for bot in stay] == [bot.traits for bot in go]
    assert not any(bot.drops_out for bot in stay)
    assert 30 <= sum(bot.drops_out for bot in go) <= 70
    assert all(bot.drops_out for bot in plan_of(5, dropouts=1.0).bots)
