"""What the database holds against what the bots were told that it holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from benchmarks.live.bots import Log


@dataclass
class Proof:
    """Acknowledged writes, and those of them that are missing, changed or there twice."""

    acknowledged: int
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    never_sent: int = 0
    """Rows that no bot sent at all; forms whose answer got lost are not among them."""

    @property
    def holds(self) -> bool:
        return not (self.missing or self.doubled or self.never_sent)

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "BROKEN"
        return (
            f"{verdict}: {self.acknowledged:,} acknowledged writes, {len(self.missing)} missing, "
            f"{len(self.doubled)} doubled, {self.never_sent} that nobody sent"
        )


def prove(log: Log) -> Proof:
    """Compare every acknowledged write with its row, by content and not by count alone."""
    proof = Proof(acknowledged=log.n)
    _people(log, proof)
    _prompts(log, proof)
    _ratings(log, proof)
    _feedback(log, proof)
    _drafts(log, proof)
    return proof


def _people(log: Log, proof: Proof) -> None:
    from manyvoices.collect.conversations.models import Conversation
    from manyvoices.collect.people.models import Participant
    from manyvoices.collect.surveys.models import SurveyAnswer, SurveyPage

    stored = {str(pk) for pk in Participant.objects.values_list("pk", flat=True)}
    proof.missing += [f"participant {one}" for one in log.people - stored]
    pages = Counter(
        (str(person), page)
        for person, page in SurveyPage.objects.values_list("participant", "page")
    )
    proof.missing += [f"survey page {key}" for key in log.pages - pages.keys()]
    proof.doubled += [f"survey page {key}" for key, n in pages.items() if n > 1]
    answers = Counter(
        (str(person), question)
        for person, question in SurveyAnswer.objects.values_list("participant", "question")
    )
    for person, page in log.pages:
        asked = ("familiarity", "stated_prefs")[page]
        if not answers[person, asked]:
            proof.missing.append(f"answers of survey page {person} {page}")
    proof.doubled += [f"answer {key}" for key, n in answers.items() if n > 1]
    talks = Counter(
        (str(person), number)
        for person, number in Conversation.objects.values_list("participant", "number")
    )
    proof.missing += [f"conversation {key}" for key in log.talks - talks.keys()]
    proof.doubled += [f"conversation {key}" for key, n in talks.items() if n > 1]


def _prompts(log: Log, proof: Proof) -> None:
    from manyvoices.collect.conversations.models import Turn

    stored: dict[tuple[str, int, int], str] = {}
    texts: Counter[str] = Counter()
    rows = Turn.objects.values_list(
        "conversation__participant", "conversation__number", "index", "prompt"
    )
    for person, number, index, text in rows.iterator():
        stored[str(person), number, index] = text
        texts[text] += 1
    proof.missing += [f"message {k}" for k, text in log.prompts.items() if stored.get(k) != text]
    # Every message begins with a number of its own: one text twice is one form stored twice.
    proof.doubled += [f"message {text[:40]}" for text, n in texts.items() if n > 1]
    unheard = len(stored.keys() - log.prompts.keys())
    proof.never_sent += max(0, unheard - log.unheard)


def _ratings(log: Log, proof: Proof) -> None:
    from manyvoices.collect.conversations.models import AttributeRating, Utterance

    stored: dict[tuple[str, int, int], dict[str, int]] = {}
    chosen: Counter[tuple[str, int, int]] = Counter()
    rows = Utterance.objects.filter(score__isnull=False).values_list(
        "turn__conversation__participant",
        "turn__conversation__number",
        "turn__index",
        "position",
        "score",
        "chosen",
    )
    for person, number, index, position, score, is_chosen in rows.iterator():
        key = (str(person), number, index)
        if str(position) in stored.setdefault(key, {}):
            proof.doubled.append(f"score {key} {position}")
        stored[key][str(position)] = score or 0
        chosen[key] += is_chosen
    proof.missing += [f"rating {k}" for k, scores in log.ratings.items() if stored.get(k) != scores]
    proof.doubled += [f"winner of {key}" for key, n in chosen.items() if n != 1]
    proof.never_sent += max(0, len(stored.keys() - log.ratings.keys()) - log.unheard)

    attributes: dict[tuple[str, int], dict[str, int | None]] = {}
    kept = AttributeRating.objects.values_list(
        "conversation__participant", "conversation__number", "block", "item", "value"
    )
    for person, number, block, item, value in kept.iterator():
        attributes.setdefault((str(person), number), {})[f"{block}-{item}"] = value
    proof.missing += [
        f"attributes {k}" for k, values in log.attributes.items() if attributes.get(k) != values
    ]


def _feedback(log: Log, proof: Proof) -> None:
    from manyvoices.collect.conversations.models import Conversation

    rows = Conversation.objects.filter(open_feedback__isnull=False).values_list(
        "participant", "number", "open_feedback"
    )
    stored = {(str(person), number): text for person, number, text in rows}
    proof.missing += [f"feedback {k}" for k, text in log.feedback.items() if stored.get(k) != text]


def _drafts(log: Log, proof: Proof) -> None:
    from manyvoices.collect.people.models import Draft

    rows = Draft.objects.values_list("participant", "form", "fields")
    stored = {(str(person), form): str(fields) for person, form, fields in rows}
    proof.missing += [
        f"draft {key}" for key, value in log.drafts.items() if value not in stored.get(key, "")
    ]
