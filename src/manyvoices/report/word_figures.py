"""Figures about words: lengths of texts, usual runs of words, what tells groups apart."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from manyvoices.analyse.language_use import (
    Elsewhere,
    FieldWords,
    Gram,
    KindAdjectives,
    KindGrams,
    Lengths,
    WordContrast,
)
from manyvoices.report.canvas import WIDE, Drawing, new_figure, rows_axes, shortened
from manyvoices.report.formats import number
from manyvoices.report.palette import ACCENT, LINE, QUIET, TINT

_RUNS = ("single words", "two words", "three words")
_WORDS_SHOWN = 4


def lengths_figure(name: str, rows: Sequence[Lengths], alt: str) -> Drawing:
    """The middle half, the median and the mean of the words of each kind of text."""

    def draw(width: float) -> Figure:
        figure = new_figure(width, 0.75 + 0.36 * len(rows))
        axes = figure.subplots()
        rows_axes(axes, [shortened(row.label, 30 if width >= WIDE else 17) for row in rows])
        for y, row in enumerate(rows):
            found = row.words
            axes.plot([found.q25, found.q75], [y, y], color=LINE, linewidth=7)
            axes.plot([found.median] * 2, [y - 0.2, y + 0.2], color=QUIET, linewidth=1.6)
            axes.plot([found.low, found.high], [y, y], color=ACCENT, linewidth=1.8)
            axes.plot(found.mean, y, "o", color=ACCENT, markersize=5.5)
        axes.set_xlim(left=0)
        axes.set_xlabel("words of a text")
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def grams_figure(name: str, found: KindGrams, alt: str) -> Drawing:
    """Three panels: the share of people who use each of the most used runs."""
    panels = [(title, grams) for title, grams in zip(_RUNS, found.grams, strict=True) if grams]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        rows = max(len(grams) for _, grams in panels)
        size = (1, len(panels)) if wide else (len(panels), 1)
        height = 0.85 + 0.25 * rows
        figure = new_figure(width, height if wide else height * len(panels))
        grid = figure.subplots(*size, squeeze=False)
        for axes, (title, grams) in zip(grid.flat, panels, strict=True):
            _gram_rows(axes, grams, 19 if wide else 26)
            axes.set_title(title)
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _gram_rows(axes: Axes, grams: Sequence[Gram], room: int) -> None:
    labels = [shortened(gram.text, room) + (" *" if gram.one_person else "") for gram in grams]
    rows_axes(axes, labels)
    for y, gram in enumerate(grams):
        axes.barh(y, 100 * gram.share, height=0.6, color=TINT)
        axes.plot([100 * gram.low, 100 * gram.high], [y, y], color=ACCENT, linewidth=1.6)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 50, 100])
    axes.set_xlabel("% of people")


def adjectives_figure(name: str, found: Sequence[KindAdjectives], alt: str) -> Drawing:
    """Adjectives of each kind of text, by the share of people who use them."""

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        size = (1, len(found)) if wide else (len(found), 1)
        rows = max(len(one.rows[:12]) for one in found)
        height = 0.85 + 0.25 * rows
        figure = new_figure(width, height if wide else height * len(found))
        grid = figure.subplots(*size, squeeze=False)
        for axes, one in zip(grid.flat, found, strict=True):
            rows_axes(axes, [shortened(row.word, 15 if wide else 24) for row in one.rows[:12]])
            for y, row in enumerate(one.rows[:12]):
                axes.barh(y, 100 * row.share, height=0.6, color=TINT)
                axes.plot([100 * row.low, 100 * row.high], [y, y], color=ACCENT, linewidth=1.6)
            axes.set_xlim(left=0)
            axes.set_xlabel("% of people")
            axes.set_title(shortened(one.label, 20 if wide else 40))
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def groups_figure(name: str, field: FieldWords, alt: str) -> Drawing:
    """Words that surely differ, of each group, with intervals of their log-odds."""
    rows = [(group, word) for group in field.groups for word in group.words[:_WORDS_SHOWN]]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        heads = [group for group in field.groups if group.words]
        figure = new_figure(width, 0.7 + 0.245 * (len(rows) + len(heads)))
        axes = figure.subplots()
        labels: list[str] = []
        for group in heads:
            axes.text(
                0,
                len(labels),
                f" {shortened(group.level, 50 if wide else 30)}",
                va="center",
                fontsize=9,
                fontweight="bold",
            )
            labels.append("")
            for word in group.words[:_WORDS_SHOWN]:
                _odds(axes, word, len(labels))
                labels.append(shortened(word.word, 26 if wide else 16))
        rows_axes(axes, labels)
        axes.axvline(0, color=QUIET, linewidth=0.9)
        axes.set_xlabel("log-odds against all others")
        axes.set_xlim(left=min(0, axes.get_xlim()[0]))
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def elsewhere_figure(name: str, found: Elsewhere, alt: str) -> Drawing:
    """Words used more here above, words used more there below."""
    sides = (("more here", found.more_here, 1), (f"more in {found.name}", found.more_there, -1))
    shown = [(title, words, sign) for title, words, sign in sides if words]

    def draw(width: float) -> Figure:
        wide = width >= WIDE
        heights = [0.5 + 0.245 * len(words) for _, words, _ in shown]
        figure = new_figure(width, 0.45 + sum(heights))
        grid = figure.subplots(len(shown), 1, sharex=True, squeeze=False, height_ratios=heights)
        for axes, (title, words, sign) in zip(grid[:, 0], shown, strict=True):
            rows_axes(axes, [shortened(word.word, 26 if wide else 16) for word in words])
            for y, word in enumerate(words):
                _odds(axes, word, y, sign)
            axes.axvline(0, color=QUIET, linewidth=0.9)
            axes.set_title(shortened(title, 60 if wide else 34))
        grid[-1, 0].set_xlabel("log-odds, above 0: more here")
        return figure

    return Drawing(name=name, title="", caption="", alt=alt, draw=draw)


def _odds(axes: Axes, word: WordContrast, y: float, sign: int = 1) -> None:
    axes.plot([sign * word.low, sign * word.high], [y, y], color=ACCENT, linewidth=1.8)
    axes.plot(sign * word.log_odds, y, "o", color=ACCENT, markersize=5.5)
    axes.text(
        1.01,
        y,
        f"{number(word.n_people)} people",
        transform=axes.get_yaxis_transform(),
        va="center",
        color=QUIET,
        fontsize=8,
    )
