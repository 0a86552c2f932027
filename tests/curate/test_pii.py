"""Personal information: what the rules find and leave, the step, and the two adapters."""

from __future__ import annotations

import socket
import time
from typing import Any

import pyarrow as pa
import pytest
from benchmarks.language import oasst_texts
from benchmarks.pii import halves, score
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.real_data import needs_real_data

from manyvoices.curate.pii import KINDS, annotate_pii, rules_finder
from manyvoices.curate.pii.adapters import presidio_finder, scrubadub_finder

find = rules_finder()


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "marked"),
    [
        ("Write to anna.lee+x@mail.co.uk.", "email", "anna.lee+x@mail.co.uk"),
        ("an <anna@müller.de>", "email", "anna@müller.de"),
        ("me: anna (at) mail (dot) org", "email", "anna (at) mail (dot) org"),
        ("it is anna at gmail.com", "email", "anna at gmail.com"),
        ("Ring +44 20 7946 0958 now", "phone", "+44 20 7946 0958"),
        ("+46 (0)8 928 571 38", "phone", "+46 (0)8 928 571 38"),
        ("(212) 555-0123 x44", "phone", "(212) 555-0123 x44"),
        ("my mobile: 07911 123456", "phone", "07911 123456"),
        ("07911123456", "phone", "07911123456"),
        ("Telefon 72 128 827", "phone", "72 128 827"),
        ("4111 1111 1111 1111", "credit_card", "4111 1111 1111 1111"),
        ("3782-822463-10005", "credit_card", "3782-822463-10005"),
        ("to gb82west12345698765432!", "iban", "gb82west12345698765432"),
        ("GB82 WEST 1234 5698 7654 32 and more", "iban", "GB82 WEST 1234 5698 7654 32"),
        ("123-45-6789", "us_ssn", "123-45-6789"),
        ("from 8.8.8.8.", "ip", "8.8.8.8"),
        ("on 127.0.0.1:80", "ip_local", "127.0.0.1"),
        ("2001:4860:4860::8888", "ip", "2001:4860:4860::8888"),
        ("(see https://a.org/w_(b)).", "url", "https://a.org/w_(b)"),
        ("www.a.org/x, y", "url", "www.a.org/x"),
        ("ftp://bob:pw@host.org/x", "url_login", "ftp://bob:pw@host.org/x"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "crypto", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "crypto",
         "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "crypto",
         "0x52908400098527886E0F7030069857D2E4169EE7"),
    ],
)  # fmt: skip
def test_it_is_found_and_marked_to_the_character(text: str, kind: str, marked: str) -> None:
    assert found(text) == [(kind, marked)]


