"""The console's pages about comparisons: how far they are, which votes there are, one of them."""

from __future__ import annotations

import string
import uuid
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from manyvoices.collect.comparisons import console_queries as queries
from manyvoices.collect.comparisons import setting_aside, vote_words
from manyvoices.collect.comparisons.calls import calls_by_model
from manyvoices.collect.comparisons.models import Comparison, Look, SideAnswer
from manyvoices.collect.comparisons.stopping import ENOUGH_PEOPLE, TOO_FEW
from manyvoices.collect.comparisons.vote_queries import votes_by_rule
from manyvoices.collect.console.access import Ability, StaffRequest, allowed
from manyvoices.collect.console.contexts_lists import Pager
from manyvoices.collect.console.downloads import csv_file, note_download
from manyvoices.collect.console.numbers import number
from manyvoices.collect.console.presenting import words
from manyvoices.collect.console.presenting.sheets import written
from manyvoices.collect.studies.models import Study
from manyvoices.collect.texts import answer_html
from manyvoices.schema.comparisons import ComparisonVerdict

PAGE_SIZE = 50


@dataclass(frozen=True)
class LookView:
    """What is known of a pair, in words."""

    pair: str
    simulated: bool
    n: int
    decision: str
    low: str
    high: str


@dataclass(frozen=True)
class SideRow:
    """One answer as the person saw it, and the model that they did not see."""

    label: str
    model: str
    html: str
    trouble: str
    facts: list[tuple[str, str]]


@require_safe
@allowed(Ability.PROGRESS)
def comparisons(request: StaffRequest, found: Study) -> HttpResponse:
    """Counts by pair of models and by category, and what the stopping rule says."""
    counted = queries.groups(found.pk)
    opens = Ability.TEXTS in request.abilities
    page = {
        "pairs": [(*key, row) for key, row in queries.by_pair(counted).items()],
        "categories": [(*key, row) for key, row in queries.by_category(counted).items()],
        "looks": [_look(look) for look in queries.looks(found.pk)],
        "batches": [_batch(batch) for batch in queries.batches(found)],
        "votes": vote_words.counts_views(votes_by_rule(found.pk)),
        "calls": [
            (*key, calls, [(words.failure(kind), n) for kind, n in sorted(calls.failures.items())])
            for key, calls in calls_by_model(found.pk).items()
        ],
        "opens": opens,
        "counted_at": timezone.now(),
    }
    if opens:
        page |= _listed(request, found)
    return render(request, "console/comparisons.html", {"page": page, "study": found})


def _batch(found: queries.Batch) -> str:
    """How far a batch is that says what is asked next."""
    return _(
        "What is asked follows a batch: %(given)s of the %(wanted)s comparisons that it wants were"
        " handed out. In %(share)s percent of the draws chance decides."
    ) % {
        "given": number(found.n_given),
        "wanted": number(found.n_wanted),
        "share": number(round(100 * found.exploration)),
    }


def _listed(request: StaffRequest, found: Study) -> dict[str, object]:
    aside = request.GET.get("aside") == "1"
    rows = Paginator(queries.listed(found.pk, aside=aside), PAGE_SIZE)
    here = rows.get_page(request.GET.get("page"))
    kept = "&aside=1" if aside else ""

    def to(at: int, there: bool) -> str:
        return f"?page={at}{kept}" if there else ""

    pager = Pager(
        first=here.start_index(),
        last=here.end_index(),
        total=rows.count,
        newer_url=to(here.number - 1, here.has_previous()),
        older_url=to(here.number + 1, here.has_next()),
    )
    rows_here = [(row, verdict_words(row), vote_words.rule_words(row.quarantined)) for row in here]
    return {"rows": rows_here, "pager": pager, "aside": aside}


@require_safe
@allowed(Ability.PROGRESS)
def sheet(request: StaffRequest, found: Study, name: str) -> HttpResponse:
    """The counts as CSV: nothing of any person."""
    counted = queries.groups(found.pk)
    if name == "pairs":
        lines = queries.pair_lines(queries.by_pair(counted))
    elif name == "categories":
        lines = queries.category_lines(queries.by_category(counted))
    else:
        raise Http404("no such table")
    note_download(request, found, f"comparisons by {name}")
    return csv_file(written(lines), f"{found.pk}-comparisons-{name}.csv")


