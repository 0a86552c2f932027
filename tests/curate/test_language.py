"""Naming languages: the step, the batched walk, and equality with the packages' own labels."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from benchmarks.language import oasst_texts, ours, sentences
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_data import needs_real_data

from manyvoices.curate.language import COLUMNS, annotate_language, load_model
from manyvoices.curate.language_models import py3langid_model
from manyvoices.curate.language_walk import count

HARD = [
    "",
    " ",
    "😀😀",
    "12345 !!",
    "\x00\x01",
    "a",
    "HELLO WORLD, HOW ARE YOU?",
    "Die Katze schläft auf dem Sofa.",
    "猫がソファで寝ています。",
    "القطة نائمة على الأريكة",
    "The cat sleeps on the sofa. " * 3000,
    "e\u0301te\u0301",
]


@functools.cache
def langid() -> Any:
    from langid.langid import LanguageIdentifier, model

    return LanguageIdentifier.from_modelstring(model)


@functools.cache
def py3langid() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([name for name in identifier.labels if len(name) == 2])
    return identifier


def table(*texts: str | None) -> pa.Table:
    return pa.table({"id": list(range(len(texts))), "text": pa.array(texts, pa.string())})


def column(result: pa.Table, name: str) -> list[Any]:
    return result.column(name).to_pylist()


def test_a_text_gets_label_confidence_and_whether_it_is_english() -> None:
    result = annotate_language(table("How do I bake bread at home?", "Wie backe ich ein Brot?"))
    assert result.column_names == ["id", "text", *COLUMNS]
    assert column(result, "language_flag") == ["en", "de"]
    assert column(result, "en_flag") == [True, False]
    assert all(0.5 < value <= 1 for value in column(result, "language_confidence"))


def test_null_stays_null_and_rows_stay_in_order() -> None:
    result = annotate_language(table(None, "How do I bake bread at home?", None))
    for name in COLUMNS:
        values = column(result, name)
        assert values[0] is None
        assert values[2] is None
        assert values[1] is not None
    assert column(result, "id") == [0, 1, 2]


def test_a_text_without_evidence_is_undetermined_and_neither_english_nor_not() -> None:
    result = annotate_language(table("", "😀"))
    assert column(result, "language_flag") == ["und", "und"]
    assert column(result, "language_confidence") == [0.0, 0.0]
    assert column(result, "en_flag") == [None, None]


def test_an_empty_table_gets_typed_columns() -> None:
    result = annotate_language(table())
    assert [str(result.schema.field(name).type) for name in COLUMNS] == ["string", "double", "bool"]


def test_labels_can_be_restricted_to_a_studys_languages() -> None:
    result = annotate_language(table("Mačka spava na kauču."), languages=["hr", "en"])
    assert column(result, "language_flag") == ["hr"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"languages": ["xx"]}, "knows no xx"),
        ({"method": "fasttext"}, "known are py3langid, prism"),
        ({"method": "prism", "languages": ["en"]}, "cannot be restricted"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(options: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        annotate_language(table("a"), **options)


def test_prism_labels_are_langids_on_hard_texts() -> None:
    assert ours(HARD, "prism") == [langid().classify(text)[0] for text in HARD]


def test_default_labels_and_confidences_are_py3langids_on_hard_texts() -> None:
    guesses = load_model().guess(HARD)
    for text, label, confidence in zip(HARD, guesses.labels, guesses.confidences, strict=True):
        wanted, chance = py3langid().classify(text)
        if label != "und":
            assert (label, confidence) == (wanted, pytest.approx(chance, abs=1e-3))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_prism_labels_are_langids_on_any_text(texts: list[str]) -> None:
    assert ours(texts, "prism") == [langid().classify(text)[0] for text in texts]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=2, max_size=6), st.randoms())
def test_what_a_text_gets_does_not_depend_on_its_neighbours(texts: list[str], rng: Any) -> None:
    together = load_model().guess(texts)
    order = list(range(len(texts)))
    rng.shuffle(order)
    alone = [load_model().guess([texts[i]]) for i in order]
    assert [guess.labels[0] for guess in alone] == [together.labels[i] for i in order]
    assert [float(guess.confidences[0]) for guess in alone] == [
        float(together.confidences[i]) for i in order
    ]


def test_counts_are_sorted_within_a_row_and_empty_rows_are_allowed() -> None:
    counts = count(np.array([2, 0, 2, 2]), np.array([5, 1, 3, 5]), (4, 6), np.float64)
    assert counts.toarray().tolist() == [
        [0, 1, 0, 0, 0, 0],
        [0] * 6,
        [0, 0, 0, 1, 0, 2],
        [0] * 6,
    ]
    assert counts.has_sorted_indices
    nothing = count(np.array([], int), np.array([], int), (2, 3), np.float64)
    assert nothing.toarray().tolist() == [[0] * 3] * 2


@needs_real_data
def test_real_sentences_get_langids_labels_and_are_named_better_by_default() -> None:
    texts, languages = sentences(10)
    theirs = [langid().classify(text)[0] for text in texts]
    assert ours(texts, "prism") == theirs
    both = set(langid().nb_classes) & set(py3langid_model().labels)
    rows = [i for i, name in enumerate(languages) if name in both]
    default = ours(texts, "py3langid")
    right = [sum(labels[i] == languages[i] for i in rows) for labels in (theirs, default)]
    assert right[1] >= right[0]


@needs_real_data
def test_real_oasst_texts_get_langids_labels() -> None:
    texts = oasst_texts()[::10]
    assert len(texts) > 100
    assert ours(texts, "prism") == [langid().classify(text)[0] for text in texts]
