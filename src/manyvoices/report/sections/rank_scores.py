"""Items on what the form of an answer does to its score: Table 27 of PRISM, and refusals."""

from __future__ import annotations

from matplotlib.figure import Figure

from manyvoices.analyse.ranks import FEATURES, RankAnalysis, Refusals, ScoreModel, TextFeatures
from manyvoices.analyse.ranks.features import LABELS
from manyvoices.analyse.ranks.score_models import WITHIN, by_feature
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, wrapped
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.marks import intervals_made
from manyvoices.report.palette import QUIET, SERIES
from manyvoices.report.section import Item

_COLOURS, _MARKERS = (QUIET, *SERIES), "osD^"

_PER = 100
"""Characters for which the effect of length is shown: one character moves nothing."""


def score_items(result: RankAnalysis) -> tuple[Item, ...]:
    """Regressions of the score; what becomes of refusals."""
    found = result.features
    if found is None:
        return ()
    refused = () if found.refusals is None else (_refusals(result, found.refusals),)
    return (_effects(found), *refused)


def _effects(found: TextFeatures) -> Item:
    last = found.models[-1]
    sure = [e for e in last.effects if e.feature != "const" and (e.low > 0 or e.high < 0)]
    title = "No feature of the form surely moves the score"
    if sure:
        most = sorted(sure, key=lambda e: -abs(e.coef * (_PER if "length" in e.feature else 1)))[:3]
        said = [f"{LABELS[e.feature].lower()} ({_points(e.feature, e.coef)})" for e in most]
        title = f"With conversation and model held fixed, what moves the score: {listed(said)}"
        if last.name != WITHIN:
            title = f"What goes with the score: {listed(said)}"
    left = sorted({LABELS[name] for one in found.models for name in one.left_out if name in LABELS})
    return Item(
        name="ranks-score-regression",
        title=title,
        n=f"{number(last.n)} opening answers of {number(last.n_people)} participants",
        method=(
            "Least squares of the score on the features together: points of score for "
            f"{_PER} characters, or for having the feature. First as PRISM’s (its detection, "
            "classical errors); then with our detection and errors that let the answers of one "
            "participant depend on each other; then with a dummy per model, within participants; "
            "and within conversations, so that person, prompt and topic are held fixed. "
            "Intervals: 95%, from t."
        ),
        source="PRISM, Table 27",
        drawing=Drawing(
            "ranks-score-regression", "", "", f"{title}.", lambda width: _draw_effects(found, width)
        ),
        table=_effects_table(found),
        notes=(f"Constant in these answers, so left out: {listed(left)}.",) if left else (),
    )


def _points(feature: str, coef: float) -> str:
    value = coef * (_PER if feature == "text_length" else 1)
    text = number(value, 1)
    return f"{text} per {_PER} characters" if feature == "text_length" else text


def _draw_effects(found: TextFeatures, width: float) -> Figure:
    shown = [name for name in FEATURES if any(name in by_feature(m) for m in found.models)]
    figure = new_figure(width, 1.45 + 0.58 * max(len(shown), 1))
    axes = figure.subplots()
    room = 30 if width >= WIDE else 15
    labels = [LABELS[n] + (f" (per {_PER})" if n == "text_length" else "") for n in shown]
    rows_axes(axes, [wrapped(one, room) for one in labels])
    axes.axvline(0, color=QUIET, linewidth=0.9, linestyle=(0, (1, 2)))
    for i, model in enumerate(found.models):
        effects = by_feature(model)
        for y, name in enumerate(shown):
            if name not in effects:
                continue
            scale, at = (_PER if name == "text_length" else 1), y + 0.19 * (i - 1.5)
            e = effects[name]
            axes.plot([scale * e.low, scale * e.high], [at, at], color=_COLOURS[i], linewidth=1.8)
            axes.plot(scale * e.coef, at, _MARKERS[i], color=_COLOURS[i], markersize=4.5)
        axes.plot([], [], _MARKERS[i], color=_COLOURS[i], markersize=4.5, linewidth=1.8,
                  linestyle="-", label=model.name)  # fmt: skip
    figure.legend(loc="outside upper left", frameon=False, fontsize=8)
    axes.locator_params(axis="x", nbins=8 if width >= WIDE else 4)
    axes.set_xlabel("points of score")
    return figure


def _effects_table(found: TextFeatures) -> DataTable:
    rows: list[tuple[str, ...]] = []
    heads = set()
    for model in found.models:
        heads.add(len(rows))
        rows.append(
            (model.name, f"n = {number(model.n)}", f"R² = {number(model.r2, 3)}", "", "", "")
        )
        rows += _rows(model)
    return DataTable(
        name="ranks-score-regression",
        title="Score on features of the answer",
        header=("", "Points", "Error", "t", "p", "95% interval"),
        rows=tuple(rows),
        heads=frozenset(heads),
        note="Length per character. R² of the last two: within participants, within conversations.",
    )


def _rows(model: ScoreModel) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for e in model.effects:
        digits = 4 if e.feature == "text_length" else 2
        found.append(
            (LABELS.get(e.feature, "Constant"), number(e.coef, digits), number(e.se, digits),
             number(e.t, 2), "< 0.001" if e.p < 0.001 else number(e.p, 3),
             interval(e.low, e.high, digits))
        )  # fmt: skip
    found += [(LABELS.get(name, name), GAP, GAP, GAP, GAP, GAP) for name in model.left_out]
    return found


def _refusals(result: RankAnalysis, found: Refusals) -> Item:
    chosen = found.refuser_chosen
    lot = found.by_chance
    how = "less often than" if chosen.high < lot else "more often than" if chosen.low > lot else (
        "as often as"
    )  # fmt: skip
    words = {
        "non_refuser_chosen": "An answer that does not refuse is chosen",
        "refuser_chosen_alone": "The only refuser is chosen",
        "refuser_chosen_with_others": "One of several refusers is chosen",
    }
    return Item(
        name="ranks-refusals",
        title=(
            f"A refusal is chosen in {share(chosen.value)} of the turns that show one, {how} "
            f"chance would ({share(lot)})"
        ),
        n=f"{number(found.n_with_refuser)} of {number(found.n_turns)} opening turns show a refusal",
        method=(
            "Turns with at least one answer that holds a refusal, by whether a refuser was chosen. "
            f"Refuser chosen: {share(chosen.low)} to {share(chosen.high)}, from "
            f"{intervals_made(result.resampling)}. By chance: if one of the shown answers were "
            "chosen by lot."
        ),
        source="PRISM, appendix T.8 (H6)",
        table=DataTable(
            name="ranks-refusals",
            title="Turns with a refusal",
            header=("", "Turns", "Share"),
            rows=tuple(
                (words[name], number(n), share(n / found.n_with_refuser))
                for name, n in found.outcomes
            ),
        ),
    )
