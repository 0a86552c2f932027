"""Every read of the conversations stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, F

from manyvoices.collect.conversations.models import Conversation, Turn, Utterance
from manyvoices.collect.people.errors import StaleSubmission
from manyvoices.collect.people.models import Participant
from manyvoices.design import ConversationsStage
from manyvoices.design.conversation_steps import (
    ConversationState,
    ConversationStep,
    FeedbackAsked,
    conversation_step,
)
from manyvoices.design.dialogue import Candidate
from manyvoices.design.openings import Opener


def stage_spec(participant: Participant, stage: int) -> ConversationsStage:
    """The rules of stage number `stage`; `StaleSubmission` where it holds no conversations."""
    stages = participant.version.spec.stages
    rule = stages[stage] if stage < len(stages) else None
    if not isinstance(rule, ConversationsStage):
        raise StaleSubmission("this step of the study holds no conversations")
    return rule


def asks_attributes(rule: ConversationsStage) -> bool:
    """Whether the study asks about performance or choice attributes."""
    return rule.feedback.performance is not None or rule.feedback.choice is not None


def time_limit_s(rule: ConversationsStage, index: int) -> float:
    """Seconds that a responder has for its answer in turn `index`."""
    return rule.opening.timeout_s if index == 0 else rule.continuing.timeout_s


def shown(turn: Turn) -> list[Utterance]:
    """The places of the turn's current attempt, in the order shown; of each the last model drawn
    for it."""
    current = [u for u in turn.utterances.all() if u.attempt == turn.attempt]
    last = {u.position: u for u in sorted(current, key=lambda u: u.replacement)}
    return [last[position] for position in sorted(last)]


LEAST_TIME_S = 1.0
"""A model that has less time than this left for its answer is not drawn."""


def may_replace(utterance: Utterance, rule: ConversationsStage, *, now: datetime) -> bool:
    """Whether a further model may be drawn for the place of `utterance`, as far as the rule, the
    clock and the turn say."""
    turn = utterance.turn
    return (
        rule.failures == "replace"
        and utterance.answer_by is not None
        and (utterance.answer_by - now).total_seconds() >= LEAST_TIME_S
        and turn.rated_at is None
        and utterance.attempt == turn.attempt
        and draws_anew(turn.conversation, turn.index)
    )


def draws_anew(conversation: Conversation, index: int) -> bool:
    """Whether turn `index` asks models drawn from all of the study: the opening, and after a turn
    whose answers were all bad."""
    if index == 0:
        return True
    return conversation.turns.filter(index=index - 1, all_bad=True).exists()


def opener(conversation: Conversation) -> Opener:
    """Who opens a conversation, as far as a batch may ask for some people and not for others."""
    from manyvoices.collect.comparisons.queries import traits

    participant = conversation.participant
    return Opener(participant.language, conversation.type, traits(participant))


def openings_by_ask(turn: Turn) -> dict[int, int]:
    """Index in the batch -> openings of this study version and stage that came of it, other than
    `turn`; bots count among bots. Without a lock: two openings at once may answer one ask."""
    conversation = turn.conversation
    rows = Turn.objects.filter(
        ask__isnull=False,
        conversation__stage=conversation.stage,
        conversation__participant__version=conversation.participant.version_id,
        conversation__participant__simulated=conversation.participant.simulated,
    ).exclude(pk=turn.pk)
    return dict(rows.values_list("ask").annotate(n=Count("pk")).order_by())


def has_best(conversation: Conversation) -> bool:
    """Whether there is an answer to ask about: not so where all of every turn were bad."""
    all_bad = list(conversation.turns.values_list("all_bad", flat=True))
    return not all_bad or not all(all_bad)


def candidates(utterances: list[Utterance]) -> list[Candidate]:
    """Utterances as the dialogue rules see them."""
    return [
        Candidate(key=u.key, text=u.text, score=u.score, failed=u.failure is not None)
        for u in utterances
    ]


def chosen(conversation: Conversation, index: int) -> Utterance:
    """The answer with which the conversation went on after turn `index`."""
    return Utterance.objects.get(turn__conversation=conversation, turn__index=index, chosen=True)


def step(conversation: Conversation, turns: list[Turn]) -> ConversationStep:
    """Which page comes next."""
    rule = stage_spec(conversation.participant, conversation.stage)
    state = ConversationState(
        n_turns=len(turns),
        n_rated=sum(turn.rated_at is not None for turn in turns),
        ended=conversation.ended_at is not None,
        attributes_done=conversation.attributes_at is not None,
        feedback_done=conversation.finished_at is not None,
        has_best=not turns or not all(turn.all_bad for turn in turns),
    )
    asked = FeedbackAsked(attributes=asks_attributes(rule), open=rule.feedback.open is not None)
    return conversation_step(state, asked)


def turns_with_answers(conversation: Conversation) -> list[Turn]:
    """All turns in order, their utterances loaded: two queries, however long the conversation.

    Sorted here: building two ORDER BYs costs Django more than the sorting.
    """
    turns = sorted(conversation.turns.order_by(), key=lambda turn: turn.index)
    by_turn: dict[int, list[Utterance]] = {turn.pk: [] for turn in turns}
    for utterance in Utterance.objects.filter(turn__in=list(by_turn)).order_by() if turns else ():
        by_turn[utterance.turn_id].append(utterance)
    for turn in turns:
        turn.conversation = conversation
        _keep_loaded(turn, by_turn[turn.pk])
    return turns


def _keep_loaded(turn: Turn, utterances: list[Utterance]) -> None:
    """Let ``turn.utterances.all()`` be these, as ``prefetch_related`` would."""
    loaded = turn.utterances.get_queryset()
    loaded._result_cache = sorted(utterances, key=lambda u: (u.attempt, u.position, u.replacement))
    loaded._prefetch_done = True  # type: ignore[attr-defined]
    turn._prefetched_objects_cache = {"utterances": loaded}  # type: ignore[attr-defined]


SLOW_S = 6.0
"""From then on a poll is answered in full, so that the page learns to ask less often."""


def nothing_new(
    participant: Participant, stage: int, number: int, *, have: Sequence[str], now: datetime
) -> bool:
    """Whether a waiting page that has the places `have` is up to date: one query, no row read.

    False also where the wait has become long, or is over.
    """
    waiting = Turn.objects.filter(
        conversation__participant=participant,
        conversation__stage=stage,
        conversation__number=number,
        rated_at=None,
        deadline_at__gt=now,
        created_at__gt=now - timedelta(seconds=SLOW_S),
    )
    current = Utterance.objects.filter(turn__in=waiting, attempt=F("turn__attempt"))
    places = list(current.values_list("position", "settled_at", "text"))
    if not places or any(settled and not (text or "").strip() for _, settled, text in places):
        return False
    settled = {str(position) for position, settled, _text in places if settled}
    return len(settled) < len(places) and settled <= set(have)


def best_answer(turn: Turn) -> Utterance | None:
    """The answer that was kept of a turn whose utterances are loaded."""
    return next((u for u in turn.utterances.all() if u.chosen), None)
