"""An address says what a list is narrowed to; what makes no sense in it is ignored."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.collect.console.filters import STATUSES, Done, Filter, query_string, read_filter
from manyvoices.collect.studies.models import StudyVersion

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
filters = st.builds(
    Filter,
    simulated=st.none() | st.booleans(),
    status=st.sampled_from(["", *STATUSES]),
    done=st.none()
    | st.builds(
        Done, st.sampled_from(["survey", "conversation"]), st.integers(0, 99), st.integers(0, 99)
    ),
    version=st.none() | st.integers(0, 99999),
    type=text,
    participant=st.none() | st.uuids(),
    responder=text,
    failure=text,
)


@given(filters)
def test_what_an_address_was_made_of_is_read_from_it(chosen: Filter) -> None:
    pairs = dict(parse_qsl(query_string(chosen).removeprefix("?")))
    assert read_filter(pairs) == chosen


@given(st.dictionaries(st.sampled_from([*Filter.__dataclass_fields__, "who"]), st.text()))
def test_no_address_is_too_odd_to_be_read(query: dict[str, str]) -> None:
    assert isinstance(read_filter(query), Filter)


ODD = [
    "?page=last&who=everyone",
    "?done=survey-99999-0",
    "?done=survey-1-x",
    "?done=survey",
    "?participant=nobody",
    "?version=" + "9" * 40,
    "?type=%00",
    "?responder=%00&failure=%27--",
    "?status=rich",
    "?page=-3",
    "?page=999999999999999999999",
]


@pytest.mark.parametrize("name", ["people", "conversations", "failures"])
@pytest.mark.parametrize("query", ODD)
def test_odd_addresses_show_a_list_all_the_same(
    staff_client: Client, version: StudyVersion, name: str, query: str
) -> None:
    url = reverse(f"console:{name}", args=["small"]) + query
    assert staff_client.get(url).status_code == 200
