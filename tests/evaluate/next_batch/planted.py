"""Comparisons written out by hand or drawn from known strengths, as a release on disk."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Any

from manyvoices.io import write_comparisons, write_native
from manyvoices.io.native import write_study_files
from manyvoices.schema import (
    Answer,
    Comparison,
    ComparisonVerdict,
    Message,
    Participant,
    SideAnswer,
    SideExchange,
)

AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
MODELS = ("ash", "birch", "cedar", "fir")
STUDY = """\
manyvoices: 1
id: pairs
title: Pairs
languages: [en, de]
stages:
  - consent: {text: You agree.}
  - survey: {questions: survey.yaml}
  - comparisons: {source: live, prompts: prompts.jsonl}
models: models.yaml
"""
SURVEY = """\
- title: You
  questions:
    - {id: gender, kind: single, label: "?", options: [Female, Male]}
    - {id: region, kind: single, label: "?", options: [North, South]}
"""
PROMPTS = [
    {"id": f"p{n}", "text": f"Question {n}?", "category": ("cooking", "law")[n % 2],
     "language": ("en", "de")[n // 2 % 2]}
    for n in range(8)
]  # fmt: skip


def study_files(**changes: str) -> dict[str, str]:
    models = "".join(f"- {{id: {name}, provider: scripted, persona: plain}}\n" for name in MODELS)
    lines = "".join(json.dumps(prompt) + "\n" for prompt in PROMPTS)
    return {
        "study.yaml": STUDY,
        "survey.yaml": SURVEY,
        "prompts.jsonl": lines,
        "models.yaml": models,
    } | changes


def comparison(
    number: int,
    person: str,
    models: Sequence[str],
    *,
    prompt: Mapping[str, str],
    winner: str | None = None,
    failed: Iterable[str] = (),
    **fields: Any,
) -> Comparison:
    """`winner` None is a tie; a side of `failed` timed out."""
    failed = set(failed)
    order = None
    verdict = ComparisonVerdict.FAILED if failed else ComparisonVerdict.TIE
    if winner is not None and not failed:
        verdict = ComparisonVerdict.CHOICE
        best = models.index(winner)
        order = [[best], [place for place in range(len(models)) if place != best]]
    answers = [
        SideAnswer(
            position=place,
            text=None if name in failed else f"{name} says {prompt['id']}",
            failure="timeout" if name in failed else None,
        )
        for place, name in enumerate(models)
    ]
    message = Message(
        message_id=f"m{number}", text=prompt["text"], role="prompter", created_date=AT.isoformat()
    )
    values: dict[str, Any] = {
        "comparison_id": f"c{number}",
        "participant_id": person,
        "study_id": "pairs",
        "stage": "comparisons",
        "source": "live",
        "models": list(models),
        "prompt_id": prompt["id"],
        "category": prompt["category"],
        "language": prompt["language"],
        "exchanges": [SideExchange(turn=0, message=message, answers=answers)],
        "verdict": verdict,
        "order": order,
        "assigned_because": "balance",
        "seed": number,
        "started_at": AT,
        "shown_at": AT,
        "judged_at": AT if not failed else None,
        "consent_version": "c1",
        "simulated": False,
    }
    return Comparison(**(values | fields))


Shift = Callable[[Mapping[str, str], Mapping[str, str], str], float]
"""(answers, prompt, model) -> what is added to its strength."""


def drawn(
    strengths: Mapping[str, float],
    *,
    people: int = 60,
    each: int = 12,
    seed: int = 0,
    shift: Shift = lambda _answers, _prompt, _model: 0.0,
    failing: Mapping[str, float] | None = None,
    weight: Mapping[str, int] | None = None,
) -> tuple[list[Comparison], dict[str, dict[str, str]]]:
    """What `people` say of models of these log strengths on the prompts; and their answers."""
    rng = random.Random(seed)
    failing, weight = failing or {}, weight or {}
    answers = {
        f"h{n}": {"gender": ("Female", "Male")[n % 2], "region": rng.choice(("North", "South"))}
        for n in range(people)
    }
    found: list[Comparison] = []
    names = sorted(strengths)
    for person, said in answers.items():
        for _ in range(each):
            prompt = rng.choice(PROMPTS)
            first = rng.choices(names, [weight.get(name, 1) for name in names])[0]
            second = rng.choice([name for name in names if name != first])
            gap = sum(
                sign * (strengths[name] + shift(said, prompt, name))
                for sign, name in ((1, first), (-1, second))
            )
            winner = first if rng.random() < 1 / (1 + exp(-gap)) else second
            failed = [name for name in (first, second) if rng.random() < failing.get(name, 0)]
            found.append(
                comparison(
                    len(found), person, (first, second), prompt=prompt, winner=winner, failed=failed
                )
            )
    return found, answers


def write(
    folder: Path,
    comparisons: Sequence[Comparison],
    answers: Mapping[str, Mapping[str, str]],
    files: Mapping[str, str] | None = None,
    **fields: Any,
) -> Path:
    """A folder in the native form, with the study."""
    people = [
        Participant(
            participant_id=name, study_id="pairs", consent_version="c1", consented_at=AT,
            language="en", simulated=False, status="complete", started_at=AT, completed_at=AT,
        )
        for name in answers
    ]  # fmt: skip
    said = [
        Answer(
            participant_id=name, study_id="pairs", survey="survey", question_id=question,
            kind="single", value=value, order=None, answered_at=AT, consent_version="c1",
            simulated=False,
        )
        for name, one in answers.items()
        for question, value in one.items()
    ]  # fmt: skip
    write_native(folder, participants=people, answers=said, conversations=[], **fields)
    write_comparisons(folder, comparisons)
    write_study_files(folder, study_files() if files is None else files)
    return folder
