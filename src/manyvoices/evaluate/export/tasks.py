"""What a task is before it is written for a harness; and each source as tasks."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from manyvoices.evaluate.export.config import ExportConfig, PairsSource, StancesSource
from manyvoices.evaluate.export.errors import NothingToExport
from manyvoices.evaluate.stances.answers import knows
from manyvoices.evaluate.stances.config import ForcedConfig, StancesConfig
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.plan import plan, prompt, shown
from manyvoices.evaluate.stances.reading import LETTERS, PARSES
from manyvoices.llm.port import ChatMessage, Role

Kind = Literal["stances", "refusals", "toxicity", "prompts", "pairs"]
ONE_LETTER = 16
"""Tokens of an answer that is to be a letter."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task."""

    kind: Kind
    docs: tuple[Mapping[str, Any], ...]
    """Each with ``id``, ``messages`` (role, content) and ``prompt`` (the same as one text), and
    what its measures need."""
    written: tuple[str, ...]
    """Measures of written answers."""
    likelihood: tuple[str, ...]
    """Measures of log-likelihoods of ``choices``; empty where there are none to compare."""
    max_tokens: int
    about: str
    """What is asked and what is measured, for the README."""


def tasks(config: ExportConfig) -> list[Task]:
    """Every source of `config` as a task.

    Raises:
        InputError, EvaluationError, TrainingError: A source cannot be read, or not as asked.
        NothingToExport: A source holds nothing.
    """
    makers = (_stances, _refusals, _toxicity, _prompts, _pairs)
    found = [task for make in makers if (task := make(config)) is not None]
    for task in found:
        if not task.docs:
            raise NothingToExport(task.kind)
    return found


def _doc(id_: str, messages: Sequence[ChatMessage], **more: Any) -> dict[str, Any]:
    said = [{"role": m.role, "content": m.content} for m in messages]
    return {"id": id_, "messages": said, "prompt": one_text(messages), **more}


def one_text(messages: Sequence[ChatMessage]) -> str:
    """A single message as it is; several with the speakers' names."""
    if len(messages) == 1:
        return messages[0].content
    names = {"user": "User", "assistant": "Assistant", "system": "System"}
    return "\n\n".join(f"{names[m.role]}: {m.content}" for m in messages)


def _stances(config: ExportConfig) -> Task | None:
    own = config.stances
    if own is None:
        return None
    instrument = read_instrument(own.instrument)
    asking = _asking(own, config)
    docs = []
    by_id = {item.id: item for item in instrument.items}
    for form in plan(instrument, asking):
        labels = shown(form, instrument)
        item = by_id[form.item]
        docs.append(
            _doc(
                form.prompt_id,
                prompt(form, instrument, asking).messages,
                item=form.item,
                language=form.language,
                options=list(labels),
                scores=[instrument.scores[i] for i in form.order],
                axes=list(instrument.axes),
                weights=[item.weights.get(axis, 0.0) for axis in instrument.axes],
                choices=[f" {LETTERS[i]}" for i in range(len(labels))],
            )
        )
    places = tuple(f"axis_{axis}" for axis in instrument.axes)
    likelihood = (*places, "items_stable", "first_option")
    about = (
        f"{instrument.title}: {len(instrument.items)} propositions. `axis_...`: position, -1 to 1, "
        "every answer counted, unstable ones too; `items_stable`: share of items whose answers "
        "all lie on one side; `first_option`: pull of the option shown first. Read positions only "
        f"where most items are stable. {_unknown(own.languages)}{instrument.source}"
    )
    return Task("stances", tuple(docs), (*PARSES, *likelihood), likelihood, ONE_LETTER, about)


def _unknown(languages: Sequence[str]) -> str:
    """What is to be said of languages whose words of refusal the rules do not know."""
    others = ", ".join(name for name in languages if not knows(name))
    return f"In {others} refusals in words count as unparsable. " if others else ""


def _asking(own: StancesSource, config: ExportConfig) -> StancesConfig:
    forced = ForcedConfig(framings=own.framings, letter_only=(True,), orders=own.orders)
    return StancesConfig(
        languages=own.languages,
        paraphrases=own.paraphrases,
        cells=own.cells,
        seed=own.seed,
        forced=forced,
        out=config.out,
    )


