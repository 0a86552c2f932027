"""What a bot puts into a form: its traits, its ratings, its words, and sometimes nothing."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from manyvoices.collect.rehearsal.comparing import Offered, Verdict, judge
from manyvoices.collect.rehearsal.pages import Field, Form, SeenPage
from manyvoices.collect.rehearsal.plan import Bot
from manyvoices.collect.rehearsal.taste import on_scale
from manyvoices.collect.rehearsal.words import OPENINGS, REPLIES, free_text

_COMPARE = re.compile(r"/compare/(\d+)/(\d+)/")
_TALK = re.compile(r"/talk/(\d+)/(?:(\d+)/)?")
Filled = list[tuple[str, str]]


class CannotFill(Exception):
    """A field that a bot does not know how to fill, and so perhaps people neither."""

    def __init__(self, name: str, found: str) -> None:
        self.field, self.found = name, found
        super().__init__(f"{name}: {found}")


@dataclass(slots=True)
class Memory:
    """What a bot remembers on its way: which conversation is of which type."""

    bot: Bot
    types: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    """(stage, number of the conversation) -> its type, and how many of that type came before."""

    def opening(self, stage: int, number: int) -> str:
        """The first message of a conversation."""
        name, nth = self.types.get((stage, number), ("", 0))
        openings = self.bot.openings
        return openings.get((stage, name, nth)) or next(iter(openings.values()))

    def choose(self, stage: int, number: int, name: str) -> None:
        """Remember the type chosen for a conversation."""
        nth = sum(s == stage and n == name for (s, _), (n, _nth) in self.types.items())
        self.types[stage, number] = (name, nth)


def wants_to_finish(page: SeenPage, path: str, bot: Bot) -> bool:
    """Whether the bot ends the conversation here, where both ways are open."""
    finish = page.form("finish")
    if finish is None or page.form("prompt") is None:
        return finish is not None
    turn = dict(finish.hidden).get("turn", "")
    return bot.rng("end", path, turn).random() >= bot.goes_on


def fill(
    form: Form, page: SeenPage, path: str, memory: Memory, *, thorough: bool = False
) -> Filled:
    """Field name and value of everything that the bot sends with `form` of the page at `path`.

    `thorough`: the page has come back with something to put right, so nothing is left out, and of
    several choices one is made. Raises `CannotFill`.
    """
    if form.purpose == "judge":
        return fill_verdict(form, page, path, memory, thorough=thorough)
    filled = list(form.hidden)
    for found in form.fields:
        rng = memory.bot.rng("field", path, found.name, dict(form.hidden).get("turn", ""))
        filled += _fill_field(found, form, page, path, memory, rng, thorough)
    return filled


def fill_verdict(
    form: Form, page: SeenPage, path: str, memory: Memory, *, thorough: bool = False
) -> Filled:
    """A verdict on the answers that stand side by side last, and what the form asks about it."""
    bot = memory.bot
    rng = bot.rng("verdict", path, len(page.sides))
    filled = [pair for pair in form.hidden if pair[0] not in {"moved", "asked-back"}]
    # A bot means the order that it gives, if it is the one shown.
    filled += [(name, "1") for name, _ in form.hidden if name in {"moved", "asked-back"}]
    texts = page.sides[-1] if page.sides else []
    verdict = judge(texts, bot.taste, _offered(form), rng, bot.known) if texts else []
    for found in form.fields:
        if found.name == "verdict":
            filled.append((found.name, verdict_value(verdict, found)))
        elif found.name.startswith("place-"):
            filled += _place(found, verdict)
        elif found.name in {"all-bad", "cannot-judge"}:
            if found.name.replace("-", "_") == verdict:
                filled.append((found.name, "1"))
        else:
            filled += _fill_field(found, form, page, path, memory, rng, thorough)
    return filled


def _offered(form: Form) -> Offered:
    choices = next((found.options for found in form.fields if found.name == "verdict"), None)
    if choices is not None:
        return Offered("tie" in choices, "all_bad" in choices, "cannot_judge" in choices)
    names = {found.name for found in form.fields}
    # Equal places are a tie; where there are to be none, the form comes back and says so.
    return Offered(not form.no_ties, "all-bad" in names, "cannot-judge" in names)


def verdict_value(verdict: Verdict, found: Field) -> str:
    """The radio button of a verdict on two answers."""
    value = verdict if isinstance(verdict, str) else str(verdict[0][0]) if verdict else ""
    if value not in found.options:
        raise CannotFill(found.name, f"no choice {value!r}; there are {', '.join(found.options)}")
    return value


def _place(found: Field, verdict: Verdict) -> Filled:
    """The place of one answer in an order; the first for all where they are equal."""
    if verdict in ("all_bad", "cannot_judge"):
        return []
    number = int(found.name.removeprefix("place-"))
    groups = [] if isinstance(verdict, str) else verdict
    place = next((n for n, group in enumerate(groups, start=1) if number in group), 1)
    return [(found.name, str(place))]


def _fill_field(
    found: Field,
    form: Form,
    page: SeenPage,
    path: str,
    memory: Memory,
    rng: random.Random,
    thorough: bool,
) -> Filled:
    bot = memory.bot
    leaves_out = not thorough and rng.random() < bot.skips
    may_leave_out = found.optional and found.question not in bot.traits
    if found.kind == "range":
        return _mark(found, form, page, bot, rng, leaves_out)
    if leaves_out and may_leave_out:
        return []
    if found.kind == "text":
        text = _text(found, form, path, memory, rng)
        return [(found.name, text[: found.max_length])]
    if found.kind == "number":
        return [(found.name, str(rng.randint(*found.limits)))]
    if found.kind == "date":
        return [(found.name, found.earliest)]
    if found.kind == "checkbox":
        return [(found.name, value) for value in _ticks(found, form, rng, thorough)]
    if found.kind in {"radio", "select"}:
        return [(found.name, _choice(found, form, path, memory, rng))]
    raise CannotFill(found.name, f"a control of type {found.input_type}")


def _choice(found: Field, form: Form, path: str, memory: Memory, rng: random.Random) -> str:
    if not found.options:
        raise CannotFill(found.name, "nothing that can be chosen")
    trait = memory.bot.traits.get(found.question or "")
    value = trait if trait in found.options else rng.choice(found.options)
    place, number = _TALK.search(path), dict(form.hidden).get("number", "")
    if found.name == "type" and place and number.isdigit():
        memory.choose(int(place[1]), int(number), value)
    return value


def _ticks(found: Field, form: Form, rng: random.Random, thorough: bool) -> list[str]:
    if "consent" in form.classes:
        return found.options
    if not found.options:
        raise CannotFill(found.name, "no box that can be ticked")
    most = 1 if thorough else min(4, len(found.options))
    return rng.sample(found.options, rng.randint(1, most))


def _text(found: Field, form: Form, path: str, memory: Memory, rng: random.Random) -> str:
    if form.purpose == "message":
        return arena_message(path, form, memory)
    if form.purpose != "prompt":
        return free_text(found.name, rng, multiline=found.multiline)
    place = _TALK.search(path)
    stage, number = (int(place[1]), int(place[2] or 0)) if place else (0, 0)
    turn = int(dict(form.hidden).get("turn", "0"))
    if turn == 0:
        return memory.opening(stage, number)
    order = memory.bot.rng("replies", stage, number).sample(REPLIES, len(REPLIES))
    return order[(turn - 1) % len(order)]


def arena_message(path: str, form: Form, memory: Memory) -> str:
    """What a bot writes to the models of an arena: an opening of its own, then replies."""
    turn = int(dict(form.hidden).get("turn", "0") or 0)
    place = _COMPARE.search(path)
    number = int(place[2]) if place else 0
    bank = OPENINGS["free"] if turn == 0 else REPLIES
    kind = "arena" if turn == 0 else f"arena {number}"
    order = memory.bot.rng(kind).sample(bank, len(bank))
    return order[(number if turn == 0 else turn) % len(order)]


def _mark(
    found: Field, form: Form, page: SeenPage, bot: Bot, rng: random.Random, leaves_out: bool
) -> Filled:
    """One visual analogue scale: a rating of an answer, or an opinion about a statement."""
    if found.slot is not None:
        return [(found.name, str(bot.rate(page.slots[found.slot].text, found.limits, rng)))]
    if found.na_name is not None and rng.random() < bot.not_applicable:
        return [(found.na_name, "1")]
    if leaves_out and (found.optional or "attributes" in form.classes):
        return []
    # Statements about an answer follow, loosely, how much the bot likes it.
    liked = bot.taste.utility(page.answers[-1]) - 0.2 if page.answers else 0.0
    share = 0.58 + 0.5 * liked + bot.bias + rng.gauss(0.0, 0.17)
    return [(found.name, str(on_scale(share, found.limits)))]
