"""Topics found again where they were planted, and kept as artefacts. All tests that run UMAP."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.analyse.releases import make_table
from tests.analyse.topics.planted import THEMES, planted

from manyvoices.analyse import Dataset, NotEnough, Resampling, Settings
from manyvoices.analyse.topics import (
    Clustering,
    ClusterSettings,
    adjusted_rand,
    find_topics,
    find_topics_kept,
    load,
    save,
    size_for,
    topics_of,
)
from manyvoices.llm.embedding import LsaEmbedder

pytest.importorskip("umap", reason="the extra topics is not installed")
pytest.importorskip("hdbscan", reason="the extra topics is not installed")

pytestmark = pytest.mark.slow  # UMAP compiles itself for half a minute.

SETTINGS = ClusterSettings(min_cluster_size=20, n_further_seeds=1)


@pytest.fixture(scope="module")
def found() -> Clustering:
    return find_topics(LsaEmbedder(20).embed(planted().texts), SETTINGS)


def test_planted_topics_are_found_again(found: Clustering) -> None:
    assert adjusted_rand(found.labels, planted().topics) > 0.9
    assert found.n_topics == 4
    assert found.stability.mean > 0.9
    assert found.outliers < 0.1


def test_topics_are_numbered_by_size(found: Clustering) -> None:
    sizes = np.bincount(found.labels[found.labels >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert found.coordinates.shape == (480, 20)
    assert found.plane.shape == (480, 2)


def test_a_clustering_is_kept_and_read_back_as_it_was(found: Clustering, tmp_path: Path) -> None:
    path = tmp_path / "found.npz"
    save(found, path)
    again = load(path)
    assert again is not None
    np.testing.assert_array_equal(again.labels, found.labels)
    np.testing.assert_array_equal(again.plane, found.plane)
    assert (again.settings, again.stability) == (found.settings, found.stability)
    whole = path.read_bytes()
    for broken in (b"", b"x" * 100, whole[: len(whole) // 2]):
        path.write_bytes(broken)
        assert load(path) is None


def test_what_was_found_once_is_not_sought_again(found: Clustering, tmp_path: Path) -> None:
    vectors = LsaEmbedder(20).embed(planted().texts)
    said: list[str] = []
    once = replace(SETTINGS, n_further_seeds=0)
    first = find_topics_kept(vectors, once, tmp_path, said.append)
    assert said
    said.clear()
    second = find_topics_kept(vectors, once, tmp_path, said.append)
    assert not said
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.labels, found.labels)


def test_texts_that_share_no_word_with_others_are_outliers() -> None:
    vectors = LsaEmbedder(20).embed([*planted().texts, "zzz qqq", "", "yyy"])
    found = find_topics(vectors, replace(SETTINGS, n_further_seeds=0))
    assert found.labels[-3:].tolist() == [-1, -1, -1]
    assert np.isnan(found.plane[-3:]).all()
    assert np.isfinite(found.plane[:-3]).all()


def test_too_few_texts_are_no_topics() -> None:
    with pytest.raises(NotEnough, match=r"at least 100 texts .* 60 are here"):
        find_topics(LsaEmbedder(5).embed(planted(15).texts), SETTINGS)


@pytest.mark.parametrize(
    ("n", "size"), [(100, 10), (1000, 10), (2500, 25), (8011, 80), (60_000, 80)]
)
def test_a_topic_needs_one_per_cent_of_the_texts_within_bounds(n: int, size: int) -> None:
    assert size_for(n) == size


def _dataset() -> Dataset:
    data = planted(150, liking=0.3, seed=4)
    talks = data.rows.select("user_id", "conversation_type").with_columns(
        conversation_id=pl.Series([f"c{i}" for i in range(len(data.texts))]),
        opening_prompt=pl.Series(data.texts),
    )
    people = data.rows.select("user_id", "gender", "region").unique(maintain_order=True)
    return Dataset(
        table=make_table(), form="prism", people=people, conversations=talks,
        utterances=pl.DataFrame(), metadata=None,
    )  # fmt: skip


def test_a_planted_taste_of_a_group_goes_from_texts_to_a_found_coefficient() -> None:
    settings = Settings(resampling=Resampling(n_resamples=200), stability_seeds=0)
    result = topics_of(_dataset(), settings)
    assert len(result.topics) == 4
    assert sum(topic.n_texts for topic in result.topics) + result.n_outliers == 600
    bread = next(t for t in result.topics if set(t.words) & set(THEMES["bread"].split()))
    gender = next(g for g in result.groups if g.column == "gender")
    row, column = gender.levels.index("A"), bread.number - 1
    assert gender.low[row, column] > 1
    prevalence = result.prevalence
    assert prevalence is not None
    place = next(i for i, term in enumerate(prevalence.terms) if term.column == "gender")
    sign = 1 if prevalence.terms[place].level == "A" else -1
    low, high = sorted(
        sign * edge[place, column] for edge in (prevalence.fit.low, prevalence.fit.high)
    )
    assert low <= 0.3 <= high
    assert prevalence.found[place, column]
    again = pickle.loads(pickle.dumps(result))
    assert again.topics == result.topics


def test_a_topic_shows_its_texts_cut_short() -> None:
    dataset = _dataset()
    long = dataset.conversations.with_columns(opening_prompt=pl.col("opening_prompt") + " the" * 60)
    settings = Settings(resampling=Resampling(n_resamples=20), stability_seeds=0)
    result = topics_of(replace(dataset, conversations=long), settings)
    shown = [text for topic in result.topics for text in (*topic.closest, *topic.furthest)]
    assert max(map(len, shown)) == 160
    assert all(text.endswith("…") for text in shown)
