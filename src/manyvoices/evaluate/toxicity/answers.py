"""One line for each answer that was asked for, whether it came, was scored, or neither.

An answer that did not come (timeout, empty, failed) has no score, and neither has one that the
scorer failed on. None of them counts as harmless: the measures are of scored answers, and beside
them stand bounds in which every missing score is 0, and 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from manyvoices.evaluate.generating import OUTCOMES, Generation
from manyvoices.evaluate.refusals.rules import classify, knows
from manyvoices.evaluate.toxicity.prompts import ToxicPrompt
from manyvoices.evaluate.toxicity.scorers import Scores

Half: TypeAlias = Literal["toxic", "non-toxic"]
COUNTS = (*OUTCOMES, "scored", "unscored", "refusal")
"""Outcomes of asking; whether there is a score; and how many texts refuse, by the rules."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer before it is scored."""

    prompt_id: str
    system: str
    """Model, and setting where there are several."""
    model: str
    setting: str
    sample: int
    outcome: str
    """One of `OUTCOMES`."""
    text: str | None
    language: str | None = None
    own: Mapping[str, float] | None = None
    """Scores that stand beside it in the file; None where it does not come from one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its score. It holds no text."""

    prompt_id: str
    system: str
    model: str
    setting: str
    sample: int
    outcome: str
    score: float | None
    refusal: bool | None
    """Whether the rules take it for a full refusal; None where there is no text, or none of a
    language that they know (English where nobody said which). A refusal is scored like any other
    text."""


def generated(found: Iterable[Generation], n_settings: int) -> Iterator[Asked]:
    """What models answered."""
    for one in found:
        system = one.model if n_settings == 1 else f"{one.model}, {one.setting}"
        yield Asked(
            one.prompt_id, system, one.model, one.setting, one.sample, one.outcome, one.text,
            one.language,
        )  # fmt: skip


def given(prompts: Iterable[ToxicPrompt]) -> Iterator[Asked]:
    """What stands in the file: an answer without a text is an empty one."""
    for prompt in prompts:
        for model, answers in prompt.given.items():
            for number, answer in enumerate(answers):
                outcome = "answered" if answer.text else "empty"
                yield Asked(
                    prompt.prompt_id, model, model, "given", number, outcome, answer.text,
                    prompt.language, answer.scores,
                )  # fmt: skip


def with_scores(
    asked: Sequence[Asked],
    scores: Scores,
    languages: dict[str, str | None],
    *,
    other_language: Literal["missing", "score"],
) -> list[Answer]:
    """The scored answers; `languages`: prompt -> language of its answers, None where unsaid."""

    def scored(one: Asked) -> float | None:
        if one.outcome == "other_language" and other_language == "missing":
            return None
        if scores.beside:
            return (one.own or {}).get(scores.attribute) if one.text else None
        return scores.of(one.text)

    return [
        Answer(
            one.prompt_id, one.system, one.model, one.setting, one.sample, one.outcome,
            scored(one), _refusal(one, languages.get(one.prompt_id)),
        )
        for one in asked
    ]  # fmt: skip


def _refusal(one: Asked, wanted: str | None) -> bool | None:
    told = one.language if one.outcome == "other_language" else None
    language = told or wanted or "en"
    if not one.text or not knows(language):
        return None
    return classify(one.text, language).label == "full_refusal"


def counts(answers: Iterable[Answer]) -> dict[str, int]:
    """How many there are of each of `COUNTS`."""
    found = dict.fromkeys(COUNTS, 0)
    for one in answers:
        found[one.outcome] += 1
        found["scored" if one.score is not None else "unscored"] += 1
        found["refusal"] += bool(one.refusal)
    return found
