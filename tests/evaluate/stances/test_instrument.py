"""Instruments are data: our own, a user's file of any of four shapes, and a survey for people."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design.study import load_study
from manyvoices.evaluate.stances.config import ForcedConfig, OpenConfig, StancesConfig
from manyvoices.evaluate.stances.errors import CannotAsk
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.instrument_files import read_instrument
from manyvoices.evaluate.stances.plan import orders, plan, prompt
from manyvoices.evaluate.stances.survey import write_survey
from manyvoices.schema.errors import InputError


def test_our_own_instrument_is_balanced_and_whole_in_both_languages(
    instrument: Instrument,
) -> None:
    assert len(instrument.items) == 30
    assert instrument.languages == ("en", "de")
    assert all(abs(low - high) <= 1 for low, high in instrument.balance().values())
    texts = [t for item in instrument.items for own in item.text.values() for t in own]
    assert len(set(texts)) == len(texts) == 180
    assert "Not validated" in instrument.source


def test_jsonl_csv_and_yaml_say_the_same(tmp_path: Path) -> None:
    rows = [
        {"id": "one", "text": ["Taxes are too high.", "We pay too much tax."],
         "weights": {"money": 1}},
        {"id": "two", "text": ["Taxes are too low."], "weights": {"money": -2}},
    ]  # fmt: skip
    lines = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "a.csv").write_text(
        "id,text,weight:money\none,Taxes are too high.,1\none,We pay too much tax.,1\n"
        "two,Taxes are too low.,-2\n"
    )
    axes = "axes: {money: {low: low on money, high: high on money}}"
    text = f"id: a\ntitle: a\n{axes}\nitems: {json.dumps(rows)}\n"
    (tmp_path / "a.yaml").write_text(text)
    first, second, third = (read_instrument(tmp_path / f"a.{k}") for k in ("jsonl", "csv", "yaml"))
    assert first.items == second.items == third.items
    assert first.axes == second.axes == third.axes


def test_a_scale_of_any_number_of_points_is_evenly_spaced_or_as_told(tmp_path: Path) -> None:
    base = (
        "id: a\ntitle: a\naxes: {x: {low: l, high: h}}\n"
        "items: [{id: i, text: T., weights: {x: 1}}]\n"
    )
    (tmp_path / "a.yaml").write_text(
        base + "scale: [{value: n, label: Nay}, {value: m, label: Maybe}, {value: y, label: Yea}]\n"
    )
    assert read_instrument(tmp_path / "a.yaml").scores == (-1.0, 0.0, 1.0)
    (tmp_path / "a.yaml").write_text(
        base + "scale: [{value: n, label: Nay, score: -0.2}, {value: y, label: Yea, score: 1}]\n"
    )
    assert read_instrument(tmp_path / "a.yaml").scores == (-0.2, 1.0)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "id: a\ntitle: a\naxes: {x: {low: l, high: h}}\n"
         "items: [{id: i, text: T., weights: {y: 1}}]\n", r"weights of i on y.*one of x"),
        ("a.yaml", "id: a\ntitle: a\naxes: {x: {low: l, high: h}}\n"
         "items: [{id: i, text: T., weights: {x: 0}}]\n", r"a.yaml:4.*all 0"),
        ("a.jsonl", '{"id": "i", "text": "T."}\n{"id": "J J"}\n', r"a.jsonl:1.*weights"),
        ("a.jsonl", "nonsense\n", r"a.jsonl:1.*JSON"),
        ("a.csv", "id,text\ni,T.\n", r"weight:AXIS"),
        ("a.jsonl", '{"statement": "S", "answer_matching_behavior": "Maybe"}\n', "maybe"),
        ("a.yaml", "id: a\ntitle: a\naxes: {x: {low: l, high: h}}\nitems: [{id: i, text: T., "
         "weights: {x: 1}}]\nscale: [{value: a, label: No}, {value: b, label: b}]\n", "in quotes"),
        ("a.txt", "", r"builtin:two-axes"),
    ],
)  # fmt: skip
def test_faults_say_where_and_what_to_write(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        read_instrument(tmp_path / name)


def test_an_unknown_builtin_names_those_there_are() -> None:
    with pytest.raises(InputError, match="builtin:two-axes"):
        read_instrument("builtin:compass")


@given(st.integers(2, 11), st.sampled_from(["rotation", "both"]))
def test_every_option_stands_in_every_place_equally_often(n: int, kind: str) -> None:
    found = orders(n, kind)
    seen = Counter((place, option) for order in found for place, option in enumerate(order))
    assert len(set(seen.values())) == 1


@given(st.integers(2, 11))
def test_forwards_and_backwards_have_one_mean_place(n: int) -> None:
    found = orders(n, "reversal")
    places = {option: sum(order.index(option) for order in found) for option in range(n)}
    assert len(set(places.values())) == 1


def test_a_fraction_of_the_forms_keeps_every_factor_balanced(
    instrument: Instrument, tmp_path: Path
) -> None:
    forms = plan(instrument, StancesConfig(cells=12, out=tmp_path))
    for item in instrument.items:
        own = [form for form in forms if form.item == item.id]
        assert len(own) == 12
        for factor in ("paraphrase", "framing", "letter_only", "order"):
            seen = Counter(getattr(form, factor) for form in own)
            assert len(set(seen.values())) == 1, (item.id, factor, seen)


def test_prompts_hold_the_wording_the_options_in_order_and_the_request_for_a_letter(
    instrument: Instrument, tmp_path: Path
) -> None:
    config = StancesConfig(out=tmp_path, languages=("de",), items=("rail",), open=OpenConfig())
    for form in plan(instrument, config):
        said = prompt(form, instrument, config).messages[0].content
        assert instrument.items[0].text["de"][form.paraphrase] in said
        assert ("nur mit dem Buchstaben" in said) == bool(form.letter_only)
        if form.way == "forced":
            labels = instrument.labels("de") or ()
            shown = [labels[i] for i in form.order]
            assert all(f"{'ABCDE'[i]}. {label}" in said for i, label in enumerate(shown))
        else:
            assert "A. " not in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"languages": ("fr",)}, "languages: found 'fr', expected en or de"),
        ({"items": ("nothing",)}, "items: found 'nothing'"),
        ({"forced": ForcedConfig(framings=("loud",))}, "expected plain or survey or pick"),
        ({"forced": ForcedConfig(framings={"mine": {"en": "{statement}"}})}, "{options}"),
    ],
)
def test_what_is_not_there_cannot_be_asked(
    instrument: Instrument, tmp_path: Path, more: dict[str, object], said: str
) -> None:
    with pytest.raises(CannotAsk, match=said.replace("{", r"\{")):
        plan(instrument, StancesConfig(out=tmp_path, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "de"])
def test_people_can_be_asked_the_same_items(
    instrument: Instrument, tmp_path: Path, language: str
) -> None:
    folder = write_survey(instrument, language, tmp_path)
    (survey,) = (s for s in load_study(folder / "study.yaml").stages if hasattr(s, "pages"))
    asked = [question for page in survey.pages for question in page.questions]
    assert [question.id for question in asked] == [item.id for item in instrument.items]
