"""What a study asked, as a codebook tells it: the words of each question, and what may be shown of
its answers. An answer that somebody could write in themselves is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from manyvoices.curate.documents.tally import Showing
from manyvoices.design import NOT_APPLICABLE, Attributes, ConversationsStage, Study
from manyvoices.design.questions import AnyQuestion

_TYPES: dict[str, tuple[str, Showing]] = {
    "single": ("categorical", "options"),
    "likert": ("categorical", "options"),
    "multiple": ("dict", "options"),
    "matrix": ("dict", "options"),
    "ranking": ("list", "options"),
    "vas": ("dict", "options"),
    "text": ("string", "text"),
    "number": ("float", "text"),
    "date": ("date", "dates"),
    "country": ("categorical", "values"),
}
"""Kind of question -> type in the codebook, and what may be shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, or one thing that is asked in a conversation."""

    text: str
    """As people read it, the help below it included."""
    type: str = ""
    showing: Showing = "text"
    options: tuple[str, ...] = ()
    parts: dict[str, str] = field(default_factory=dict)
    """Option or item -> what people read."""
    notes: str = ""
    label: str = ""


def survey_questions(study: Study | None) -> dict[tuple[str, str], Asked]:
    """(survey, question id) -> what was asked."""
    if study is None:
        return {}
    return {
        (stage.id, question.id): _question(question)
        for _, stage in study.surveys()
        for page in stage.pages
        for question in page.questions
        if question.kind != "info"
    }


def survey_columns(study: Study | None) -> dict[str, Asked]:
    """The same by the column that PRISM's files give each question."""
    asked: dict[str, Asked] = {}
    for (survey, question), what in survey_questions(study).items():
        asked.setdefault(question, what)
        asked[f"{survey}_{question}"] = what
    for place in ("birth_country", "reside_country"):
        if place in asked:
            asked[f"location_{place}"] = asked[place]
    return asked


def conversation_columns(study: Study | None) -> dict[str, Asked]:
    """Column of PRISM's conversations and utterances -> what was asked there."""
    asked: dict[str, Asked] = {}
    for stage in _stages(study):
        asked.setdefault("conversation_type", _types(stage))
        asked.setdefault("score", _score(stage))
        feedback = stage.feedback
        if feedback.performance is not None:
            asked.setdefault("performance_attributes", _attributes(feedback.performance))
        if feedback.choice is not None:
            asked.setdefault("choice_attributes", _attributes(feedback.choice))
        if feedback.open is not None:
            text = _joined(feedback.open.label, feedback.open.help)
            asked.setdefault("open_feedback", Asked(text))
    return asked


def _stages(study: Study | None) -> Iterator[ConversationsStage]:
    if study is not None:
        yield from (stage for _, stage in study.conversation_stages())


def _question(question: AnyQuestion) -> Asked:
    kind, showing = _TYPES[question.kind]
    lines = getattr(question, "items", ())
    options = getattr(question, "options", None) or question.offered()
    named = {o.value: o.label for o in options}
    return Asked(
        text=_joined(question.label, question.help),
        type=kind,
        showing=showing,
        options=tuple(named) or ((NOT_APPLICABLE,) if question.kind == "vas" else ()),
        parts={item.id: item.label for item in lines} or named,
        notes=" ".join(_notes(question)),
        label=_short(question.label),
    )


def _notes(question: AnyQuestion) -> Iterator[str]:
    if question.visible_if is not None:
        yield "Not everybody was asked: shown only after certain answers."
    if not question.required:
        yield "Could be skipped."
    if getattr(question, "random_order", False):
        yield "Shown in a random order."
    if (anchors := getattr(question, "anchors", None)) is not None:
        low, high = question.range  # type: ignore[union-attr]  # what has anchors has a range
        yield _slider(anchors, low, high)
    if any(option.text for option in getattr(question, "options", ())):
        yield "An option offered a field to write in; what was written is not shown here."


def _slider(anchors: tuple[str, str], low: int, high: int) -> str:
    return (
        f"A slider without numbers from [{anchors[0]}] to [{anchors[1]}], kept as {low} to {high}."
    )


def _types(stage: ConversationsStage) -> Asked:
    rules = [
        f"{name}: {_joined(rule.label or name, rule.guidance)}"
        for name, rule in stage.types.items()
    ]
    return Asked("\n".join(rules), "categorical", "options", tuple(stage.types))


def _score(stage: ConversationsStage) -> Asked:
    rating = stage.rating
    return Asked("", notes=_slider(rating.anchors, *rating.range) + " Untouched is missing.")


def _attributes(block: Attributes) -> Asked:
    notes = _slider(block.anchors, *block.range)
    if block.not_applicable:
        notes += " People could say that a statement does not apply."
    parts = {item.id: item.label for item in block.items}
    return Asked(block.opener, "dict", "text", (), parts, notes)


def _joined(label: str, more: str) -> str:
    return f"{label}\n{more.strip()}" if more.strip() else label


def _short(label: str, limit: int = 80) -> str:
    line = " ".join(label.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
