"""The chapter about words: how long texts are, what people and models say, and what tells groups
and data sets apart (PRISM, appendix M, tables 11-20)."""

from __future__ import annotations

from collections.abc import Iterable

from manyvoices.analyse.language_use import (
    KindAdjectives,
    KindGrams,
    Words,
    words_chapter,
)
from manyvoices.analyse.language_use.tokens import METHOD
from manyvoices.report.formats import interval, listed, number, share
from manyvoices.report.section import Chapter, Item, Section
from manyvoices.report.sections.word_differences import elsewhere_items, group_items
from manyvoices.report.word_figures import (
    adjectives_figure,
    grams_figure,
    lengths_figure,
)
from manyvoices.report.word_tables import (
    adjectives_table,
    grams_table,
    lengths_table,
)
from manyvoices.schema.wording import people, plural

_GRAM_SOURCES = {
    "user_prompt": "PRISM, Table 12",
    "model_response": "PRISM, Table 13",
    "system_string": "PRISM, Table 16",
    "self_description": "PRISM, Table 18",
    "open_feedback": "PRISM, Table 20",
}
_ADJECTIVE_SOURCES = {
    "system_string": "PRISM, Table 15",
    "self_description": "PRISM, Table 17",
    "open_feedback": "PRISM, Table 19",
}


def render(found: Words) -> Section:
    """The chapter."""
    items = [
        _lengths(found),
        *(item for one in found.grams for item in _grams(one, found.level)),
        *group_items(found),
        *(elsewhere_items(found.elsewhere, found.level) if found.elsewhere is not None else ()),
        *_adjectives(found),
    ]
    texts = sum(row.n for row in found.lengths)
    words = sum(row.n_words for row in found.lengths)
    differing = sum(group.n_surely for field in found.by_group for group in field.groups)
    compared = sum(len(field.groups) for field in found.by_group)
    lead = f"{number(texts)} texts hold {number(words)} words."
    if compared:
        lead += (
            f" {plural(compared, 'group')} of people were compared with all others in their"
            f" prompts: {plural(differing, 'word')} surely differ in use."
            if differing
            else f" {plural(compared, 'group')} of people were compared with all others in their"
            " prompts: no word surely differs in use."
        )
    return Section(lead=lead, items=tuple(items), notes=found.notes)


def _lengths(found: Words) -> Item:
    longest = max(found.lengths, key=lambda row: row.words.mean)
    title = (
        f"{longest.label.capitalize()} are longest: {number(longest.words.mean)} words on average"
        f" ({interval(longest.words.low, longest.words.high)})"
    )
    return Item(
        name="words-lengths",
        title=title,
        n=f"{number(sum(row.n for row in found.lengths))} texts",
        method=(
            f"Dot and line: mean and its {found.level:.0%} interval from"
            f" {number(found.n_resamples)} resamples of whole people; tick: median; pale bar: the"
            " middle half. Words are parted by white space, as in PRISM; a prompt counts once,"
            f" however many answers it got. Different words: {METHOD[0].lower()}{METHOD[1:]}"
        ),
        source="PRISM, Table 11",
        drawing=lengths_figure("words-lengths", found.lengths, f"Lengths of texts. {title}."),
        table=lengths_table("words-lengths", found.lengths),
    )


def _grams(one: KindGrams, level: float) -> Iterable[Item]:
    firsts = [grams[0] for grams in one.grams if grams]
    if not firsts:
        return
    longest = firsts[-1]
    title = (
        f"“{longest.text}”: {number(longest.n_uses)} uses in {one.label}, by"
        f" {share(longest.share)} of people"
    )
    if one.by_model:
        title = (
            f"“{longest.text}”: {number(longest.n_uses)} uses in {one.label}, shown to"
            f" {share(longest.share)} of people"
        )
    alone = [gram.text for grams in one.grams for gram in grams if gram.one_person]
    notes = []
    if alone:
        notes.append(f"More than half of all uses are one person's: {listed(alone)}.")
    name = f"words-in-{one.kind.replace('_', '-')}"
    who = "prompted them" if one.by_model else "wrote them"
    yield Item(
        name=name,
        title=title,
        n=f"{number(one.n_texts)} {_texts(one.label)}; {people(one.n_people)} {who}",
        method=(
            f"Most used runs of one, two and three words within a text, by uses. {METHOD}"
            " Single words without English stop words. Bar: share of people with at least one use,"
            f" with its {level:.0%} interval (Wilson); * one person has more than half of the uses."
        ),
        source=_GRAM_SOURCES.get(one.kind, "PRISM, Tables 12-20"),
        drawing=grams_figure(name, one, f"Most used words. {title}."),
        table=grams_table(name, one),
        notes=tuple(notes),
    )


def _adjectives(found: Words) -> Iterable[Item]:
    if not found.adjectives:
        return
    first = found.adjectives[0]
    row = first.rows[0]
    title = f"“{row.word}” is the adjective of most people in {first.label}: {share(row.share)}"
    yield Item(
        name="words-adjectives",
        title=title,
        n=listed([f"{number(one.n_texts)} {_texts(one.label)}" for one in found.adjectives]),
        method=_adjective_method(found.level),
        source="PRISM, Tables 15, 17 and 19",
        drawing=adjectives_figure("words-adjectives", found.adjectives, f"{title}."),
    )
    for one in found.adjectives:
        yield _kind(one, found)


def _kind(one: KindAdjectives, found: Words) -> Item:
    name = f"words-adjectives-{one.kind.replace('_', '-')}"
    words = [f"“{row.word}”" for row in one.rows[:3]]
    notes = []
    if one.n_not_quotable:
        notes.append(
            f"{plural(one.n_not_quotable, 'text')} flagged for personal details are counted and"
            " never quoted."
        )
    if found.n_unchecked < 0:
        notes.append("The release has no flags for personal details: read windows before sharing.")
    elif found.n_unchecked:
        notes.append(
            f"{number(found.n_unchecked)} texts of the release were never checked for personal"
            " details: read windows before sharing."
        )
    return Item(
        name=name,
        title=f"Adjectives of most people in {one.label}: {listed(words)}",
        n=f"{number(one.n_texts)} {_texts(one.label)} of {people(one.n_people)}",
        method=_adjective_method(found.level),
        source=_ADJECTIVE_SOURCES.get(one.kind, "PRISM, Tables 15-19"),
        table=adjectives_table(name, one),
        notes=tuple(notes),
    )


def _texts(label: str) -> str:
    """So many of them, in words."""
    return "texts of open feedback" if label == "open feedback" else label


def _adjective_method(level: float) -> str:
    return (
        "Tags JJ, JJR and JJS of TextBlob's PatternTagger (Brill's rules, a lexicon of English;"
        " PRISM used NLTK's); words of the question and fillers are left out. Ordered by people."
        f" Bar or share: people with at least one use, {level:.0%} interval (Wilson). Windows of 5"
        " tokens on either side, up to three, drawn at random from different people."
    )


CHAPTER = Chapter(id="words", title="Words", compute=words_chapter, render=render)