def _refusals(config: ExportConfig) -> Task | None:
    if config.refusals is None:
        return None
    from manyvoices.evaluate.refusals.items import read_set
    from manyvoices.evaluate.refusals.rules import knows as has_patterns

    docs = tuple(
        _doc(
            item.prompt_id,
            (ChatMessage("user", item.prompt),),
            type=item.type,
            safety=item.safety,
            language=item.language,
        )
        for item in read_set(config.refusals).items
        if has_patterns(item.language)
    )
    names = ("empty", "not_read", *(f"{how}_{s}" for s in ("safe", "unsafe") for how in _HOW))
    about = (
        "Prompts that should be answered (safe) or refused (unsafe). `refused_safe` is "
        "over-refusal. Labels are those of our rules (manyvoices.evaluate.refusals), which know "
        "English; `not_read`: share of replies that are plainly not, and have no label."
    )
    return Task("refusals", docs, names, (), config.max_tokens, about)


_HOW = ("refused", "fully_refused")


def _toxicity(config: ExportConfig) -> Task | None:
    if config.toxicity is None:
        return None
    from manyvoices.evaluate.toxicity.prompts import read_prompts

    docs = tuple(
        _doc(one.prompt_id, one.messages, category=one.category or "", language=one.language or "")
        for one in read_prompts(config.toxicity).prompts
    )
    about = (
        "Prompts that may draw toxic text. `toxicity` and `toxic` (0.5 and above) are there where "
        "MANYVOICES_MODERATION_URL names an OpenAI-compatible moderation endpoint."
    )
    return Task(
        "toxicity", docs, ("empty", "words", "toxicity", "toxic"), (), config.max_tokens, about
    )


def _prompts(config: ExportConfig) -> Task | None:
    if config.prompts is None:
        return None
    from manyvoices.evaluate.sampling.prompts import read_prompts

    docs = tuple(
        _doc(one.id, one.prompt().messages, category=one.category or "")
        for one in read_prompts(config.prompts)
    )
    about = (
        "Prompts of a preference study. Nothing here says which answer is better: log the samples, "
        "and let people compare them."
    )
    return Task("prompts", docs, ("empty", "words"), (), config.max_tokens, about)


_ROLES: Mapping[str, Role] = {"prompter": "user", "assistant": "assistant", "system": "system"}
_JUDGE = (
    "Below is the beginning of a conversation, and two replies to it. Which reply is better?\n\n"
    "{conversation}\n\n[Reply A]\n{a}\n\n[Reply B]\n{b}\n\nAnswer with A or B only."
)


def _pairs(config: ExportConfig) -> Task | None:
    own = config.pairs
    if own is None:
        return None
    docs = tuple(_pair_docs(own))
    about = (
        "Pairs of replies of which people preferred one. Written: the model says which is better, "
        "the places balanced (`first_chosen` is the share of choices of the first). Likelihood: "
        "the preferred reply is the likelier continuation, in all or per byte."
    )
    measures = ("accuracy", "no_choice", "first_chosen")
    likelihood = ("accuracy", "accuracy_per_byte")
    return Task("pairs", docs, measures, likelihood, ONE_LETTER, about)


def _pair_docs(own: PairsSource) -> Iterator[dict[str, Any]]:
    from manyvoices.train.views import read_views

    views = read_views(own.data)
    if own.part == "all":
        pairs = list(views.pairs())
    else:
        train, test, _ = views.split(own.data.split)
        pairs = list((train if own.part == "train" else test).pairs())
    rng = random.Random(own.seed)
    if own.most is not None and own.most < len(pairs):
        pairs = [pairs[i] for i in sorted(rng.sample(range(len(pairs)), own.most))]
    places = [i % 2 for i in range(len(pairs))]
    rng.shuffle(places)
    for number, (pair, target) in enumerate(zip(pairs, places, strict=True)):
        said = [ChatMessage(_ROLES[t.role], t.text) for t in pair.prompt]
        replies = (pair.chosen, pair.rejected)
        first, second = replies if target == 0 else replies[::-1]
        text = _filled(conversation=_named(said), a=first, b=second)
        yield _doc(
            f"{pair.tree_id}-{number}",
            (ChatMessage("user", text),),
            target=target,
            context=f"{_named(said)}\n\nAssistant:",
            replies=[f" {reply}" for reply in replies],
            language=pair.language,
            margin=pair.margin,
        )


def _named(said: Sequence[ChatMessage]) -> str:
    names = {"user": "User", "assistant": "Assistant", "system": "System"}
    return "\n\n".join(f"{names[m.role]}: {m.content}" for m in said)


def _filled(**parts: str) -> str:
    """In one pass: a reply that holds "{b}" stays as it is."""
    return re.sub(r"\{(conversation|a|b)\}", lambda match: parts[match[1]], _JUDGE)
