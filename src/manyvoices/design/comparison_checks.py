"""What can only be seen by looking at several records of a study: outputs against prompts, and a
batch against models, prompts and questions. On data, so that each finding has its file and line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from manyvoices.design.finding import Finding
from manyvoices.design.sources import Loc
from manyvoices.design.survey import AnyQuestion
from manyvoices.design.wording import did_you_mean, one_of

MOST_NAMED = 12
Questions = Mapping[str, AnyQuestion | None]


def rows(value: Any) -> list[dict[str, Any]]:
    """The entries of a list, with what is not a mapping as an empty one."""
    entries = value if isinstance(value, tuple) else ()
    return [entry if isinstance(entry, dict) else {} for entry in entries]


@dataclass(frozen=True, slots=True)
class Askable:
    """What a stage can be asked for; None = nothing is known of it, so nothing is at fault."""

    models: Collection[str] | None
    prompts: Collection[str] | None
    """Empty = people write the prompts."""
    categories: Collection[str] | None
    languages: Collection[str] | None
    at_most: int | None
    """Models side by side."""


def check_outputs(stage: Mapping[str, Any], loc: Loc) -> Iterator[Finding]:
    """Outputs of prompts that are not in the set, prompts and outputs that are there twice."""
    prompts, outputs = rows(stage.get("prompts")), rows(stage.get("outputs"))
    ids = [prompt.get("id") for prompt in prompts]
    yield from _twice([(name,) for name in ids], (*loc, "prompts"), "id", "each prompt's id once")
    if not isinstance(stage.get("prompts"), tuple):
        return
    known = sorted({name for name in ids if isinstance(name, str)})
    for number, output in enumerate(outputs):
        name = output.get("prompt")
        if isinstance(name, str) and name not in known:
            place = (*loc, "outputs", number, "prompt")
            yield _unknown(place, f"the prompt {name}, which is not in the set", name, known)
    pairs = [(output.get("model"), output.get("prompt")) for output in outputs]
    yield from _twice(pairs, (*loc, "outputs"), "model", "one text of each model and prompt")


def _twice(
    keys: Sequence[tuple[Any, ...]], loc: Loc, field: str, expected: str
) -> Iterator[Finding]:
    seen: set[tuple[Any, ...]] = set()
    for number, key in enumerate(keys):
        if not all(isinstance(part, str) for part in key):
            continue
        if key in seen:
            yield Finding((*loc, number, field), f"{' on '.join(key)} again", expected)
        seen.add(key)


def check_batch(
    stage: Mapping[str, Any], loc: Loc, askable: Askable, questions: Questions
) -> Iterator[Finding]:
    """Asks that nobody could ever answer in this stage."""
    assignment = stage.get("assignment")
    batch = assignment.get("batch") if isinstance(assignment, dict) else None
    for number, ask in enumerate(rows(batch)):
        here = (*loc, "assignment", "batch", number)
        yield from _check_models(ask, here, askable)
        for key, known, what in (
            ("prompt", askable.prompts, "prompt"),
            ("category", askable.categories, "category"),
            ("language", askable.languages, "language"),
        ):
            value = ask.get(key)
            if isinstance(value, str) and known is not None and value not in known:
                found = f"the {what} {value}, which this stage does not have"
                yield _unknown((*here, key), found, value, known)
        yield from _check_group(ask.get("group"), (*here, "group"), questions)


def _check_models(ask: Mapping[str, Any], here: Loc, askable: Askable) -> Iterator[Finding]:
    models = ask.get("models")
    names = [name for name in models if isinstance(name, str)] if isinstance(models, tuple) else []
    known = askable.models
    for name in names if known is not None else ():
        assert known is not None
        if name not in known:
            found = f"{name}, which this stage does not show"
            yield _unknown((*here, "models"), found, name, known)
    if askable.at_most is not None and len(names) > askable.at_most:
        expected = f"at most {askable.at_most}, as many as stand side by side"
        yield Finding((*here, "models"), f"{len(names)} models", expected)


def _check_group(group: Any, loc: Loc, questions: Questions) -> Iterator[Finding]:
    for name, value in (group if isinstance(group, dict) else {}).items():
        if name not in questions:
            found = f"no question with the id {name}"
            yield _unknown((*loc, name), found, name, questions, "a question's id")
            continue
        question = questions[name]
        offered = [o.value for o in question.offered()] if question is not None else []
        if offered and isinstance(value, str) and value not in offered:
            yield _unknown((*loc, name), f"{value!r}, which {name} does not offer", value, offered)


def _unknown(
    loc: Loc, found: str, name: Any, known: Collection[str], nothing: str = "none here"
) -> Finding:
    names = sorted(known)
    expected = one_of(names[:MOST_NAMED]) if names else nothing
    return Finding(loc, found, expected, did_you_mean(str(name), names))


def askable_of(stage: Mapping[str, Any], data: Mapping[str, Any]) -> Askable:
    """What the stage with this data can be asked for."""
    models = _names(data.get("models"), "id")
    languages = data.get("languages", ("en",))
    tongues = set(languages) if isinstance(languages, tuple) else None
    if stage.get("kind") == "conversations":
        types = stage.get("types")
        kinds = set(types) if isinstance(types, dict) else None
        opening = stage.get("opening")
        places = opening.get("responders", 4) if isinstance(opening, dict) else 4
        return Askable(models, set(), kinds, tongues, places if isinstance(places, int) else None)
    sides = stage.get("side_by_side", 2)
    at_most = sides if isinstance(sides, int) else None
    if stage.get("source", "outputs") == "outputs":
        models = _names(stage.get("outputs"), "model")
    among = stage.get("among")
    if isinstance(among, tuple) and among and models is not None:
        models = models & ({*among, stage.get("baseline")} - {None})
    if stage.get("source") == "arena":
        return Askable(models, set(), set(), tongues, at_most)
    prompts = stage.get("prompts")
    if not isinstance(prompts, tuple):
        return Askable(models, None, None, None, at_most)
    return Askable(
        models,
        _names(prompts, "id"),
        _names(prompts, "category"),
        _tongues(prompts, languages),
        at_most,
    )


def _tongues(prompts: Any, languages: Any) -> set[str] | None:
    """Languages of prompts; one that names none is in the study's first."""
    found = _names(prompts, "language")
    first = languages[0] if isinstance(languages, tuple) and languages else None
    is_unsaid = any(row.get("language") is None for row in rows(prompts))
    return found | {first} if found is not None and is_unsaid and isinstance(first, str) else found


def _names(entries: Any, key: str) -> set[str] | None:
    if not isinstance(entries, tuple):
        return set() if entries is None else None
    return {row[key] for row in rows(entries) if isinstance(row.get(key), str)}
