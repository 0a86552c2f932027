"""Which prompt and which models somebody compares next, and who stands where.

A cell is a prompt with a set of models. The cell with the fewest verdicts comes first, so that
every model meets every other equally often on every prompt (a balanced incomplete block design
while it lasts); among equals the generator draws. Who stands left is the order of which the cell
has had fewest. A batch (`Ask`) goes before balance, but for a share of draws that explore.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations

from manyvoices.design.comparisons.batch import Ask
from manyvoices.design.comparisons.stage import ComparisonsStage, Pool, PromptItem

BALANCE, EXPLORATION = "balance", "exploration"
MOST_ORDERS = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """What verdicts are counted by."""

    prompt: str | None
    """Its id; None in an arena."""
    models: tuple[str, ...]
    """Sorted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was handed out so far, to people of one pool, whoever they are; bots among bots."""

    verdicts: Mapping[Cell, int] = field(default_factory=dict)
    """Judged, or being judged. What failed or could not be judged does not count."""
    orders: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """Models in the order of places -> how often they stood so, whatever the prompt."""
    asks: Mapping[int, int] = field(default_factory=dict)
    """Index in the batch -> comparisons that came of it."""


@dataclass(frozen=True, slots=True)
class Person:
    """What the draw knows of somebody."""

    language: str
    answers: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Survey question -> what they answered."""
    done: Collection[Cell] = ()
    """What they were given before: nothing comes twice."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A comparison to hand out."""

    prompt: PromptItem | None
    models: tuple[str, ...]
    """By place: the first stands left."""
    because: str
    ask: int | None = None
    """Index in the batch of what asked for it."""


def compared_models(stage: ComparisonsStage, responders: Iterable[str]) -> tuple[str, ...]:
    """The models that are compared, sorted; `responders`: all of the study."""
    if stage.source == "outputs":
        responders = (output.model for output in stage.outputs)
    known = set(responders)
    wanted = set(stage.among) or known
    if stage.baseline is not None:
        wanted.add(stage.baseline)
    return tuple(sorted(wanted & known))


def pool_of(stage: ComparisonsStage, answers: Mapping[str, Collection[str]]) -> Pool | None:
    """The first pool whose conditions all hold; None where there are no pools, or none fits."""
    return next((pool for pool in stage.pools if fits(pool.where, answers)), None)


def fits(
    where: Mapping[str, str | tuple[str, ...]], answers: Mapping[str, Collection[str]]
) -> bool:
    """Whether every condition holds: one of the values was answered."""
    return all(
        set((wanted,) if isinstance(wanted, str) else wanted) & set(answers.get(question, ()))
        for question, wanted in where.items()
    )


def draw(
    stage: ComparisonsStage,
    responders: Sequence[str],
    counts: Counts,
    person: Person,
    rng: random.Random,
    *,
    per_cell: int | None = None,
) -> Placed | None:
    """The next comparison; None where nothing is left for this person.

    `per_cell`: verdicts wanted of each cell by this person's pool; None = no limit.
    """
    room = _Room(stage, responders, counts, person, per_cell)
    if stage.assignment.policy == "batch" and rng.random() >= stage.assignment.exploration:
        for index in _open_asks(stage, counts, person, rng):
            ask = stage.assignment.batch[index]
            found = room.best(rng, ask)
            if found is not None:
                return room.placed(found, rng, ask.reason, index)
        found = room.best(rng)
        return None if found is None else room.placed(found, rng, BALANCE)
    found = room.best(rng)
    if found is None:
        return None
    because = EXPLORATION if stage.assignment.policy == "batch" else BALANCE
    return room.placed(found, rng, because)


def _open_asks(
    stage: ComparisonsStage, counts: Counts, person: Person, rng: random.Random
) -> list[int]:
    """Asks of the batch that this person may answer and that are not answered yet, in an order
    drawn by how many verdicts each still wants."""
    open_ = {
        index: ask.n - counts.asks.get(index, 0)
        for index, ask in enumerate(stage.assignment.batch)
        if ask.n > counts.asks.get(index, 0) and fits(ask.group, person.answers)
    }
    # Efraimidis and Spirakis (2006): a weighted order without replacement.
    return sorted(open_, key=lambda index: rng.random() ** (1 / open_[index]), reverse=True)


class _Room:
    """The cells that somebody may be given."""

    def __init__(
        self,
        stage: ComparisonsStage,
        responders: Sequence[str],
        counts: Counts,
        person: Person,
        per_cell: int | None,
    ) -> None:
        self._stage, self._counts, self._person = stage, counts, person
        self._per_cell = per_cell
        self._prompts = {prompt.id: prompt for prompt in stage.prompts}
        self._texts = {(o.prompt, o.model) for o in stage.outputs if (o.text or "").strip()}
        models = compared_models(stage, responders)
        self._sets = [
            chosen
            for chosen in combinations(models, stage.side_by_side)
            if stage.baseline is None or stage.baseline in chosen
        ]
        self._done = set(person.done)
        self._seen = {cell.prompt for cell in self._done}
        self._by_set: dict[tuple[str, ...], int] = {}
        for cell, n in counts.verdicts.items():
            self._by_set[cell.models] = self._by_set.get(cell.models, 0) + n

    def best(self, rng: random.Random, ask: Ask | None = None) -> Cell | None:
        """The open cell with the fewest verdicts: of the set of models first, then of the prompt,
        prompts that the person has not seen before others."""
        sets = [chosen for chosen in self._sets if ask is None or set(ask.models) <= set(chosen)]
        rng.shuffle(sets)
        sets.sort(key=lambda chosen: self._by_set.get(chosen, 0))
        for models in sets:
            cells = [cell for cell in self._cells(models, ask) if self._is_open(cell)]
            if cells:
                rng.shuffle(cells)
                return min(cells, key=self._urgency)
        return None

    def _cells(self, models: tuple[str, ...], ask: Ask | None) -> Iterable[Cell]:
        if self._stage.source == "arena":
            fits_language = ask is None or ask.language in (None, self._person.language)
            return [Cell(None, models)] if fits_language else []
        return [Cell(p.id, models) for p in self._prompts.values() if _asked_for(p, ask)]

    def _urgency(self, cell: Cell) -> tuple[bool, int]:
        return (
            cell.prompt is not None and cell.prompt in self._seen,
            self._counts.verdicts.get(cell, 0),
        )

    def _is_open(self, cell: Cell) -> bool:
        if cell.prompt is None:
            return True
        if cell in self._done:
            return False
        wanted = self._per_cell
        if wanted is not None and self._counts.verdicts.get(cell, 0) >= wanted:
            return False
        if self._stage.source != "outputs":
            return True
        return all((cell.prompt, model) in self._texts for model in cell.models)

    def placed(
        self, cell: Cell, rng: random.Random, because: str, ask: int | None = None
    ) -> Placed:
        """`cell` with its models in the order that they have stood in least often."""
        orders = list(permutations(cell.models))[:MOST_ORDERS]
        rng.shuffle(orders)
        order = min(orders, key=lambda models: self._counts.orders.get(models, 0))
        prompt = None if cell.prompt is None else self._prompts[cell.prompt]
        return Placed(prompt, order, because, ask)


def _asked_for(prompt: PromptItem, ask: Ask | None) -> bool:
    return ask is None or (
        ask.prompt in (None, prompt.id)
        and ask.category in (None, prompt.category)
        and ask.language in (None, prompt.language)
    )
