"""Labels of a project's own: data in its study.yaml, beside the built-in schema or in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from manyvoices.design.trees.facts import TaskKind
from manyvoices.design.trees.labels import (
    AGAINST,
    BUILT_IN,
    FOR_EVERY_MESSAGE,
    LIKERT,
    LabelSpec,
    Widget,
)
from manyvoices.design.written import Identifier, Line, Unfit, Written, check_distinct

Reviewed = Literal["prompt", "prompter_reply", "assistant_reply"]
_KINDS: Mapping[Reviewed, TaskKind] = {
    "prompt": TaskKind.LABEL_INITIAL_PROMPT,
    "prompter_reply": TaskKind.LABEL_PROMPTER_REPLY,
    "assistant_reply": TaskKind.LABEL_ASSISTANT_REPLY,
}


class OwnLabel(Written):
    """One question that reviewers of a project are asked about a message."""

    name: Identifier
    """Its column in a release. The name of a built-in label puts this one in its place: the words
    are the project's then, the kind stays."""
    widget: Widget
    """`yes_no` and `flag` are stored as 1 and 0, `likert` as 0, 0.25, 0.5, 0.75 or 1. Flags stand
    together under one heading."""
    text: Line
    """The question, or what a flag says."""
    help: str = ""
    """A limit or a reason, shown below."""
    examples: Annotated[tuple[Line, ...], Field(max_length=8)] = ()
    """What a message is like that has it; shown with the question and in the guidelines."""
    anchors: tuple[Line, ...] = ()
    """Words of the lowest and the highest value, or of each of the five points, from the lowest up;
    empty = No and Yes."""
    of: Annotated[tuple[Reviewed, ...], Field(min_length=1)] = (
        "prompt",
        "prompter_reply",
        "assistant_reply",
    )
    """Which messages it is asked of."""
    required: StrictBool = False
    """Whether it must be answered; "cannot tell" is an answer too."""
    short: StrictBool = False
    """Asked in the short form of a review too."""

    @model_validator(mode="after")
    def _fits_its_widget(self) -> Self:
        points = len(LIKERT) if self.widget == "likert" else 2
        if len(self.anchors) not in {0, 2, points}:
            expected = f"2 or {points}" if points > 2 else "2"
            raise Unfit("anchors", f"{len(self.anchors)} of them", f"{expected}, lowest first")
        if self.widget == "likert" and not self.anchors:
            raise Unfit("anchors", "none", "what the ends of the scale mean, or each of its points")
        if (there := BUILT_IN.get(self.name)) is not None and there.widget != self.widget:
            hint = f"{self.name} is a built-in label; another kind of question needs another name"
            raise Unfit("widget", self.widget, there.widget, hint)
        check_distinct("of", self.of)
        return self

    @property
    def spec(self) -> LabelSpec:
        """As the rules know it."""
        return LabelSpec(
            name=self.name,
            widget=self.widget,
            question=self.text,
            kinds=tuple(kind for name, kind in _KINDS.items() if name in self.of),
            anchors=self.anchors or ("No", "Yes"),
            required=self.required,
            is_simple=self.short,
            help=self.help,
            examples=self.examples,
        )


def all_labels(own: Iterable[OwnLabel]) -> tuple[LabelSpec, ...]:
    """The built-in labels, those that the project words anew in their places, then its others."""
    found = {label.name: label.spec for label in own}
    return tuple({**BUILT_IN, **found}.values())


def check_deciding(against: Iterable[str], there: Iterable[LabelSpec]) -> None:
    """Whether the labels that decide (`TreePolicy.acceptance_against`) can.

    Raises:
        Unfit: One is no label of the project, or speaks for a message; or none of them is asked of
            every message.
    """
    by_name = {label.name: label for label in there}
    able = {name for name in by_name if name in AGAINST or name not in BUILT_IN}
    for name in (names := tuple(against)):
        if name not in able:
            raise Unfit("acceptance_against", name, f"any of {', '.join(sorted(able))}")
    of_all = {name for name in able if set(by_name[name].kinds) == set(FOR_EVERY_MESSAGE)}
    if not of_all & set(names):
        found = ", ".join(names) or "no label"
        raise Unfit("acceptance_against", found, f"one at least of {', '.join(sorted(of_all))}")
