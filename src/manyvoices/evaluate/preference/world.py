"""People and prompts of a simulated study, who judge whatever they are asked.

A `World` is drawn once: what each person likes, what suits each prompt, how long each answer is.
It then judges whatever it is asked, so that a rule that decides what to ask next can be tried on
people who stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.planting import LENGTH_SD, Planted, chances

SECOND, TIE, FIRST, ALL_BAD, CANNOT_JUDGE, FAILED_FIRST, FAILED_SECOND = range(7)
"""Outcomes of `World.judge`; the first three are twice the score of the answer shown first."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is to be compared, by codes: all (rows,)."""

    rater: IntArray
    prompt: IntArray
    first: IntArray
    """Code of the model that is shown first."""
    second: IntArray

    def __len__(self) -> int:
        return len(self.rater)


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """People and prompts, drawn from `Planted`."""

    planted: Planted
    taste: FloatArray
    """(raters, models) what each person adds to each model's log strength, groups included."""
    fit: FloatArray
    """(prompts, models) what each prompt adds."""
    words: IntArray
    """(prompts, models) words of each answer."""
    groups: tuple[tuple[str, IntArray], ...]
    """Question and (raters,) place of each person's answer."""
    careless: FloatArray
    """(raters,) 1 for who presses without reading."""

    @classmethod
    def of(cls, planted: Planted, n_raters: int, n_prompts: int, rng: np.random.Generator) -> World:
        """Draw people and prompts."""
        n = len(planted.models)
        # Two models' tastes are independent, so that their difference has the wanted deviation.
        taste = rng.normal(0, planted.rater_sd / np.sqrt(2), (n_raters, n))
        fit = rng.normal(0, planted.prompt_sd / np.sqrt(2), (n_prompts, n))
        median = np.array([planted.words.get(name, 100.0) for name in planted.models])
        words = np.rint(median * np.exp(rng.normal(0, LENGTH_SD, (n_prompts, n))))
        groups = []
        for question, answers in planted.groups.items():
            mine = rng.choice(len(answers), n_raters, p=planted.shares_of(question))
            shift = [[a.shifts.get(m, 0.0) for m in planted.models] for a in answers.values()]
            taste = taste + np.array(shift)[mine]
            groups.append((question, mine.astype(np.int64)))
        careless = (rng.random(n_raters) < planted.set_aside).astype(np.float64)
        words = np.maximum(words, 1).astype(np.int64)
        return cls(planted, taste, fit, words, tuple(groups), careless)

    def judge(self, asked: Asked, rng: np.random.Generator) -> IntArray:
        """(rows,) what each comparison came to; see `SECOND` and the others."""
        planted = self.planted
        won, tied = chances(self.odds(asked), planted.nu)
        luck = rng.random(len(asked))
        found = np.where(luck < won, FIRST, np.where(luck < won + tied, TIE, SECOND))
        lot = rng.random(len(asked))
        found = np.where(lot < planted.all_bad, ALL_BAD, found)
        unsure = (lot >= planted.all_bad) & (lot < planted.all_bad + planted.cannot_judge)
        found = np.where(unsure, CANNOT_JUDGE, found)
        chance = np.array([planted.failures.get(name, 0.0) for name in planted.models])
        for side, mark in ((asked.second, FAILED_SECOND), (asked.first, FAILED_FIRST)):
            found = np.where(rng.random(len(asked)) < chance[side], mark, found)
        return found.astype(np.int64)

    def odds(self, asked: Asked) -> FloatArray:
        """(rows,) log odds that the answer shown first is preferred."""
        strengths = np.array(list(self.planted.strengths.values()))
        who, what = asked.rater, asked.prompt
        side = [
            strengths[m] + self.taste[who, m] + self.fit[what, m]
            + self.planted.length * np.log2(self.words[what, m])
            for m in (asked.first, asked.second)
        ]  # fmt: skip
        reading = self.planted.position + side[0] - side[1]
        return np.asarray(np.where(self.careless[who] > 0, 0.0, reading))

    def people(self) -> dict[str, dict[str, str]]:
        """Participant -> question -> answer."""
        found: dict[str, dict[str, str]] = {rater_id(i): {} for i in range(len(self.taste))}
        for question, mine in self.groups:
            answers = list(self.planted.groups[question])
            for rater, place in enumerate(mine):
                found[rater_id(rater)][question] = answers[place]
        return found


def rater_id(code: int) -> str:
    """Of a simulated person."""
    return f"rater{code:05d}"


def prompt_id(code: int) -> str:
    """Of a simulated prompt."""
    return f"prompt{code:04d}"
