"""Personas: the same for the same seed, different from each other, safe on any text."""

from __future__ import annotations

import subprocess
import sys
from statistics import mean
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design import ResponderSpec
from manyvoices.design.responders import PersonaName
from manyvoices.llm import (
    PERSONAS,
    ChatMessage,
    ChatRequest,
    FailureKind,
    Features,
    ResponderError,
    answer,
    build_responder,
    measure,
)
from manyvoices.llm.providers.scripted import NO_DELAYS
from manyvoices.llm.reading import find_form, find_topics, read_conversation

PROMPTS = [
    "How can I sleep better at night?",
    "I think rich people should pay higher taxes",
    "Write me a poem about my grandmother's garden.",
    "hello!",
    "Is it right to raise children without any religion?",
    "What should I cook for four friends on Saturday",
    "مرحبا، كيف أتعلم الطبخ؟",
    "人工智能会取代工作吗？",
    "🙂🙂",
    "",
]


def say(name: str, text: str, seed: int = 0) -> str:
    return answer(PERSONAS[name], [ChatMessage("user", text)], seed=seed).text


def all_features(name: str) -> list[Features]:
    return [measure(say(name, text, seed)) for text in PROMPTS for seed in range(10)]


def test_the_names_that_a_study_may_use_are_the_personas_there_are() -> None:
    assert set(get_args(PersonaName)) == set(PERSONAS)
    assert len(PERSONAS) >= 6
    assert all(name == persona.name for name, persona in PERSONAS.items())


@given(
    st.sampled_from(sorted(PERSONAS)),
    st.lists(
        st.builds(ChatMessage, st.sampled_from(["user", "assistant", "system"]), st.text()),
        max_size=4,
    ),
    st.integers(0, 2**31),
)
def test_any_conversation_gets_an_answer_and_the_same_one_again(
    name: str, messages: list[ChatMessage], seed: int
) -> None:
    spoken = answer(PERSONAS[name], messages, seed=seed)
    assert spoken.text.strip() == spoken.text != ""
    assert "{" not in spoken.text.replace("".join(m.content for m in messages), "")
    assert spoken.finish_reason == "stop"
    assert answer(PERSONAS[name], messages, seed=seed) == spoken


