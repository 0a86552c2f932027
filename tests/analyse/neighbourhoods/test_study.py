"""The whole study of a small release, by our rules and by PRISM's."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pl = pytest.importorskip("polars")

from manyvoices.analyse.dataset import Dataset, NotEnough  # noqa: E402
from manyvoices.analyse.neighbourhoods.study import (  # noqa: E402
    NeighbourhoodStudy,
    neighbourhood_study,
)
from manyvoices.analyse.settings import Settings  # noqa: E402

from .releases import meeting  # noqa: E402


class Letters:
    """An embedder by counts of letters: texts of equal letters are equal, whatever their case."""

    name, dimension, whole = "letters", 26, False

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        self.asked += texts
        counts = np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts])
        length = np.linalg.norm(counts, axis=1, keepdims=True)
        return (counts / np.where(length, length, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return meeting(tmp_path_factory.mktemp("meeting"))


@pytest.fixture(scope="module")
def study(dataset: Dataset) -> NeighbourhoodStudy:
    return neighbourhood_study(dataset, Settings(), embedder=Letters())


def test_people_who_open_alike_are_neighbours(study: NeighbourhoodStudy, dataset: Dataset) -> None:
    opened = dataset.conversations["opening_prompt"].to_list()
    greeting = sum(text.lower().startswith("hello there") for text in opened)
    assert greeting in {one.k for one in study.portraits}
    assert [one.threshold for one in study.prompts] == [0.05, 0.125, 0.2]
    assert all(one.n_texts == len(opened) for one in study.prompts)
    members = [one.n_members for one in study.prompts]
    assert members == sorted(members)


def test_prisms_rule_stands_beside_and_is_no_coarser(study: NeighbourhoodStudy) -> None:
    for ours, prism in zip(study.prompts, study.prompts_prism, strict=True):
        assert prism.n_members <= ours.n_members
        assert prism.k_max <= ours.k_max


def test_the_release_answers_tables_23_to_25(study: NeighbourhoodStudy) -> None:
    mixed = study.main_diversity
    assert mixed is not None
    assert mixed.attributes == ("Gender",)
    assert mixed.total.shape == mixed.k.shape == (study.prompts[1].n,)
    assert study.sites[0].n > 0
    assert study.sites[0].raters.low >= 2
    assert len(study.pairs.different.ranges) > 0
    assert [one.name for one in study.curves] == ["Gender", ""]
    area = np.trapezoid(study.curves[-1].height, study.curves[-1].grid)
    assert area == pytest.approx(1, abs=0.02)


def test_equal_texts_are_embedded_once(dataset: Dataset) -> None:
    letters = Letters()
    neighbourhood_study(dataset, Settings(), embedder=letters)
    prompts = dataset.conversations["opening_prompt"]
    assert letters.asked.count(prompts[0]) == 1
    assert set(prompts) <= set(letters.asked)


def test_the_result_can_be_kept(study: NeighbourhoodStudy) -> None:
    again = pickle.loads(pickle.dumps(study))
    assert again.prompts == study.prompts
    np.testing.assert_array_equal(again.pairs.same.ranges, study.pairs.same.ranges)


def test_twice_the_same_is_the_same(dataset: Dataset, study: NeighbourhoodStudy) -> None:
    again = neighbourhood_study(dataset, Settings(), embedder=Letters())
    assert again.sites == study.sites
    assert again.portraits == study.portraits


def test_prisms_way_takes_all_turns_and_counts_declining_as_a_group(dataset: Dataset) -> None:
    prism = neighbourhood_study(dataset, Settings(), embedder=Letters(), compat="prism")
    assert prism.prompts == prism.prompts_prism
    assert prism.answers[0].n_texts == dataset.utterances["model_response"].count()
    mixed = prism.main_diversity
    assert mixed is not None
    assert mixed.draw == "prism"
    assert not np.isnan(mixed.adjusted).any()


def test_empty_answers_are_no_context(dataset: Dataset) -> None:
    emptied = replace(
        dataset, utterances=dataset.utterances.with_columns(model_response=pl.lit("EMPTY STRING"))
    )
    study = neighbourhood_study(emptied, Settings(), embedder=Letters())
    assert study.answers[0].n_texts == 0
    assert [one.n for one in study.sites] == [0, 0, 0]
    assert len(study.pairs.different.ranges) == 0


def test_the_embedder_of_the_settings_is_taken(dataset: Dataset, tmp_path: Path) -> None:
    study = neighbourhood_study(dataset, Settings(cache=tmp_path))
    assert study.embedder.startswith("lsa")
    assert any(tmp_path.rglob("*.npz"))


def test_one_person_has_no_neighbours(dataset: Dataset) -> None:
    first = dataset.conversations["user_id"][0]
    alone = replace(dataset, conversations=dataset.conversations.filter(pl.col("user_id") == first))
    with pytest.raises(NotEnough, match="two people"):
        neighbourhood_study(alone, Settings())
