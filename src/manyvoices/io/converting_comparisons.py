"""Comparisons as battles, preference pairs, dialogues and labelled completions.

Of a whole release both its conversations and its comparisons are converted; what its surveys say of
a judge goes along with the battles of comparisons.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from manyvoices.io import compared
from manyvoices.io.arena import battle_with
from manyvoices.io.chats import split
from manyvoices.io.compared import SET_ASIDE, UNJUDGED
from manyvoices.io.converting import Converter, count_present, register_converter
from manyvoices.io.converting_ratings import INNER, plain
from manyvoices.io.converting_talks import STEPS
from manyvoices.io.registry import Content
from manyvoices.io.talks import NOT_IN_A_TALK, OTHER_RECORDS, add
from manyvoices.schema import (
    Answer,
    Battle,
    ChatLine,
    Comparison,
    ComparisonVerdict,
    Dialogue,
    LabelledCompletion,
    Outcome,
    PreferencePair,
)

NO_PREFERENCE = "comparisons that no side won"
NO_TEXT = "comparisons without a text of every side"
EQUAL = "pairs of places that are equally good"
NOT_PREFERRED = "conversations that were not preferred"
ANSWERS = "answers of surveys"

_LOST = (
    *("source", "assigned_because", "seed", "started_at", "shown_at", "judged_at", "revealed_at"),
    *("reasons", "reason_text", "evidence", "quarantined", "consent_version"),
)
_OF_ANSWER = (
    *("failure", "language", "latency_ms", "finish_reason", "prompt_tokens", "completion_tokens"),
    *("model_version", "tries"),
)
_GROUPS = ("stage", "prompt_id", "category", "pool", "language")

Step = Callable[[Iterable[Any], Counter[str]], Iterator[Any]]


def to_battles(
    records: Iterable[Any], not_carried: Counter[str], *, with_quarantined: bool = False
) -> Iterator[Battle]:
    """Every two places of a comparison as a battle, ``model_a`` being the one shown first.

    An order gives A, B or TIE; all bad is BOTH_BAD; a failed comparison, or one that could not be
    judged, is FAILED. Answers to surveys that come before are groups of their person's battles.
    """
    of_judge = _Surveys(not_carried)
    for record in _judged(of_judge.without(records), not_carried, with_quarantined):
        groups = {**of_judge.groups(record.participant_id), **compared.labels(record)}
        said = compared.conversations(record)
        for a, b, outcome in compared.place_pairs(record):
            battle = Battle(
                model_a=record.models[a],
                model_b=record.models[b],
                outcome=outcome,
                participant_id=record.participant_id,
                battle_id=f"{record.comparison_id}:{a}:{b}",
                conversation_id=record.comparison_id,
                language=record.language,
                groups=groups,
                simulated=record.simulated,
            )
            yield battle if said is None else battle_with(battle, said[a], said[b])
    of_judge.end()


def to_pairs(
    records: Iterable[Any], not_carried: Counter[str], *, with_quarantined: bool = False
) -> Iterator[PreferencePair]:
    """Every two places of which one was preferred: what both conversations share is the prompt.

    The margin is how many ranks lie between, where more than two models were put in an order.
    """
    for record, said in _chosen(records, not_carried, with_quarantined):
        order = compared.ranks(record)
        for a, b, outcome in compared.place_pairs(record):
            if outcome is Outcome.TIE:
                not_carried[EQUAL] += 1
                continue
            better, worse = (a, b) if outcome is Outcome.A else (b, a)
            prompt, chosen, rejected = split(said[better], said[worse])
            language = {"language": record.language} if record.language else {}
            yield PreferencePair(
                prompt=prompt,
                chosen=chosen,
                rejected=rejected,
                margin=float(order[worse] - order[better]) if len(record.models) > 2 else None,
                participant_id=record.participant_id,
                simulated=record.simulated,
                groups={
                    **compared.labels(record),
                    **language,
                    "model_chosen": record.models[better],
                    "model_rejected": record.models[worse],
                },
            )


def to_dialogues(
    records: Iterable[Any], not_carried: Counter[str], *, with_quarantined: bool = False
) -> Iterator[Dialogue]:
    """The conversation that was preferred; each of them, where several were put first."""
    for record, said in _chosen(records, not_carried, with_quarantined):
        order = compared.ranks(record)
        best = [place for place, rank in order.items() if rank == 0]
        add(not_carried, NOT_PREFERRED, len(order) - len(best))
        for place in best:
            yield Dialogue(
                messages=said[place],
                dialogue_id=f"{record.comparison_id}:{place}",
                participant_id=record.participant_id,
                language=record.language,
                simulated=record.simulated,
            )


def to_labelled(
    records: Iterable[Any], not_carried: Counter[str], *, with_quarantined: bool = False
) -> Iterator[LabelledCompletion]:
    """Every conversation after its first message: what was put first is good, the rest is not.

    Where all were said to be bad, all are. A tie says nothing, and is left out.
    """
    verdicts = (ComparisonVerdict.CHOICE, ComparisonVerdict.ALL_BAD)
    for record, said in _chosen(records, not_carried, with_quarantined, verdicts):
        order = compared.ranks(record)
        for place, lines in enumerate(said):
            yield LabelledCompletion(
                prompt=lines[:1],
                completion=lines[1:],
                label=order.get(place) == 0,
                participant_id=record.participant_id,
                simulated=record.simulated,
            )


def _judged(
    records: Iterable[Comparison], not_carried: Counter[str], with_quarantined: bool
) -> Iterator[Comparison]:
    for record in compared.counting(records, not_carried, with_quarantined=with_quarantined):
        count_present(record, _LOST, not_carried)
        details: Counter[str] = Counter()
        for exchange in record.exchanges:
            for answer in exchange.answers:
                count_present(answer, _OF_ANSWER, details)
                add(details, "n_words_cut", answer.n_words_cut > 0)
        for name, n in details.items():
            add(not_carried, f"answer.{name}", n)
        yield record


def _chosen(
    records: Iterable[Any],
    not_carried: Counter[str],
    with_quarantined: bool,
    verdicts: tuple[ComparisonVerdict, ...] = (ComparisonVerdict.CHOICE,),
) -> Iterator[tuple[Comparison, list[list[ChatLine]]]]:
    """(record, its conversations by place) of those with such a verdict; the others are counted."""
    surveys = _Surveys(not_carried)
    for record in _judged(surveys.without(records), not_carried, with_quarantined):
        if record.verdict not in verdicts:
            not_carried[NO_PREFERENCE] += 1
        elif (said := compared.conversations(record)) is None:
            not_carried[NO_TEXT] += 1
        else:
            yield record, said
    surveys.end()


class _Surveys:
    """What judges said in surveys, and how many answers went along with no battle."""

    def __init__(self, not_carried: Counter[str]) -> None:
        self._not_carried = not_carried
        self._said: dict[str, dict[str, str]] = defaultdict(dict)
        self._unused: Counter[str] = Counter()

    def without(self, records: Iterable[Any]) -> Iterator[Comparison]:
        """The comparisons among the records; answers are kept."""
        for record in records:
            if isinstance(record, Answer):
                self._keep(record)
            else:
                yield record

    def groups(self, person: str) -> dict[str, str]:
        """Question -> answer of one person, as text; from now on they count as carried."""
        self._unused.pop(person, None)
        return self._said.get(person, {})

    def end(self) -> None:
        """Count the answers that were not used."""
        add(self._not_carried, ANSWERS, self._unused.total())

    def _keep(self, record: Answer) -> None:
        inner: Counter[str] = Counter()
        for name, value in plain({record.question_id: record.value}, inner):
            if value is not None:
                known = f"survey_{name}" if name in _GROUPS else name
                self._said[record.participant_id][known] = str(value)
        if inner:
            self._not_carried[INNER] += 1
        else:
            self._unused[record.participant_id] += 1


def _of_release(of_talks: Step, of_comparisons: Step) -> Step:
    """Both the conversations and the comparisons of a release, as its stream brings them."""

    def convert(records: Iterable[Any], not_carried: Counter[str]) -> Iterator[Any]:
        # Conversations come first and can only count the answers, so these wait for the first
        # comparison; where there is none they are counted.
        answers: list[Answer] = []
        rest = iter(records)
        first: list[Comparison] = []

        def talks() -> Iterator[Any]:
            for record in rest:
                if isinstance(record, Comparison):
                    first.append(record)
                    return
                if isinstance(record, Answer):
                    answers.append(record)
                else:
                    yield record

        yield from of_talks(talks(), not_carried)
        if first:
            yield from of_comparisons(chain(answers, first, rest), not_carried)
        else:
            add(not_carried, ANSWERS, len(answers))

    return convert


_JUDGED = (
    *(UNJUDGED, f"{SET_ASIDE}<rule>", *_LOST),
    *(f"answer.{name}" for name in (*_OF_ANSWER, "n_words_cut")),
)
_SAID = (NO_PREFERENCE, NO_TEXT)
_OF_COMPARISONS: dict[Content, tuple[Step, tuple[str, ...]]] = {
    "battles": (to_battles, ()),
    "pairs": (to_pairs, (*_SAID, EQUAL)),
    "dialogues": (to_dialogues, (*_SAID, NOT_PREFERRED)),
    "labelled": (to_labelled, _SAID),
}
for _target, (_convert, _reasons) in _OF_COMPARISONS.items():
    register_converter(Converter("comparisons", _target, _convert, (*_JUDGED, *_reasons)))
    _of_talks, _talk_reasons = STEPS[_target]
    register_converter(
        Converter(
            "release",
            _target,
            _of_release(_of_talks, _convert),
            (*NOT_IN_A_TALK, *OTHER_RECORDS, INNER, *_talk_reasons, *_JUDGED, *_reasons),
        )
    )