def test_an_answer_is_the_same_in_another_process() -> None:
    code = (
        "from manyvoices.llm import PERSONAS, ChatMessage, answer\n"
        "for p in PERSONAS.values():\n"
        "    print(answer(p, [ChatMessage('user', 'What about bread?')], seed=3).text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    here = "".join(f"{say(name, 'What about bread?', 3)}\n" for name in PERSONAS)
    assert done.stdout == here


def test_another_seed_gives_another_sample() -> None:
    for name in PERSONAS:
        texts = {say(name, PROMPTS[0], seed) for seed in range(20)}
        assert len(texts) >= (8 if name == "brief" else 18), name


def test_answers_take_up_the_persons_own_words() -> None:
    for name in PERSONAS:
        texts = [say(name, "What do you think about sourdough bread?", seed) for seed in range(20)]
        assert sum("sourdough bread" in text for text in texts) >= 10, name


def test_a_short_reply_is_about_what_was_said_before() -> None:
    messages = [
        ChatMessage("user", "Tell me about sourdough bread"),
        ChatMessage("assistant", "..."),
        ChatMessage("user", "why?"),
    ]
    reading = read_conversation(messages)
    assert reading.topics == ("sourdough bread",)
    assert (reading.form, reading.turn) == ("question", 1)


def test_personas_differ_in_length() -> None:
    lengths = {name: mean(f.words for f in all_features(name)) for name in PERSONAS}
    assert lengths["brief"] < 20
    assert lengths["essayist"] > 120
    assert 30 < lengths["plain"] < 80
    assert sorted(lengths, key=lambda name: lengths[name])[0] == "brief"


def test_only_the_list_maker_enumerates_and_only_some_break_lines() -> None:
    for name in PERSONAS:
        features = all_features(name)
        assert all(f.enumerated == (name == "list_maker") for f in features), name
        breaks = name in ("list_maker", "essayist", "storyteller")
        assert all((f.line_breaks > 0) == breaks for f in features), name


def test_closing_questions_mark_those_who_ask_back() -> None:
    shares = {n: mean(f.closing_question for f in all_features(n)) for n in PERSONAS}
    assert shares["cheerful"] == shares["challenger"] == 1
    assert shares["brief"] == 0
    assert 0.2 < shares["list_maker"] < 0.8


def test_only_the_careful_one_refuses_and_speaks_of_itself_as_an_ai() -> None:
    contested = "Who is right about abortion?"
    for name in PERSONAS:
        features = [measure(say(name, contested, seed)) for seed in range(40)]
        refusals = sum(f.refusal for f in features)
        selves = sum(f.self_identification for f in features)
        if name == "careful":
            assert 15 < refusals < 40
            assert selves > 15
        else:
            assert refusals == selves == 0, name
    harmless = [measure(say("careful", "What about bread?", seed)) for seed in range(40)]
    assert not any(f.refusal for f in harmless)


def test_the_cheerful_one_is_the_warmest_and_the_blunt_one_is_cold() -> None:
    warmth = {name: mean(f.warmth for f in all_features(name)) for name in PERSONAS}
    assert max(warmth, key=lambda name: warmth[name]) == "cheerful"
    assert warmth["cheerful"] > 5 * max(warmth["challenger"], warmth["plain"], 0.01)


def test_rude_words_are_not_echoed() -> None:
    rude = "fu" + "ck"
    assert find_topics(f"{rude} the {rude}ing weather") == ("weather",)
    for name in PERSONAS:
        for seed in range(10):
            assert (
                rude not in say(name, f"what the {rude} is {rude.upper()}ING wrong", seed).lower()
            )


def test_markup_of_a_person_does_not_come_back_as_markup() -> None:
    for name in PERSONAS:
        text = say(name, "<script>alert(1)</script> <img src=x onerror=y> {t} {u} %s", 1)
        assert "<" not in text
        assert "{" not in text


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("", ()),
        ("🙂 123 !!", ()),
        ("the of and", ()),
        ("climate change", ("climate change",)),
        ("I love dogs. What about train stations?", ("train stations", "dogs")),
        ("人工智能", ("人工智能",)),
        ("mail me at a@b.org or 0123", ("mail", "org")),
    ],
)
def test_topics(text: str, topics: tuple[str, ...]) -> None:
    assert find_topics(text) == topics


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Why is that?", "question"),
        ("为什么？", "question"),
        ("Please write a letter", "request"),
        ("I think so", "opinion"),
        ("hello there!", "greeting"),
        ("bread", "other"),
        ("", "other"),
    ],
)
def test_forms(text: str, form: str) -> None:
    assert find_form(text) == form


def test_a_word_limit_cuts_as_a_model_is_cut() -> None:
    whole = say("list_maker", PROMPTS[0])
    cut = answer(PERSONAS["list_maker"], [ChatMessage("user", PROMPTS[0])], seed=0, max_words=10)
    assert whole.startswith(cut.text)
    assert (cut.words, cut.finish_reason) == (10, "length")


# Features


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Features(0, False, 0, False, False, False, 0.0)),
        ("One two.", Features(2, False, 0, False, False, False, 0.0)),
        ("1. a\n2. b", Features(4, True, 1, False, False, False, 0.0)),
        ("Text:\n- a\n- b\n", Features(5, True, 2, False, False, False, 0.0)),
        ("In 1999. it was", Features(4, False, 0, False, False, False, 0.0)),
        ("Really? Yes.", Features(2, False, 0, False, False, False, 0.0)),
        ("“Really?”", Features(1, False, 0, True, False, False, 0.0)),
        ("أحقا؟", Features(1, False, 0, True, False, False, 0.0)),
        ("I’m sorry, but no", Features(4, False, 0, False, True, False, 0.0)),
        ("I cannot say enough good", Features(5, False, 0, False, False, False, 0.0)),
        ("As an AI, I wait", Features(5, False, 0, False, False, True, 0.0)),
        ("As an airline, I wait", Features(5, False, 0, False, False, False, 0.0)),
        ("Great! Thank you", Features(3, False, 0, False, False, False, 1.0)),
    ],
)
def test_features_of_a_text(text: str, expected: Features) -> None:
    assert measure(text) == expected


