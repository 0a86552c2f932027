"""From rows and rules to what a contributor's pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from manyvoices.collect.people.models import Participant
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.trees import wording
from manyvoices.collect.trees.contexts import LabelField, LabelGroup, Point, Reason, Said, TaskFrame
from manyvoices.collect.trees.handout import thread_of
from manyvoices.collect.trees.languages import direction, language_name, text_direction
from manyvoices.collect.trees.models import Message, Task
from manyvoices.collect.trees.policies import policy_for
from manyvoices.design.trees import LabelSpec, TreeTasksStage

CANNOT_TELL = "cannot"
Posted = Mapping[str, Sequence[str]]


def stage_here(participant: Participant) -> TreeTasksStage:
    """The project's stage as it is now, in the reader's language.

    Raises:
        LookupError: The study's current version has no such stage.
    """
    version = participant.study.current
    version.read_in(participant.language)
    for stage in version.spec.stages:
        if isinstance(stage, TreeTasksStage):
            return stage
    raise LookupError(f"{participant.study_id} has no tree_tasks stage")


def said(message: Message, reader: Participant, *, is_subject: bool = False) -> Said:
    """A message as everybody sees it: the role, the words, nothing about who wrote them."""
    return Said(
        id=str(message.pk),
        who=wording.role_name(message.role),
        role=message.role,
        lang=message.language,
        dir=text_direction(message.text, message.language),
        html=answer_html(message.text),
        sources=[s for s in message.sources if str(s.get("url", "")).startswith("https://")],
        is_subject=is_subject,
        may_report=message.author_id != reader.pk,
    )


def thread(messages: Iterable[Message], reader: Participant, *, marked: bool) -> list[Said]:
    """A thread from the prompt down; `marked`: its last message is what the task is about."""
    rows = list(messages)
    return [said(row, reader, is_subject=marked and row is rows[-1]) for row in rows]


def frame(task: Task, participant: Participant, stage: TreeTasksStage) -> TaskFrame:
    """What stands on every task page. One statement, for the thread."""
    place = [task.study_id, task.pk]
    messages = thread_of(task.message.path) if task.message is not None else ()
    return TaskFrame(
        task=str(task.pk),
        kind=task.kind,
        title=wording.kind_title(task.kind),
        asked=wording.what_is_asked(task.kind),
        lang=task.language,
        dir=direction(task.language),
        language_name=language_name(task.language),
        thread=thread(messages, participant, marked=True),
        guidelines=study_html(stage.guidelines),
        skip_reasons=[Reason(name, _(words)) for name, words in wording.SKIP_REASONS.items()],
        expired=task.state != Task.State.LEASED or task.expires_at < timezone.now(),
        keep_every=max(10, min(60, policy_for(task.study, task.language).lease_s // 3)),
        keep_url=reverse("trees:keep", args=place),
        skip_url=reverse("trees:skip", args=place),
    )


def form_name(task: Task) -> str:
    """The name under which a task's draft is kept."""
    return f"task-{task.pk}"


def value_text(value: float | None) -> str:
    """A label's value as its radio button posts it."""
    return CANNOT_TELL if value is None else f"{value:g}"


def label_groups(
    schema: Sequence[LabelSpec], posted: Posted, errors: Mapping[str, str]
) -> list[LabelGroup]:
    """The labels of a form: questions that decide, then flags, then scales."""
    fields = [_label_field(label, posted, errors) for label in schema]
    groups = []
    for widget in ("yes_no", "flag", "likert"):
        found = [field for field in fields if field.widget == widget]
        if found:
            none = widget == "flag" and bool(posted.get("flags-none"))
            groups.append(LabelGroup(widget, found, none_checked=none))
    return groups


def _label_field(label: LabelSpec, posted: Posted, errors: Mapping[str, str]) -> LabelField:
    field = f"label-{label.name}"
    given = (posted.get(field) or [""])[-1]

    def point(value: str, words: str, number: str = "") -> Point:
        name = value.replace(".", "-") or "open"
        return Point(value, words, f"{field}-{name}", field in posted and given == value, number)

    anchors = [_(anchor) for anchor in label.anchors]
    low, high = anchors[0], anchors[-1]
    each_has_words = len(anchors) == len(label.values)
    words = anchors if each_has_words else _scale_words(len(label.values), low, high)
    pairs = list(zip(label.values, words, strict=True))
    if label.widget != "likert":
        pairs.reverse()
    return LabelField(
        name=label.name,
        field=field,
        widget=label.widget,
        question=_(label.question),
        help=_(label.help) if label.help else "",
        low=low,
        high=high,
        points=[point(value_text(v), words, str(i)) for i, (v, words) in enumerate(pairs, 1)],
        cannot_tell=point(CANNOT_TELL, _("Cannot tell"), "0"),
        leave_open=None if label.required else point("", _("Leave open")),
        required=label.required,
        error=errors.get(f"{field}-1") or errors.get(field, ""),
        examples=label.examples,
        each_has_words=each_has_words,
    )


def _scale_words(n: int, low: str, high: str) -> list[str]:
    """What the points of a scale are called to those who do not see where they stand."""
    middle = [
        _("nearer to %(word)s") % {"word": low},
        _("in the middle"),
        _("nearer to %(word)s") % {"word": high},
    ]
    return [low, *middle, high] if n == 5 else [low, *map(str, range(2, n)), high]


def read_labels(
    schema: Sequence[LabelSpec], posted: Posted
) -> tuple[dict[str, float | None], dict[str, str]]:
    """A posted form as labels, and what is still needed: the field's id -> words.

    Left open stays out; "cannot tell" is None. "None of these" says no for the flags left open.
    """
    labels: dict[str, float | None] = {}
    errors: dict[str, str] = {}
    none = bool(posted.get("flags-none"))
    for label in schema:
        given = (posted.get(f"label-{label.name}") or [""])[-1]
        if given == CANNOT_TELL:
            labels[label.name] = None
        elif given in (known := {value_text(v): v for v in label.values}):
            labels[label.name] = known[given]
        elif none and label.widget == "flag":
            labels[label.name] = 0.0
        elif label.required:
            words = _("Please answer this one: “%(question)s” “Cannot tell” is an answer too.")
            errors[f"label-{label.name}-1"] = words % {"question": _(label.question)}
    return labels, errors
