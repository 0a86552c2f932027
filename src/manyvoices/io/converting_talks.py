"""Live conversations as battles, preference pairs, dialogues, labelled completions and ratings.

Every function takes the records of a release (native or PRISM's; also a file of conversations
alone) and a counter for what the target has no place for. Options have the defaults with which
``manyvoices convert`` runs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any, Literal

from manyvoices.io.arena import battle_with
from manyvoices.io.converting import Converter, register_converter
from manyvoices.io.registry import Content
from manyvoices.io.talks import (
    NOT_IN_A_TALK,
    OTHER_RECORDS,
    SOURCES,
    Side,
    Talk,
    TalkTurn,
    add,
    talks,
)
from manyvoices.schema import (
    Battle,
    ChatLine,
    Dialogue,
    LabelledCompletion,
    Outcome,
    PreferencePair,
)

FAILED, UNRATED = "answers of models that failed", "answers that were not rated"
TIED, LATER = "pairs with scores too close to tell", "turns after the first"
NO_CHOICE, NOT_CHOSEN = "turns without a chosen answer", "answers that were not chosen"


def to_battles(
    records: Iterable[Any],
    not_carried: Counter[str],
    *,
    tie_threshold: float = 5,
    turns: Literal["first", "all"] = "first",
) -> Iterator[Battle]:
    """Every pair of rated answers of a turn as a battle, both conversations with it.

    Scores no further apart than `tie_threshold` are a tie, as in PRISM (arXiv 2404.16019). Only
    first turns by default: later on, one model answers twice.
    """
    for talk in talks(records, not_carried):
        for turn, said in talk.histories():
            if turn.turn and turns == "first":
                not_carried[LATER] += 1
                continue
            rated = _rated(turn, not_carried)
            add(not_carried, "score", len(rated))
            for a, b in combinations(rated, 2):
                yield _battle(talk, turn, said, a, b, tie_threshold)


def to_pairs(
    records: Iterable[Any],
    not_carried: Counter[str],
    *,
    tie_threshold: float = 0,
    against: Literal["all", "chosen"] = "all",
) -> Iterator[PreferencePair]:
    """Every pair of answers of a turn whose scores are more than `tie_threshold` apart.

    The margin is the difference of the scores. ``against="chosen"`` gives the answer that was
    chosen against each other one instead, whatever their scores, with a margin where both were
    rated.
    """
    for talk in talks(records, not_carried):
        for turn, said in talk.histories():
            if against == "chosen":
                yield from _chosen_pairs(talk, turn, said, not_carried)
                continue
            for a, b in combinations(_rated(turn, not_carried), 2):
                gap = (a.score or 0) - (b.score or 0)
                if abs(gap) <= tie_threshold:
                    not_carried[TIED] += 1
                else:
                    yield _pair(talk, said, *((a, b) if gap > 0 else (b, a)))


def to_dialogues(records: Iterable[Any], not_carried: Counter[str]) -> Iterator[Dialogue]:
    """Each conversation along its chosen answers, up to the first turn without one."""
    for talk in talks(records, not_carried):
        said: list[ChatLine] = []
        for turn, before in talk.histories():
            add(not_carried, NOT_CHOSEN, sum(side is not turn.chosen for side in turn.sides))
            if turn.chosen is None:
                not_carried[NO_CHOICE] += 1
            else:
                said = [*before, _answer(turn.chosen)]
        if said:
            yield Dialogue(
                messages=said,
                dialogue_id=talk.talk_id,
                participant_id=talk.participant_id,
                simulated=talk.simulated,
            )


def to_labelled(records: Iterable[Any], not_carried: Counter[str]) -> Iterator[LabelledCompletion]:
    """Every answer, marked as chosen or not; all of a turn are not where all were said to be bad.

    A turn in which nothing was chosen for another reason says nothing, and is left out.
    """
    for talk in talks(records, not_carried):
        for turn, said in talk.histories():
            if turn.chosen is None and not turn.all_bad:
                not_carried[NO_CHOICE] += 1
                continue
            for side in _answered(turn, not_carried):
                add(not_carried, "score", side.score is not None)
                yield LabelledCompletion(
                    prompt=said,
                    completion=[_answer(side)],
                    label=side.chosen,
                    participant_id=talk.participant_id,
                    simulated=talk.simulated,
                )


def _answered(turn: TalkTurn, not_carried: Counter[str]) -> list[Side]:
    answered = [side for side in turn.sides if side.text is not None]
    add(not_carried, FAILED, len(turn.sides) - len(answered))
    return answered


def _rated(turn: TalkTurn, not_carried: Counter[str]) -> list[Side]:
    answered = _answered(turn, not_carried)
    rated = [side for side in answered if side.score is not None]
    add(not_carried, UNRATED, len(answered) - len(rated))
    return rated


def _answer(side: Side) -> ChatLine:
    return ChatLine(role="assistant", content=side.text)


def _battle(
    talk: Talk, turn: TalkTurn, said: list[ChatLine], a: Side, b: Side, tie_threshold: float
) -> Battle:
    gap = (a.score or 0) - (b.score or 0)
    tied = abs(gap) <= tie_threshold
    battle = Battle(
        model_a=a.model,
        model_b=b.model,
        outcome=Outcome.TIE if tied else Outcome.A if gap > 0 else Outcome.B,
        participant_id=talk.participant_id,
        battle_id=f"{talk.talk_id}:{turn.turn}:{a.side_id}:{b.side_id}",
        conversation_id=talk.talk_id,
        turn=turn.turn,
        groups={"conversation_type": talk.kind},
        simulated=talk.simulated,
    )
    return battle_with(battle, [*said, _answer(a)], [*said, _answer(b)])


def _chosen_pairs(
    talk: Talk, turn: TalkTurn, said: list[ChatLine], not_carried: Counter[str]
) -> Iterator[PreferencePair]:
    if turn.chosen is None:
        not_carried[NO_CHOICE] += 1
        return
    for side in _answered(turn, not_carried):
        if side is not turn.chosen:
            yield _pair(talk, said, turn.chosen, side)


def _pair(talk: Talk, said: list[ChatLine], better: Side, worse: Side) -> PreferencePair:
    rated = better.score is not None and worse.score is not None
    return PreferencePair(
        prompt=said,
        chosen=[_answer(better)],
        rejected=[_answer(worse)],
        margin=float((better.score or 0) - (worse.score or 0)) if rated else None,
        score_chosen=better.score,
        score_rejected=worse.score,
        participant_id=talk.participant_id,
        simulated=talk.simulated,
        groups={
            "conversation_type": talk.kind,
            "model_chosen": better.model,
            "model_rejected": worse.model,
        },
    )


STEPS: dict[Content, tuple[Any, tuple[str, ...]]] = {
    "battles": (to_battles, ("score", FAILED, UNRATED, LATER)),
    "pairs": (to_pairs, (FAILED, UNRATED, TIED)),
    "dialogues": (to_dialogues, (NOT_CHOSEN, NO_CHOICE)),
    "labelled": (to_labelled, ("score", FAILED, NO_CHOICE)),
}
"""Target -> (what makes it of conversations, what it may count). A whole release, which may hold
comparisons too, is the matter of `manyvoices.io.converting_comparisons`."""

for _source in SOURCES:
    for _target, (_convert, _reasons) in STEPS.items():
        if _source != "release":
            _lost = (*NOT_IN_A_TALK, *OTHER_RECORDS, *_reasons)
            register_converter(Converter(_source, _target, _convert, _lost))
