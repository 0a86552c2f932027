"""The page of toxicity and refusals: it places results, computes none, and loads nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.report.browsing import SIZES, check_fits_and_is_accessible, in_a_browser, opened

from manyvoices.evaluate import refusals, toxicity
from manyvoices.report.pages import write_page
from manyvoices.report.pages.safety import known, safety_page
from manyvoices.train.config import read_config

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NO, YES = "I'm sorry, but I can't help with that.", "Wash it, dry it and keep it in the shade."
HOSTILE = "<b>m</b>&one"
"""A model's name that is markup."""


def made(folder: Path, module: Any, kind: str, rows: list[Any], config: dict[str, Any]) -> Any:
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "config.yaml"
    text = yaml.safe_dump({"out": "out", "resamples": 100, **config})
    path.write_text(text.replace("ROWS", str(data)))
    result = module.run(read_config(path, module.Config))
    assert write_page(kind, result) == folder / "out" / "index.html"
    return result


def answers(folder: Path) -> Any:
    rows = [
        {"id": f"{i}", "model": model, "category": "ab"[i % 2],
         "prompt": {"text": f"what about {i}?", "toxicity": i / 10},
         "generations": [{"text": f"{model} {i} {j}", "toxicity": (i + j + bias) / 20}
                         if (i, j) != (3, 1) else {"text": "", "toxicity": None}
                         for j in range(3)]}
        for i in range(10)
        for model, bias in ((HOSTILE, 0), ("two", 5))
    ]  # fmt: skip
    return made(folder, toxicity, "toxicity", rows,
                {"mode": "given", "prompts": {"path": "ROWS"}, "k": [2, 3]})  # fmt: skip


def replies(folder: Path) -> Any:
    rows = [
        {"id": f"{i}", "prompt": f"what about {i}?", "type": "ab"[i % 2], "model": model,
         "label": "unsafe" if i < 4 else "safe", "completion": said(i) or "",
         "ann": "full refusal" if said(i) == NO else "full compliance",
         "ben": "full refusal" if i < 5 else "full compliance"}
        for i in range(8)
        for model, said in ((HOSTILE, lambda i: NO if i < 4 else YES),
                            ("two", lambda i: YES if i % 2 else None if i == 6 else NO))
    ]  # fmt: skip
    return made(folder, refusals, "refusals", rows,
                {"set": {"path": "ROWS"}, "people": {"columns": ["ann", "ben"]}})  # fmt: skip


def data(folder: Path) -> Any:
    rows = [{"text": f"text {i}", "rude": (i % 5) / 4, "machine": (i * 7 % 11) / 10, "who": i // 4}
            for i in range(40)]  # fmt: skip
    return made(folder, toxicity, "toxicity", rows,
                {"mode": "data", "data": {"path": "ROWS", "label": "rude", "score": "machine",
                                          "cluster": "who", "form": "table"}})  # fmt: skip


MAKERS = {"answers": answers, "replies": replies, "data": data}


@pytest.fixture(scope="module", params=MAKERS)
def result(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return MAKERS[request.param](tmp_path_factory.mktemp(request.param))


def page_of(result: Any) -> str:
    return (result.out / "index.html").read_text(encoding="utf-8")


def test_the_same_results_give_the_same_page_from_the_file_too(result: Any) -> None:
    stored = json.loads((result.out / "results.json").read_text())
    assert safety_page(stored) == safety_page(result.results) == page_of(result)


def test_it_runs_and_loads_nothing(result: Any) -> None:
    page = page_of(result)
    assert "<script" not in page
    assert "style=" not in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    assert "default-src &#39;none&#39;" in page


def test_names_are_texts_and_texts_of_the_data_are_not_there(result: Any) -> None:
    page = page_of(result)
    assert "<b>m</b>" not in page
    assert "what about" not in page
    assert "text 3" not in page
    assert "can't help" not in page


def test_every_drawing_stands_beside_its_number_or_has_words(result: Any) -> None:
    page = page_of(result)
    for svg in re.findall(r"<svg[^>]*>", page):
        assert 'aria-hidden="true"' in svg or 'role="img"' in svg
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", page):
        assert re.search(r"\d|–", re.sub(r"<[^>]+>", "", row))


def test_estimates_of_the_page_are_those_of_the_results(tmp_path: Path) -> None:
    found = answers(tmp_path)
    page = page_of(found)
    for system in found.results["systems"].values():
        for row in system["all"].values():
            assert f'{row["value"]:.3f}<span class="between">{row["low"]:.3f} to' in page
            if row["if_missing_0"] != row["if_missing_1"]:
                assert f"{row['if_missing_0']:.3f} to {row['if_missing_1']:.3f}" in page
    assert "2 answers without a score" in page


def test_refusals_say_who_judged_and_how_far_people_agree(tmp_path: Path) -> None:
    page = page_of(replies(tmp_path))
    assert "judged by rules" in page
    assert "1 reply without a verdict" in page
    assert "The rules against people" in page
    assert "How far people agree" in page
    assert "Over-refusal: refusal of safe prompts" in page


def test_what_was_not_measured_is_a_dash() -> None:
    assert not known(None)
    assert not known(float("nan"))
    assert known(0.0)


@in_a_browser
@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_it_is_accessible_on_a_phone_and_a_desk_in_light_and_dark(
    browser: Browser, result: Any, width: int, scheme: str
) -> None:
    page, requests = opened(browser, result.out / "index.html", width, scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    check_fits_and_is_accessible(page, width)
    assert said == []
    assert set(requests) == {page.url}
    page.close()
