"""8,011 conversations over the real skeleton of ids, with the published counts and score shape."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.synthetic import wording
from benchmarks.synthetic.golden import Golden

TYPES = ("unguided", "values guided", "controversy guided")
N_BALANCED_TWO, N_BALANCED_ONE = 986, 260
"""People whose conversations enter the balanced subset with two and with one of each type: the only
split of 1,246 people into such two groups that gives 6,696 conversations."""
ATTRIBUTES = (
    *("values", "fluency", "factuality", "safety", "diversity", "creativity", "helpfulness"),
)
N_OPENING = 30_049
_PROVIDER = {"claude": "anthropic", "gpt": "openai", "command": "cohere", "luminous": "aleph"}


def types_of(
    people: dict[str, list[tuple[str, int]]], rng: random.Random
) -> tuple[dict[str, str], set[str]]:
    """Conversation -> type, and the people in the balanced subset."""
    two = [u for u, found in people.items() if len(found) >= 6]
    rng.shuffle(two)
    two = two[:N_BALANCED_TWO]
    one = [u for u, found in people.items() if len(found) >= 3 and u not in set(two)]
    rng.shuffle(one)
    one = one[:N_BALANCED_ONE]
    left = Counter(dict(zip(TYPES, (3113, 2460, 2438), strict=True)))
    types: dict[str, str] = {}
    for user, each in [*((u, 2) for u in two), *((u, 1) for u in one)]:
        for place, (conversation, _n) in enumerate(people[user][: 3 * each]):
            types[conversation] = TYPES[place % 3]
            left[TYPES[place % 3]] -= 1
    for user in people:
        _give_the_rest(people[user], types, left)
    return types, {*two, *one}


def _give_the_rest(found: list[tuple[str, int]], types: dict[str, str], left: Counter[str]) -> None:
    """Conversations outside the balanced subset: of two types at most, so that none comes in."""
    open_ = [c for c, _n in found if c not in types]
    least = min(Counter(types[c] for c, _n in found if c in types).values(), default=0)
    kinds = sorted(TYPES, key=lambda kind: -left[kind])[:2]
    for conversation in open_:
        kind = max(kinds, key=lambda kind: left[kind])
        types[conversation] = kind
        left[kind] -= 1
    assert least >= 0


class Conversations:
    """Makes the conversations one after the other, so that one draw does not move the next."""

    def __init__(self, golden: Golden, seed: int) -> None:
        self._golden, self._seed = golden, seed
        counts = golden.counts("utterances", "model_name")
        self._models, self._weights = list(counts), list(counts.values())
        rng = random.Random(f"{seed}-models")
        self._quality = {name: rng.gauss(0, 0.35) for name in self._models}
        spare = sum(4 - n % 2 for _c, _u, n in golden.skeleton) - N_OPENING
        pairs = [c for c, _u, n in golden.skeleton if n % 2 == 0 and n >= 6]
        self._two_at_first = set(random.Random(f"{seed}-two").sample(pairs, spare // 2))

    def make(self, conversation: str, user: str, n: int, kind: str) -> dict[str, Any]:
        """One conversation: PRISM's row, with its history."""
        rng = random.Random(f"{self._seed}-{conversation}")
        lean = random.Random(f"{self._seed}-{user}").gauss(0, 0.5)
        n_first = 2 if conversation in self._two_at_first else 4 - n % 2
        n_turns = 1 + (n - n_first) // 2
        history: list[dict[str, Any]] = []
        model = ""
        for turn in range(n_turns):
            history.append(self._prompt(turn, kind, rng))
            names = self._draw(n_first, rng) if turn == 0 else [model, model]
            answers = [self._answer(turn, i, name, lean, rng) for i, name in enumerate(names)]
            best = max(answers, key=lambda a: (a["score"], rng.random()))
            best["if_chosen"], model = True, best["model_name"]
            history += answers
        seconds = round(wording.length(rng, 556, 422, 74, 17145) + rng.random(), 1)
        return {
            "conversation_id": conversation,
            "user_id": user,
            "conversation_type": kind,
            "opening_prompt": history[0]["content"],
            "conversation_turns": n_turns,
            "conversation_history": history,
            "performance_attributes": self._marks("performance_attributes", lean, rng),
            "choice_attributes": self._marks("choice_attributes", lean, rng),
            "open_feedback": wording.text(rng, wording.length(rng, 160, 106, 4, 1581)),
            "generated_datetime": _moment(rng),
            "timing_duration_s": seconds,
            "timing_duration_mins": round(seconds / 60, 1),
            "included_in_balanced_subset": None,
        }

    def _prompt(self, turn: int, kind: str, rng: random.Random) -> dict[str, Any]:
        chance = rng.random()
        if chance < 0.018:
            content = wording.foreign(rng)[0]
        elif chance < 0.021:
            content = wording.personal(rng)
        elif chance < 0.035 and turn == 0:
            content = f"Hello, {kind.split()[0]} talk please."
        else:
            content = wording.text(rng, wording.length(rng, 75, 62, 2, 1311))
        return {"turn": turn, "role": "user", "content": content}

    def _draw(self, n: int, rng: random.Random) -> list[str]:
        chosen: list[str] = []
        while len(chosen) < n:
            name = rng.choices(self._models, self._weights)[0]
            if name not in chosen:
                chosen.append(name)
        return chosen

    def _answer(
        self, turn: int, place: int, model: str, lean: float, rng: random.Random
    ) -> dict[str, Any]:
        empty = rng.random() < 147 / 68_371
        mark = -2.5 if empty else self._quality[model] + lean + rng.gauss(0, 0.8)
        content = wording.text(rng, wording.length(rng, 565, 388, 2, 4630))
        if rng.random() < 0.0095:
            content = (
                f"{content} {wording.foreign(rng)[0]}" if place % 2 else wording.foreign(rng)[0]
            )
        elif rng.random() < 0.005:
            content = f"{content} {wording.personal(rng)}"
        return {
            "turn": turn,
            "role": "model",
            "content": wording.EMPTY if empty else content,
            "model_provider": next(
                (p for start, p in _PROVIDER.items() if model.startswith(start)),
                "google" if "bison" in model else "huggingface_api",
            ),
            "model_name": model,
            "score": int(min(max(round(61.5 + 35 * mark), 1), 100)),
            "if_chosen": False,
            "within_turn_id": place,
        }

    def _marks(self, name: str, lean: float, rng: random.Random) -> dict[str, int | None]:
        marks: dict[str, int | None] = {}
        for one in self._golden.nested("conversations", name):
            drawn = one["mean"] + one["std"] * (0.4 * lean + rng.gauss(0, 0.95))
            value = int(min(max(drawn, 1), 100))
            marks[one["variable_name"]] = None if rng.random() < 0.04 else value
        return marks


def _moment(rng: random.Random) -> str:
    day, second = 22 + rng.randrange(31), rng.randrange(86_400)
    month, day = (11, day) if day <= 30 else (12, day - 30)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"2023-{month:02}-{day:02} {clock}"


def utterances(row: dict[str, Any], first: int, n_interaction: int) -> Iterator[dict[str, Any]]:
    """The rows of ``utterances.jsonl`` of one conversation; ids count on from `first`."""
    prompt, interaction, number = "", n_interaction - 1, first
    for message in row["conversation_history"]:
        if message["role"] == "user":
            prompt, interaction = message["content"], interaction + 1
            continue
        yield {
            "utterance_id": f"ut{number}",
            "interaction_id": f"int{interaction}",
            "conversation_id": row["conversation_id"],
            "user_id": row["user_id"],
            "turn": message["turn"],
            "within_turn_id": message["within_turn_id"],
            "conversation_type": row["conversation_type"],
            "user_prompt": prompt,
            "model_response": message["content"],
            "model_name": message["model_name"],
            "model_provider": message["model_provider"],
            "score": message["score"],
            "if_chosen": message["if_chosen"],
            "included_in_balanced_subset": None,
        }
        number += 1