@require_safe
@allowed(Ability.TEXTS)
def comparison(request: StaffRequest, found: Study, key: uuid.UUID) -> HttpResponse:
    """One comparison as the person saw it, with the names that they did not see."""
    return _show(request, found, _find(found, key))


@require_POST
@allowed(Ability.MODERATE)
def decide(request: StaffRequest, found: Study, key: uuid.UUID) -> HttpResponse:
    """Set a vote aside, or give it back."""
    row, typed = _find(found, key), request.POST.get("reason", "")
    gives_back = request.POST.get("action") == "give_back"
    act = setting_aside.give_back if gives_back else setting_aside.set_aside
    by = request.user.get_username()
    try:
        act(comparison=row, reason=typed, by=by, now=timezone.now())
    except setting_aside.VoteRefused as refused:
        return _show(request, found, row, problem=str(refused), typed=typed)
    return redirect("comparing:comparison", found.pk, key)


def _find(found: Study, key: uuid.UUID) -> Comparison:
    row = queries.one(found.pk, key)
    if row is None:
        raise Http404("no such comparison in this study")
    return row


def _show(
    request: StaffRequest, found: Study, row: Comparison, *, problem: str = "", typed: str = ""
) -> HttpResponse:
    may_decide = Ability.MODERATE in request.abilities
    page = {
        "row": row,
        "verdict": verdict_words(row),
        "order": order_words(row),
        "reasons": ", ".join(row.reasons),
        "evidence": vote_words.figures(row.evidence),
        "aside": vote_words.rule_words(row.quarantined),
        "deciding": vote_words.deciding(row, may_decide=may_decide, problem=problem, typed=typed),
        "exchanges": [
            (exchange, [_side(row, a, exchange.attempt) for a in exchange.answers.all()])
            for exchange in row.exchanges.all()
        ],
    }
    context = {"page": page, "study": found}
    return render(request, "console/comparison.html", context, status=422 if problem else 200)


def _label(place: int) -> str:
    return _("Answer %(letter)s") % {"letter": string.ascii_uppercase[place]}


def _side(row: Comparison, answer: SideAnswer, attempt: int) -> SideRow:
    tokens = (answer.prompt_tokens, answer.completion_tokens)
    facts = [
        (_("Reported version"), answer.model_version or ""),
        (_("Latency"), words.latency(answer.latency_ms)),
        (_("Ended by"), answer.finish_reason or ""),
        (_("Language"), answer.language or ""),
        (_("Tokens read"), "" if tokens[0] is None else number(tokens[0])),
        (_("Tokens written"), "" if tokens[1] is None else number(tokens[1])),
        (_("Attempt"), "" if attempt == 1 else number(answer.attempt)),
    ]
    return SideRow(
        label=_label(answer.position),
        model=row.models[answer.position],
        html=answer_html(answer.text or ""),
        trouble=words.failure(answer.failure) if answer.failure else "",
        facts=[(name, value) for name, value in facts if value],
    )


def verdict_words(row: Comparison) -> str:
    """What a comparison came to."""
    known = {
        None: _("not judged yet"),
        ComparisonVerdict.CHOICE.value: _("a choice"),
        ComparisonVerdict.TIE.value: _("equally good"),
        ComparisonVerdict.ALL_BAD.value: _("all bad"),
        ComparisonVerdict.CANNOT_JUDGE.value: _("could not judge"),
        ComparisonVerdict.FAILED.value: _("failed: an answer was missing"),
    }
    return known.get(row.verdict, row.verdict or "")


def order_words(row: Comparison) -> str:
    """The order by letters, best first: ``B, A = C``."""
    letters = string.ascii_uppercase
    return ", ".join(" = ".join(letters[place] for place in group) for group in row.order or ())


def _look(look: Look) -> LookView:
    decisions = {
        TOO_FEW: _("too few people for a look"),
        "open": _("not decided yet"),
        "a": _("%(model)s is preferred") % {"model": look.first},
        "b": _("%(model)s is preferred") % {"model": look.second},
        "equal": _("as good as equal"),
        ENOUGH_PEOPLE: _("as many people as the study allows, without a decision"),
    }
    return LookView(
        pair=f"{look.first} / {look.second}",
        simulated=look.simulated,
        n=look.n,
        decision=decisions.get(look.decision, look.decision),
        low=number(100 * look.low, 1),
        high=number(100 * look.high, 1),
    )
