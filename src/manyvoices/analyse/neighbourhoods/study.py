"""All about the neighbourhoods of one release, as one result for the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.neighbourhoods.attributes import coded_people
from manyvoices.analyse.neighbourhoods.diversity import Diversity, diversity
from manyvoices.analyse.neighbourhoods.exact_pairs import ExactPairs, exact_pairs
from manyvoices.analyse.neighbourhoods.field_sites import FieldSites, Ratings, field_sites
from manyvoices.analyse.neighbourhoods.finding import (
    Neighbourhoods,
    Sizes,
    neighbourhoods,
    sizes,
)
from manyvoices.analyse.neighbourhoods.portraits import Curve, Portrait, curves, portraits
from manyvoices.analyse.neighbourhoods.single_link import single_link, single_links
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import IntArray
from manyvoices.llm.embedding import Embedder, Vectors, build_embedder
from manyvoices.llm.embedding_cache import embed_cached

if TYPE_CHECKING:
    import polars as pl

THRESHOLDS = (0.05, 0.125, 0.2)
"""Cosine distances of PRISM's Table 23; it chose them for all-mpnet-base-v2."""
MAIN = 0.125
"""Of which its figures are made."""
EMPTY = "EMPTY STRING"
"""What PRISM's files hold where a model answered nothing."""

Compat = Literal["prism"] | None


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourhoodStudy:
    """PRISM's Tables 23 to 25 and Figures 28 and 29 of one release."""

    embedder: str
    compat: Compat
    resampling: Resampling
    n_people: int
    """Who wrote an opening prompt."""
    prompts: tuple[Sizes, ...]
    """At each threshold."""
    prompts_prism: tuple[Sizes, ...]
    """The same by the rule of PRISM's code (`nearest_earlier`)."""
    answers: tuple[Sizes, ...]
    """Of the models' answers; a neighbourhood there has two raters or more."""
    main: float
    """The threshold of what follows in the singular."""
    diversity: tuple[Diversity | None, ...]
    """At each threshold; None where there are no neighbourhoods or no attributes."""
    curves: tuple[Curve, ...]
    """Densities of the adjusted entropies at `main`: of each attribute and of the sum."""
    portraits: tuple[Portrait, ...]
    """The largest neighbourhoods at `main`, and those more alike than random people."""
    sites: tuple[FieldSites, ...]
    """At each threshold."""
    pairs: ExactPairs

    @property
    def main_diversity(self) -> Diversity | None:
        """At the threshold of the figures."""
        return self.diversity[[one.threshold for one in self.prompts].index(self.main)]


