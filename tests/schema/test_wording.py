"""Numbers in sentences."""

from __future__ import annotations

import pytest

from manyvoices.schema.wording import people, plural


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 pages"), (1, "1 page"), (2, "2 pages"), (12_345, "12,345 pages")]
)
def test_only_one_is_told_in_the_singular(n: int, said: str) -> None:
    assert plural(n, "page") == said


def test_a_plural_of_its_own_is_taken() -> None:
    assert (people(1), people(2)) == ("1 person", "2 people")
    assert plural(2, "study", "studies") == "2 studies"
