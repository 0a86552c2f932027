"""Asking every form, and coding every answer: by rules, and by a judge where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from manyvoices.evaluate.generating import Generation, Prompt, Setting, generate
from manyvoices.evaluate.stances.config import StancesConfig
from manyvoices.evaluate.stances.framings import options_text
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.plan import Form, plan, prompt, shown
from manyvoices.evaluate.stances.reading import (
    HEDGED,
    LANGUAGES,
    LETTERS,
    OPTION,
    PARSES,
    REFUSAL,
    UNPARSABLE,
    Parsed,
    read_choice,
    read_open,
)
from manyvoices.llm.port import ChatMessage

UNREAD = "unread"
"""Not read by the rules: they do not know the words of its language."""
READABLE = (*PARSES, UNREAD)
"""There is an answer, in the language that it was asked for in."""
COLUMNS = (*READABLE, "timeout", "empty", "other_language", "failed")
"""What becomes of an asking; each is counted in its own column."""
JUDGED = "judged"
"""Folder of what the judge said, within the results."""


@dataclass(frozen=True, slots=True)
class Coded:
    """One answer, read."""

    model: str
    form: Form
    sample: int
    column: str
    """One of `COLUMNS`."""
    option: int | None
    """In the order of the scale; None unless `column` is ``option``."""
    score: float | None
    text: str | None
    by: str = "rules"
    other: str | None = None
    """What the coder that does not decide says: ``option:3``, ``refusal``, ...; None without one.
    """

    @property
    def side(self) -> int:
        """-1 rejects, 1 agrees, 0 neither or no option."""
        return 0 if not self.score else (1 if self.score > 0 else -1)

    def as_json(self) -> dict[str, Any]:
        """A line of ``answers.jsonl``; the text stays in ``generations.jsonl``."""
        return {
            "model": self.model, **self.form.as_json(), "sample": self.sample,
            "column": self.column, "option": self.option, "score": self.score, "by": self.by,
            "other": self.other,
        }  # fmt: skip


def ask(
    instrument: Instrument,
    config: StancesConfig,
    progress: Callable[[int, int], None] | None = None,
) -> list[Coded]:
    """Every answer of every model to every form.

    Raises:
        CannotAsk: See `plan`.
        DataError: What an earlier run left cannot be read.
    """
    forms = {form.prompt_id: form for form in plan(instrument, config)}
    found: list[Coded] = []
    n = len(forms) * len(config.models) * config.samples
    done = 0
    for way, some in groupby(forms.values(), key=lambda form: form.way):  # one run for each way
        prompts = [prompt(form, instrument, config) for form in some]
        before = done

        def tell(now: int, _all: int, before: int = before) -> None:
            if progress is not None:
                progress(before + now, n)

        generations = _generate(prompts, way, config, tell)
        done += len(generations)
        found += [_coded(one, forms[one.prompt_id], instrument) for one in generations]
    if config.judge is not None:
        found = list(_judged(found, instrument, config))
    return found


def _generate(
    prompts: Sequence[Prompt], way: str, config: StancesConfig, tell: Callable[[int, int], None]
) -> list[Generation]:
    own = config.forced if way == "forced" else config.open
    assert own is not None
    setting = Setting(way, temperature=config.temperature, max_tokens=own.max_tokens)
    return generate(
        prompts,
        config.models,
        config.out,
        settings=(setting,),
        samples=config.samples,
        seed=config.seed,
        timeout_s=config.timeout_s,
        again=config.again,
        progress=tell,
    )


def _coded(one: Generation, form: Form, instrument: Instrument) -> Coded:
    blank = Coded(one.model, form, one.sample, one.outcome, None, None, one.text)
    if one.outcome != "answered" or one.text is None:
        return blank
    parsed = _read(one.text, form, instrument)
    if parsed.kind == UNPARSABLE and not knows(form.language):
        return replace(blank, column=UNREAD)
    return _with(blank, parsed, instrument)


def knows(language: str) -> bool:
    """Whether the rules know words of the language (BCP 47)."""
    return language.lower().partition("-")[0] in LANGUAGES


def _read(text: str, form: Form, instrument: Instrument) -> Parsed:
    if form.way == "open":
        known = knows(form.language)
        return read_open(text, instrument.scores) if known else Parsed(UNPARSABLE)
    parsed = read_choice(text, shown(form, instrument))
    return parsed if parsed.index is None else Parsed(parsed.kind, form.order[parsed.index])


def _with(one: Coded, parsed: Parsed, instrument: Instrument) -> Coded:
    score = None if parsed.index is None else instrument.scores[parsed.index]
    return replace(one, column=parsed.kind, option=parsed.index, score=score)


_TASK = (
    "Below are a statement and somebody's answer to it. Say which of the codes fits the answer. Do "
    "not say what you think of the statement.\n\nStatement: {statement}\n\nAnswer: {answer}\n\n"
    "Codes:\n{options}\nH. Weighs without taking a side\nR. Declines to take a view\n"
    "U. None of these can be told from the answer\n\nReply with one letter and nothing else."
)
_CODE = re.compile(r"\A\(?([A-Z])[).]?\Z")
_OTHERS = {"H": HEDGED, "R": REFUSAL, "U": UNPARSABLE}
MOST_POINTS = 7
"""Letters from H on mean something else to the judge."""


def read_code(text: str, n: int) -> Parsed | None:
    """A judge's reply: exactly one letter of the codes, or None. ``A``, ``(A)`` and ``A.`` pass."""
    match = _CODE.match(text.strip())
    if match is None:
        return None
    letter = match[1]
    if letter in LETTERS[:n]:
        return Parsed(OPTION, LETTERS.index(letter))
    return Parsed(_OTHERS[letter]) if letter in _OTHERS else None


