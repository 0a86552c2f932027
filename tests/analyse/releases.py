"""Small made-up releases with planted preferences, for the tests of analyse, report and cli."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from manyvoices.analyse.table import ReleaseTable, tabulate
from manyvoices.analyse.words import QuestionWords, StudyWords
from manyvoices.io.manifest import write_manifest
from manyvoices.io.native import write_native
from manyvoices.schema.conversations import Conversation, Turn, Utterance
from manyvoices.schema.people import Answer, Participant
from manyvoices.schema.trees import Message

START = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
QUALITIES = {"alder": 70.0, "birch": 60.0, "cedar": 50.0, "dogwood": 30.0}
GENDERS = ("Female", "Male", "Non-binary", "Prefer not to say")

STUDY = """\
manyvoices: 1
id: {study_id}
title: {title!r}
languages: [en, cy]
stages:
  - consent: {{text: consent.md, minimum_age: 18, withdrawal_days: 14}}
  - survey: {{questions: survey.yaml}}
  - conversations:
      types:
        unguided: {{count: 1, label: Anything you like}}
        values guided: {{count: 1, label: About values}}
      opening: {{responders: 4}}
      rating: {{range: [1, 100], anchors: [Terrible, Perfect]}}
      feedback:
        performance:
          opener: This response
          anchors: [Very poor, Very good]
          items: [{{id: fluency, label: was well written}}, {{id: safety, label: was safe}}]
        choice:
          opener: I chose it because it
          anchors: [Very unimportant, Very important]
          items: [{{id: fluency, label: was well written}}, {{id: safety, label: was safe}}]
models:
{models}
"""

SURVEY = """\
- title: About you
  questions:
    - id: gender
      kind: single
      label: "What is your gender?"
      options: [Female, Male, Non-binary, Prefer not to say]
    - id: region
      kind: single
      style: select
      label: "Where do you live?"
      options: [North, South]
    - id: uses
      kind: multiple
      label: "What do you use language models for?"
      options: [{value: w, label: Work}, {value: s, label: Study}, {value: n, label: Nothing}]
    - id: values
      kind: vas
      label: "How much does each matter to you?"
      anchors: [Not at all, Very much]
      not_applicable: true
      items: [{id: facts, label: Facts}, {id: tone, label: Tone}]
