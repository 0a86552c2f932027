"""What is known so far, as rows: verdicts on two models, answers that failed, and who said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from manyvoices.aggregate.battles import Battles

Pair = tuple[str, str]
"""Two models in alphabetical order."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one person said of two models."""

    pair: Pair
    score: float
    """1 where the first of the pair won, 0.5 for a tie, 0 where the second won."""
    person: str
    source: str
    """Id of the comparison or conversation."""
    prompt: str | None = None
    category: str | None = None
    """Of the prompt, or the type of conversation."""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One model's place in what somebody was given."""

    model: str
    failed: bool
    prompt: str | None = None
    category: str | None = None


@dataclass(slots=True)
class Evidence:
    """Everything that was read."""

    where: str
    verdicts: list[Verdict] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person -> survey question -> answer, for answers of one value."""
    tongues: dict[str, str] = field(default_factory=dict)
    """Person -> language."""
    models_of: dict[str, str] = field(default_factory=dict)
    """Id of an answer -> its model."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Why -> rows that are not here."""

    def add(self, models: Pair, score: float, **of: str | None) -> None:
        """Add a verdict; `score` is that of the first of `models`."""
        first, second = models
        if first > second:
            first, second, score = second, first, 1.0 - score
        self.verdicts.append(Verdict((first, second), score, **of))  # type: ignore[arg-type]

    @property
    def models(self) -> tuple[str, ...]:
        """Everything that a verdict or a failure names, sorted."""
        named = {name for verdict in self.verdicts for name in verdict.pair}
        return tuple(sorted(named | {one.model for one in self.shown}))

    @property
    def people(self) -> tuple[str, ...]:
        """Who gave a verdict, sorted."""
        return tuple(sorted({verdict.person for verdict in self.verdicts}))

    def of(self, models: Sequence[str]) -> Evidence:
        """The verdicts among `models`; the others are counted."""
        known = set(models)
        kept = [verdict for verdict in self.verdicts if set(verdict.pair) <= known]
        gone = len(self.verdicts) - len(kept)
        left_out = self.left_out + Counter({"of models that cannot be asked": gone} if gone else {})
        shown = [one for one in self.shown if one.model in known]
        return Evidence(
            self.where, kept, shown, self.answers, self.tongues, self.models_of, left_out
        )

    def battles(self) -> Battles:
        """The verdicts as battles, their people as participants."""
        return Battles.from_rows(
            {
                "model_a": v.pair[0],
                "model_b": v.pair[1],
                "outcome": v.score,
                "participant_id": v.person,
            }
            for v in self.verdicts
        )

    def counts(self) -> Mapping[Pair, int]:
        """Verdicts of each two models."""
        return Counter(verdict.pair for verdict in self.verdicts)


def pairs_of(models: Sequence[str]) -> Iterator[Pair]:
    """Every two of `models`, in alphabetical order."""
    names = sorted(models)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            yield first, second
