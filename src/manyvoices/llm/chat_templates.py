"""A conversation as one text, for models that complete text instead of taking messages.

The templates are data: what stands around each role's words, how the text ends where the model is
to go on, and where its answer stops. They are of our own making, in the manner of the usual
families; a model folder that brings a template of its own is asked with that one
(`manyvoices.llm.providers.local`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from manyvoices.llm.port import ChatMessage


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How a conversation is written down for one family of models."""

    name: str
    system: str
    """Around the instruction; ``{}`` is its place. The same for the two below."""
    user: str
    assistant: str
    cue: str
    """What the text ends with: after it the model's answer begins."""
    stop: tuple[str, ...]
    """Where the answer ends, if the model does not end it itself: the next speaker's mark."""
    preamble: str = ""
    """Said first where there is no instruction; a base model needs to be told what it reads."""


TEMPLATES: dict[str, ChatTemplate] = {
    template.name: template
    for template in (
        ChatTemplate(
            name="chatml",
            system="<|im_start|>system\n{}<|im_end|>\n",
            user="<|im_start|>user\n{}<|im_end|>\n",
            assistant="<|im_start|>assistant\n{}<|im_end|>\n",
            cue="<|im_start|>assistant\n",
            stop=("<|im_end|>", "<|im_start|>"),
        ),
        ChatTemplate(
            name="turns",
            system="<|system|>\n{}</s>\n",
            user="<|user|>\n{}</s>\n",
            assistant="<|assistant|>\n{}</s>\n",
            cue="<|assistant|>\n",
            stop=("</s>", "<|user|>", "<|system|>"),
        ),
        ChatTemplate(
            name="inst_tags",
            system="[INST] {} [/INST]\n",
            user="[INST] {} [/INST]",
            assistant=" {}</s>",
            cue="",
            stop=("</s>", "[INST]"),
        ),
        ChatTemplate(
            name="instruction",
            system="{}\n\n",
            user="### Instruction:\n{}\n\n",
            assistant="### Response:\n{}\n\n",
            cue="### Response:\n",
            stop=("### Instruction:", "### Response:"),
        ),
        ChatTemplate(
            name="human_assistant",
            system="{}\n\n",
            user="Human: {}\n\n",
            assistant="Assistant: {}\n\n",
            cue="Assistant:",
            stop=("\nHuman:", "\nAssistant:"),
        ),
        ChatTemplate(
            name="plain",
            preamble="A conversation between a person and a helpful assistant.\n\n",
            system="{}\n\n",
            user="Person: {}\n",
            assistant="Assistant: {}\n",
            cue="Assistant:",
            stop=("\nPerson:", "\nAssistant:"),
        ),
    )
}


def write_prompt(template: ChatTemplate, messages: Sequence[ChatMessage]) -> str:
    """The conversation as the text that the model goes on with.

    The template's own marks are taken out of what people and models said: otherwise anybody could
    write the next speaker's words, or an instruction.
    """
    around = {"system": template.system, "user": template.user, "assistant": template.assistant}
    said = [around[m.role].replace("{}", _without_marks(template, m.content), 1) for m in messages]
    first = "" if any(m.role == "system" for m in messages) else template.preamble
    return first + "".join(said) + template.cue


def cut_at_stop(template: ChatTemplate, text: str) -> str:
    """A completion up to where the next speaker would begin, without blanks around it."""
    ends = [place for stop in template.stop if (place := text.find(stop)) >= 0]
    return text[: min(ends, default=len(text))].strip()


def _without_marks(template: ChatTemplate, text: str) -> str:
    """The text with each mark broken by a blank after its first character.

    A mark at the beginning of a line is only one there, so that "the Person: field" stays.
    """
    text = "\n" + text
    for mark in (*template.stop, template.cue.strip(), "[/INST]"):
        if mark:
            text = text.replace(mark, _broken(mark))
    return text[1:] if text.startswith("\n") else text


def _broken(mark: str) -> str:
    """A mark that a model no longer takes for one: ``<|im_end|>`` becomes ``< |im_end|>``,
    and a name before a colon gets a blank in between."""
    if mark.endswith(":"):
        return mark[:-1] + " :"
    return mark[0] + " " + mark[1:]
