"""A made-up release in PRISM's form, in which women like long replies and men like short ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from benchmarks.synthetic.conversations import utterances

from manyvoices.io.writing import write_records

WORDS = "river stone lamp paper window garden letter bridge music harbour cloud silver".split()
_ATTRIBUTES = ("values", "fluency", "factuality", "safety", "diversity", "creativity")


def write_tasteful(folder: Path, n_people: int = 60, n_talks: int = 6, seed: int = 0) -> Path:
    """The four files; each conversation has one turn with four answers."""
    rng = random.Random(seed)
    people = [_person(i) for i in range(n_people)]
    rows = [_talk(person, i, rng) for person in people for i in range(n_talks)]
    folder.mkdir(parents=True, exist_ok=True)
    write_records(people, folder / "survey.jsonl")
    write_records(rows, folder / "conversations.jsonl")
    said = (row for i, talk in enumerate(rows) for row in utterances(talk, 4 * i, i))
    write_records(said, folder / "utterances.jsonl")
    write_records((), folder / "metadata.jsonl")
    return folder


def _person(number: int) -> dict[str, Any]:
    return {
        "user_id": f"user{number}",
        "survey_only": False,
        "num_completed_conversations": 6,
        "gender": ("Female", "Male")[number % 2],
        "age": ("18-24", "25-34", "35-44")[number % 3],
    }


def _talk(person: dict[str, Any], number: int, rng: random.Random) -> dict[str, Any]:
    prompt = f"Tell me of {' '.join(rng.sample(WORDS, 3))}, {rng.randrange(10**6)}."
    likes = 1 if person["gender"] == "Female" else -1
    lengths = rng.sample(range(4, 60), 4)
    history: list[dict[str, Any]] = [{"turn": 0, "role": "user", "content": prompt}]
    for place, n in enumerate(lengths):
        score = 50 + likes * (n - 32) * 0.7 + rng.gauss(0, 5)
        history.append(
            {
                "turn": 0,
                "role": "model",
                "content": " ".join(rng.choice(WORDS) for _ in range(n)),
                "model_provider": "nobody",
                "model_name": f"model-{place}",
                "score": int(min(max(round(score), 1), 100)),
                "if_chosen": False,
                "within_turn_id": place,
            }
        )
    max(history[1:], key=lambda said: said["score"])["if_chosen"] = True
    return {
        "conversation_id": f"{person['user_id']}-{number}",
        "user_id": person["user_id"],
        "conversation_type": "unguided",
        "opening_prompt": prompt,
        "conversation_turns": 1,
        "conversation_history": history,
        "performance_attributes": dict.fromkeys(_ATTRIBUTES, 50),
        "choice_attributes": dict.fromkeys(_ATTRIBUTES, 50),
        "open_feedback": "Fine.",
        "generated_datetime": "2023-11-22 10:00:00",
        "timing_duration_s": 60.0,
        "timing_duration_mins": 1.0,
        "included_in_balanced_subset": None,
    }
