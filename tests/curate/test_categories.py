"""Categories: nothing enters a group without a person's decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manyvoices.curate.categories import (
    Decision,
    Described,
    SheetRow,
    categorise,
    describe,
    merge,
    self_descriptions,
    share_right,
    sheet,
)
from manyvoices.curate.categories_files import (
    read_discussion,
    read_mapping,
    read_sheet,
    write_discussion,
    write_mapping,
    write_sheet,
)
from manyvoices.curate.categories_proposals import propose
from manyvoices.curate.categories_schemes import (
    ETHNICITY,
    GENDER,
    NOT_SAID,
    RELIGION,
    SCHEMES,
    read_scheme,
)
from manyvoices.schema.errors import DataError

TODAY = "2026-11-21"
DESCRIBED = {Described("half welsh"): 3, Described("scouse"): 1, Described("white", "asian"): 2}


class Model:
    """A model that answers from a list and counts how often it was asked."""

    model = "m1"

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.n = 0

    def __call__(self, prompt: str) -> str | None:
        self.n += 1
        return self.answers.pop(0)


def filled(*groups: str) -> list[SheetRow]:
    return [
        SheetRow(one, n, group)
        for (one, n), group in zip(sorted(DESCRIBED.items()), groups, strict=True)
    ]


def merged(first: list[SheetRow], second: list[SheetRow]):  # type: ignore[no-untyped-def]
    return merge(first, second, annotators=("Ann", "Bo"), scheme=ETHNICITY, today=TODAY)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=12))))
def test_without_decisions_everybody_prefers_not_to_say(texts: list[str | None]) -> None:
    found = categorise(texts, [], ETHNICITY)
    assert set(found.categorised) <= {NOT_SAID}
    assert set(found.simplified) <= {NOT_SAID}


def test_even_a_text_that_is_a_groups_name_waits_for_a_person() -> None:
    found = categorise(["White", "WHITE ", "prefer not to say", None], [], ETHNICITY)
    assert found.undecided == {Described("white"): 2}
    assert found.decided == (False, False, True, True)


def test_an_option_that_people_picked_is_their_own_decision() -> None:
    found = categorise(["Female", "male", "a person"], [], GENDER)
    assert found.categorised == ("Female", "Male", NOT_SAID)
    assert found.decided == (True, True, False)


def test_a_decision_about_text_and_context_comes_before_one_about_the_text() -> None:
    decisions = [
        Decision(Described("british"), "Other", "Ann", TODAY, "by hand"),
        Decision(Described("british", "asian"), "Asian", "Ann", TODAY, "by hand"),
    ]
    found = categorise(
        ["British", "british", "british"],
        decisions,
        ETHNICITY,
        contexts=["Asian", "white", None],
    )
    assert found.categorised == ("Asian", "Other", "Other")


def test_the_simpler_groups_are_the_papers() -> None:
    assert {RELIGION.simple(group) for group in RELIGION.groups} == {
        *("No Affiliation", "Christian", "Jewish", "Muslim", "Other", NOT_SAID),
    }
    assert {ETHNICITY.simple(group) for group in ETHNICITY.groups} == {
        *("White", "Black", "Hispanic", "Asian", "Mixed", "Other", NOT_SAID),
    }
    assert all(scheme.groups[-1] == NOT_SAID for scheme in SCHEMES.values())
    assert set(RELIGION.simplified) <= set(RELIGION.groups)


def test_only_what_both_annotators_decided_alike_is_decided() -> None:
    found = merged(filled("white", "Mixed", ""), filled("White", "Other", "Asian"))
    assert [(one.group, one.decided_by, one.how) for one in found.decided] == [
        ("White", "Ann and Bo", "agreement")
    ]
    assert [(one.first, one.second) for one in found.disputed] == [
        ("Mixed", "Other"),
        ("", "Asian"),
    ]
    assert (found.n_both, found.share_agreed) == (2, 0.5)
    assert (found.first, found.second) == (("White", "Mixed", None), ("White", "Other", "Asian"))


def test_two_sheets_left_empty_decide_nothing() -> None:
    found = merged(filled("", "", ""), filled("", "", ""))
    assert (found.decided, len(found.disputed)) == ((), 3)


def test_one_person_is_not_two_annotators_and_all_faults_are_named() -> None:
    with pytest.raises(DataError) as caught:
        merge(
            filled("Martian", "", "")[:2],
            filled("", "", ""),
            annotators=("Ann", " ann"),
            scheme=ETHNICITY,
            today=TODAY,
        )
    told = "\n".join(map(str, caught.value.faults))
    assert "two different people" in told
    assert "'Martian'" in told
    assert "in one sheet alone" in told


def test_a_mapping_in_which_nobody_decided_is_refused(tmp_path: Path) -> None:
    nobody = Decision(Described("x"), "White", " ", TODAY, "by hand")
    with pytest.raises(DataError, match="nobody's decision"):
        categorise(["x"], [nobody], ETHNICITY)
    path = tmp_path / "mapping.csv"
    path.write_text("field,text,group,decided_by\nethnicity,x,White,\n")
    with pytest.raises(DataError, match="nothing enters a group by itself"):
        read_mapping(path)


def test_two_decisions_about_one_text_are_a_fault() -> None:
    both = [Decision(Described("x"), g, "Ann", TODAY, "by hand") for g in ("White", "Asian")]
    with pytest.raises(DataError, match="White and Asian"):
        categorise(["x"], both, ETHNICITY)


NASTY = ["=cmd()", "+1", "'quoted'", 'with "quotes", and commas', "'=x", "-", "ünïcode"]


def test_every_file_gives_back_what_was_written(tmp_path: Path) -> None:
    described = describe([*NASTY, "twice", "twice", None, "", "Prefer not to say"])
    assert described[Described("twice")] == 2
    assert len(described) == len(NASTY) + 1
    path = tmp_path / "sheet.csv"
    write_sheet(sheet(described), path)
    assert read_sheet(path) == sheet(described)
    assert "proposal" not in path.read_text().splitlines()[0]
    decisions = [Decision(one, "Other", "Ann", TODAY, "by hand", "why") for one in described]
    write_mapping(decisions, path, field="ethnicity")
    assert read_mapping(path) == {"ethnicity": decisions}
    assert "\n=cmd" not in path.read_text()


def test_a_discussion_is_kept_when_the_sheets_are_merged_again(tmp_path: Path) -> None:
    found = merged(filled("White", "Mixed", ""), filled("White", "Other", "Asian"))
    path = tmp_path / "discussion.csv"
    write_discussion(found.disputed, path)
    assert read_discussion(path, today=TODAY) == []
    rows = path.read_text().splitlines()
    rows[1] = rows[1].replace("Mixed,Other,,", "Mixed,Other,Other,Ann and Bo")
    path.write_text("\n".join(rows) + "\n")
    (settled,) = read_discussion(path, today=TODAY)
    assert (settled.group, settled.decided_by, settled.how) == ("Other", "Ann and Bo", "discussion")
    write_discussion(found.disputed, path, settled=[settled])
    assert read_discussion(path, today=TODAY) == [settled]


def test_a_discussed_group_needs_a_name_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "discussion.csv"
    path.write_text("text,context,group,decided_by\nx,,White,\n")
    with pytest.raises(DataError, match="decided_by"):
        read_discussion(path, today=TODAY)


def test_proposals_are_cached_by_model_and_prompt(tmp_path: Path) -> None:
    cache = tmp_path / "answers.jsonl"
    model = Model(" **white**. ", "no idea", None)
    found = propose(DESCRIBED, ETHNICITY, model, cache=cache)
    assert found.groups == {Described("half welsh"): "White"}
    assert (found.n_asked, found.n_failed, found.n_unusable) == (3, 1, 1)
    again = Model("Asian")
    found = propose(DESCRIBED, ETHNICITY, again, cache=cache)
    assert (again.n, found.groups[Described("white", "asian")]) == (1, "Asian")
    other = Model("Other", "Other", "Other")
    other.model = "m2"
    assert propose(DESCRIBED, ETHNICITY, other, cache=cache).n_asked == 3
    assert propose(DESCRIBED, RELIGION, Model(*["Other"] * 3), cache=cache).n_asked == 3


def test_a_broken_cache_costs_calls_and_nothing_else(tmp_path: Path) -> None:
    cache = tmp_path / "answers.jsonl"
    cache.write_bytes(b'{"key":\n\xff\n')
    assert propose(DESCRIBED, ETHNICITY, Model("White", "White", "White"), cache=cache).n_asked == 3


def test_a_proposal_is_shown_only_where_asked_for_and_never_decides() -> None:
    proposals = {Described("scouse"): "White"}
    assert [row.proposal for row in sheet(DESCRIBED)] == ["", "", ""]
    shown = sheet(dict(sorted(DESCRIBED.items())), proposals)
    assert [row.proposal for row in shown] == ["", "White", ""]
    assert merged(shown, filled("", "White", "")).decided == ()
    decided = [Decision(Described("scouse"), "Other", "Ann", TODAY, "by hand")]
    assert share_right(proposals, decided) == 0


def test_self_descriptions_are_found_in_every_form_of_the_column() -> None:
    rows = [
        {"user_id": "a", "ethnicity": {"self_described": "welsh"}, "x": "White"},
        {"user_id": "b", "ethnicity": "Scottish", "x": None},
        {"user_id": "c", "ethnicity_self_described": "irish"},
    ]
    users, texts, contexts = self_descriptions(rows, "ethnicity", context="x")
    assert (users, texts) == (["a", "b", "c"], ["welsh", "Scottish", "irish"])
    assert contexts == ["White", None, None]


def test_a_scheme_of_ones_own_always_has_the_safe_group(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("group,simplified\nnorth,land\nsea,\n")
    scheme = read_scheme(path, "home")
    assert scheme.groups == ("north", "sea", NOT_SAID)
    assert (scheme.simple("north"), scheme.simple("sea")) == ("land", "sea")
    path.write_text("group\nnorth\nnorth\n\n")
    with pytest.raises(DataError):
        read_scheme(path, "home")
