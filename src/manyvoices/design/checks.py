"""What can only be seen by looking at several places of a study: references, duplicates, counts.

The checks look at the resolved data and not at a validated study, so that a fault of form in one
place does not hide a wrong reference in another. Each yields `Finding`s; the loader adds file and
line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from manyvoices.design.comparison_checks import askable_of, check_batch, check_outputs
from manyvoices.design.finding import Finding
from manyvoices.design.questions import Country, Likert, Question, Single, VisibleIf
from manyvoices.design.sources import Loc
from manyvoices.design.stages import ConversationsStage
from manyvoices.design.survey import AnyQuestion
from manyvoices.design.wording import did_you_mean, one_of
from manyvoices.schema.wording import plural

__all__ = ["Finding", "check_study"]

T = TypeVar("T")

_QUESTION: TypeAdapter[AnyQuestion] = TypeAdapter(Question)


def check_study(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Everything that is wrong between the parts of the study `data`."""
    stages = list(enumerate(_rows(data.get("stages"))))
    yield from _check_stages(stages)
    questions: dict[str, AnyQuestion | None] = {}
    for index, stage in stages:
        if stage.get("kind") == "survey":
            found = list(_questions(stage, ("stages", index, "survey", "questions")))
            questions |= {place.id: place.question for place in found}
            yield from _check_survey(found)
    yield from _check_models(data, stages)
    yield from _check_records(data, stages, questions)
    yield from _check_prices(data)
    yield from _check_recruitment(data.get("recruitment"), questions)


def _rows(value: Any) -> list[dict[str, Any]]:
    """The entries of a list, with what is not a mapping as an empty one."""
    entries = value if isinstance(value, tuple) else ()
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def _parse(adapter: TypeAdapter[T], value: Any) -> T | None:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


