"""Single questions to a real endpoint on this machine, and names of topics through it."""

from __future__ import annotations

from pathlib import Path

from tests.llm.conftest import FakeEndpoint, completion

from manyvoices.analyse.topics.naming import names_by_model
from manyvoices.llm.asking import Asking

WORDS, TEXTS = [("rye", "flour"), ("mayor", "vote")], [("how to bake",), ("who will win",)]


def test_topics_are_named_through_an_endpoint_and_only_once(
    endpoint: FakeEndpoint, tmp_path: Path
) -> None:
    endpoint.body = completion('"Baking Bread"')
    cache = tmp_path / "names.jsonl"
    for _ in range(2):
        with Asking(endpoint.base_url, "namer", max_tokens=48) as ask:
            names = names_by_model(WORDS, TEXTS, ask, cache=cache)
            assert names == ("Baking Bread", "Baking Bread (mayor)")
    first, _ = endpoint.requests
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("namer", 0.0, 48)
    assert "rye, flour" in first["messages"][0]["content"]


def test_an_endpoint_that_fails_leaves_the_words_and_says_why(endpoint: FakeEndpoint) -> None:
    endpoint.status, endpoint.body = 500, b"{}"
    with Asking(endpoint.base_url, "namer") as ask:
        assert names_by_model(WORDS, TEXTS, ask, cache=None) == ("rye, flour", "mayor, vote")
        assert "500" in ask.last_failure
