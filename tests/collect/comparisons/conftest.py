"""Preference studies written on the fly, and people who judge."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client

from manyvoices.collect.comparisons import judging, operations
from manyvoices.collect.comparisons.models import Comparison
from manyvoices.collect.people.access import cookie_name
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.studies.operations import publish_study
from manyvoices.collect.surveys.models import SurveyAnswer
from manyvoices.design import load_study
from manyvoices.schema.comparisons import ComparisonVerdict

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MODELS = ("zqalpha-7b", "zqbravo/large", "zqcharlie")
"""Names that no other text of a page holds."""
STAGE = 1
Publish = Callable[..., StudyVersion]
Take = Callable[..., Comparison]


def prompts(n: int) -> list[dict[str, Any]]:
    return [
        {"id": f"p{i}", "text": f"Question {i}?", "category": "garden" if i % 2 else "kitchen"}
        for i in range(n)
    ]


def outputs(n: int, models: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"prompt": f"p{i}", "model": m, "text": f"Reply {i} in **style {at}**."}
        for i in range(n)
        for at, m in enumerate(models)
    ]


def study_yaml(stage: Mapping[str, Any], models: tuple[str, ...], *, more: str = "") -> str:
    listed = [{"id": m, "provider": "scripted", "persona": "brief"} for m in models]
    return (
        "manyvoices: 1\nid: pairs\ntitle: Which is better?\nlanguages: [en]\n"
        "recruitment: {provider: open, completion_code: PAIRS-1}\n"
        "stages:\n"
        '  - consent: {text: "We ask which answers you prefer.", minimum_age: 18,'
        " withdrawal_days: 14}\n"
        f"{more}  - comparisons: {json.dumps(stage)}\n"
        f"models: {json.dumps(listed)}\n"
    )


@pytest.fixture
def publish(db: None, tmp_path: Path) -> Publish:
    """Publish a preference study; every key of the stage can be changed."""

    def run(
        *, n_prompts: int = 3, models: tuple[str, ...] = MODELS[:2], more: str = "", **stage: Any
    ) -> StudyVersion:
        rule: dict[str, Any] = {"source": "outputs", "count": 3, **stage}
        if rule["source"] != "arena":
            rule.setdefault("prompts", prompts(n_prompts))
        if rule["source"] == "outputs":
            rule.setdefault("outputs", outputs(n_prompts, models))
        folder = tmp_path / uuid.uuid4().hex
        folder.mkdir()
        path = folder / "study.yaml"
        path.write_text(study_yaml(rule, models, more=more), encoding="utf-8")
        return publish_study(spec=load_study(path), now=NOW)

    return run


def make_person(version: StudyVersion, **fields: Any) -> Participant:
    answers = fields.pop("answers", {})
    person = Participant.objects.create(
        **{
            "study": version.study,
            "version": version,
            "consent_version": version.spec.consent.version,
            "consented_at": NOW,
            **fields,
        }
    )
    for question, value in answers.items():
        SurveyAnswer.objects.create(
            participant=person, survey="survey", question=question, kind="single", value=value,
            consent_version="x", answered_at=NOW,
        )  # fmt: skip
    return person


def browser_of(person: Participant) -> Client:
    client = Client()
    name = cookie_name(person.study_id)
    signer = get_cookie_signer(salt=name + person.study_id)
    client.cookies[name] = signer.sign(str(person.pk))
    return client


def judge_next(
    person: Participant,
    *,
    best: int = 0,
    now: datetime = NOW,
    stage: int = STAGE,
    seconds: float = 30,
    **said: Any,
) -> Comparison | None:
    """Take the next comparison and say after `seconds` that the answer at `best` is better."""
    number = person.comparisons.filter(stage=stage).count() + 1
    found = operations.start_comparison(participant=person, stage=stage, number=number, now=now)
    if found is None:
        return None
    said = {"verdict": ComparisonVerdict.CHOICE, "order": [[best], [1 - best]], **said}
    return judging.judge(comparison=found, now=now + timedelta(seconds=seconds), **said)
