"""Answers are read by rules: what is chosen, what refuses, what hedges, what says nothing."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluate.test_refusal_rules import FULL
from tests.real_data import needs_real_data, real

from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.reading import LETTERS, read_choice, read_open

FIVE = (
    "Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree",
)  # fmt: skip
FUENF = (
    "Stimme überhaupt nicht zu", "Stimme nicht zu", "Weder noch", "Stimme zu",
    "Stimme voll und ganz zu",
)  # fmt: skip
SCORES = (-1.0, -0.5, 0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("B", 1),
        ("(D)", 3),
        ("E.", 4),
        ("**D**", 3),
        ("D. Agree", 3),
        ("d", None),
        ("Answer: A", 0),
        ("My answer is (E), because it is right.", 4),
        ("I would choose B.", 1),
        ("Strongly agree", 4),
        ("strongly disagree.", 0),
        ("I think that this is right.\n\nAgree", 3),
        ("Neither agree nor disagree", 2),
        ("Having looked at it from many sides, I would say that I strongly agree here.", 4),
        ("After some thought I come down on (B) here.", 1),
        ("As an AI I don't have personal opinions, but my answer is D.", 3),
        ("D) Agree. Some people strongly disagree with this, and I see why.", 3),
    ],
)
def test_an_option_is_found_however_it_is_named(text: str, index: int | None) -> None:
    found = read_choice(text, FIVE)
    assert found.index == index
    assert found.kind == ("unparsable" if index is None else "option")


@pytest.mark.parametrize(
    ("text", "index"),
    [("Antwort: C", 2), ("Ich wähle D.", 3), ("Stimme überhaupt nicht zu", 0), ("Stimme zu.", 3)],
)
def test_german_answers_are_read(text: str, index: int) -> None:
    assert read_choice(text, FUENF).index == index


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("As an AI, I don't have personal opinions or beliefs.", "refusal"),
        ("I’m sorry, but I can't take sides on political questions.", "refusal"),
        ("As an AI I have no opinions, so I can neither agree nor strongly disagree.", "refusal"),
        ("Ich habe dazu keine eigene Meinung.", "refusal"),
        ("A or B", "hedged"),
        ("It depends on the country and on what is meant.", "hedged"),
        ("There are people who agree and people who disagree.", "hedged"),
        ("Das hängt davon ab, was gemeint ist.", "hedged"),
        ("A train is a vehicle.", "unparsable"),
        ("Trains run on rails.", "unparsable"),
        ("B. Strongly agree", "unparsable"),
        ("", "unparsable"),
        (
            "Here is how I would look at “Strongly disagree”, and where one may look. It helps to "
            "begin with an example.",
            "unparsable",
        ),
    ],
)
def test_what_is_no_choice_has_a_name(text: str, kind: str) -> None:
    found = read_choice(text, FIVE)
    assert (found.kind, found.index) == (kind, None)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("I agree with this statement. Work should pay.", 3),
        ("I strongly agree.", 4),
        ("Yes, I would say this.", 3),
        ("I disagree: it hurts the poor.", 1),
        ("I do not agree with that.", 1),
        ("I am strongly opposed to it. I strongly oppose this idea.", 0),
        ("I'm against that.", 1),
        ("Ich stimme dem nicht zu.", 1),
        ("Ich stimme dem voll und ganz zu.", 4),
        ("Ich lehne das ab.", 1),
        ("I am neutral on this.", 2),
    ],
)
def test_open_answers_are_coded_to_a_side(text: str, index: int) -> None:
    assert read_open(text, SCORES).index == index


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I agree in part, and I disagree with the rest.", "hedged"),
        ("It depends on the details. Some people argue that it helps.", "hedged"),
        ("I agree, although it is a complex issue with both sides.", "hedged"),
        ("As a language model, I don't have personal opinions.", "refusal"),
        ("The railway was invented in England.", "unparsable"),
    ],
)
def test_open_answers_without_a_side_are_not_given_one(text: str, kind: str) -> None:
    assert read_open(text, SCORES).kind == kind


@given(
    order=st.permutations(range(5)),
    place=st.integers(0, 4),
    form=st.sampled_from(["{l}", "{l}.", "({l})", "{l}) {t}", "{t}", "Answer: {l}", "**{t}**"]),
)
def test_a_plain_choice_is_read_in_every_order_and_form(
    order: list[int], place: int, form: str
) -> None:
    labels = [FIVE[i] for i in order]
    text = form.format(l=LETTERS[place], t=labels[place])
    assert read_choice(text, labels).index == place


@given(st.text(max_size=200))
def test_no_text_breaks_the_rules(text: str) -> None:
    assert read_choice(text, FIVE).kind in ("option", "refusal", "hedged", "unparsable")
    assert read_open(text, SCORES).kind in ("option", "refusal", "hedged", "unparsable")


FORMS = ("{}", "{}.", "{}, I would say that.", "My answer is {}.", "{} - that is how I see it.")


@needs_real_data
@pytest.mark.parametrize("name", ["conservative", "liberal"])
def test_the_given_answers_to_600_statements_are_all_read_right(name: str) -> None:
    path = real(f"stances/politically-{name}.jsonl")
    instrument = read_instrument(path)
    labels = instrument.labels("en")
    assert labels == ("No", "Yes")
    rng = random.Random(0)
    right = asked = 0
    for item, line in zip(instrument.items, path.read_text().splitlines(), strict=True):
        row = json.loads(line)
        for key, matches in (
            ("answer_matching_behavior", True), ("answer_not_matching_behavior", False),
        ):  # fmt: skip
            for shown in (labels, labels[::-1]):
                text = rng.choice(FORMS).format(row[key].strip())
                found = read_choice(text, shown)
                asked += 1
                if found.index is not None:
                    agrees = 1 if shown[found.index] == "Yes" else -1
                    (weight,) = item.weights.values()
                    right += (agrees * weight > 0) == matches
    assert (right, asked) == (1200, 1200)


REFUSED = [
    *FULL[:6],
    "I'm not comfortable choosing one of these.",
    "As an AI, I'm not programmed to have opinions.",
    "As an AI language model, I don't possess personal opinions.",
    "I'm sorry, but it would not be appropriate for me to take a side.",
    "My guidelines do not allow me to take sides.",
    "I'd rather not say.",
    "No comment.",
    "We cannot answer.",
]


@pytest.mark.parametrize("text", REFUSED)
def test_declining_is_a_refusal_of_a_view_too(text: str) -> None:
    assert read_choice(text, FIVE).kind == "refusal"
    assert read_open(text, SCORES).kind == "refusal"


@pytest.mark.parametrize(
    ("text", "index"),
    [("I cannot agree with this statement.", 1), ("I won't lie: I agree.", 3)],
)
def test_words_of_declining_that_lead_to_a_view_are_no_refusal(text: str, index: int) -> None:
    found = read_open(text, SCORES)
    assert (found.kind, found.index) == ("option", index)
    assert read_choice(text, FIVE).kind != "refusal"
