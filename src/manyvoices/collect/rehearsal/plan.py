"""Who the bots are and what they prefer: everything a rehearsal plants, from one seed.

The planted group is split off by one of the study's own single-choice questions. Its members
weigh some features of style otherwise than the rest, so that the study's analysis by that question
has something to find. Half of the bots, chosen by the seed, belong to it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from manyvoices.collect.rehearsal.comparing import NOTHING, Known, known_texts
from manyvoices.collect.rehearsal.taste import DIFFERENCE, EVERYONE, Taste, rate
from manyvoices.collect.rehearsal.words import OPENINGS, kind_of
from manyvoices.design import Option, Single, Study
from manyvoices.design.dialogue import derive_seed, generator
from manyvoices.schema.errors import ManyvoicesError

PREFERRED_QUESTIONS = ("gender", "sex", "age")
BIAS_SD = 0.06
"""Spread of severity between bots, as a share of the scale."""
RARE = 0.1
"""How much rarer bots choose an option like "Prefer not to say" than an ordinary one."""
_RARE_WORDS = re.compile(r"\b(other|another|third|non-binary|prefer not)\b", re.IGNORECASE)

Place = tuple[int, str, int]
"""A conversation: index of the stage, type, and how many of that type came before it."""


class NoSuchGroup(ManyvoicesError):
    """The group that was asked for cannot be planted in this study."""


@dataclass(frozen=True, slots=True)
class Group:
    """The bots who answer `question` with one of `values`."""

    question: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.question} = {' or '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Bot:
    """One simulated participant."""

    number: int
    seed: int
    traits: Mapping[str, str]
    """Single-choice question -> the option this bot chooses."""
    in_group: bool
    taste: Taste
    bias: float
    """How much milder (above 0) or stricter it rates than others, as a share of the scale."""
    skips: float
    """How often it leaves empty what may be left empty."""
    not_applicable: float
    """How often it ticks "does not apply"."""
    goes_on: float
    """How often it writes on where it may end the conversation."""
    openings: Mapping[Place, str]
    """What it writes first in each of its conversations."""
    drops_out: bool = False
    """Whether it leaves before its first conversation, as some people do."""
    known: Known = NOTHING
    """Texts whose models it recognises, for win rates that are planted as such."""

    def rng(self, *about: str | int) -> random.Random:
        """A generator for one decision: the same bot decides the same thing in the same way."""
        return generator(derive_seed(self.seed, *about))

    def rate(self, text: str, limits: tuple[int, int], rng: random.Random) -> int:
        """What this bot thinks of an answer, on the scale `limits`."""
        return rate(text, self.taste, bias=self.bias, limits=limits, rng=rng)


@dataclass(frozen=True, slots=True)
class Plan:
    """The bots of one rehearsal and what was planted in them."""

    study: Study
    seed: int
    group: Group | None
    """None where the study asks no single-choice question of everybody."""
    bots: tuple[Bot, ...]
    tastes: Mapping[str, Taste] = field(default_factory=dict)
    """``group`` and ``others``; without a group only ``everyone``."""
    known: Known = NOTHING
    """Win rates that are planted as such, and the texts by which bots know the models."""


def make_plan(
    study: Study,
    *,
    participants: int,
    seed: int = 0,
    group: Group | None = None,
    dropouts: float = 0.0,
    win_rates: Mapping[str, float] | None = None,
) -> Plan:
    """Draw the bots of a rehearsal, of whom the share `dropouts` leave before they talk.

    `win_rates`: model -> how often it is preferred to the baseline, whatever its texts are like.

    Raises `NoSuchGroup` where `group` is none of the study's, `NoSuchWinRate` where a win rate
    cannot be planted.
    """
    known = known_texts(study, win_rates or {})
    if group is None:
        group = default_group(study)
    else:
        _check(group, study)
    tastes = {"everyone": EVERYONE}
    if group is not None:
        tastes = {"group": EVERYONE.plus(DIFFERENCE), "others": EVERYONE.plus(DIFFERENCE, -1.0)}
    numbers = list(range(participants))
    generator(derive_seed(seed, "members")).shuffle(numbers)
    members = set(numbers[: (participants + 1) // 2]) if group is not None else set()
    bots = tuple(
        replace(
            _bot(study, number, seed, group, number in members, tastes),
            # A draw of its own: with and without dropouts, a bot is the same.
            drops_out=generator(derive_seed(seed, "dropout", number)).random() < dropouts,
            known=known,
        )
        for number in range(participants)
    )
    return Plan(study=study, seed=seed, group=group, bots=bots, tastes=tastes, known=known)


def _bot(
    study: Study,
    number: int,
    seed: int,
    group: Group | None,
    in_group: bool,
    tastes: Mapping[str, Taste],
) -> Bot:
    own = derive_seed(seed, "bot", number)
    rng = generator(own)
    side = "everyone" if group is None else "group" if in_group else "others"
    sparse = rng.random() < 0.2
    return Bot(
        number=number,
        seed=own,
        traits=_traits(study, group, in_group, rng),
        in_group=in_group,
        taste=tastes[side],
        bias=rng.gauss(0.0, BIAS_SD),
        skips=0.5 if sparse else 0.04,
        not_applicable=0.15 if sparse else 0.04,
        goes_on=rng.uniform(0.1, 0.5),
        openings=_openings(study, rng),
    )


def single_questions(study: Study) -> dict[str, Single]:
    """Question id -> question, for every single choice of the study; the first of an id counts."""
    found: dict[str, Single] = {}
    for _index, survey in study.surveys():
        for page in survey.pages:
            for question in page.questions:
                if isinstance(question, Single):
                    found.setdefault(question.id, question)
    return found


def default_group(study: Study) -> Group | None:
    """Gender or age where the study asks for them, else its first question to everybody.

    Of up to four options the first makes the group, of more the first half.
    """
    asked = {
        name: question
        for name, question in single_questions(study).items()
        if question.visible_if is None and len(_ordinary(question)) > 1
    }
    if not asked:
        return None
    name = next((name for name in PREFERRED_QUESTIONS if name in asked), next(iter(asked)))
    values = [option.value for option in _ordinary(asked[name])]
    return Group(name, tuple(values[: 1 if len(values) <= 4 else len(values) // 2]))


def _ordinary(question: Single) -> list[Option]:
    return [option for option in question.options if not option.keep_last]


def _check(group: Group, study: Study) -> None:
    questions = single_questions(study)
    if group.question not in questions:
        raise NoSuchGroup(
            f"the study asks no single-choice question {group.question!r}; "
            f"there are {', '.join(questions) or 'none'}"
        )
    options = [option.value for option in questions[group.question].options]
    if unknown := [value for value in group.values if value not in options]:
        raise NoSuchGroup(
            f"{group.question} has no option {unknown[0]!r}; there are {', '.join(options)}"
        )
    if set(options) == set(group.values):
        raise NoSuchGroup(f"every option of {group.question} is named, so nobody is left outside")


def _traits(
    study: Study, group: Group | None, in_group: bool, rng: random.Random
) -> dict[str, str]:
    traits = {}
    for name, question in single_questions(study).items():
        options = list(question.options)
        if group is not None and name == group.question:
            options = [o for o in options if (o.value in group.values) is in_group]
        weights = [RARE if _is_rare(option) else 1.0 for option in options]
        traits[name] = rng.choices([option.value for option in options], weights)[0]
    return traits


def _is_rare(option: Option) -> bool:
    return option.keep_last or _RARE_WORDS.search(f"{option.value} {option.label}") is not None


def _openings(study: Study, rng: random.Random) -> dict[Place, str]:
    """A message for every conversation; none twice before a bank is used up."""
    openings: dict[Place, str] = {}
    used: Counter[str] = Counter()
    orders = {kind: rng.sample(bank, len(bank)) for kind, bank in OPENINGS.items()}
    for stage, rule in study.conversation_stages():
        for name, about in rule.types.items():
            kind = kind_of(name, about.label)
            for nth in range(about.count):
                openings[stage, name, nth] = orders[kind][used[kind] % len(orders[kind])]
                used[kind] += 1
    return openings
