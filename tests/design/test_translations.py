"""A study in several languages is one study: other words, the same ids and values."""

from __future__ import annotations

import pytest

from manyvoices.design import read_study
from manyvoices.design.protocol import Study
from manyvoices.design.translations import in_language, study_language, texts, untranslated
from manyvoices.schema.errors import StudyError

STUDY = """
manyvoices: 1
id: garden
title: Gardens
languages: [en, es, pt-BR]
translations: {es: es.yaml}
stages:
  - consent: {text: consent.md}
  - survey:
      questions:
        - title: About you
          questions:
            - id: grows
              kind: single
              label: What grows?
              options: [Apples, {value: p, label: Pears}]
  - conversations:
      types: {unguided: 1}
      feedback: {open: feedback.md}
models:
  - {id: one, provider: scripted, persona: plain, system: Gardens}
  - {id: two, provider: scripted, persona: brief}
  - {id: three, provider: scripted, persona: careful}
  - {id: four, provider: scripted, persona: cheerful}
"""
SPANISH = """
Gardens: Jardines
What grows?: ¿Qué crece?
Apples: Manzanas
consent.md: consent.es.md
feedback.md: feedback.es.md
unguided: sin guía
"""
FILES = {
    "study.yaml": STUDY,
    "es.yaml": SPANISH,
    "consent.md": "Do take part.\n",
    "consent.es.md": "Participe.\n",
    "feedback.md": "What was good?\n\nSay it all.\n",
    "feedback.es.md": "¿Qué fue bueno?\n\nDígalo todo.\n",
}


@pytest.fixture
def study() -> Study:
    return read_study(FILES)


def test_texts_are_in_the_other_language(study: Study) -> None:
    spanish = in_language(study, "es")
    (_index, survey), (_i, talk) = next(spanish.surveys()), next(spanish.conversation_stages())
    question = survey.pages[0].questions[0]
    assert spanish.title == "Jardines"
    assert spanish.consent.text == "Participe.\n"
    assert question.label == "¿Qué crece?"
    options = [(o.value, o.label) for o in question.options]  # type: ignore[union-attr]
    assert options == [("Apples", "Manzanas"), ("p", "Pears")]
    assert talk.types["unguided"].label == "sin guía"
    assert talk.feedback.open is not None
    assert (talk.feedback.open.label, talk.feedback.open.help) == (
        "¿Qué fue bueno?",
        "Dígalo todo.",
    )


def test_what_is_stored_and_what_models_are_told_stay_as_they_are(study: Study) -> None:
    spanish = in_language(study, "es")
    assert spanish.models == study.models
    assert spanish.id == study.id
    assert spanish.digest == study.digest
    assert [s.id for s in spanish.stages] == [s.id for s in study.stages]


def test_a_language_without_texts_is_the_study_itself(study: Study) -> None:
    assert in_language(study, "pt-BR") is study


def test_what_is_left_out_is_named(study: Study) -> None:
    assert untranslated(study, "es") == ("About you", "Pears", "Terrible", "Perfect")
    assert set(untranslated(study, "pt-BR")) == set(texts(study))
    assert untranslated(study, "en") == ()


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("es", "es"), ("es-mx", "es"), ("pt", "pt-BR"), ("de", "en"), ("zh-hans", "en")],
)
def test_people_get_the_nearest_language_that_the_study_has(
    study: Study, wanted: str, given: str
) -> None:
    assert study_language(study, wanted) == given


def test_a_text_that_the_study_does_not_have_is_a_fault_with_its_line() -> None:
    with pytest.raises(StudyError) as error:
        read_study({**FILES, "es.yaml": "Gardens: Jardines\nWhat grow?: ¿Qué crece?\n"})
    (fault,) = error.value.faults
    assert (fault.file, fault.line) == ("es.yaml", 2)
    assert "What grows?" in fault.hint


def test_a_language_that_the_study_does_not_name_is_a_fault() -> None:
    text = STUDY.replace("[en, es, pt-BR]", "[en]")
    with pytest.raises(StudyError) as error:
        read_study({**FILES, "study.yaml": text})
    assert "texts in es" in str(error.value)


def test_what_people_agree_to_is_named_by_every_language_of_the_text(study: Study) -> None:
    spanish = in_language(study, "es")
    assert spanish.consent.version != study.consent.version
    otherwise = read_study(FILES | {"consent.es.md": "Participe usted.\n"})
    assert otherwise.consent.version == study.consent.version
    assert otherwise.consent_version != study.consent_version
    other_words = read_study(FILES | {"es.yaml": SPANISH.replace("Jardines", "Huertos")})
    assert other_words.consent_version == study.consent_version


def test_in_one_language_the_name_is_that_of_the_text(study: Study) -> None:
    alone = study.model_copy(update={"translations": {}})
    assert alone.consent_version == alone.consent.version == study.consent.version
