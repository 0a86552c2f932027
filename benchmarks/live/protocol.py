"""The study that the live benchmarks run: PRISM's shape, four answers at once."""

from __future__ import annotations

from pathlib import Path

STUDY_ID = "load"
STAGE_SURVEY, STAGE_TALK = 1, 2
PERSONAS = ("brief", "careful", "cheerful", "essayist", "list_maker")

_STUDY = """\
manyvoices: 1
id: load
title: How a server holds up
description: Written for benchmarks; nobody takes part in it.
languages: [en]
recruitment: {provider: open, completion_code: LOAD-1}
stages:
  - consent: {text: consent.md, minimum_age: 18, withdrawal_days: 14}
  - survey: {questions: survey.yaml}
  - conversations:
      types:
        unguided: 2
        values guided: {count: 2, label: About values, guidance: Talk about what you believe in.}
        controversy guided: {count: 2, label: About a dispute, guidance: Talk about a dispute.}
      opening: {responders: 4, timeout_s: 30}
      continuing: {responses: 2, turns: [2, 22], timeout_s: 30}
      rating: {scale: vas, range: [1, 100], anchors: [Terrible, Perfect]}
      feedback:
        performance: &statements
          opener: This response
          anchors: [Performed very poorly, Performed very well]
          items:
            - {id: values, label: reflected my values}
            - {id: fluency, label: was well written}
            - {id: factuality, label: was correct}
            - {id: safety, label: was safe}
            - {id: diversity, label: showed several views}
            - {id: creativity, label: was creative}
            - {id: helpfulness, label: was helpful}
        choice: *statements
        open: {label: 'What would you tell the model?', required: true}
models: models.yaml
"""

_SURVEY = """\
- title: You and language models
  questions:
    - id: familiarity
      kind: single
      label: How well do you know language models?
      required: true
      options: [Not at all, Somewhat, Very well]
    - id: usecases
      kind: multiple
      label: What do you use them for?
      random_order: true
      options: [Work, School, Fun, Advice, Cooking, Travel, Health, Money, Games, Other]
    - id: self_description
      kind: text
      label: Describe yourself.
      multiline: true
      max_length: 500
- title: What matters to you
  questions:
    - id: stated_prefs
      kind: vas
      label: How important is it that a model
      required: true
      random_order: true
      not_applicable: true
      anchors: [Unimportant, Important]
      items:
        - {id: safety, label: is safe}
        - {id: creativity, label: is creative}
        - {id: values, label: reflects my values}
        - {id: fluency, label: writes well}
        - {id: factuality, label: is correct}
        - {id: diversity, label: shows several views}
        - {id: helpfulness, label: is helpful}
    - id: gender
      kind: single
      label: What is your gender?
      style: select
      required: true
      options: [Female, Male, Another, Prefer not to say]
"""

SURVEY_PAGES: tuple[dict[str, object], ...] = (
    {
        "q-familiarity": "Somewhat",
        "q-usecases": ["Work", "Fun"],
        "q-self_description": "I like tea.",
    },
    {
        **{
            f"q-stated_prefs-{item}": "60"
            for item in (
                "safety", "creativity", "values", "fluency", "factuality", "diversity",
                "helpfulness",
            )
        },
        "q-gender": "Female",
    },
)  # fmt: skip


def scripted_models(delay_s: tuple[float, float], concurrency: int) -> str:
    """``models.yaml`` of personas that answer inside the runner, after a delay."""
    low, high = delay_s
    return "".join(
        f"- {{id: model-{name}, provider: scripted, persona: {name}, "
        f"max_concurrency: {concurrency}, extra: {{delay_s: [{low}, {high}]}}}}\n"
        for name in PERSONAS
    )


def endpoint_models(base_url: str, concurrency: int) -> str:
    """``models.yaml`` of personas behind an OpenAI-compatible endpoint."""
    return "".join(
        f"- {{id: model-{name}, provider: openai, model: {name}, base_url: '{base_url}', "
        f"max_concurrency: {concurrency}}}\n"
        for name in PERSONAS
    )


def write_study(folder: Path, models: str) -> Path:
    """Write the study's files into `folder`; the path of its ``study.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "study.yaml": _STUDY,
        "survey.yaml": _SURVEY,
        "models.yaml": models,
        "consent.md": "We measure how a server holds up. You may stop at any time.\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "study.yaml"
