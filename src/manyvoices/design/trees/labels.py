"""What people are asked about a message: the label schema, as data.

Names and scales are OpenAssistant's (`facts/oasst-collection.md` 1.6), so that a release has its
columns; the questions are ours. Three things stay apart up to the export: a label that was left
open (absent), "cannot tell" (None), and a value from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from manyvoices.design.trees.facts import TaskKind

Widget = Literal["yes_no", "flag", "likert"]
_PROMPT = TaskKind.LABEL_INITIAL_PROMPT
_PROMPTER = TaskKind.LABEL_PROMPTER_REPLY
_ASSISTANT = TaskKind.LABEL_ASSISTANT_REPLY
_ALL = (_PROMPT, _PROMPTER, _ASSISTANT)
LIKERT = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """One label."""

    name: str
    widget: Widget
    question: str
    """As it is asked, in English: the key for gettext."""
    kinds: tuple[TaskKind, ...] = _ALL
    anchors: tuple[str, ...] = ("No", "Yes")
    """Words of the lowest and the highest value, or of each value from the lowest up."""
    required: bool = False
    is_simple: bool = False
    """Asked in the short form too, where only what decides is asked."""
    help: str = ""
    """A limit or a reason, shown below the question."""
    examples: tuple[str, ...] = ()
    """What a message is like that has it, shown where they are asked for."""

    @property
    def values(self) -> tuple[float, ...]:
        """What can be given."""
        return LIKERT if self.widget == "likert" else (0.0, 1.0)


_SCHEMA = (
    LabelSpec(
        "spam", "yes_no", "Is this message spam?", required=True, is_simple=True,
        help="Advertising, copied junk, or not a serious try. A weak message is not spam.",
    ),
    LabelSpec(
        "fails_task", "yes_no", "Does it fail to answer what was asked?", (_ASSISTANT,),
        help="Judge whether it answers, not whether you like the answer.",
    ),
    LabelSpec(
        "lang_mismatch", "flag", "It is not in the language of this page.", is_simple=True,
        help="A quotation or a text to translate may be in another language.",
    ),
    LabelSpec(
        "pii", "flag", "It contains personal details of a real person.",
        help="An address, a telephone number, a full name that is not a public person's.",
    ),
    LabelSpec(
        "not_appropriate", "flag", "It is not appropriate for this project.",
        help="The guidelines say what is not wanted here.",
    ),
    LabelSpec("hate_speech", "flag", "It attacks people for what they are."),
    LabelSpec("sexual_content", "flag", "It has sexual content."),
    LabelSpec(
        "quality", "likert", "How good is it?", anchors=("Very poor", "Excellent"), is_simple=True,
        help="As a whole: would you be glad to read it in a conversation?",
    ),
    LabelSpec(
        "helpfulness", "likert", "How helpful is it?", (_ASSISTANT,),
        anchors=("Not at all", "Very helpful"),
    ),
    LabelSpec("creativity", "likert", "How original is it?", anchors=("Ordinary", "Original")),
    LabelSpec("humor", "likert", "How funny is it meant to be?", anchors=("Serious", "Funny")),
    LabelSpec("toxicity", "likert", "How rude is it?", anchors=("Polite", "Rude")),
    LabelSpec("violence", "likert", "How violent is it?", anchors=("Harmless", "Violent")),
)  # fmt: skip

FOR_EVERY_MESSAGE = _ALL
"""The reviews of all messages: of prompts, of prompters' replies and of the assistant's."""
BUILT_IN: Mapping[str, LabelSpec] = {label.name: label for label in _SCHEMA}
AGAINST = frozenset(
    label.name
    for label in _SCHEMA
    if label.widget != "likert" or label.name in ("toxicity", "violence")
)
"""Labels that speak against a message the more, the higher their value: those that may decide."""


def label_schema(
    kind: TaskKind,
    *,
    there: Sequence[LabelSpec] = _SCHEMA,
    names: Iterable[str] = (),
    deciding: Iterable[str] = (),
    full: bool = True,
) -> tuple[LabelSpec, ...]:
    """The labels that a task asks for, in their order.

    Args:
        there: All labels of the project (`TreeTasksStage.all_labels`).
        names: Those that the project wants; empty = all.
        deciding: Those that decide (`TreePolicy.acceptance_against`): asked for in every form.
        full: False = the short form: what decides, and what is required.
    """
    wanted, always = set(names) or {label.name for label in there}, set(deciding)
    return tuple(
        label
        for label in there
        if kind in label.kinds
        and (
            label.required
            or label.name in always
            or (label.name in wanted and (full or label.is_simple))
        )
    )