def neighbourhood_study(
    dataset: Dataset,
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    compat: Compat = None,
    thresholds: Sequence[float] = THRESHOLDS,
    main: float = MAIN,
) -> NeighbourhoodStudy:
    """Link opening prompts and models' answers, and measure who meets there and how scores differ.

    Answers are those of opening turns that somebody rated and that are not empty. By default texts
    are joined by true single link, each person counts once, and a field site needs two people;
    ``compat="prism"`` takes PRISM's rule, texts and draws in all of it, and links the answers of
    all turns (`single_link`, `diversity`, `field_sites` name the differences).

    Raises:
        NotEnough: There are fewer than two opening prompts or people.
        MissingExtraError: The embedder asked for is not installed.
    """
    prompts, answers = _prompts(dataset), _answers(dataset, compat)
    if len(prompts) < 2 or prompts["user_id"].n_unique() < 2:
        raise NotEnough("Neighbourhoods need opening prompts of at least two people.")
    port = embedder or build_embedder(settings.embedder)
    names = list(dict.fromkeys([*prompts["user_id"], *answers["user_id"]]))
    people = _codes(prompts["user_id"], names)
    linked = _Linked(port, settings, tuple(thresholds))
    groups, by_prism = linked.labels("opening prompts", prompts["opening_prompt"].to_list())
    found = [neighbourhoods(one, people) for one in (groups if compat is None else by_prism)]
    answered = linked.answers(answers["model_response"].to_list(), compat)
    rated = (answers["turn"] == 0) & answers["score"].is_not_null()
    opening = np.flatnonzero(rated.to_numpy())
    scored = answers[opening]
    settings.tick("who meets in neighbourhoods")
    mixed = _mixed(dataset, found, people, names, settings, compat)
    at = list(thresholds).index(main)
    texts = prompts["opening_prompt"].to_list()
    return NeighbourhoodStudy(
        embedder=port.name,
        compat=compat,
        resampling=settings.resampling,
        n_people=len(np.unique(people)),
        prompts=_sizes(found, thresholds),
        prompts_prism=_sizes([neighbourhoods(one, people) for one in by_prism], thresholds),
        answers=_sizes(
            [neighbourhoods(one, _codes(answers["user_id"], names)) for one in answered],
            thresholds,
        ),
        main=main,
        diversity=mixed,
        curves=curves(mixed[at]),
        portraits=portraits(found[at], texts, mixed[at]),
        sites=_sites(prompts, scored, found, answered[:, opening], thresholds, settings, compat),
        pairs=exact_pairs(
            scored["user_prompt"].to_list(),
            scored["model_response"].to_list(),
            scored["user_id"].to_list(),
            scored["conversation_id"].to_list(),
            scored["score"].to_numpy().astype(np.float64),
            resampling=settings.resampling,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Linked:
    """Embeds and links; equal texts are one point and so always together."""

    embedder: Embedder
    settings: Settings
    thresholds: tuple[float, ...]

    def labels(self, what: str, texts: list[str]) -> tuple[IntArray, IntArray]:
        """Labels (n_thresholds, n) by single link and by PRISM's rule."""
        distinct, place, vectors = self._embedded(what, texts)
        self.settings.tick(f"linking {what}")
        groups = single_links(vectors, self.thresholds)
        return groups[:, place], self._prism(distinct, vectors)[:, place]

    def answers(self, texts: list[str], compat: Compat) -> IntArray:
        """Labels (n_thresholds, n) of answers, by the rule asked for."""
        distinct, place, vectors = self._embedded("answers", texts)
        self.settings.tick("linking answers")
        if compat is None:
            return single_links(vectors, self.thresholds)[:, place]
        return self._prism(distinct, vectors)[:, place]

    def _prism(self, distinct: list[str], vectors: Vectors) -> IntArray:
        order = np.array(sorted(range(len(distinct)), key=distinct.__getitem__), dtype=np.int64)
        return np.stack(
            [single_link(vectors, one, compat="prism", order=order) for one in self.thresholds]
        )

    def _embedded(self, what: str, texts: list[str]) -> tuple[list[str], IntArray, Vectors]:
        self.settings.tick(f"embedding {what}")
        distinct = list(dict.fromkeys(texts))
        number = {text: i for i, text in enumerate(distinct)}
        place = np.array([number[text] for text in texts], dtype=np.int64)
        if not distinct:
            return distinct, place, np.zeros((0, self.embedder.dimension), dtype=np.float32)
        return distinct, place, embed_cached(self.embedder, distinct, self.settings.cache)


def _prompts(dataset: Dataset) -> pl.DataFrame:
    import polars as pl

    written = pl.col("opening_prompt").str.strip_chars() != ""
    return dataset.conversations.filter(written & pl.col("user_id").is_not_null())


def _answers(dataset: Dataset, compat: Compat) -> pl.DataFrame:
    import polars as pl

    if compat is not None:
        return dataset.utterances.filter(pl.col("model_response").is_not_null())
    said = pl.col("model_response").str.strip_chars()
    return dataset.openers().filter((said != "") & (said != EMPTY))


def _codes(values: pl.Series, names: list[str]) -> IntArray:
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[value] for value in values], dtype=np.int64)


def _sizes(found: list[Neighbourhoods], thresholds: Sequence[float]) -> tuple[Sizes, ...]:
    return tuple(sizes(one, at) for one, at in zip(found, thresholds, strict=True))


def _mixed(
    dataset: Dataset,
    found: list[Neighbourhoods],
    people: IntArray,
    names: list[str],
    settings: Settings,
    compat: Compat,
) -> tuple[Diversity | None, ...]:
    codes, attributes = coded_people(dataset, names, declined=compat is not None)
    return tuple(
        diversity(
            one,
            people,
            codes,
            attributes,
            draw="prism" if compat else "people",
            seed=settings.resampling.seed,
        )
        if one.n and attributes
        else None
        for one in found
    )


def _sites(
    prompts: pl.DataFrame,
    scored: pl.DataFrame,
    found: list[Neighbourhoods],
    answered: IntArray,
    thresholds: Sequence[float],
    settings: Settings,
    compat: Compat,
) -> tuple[FieldSites, ...]:
    place = {name: i for i, name in enumerate(prompts["conversation_id"])}
    # -1 reads the last label: a conversation without a prompt is put in no neighbourhood instead.
    rows = np.array([place.get(name, -1) for name in scored["conversation_id"]], dtype=np.int64)
    ratings = Ratings(
        person=_numbered(scored["user_id"]),
        model=_numbered(scored["model_name"]),
        provider=_numbered(scored["model_provider"]),
        score=scored["score"].to_numpy().astype(np.float64),
    )
    return tuple(
        field_sites(
            threshold,
            np.where(rows >= 0, one.label[rows], -1),
            groups,
            ratings,
            min_raters=1 if compat else 2,
            resampling=settings.resampling,
        )
        for threshold, one, groups in zip(thresholds, found, answered, strict=True)
    )


def _numbered(values: pl.Series) -> IntArray:
    number = {name: i for i, name in enumerate(values.unique(maintain_order=True))}
    return _codes(values, list(number))
