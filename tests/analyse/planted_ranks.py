"""Made-up datasets in which the quality of models and the effect of an answer's form are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from manyvoices.analyse.dataset import Dataset
from manyvoices.analyse.table import tabulate
from manyvoices.analyse.words import StudyWords

QUALITIES = {"ash": 30.0, "beech": 18.0, "cedar": 10.0, "date": 0.0, "elm": -12.0, "fir": -24.0}
REFUSAL = "I'm sorry, but this is not for me."


@dataclass
class Planted:
    """What is planted."""

    n_people: int = 60
    n_talks: int = 4
    n_shown: int = 4
    qualities: Mapping[str, float] = field(default_factory=lambda: dict(QUALITIES))
    noise: float = 12.0
    person_noise: float = 0.0
    """How much people differ in their mean score."""
    per_character: float = 0.0
    """Points of score for each character."""
    lengths: Mapping[str, int] = field(default_factory=dict)
    """Model -> mean length of its answers; 200 for all others."""
    reversed_group: str | None = None
    """People of this gender (a third are Male) like models in the reverse order."""
    p_refusal: float = 0.0
    refusal_costs: float = 0.0
    p_question: float = 0.0
    """Chance that an answer ends with a question mark, which moves no score."""
    balanced_people: int | None = None
    """The first so many people are the balanced subset; None = no subset is marked."""
    seed: int = 0


def planted(plan: Planted | None = None, **changes: object) -> Dataset:
    """Play `plan`."""
    plan = plan or Planted(**changes)  # type: ignore[arg-type]
    rng = np.random.default_rng(plan.seed)
    people, talks, answers = [], [], []
    for p in range(plan.n_people):
        gender, age = ("Female", "Male")[p % 3 == 2], ("young", "old")[p // 2 % 2]
        people.append({"user_id": f"u{p:04d}", "gender": gender, "age": age})
        mood = rng.normal(0, plan.person_noise)
        for c in range(plan.n_talks):
            talk = f"c{p:04d}-{c}"
            kind = ("unguided", "values guided")[c % 2]
            inside = plan.balanced_people is not None and p < plan.balanced_people
            talks.append({"conversation_id": talk, "user_id": f"u{p:04d}",
                          "conversation_type": kind,
                          "included_in_balanced_subset":
                          inside if plan.balanced_people is not None else None})  # fmt: skip
            answers += _turn(plan, rng, talk, f"u{p:04d}", gender, kind, mood)
    return Dataset(
        table=tabulate([], [], [], words=StudyWords(title="Planted", score_range=(1, 100))),
        form="native",
        people=pl.DataFrame(people),
        conversations=pl.DataFrame(talks, schema_overrides={
            "included_in_balanced_subset": pl.Boolean}),
        utterances=pl.DataFrame(answers),
        metadata=None,
    )  # fmt: skip


def _turn(plan, rng, talk, user, gender, kind, mood):
    names = list(plan.qualities)
    shown = rng.permutation(len(names))[: plan.n_shown]
    rows = []
    for place, code in enumerate(shown):
        model = names[code]
        quality = plan.qualities[model] * (-1 if gender == plan.reversed_group else 1)
        length = max(20, int(rng.normal(plan.lengths.get(model, 200), 60)))
        text = ("word " * (length // 5 + 1))[: length - 1] + "."
        if rng.random() < plan.p_question:
            text = text[:-1] + "?"
        refuses = rng.random() < plan.p_refusal
        if refuses:
            text = REFUSAL + text[len(REFUSAL) :]
        score = 50 + mood + quality + rng.normal(0, plan.noise) + plan.per_character * len(text)
        score -= plan.refusal_costs * refuses
        rows.append({
            "utterance_id": f"{talk}-{place}", "interaction_id": talk, "conversation_id": talk,
            "user_id": user, "turn": 0, "within_turn_id": place, "conversation_type": kind,
            "model_response": text, "model": model, "model_name": model,
            "score": float(np.clip(round(score), 1, 100)),
        })  # fmt: skip
    best = int(np.argmax([row["score"] for row in rows]))
    return [row | {"if_chosen": place == best} for place, row in enumerate(rows)]
