"""A small sound study, as texts that a test can change before it is loaded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from manyvoices.design import Study, read_study

STUDY = """\
manyvoices: 1
id: small
title: A small study
stages:
  - consent: {text: consent.md}
  - survey: {questions: survey.yaml}
  - conversations:
      types: {unguided: 2, guided: {count: 1, label: Guided, guidance: "Talk about *food*."}}
      opening: {responders: 2}
      continuing: {responses: 2, turns: [2, 3]}
      feedback: {performance: attributes.yaml, choice: attributes.yaml, open: feedback.md}
models: models.yaml
"""
SURVEY = """\
pages:
  - title: First
    questions:
      - {id: colour, kind: single, label: "Which?", options: [red, blue], required: true}
      - {id: uses, kind: multiple, label: "What for?", options: [work, play]}
  - title: Second
    questions:
      - id: why
        kind: text
        label: Why red?
        visible_if: {question: colour, equals: red}
      - id: marks
        kind: vas
        label: How much?
        anchors: [Little, Much]
        not_applicable: true
        items: [{id: a, label: A}, {id: b, label: B}]
"""
ATTRIBUTES = """\
performance:
  opener: It
  anchors: [Badly, Well]
  items: [{id: fluency, label: was fluent}, {id: safety, label: was safe}]
choice:
  opener: I chose it because
  anchors: [Not, Very]
  items: [{id: fluency, label: it was fluent}]
"""
MODELS = """\
- {id: one, provider: scripted, persona: brief}
- {id: two, provider: scripted, persona: plain}
"""


@pytest.fixture
def texts() -> dict[str, str]:
    """The files of the small study."""
    return {
        "study.yaml": STUDY,
        "consent.md": "# Consent\n\nYou agree.\n",
        "survey.yaml": SURVEY,
        "attributes.yaml": ATTRIBUTES,
        "feedback.md": "# What was good?\n\nIn your own words.\n",
        "models.yaml": MODELS,
    }


@pytest.fixture
def small(texts: dict[str, str]) -> Study:
    return read_study(texts)


@pytest.fixture
def change(texts: dict[str, str]) -> Callable[..., dict[str, str]]:
    """Replace a text that stands once in one file of the small study."""

    def replace(name: str, old: str, new: str) -> dict[str, str]:
        assert texts[name].count(old) == 1, (old, texts[name])
        texts[name] = texts[name].replace(old, new)
        return texts

    return replace
