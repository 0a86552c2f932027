"""Reviews: what is chosen, the files, the merge, and the page in a real browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.pilot import make_release

from manyvoices.curate.pii import rules_finder
from manyvoices.curate.review import Item, choose, in_order_of, line_of, pieces
from manyvoices.curate.review_files import read_decisions, read_reviews, write_form
from manyvoices.curate.review_merging import merge_reviews
from manyvoices.curate.review_page import review_page
from manyvoices.curate.review_sources import review_items
from manyvoices.io.writing import write_records
from manyvoices.schema.errors import DataError
from manyvoices.schema.reviews import ReviewLine

HOSTILE = "</script><b>bold</b> {{JS}} <!-- \u2028 anna@post.net 😀 and +44 20 7946 0958"


def item(
    name: str, text: str = "Hello", *, flagged: bool = False, column: str = "user_prompt"
) -> Item:
    spans = tuple(rules_finder()(text))
    return Item(name, column, text, flagged, ", ".join(span.kind for span in spans), spans)


def line(name: str, answer: Any, reviewer: str = "anna", **changes: Any) -> ReviewLine:
    fields: dict[str, Any] = {"review": "pii", "column_id": "user_prompt"}
    return ReviewLine(reviewer=reviewer, instance_id=name, answer=answer, **fields | changes)


def test_all_flagged_texts_are_chosen_and_some_others_by_the_seed() -> None:
    items = [item(f"t{i:03}", flagged=i % 10 == 0) for i in range(100)]
    chosen = choose(items, unflagged=5, seed=1)
    assert [one for one in chosen if one.flagged] == items[::10]
    assert len(chosen) == 15
    assert choose(reversed(items), unflagged=5, seed=1) == chosen
    assert choose(items, unflagged=5, seed=2) != chosen
    assert set(chosen) < set(choose(items, unflagged=8, seed=1))


def test_models_texts_and_unchecked_ones_are_left_out() -> None:
    items = [item("a", flagged=True, column="model_response"), None, item("b", flagged=True)]
    assert [one.instance_id for one in choose(items, unflagged=0, seed=0)] == ["b"]
    with_models = choose(items, unflagged=0, seed=0, models=True)
    assert [one.instance_id for one in with_models] == ["a", "b"]


def test_reviewers_see_the_same_texts_each_in_an_order_of_their_own() -> None:
    items = [item(f"t{i}") for i in range(20)]
    anna, ben = (in_order_of(name, items, seed=0) for name in ("anna", "ben"))
    assert anna != ben
    assert set(anna) == set(ben) == set(items)
    assert in_order_of("anna", reversed(items), seed=0) == anna


@given(st.text(max_size=60), st.lists(st.tuples(st.sampled_from(["email", "url"]),
       st.integers(0, 70), st.integers(0, 70)), max_size=5))  # fmt: skip
def test_pieces_are_the_text_whatever_the_marks(text: str, spans: Any) -> None:
    assert "".join(words for words, _ in pieces(text, spans)) == text


def test_pieces_say_what_each_place_is_marked_as() -> None:
    found = pieces("see a@b.org now", [("url", 0, 11), ("email", 4, 11)])
    assert found == [("see ", "web address"), ("a@b.org", "web address, e-mail"), (" now", "")]


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_form_is_filled_in_and_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"form.{ending}"
    lines = [line_of(item(f"t{i}", '=1+1, "a"\nb@post.net'), "pii", "anna") for i in range(3)]
    write_form(lines, path)
    content = path.read_text(encoding="utf-8-sig")
    if ending == "csv":
        assert "\"'=1+1" in content
        content = content.replace(",,\n", ",Yes,sure\n", 1)
    else:
        content = content.replace('"answer":null,"note":""', '"answer":"yes","note":"sure"', 1)
    path.write_text(content, encoding="utf-8")
    read = read_reviews(path)
    assert [one.instance_id for one in read] == ["t0", "t1", "t2"]
    assert [(one.answer, one.note) for one in read] == [("yes", "sure"), (None, ""), (None, "")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"review": "pii"}\n', r"f\.jsonl:1: found .*reviewer"),
        ("{\n", r"f\.jsonl:1: found"),
        (msgspec.json.encode(line("a", "yes")).decode().replace("yes", "maybe"), "yes, no"),
        ("".join(msgspec.json.encode(line("a", n)).decode() + "\n" for n in ("yes", "no")),
         r"f\.jsonl:2: instance_id: found again \(first in line 1\)"),
        ("".join(msgspec.json.encode(line(n, "no", n)).decode() + "\n" for n in ("a", "b")),
         "reviewer: found a, b, expected one"),
    ],
)  # fmt: skip
def test_a_file_that_was_filled_in_wrongly_says_where(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=says):
        read_reviews(path)


def test_what_both_say_is_decided_and_the_rest_is_open_until_it_is_settled(tmp_path: Path) -> None:
    anna = [line("a", "yes"), line("b", "no"), line("c", "yes"), line("d", "cannot tell"),
            line("e", None)]  # fmt: skip
    ben = [line("a", "yes", "ben"), line("b", "no", "ben"), line("c", "no", "ben", note="a shop"),
           line("d", "cannot tell", "ben"), line("e", None, "ben")]  # fmt: skip
    merged = merge_reviews([anna, ben])
    assert {one.instance_id: one.decision for one in merged.decisions} == {
        "a": True,
        "b": False,
        "c": None,
        "d": None,
    }
    assert merged.n_unanswered == 1
    assert [(one.instance_id, one.said) for one in merged.open] == [
        ("c", "anna: yes; ben: no (a shop)"),
        ("d", "anna: cannot tell; ben: cannot tell"),
    ]
    settled = [line("c", "no", "carla"), line("a", "no", "carla")]
    again = merge_reviews([anna, ben], settled)
    path = tmp_path / "decisions.jsonl"
    write_records(again.decisions, path)
    assert read_decisions(path, "pii") == {"a": True, "b": False, "c": False, "d": None}
    assert [one.settled_by for one in again.decisions] == [None, None, "carla", None]
    assert read_decisions(path, "language") == {}


def test_one_reviewer_decides_alone_and_cannot_be_both(tmp_path: Path) -> None:
    merged = merge_reviews([[line("a", "yes")]])
    assert [one.decision for one in merged.decisions] == [True]
    with pytest.raises(DataError, match="anna twice"):
        merge_reviews([[line("a", "yes")], [line("a", "yes")]])
    with pytest.raises(DataError, match="language, pii"):
        merge_reviews([[line("a", "yes")], [line("a", "no", "ben", review="language")]])


def test_a_release_without_metadata_is_looked_through_on_the_spot(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release")
    items = [one for one in review_items(release, "language") if one is not None]
    assert {"user_prompt", "model_response"} <= {one.column_id for one in items}
    assert all(one.said.startswith("language ") for one in items)
    assert [one for one in review_items(release, "pii") if one is not None]
    with pytest.raises(DataError, match="manyvoices curate RELEASE --moderation URL"):
        list(review_items(release, "moderation"))


def test_a_curated_releases_flags_are_taken_from_its_metadata(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release")
    names = [one.instance_id for one in review_items(release, "pii") if one is not None]
    verdict = {"flagged": True, "hate": True, "violence": None}
    table = pa.table({"instance_id": names[:2], "moderation_flag": [verdict, None]})
    (release / "metadata").mkdir()
    pq.write_table(table, release / "metadata" / "moderation.parquet")
    items = [one for one in review_items(release, "moderation") if one is not None]
    assert [(one.instance_id, one.flagged, one.said) for one in items] == [(names[0], True, "hate")]


def test_a_table_with_texts_can_be_reviewed_and_another_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = {"instance_id": ["x"], "column_id": ["user_prompt"], "text": ["a@post.net"]}
    pq.write_table(pa.table(rows), path)
    (found,) = review_items(path, "pii")
    assert found is not None
    assert found.flagged
    assert found.said == "e-mail"
    pq.write_table(pa.table({"instance_id": ["x"]}), path)
    with pytest.raises(DataError, match="column_id: found nothing"):
        list(review_items(path, "pii"))
    path.write_text("no table")
    with pytest.raises(DataError, match="expected a release folder or a Parquet file"):
        list(review_items(path, "pii"))


def test_the_page_is_one_file_with_a_strict_policy_and_texts_as_data() -> None:
    page = review_page([item("t", HOSTILE, flagged=True)], "pii", "anna")
    assert "default-src &#x27;none&#x27;" in page
    assert "unsafe" not in page
    assert page.count("</script>") == 2
    assert "http:" not in page
    assert "https:" not in page
    assert page == review_page([item("t", HOSTILE, flagged=True)], "pii", "anna")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium here")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    page, said = browser.new_page(**options), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request", lambda request: said.append(request.url) if "file:" not in request.url else 0
    )
    page.goto(path.as_uri())
    return page, said


@pytest.mark.browser
def test_a_review_is_done_by_keyboard_kept_over_a_reload_and_downloaded(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "anna.html"
    items = [item("t0", HOSTILE, flagged=True), item("t1", "مرحبا"), item("t2", "x" * 5000)]
    path.write_text(review_page(items, "pii", "anna"), encoding="utf-8")
    page, said = opened(browser, path)
    assert page.locator("#text b").count() == 0
    assert page.locator("mark").all_inner_texts() == [
        "anna@post.nete-mail",
        "+44 20 7946 0958phone",
    ]
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # Yes
    page.keyboard.press("ArrowDown")  # No
    page.keyboard.press("Tab")
    page.keyboard.type("a shop")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#place").inner_text() == "Text 2 of 3"
    page.reload()
    assert page.locator("#progress").inner_text() == "1 of 3 answered"
    assert page.locator("#place").inner_text() == "Text 2 of 3"
    with page.expect_download() as waiting:
        page.locator("#download").press("Enter")
    saved = tmp_path / "anna.jsonl"
    waiting.value.save_as(saved)
    assert waiting.value.suggested_filename == "pii-anna.jsonl"
    assert "post.net" not in saved.read_text()
    assert [(one.instance_id, one.answer, one.note) for one in read_reviews(saved)] == [
        ("t0", "no", "a shop"),
        ("t1", None, ""),
        ("t2", None, ""),
    ]
    assert [words for words in said if "blob:" not in words] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_never_wider_than_the_window(
    browser: Any, tmp_path: Path, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "page.html"
    items = [item("t0", HOSTILE + "x" * 500, flagged=True), item("t1")]
    path.write_text(review_page(items, "pii", "anna"), encoding="utf-8")
    page, _ = opened(browser, path, viewport={"width": width, "height": 800}, color_scheme=scheme)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.browser
def test_a_page_without_texts_says_so(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(review_page([], "moderation", "anna"), encoding="utf-8")
    page, said = opened(browser, path)
    assert page.locator("#progress").inner_text() == "There is nothing to look at."
    assert json.dumps(said) == "[]"
