"""Everything a report says about topics, from a release: one frozen result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from manyvoices.analyse.dataset import CONVERSATION_TYPE, Dataset, GroupField, NotEnough
from manyvoices.analyse.regression import RegressionError
from manyvoices.analyse.resampling import Resampling
from manyvoices.analyse.settings import Settings
from manyvoices.analyse.table import FloatArray, IntArray
from manyvoices.analyse.topics.clustering import Clustering, ClusterSettings, size_for
from manyvoices.analyse.topics.keeping import find_topics_kept
from manyvoices.analyse.topics.naming import names_by_model, names_by_words
from manyvoices.analyse.topics.prevalence import Prevalence, topic_prevalence
from manyvoices.analyse.topics.representation import Representation, representation
from manyvoices.analyse.topics.stability import Stability
from manyvoices.analyse.topics.top_words import central_texts, top_words
from manyvoices.curate.categories_proposals import Ask
from manyvoices.llm.embedding import build_embedder
from manyvoices.llm.embedding_cache import embed_cached

if TYPE_CHECKING:
    import polars as pl

MAX_TEXT = 160
"""Characters of a participant's text that a result keeps."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. Its texts are cut to `MAX_TEXT` characters."""

    number: int
    """1 = the largest."""
    name: str
    n_texts: int
    n_people: int
    words: tuple[str, ...]
    closest: tuple[str, ...]
    """Different texts nearest to the centroid, the nearest first."""
    furthest: tuple[str, ...]
    """Different texts furthest from it, the furthest first."""


@dataclass(frozen=True, slots=True, eq=False)
class TopicsResult:
    """Topics of the opening prompts of a release, and who writes on them."""

    n_texts: int
    n_people: int
    n_outliers: int
    topics: tuple[Topic, ...]
    """By falling size."""
    embedder: str
    named_by: str
    """The model that named the topics; empty = their top words."""
    settings: ClusterSettings
    stability: Stability
    labels: IntArray
    """(n_texts,) place in `topics`, -1 = outlier."""
    plane: FloatArray
    """(n_texts, 2)."""
    groups: tuple[Representation, ...]
    """Conversation type first, then demographics; groups of at least `min_group` people."""
    prevalence: Prevalence | None
    why_none: str
    """Why `prevalence` is None; else empty."""
    min_group: int
    resampling: Resampling
    compat: Literal["prism"] | None


def topics_of(
    dataset: Dataset,
    settings: Settings,
    *,
    ask: Ask | None = None,
    clusters: ClusterSettings | None = None,
    compat: Literal["prism"] | None = None,
) -> TopicsResult:
    """Cluster the opening prompts, name the topics, and compare groups of people over them.

    `ask` is a model that names topics (None = top words). ``compat="prism"`` follows PRISM's code
    in c-TF-IDF, in base shares and in standard errors; each function says how it differs.

    Raises:
        NotEnough: Too few texts, or none of them dense enough to be a topic.
        MissingExtraError: The extra ``topics`` is not installed.
    """
    rows = _rows(dataset)
    texts = rows["opening_prompt"].to_list()
    chosen = clusters or ClusterSettings(
        min_cluster_size=size_for(len(texts)), n_further_seeds=settings.stability_seeds
    )
    embedder = build_embedder(settings.embedder)
    settings.tick(f"embedding {len(texts):,} texts")
    vectors = embed_cached(embedder, texts, settings.cache)
    found = find_topics_kept(vectors, chosen, settings.cache, settings.tick)
    if not found.n_topics:
        raise NotEnough(
            f"No topic of at least {chosen.min_cluster_size} texts stands out among "
            f"{len(texts):,} opening prompts."
        )
    prevalence, why = _prevalence(dataset, rows, found.labels, settings, compat)
    return TopicsResult(
        n_texts=len(texts),
        n_people=int(rows["user_id"].n_unique()),
        n_outliers=int((found.labels < 0).sum()),
        topics=_topics(rows, found, settings, ask, compat),
        embedder=embedder.name,
        named_by=ask.model if ask is not None else "",
        settings=chosen,
        stability=found.stability,
        labels=found.labels,
        plane=found.plane,
        groups=_groups(dataset, rows, found.labels, settings, compat),
        prevalence=prevalence,
        why_none=why,
        min_group=settings.min_group,
        resampling=settings.resampling,
        compat=compat,
    )


