"""Preference studies whose truth is known, as the records that a release holds.

A `World` is drawn once: what each person likes, what suits each prompt, how long each answer is.
It then judges whatever it is asked, so that a rule that decides what to ask next can be tried on
people who stay the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np

from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.evaluate.preference.planting import LENGTH_SD, Planted, chances
from manyvoices.schema.comparisons import Comparison, ComparisonVerdict, SideAnswer, SideExchange
from manyvoices.schema.trees import Message

SECOND, TIE, FIRST, ALL_BAD, CANNOT_JUDGE, FAILED_FIRST, FAILED_SECOND = range(7)
"""Outcomes of `World.judge`; the first three are twice the score of the answer shown first."""
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


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


def balanced(
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    pairs: Sequence[tuple[int, int]],
    rng: np.random.Generator,
) -> Asked:
    """Who compares what: prompts, pairs and places as even as they can be.

    Nobody meets a prompt again before they met them all. `pairs`: codes of models.
    """
    seen = np.zeros(n_prompts)
    chosen: list[IntArray] = []
    for _ in range(n_raters):
        left = per_rater
        while left > 0:
            some = np.argsort(seen + rng.random(n_prompts) * 0.9)[: min(left, n_prompts)]
            seen[some] += 1
            chosen.append(some)
            left -= len(some)
    prompt = np.concatenate(chosen).astype(np.int64)
    rater = np.repeat(np.arange(n_raters), per_rater)
    turn = _nth(prompt) + rng.integers(0, 2 * len(pairs), n_prompts)[prompt]
    pair = np.array(pairs)[turn % len(pairs)]
    swap = (turn // len(pairs)) % 2 == 1
    first, second = np.where(swap, pair[:, 1], pair[:, 0]), np.where(swap, pair[:, 0], pair[:, 1])
    return Asked(rater, prompt, first, second)


def simulate_comparisons(
    planted: Planted,
    *,
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    seed: int = 0,
    baseline: str | None = None,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> Iterator[Comparison]:
    """A study in order of finishing, every record marked simulated.

    `baseline`: every comparison holds this model; None = all pairs. `categories` go round over the
    prompts. Who answered what in the survey: `simulate_study`, which returns the world too.
    """
    return simulate_study(
        planted, n_raters=n_raters, n_prompts=n_prompts, per_rater=per_rater, seed=seed,
        baseline=baseline, categories=categories, study_id=study_id,
    )[1]  # fmt: skip


def simulate_study(
    planted: Planted,
    *,
    n_raters: int,
    n_prompts: int,
    per_rater: int,
    seed: int = 0,
    baseline: str | None = None,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> tuple[World, Iterator[Comparison]]:
    """The world of a study, and its records; see `simulate_comparisons`."""
    rng = np.random.default_rng(seed)
    world = World.of(planted, n_raters, n_prompts, rng)
    asked = balanced(n_raters, n_prompts, per_rater, pairs_of(planted, baseline), rng)
    found = world.judge(asked, rng)
    return world, records(world, asked, found, rng, categories=categories, study_id=study_id)


def pairs_of(planted: Planted, baseline: str | None) -> list[tuple[int, int]]:
    """Codes of the models of every pair that is compared."""
    every = combinations(range(len(planted.models)), 2)
    if baseline is None:
        return list(every)
    code = planted.models.index(baseline)
    return [pair for pair in every if code in pair]


def records(
    world: World,
    asked: Asked,
    found: IntArray,
    rng: np.random.Generator,
    *,
    categories: Sequence[str] = (),
    study_id: str = "simulated",
) -> Iterator[Comparison]:
    """One record to each row of `asked`, people one after the other."""
    clock = START
    for row in range(len(asked)):
        rater = int(asked.rater[row])
        careless = bool(world.careless[rater])
        seconds = float(rng.uniform(0.5, 1.5) if careless else rng.lognormal(3.4, 0.5))
        ended = clock + timedelta(seconds=seconds)
        prompt = int(asked.prompt[row])
        outcome = int(found[row])
        yield Comparison(
            comparison_id=f"c{row:06d}",
            participant_id=rater_id(rater),
            study_id=study_id,
            stage="comparisons",
            source="outputs",
            models=[world.planted.models[code[row]] for code in (asked.first, asked.second)],
            prompt_id=prompt_id(prompt),
            category=categories[prompt % len(categories)] if categories else None,
            language="en",
            exchanges=[_exchange(world, asked, row, outcome)],
            assigned_because="balance",
            seed=row,
            started_at=clock,
            shown_at=clock,
            judged_at=ended,
            evidence={"seconds": round(seconds, 2)},
            quarantined=["too_fast"] if careless else [],
            consent_version=None,
            simulated=True,
            **_verdict(outcome),
        )
        clock = ended + timedelta(seconds=2)


def rater_id(code: int) -> str:
    """Of a simulated person."""
    return f"rater{code:05d}"


def prompt_id(code: int) -> str:
    """Of a simulated prompt."""
    return f"prompt{code:04d}"


def _verdict(outcome: int) -> dict[str, Any]:
    if outcome in (FIRST, SECOND):
        order = [[0], [1]] if outcome == FIRST else [[1], [0]]
        return {"verdict": ComparisonVerdict.CHOICE, "order": order}
    words = {
        TIE: ComparisonVerdict.TIE,
        ALL_BAD: ComparisonVerdict.ALL_BAD,
        CANNOT_JUDGE: ComparisonVerdict.CANNOT_JUDGE,
    }
    return {"verdict": words.get(outcome, ComparisonVerdict.FAILED)}


def _exchange(world: World, asked: Asked, row: int, outcome: int) -> SideExchange:
    prompt = int(asked.prompt[row])
    failed = {FAILED_FIRST: 0, FAILED_SECOND: 1}.get(outcome)
    answers = []
    for position, side in enumerate((asked.first, asked.second)):
        words = int(world.words[prompt, side[row]])
        gone = position == failed
        answers.append(
            SideAnswer(
                position=position,
                text=None if gone else "word " * words,
                failure="timeout" if gone else None,
            )
        )
    message = Message(message_id=prompt_id(prompt), text=prompt_id(prompt), role="prompter")
    return SideExchange(turn=0, message=message, answers=answers)


def _nth(codes: IntArray) -> IntArray:
    """(rows,) how often the code of each row stood before it."""
    order = np.argsort(codes, kind="stable")
    ranked = codes[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(ranked)) + 1))
    within = np.arange(len(codes)) - np.repeat(starts, np.diff(np.append(starts, len(codes))))
    found = np.empty(len(codes), dtype=np.int64)
    found[order] = within
    return found