@pytest.mark.parametrize(
    "text",
    [
        "better at this",
        "me@example.com",
        "icon@2x.png",
        "git@github.com:a/b.git",
        "@app.route",
        "2021-2022-2023, 1990-2000",
        "2023-11-22 10:11:12",
        "12.05.1998",
        "1 000 000 000",
        "12,345,678 and 3.14159265358979",
        "order 20230301123456",
        "4111 1111 1111 1112",
        "0000 0000 0000 0000",
        "GB83 WEST 1234 5698 7654 32",
        "000-12-3456",
        "version 1.2.3.4",
        "300.1.2.3",
        "std::vector<int> a::b",
        "ISBN 978-3-16-148410-0",
        "(ISBN 951-746-468-1)",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "5 000 000 - 6 000 000",
        "",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_offsets_are_characters_not_bytes() -> None:
    text = "😀é anna@post.net"
    assert [text[span.start : span.end] for span in find(text)] == ["anna@post.net"]


def test_an_address_in_a_url_is_marked_beside_it_and_digits_in_it_are_not() -> None:
    text = "https://a.org/?mail=anna@post.net&n=07911123456"
    assert [kind for kind, _ in found(text)] == ["url", "email"]


def test_a_number_of_another_region_is_found_where_the_study_names_it() -> None:
    text = "Haus 0151 23456789, 1 Etage"
    assert found(text) == []
    assert [span.kind for span in rules_finder(("DE",))(text)] == ["phone"]


def test_handles_are_found_only_on_request() -> None:
    assert found("ask @anna_lee") == []
    assert [span.kind for span in rules_finder(kinds=KINDS)("ask @anna_lee")] == ["handle"]


def test_the_step_adds_a_flag_and_spans_and_null_stays_null() -> None:
    texts = [None, "nothing", "see https://a.org/x", "a@post.net, 8.8.8.8"]
    result = annotate_pii(pa.table({"id": [1, 2, 3, 4], "text": texts}))
    assert result.column("id").to_pylist() == [1, 2, 3, 4]
    assert result.column("pii_flag").to_pylist() == [None, False, False, True]
    spans = result.column("pii_spans").to_pylist()
    assert spans[:2] == [None, []]
    assert spans[2] == [{"kind": "url", "start": 4, "end": 19}]
    assert [span["kind"] for span in spans[3]] == ["email", "ip"]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"method": "words"}, "known are rules"), ({"regions": ("UK",)}, "no such region: UK")],
)
def test_a_wrong_setting_says_what_would_be_right(options: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        annotate_pii(pa.table({"text": ["a"]}), **options)


SIGNS = st.text(alphabet="@.:/ -+()0123456789aB\u00e9x[]GB", max_size=120)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), SIGNS))
def test_spans_lie_in_the_text_in_order_and_only_an_address_in_a_url_overlaps(text: str) -> None:
    spans = find(text)
    assert spans == sorted(spans, key=lambda span: (span.start, span.end))
    for i, span in enumerate(spans):
        assert 0 <= span.start < span.end <= len(text)
        for other in spans[i + 1 :]:
            assert other.start >= span.end or {span.kind, other.kind} == {"email", "url"}


@pytest.mark.parametrize(
    "piece",
    ["1 ", "a@", "@", "a@a.", "a@a-", "1", "GB12 ", ":", "http://", "(1", "1.", "a (at) ", "www."],
)
def test_no_text_takes_long(piece: str) -> None:
    start = time.process_time()
    find(piece * (60_000 // len(piece)))
    assert time.process_time() - start < 5


def test_scrubadub_flags_what_its_clean_changes() -> None:
    pytest.importorskip("scrubadub", reason="the extra compat is not installed")
    scrubber, _ = scrubadub_finder()
    texts = ["better at this.is", "a@post.net", "www.abc.org/b", "nothing", "{{EMAIL}}", ""]
    result = annotate_pii(pa.table({"text": texts}), method="scrubadub")
    flags = result.column("pii_flag").to_pylist()
    assert flags == [scrubber.clean(text) != text for text in texts]
    kinds = [[span["kind"] for span in spans] for spans in result.column("pii_spans").to_pylist()]
    assert kinds[1:4] == [["email"], ["url"], []]


def test_presidio_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection")

    pytest.importorskip("presidio_analyzer")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    table = annotate_pii(pa.table({"text": ["a@post.net", "none"]}), method="presidio")
    assert table.column("pii_flag").to_pylist() == [True, False]
    assert "email" in [span["kind"] for span in table.column("pii_spans").to_pylist()[0]]


@needs_real_data
def test_recall_is_at_least_the_peers_on_sentences_the_rules_have_not_seen() -> None:
    pytest.importorskip("presidio_analyzer")
    _, held_out = halves(5)
    ours = score(find, held_out)
    for peer in (scrubadub_finder()[1], presidio_finder()):
        theirs = score(peer, held_out)
        assert all(ours[kind][1] >= theirs[kind][1] for kind in ours)


@needs_real_data
def test_fewer_real_texts_are_flagged_than_by_scrubadub() -> None:
    pytest.importorskip("scrubadub", reason="the extra compat is not installed")
    table = pa.table({"text": oasst_texts()[::5]})
    flagged = {
        method: sum(annotate_pii(table, method=method).column("pii_flag").to_pylist())
        for method in ("rules", "scrubadub")
    }
    assert flagged["rules"] < flagged["scrubadub"]