def _rows(dataset: Dataset) -> pl.DataFrame:
    """One row per conversation with an opening prompt, beside its author's survey columns."""
    import polars as pl

    talks = dataset.conversations.filter(pl.col("opening_prompt").fill_null("") != "")
    mine = [field.column for field in dataset.demographics()]
    return talks.select("conversation_id", "user_id", CONVERSATION_TYPE, "opening_prompt").join(
        dataset.people.select("user_id", *mine), on="user_id", how="left", maintain_order="left"
    )


def _fields(dataset: Dataset) -> tuple[GroupField, ...]:
    kind = dataset.field(CONVERSATION_TYPE)
    first = (kind,) if kind is not None and len(kind.levels) > 1 else ()
    return (*first, *dataset.demographics())


def _topics(
    rows: pl.DataFrame,
    found: Clustering,
    settings: Settings,
    ask: Ask | None,
    compat: Literal["prism"] | None,
) -> tuple[Topic, ...]:
    texts, people = rows["opening_prompt"].to_list(), rows["user_id"].to_numpy()
    words = top_words(texts, found.labels, compat=compat)
    central = central_texts(texts, found.labels, found.coordinates)
    names = _names(words, central, settings, ask)
    topics = []
    for i, (near, far) in enumerate(central):
        on_topic = found.labels == i
        topics.append(
            Topic(
                number=i + 1,
                name=names[i],
                n_texts=int(on_topic.sum()),
                n_people=len(set(people[on_topic])),
                words=words[i],
                closest=tuple(map(_cut, near)),
                furthest=tuple(map(_cut, far)),
            )
        )
    return tuple(topics)


def _names(
    words: Sequence[Sequence[str]],
    central: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    settings: Settings,
    ask: Ask | None,
) -> tuple[str, ...]:
    if ask is None:
        return names_by_words(words)
    settings.tick(f"asking {ask.model} for names of topics")
    cache = settings.cache / "topics" / "names.jsonl" if settings.cache else None
    return names_by_model(words, [near for near, _ in central], ask, cache=cache)


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1].rstrip() + "…"


def _groups(
    dataset: Dataset,
    rows: pl.DataFrame,
    labels: IntArray,
    settings: Settings,
    compat: Literal["prism"] | None,
) -> tuple[Representation, ...]:
    _, people = np.unique(rows["user_id"].to_numpy().astype(str), return_inverse=True)
    found = []
    for field in _fields(dataset):
        settings.tick(f"who writes on which topic: {field.label.lower()}")
        given = rows[field.column].to_list()
        levels = _large(given, people, field.levels, settings.min_group)
        if not levels:
            continue
        place = {level: i for i, level in enumerate(levels)}
        codes = np.array([place.get(level, -1) for level in given], dtype=np.int64)
        found.append(
            representation(
                labels,
                codes,
                people,
                column=field.column,
                label=field.label,
                levels=levels,
                resampling=settings.resampling,
                compat=compat,
            )
        )
    return tuple(found)


def _large(
    given: Sequence[str | None], people: IntArray, levels: Sequence[str], min_group: int
) -> tuple[str, ...]:
    members: dict[str, set[int]] = {level: set() for level in levels}
    for level, person in zip(given, people.tolist(), strict=True):
        if level in members:
            members[level].add(person)
    return tuple(level for level in levels if len(members[level]) >= min_group)


def _prevalence(
    dataset: Dataset,
    rows: pl.DataFrame,
    labels: IntArray,
    settings: Settings,
    compat: Literal["prism"] | None,
) -> tuple[Prevalence | None, str]:
    columns = [field.column for field in _fields(dataset)]
    settings.tick("topics regressed on groups")
    try:
        found = topic_prevalence(
            rows, labels, columns,
            min_group=settings.min_group, compat=compat, level=settings.resampling.level,
        )  # fmt: skip
    except RegressionError as error:
        return None, str(error)
    return found, ""
