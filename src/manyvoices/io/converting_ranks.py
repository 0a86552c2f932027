"""Message trees as dialogues, preference pairs and labelled completions.

A thread is one way from the prompt of a tree down to an answer. Which messages count is a choice,
`Filter`; what it leaves out is counted by its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Literal

from manyvoices.io.chats import of_message
from manyvoices.io.converting import Converter, register_converter
from manyvoices.io.talks import add
from manyvoices.io.tree_walk import DELETED, FIELDS, NOT_BEST, NOT_PASSED, SYNTHETIC, Filter, Walk
from manyvoices.schema import (
    ChatLine,
    Dialogue,
    LabelledCompletion,
    Message,
    MessageTree,
    PreferencePair,
)

NO_ANSWER, UNRANKED = "prompts without an answer", "answers that were not ranked"
EQUAL = "answers of equal rank"
_FILTERED = (DELETED, NOT_PASSED, SYNTHETIC)


def to_dialogues(
    trees: Iterable[MessageTree],
    not_carried: Counter[str],
    *,
    keep: Filter | None = None,
    ranks: Literal["all", "best"] = "all",
) -> Iterator[Dialogue]:
    """Every thread that ends with an answer; the last prompt of a thread without one is dropped.

    ``ranks="best"`` goes on with the best ranked answer only, where answers were ranked.
    """
    for tree in trees:
        walk = Walk(keep or Filter(), not_carried, best_only=ranks == "best")
        for said, message, replies in walk.nodes(tree.prompt):
            if message.role == "prompter":
                add(not_carried, NO_ANSWER, not any(r.role == "assistant" for r in replies))
            elif not any(map(walk.is_answered, replies)):
                yield Dialogue(
                    messages=said,
                    dialogue_id=message.message_id,
                    language=message.lang if isinstance(message.lang, str) else None,
                )


def to_pairs(
    trees: Iterable[MessageTree],
    not_carried: Counter[str],
    *,
    keep: Filter | None = None,
    against: Literal["all", "best"] = "all",
) -> Iterator[PreferencePair]:
    """Every two answers to one message that were ranked apart; the margin is how many ranks.

    ``against="best"`` gives the best ranked answer against each other one only.
    """
    for said, ranked in _ranked(trees, not_carried, keep or Filter()):
        for better, worse in combinations(ranked, 2):
            if against == "best" and better is not ranked[0]:
                break
            if _rank(better) == _rank(worse):
                not_carried[EQUAL] += 1
                continue
            yield PreferencePair(
                prompt=said,
                chosen=[of_message(better)],
                rejected=[of_message(worse)],
                margin=float(_rank(worse) - _rank(better)),
                groups={"language": better.lang} if isinstance(better.lang, str) else {},
            )


def to_labelled(
    trees: Iterable[MessageTree], not_carried: Counter[str], *, keep: Filter | None = None
) -> Iterator[LabelledCompletion]:
    """Every ranked answer to a message with two of them or more: the best is good, the rest not."""
    for said, ranked in _ranked(trees, not_carried, keep or Filter()):
        for answer in ranked:
            not_carried["rank"] += 1
            yield LabelledCompletion(
                prompt=said,
                completion=[of_message(answer)],
                label=_rank(answer) == _rank(ranked[0]),
            )


def _rank(message: Message) -> int:
    return message.rank if isinstance(message.rank, int) else 0


def _ranked(
    trees: Iterable[MessageTree], not_carried: Counter[str], keep: Filter
) -> Iterator[tuple[list[ChatLine], list[Message]]]:
    """(lines up to a message, its ranked answers, best first), where there are two at least."""
    for tree in trees:
        for said, message, replies in Walk(keep, not_carried).nodes(tree.prompt):
            if message.role != "prompter":
                continue
            answers = [reply for reply in replies if reply.role == "assistant"]
            ranked = sorted((a for a in answers if isinstance(a.rank, int)), key=_rank)
            if len(ranked) < 2:
                add(not_carried, UNRANKED, len(answers))
            else:
                add(not_carried, UNRANKED, len(answers) - len(ranked))
                yield said, ranked


register_converter(
    Converter("trees", "dialogues", to_dialogues, (*FIELDS, *_FILTERED, NO_ANSWER, NOT_BEST))
)
register_converter(Converter("trees", "pairs", to_pairs, (*FIELDS, *_FILTERED, UNRANKED, EQUAL)))
register_converter(
    Converter("trees", "labelled", to_labelled, (*FIELDS, *_FILTERED, UNRANKED, "rank"))
)
