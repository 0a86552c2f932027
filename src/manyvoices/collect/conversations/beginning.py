"""How calls of models begin, whatever page waits for their answers: several jobs at once.

What is asked is read with a few statements for all. Most calls need no write before they are made;
where they do, since the runner is late or nobody waits any more, the writes share a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist

from manyvoices.collect.jobs import leases
from manyvoices.collect.jobs.models import Job
from manyvoices.collect.jobs.together import Outcome, store_together
from manyvoices.llm import FailureKind, ResponderError

MAX_LEASES = 3
"""A call that was cut short this often, because the server was stopped, is not made again."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A job whose work begins, and when."""

    job: Job
    now: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What the begin of one job comes to, and what has to be written before."""

    outcome: Outcome
    """Its value is what to ask; None where nobody waits any more."""
    write: Callable[[], object] | None = None


def begin_all(
    beginnings: Sequence[Beginning],
    rows: Mapping[str, Row],
    plan: Callable[[Row, Beginning], Plan],
) -> list[Outcome]:
    """Begin each job as `plan` says of its row (`rows`: by the job's key); one that raises, or has
    no row, keeps no other from beginning."""
    plans = [_guarded(plan, beginning, rows) for beginning in beginnings]
    stored = iter(store_together([one.write for one in plans if one.write is not None]))
    return [_begun(one, next(stored) if one.write else one.outcome) for one in plans]


def _guarded(
    plan: Callable[[Row, Beginning], Plan], beginning: Beginning, rows: Mapping[str, Row]
) -> Plan:
    try:
        if beginning.job.key not in rows:
            raise ObjectDoesNotExist(f"{beginning.job} is about no answer that is stored")
        return plan(rows[beginning.job.key], beginning)
    except Exception as error:
        return Plan(Outcome(error=error))


def _begun(plan: Plan, stored: Outcome) -> Outcome:
    return stored if stored.error is not None else plan.outcome


def begun(outcomes: Sequence[Outcome]) -> Any:
    """What the one job of `outcomes` is to ask; raises what is wrong with it."""
    (outcome,) = outcomes
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def nobody_waits(beginning: Beginning) -> Plan:
    """The job is over, and nothing is asked."""
    return Plan(Outcome(), partial(leases.settle, job=beginning.job, now=beginning.now))


def given_up(job: Job) -> ResponderError | None:
    """Why a call is not made again; None where it is."""
    if job.attempts <= MAX_LEASES:
        return None
    return ResponderError(FailureKind.ABANDONED, "stopped too often", retryable=False)
