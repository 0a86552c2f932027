"""Message trees of OASST's shape and size, made up: nobody's words, planted effects.

Shares of languages and roles, depths and branching are near those of the published data set
(161,443 messages, 35 languages); texts are drawn from a list of words. Planted and known: replies
have a quality that raters see with noise, so rankings agree; toxicity of the classifier follows
that of the raters; a few people write most; spam is rejected, and what is rejected is more toxic.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from manyvoices.schema import LabelSummary, Message, MessageTree, Ranking, TreeState
from manyvoices.schema.grown import GrownTree, MessageMore, ReviewGiven

N_PUBLISHED = 161_443
_LANGUAGES = {"en": 44, "es": 27, "ru": 8, "de": 4, "zh": 3, "fr": 3, "th": 2, "pt-BR": 2, "ca": 2}
_REST = "ko uk-UA it ja pl eu vi hu ar da tr fi cs sv nl he fa bn ro id el sk gl eo".split()
_WORDS = (
    "apple river stone green walk slowly under bright morning paper window asks answer simple"
    " reason because small house again water never number colour between friend music winter"
).split()
SCORES = (
    *("toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat"),
    "sexual_explicit",
)
_BEGIN = dt.datetime(2022, 12, 20, tzinfo=dt.UTC)


@dataclass
class Forest:
    """Draws trees, one at a time; the same seed gives the same ones."""

    seed: int = 0
    n_people: int = 13_500
    native: bool = False
    """Whether single reviews and rankings come with them (`GrownTree`)."""
    _n: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        weight = 1 / np.arange(1, self.n_people + 1) ** 0.9
        self._ends = np.cumsum(weight / weight.sum())
        self._languages = list(_LANGUAGES) + _REST
        self._shares = list(_LANGUAGES.values()) + [5 / len(_REST)] * len(_REST)

    def trees(self, n_messages: int) -> Iterator[MessageTree | GrownTree]:
        """Trees until there are as many messages."""
        while self._n < n_messages:
            tree, quality = self._tree(n_messages - self._n)
            yield self._grown(tree, quality) if self.native else tree

    def _tree(self, most: int) -> tuple[MessageTree, dict[str, float]]:
        rng = self._rng
        language = rng.choices(self._languages, self._shares)[0]
        finished = rng.random() < 0.35
        goal = min(
            most, rng.choice((12, 12, 12, 13, 5, 4, 25)) if finished else rng.choice((1, 1, 2, 3))
        )
        parents: list[int] = [-1]
        depth = [0]
        while len(parents) < goal:
            above = rng.randrange(len(parents))
            if depth[above] < 5:
                parents.append(above)
                depth.append(depth[above] + 1)
        begin = _BEGIN + dt.timedelta(days=min(120.0, rng.gammavariate(3, 15)))
        quality: dict[str, float] = {}
        rows = [
            self._message(i, parents[i], depth[i], language, begin, quality) for i in range(goal)
        ]
        root = _nested(rows, parents, quality)
        state = TreeState.READY_FOR_EXPORT if finished else rng.choice(
            [TreeState.PROMPT_LOTTERY_WAITING, TreeState.GROWING, TreeState.ABORTED_LOW_GRADE]
        )  # fmt: skip
        return MessageTree(message_tree_id=root.message_id, tree_state=state, prompt=root), quality

    def _message(
        self, i: int, parent: int, depth: int, language: str, begin: dt.datetime,
        quality: dict[str, float],
    ) -> Message:  # fmt: skip
        rng, number = self._rng, self._n
        self._n += 1
        name = f"m{number:07d}"
        good = quality[name] = rng.gauss(0, 1)
        is_spam = rng.random() < 0.04
        toxicity = min(1.0, rng.betavariate(1, 12) + 0.35 * is_spam)
        labels = {
            "spam": _mean(rng, 0.9 if is_spam else 0.03),
            "quality": _likert(rng, 0.5 + 0.2 * good - 0.3 * is_spam),
            "toxicity": _likert(rng, toxicity),
            "humor": _likert(rng, 0.2),
            "creativity": _likert(rng, 0.4 + 0.1 * good),
            "violence": _likert(rng, toxicity / 2),
            "lang_mismatch": _mean(rng, 0.02),
            "not_appropriate": _mean(rng, 0.05 + 0.5 * is_spam),
            "pii": _mean(rng, 0.01),
            "hate_speech": _mean(rng, toxicity / 3),
        }
        if depth % 2:
            labels["helpfulness"] = _likert(rng, 0.5 + 0.2 * good)
            labels["fails_task"] = _mean(rng, 0.08)
        when = begin + dt.timedelta(hours=8 * depth + rng.random())
        author = int(np.searchsorted(self._ends, rng.random()))
        scores = {s: min(1.0, max(0.0, toxicity * 0.7 + rng.gauss(0, 0.05))) for s in SCORES}
        return Message(
            message_id=name, parent_id=f"m{number - i + parent:07d}" if parent >= 0 else None,
            user_id=f"p{author:05d}", created_date=when.isoformat(),
            text=_text(rng),
            role="assistant" if depth % 2 else "prompter", lang=language, review_count=3,
            review_result=not is_spam, deleted=rng.random() < 0.02, synthetic=False,
            emojis={"+1": rng.randrange(3)} if rng.random() < 0.3 else {},
            labels={n: LabelSummary(value=v, count=3) for n, v in labels.items()}, detoxify=scores,
        )  # fmt: skip

    def _grown(self, tree: MessageTree, quality: dict[str, float]) -> GrownTree:
        from manyvoices.io.oasst_flat import below

        messages = [message for message, _ in below(tree.prompt)]
        quality_of = quality.__getitem__
        return GrownTree(
            tree=tree,
            study_id="made-up",
            language=messages[0].lang or "",
            goal_size=12,
            is_scored=True,
            simulated=False,
            created_at=_BEGIN,
            changed_at=_BEGIN,
            messages=[MessageMore(message_id=m.message_id, created_at=_BEGIN) for m in messages],
            reviews=[self._review(m, who) for m in messages for who in self._raters()],
            rankings=[
                self._ranking(m.message_id, replies, quality_of, who)
                for m in messages
                if len(replies := _assistants(m)) > 1
                for who in self._raters()
            ],
        )

    def _raters(self) -> list[str]:
        """Three people."""
        return [f"p{person:05d}" for person in self._rng.sample(range(self.n_people), 3)]

    def _review(self, message: Message, person: str) -> ReviewGiven:
        labels = message.labels or {}
        return ReviewGiven(
            message_id=message.message_id,
            participant_id=person,
            labels={name: _given(self._rng, name, s.value) for name, s in labels.items()},
            created_at=_BEGIN,
            simulated=False,
        )

    def _ranking(
        self, parent: str, replies: list[str], quality: Callable[[str], float], person: str
    ) -> Ranking:
        seen = sorted(replies, key=lambda name: -quality(name) + self._rng.gauss(0, 0.7))
        return Ranking(
            parent_id=parent,
            participant_id=person,
            ranking=[[name] for name in seen],
            created_at=_BEGIN,
            simulated=False,
        )


def _assistants(message: Message) -> list[str]:
    return [r.message_id for r in message.replies or () if r.role == "assistant"]


def _nested(rows: list[Message], parents: list[int], quality: dict[str, float]) -> Message:
    """The root, replies ranked by their quality."""
    import msgspec

    children: list[list[Message]] = [[] for _ in rows]
    for i in range(len(rows) - 1, -1, -1):
        own = sorted(children[i], key=lambda m: -quality[m.message_id])
        if len(own) > 1 and own[0].role == "assistant":
            own = [msgspec.structs.replace(m, rank=rank) for rank, m in enumerate(own)]
        rows[i] = msgspec.structs.replace(rows[i], replies=own)
        if parents[i] >= 0:
            children[parents[i]].insert(0, rows[i])
    return rows[0]


def _text(rng: random.Random) -> str:
    """Words; one text in a hundred is the same."""
    if rng.random() < 0.01:
        return "the same words again and again"
    return " ".join(rng.choices(_WORDS, k=rng.randrange(3, 40)))


def _mean(rng: random.Random, p: float) -> float:
    return sum(rng.random() < p for _ in range(3)) / 3


def _likert(rng: random.Random, middle: float) -> float:
    return sum(_step(rng, middle) for _ in range(3)) / 3


def _step(rng: random.Random, middle: float) -> float:
    return min(4, max(0, round(4 * (middle + rng.gauss(0, 0.15))))) / 4


def _given(rng: random.Random, name: str, mean: float) -> float | None:
    if rng.random() < 0.02:
        return None
    if name in ("quality", "toxicity", "humor", "creativity", "violence", "helpfulness"):
        return _step(rng, mean)
    return float(rng.random() < mean)