def _check_stages(stages: list[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    consents = [index for index, stage in stages if stage.get("kind") == "consent"]
    if stages and not consents and all(stage for _, stage in stages):
        yield Finding(("stages",), "no consent", "a consent stage, first")
    for index in consents[:1]:
        if index != 0:
            yield Finding(("stages", index), "consent after other stages", "consent first")
    for index in consents[1:]:
        yield Finding(("stages", index), "a second consent stage", "one consent stage")
    trees = [index for index, stage in stages if stage.get("kind") == "tree_tasks"]
    for index in trees:
        if index != len(stages) - 1:
            hint = "it has no end, so nothing after it would ever be reached"
            yield Finding(("stages", index), "tree_tasks before other stages", "it last", hint)
    seen: dict[str, int] = {}
    for index, stage in stages:
        kind = stage.get("kind")
        if kind not in ("survey", "conversations", "comparisons"):
            continue
        name = str(stage.get("id", kind))
        if name in seen:
            place: Loc = ("stages", index, kind, "id")
            hint = f"stages[{seen[name]}] has it too; give each stage an id of its own"
            yield Finding(place, f"the id {name} again", "each stage's id once", hint)
        seen.setdefault(name, index)


class _Place(NamedTuple):
    loc: Loc
    page: int
    id: str
    raw: dict[str, Any]
    question: AnyQuestion | None


def _questions(stage: dict[str, Any], loc: Loc) -> Iterator[_Place]:
    """Every question of a survey that has an id, with its page and, if it is sound, its model."""
    for page, written in enumerate(_rows(stage.get("questions", stage.get("pages")))):
        for number, raw in enumerate(_rows(written.get("questions"))):
            if isinstance(name := raw.get("id"), str):
                place = (*loc, page, "questions", number)
                yield _Place(place, page, name, raw, _parse(_QUESTION, raw))


def _check_survey(places: list[_Place]) -> Iterator[Finding]:
    ids = [place.id for place in places]
    for number, place in enumerate(places):
        if place.id in ids[:number]:
            yield Finding((*place.loc, "id"), f"the id {place.id} again", "each question's id once")
        rule = _parse(TypeAdapter(VisibleIf), place.raw.get("visible_if"))
        for part in rule.simple() if rule is not None else ():
            yield from _check_reference(place, part, places[:number], ids)


def _check_reference(
    place: _Place, rule: VisibleIf, earlier: list[_Place], ids: list[str]
) -> Iterator[Finding]:
    loc = (*place.loc, "visible_if", "question")
    targets = [other for other in earlier if other.id == rule.question]
    if not targets:
        if rule.question in ids:
            yield Finding(loc, f"{rule.question}, which comes later", "an earlier question")
        else:
            hint = did_you_mean(rule.question or "", ids)
            yield Finding(loc, f"no question with the id {rule.question}", "an earlier one", hint)
        return
    target = targets[0].question
    if target is None or (rule.answered is not None and target.kind != "info"):
        return
    if not target.offered():
        expected = "a single or multiple choice" if target.kind == "info" else "answered: true"
        yield Finding(loc, f"a condition on {rule.question} ({target.kind})", expected)
        return
    known = [option.value for option in target.offered()]
    for value in rule.values:
        if value not in known:
            found = f"{value!r}, which {rule.question} does not offer"
            yield Finding(loc[:-1], found, one_of(known[:12]), did_you_mean(value, known))


def _check_prices(data: Mapping[str, Any]) -> Iterator[Finding]:
    """A budget in money is kept only if every model that is called has a price."""
    budget = data.get("budget")
    if not isinstance(budget, dict) or budget.get("money") is None:
        return
    for number, model in enumerate(_rows(data.get("models"))):
        if model.get("provider") == "openai" and model.get("prices") is None:
            hint = "write 0 for a model that costs nothing"
            yield Finding(("models", number), "no prices", "prices, as the budget is money", hint)


def _check_models(
    data: Mapping[str, Any], stages: list[tuple[int, dict[str, Any]]]
) -> Iterator[Finding]:
    models = _rows(data.get("models"))
    ids = [model.get("id") for model in models]
    for number, name in enumerate(ids):
        if isinstance(name, str) and name in ids[:number]:
            yield Finding(("models", number, "id"), f"the id {name} again", "each model's id once")
    if "models" in data and not isinstance(data["models"], tuple):
        return
    n_models = len({name for name in ids if name is not None})
    for index, stage in stages:
        if stage.get("kind") == "comparisons":
            yield from _check_compared(stage, ("stages", index, "comparisons"), ids)
        if stage.get("kind") != "conversations":
            continue
        parsed = _parse(TypeAdapter(ConversationsStage), stage)
        if parsed is not None and parsed.opening.responders > n_models:
            asked = parsed.opening.responders
            loc = ("stages", index, "conversations", "opening", "responders")
            yield Finding(
                loc,
                f"{plural(asked, 'responder')}, but {plural(n_models, 'model')}",
                f"at least {plural(asked, 'model')}, or fewer responders",
            )


def _check_records(
    data: Mapping[str, Any],
    stages: list[tuple[int, dict[str, Any]]],
    questions: Mapping[str, AnyQuestion | None],
) -> Iterator[Finding]:
    """What the lists of records that a stage names say of each other, and of the study."""
    for index, stage in stages:
        kind = stage.get("kind")
        if kind == "comparisons":
            yield from check_outputs(stage, ("stages", index, kind))
        if kind in ("comparisons", "conversations"):
            askable = askable_of(stage, data)
            yield from check_batch(stage, ("stages", index, kind), askable, questions)


def _check_compared(stage: dict[str, Any], loc: Loc, models: list[Any]) -> Iterator[Finding]:
    """Models that are compared and are none, and fewer than stand side by side."""
    if stage.get("source", "outputs") == "outputs":
        models = [output.get("model") for output in _rows(stage.get("outputs"))]
    known = sorted({name for name in models if isinstance(name, str)})
    among = stage.get("among")
    named = [name for name in among if isinstance(name, str)] if isinstance(among, tuple) else []
    for key, name in [("among", n) for n in named] + [("baseline", stage.get("baseline"))]:
        if isinstance(name, str) and name not in known:
            hint = did_you_mean(name, known)
            yield Finding((*loc, key), f"{name}, which answers nothing", one_of(known[:12]), hint)
    compared, wanted = set(named) or set(known), stage.get("side_by_side", 2)
    if isinstance(wanted, int) and len(compared | {stage.get("baseline")} - {None}) < wanted:
        found = f"{wanted} side by side, but {plural(len(compared), 'model')}"
        yield Finding((*loc, "side_by_side"), found, f"at least {wanted} models")


def _check_recruitment(raw: Any, questions: Mapping[str, AnyQuestion | None]) -> Iterator[Finding]:
    written = raw if isinstance(raw, dict) else {}
    if written.get("provider") == "prolific" and not written.get("completion_code"):
        yield Finding(("recruitment",), "no completion_code", "the code that Prolific gave")
    yield from _check_conditions(written, questions)
    quotas = written.get("quotas")
    for name, cells in (quotas if isinstance(quotas, dict) else {}).items():
        loc: Loc = ("recruitment", "quotas", name)
        if name not in questions:
            hint = did_you_mean(name, questions)
            yield Finding(loc, f"no question with the id {name}", "a question's id", hint)
            continue
        question = questions[name]
        if question is not None and not isinstance(question, Single | Likert | Country):
            yield Finding(loc, f"a quota on {name} ({question.kind})", "a single choice")
        elif question is not None and isinstance(cells, dict):
            known = [option.value for option in question.offered()]
            for value in cells:
                if value not in known:
                    yield Finding(
                        (*loc, value),
                        f"{value!r}, which {name} does not offer",
                        one_of(known[:12]),
                        did_you_mean(value, known),
                    )


def _check_conditions(
    recruitment: Mapping[str, Any], questions: Mapping[str, AnyQuestion | None]
) -> Iterator[Finding]:
    """Cells and screen-outs ask for questions and values that the study has."""
    for part in ("cells", "screen_out"):
        for number, entry in enumerate(_rows(recruitment.get(part))):
            where = entry.get("where")
            for name, wanted in (where if isinstance(where, dict) else {}).items():
                loc: Loc = ("recruitment", part, number, "where", name)
                if name not in questions:
                    hint = did_you_mean(str(name), questions)
                    found = f"no question with the id {name}"
                    yield Finding(loc, found, "a question's id", hint)
                    continue
                question = questions[name]
                if question is not None and question.offered():
                    known = [option.value for option in question.offered()]
                    values = wanted if isinstance(wanted, tuple) else (wanted,)
                    for value in values:
                        if isinstance(value, str) and value not in known:
                            found = f"{value!r}, which {name} does not offer"
                            hint = did_you_mean(value, known)
                            yield Finding(loc, found, one_of(known[:12]), hint)
