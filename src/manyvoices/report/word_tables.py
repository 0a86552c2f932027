"""Tables about words."""

from __future__ import annotations

from collections.abc import Sequence

from manyvoices.analyse.language_use import (
    Elsewhere,
    FieldWords,
    KindAdjectives,
    KindGrams,
    Lengths,
    WordContrast,
)
from manyvoices.report.data_table import GAP, DataTable
from manyvoices.report.formats import interval, number, share


def lengths_table(name: str, rows: Sequence[Lengths]) -> DataTable:
    """PRISM's table 11, with characters, sentences and people."""
    header = (
        *("Text", "Texts", "People", "Mean words", "Interval", "Std", "Min", "25%", "50%", "75%"),
        *("Max", "Median characters", "Mean sentences", "Words in all", "Different words"),
    )
    shown = tuple(
        (
            row.label,
            number(row.n),
            number(row.n_people),
            number(row.words.mean, 1),
            interval(row.words.low, row.words.high, 1),
            *(
                number(round(value)) if value == value else GAP
                for value in (
                    *(row.table.sd, row.table.low, row.table.q25, row.table.median),
                    *(row.table.q75, row.table.high),
                )
            ),
            number(row.characters.median),
            number(row.sentences.mean, 1),
            number(row.n_words),
            number(row.n_different),
        )
        for row in rows
    )
    return DataTable(name, "How long texts are", header, shown)


def grams_table(name: str, found: KindGrams) -> DataTable:
    """Runs of one, two and three words, one block below the other."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for n, grams in enumerate(found.grams, start=1):
        heads.add(len(rows))
        rows.append((f"{n} word" + ("s" if n > 1 else ""), "", "", "", "", ""))
        rows += [
            (
                gram.text,
                number(gram.n_uses),
                number(gram.n_people),
                share(gram.share),
                interval(100 * gram.low, 100 * gram.high, 1),
                f"{number(gram.most_by_one)}" + (" (more than half)" if gram.one_person else ""),
            )
            for gram in grams
        ]
    header = ("Words", "Uses", "People", "Share of people", "Interval, %", "Uses by one person")
    return DataTable(name, f"Most used in {found.label}", header, tuple(rows), frozenset(heads))


def groups_table(name: str, fields: Sequence[FieldWords]) -> DataTable:
    """Words of each group, groups one below the other."""
    rows: list[tuple[str, ...]] = []
    heads = set()
    for field in fields:
        for group in field.groups:
            heads.add(len(rows))
            rows.append((f"{field.label}: {group.level}", number(group.n_people), *[""] * 4))
            rows += [_word(word) for word in group.words]
    return DataTable(name, "Words typical of groups", _HEADER, tuple(rows), frozenset(heads))


def elsewhere_table(name: str, found: Elsewhere) -> DataTable:
    """Words used more on either side, and words of one side alone."""
    sides = (("More here", found.more_here), (f"More in {found.name}", found.more_there))
    rows: list[tuple[str, ...]] = []
    heads = set()
    for title, words in sides:
        heads.add(len(rows))
        rows.append((title, *[""] * 5))
        rows += [_word(word) for word in words]
    alone = (("Only here", found.unique_here), (f"Only in {found.name}", found.unique_there))
    for title, unique in alone:
        heads.add(len(rows))
        rows.append((title, *[""] * 5))
        rows += [(word, number(people), number(uses), "", "", "") for word, uses, people in unique]
    return DataTable(
        name, f"Words here and in {found.name}", _HEADER, tuple(rows), frozenset(heads)
    )


_HEADER = ("Word", "People", "Uses", "People, others", "Log-odds (interval)", "z")


def _word(word: WordContrast) -> tuple[str, ...]:
    odds = f"{number(word.log_odds, 2)} ({interval(word.low, word.high, 2)})"
    return (
        word.word,
        number(word.n_people),
        number(word.n_uses),
        number(word.n_people_other),
        odds,
        number(word.z, 1),
    )


def adjectives_table(name: str, found: KindAdjectives) -> DataTable:
    """PRISM's tables 15, 17 and 19: adjectives with windows around them."""
    rows = tuple(
        (
            row.word,
            number(row.n_people),
            share(row.share),
            interval(100 * row.low, 100 * row.high, 1),
            number(row.n_uses),
            number(row.most_by_one),
            " | ".join(f"{s.before} [{s.word}] {s.after}".strip() for s in row.snippets) or GAP,
        )
        for row in found.rows
    )
    header = (
        *("Adjective", "People", "Share", "Interval, %", "Uses", "Uses by one person"),
        "Windows of 5 words on either side",
    )
    return DataTable(name, f"Adjectives in {found.label}", header, rows)