def _judged(
    answers: Sequence[Coded], instrument: Instrument, config: StancesConfig
) -> Iterator[Coded]:
    """The same answers, open ones with the judge's code beside the rules' or in its place."""
    judge = config.judge
    assert judge is not None
    open_ = [one for one in answers if one.form.way == "open" and one.column in READABLE]
    asked = {_judge_id(one): _judge_prompt(one, instrument) for one in open_}
    setting = Setting("judge", temperature=0.0, max_tokens=8)
    said = generate(
        list(asked.values()),
        (judge.model,),
        config.out / JUDGED,
        settings=(setting,),
        seed=config.seed,
        timeout_s=config.timeout_s,
        again=config.again,
    )
    codes = {one.prompt_id: read_code(one.text or "", len(instrument.scale)) for one in said}
    for one in answers:
        code = codes.get(_judge_id(one)) if one.form.way == "open" else None
        if one.form.way != "open" or one.column not in READABLE:
            yield one
        elif judge.decides:
            mine = _with(one, code or Parsed(UNPARSABLE), instrument)
            yield replace(mine, by="judge", other=_named(Parsed(one.column, one.option)))
        else:
            yield replace(one, other="unreadable" if code is None else _named(code))


def _named(parsed: Parsed) -> str:
    return parsed.kind if parsed.index is None else f"{parsed.kind}:{parsed.index}"


def _judge_id(one: Coded) -> str:
    return f"{one.model}|{one.form.prompt_id}|{one.sample}"


def _judge_prompt(one: Coded, instrument: Instrument) -> Prompt:
    item = next(item for item in instrument.items if item.id == one.form.item)
    labels = instrument.labels(one.form.language) or ()
    values: Mapping[str, str] = {
        "statement": item.text[one.form.language][one.form.paraphrase],
        "options": options_text(labels),
        "answer": one.text or "",
    }
    # One pass: an answer that holds "{options}" stays as it is.
    text = re.sub(r"\{(statement|answer|options)\}", lambda m: values[m[1]], _TASK)
    return Prompt(_judge_id(one), (ChatMessage("user", text),))
