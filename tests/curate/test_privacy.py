"""Pseudonyms, dates and k-anonymity: what is taken out, and what stays as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.curate.releases import NOW, answer, small_records
from tests.io.strategies import conversations, moments

from manyvoices.curate.privacy import (
    Privacy,
    Pseudonyms,
    Rules,
    anonymity_markdown,
    anonymity_settings,
    known_questions,
    measure,
    read_coarsening,
    release_key,
)
from manyvoices.curate.privacy.anonymity import apply, spread
from manyvoices.curate.privacy.coarsening import Bounds
from manyvoices.curate.privacy.dates import EPOCH, shift
from manyvoices.curate.privacy.regions import REGIONS, place_of
from manyvoices.io.countries import COUNTRIES
from manyvoices.schema import Answer, InputError

MASTER = b"0123456789abcdef0123456789abcdef"
LATER = NOW + dt.timedelta(days=1)


def key(mode: str, *, master: bytes = MASTER, study: str = "s", now: dt.datetime = NOW) -> Any:
    return release_key(master, mode=mode, study_id=study, now=now)


# Pseudonyms


def test_fresh_names_differ_between_releases_and_stable_ones_do_not() -> None:
    fresh = [Pseudonyms(key("fresh", now=now)).participant("ada") for now in (NOW, LATER)]
    stable = [Pseudonyms(key("stable", now=now)).participant("ada") for now in (NOW, LATER)]
    assert fresh[0] != fresh[1]
    assert stable[0] == stable[1]
    assert stable[0] not in fresh


def test_the_same_moment_and_key_give_the_same_names() -> None:
    names = {Pseudonyms(key("fresh")).participant("ada") for _ in range(2)}
    assert len(names) == 1


def test_other_studies_and_other_keys_give_other_names() -> None:
    names = {
        Pseudonyms(key("stable")).participant("ada"),
        Pseudonyms(key("stable", study="other")).participant("ada"),
        Pseudonyms(key("stable", master=b"f" * 32)).participant("ada"),
    }
    assert len(names) == 3


def test_without_pseudonyms_every_id_stays() -> None:
    names = Pseudonyms(key("none"))
    assert (names.participant("a"), names.utterance("c", "u")) == ("a", "u")


@given(st.lists(st.text(max_size=5), unique=True, max_size=30))
def test_different_ids_have_different_names_that_tell_nothing_of_them(ids: list[str]) -> None:
    names = Pseudonyms(key("fresh"))
    made = [names.participant(name) for name in ids]
    assert len(set(made)) == len(ids)
    assert {len(name) for name in made} <= {28}
    assert not {names.conversation(name) for name in ids} & set(made)


@pytest.mark.parametrize(
    ("mode", "master", "message"),
    [
        ("often", MASTER, "fresh, stable, none"),
        ("fresh", b"short", "a key of 5 bytes"),
        ("stable", None, "no key"),
    ],
)
def test_a_key_that_protects_nothing_is_refused(
    mode: str, master: bytes | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        release_key(master, mode=mode, study_id="s", now=NOW)


# Records


def test_every_reference_between_records_survives_new_names() -> None:
    records = small_records()
    privacy = Privacy(Pseudonyms(key("fresh")))
    people = {person.participant_id for person in privacy.participants(records["participants"])}
    answers = list(privacy.answers(records["answers"]))
    talks = list(privacy.conversations(records["conversations"]))
    assert {a.participant_id for a in answers} == people
    assert {talk.participant_id for talk in talks} == people
    old = {record.participant_id for record in records["participants"]}
    assert not old & people
    for talk in talks:
        assert talk.turns[0].message.message_id == f"{talk.conversation_id}-0"


def test_the_order_of_rows_does_not_tell_who_is_who() -> None:
    records = small_records(30)
    orders = []
    for now in (NOW, LATER):
        names = Pseudonyms(key("fresh", now=now))
        back = {
            names.participant(p.participant_id): p.participant_id for p in records["participants"]
        }
        made = Privacy(names).participants(records["participants"])
        orders.append([back[person.participant_id] for person in made])
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


@given(conversations())
def test_names_inside_a_conversation_agree(talk: Any) -> None:
    (made,) = Privacy(Pseudonyms(key("fresh"))).conversations([talk])
    for before, after in zip(talk.turns, made.turns, strict=True):
        names = dict(
            zip(
                (u.utterance_id for u in before.utterances),
                (u.utterance_id for u in after.utterances),
                strict=True,
            )
        )
        assert after.tied == [names.get(name, after.tied[i]) for i, name in enumerate(before.tied)]
        assert [u.text for u in after.utterances] == [u.text for u in before.utterances]


# Dates


@given(moments, st.sampled_from(["none", "day", "month", "relative"]))
def test_a_clock_begins_where_it_was_asked_to(first: dt.datetime, how: str) -> None:
    start = first + shift(first, how)
    if how == "none":
        assert start == first
    elif how == "relative":
        assert start == EPOCH
    else:
        assert (start.hour, start.minute, start.second, start.microsecond) == (0, 0, 0, 0)
        assert (start.year, start.month) == (first.year, first.month)
        assert start.day == (1 if how == "month" else first.day)


@pytest.mark.parametrize("how", ["day", "month", "relative"])
def test_durations_within_a_person_stay_exact(how: str) -> None:
    records = small_records(2)
    privacy = Privacy(Pseudonyms(None), how)
    person = next(privacy.participants(records["participants"]))
    talk = next(privacy.conversations(records["conversations"]))
    before = records["conversations"][0]
    assert talk.finished_at - talk.started_at == before.finished_at - before.started_at
    assert talk.started_at - person.started_at == dt.timedelta()
    assert (person.started_at.hour, person.started_at.minute) == (0, 0)


def test_no_other_coarseness_is_taken() -> None:
    with pytest.raises(InputError, match="none, day, month, relative"):
        shift(NOW, "week")


# Coarser attributes


def test_every_country_has_a_region() -> None:
    assert set(REGIONS) == set(COUNTRIES)
    assert place_of("Germany") == place_of("DEU") == ("Europe", "Western Europe")
    assert place_of("Atlantis") is None


@pytest.mark.parametrize(
    ("age", "group"), [(17, "under 18"), (18, "18-24"), (24, "18-24"), (25, "25+"), (99, "25+")]
)
def test_ages_fall_into_groups(age: int, group: str) -> None:
    question, rule = read_coarsening("age=18,25")
    assert question == "age"
    assert rule.apply(age) == group


@given(st.lists(st.integers(0, 99), min_size=1, unique=True), st.integers(0, 120))
def test_every_number_is_in_one_group(edges: list[int], number: int) -> None:
    rule = Bounds(tuple(float(edge) for edge in sorted(edges)))
    group = rule.apply(number)
    assert isinstance(group, str)
    if "-" in group:
        low, high = map(int, group.split("-"))
        assert low <= number <= high


def test_countries_and_named_groups_are_coarser_and_all_else_stays() -> None:
    assert read_coarsening("c=subregion")[1].apply("KEN") == "Eastern Africa"
    assert read_coarsening("c=region")[1].apply("Kenya") == "Africa"
    assert read_coarsening("c=region")[1].apply("Prefer not to say") == "Prefer not to say"
    groups = read_coarsening("r=file.yaml", {"Hindu": "Other"})[1]
    assert (groups.apply("Hindu"), groups.apply("None"), groups.apply(None)) == (
        *("Other", "None"),
        None,
    )


@pytest.mark.parametrize("text", ["age", "age=old", "age=25,18", "=18"])
def test_rules_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="--coarsen"):
        read_coarsening(text)
    with pytest.raises(InputError, match="agee"):
        known_questions(["age"], {"agee": 1}, "--coarsen")


# k-anonymity


def people_with(*rows: tuple[str | None, ...]) -> tuple[list[str], list[Answer]]:
    names = [f"p{number}" for number in range(len(rows))]
    answers = [
        answer(name, f"q{place}", "single", value)
        for name, row in zip(names, rows, strict=True)
        for place, value in enumerate(row)
    ]
    return names, answers


def test_only_what_has_to_go_is_taken_out_the_last_named_first() -> None:
    names, answers = people_with(("F", "DE"), ("F", "DE"), ("F", "KE"), ("M", "KE"), ("M", "FR"))
    found = measure(names, answers, Rules(("q0", "q1"), k=2))
    assert (found.before.k, found.after.k) == (1, 2)
    assert found.suppressed["p3"] == found.suppressed["p4"] == {"q1"}
    assert found.suppressed["p2"] == {"q0", "q1"}
    assert "p0" not in found.suppressed
    (blank, kept) = (apply(answers[5], found), apply(answers[0], found))
    assert (blank.value, blank.texts, kept.value) == (None, None, "F")


values = st.sampled_from(["a", "b", "c", None])


@given(st.lists(st.tuples(values, values, values), max_size=25), st.integers(1, 5))
def test_no_combination_that_is_left_has_fewer_than_k_people(
    rows: list[tuple[str | None, ...]], k: int
) -> None:
    names, answers = people_with(*rows)
    rules = Rules(("q0", "q1", "q2"), k=k)
    found = measure(names, answers, rules)
    assert found.after.below(k) == 0
    assert found.after.n_people == len(rows)
    # What is published says the same as what was counted.
    again = measure(names, [apply(a, found) for a in answers], Rules(("q0", "q1", "q2")))
    assert again.after == found.after
    kept = sum(a.value is not None for a in answers) - found.n_suppressed
    assert kept == sum(apply(a, found).value is not None for a in answers)


def test_with_k_of_one_nothing_is_taken_out() -> None:
    names, answers = people_with(("F", "DE"), ("M", "KE"))
    found = measure(names, answers, Rules(("q0", "q1")))
    assert found.suppressed == {}
    assert found.before == found.after
    assert [apply(a, found) for a in answers] == answers


def test_coarsening_comes_before_counting() -> None:
    names, answers = people_with(("DEU",), ("FRA",), ("KEN",), ("KEN",))
    rules = Rules(("q0",), k=2, coarsen=dict([read_coarsening("q0=region")]))
    found = measure(names, answers, rules)
    assert found.n_suppressed == 0
    assert [apply(a, found).value for a in answers] == ["Europe", "Europe", "Africa", "Africa"]


def test_what_was_written_beside_an_attribute_goes_with_it() -> None:
    names = ["p0", "p1"]
    answers = [answer(n, "q0", "single", "Other", texts={"Other": "mine"}) for n in names]
    found = measure(names, answers, Rules(("q0",), k=2))
    assert [apply(a, found).texts for a in answers] == [None, None]
    assert [apply(a, found).value for a in answers] == ["Other", "Other"]


def test_the_report_names_no_combination_that_was_hidden() -> None:
    rows = [("F", "DE"), ("F", "DE"), ("M", "Tuvalu")]
    names, answers = people_with(*rows)
    answers += [answer(n, "s", "single", v) for n, v in zip(names, "xyz", strict=True)]
    found = measure(names, answers, Rules(("q0", "q1"), k=2, sensitive=("s",)))
    text = anonymity_markdown(found)
    assert "Tuvalu" not in text + str(anonymity_settings(found))
    assert "**k = 2**" in text
    assert found.diversity == {"s": 2}
    assert anonymity_settings(found)["n_people_suppressed"] == 1


def test_nobody_is_spread_over_nothing() -> None:
    empty = spread([])
    assert (empty.n_people, empty.n_cells, empty.k, empty.below(5)) == (0, 0, 0, 0)