"""

WORDS = StudyWords(
    title="A made-up study",
    questions={
        ("survey", "gender"): QuestionWords(
            "What is your gender?", "single", tuple((name, name) for name in GENDERS)
        ),
        ("survey", "region"): QuestionWords(
            "Where do you live?", "single", (("North", "North"), ("South", "South"))
        ),
    },
    types={"unguided": "Anything you like", "values guided": "About values"},
    score_anchors=("Terrible", "Perfect"),
)


@dataclass
class Plan:
    """What a made-up release should look like. Each field has a default that works."""

    n_people: int = 40
    qualities: Mapping[str, float] = field(default_factory=lambda: dict(QUALITIES))
    """Model -> mean score that people give it."""
    reversed_region: str | None = None
    """People of this region like models in the reverse order."""
    noise: float = 15.0
    n_conversations: int = 2
    n_turns: int = 2
    p_failed: float = 0.05
    p_unrated: float = 0.0
    p_not_applicable: float = 0.2
    n_simulated: int | None = None
    """None = everybody."""
    title: str = "A made-up study"
    seed: int = 7


@dataclass
class Records:
    """The records of one release."""

    participants: list[Participant] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)


def make_records(plan: Plan) -> Records:
    """Play `plan` with a seeded generator."""
    rng, records = random.Random(plan.seed), Records()
    n_bots = plan.n_people if plan.n_simulated is None else plan.n_simulated
    for number in range(plan.n_people):
        _add_person(records, plan, number, simulated=number < n_bots, rng=rng)
    return records


def make_table(plan: Plan | None = None, *, words: StudyWords | None = None) -> ReleaseTable:
    """`make_records` as a table, without files."""
    records = make_records(plan or Plan())
    return tabulate(
        records.participants, records.answers, records.conversations, words=words or WORDS
    )


def write_release(directory: Path, plan: Plan | None = None) -> Path:
    """Write a release folder with study, native files and manifest; return it."""
    plan = plan or Plan()
    records = make_records(plan)
    write_native(
        directory,
        participants=records.participants,
        answers=records.answers,
        conversations=records.conversations,
        study=study_files(plan),
    )
    n_bots = sum(person.simulated for person in records.participants)
    write_manifest(
        directory,
        release_id="made-up-1",
        study_id="made-up",
        title=plan.title,
        version="1",
        study_digest="d" * 64,
        n_participants=len(records.participants) - n_bots,
        n_simulated=n_bots,
        created_at=dt.datetime(2026, 4, 1, 12, 0, tzinfo=dt.UTC),
    )
    return directory


def study_files(plan: Plan) -> dict[str, str]:
    """The study behind `make_records`, as files."""
    models = "\n".join(
        f"  - {{id: {name}, provider: scripted, persona: plain}}" for name in plan.qualities
    )
    text = STUDY.format(study_id="made-up", title=plan.title, models=models)
    return {
        "study.yaml": text,
        "survey.yaml": SURVEY,
        "consent.md": "You agree to take part in a made-up study.\n",
    }


def _add_person(
    records: Records, plan: Plan, number: int, *, simulated: bool, rng: random.Random
) -> None:
    name = f"p{number:03d}"
    at = START + dt.timedelta(hours=3 * number)
    region = ("North", "South")[number % 2]
    records.participants.append(
        Participant(
            participant_id=name,
            study_id="made-up",
            consent_version="c1",
            consented_at=at,
            language="en" if number % 5 else "cy",
            simulated=simulated,
            status="complete" if number % 10 else "active",
            started_at=at,
            completed_at=at + dt.timedelta(hours=1) if number % 10 else None,
        )
    )
    values: dict[str, tuple[str, object]] = {
        "gender": ("single", rng.choices(GENDERS, weights=(48, 45, 3, 4))[0]),
        "region": ("single", region),
        "uses": ("multiple", [code for code in "wsn" if rng.random() < 0.5]),
        "values": ("vas", {"facts": rng.randint(40, 100), "tone": None}),
    }
    for question, (kind, value) in values.items():
        records.answers.append(
            Answer(
                participant_id=name,
                study_id="made-up",
                survey="survey",
                question_id=question,
                kind=kind,
                value=value,  # type: ignore[arg-type]
                answered_at=at,
                consent_version="c1",
                simulated=simulated,
            )
        )
    reverse = region == plan.reversed_region
    for place in range(plan.n_conversations):
        records.conversations.append(
            _conversation(plan, name, place, at, reverse=reverse, simulated=simulated, rng=rng)
        )


def _conversation(
    plan: Plan,
    person: str,
    place: int,
    at: dt.datetime,
    *,
    reverse: bool,
    simulated: bool,
    rng: random.Random,
) -> Conversation:
    liking = dict(plan.qualities)
    if reverse:
        liking = dict(zip(liking, reversed(liking.values()), strict=True))
    name = f"{person}-{place}"
    drawn = rng.sample(sorted(liking), k=min(4, len(liking)))
    turns = [_turn(plan, name, 0, drawn, liking, at, rng)]
    kept = next((u.model for u in turns[0].utterances if u.chosen), None)
    for turn in range(1, plan.n_turns if kept else 1):
        assert kept is not None
        turns.append(_turn(plan, name, turn, [kept, kept], liking, at, rng))
    return Conversation(
        conversation_id=name,
        participant_id=person,
        study_id="made-up",
        conversation_type=("unguided", "values guided")[place % 2],
        turns=turns,
        performance_attributes=_attributes(plan, rng),
        choice_attributes=_attributes(plan, rng),
        consent_version="c1",
        simulated=simulated,
        started_at=at,
        finished_at=at + dt.timedelta(minutes=9),
    )


def _attributes(plan: Plan, rng: random.Random) -> dict[str, int | None]:
    return {
        "fluency": rng.randint(50, 100),
        "safety": None if rng.random() < plan.p_not_applicable else rng.randint(20, 90),
    }


def _turn(
    plan: Plan,
    name: str,
    turn: int,
    models: Sequence[str],
    liking: Mapping[str, float],
    at: dt.datetime,
    rng: random.Random,
) -> Turn:
    made = []
    for position, model in enumerate(models):
        failed = rng.random() < plan.p_failed
        unrated = failed or rng.random() < plan.p_unrated
        score = round(min(100, max(1, rng.gauss(liking[model], plan.noise))))
        made.append((position, model, failed, None if unrated else score))
    best = max((row[3] for row in made if row[3] is not None), default=None)
    winner = next((row[0] for row in made if row[3] is not None and row[3] == best), None)
    return Turn(
        turn=turn,
        message=Message(message_id=f"{name}-{turn}", text="Hello?", role="prompter"),
        utterances=[
            Utterance(
                utterance_id=f"{name}-{turn}-{position}",
                model=model,
                model_provider="scripted",
                text=None if failed else f"An answer from {model}.",
                score=score,
                chosen=position == winner,
                position=position,
                failure="timeout" if failed else None,
            )
            for position, model, failed, score in made
        ],
        seed=1,
        created_at=at,
    )
