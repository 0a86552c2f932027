"""Comparisons as their templates see them: letters for models, by place."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from manyvoices.collect.comparisons import queries
from manyvoices.collect.comparisons.contexts import (
    AwaitPage,
    CardView,
    ChoiceView,
    Earlier,
    ExchangeView,
    FollowingPage,
    Header,
    JudgePage,
    NamedSide,
    NamesPage,
    ReasonsView,
    SideView,
    TagView,
)
from manyvoices.collect.comparisons.forms import MAX_REASON, offered
from manyvoices.collect.comparisons.models import Comparison, Exchange, SideAnswer
from manyvoices.collect.conversations.presenting import poll_ms
from manyvoices.collect.people.models import Draft, Participant
from manyvoices.collect.texts import answer_html, study_html
from manyvoices.collect.views import draft_url, last
from manyvoices.design.comparisons.stage import ComparisonsStage
from manyvoices.schema.comparisons import ComparisonVerdict

Posted = Mapping[str, Sequence[str]]

_CHOICES = {
    ComparisonVerdict.TIE: gettext_noop("They are equally good"),
    ComparisonVerdict.ALL_BAD: gettext_noop("Both are bad"),
    ComparisonVerdict.CANNOT_JUDGE: gettext_noop("I cannot judge this"),
}
_PLACES = (
    gettext_noop("first"),
    gettext_noop("second"),
    gettext_noop("third"),
    gettext_noop("fourth"),
    gettext_noop("fifth"),
)


def form_name(comparison: Comparison) -> str:
    """The name under which the draft of a verdict is kept."""
    return f"compare-{comparison.stage}-{comparison.number}"


def header(participant: Participant, stage: int, rule: ComparisonsStage) -> Header:
    """Which comparison this is of how many; those that failed do not count."""
    done = queries.n_counted(participant, stage)
    # Beyond the count there is no number left to reach.
    total = rule.count if done < rule.count else rule.at_most
    return Header(
        question=rule.label,
        guidance=study_html(rule.guidance),
        number=min(done + 1, total),
        total=total,
    )


def side_view(answer: SideAnswer) -> SideView:
    """An answer under the letter of its place."""
    letter = string.ascii_uppercase[answer.position]
    return SideView(
        position=answer.position,
        letter=letter,
        label=_("Answer %(letter)s") % {"letter": letter},
        text_html=answer_html(answer.text or ""),
    )


def exchange_view(exchange: Exchange) -> ExchangeView:
    """A message with the answers to it; they need to be loaded."""
    return ExchangeView(exchange.prompt, [side_view(a) for a in queries.shown(exchange)])


def earlier(comparison: Comparison, rule: ComparisonsStage) -> list[Earlier]:
    """What the prompt set says was said before."""
    item = queries.prompt_item(comparison, rule)
    return [
        Earlier(index % 2 == 0, text, answer_html(text))
        for index, text in enumerate(item.earlier if item else ())
    ]


def judge_page(
    comparison: Comparison,
    rule: ComparisonsStage,
    *,
    posted: Posted | None,
    errors: dict[str, str] | None = None,
    is_asked_back: bool = False,
    loaded: list[Exchange] | None = None,
    above: Header | None = None,
) -> JudgePage:
    """The form, filled from what was posted, or else from the draft.

    `loaded`, `above`: the exchanges with their answers and the header, where they are known.
    """
    participant, form, saved_at = comparison.participant, form_name(comparison), None
    if posted is None:
        draft = Draft.objects.filter(participant=participant, form=form).first()
        posted = dict(draft.fields) if draft else {}
        saved_at = draft.saved_at if draft else None
    loaded = queries.exchanges_with_answers(comparison) if loaded is None else loaded
    exchanges = [exchange_view(exchange) for exchange in loaded]
    n_sides, errors = len(comparison.models), errors or {}
    cards = _cards(exchanges[-1].sides, posted, errors) if n_sides > 2 else []
    return JudgePage(
        header=above or header(participant, comparison.stage, rule),
        earlier=earlier(comparison, rule),
        exchanges=exchanges,
        lang=comparison.language or "",
        is_own=comparison.prompt_id is None,
        choices=[] if cards else _choices(exchanges[-1].sides, rule, posted),
        cards=cards,
        places=list(range(1, len(cards) + 1)),
        place_words=json.dumps([_(word) for word in _PLACES[: len(cards)]]),
        moved=last(posted, "moved"),
        offers_tie=rule.tie,
        offers_all_bad=rule.all_bad,
        offers_cannot_judge=rule.cannot_judge,
        all_bad=bool(last(posted, "all-bad")),
        cannot_judge=bool(last(posted, "cannot-judge")),
        is_asked_back=is_asked_back,
        reasons=_reasons(rule, posted),
        draft_url=draft_url(participant, form),
        draft_saved_at=saved_at,
        errors=errors,
    )


def _choices(sides: Sequence[SideView], rule: ComparisonsStage, posted: Posted) -> list[ChoiceView]:
    """What can be said of two, each with its key: 1 and 2 for the answers, 0 for "cannot judge"."""
    better = {str(s.position): _("%(answer)s is better") % {"answer": s.label} for s in sides}
    values = better | {verdict.value: _(_CHOICES[verdict]) for verdict in offered(rule)}
    given = last(posted, "verdict")
    return [
        ChoiceView(
            value=value,
            label=label,
            input_id=f"verdict-{index}",
            digit=0 if value == ComparisonVerdict.CANNOT_JUDGE else index + 1,
            checked=value == given,
        )
        for index, (value, label) in enumerate(values.items())
    ]


def _cards(sides: Sequence[SideView], posted: Posted, errors: Mapping[str, str]) -> list[CardView]:
    allowed = {str(n) for n in range(1, len(sides) + 1)}
    cards = []
    for side in sides:
        name = f"place-{side.position}"
        given = last(posted, name).strip()
        place = given if given in allowed else ""
        cards.append(CardView(side, name, place, errors.get(name, "")))
    return cards


def _reasons(rule: ComparisonsStage, posted: Posted) -> ReasonsView:
    chosen = posted.get("reason", ())
    return ReasonsView(
        label=rule.reasons.label,
        tags=[
            TagView(tag.id, tag.label, f"reason-{index}", tag.id in chosen)
            for index, tag in enumerate(rule.reasons.tags)
        ],
        asks_text=rule.reasons.text != "none",
        is_required=rule.reasons.text == "required",
        text=last(posted, "reason-text"),
        max_length=MAX_REASON,
    )


def await_page(
    comparison: Comparison, rule: ComparisonsStage, exchange: Exchange, *, now: datetime
) -> AwaitPage:
    """Answers are being written, or have not come."""
    answers = queries.shown(exchange)
    settled = sum(answer.is_settled for answer in answers)
    in_time = exchange.deadline_at is None or now < exchange.deadline_at
    place = [comparison.participant.study_id, comparison.stage, comparison.number]
    return AwaitPage(
        header=header(comparison.participant, comparison.stage, rule),
        earlier=earlier(comparison, rule),
        prompt=exchange.prompt,
        lang=comparison.language or "",
        asked=len(answers),
        settled=settled,
        is_waiting=in_time and settled < len(answers),
        progress_url=f"{reverse('comparisons:progress', args=place)}?have={settled}",
        poll_ms=poll_ms(now - exchange.created_at),
        is_own=comparison.prompt_id is None,
    )


def following_page(participant: Participant, stage: int, rule: ComparisonsStage) -> FollowingPage:
    """What comes next in the stage."""
    verdicts = queries.verdicts(participant, stage)
    n_judged = sum(v not in (None, ComparisonVerdict.FAILED.value) for v in verdicts)
    return FollowingPage(
        header=header(participant, stage, rule),
        n_sides=rule.side_by_side,
        is_first=not verdicts,
        has_failed=bool(verdicts) and verdicts[-1] == ComparisonVerdict.FAILED,
        is_arena=rule.source == "arena",
        may_end=_may_end(rule, n_judged),
        number=len(verdicts) + 1,
    )


def _may_end(rule: ComparisonsStage, n_judged: int) -> bool:
    return rule.source == "arena" and n_judged >= rule.count


def names_page(
    comparison: Comparison, rule: ComparisonsStage, next_number: int | None
) -> NamesPage:
    """Which model stood where; only after the verdict. `next_number`: of what may follow."""
    assert comparison.verdict is not None, "names are shown after the verdict"
    best = set(comparison.order[0]) if comparison.order else set()
    return NamesPage(
        header=header(comparison.participant, comparison.stage, rule),
        sides=[
            NamedSide(_("Answer %(letter)s") % {"letter": string.ascii_uppercase[place]}, model,
                      place in best)
            for place, model in enumerate(comparison.models)
        ],
        verdict=comparison.verdict,
        stage=comparison.stage,
        next_number=next_number,
        may_end=_may_end(rule, queries.n_counted(comparison.participant, comparison.stage)),
    )  # fmt: skip
