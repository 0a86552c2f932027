"""Quotas and the door, as tables of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design import load_study
from manyvoices.design.admission import decide
from manyvoices.design.protocol import Recruitment
from manyvoices.design.quotas import Cell, CellState, admit, cells_of, fits, matches
from manyvoices.schema.errors import StudyError

WOMEN = Cell("women", {"gender": ("Female",)}, 10)
US_WOMEN = Cell("us women", {"gender": ("Female",), "country": ("US",)}, 2)
ALL = Cell("everybody", {}, 100)
SMALL = Path(__file__).parent.parent / "assets" / "studies" / "small"


def test_somebody_gets_a_place_in_every_cell_that_counts_them() -> None:
    decision = admit({"gender": "Female", "country": "US"}, map(CellState, [ALL, WOMEN, US_WOMEN]))
    assert (decision.kind, decision.hold) == ("ok", ("everybody", "women", "us women"))


def test_an_answer_that_is_not_there_yet_counts_in_no_cell() -> None:
    decision = admit({"gender": "Female"}, map(CellState, [WOMEN, US_WOMEN]))
    assert decision.hold == ("women",)


def test_one_full_cell_and_no_place_is_taken_in_any() -> None:
    states = [CellState(WOMEN, active=3), CellState(US_WOMEN, active=2)]
    decision = admit({"gender": "Female", "country": "US"}, states)
    assert (decision.kind, decision.hold, decision.full) == ("waiting", (), ("us women",))


@pytest.mark.parametrize(
    ("active", "complete", "kind"),
    [(9, 0, "ok"), (10, 0, "waiting"), (1, 9, "waiting"), (0, 10, "over_quota"), (0, 9, "ok")],
)
def test_waiting_only_where_a_place_can_still_come_free(
    active: int, complete: int, kind: str
) -> None:
    state = CellState(WOMEN, active=active, complete=complete)
    assert admit({"gender": "Female"}, [state]).kind == kind


def test_a_soft_limit_is_shown_as_reached_and_lets_people_in() -> None:
    state = CellState(Cell("women", {"gender": ("Female",)}, None, target=10), complete=12)
    assert state.is_on_target
    assert admit({"gender": "Female"}, [state]).kind == "ok"


@pytest.mark.parametrize(
    ("value", "wanted", "is_fit"),
    [
        ("US", ("US", "CA"), True),
        ("FR", ("US", "CA"), False),
        (None, ("US",), False),
        (["work", "fun"], ("fun",), True),
        ([], ("fun",), False),
        ({"value": "other", "text": "x"}, ("other",), True),
        (24, ("18..24",), True),
        ("24", ("18..24",), True),
        (25, ("18..24",), False),
        (65, ("65..",), True),
        (3, ("3",), True),
        ("a..b", ("a..b",), True),
        ("n/a", ("18..24",), False),
    ],
)
def test_what_fits(value: Any, wanted: tuple[str, ...], is_fit: bool) -> None:
    assert fits(value, wanted) is is_fit


@given(
    st.lists(st.sampled_from(["Female", "Male"]), max_size=60),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_one_after_the_other_never_more_than_the_limit_and_nobody_is_refused_before_it(
    people: list[str], women: int, men: int
) -> None:
    cells = [Cell("f", {"gender": ("Female",)}, women), Cell("m", {"gender": ("Male",)}, men)]
    taken = {"f": 0, "m": 0}
    for gender in people:
        states = [CellState(cell, active=taken[cell.key]) for cell in cells]
        for key in admit({"gender": gender}, states).hold:
            taken[key] += 1
    assert taken == {
        "f": min(women, people.count("Female")),
        "m": min(men, people.count("Male")),
    }


def test_the_door_asks_first_whether_there_is_anything_to_come_in_for() -> None:
    rules = Recruitment()
    assert decide(rules, {}, [], is_open=False).reason == "closed"
    assert decide(rules, {}, [], has_budget=False).reason == "budget"
    assert decide(rules, {}, [], is_open=False, has_budget=False, is_in=True).is_ok


def test_answers_screen_out_with_the_studys_own_words() -> None:
    rules = Recruitment.model_validate(
        {"screen_out": [{"where": {"uses": "Never"}, "reason": "Only users."}]}
    )
    assert decide(rules, {"uses": "Daily"}, [], is_in=True).is_ok
    found = decide(rules, {"uses": "Never"}, [CellState(WOMEN, complete=10)], is_in=True)
    assert (found.kind, found.detail) == ("screened_out", "Only users.")


def _study(tmp_path: Path, recruitment: str, **files: str) -> Path:
    for file in SMALL.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    text = (SMALL / "study.yaml").read_text()
    old = "recruitment: {provider: open, completion_code: SMALL-1}"
    assert old in text
    (tmp_path / "study.yaml").write_text(text.replace(old, f"recruitment: {recruitment}"))
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path / "study.yaml"


def test_cells_come_from_a_census_table(tmp_path: Path) -> None:
    table = "familiarity,gender,limit,target,name\nSomewhat,Female,5,,\n,Male|Female,,9,soft one\n"
    study = load_study(_study(tmp_path, "{cells: census.csv, places: 50}", census=table))
    everybody, hard, soft = cells_of(study.recruitment)
    assert (everybody.key, everybody.limit) == ("everybody", 50)
    assert hard.where == {"familiarity": ("Somewhat",), "gender": ("Female",)}
    assert (hard.limit, hard.target, soft.limit, soft.target) == (5, None, None, 9)
    assert soft.key == "soft one"
    assert matches(soft, {"gender": "Male"})
    assert study.source_files["census.csv"] == table


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("gender,limit\nFemale,many\n", "census.csv:2: limit: found 'many'"),
        ("gender,limit\nFemale\n", "census.csv:2"),
        ("gender\nFemale\n", "census.csv:1"),
        ("gendre,limit\nFemale,3\n", "no question with the id gendre"),
        ("gender,limit\nWoman,3\n", "'Woman', which gender does not offer"),
    ],
)
def test_a_wrong_table_is_named_with_its_line(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        load_study(_study(tmp_path, "{cells: census.csv}", census=table))
    assert said in str(caught.value)


def test_a_cell_without_a_number_and_a_missing_table_are_faults(tmp_path: Path) -> None:
    path = _study(tmp_path, "{cells: [{where: {gender: Female}}]}")
    with pytest.raises(StudyError, match="neither limit nor target"):
        load_study(path)
    with pytest.raises(StudyError, match=r"nowhere\.csv"):
        load_study(_study(tmp_path, "{cells: nowhere.csv}"))


def test_the_way_back_is_the_platforms_own() -> None:
    rules = Recruitment(provider="prolific", completion_code="C1")
    assert rules.link_with("C1") == "https://app.prolific.com/submissions/complete?cc=C1"
    assert rules.link_with(None) is None
    assert Recruitment(completion_code="C1").link_with("C1") is None
    own = Recruitment(return_url="https://panel.example/back?c={code}")
    assert own.link_with("X") == "https://panel.example/back?c=X"
