"""Battles as pairs and dialogues; pairs as labelled completions and dialogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from manyvoices.io.arena import conversations
from manyvoices.io.chats import as_lines, split
from manyvoices.io.converting import Converter, count_present, register_converter
from manyvoices.io.rows import beyond
from manyvoices.schema import (
    ArenaBattle,
    Battle,
    ChatLine,
    Dialogue,
    LabelledCompletion,
    Outcome,
    PreferencePair,
)

NO_TEXT, NO_WINNER = "battles without conversations", "battles without a winner"
NO_PROMPT = "pairs whose prompt is inside the answers' text"
LOST = "conversations that lost"
_TEXTS = ("conversation_a", "conversation_b")
_OF_BATTLE = ("turn", "battle_id", "conversation_id")
_OF_PAIR = ("margin", "score_chosen", "score_rejected", "groups")


def battles_to_pairs(
    battles: Iterable[Battle], not_carried: Counter[str]
) -> Iterator[PreferencePair]:
    """Each won battle with both conversations: what they share is the prompt, the rest the pair."""
    for battle, won, lost in _won(battles, not_carried):
        prompt, chosen, rejected = split(won, lost)
        better, worse = battle.model_a, battle.model_b
        if battle.outcome is Outcome.B:
            better, worse = worse, better
        count_present(battle, _OF_BATTLE, not_carried)
        language = {"language": battle.language} if battle.language else {}
        yield PreferencePair(
            prompt=prompt,
            chosen=chosen,
            rejected=rejected,
            participant_id=battle.participant_id,
            simulated=battle.simulated,
            groups={**battle.groups, **language, "model_chosen": better, "model_rejected": worse},
        )


def battles_to_dialogues(
    battles: Iterable[Battle], not_carried: Counter[str]
) -> Iterator[Dialogue]:
    """The conversation that won each battle."""
    for battle, won, _ in _won(battles, not_carried):
        not_carried[LOST] += 1
        count_present(battle, ("turn", "groups"), not_carried)
        yield Dialogue(
            messages=won,
            dialogue_id=battle.battle_id,
            participant_id=battle.participant_id,
            language=battle.language,
            simulated=battle.simulated,
        )


def pairs_to_labelled(
    pairs: Iterable[PreferencePair], not_carried: Counter[str]
) -> Iterator[LabelledCompletion]:
    """The two answers of each pair, the preferred one marked as good and the other as not."""
    for pair in pairs:
        _count(pair, not_carried)
        if pair.prompt is None:
            not_carried[NO_PROMPT] += 1
            continue
        for completion, label in ((pair.chosen, True), (pair.rejected, False)):
            yield LabelledCompletion(
                prompt=pair.prompt,
                completion=completion,
                label=label,
                participant_id=pair.participant_id,
                simulated=pair.simulated,
            )


def pairs_to_dialogues(
    pairs: Iterable[PreferencePair], not_carried: Counter[str]
) -> Iterator[Dialogue]:
    """The prompt of each pair and the answer that was preferred."""
    for pair in pairs:
        _count(pair, not_carried)
        if pair.prompt is None:
            not_carried[NO_PROMPT] += 1
            continue
        not_carried["rejected"] += 1
        yield Dialogue(
            messages=[*as_lines(pair.prompt, "user"), *as_lines(pair.chosen, "assistant")],
            participant_id=pair.participant_id,
            simulated=pair.simulated,
        )


def _won(
    battles: Iterable[Battle], not_carried: Counter[str]
) -> Iterator[tuple[Battle, list[ChatLine], list[ChatLine]]]:
    """(battle, the conversation that won, the other one) of those that say both."""
    for battle in battles:
        if isinstance(battle, ArenaBattle):
            not_carried.update(n for n in beyond(battle.published) if n not in _TEXTS)
        if battle.outcome not in (Outcome.A, Outcome.B):
            not_carried[NO_WINNER] += 1
        elif (both := conversations(battle)) is None:
            not_carried[NO_TEXT] += 1
        else:
            a, b = both
            yield battle, *((a, b) if battle.outcome is Outcome.A else (b, a))


def _count(pair: PreferencePair, not_carried: Counter[str]) -> None:
    count_present(pair, _OF_PAIR, not_carried)
    not_carried.update(beyond(pair.published))


register_converter(
    Converter("battles", "pairs", battles_to_pairs, (NO_WINNER, NO_TEXT, *_OF_BATTLE))
)
register_converter(
    Converter(
        "battles", "dialogues", battles_to_dialogues, (NO_WINNER, NO_TEXT, LOST, "turn", "groups")
    )
)
register_converter(Converter("pairs", "labelled", pairs_to_labelled, (NO_PROMPT, *_OF_PAIR)))
register_converter(
    Converter("pairs", "dialogues", pairs_to_dialogues, (NO_PROMPT, "rejected", *_OF_PAIR))
)
