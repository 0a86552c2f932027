"""Quotas, budget and exits as they are shown, and what of them keeps people out."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from manyvoices.collect.console.contexts import Amount, Check, QuotaRow, Share
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.queries.places import WAITING, Money
from manyvoices.collect.people.models import Participant
from manyvoices.design import Study
from manyvoices.design.quotas import CellState

MOST_NAMED = 6
"""Full cells that a sentence names; the table has them all."""


def quota_rows(cells: Sequence[CellState], spec: Study | None) -> list[QuotaRow]:
    """One row per cell, in the study's order."""
    labels = _labels(spec)
    return [
        QuotaRow(
            label=cell_label(state, labels),
            taken=Share(state.taken, state.cell.limit or 0),
            limited=state.cell.limit is not None,
            complete=state.complete,
            active=state.active,
            target=state.cell.target,
            state=_state(state),
            is_full=state.is_full,
        )
        for state in cells
    ]


def _state(state: CellState) -> str:
    if state.is_filled:
        return _("full, and everybody has finished")
    if state.is_full:
        return _("full: a place may come free")
    return _("target reached, still open") if state.is_on_target else _("open")


def cell_label(state: CellState, labels: dict[tuple[str, str], str] | None = None) -> str:
    """Whom the cell counts, in the words of the study's questions."""
    if not state.cell.where:
        return _("everybody")
    known = labels or {}
    parts = (
        " / ".join(known.get((question, value), value) for value in values)
        for question, values in state.cell.where.items()
    )
    return " · ".join(parts)


def _labels(spec: Study | None) -> dict[tuple[str, str], str]:
    """(question, value) -> what people read."""
    if spec is None:
        return {}
    return {
        (question.id, option.value): option.label
        for _stage, survey in spec.surveys()
        for page in survey.pages
        for question in page.questions
        for option in question.offered()
    }


def amounts(money: Money | None) -> list[Amount]:
    """What the models used, and what the study may use."""
    if money is None:
        return []
    budget = money.budget
    rows = [
        Amount("calls", _("Calls of models"), number(money.n_calls)),
        _tokens("tokens", _("Tokens used"), money.used.tokens),
        _tokens("tokens_at_end", _("Tokens, once all are through"), money.at_the_end.tokens),
        _tokens("tokens_person", _("Tokens per person, expected"), money.person.tokens),
    ]
    if budget is not None and budget.tokens is not None:
        rows.append(_tokens("tokens_limit", _("Tokens, limit"), budget.tokens))
    if not (money.used.picos or money.person.picos or (budget and budget.money is not None)):
        return rows
    unit = budget.currency if budget else ""
    rows += [
        _money("money", _("Cost of models"), money.used.money, unit),
        _money("money_at_end", _("Cost, once all are through"), money.at_the_end.money, unit),
        _money("money_person", _("Cost per person, expected"), money.person.money, unit),
    ]
    if budget is not None and budget.money is not None:
        rows.append(_money("money_limit", _("Cost, limit"), budget.money, unit))
    return rows


def _tokens(name: str, label: str, tokens: int) -> Amount:
    return Amount(name, label, number(tokens))


def _money(name: str, label: str, value: float, unit: str) -> Amount:
    return Amount(name, label, f"{number(value, 2)} {unit}".strip())


def exit_rows(left: dict[str, int]) -> list[tuple[str, str, int]]:
    """(code, words, people) for those who wait and those who left before the end."""
    words = {
        WAITING: _("waiting for a place"),
        Participant.Left.SCREEN_OUT: _("screened out by their answers"),
        Participant.Left.OVER_QUOTA: _("no place left for them"),
        Participant.Left.TIMEOUT: _("out of time"),
        Participant.Left.RETURN: _("gave their place back"),
    }
    known = {str(code): text for code, text in words.items()}
    return [(code, known.get(code, code), n) for code, n in left.items()]


def budget_check(money: Money | None) -> Check | None:
    """Whether there is money for one more person; nothing where there is no limit."""
    if money is None or money.budget is None:
        return None
    if money.has_room:
        return Check(True, _("The budget for models has room for one more person."))
    advice = _(
        "What was used, and what those under way and one more person may need, does not fit into "
        "the limit. Raise the budget in study.yaml and publish it again."
    )
    return Check(False, _("Closed to newcomers by its budget for models."), advice)


def places_check(cells: Sequence[CellState], spec: Study | None) -> Check | None:
    """Which quotas keep people out; nothing where there are none."""
    if not cells:
        return None
    full = [state for state in cells if state.is_full]
    if not full:
        return Check(True, _("Every quota has open places."))
    if any(not state.cell.where for state in full):
        advice = _("Newcomers wait or are sent away. The table of quotas says how many finished.")
        return Check(False, _("Every place of the study is taken."), advice)
    labels = _labels(spec)
    named = [cell_label(state, labels) for state in full[:MOST_NAMED]]
    names = "; ".join(named) + ("; …" if len(full) > MOST_NAMED else "")
    text = ngettext(
        "%(n)s quota is full: %(names)s.", "%(n)s quotas are full: %(names)s.", len(full)
    ) % {"n": number(len(full)), "names": names}
    if len(full) == sum(state.cell.limit is not None for state in cells):
        return Check(False, text, _("Nobody who is counted by a quota is let in any more."))
    return Check(False, text, _("Only people of these groups wait or are sent away."))


def exits_check(left: dict[str, int]) -> Check | None:
    """Whether people stand before the door right now."""
    waiting = left.get(WAITING, 0)
    if not waiting:
        return None
    text = ngettext(
        "%(n)s person is waiting for a place.", "%(n)s people are waiting for a place.", waiting
    ) % {"n": number(waiting)}
    return Check(False, text, _("They are let in when somebody gives a place back."))