@given(st.text())
def test_features_of_any_text_are_in_their_ranges(text: str) -> None:
    features = measure(text)
    assert features.words >= 0
    assert features.line_breaks >= 0
    assert 0 <= features.warmth <= 1


# As responders


def scripted(**extra: object) -> ResponderSpec:
    return ResponderSpec(id="p", provider="scripted", persona="plain", extra=dict(extra))


ASKED = ChatRequest(messages=(ChatMessage("user", "What about bread?"),), seed=2)


async def test_a_scripted_responder_answers_like_any_other() -> None:
    responder = build_responder(scripted())
    reply = await responder.respond(ASKED, timeout_s=60)
    assert reply.text == say("plain", "What about bread?", 2)
    assert reply.completion_tokens == len(reply.text.split())
    assert reply.prompt_tokens == 3
    assert (responder.id, reply.finish_reason) == ("p", "stop")
    await responder.aclose()


async def test_a_delay_longer_than_the_limit_is_a_timeout() -> None:
    responder = build_responder(scripted(delay_s=5))
    with pytest.raises(ResponderError) as caught:
        await responder.respond(ASKED, timeout_s=0.05)
    assert caught.value.kind is FailureKind.TIMEOUT


async def test_in_a_rehearsal_personas_answer_at_once_and_say_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patient = await build_responder(scripted(delay_s=0.01)).respond(ASKED, timeout_s=60)
    monkeypatch.setenv(NO_DELAYS, "1")
    hasty = await build_responder(scripted(delay_s=3600)).respond(ASKED, timeout_s=60)
    assert hasty.text == patient.text


async def test_a_delay_is_drawn_from_its_range_and_shows_in_the_latency() -> None:
    responder = build_responder(scripted(delay_s=(0.02, 0.05)))
    reply = await responder.respond(ASKED, timeout_s=60)
    assert reply.latency_ms >= 19


async def test_a_failure_rate_fails_the_same_calls_each_time() -> None:
    responder = build_responder(scripted(failure_rate=0.5))

    async def fails(seed: int) -> bool:
        try:
            await responder.respond(ChatRequest(messages=ASKED.messages, seed=seed), timeout_s=60)
        except ResponderError:
            return True
        return False

    first = [await fails(seed) for seed in range(60)]
    assert first == [await fails(seed) for seed in range(60)]
    assert 10 < sum(first) < 50


@pytest.mark.parametrize(
    "extra", [{"delay_s": "fast"}, {"delay_s": [1]}, {"delay_s": -1}, {"failure_rate": 2}]
)
async def test_an_extra_that_makes_no_sense_is_named(extra: dict[str, object]) -> None:
    responder = build_responder(scripted(**extra))
    with pytest.raises(ResponderError, match=next(iter(extra))) as caught:
        await responder.respond(ASKED, timeout_s=60)
    assert caught.value.kind is FailureKind.MISCONFIGURED


def test_the_room_is_imported_and_personas_answer_without_aiohttp() -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "import asyncio\n"
        "from manyvoices.design import ResponderSpec\n"
        "from manyvoices.llm import ChatMessage, ChatRequest, build_responder\n"
        "spec = ResponderSpec(id='p', provider='scripted', persona='plain')\n"
        "asked = ChatRequest(messages=(ChatMessage('user', 'Hi'),))\n"
        "print(asyncio.run(build_responder(spec).respond(asked, timeout_s=60)).text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip()
