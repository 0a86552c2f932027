"""What the checks of answers need, taken from records in PRISM's form or ours.

PRISM's files say nothing of how a slider was used, so its 50s stay doubtful, and a null is "does
not apply" or a block that was not sent. Ours have a null score for a slider that nobody touched; of
the attributes after a conversation a null is "does not apply" and a missing one was left alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from manyvoices.curate.checks_answers import Marks, Timed
from manyvoices.schema import (
    Answer,
    Conversation,
    Json,
    Participant,
    PrismConversation,
    PrismSurveyRow,
    PrismUtterance,
)

BLOCKS = ("performance_attributes", "choice_attributes")


def marks_of_prism(
    survey: Iterable[PrismSurveyRow],
    conversations: Iterable[PrismConversation],
    utterances: Iterable[PrismUtterance],
) -> list[Marks]:
    """Stated preferences, both attribute blocks of each conversation, and all scores together."""
    marks = [
        Marks(str(row["user_id"]), name, values)
        for row in survey
        for name, value in row.items()
        if not name.startswith("order_") and (values := _numbers(value)) is not None
    ]
    for talk in conversations:
        for kind in BLOCKS:
            block = getattr(talk, kind)
            if block:
                # other_text and the like are no sliders
                values = [v for v in block.values() if v is None or isinstance(v, int | float)]
                marks.append(Marks(talk.user_id, f"{kind} of {talk.conversation_id}", values))
    scores: dict[str, list[float | None]] = defaultdict(list)
    for row in utterances:
        scores[row.user_id].append(row.score)
    return marks + [Marks(user, "score", values) for user, values in scores.items()]


def times_of_prism(
    survey: Iterable[PrismSurveyRow], conversations: Iterable[PrismConversation]
) -> list[Timed]:
    """The survey and each conversation, with the words that were typed in it."""
    times = []
    for row in survey:
        seconds = row.get("timing_duration_s")
        if isinstance(seconds, int | float):
            times.append(Timed(str(row["user_id"]), "survey", float(seconds)))
    for talk in conversations:
        # Feedback is given after the clock has stopped (codebook, generated_datetime).
        typed = [m.content for m in talk.conversation_history if m.role == "user" and m.content]
        n_words = sum(len(text.split()) for text in typed)
        times.append(Timed(talk.user_id, talk.conversation_id, talk.timing_duration_s, n_words))
    return times


def marks_of_native(
    answers: Iterable[Answer], conversations: Iterable[Conversation]
) -> list[Marks]:
    """Every matrix of sliders in a survey, both blocks of each conversation, and all scores."""
    marks = []
    for answer in answers:
        if answer.kind == "vas" and isinstance(answer.value, dict):
            values = list(answer.value.values())
            numbers = [v if isinstance(v, int | float) else None for v in values]
            marks.append(Marks(answer.participant_id, answer.question_id, numbers))
    talks = list(conversations)
    asked = _asked(talks)
    scores: dict[str, list[float | None]] = defaultdict(list)
    for talk in talks:
        for kind in BLOCKS:
            block = getattr(talk, kind)
            # Null is "does not apply", an answer; a missing attribute is a slider left alone.
            left = [None for name in asked[talk.conversation_type, kind] if name not in block]
            marked = [value for value in block.values() if value is not None]
            if left or marked:
                name = f"{kind} of {talk.conversation_id}"
                marks.append(Marks(talk.participant_id, name, [*marked, *left]))
        scores[talk.participant_id] += [
            utterance.score
            for turn in talk.turns
            for utterance in turn.utterances
            if utterance.text is not None
        ]
    return marks + [Marks(user, "score", values) for user, values in scores.items()]


def _asked(talks: Iterable[Conversation]) -> dict[tuple[str, str], dict[str, None]]:
    """(type, block) -> the attributes that anybody marked in a conversation of that type."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for talk in talks:
        if talk.finished_at is not None:
            for kind in BLOCKS:
                found[talk.conversation_type, kind].update(dict.fromkeys(getattr(talk, kind)))
    return found


def times_of_native(
    participants: Iterable[Participant], conversations: Iterable[Conversation]
) -> Iterator[Timed]:
    """From consent to the end of the study, as ``survey``, and each finished conversation."""
    for person in participants:
        if person.consented_at is not None and person.completed_at is not None:
            seconds = (person.completed_at - person.consented_at).total_seconds()
            yield Timed(person.participant_id, "survey", seconds)
    for talk in conversations:
        if talk.finished_at is not None:
            seconds = (talk.finished_at - talk.started_at).total_seconds()
            n_words = sum(len(turn.message.text.split()) for turn in talk.turns)
            yield Timed(talk.participant_id, talk.conversation_id, seconds, n_words)


def _numbers(value: Json) -> list[float | None] | None:
    """The sliders of a nested column; None where it is another kind of question."""
    if not isinstance(value, dict):
        return None
    numbers: list[float | None] = []
    for name, one in value.items():
        if isinstance(one, bool) or (isinstance(one, str) and not name.endswith("_text")):
            return None
        if isinstance(one, int | float):
            numbers.append(float(one))
        elif one is None and not name.endswith("_text"):
            numbers.append(None)
    return numbers if any(one is not None for one in numbers) else None
