"""Everything that the chapter about words shows, from one release (PRISM, appendix M)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.language_use.adjectives import Adjective, adjectives, pattern_tagger
from manyvoices.analyse.language_use.contrast import FEWEST_PEOPLE, WordContrast, contrast
from manyvoices.analyse.language_use.counting import Corpus, Gram, corpus, top_grams
from manyvoices.analyse.language_use.groups import FieldWords, words_by_group
from manyvoices.analyse.language_use.lengths import Lengths, lengths
from manyvoices.analyse.language_use.other_texts import openers, other_texts
from manyvoices.analyse.language_use.stop_words import STOP_WORDS
from manyvoices.analyse.language_use.texts import PROMPTS, Texts, texts_by_kind
from manyvoices.analyse.settings import Settings
from manyvoices.schema.errors import MissingExtraError

N_UNIQUE = 20


@dataclass(frozen=True, slots=True)
class KindGrams:
    """Most used runs of one, two and three words (tables 12, 13, 16, 18, 20)."""

    kind: str
    label: str
    by_model: bool
    n_texts: int
    n_people: int
    grams: tuple[tuple[Gram, ...], ...]


@dataclass(frozen=True, slots=True)
class KindAdjectives:
    """Adjectives of one kind of text (tables 15, 17, 19)."""

    kind: str
    label: str
    n_texts: int
    n_people: int
    n_not_quotable: int
    """Texts flagged for personal details: counted, never quoted."""
    rows: tuple[Adjective, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Opening prompts here and in another data set (table 14)."""

    name: str
    n_here: int
    n_there: int
    unique_here: tuple[tuple[str, int, int], ...]
    """Word, uses, people: most used by people of those that the other set never has."""
    unique_there: tuple[tuple[str, int, int], ...]
    more_here: tuple[WordContrast, ...]
    more_there: tuple[WordContrast, ...]
    n_compared: int
    n_surely: int
    people_there_known: bool
    """Whether the other set says who wrote what; else each text counts as a person."""


@dataclass(frozen=True, slots=True)
class Words:
    """The chapter."""

    level: float
    n_resamples: int
    min_group: int
    lengths: tuple[Lengths, ...]
    grams: tuple[KindGrams, ...]
    by_group: tuple[FieldWords, ...]
    """Of prompts."""
    n_prompts: int
    elsewhere: Elsewhere | None
    adjectives: tuple[KindAdjectives, ...]
    n_unchecked: int
    """Texts that nobody checked for personal details; -1 where the release has no flags at all."""
    notes: tuple[str, ...]


def words_chapter(dataset: Dataset, settings: Settings) -> Words:
    """Count the words of a release.

    Raises:
        NotEnough: The release holds no texts.
    """
    kinds = texts_by_kind(dataset)
    if not kinds:
        raise NotEnough("The release holds no texts.")
    level = settings.resampling.level
    measured, counted, by_group, notes = [], [], [], []
    n_prompts = 0
    for texts in kinds:
        settings.tick(f"words of {texts.label}")
        found = corpus(texts.texts, texts.people)
        measured.append(lengths(texts, found, settings.resampling))
        counted.append(_grams(texts, found, level))
        if texts.kind == PROMPTS:
            n_prompts = len(texts.texts)
            by_group = list(
                words_by_group(
                    dataset,
                    found,
                    dataset.demographics(),
                    min_group=settings.min_group,
                    level=level,
                )
            )
        del found  # the largest of them takes 100 MB
    elsewhere = None
    if settings.compare is not None:
        try:
            elsewhere = _elsewhere(dataset, settings)
        except NotEnough as error:
            notes.append(str(error))
    described, note = _described(kinds, settings)
    return Words(
        level=level,
        n_resamples=settings.resampling.n_resamples,
        min_group=settings.min_group,
        lengths=tuple(measured),
        grams=tuple(counted),
        by_group=tuple(by_group),
        n_prompts=n_prompts,
        elsewhere=elsewhere,
        adjectives=described,
        n_unchecked=_unchecked(dataset),
        notes=(*notes, *note),
    )


def _grams(texts: Texts, found: Corpus, level: float) -> KindGrams:
    return KindGrams(
        kind=texts.kind,
        label=texts.label,
        by_model=texts.by_model,
        n_texts=len(texts.texts),
        n_people=found.n_people,
        grams=tuple(
            top_grams(found, n, without=STOP_WORDS if n == 1 else frozenset(), level=level)
            for n in (1, 2, 3)
        ),
    )


def _described(
    kinds: tuple[Texts, ...], settings: Settings
) -> tuple[tuple[KindAdjectives, ...], tuple[str, ...]]:
    """Adjectives of what people wrote of themselves, of models and of conversations."""
    try:
        tag = pattern_tagger()
    except MissingExtraError as error:
        return (), (f"No adjectives: {error}.",)
    drawn = settings.resampling
    found = []
    for texts in kinds:
        if texts.by_model or texts.kind == PROMPTS:
            continue
        settings.tick(f"adjectives of {texts.label}")
        rows = adjectives(texts, tag, seed=drawn.seed, level=drawn.level)
        n_people = len(np.unique(texts.people))
        hidden = sum(not may for may in texts.quotable)
        found.append(
            KindAdjectives(texts.kind, texts.label, len(texts.texts), n_people, hidden, rows)
        )
    return tuple(one for one in found if one.rows), ()


def _elsewhere(dataset: Dataset, settings: Settings) -> Elsewhere:
    assert settings.compare is not None
    settings.tick(f"words of {settings.compare.name}")
    here, there = openers(dataset), other_texts(settings.compare)
    vocabulary: dict[str, int] = {}
    first = corpus(here.texts, here.people, vocabulary)
    second = corpus(there.texts, there.people, vocabulary)
    words = tuple(vocabulary)
    first, second = (Corpus(one.codes, one.starts, one.people, words) for one in (first, second))
    sides = [one.by_person(int(one.people.max()) + 1) for one in (first, second)]
    kept = np.array([i for i, word in enumerate(words) if word not in STOP_WORDS], dtype=np.int64)
    names = [words[i] for i in kept]
    compared = contrast(sides[0][:, kept], sides[1][:, kept])
    level = settings.resampling.level
    first_side, second_side = (sparse.csc_array(side[:, kept]) for side in sides)
    return Elsewhere(
        name=settings.compare.name,
        n_here=len(here.texts),
        n_there=len(there.texts),
        unique_here=_unique(first_side, second_side, names),
        unique_there=_unique(second_side, first_side, names),
        more_here=compared.top(names, 15, level=level),
        more_there=compared.reversed().top(names, 15, level=level),
        n_compared=len(compared.codes),
        n_surely=compared.surely,
        people_there_known=settings.compare.is_dir(),
    )


def _unique(
    side: sparse.csc_array, other: sparse.csc_array, names: list[str]
) -> tuple[tuple[str, int, int], ...]:
    """Words of one side that the other never has, of those that several people use."""
    people = np.diff(side.indptr)
    uses = np.asarray(side.sum(axis=0)).ravel()
    absent = np.diff(other.indptr) == 0
    found = np.flatnonzero(absent & (people >= FEWEST_PEOPLE))
    order = sorted(found.tolist(), key=lambda i: (-people[i], -uses[i], names[i]))[:N_UNIQUE]
    return tuple((names[i], int(uses[i]), int(people[i])) for i in order)


def _unchecked(dataset: Dataset) -> int:
    if dataset.metadata is None:
        return -1
    return int(dataset.metadata["pii_flag"].null_count())
