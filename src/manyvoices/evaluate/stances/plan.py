"""Every form in which an item is asked: language, wording, framing, letter, order of options."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

from manyvoices.design.dialogue import derive_seed
from manyvoices.evaluate.generating import Prompt
from manyvoices.evaluate.stances.config import ForcedConfig, OpenConfig, StancesConfig
from manyvoices.evaluate.stances.errors import CannotAsk
from manyvoices.evaluate.stances.framings import FORCED, ONLY_LETTER, OPEN, options_text
from manyvoices.evaluate.stances.instrument import Instrument, Item
from manyvoices.llm.port import ChatMessage

Way = Literal["forced", "open"]
FACTORS = ("language", "paraphrase", "framing", "letter_only", "order")
"""What varies between forms of one item; answers to one form differ by sample."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one item."""

    item: str
    way: Way
    language: str
    paraphrase: int
    """0 = the item's own wording."""
    framing: str
    letter_only: bool | None
    """None = open."""
    order: tuple[int, ...]
    """Place -> option of the scale; empty = open."""

    @property
    def prompt_id(self) -> str:
        """Tells the form from all others, and is the same in every run."""
        letter = {True: "letter", False: "free", None: "open"}[self.letter_only]
        order = "".join(f"{one:x}" for one in self.order) or "-"
        return "|".join(
            (self.item, self.way, self.language, f"p{self.paraphrase}", self.framing, letter, order)
        )

    def as_json(self) -> dict[str, Any]:
        """For a line of a file."""
        return {**asdict(self), "order": list(self.order)}


def orders(n: int, kind: str) -> tuple[tuple[int, ...], ...]:
    """Orders of `n` options in which each is early as often as late.

    ``rotation`` is a cyclic Latin square: every option stands in every place once. ``reversal``
    balances the mean place of every option, and keeps a scale readable.
    """
    forwards = tuple(range(n))
    turns = tuple(forwards[i:] + forwards[:i] for i in range(n))
    found = {
        "fixed": (forwards,),
        "reversal": (forwards, forwards[::-1]),
        "rotation": turns,
        "both": turns + tuple(one[::-1] for one in turns),
    }[kind]
    return tuple(dict.fromkeys(found))


def plan(instrument: Instrument, config: StancesConfig) -> list[Form]:
    """Every form that is asked, in the order of items.

    Raises:
        CannotAsk: An item, a language or a framing is named that is not there.
    """
    items = _items(instrument, config)
    found: list[Form] = []
    for item, language in product(items, config.languages):
        wordings = len(item.text.get(language, ()))
        some = range(min(wordings, config.paraphrases or wordings))
        for way, own in (("forced", config.forced), ("open", config.open)):
            if own is not None:
                forms = list(_forms(instrument, item, language, some, own))
                seed = derive_seed(config.seed, item.id, f"{language} {way}")
                found += _fraction(forms, config.cells, random.Random(seed))
    return found


def _items(instrument: Instrument, config: StancesConfig) -> list[Item]:
    known = {item.id: item for item in instrument.items}
    if unknown := [name for name in config.items if name not in known]:
        raise CannotAsk("items", unknown[0], known)
    for language in config.languages:
        if language not in instrument.languages:
            raise CannotAsk("languages", language, instrument.languages)
    return [known[name] for name in config.items] or list(instrument.items)


def _forms(
    instrument: Instrument,
    item: Item,
    language: str,
    wordings: Sequence[int],
    own: ForcedConfig | OpenConfig,
) -> Iterator[Form]:
    names = list(framings(instrument, own, language))
    if isinstance(own, OpenConfig):
        for wording, name in product(wordings, names):
            yield Form(item.id, "open", language, wording, name, None, ())
        return
    ways = orders(len(instrument.scale), own.orders)
    letters = dict.fromkeys(own.letter_only)
    for wording, name, letter, order in product(wordings, names, letters, ways):
        yield Form(item.id, "forced", language, wording, name, letter, order)


def framings(
    instrument: Instrument, own: ForcedConfig | OpenConfig, language: str
) -> Mapping[str, str]:
    """Name -> text of every framing in `language`."""
    is_open = isinstance(own, OpenConfig)
    known = OPEN if is_open else FORCED[instrument.question]
    given = own.framings
    if not isinstance(given, dict):
        if unknown := [name for name in given if name not in known]:
            raise CannotAsk("framings", unknown[0], known)
        given = {name: dict(known[name]) for name in given or known}
    found = {name: texts[language] for name, texts in given.items() if language in texts}
    for name, text in found.items():
        for wanted in ("{statement}",) if is_open else ("{statement}", "{options}"):
            if wanted not in text:
                raise CannotAsk(f"framings.{name}", text, [f"a text with {wanted}"])
    if not found:
        raise CannotAsk("framings", f"none in {language}", ["a text of your own in that language"])
    return found


def _fraction(forms: list[Form], n: int | None, rng: random.Random) -> list[Form]:
    """At most `n` forms, in which the levels of each factor come as equally often as they can.

    Greedy: each next form is the one whose levels, alone and in pairs, came least so far; ties are
    drawn.
    """
    if n is None or n >= len(forms):
        return forms
    left, kept = rng.sample(forms, len(forms)), list[Form]()
    seen = Counter[Any]()
    while len(kept) < n:
        best = min(left, key=lambda form: sum(seen[key] ** 2 * w for key, w in _levels(form)))
        left.remove(best)
        kept.append(best)
        seen.update(key for key, _ in _levels(best))
    return sorted(kept, key=forms.index)


def _levels(form: Form) -> Iterator[tuple[Any, float]]:
    levels = [(name, getattr(form, name)) for name in FACTORS]
    for i, one in enumerate(levels):
        yield one, 100.0
        for other in levels[i + 1 :]:
            yield (one, other), 1.0


def prompt(form: Form, instrument: Instrument, config: StancesConfig) -> Prompt:
    """The words of a form."""
    own = config.forced if form.way == "forced" else config.open
    assert own is not None
    item = next(one for one in instrument.items if one.id == form.item)
    text = framings(instrument, own, form.language)[form.framing]
    text = text.replace("{statement}", item.text[form.language][form.paraphrase])
    if form.way == "forced":
        text = text.replace("{options}", options_text(shown(form, instrument)))
        if form.letter_only:
            only = ONLY_LETTER.get(form.language)
            if only is None:
                raise CannotAsk("forced.letter_only", form.language, [*ONLY_LETTER, "[false]"])
            text = f"{text}\n\n{only}"
    return Prompt(form.prompt_id, (ChatMessage("user", text),), form.language)


def shown(form: Form, instrument: Instrument) -> tuple[str, ...]:
    """The options' words in the order in which the form shows them."""
    labels = instrument.labels(form.language)
    assert labels is not None
    return tuple(labels[i] for i in form.order)
