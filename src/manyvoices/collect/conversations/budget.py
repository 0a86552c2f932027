"""What the models of a study have used, and whether there is room for one more person.

Everyone who is let in is promised the whole study, so a study closes to new people before its
budget is passed: what was spent, what those who are under way may still need, and what one more
person may need must fit together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce

from manyvoices.collect.conversations.models import Spending
from manyvoices.collect.people.models import Participant
from manyvoices.collect.studies.models import Study
from manyvoices.design import ConversationsStage, ResponderSpec
from manyvoices.design import Study as StudySpec
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.llm.limits import estimate_tokens

PICOS = 1_000_000
"""A price is per million tokens, so one token costs that many millionths of a millionth."""
ASSUMED_TOKENS = 512
"""Tokens of an answer where neither the study nor the model says how many it may have."""
ASSUMED_MESSAGE_TOKENS = 128
"""Tokens of a person's message where the study does not limit its words."""


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens and money, counted or expected."""

    tokens: int
    picos: int

    @property
    def money(self) -> float:
        """In units of the budget's currency."""
        return self.picos / 1e12


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls for one answer used."""

    n_calls: int
    prompt_tokens: int
    completion_tokens: int

    def picos(self, spec: ResponderSpec) -> int:
        """By the model's prices, rounded up; 0 where it has none."""
        if spec.prices is None:
            return 0
        prompt = self.prompt_tokens * spec.prices.prompt
        completion = self.completion_tokens * spec.prices.completion
        return math.ceil((prompt + completion) * PICOS)


def new_people_allowed(study: Study, now: datetime) -> bool:  # noqa: ARG001
    """Whether one more person fits into the study's budget. True where it has none."""
    budget = study.current.spec.budget
    if budget is None:
        return True
    needed = expected_at_the_end(study, newcomers=1)
    if budget.tokens is not None and needed.tokens > budget.tokens:
        return False
    return budget.money is None or needed.picos <= budget.money * 1e12


def spent(study: Study) -> Used:
    """What has been used so far, rehearsals included: their calls cost the same."""
    total = study.spendings.aggregate(
        tokens=Coalesce(Sum(F("prompt_tokens") + F("completion_tokens")), 0),
        picos=Coalesce(Sum("picos"), 0),
    )
    return Used(tokens=total["tokens"], picos=total["picos"])


def expected_at_the_end(study: Study, *, newcomers: int = 0) -> Used:
    """What will have been used once everybody under way, and `newcomers` more, are through."""
    person = per_person(study)
    under_way = Participant.objects.filter(study=study, completed_at=None).values_list(
        Coalesce(F("spending__prompt_tokens") + F("spending__completion_tokens"), 0),
        Coalesce(F("spending__picos"), 0),
    )
    tokens, picos = newcomers * person.tokens, newcomers * person.picos
    for used_tokens, used_picos in under_way.iterator(chunk_size=2000):
        tokens += max(person.tokens - used_tokens, 0)
        picos += max(person.picos - used_picos, 0)
    so_far = spent(study)
    return Used(tokens=so_far.tokens + tokens, picos=so_far.picos + picos)


def per_person(study: Study) -> Used:
    """What one person is taken to need: as declared, else the most that anyone finished has used,
    else what the protocol's limits allow for in conversations of the least length."""
    spec = study.current.spec
    most = study.spendings.filter(participant__completed_at__isnull=False).aggregate(
        tokens=Max(F("prompt_tokens") + F("completion_tokens")),
        picos=Max("picos"),
    )
    declared = spec.budget.per_person if spec.budget else None
    by_limits = protocol_need(spec)
    tokens = declared.tokens if declared and declared.tokens else None
    picos = math.ceil(declared.money * 1e12) if declared and declared.money is not None else None
    return Used(
        tokens=tokens or most["tokens"] or by_limits.tokens,
        picos=picos if picos is not None else (most["picos"] or by_limits.picos),
    )


def protocol_need(spec: StudySpec) -> Used:
    """Tokens and money of one person by the protocol: each conversation as short as it may be,
    each answer as long as it may be, asked of the dearest models."""
    tokens = picos = 0
    for answers, prompt, completion in _calls_of(spec):
        tokens += answers * (prompt + completion)
        usage = Usage(answers, answers * prompt, answers * completion)
        picos += max((usage.picos(model) for model in spec.models), default=0)
    return Used(tokens=tokens, picos=picos)


def room_beyond_what_is_promised(study: Study) -> bool:
    """Whether somebody who has done their part may do more, so that all others still get through.
    True where there is no budget."""
    budget = study.current.spec.budget
    if budget is None:
        return True
    needed = expected_at_the_end(study)
    if budget.tokens is not None and needed.tokens >= budget.tokens:
        return False
    return budget.money is None or needed.picos < budget.money * 1e12


def _calls_of(spec: StudySpec) -> Iterable[tuple[int, int, int]]:
    """(answers, prompt tokens, completion tokens) of everything that one person asks models."""
    for stage in spec.stages:
        if isinstance(stage, ConversationsStage):
            yield from _calls(stage, spec.models)
        elif isinstance(stage, ComparisonsStage) and stage.source != "outputs":
            yield from _compared(stage, spec.models)


def _compared(
    stage: ComparisonsStage, models: Sequence[ResponderSpec]
) -> Iterable[tuple[int, int, int]]:
    """The same of live comparisons, and of an arena's as far as they are asked for."""
    own = _answer_tokens(stage, models)
    written = 2 * (stage.messages.max_words or 0) or ASSUMED_MESSAGE_TOKENS
    given = (estimate_tokens(" ".join((*p.earlier, p.text))) for p in stage.prompts)
    message = max(given, default=written)
    for turn in range(stage.turns[0] if stage.source == "arena" else 1):
        yield stage.count * stage.side_by_side, message + turn * (message + own), own


def _answer_tokens(
    stage: ConversationsStage | ComparisonsStage, models: Iterable[ResponderSpec]
) -> int:
    limits = [m.max_tokens for m in models if m.max_tokens is not None]
    return stage.answers.max_tokens or (max(limits) if limits else ASSUMED_TOKENS)


def _calls(
    stage: ConversationsStage, models: Iterable[ResponderSpec]
) -> Iterable[tuple[int, int, int]]:
    """(answers, prompt tokens, completion tokens) of each turn of all conversations of a stage."""
    own = _answer_tokens(stage, models)
    message = 2 * (stage.messages.max_words or 0) or ASSUMED_MESSAGE_TOKENS
    for turn in range(stage.continuing.turns[0]):
        answers = stage.opening.responders if turn == 0 else stage.continuing.responses
        yield stage.n_conversations * answers, message + turn * (message + own), own


def record(*, participant: Participant, responder: ResponderSpec, usage: Usage) -> None:
    """Add what an answer used. Call with the participant's row locked."""
    added = {
        "n_calls": usage.n_calls,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "picos": usage.picos(responder),
    }
    rows = Spending.objects.filter(participant=participant)
    if not rows.update(**{name: F(name) + value for name, value in added.items()}):
        Spending.objects.create(participant=participant, study_id=participant.study_id, **added)
