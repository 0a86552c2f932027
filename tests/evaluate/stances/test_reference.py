"""How people answered: from a release, a table of counts, or the instrument's own numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from manyvoices.evaluate.stances.config import HumanConfig
from manyvoices.evaluate.stances.errors import NoReference
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.reference import reference
from manyvoices.io.native import NativeWriter
from manyvoices.schema import Answer, Participant
from manyvoices.schema.errors import DataError

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def person(name: str, **more: object) -> Participant:
    fields = {
        "participant_id": name, "study_id": "s", "consent_version": "1", "consented_at": NOW,
        "language": "en", "simulated": False, "status": "complete", "started_at": NOW,
    }  # fmt: skip
    return Participant(**(fields | more))  # type: ignore[arg-type]


def answer(who: str, question: str, value: str | None, *, simulated: bool = False) -> Answer:
    return Answer(
        participant_id=who, study_id="s", survey="survey", question_id=question, kind="likert",
        value=value, answered_at=NOW, consent_version="1", simulated=simulated,
    )  # fmt: skip


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Twelve people, one who withdrew, one bot."""
    with NativeWriter(tmp_path) as writer:
        for number in range(12):
            who = f"p{number}"
            writer.write(person(who))
            writer.write(answer(who, "st_rail", "agree" if number % 2 else "disagree"))
            writer.write(answer(who, "st_unions", None if number == 0 else "strongly_agree"))
            writer.write(answer(who, "gender", "Female" if number < 10 else "Male"))
        writer.write(person("gone", status="withdrawn"))
        writer.write(person("bot", simulated=True))
        writer.write(answer("bot", "st_rail", "agree", simulated=True))
    return tmp_path


def test_a_release_s_survey_is_read_without_bots_and_those_who_withdrew(
    release: Path, instrument: Instrument
) -> None:
    found = reference(instrument, HumanConfig(path=release, by=("gender",), prefix="st_"))
    assert found is not None
    by_name = {group.name: group for group in found.groups}
    assert set(by_name) == {"everybody", "gender: Female"}
    assert by_name["everybody"].n_people == 12
    assert by_name["everybody"].counts[0].tolist() == [0, 6, 0, 6, 0]
    unions = [item.id for item in instrument.items].index("unions")
    assert by_name["everybody"].counts[unions].tolist() == [0, 0, 0, 0, 11]
    assert found.persons is not None
    assert found.persons.shape == (12, 30)
    said = " ".join(found.left_out)
    assert "1 simulated" in said
    assert "gender: Male has 2 people, fewer than 10" in said


def test_questions_of_another_name_are_asked_for(release: Path, instrument: Instrument) -> None:
    with pytest.raises(NoReference, match=r"named rail, .*human\.prefix"):
        reference(instrument, HumanConfig(path=release))


def test_a_table_of_counts_and_of_weights(tmp_path: Path, instrument: Instrument) -> None:
    table = tmp_path / "people.csv"
    table.write_text("item,answer,count\nrail,agree,30\nrail,disagree,10\nother,agree,5\n")
    found = reference(instrument, HumanConfig(path=table))
    assert found is not None
    assert found.groups[0].effective[0] == 40
    assert found.persons is None
    table.write_text("person,item,answer,weight\na,rail,agree,3\nb,rail,agree,1\n")
    weighed = reference(instrument, HumanConfig(path=table))
    assert weighed is not None
    assert weighed.groups[0].counts[0].tolist() == [0, 0, 0, 4, 0]
    assert weighed.groups[0].effective[0] == pytest.approx(16 / 10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("item,answer\nrail,agree\n", r"people.csv:1.*count or person"),
        ("item,answer,count\nrail,maybe,3\n", r"people.csv:2: answer: found 'maybe'.*agree"),
        ("item,answer,count\nrail,agree,many\n", r"people.csv:2: count: found 'many'"),
        ("item,answer,count\nrail,agree,-1\n", r"a number from 0 up"),
    ],
)
def test_rows_that_cannot_be_read_are_named(
    tmp_path: Path, instrument: Instrument, text: str, said: str
) -> None:
    (tmp_path / "people.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        reference(instrument, HumanConfig(path=tmp_path / "people.csv"))


def test_the_instrument_s_own_counts_are_a_reference(instrument: Instrument) -> None:
    item = instrument.items[0].model_copy(update={"human": {"adults 2020": (1, 2, 3, 4, 5)}})
    own = instrument.model_copy(update={"items": (item, *instrument.items[1:])})
    found = reference(own, None)
    assert found is not None
    assert found.groups[0].name == "adults 2020"
    assert found.groups[0].effective[0] == 15
    assert reference(instrument, None) is None


def test_a_person_who_answers_an_item_twice_is_named(
    tmp_path: Path, instrument: Instrument
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "person,item,answer\na,rail,agree\nb,rail,agree\na,rail,disagree\nb,unions,perhaps\n"
    )
    with pytest.raises(DataError) as caught:
        reference(instrument, HumanConfig(path=path))
    said = str(caught.value)
    assert "people.csv:4: person: found a second answer of a to rail" in said
    assert "people.csv:5: answer: found 'perhaps'" in said


def test_single_people_are_kept_with_their_groups_and_counts_have_none(
    release: Path, instrument: Instrument, tmp_path: Path
) -> None:
    found = reference(instrument, HumanConfig(path=release, by=("gender",), prefix="st_"))
    assert found is not None
    women = next(group for group in found.groups if group.name == "gender: Female")
    assert women.singles is not None
    assert women.singles.options.shape == (10, 30)
    assert (women.singles.options[0] >= 0).sum() == 1  # the first left one item out
    path = tmp_path / "counts.csv"
    path.write_text("item,answer,count\nrail,agree,30\n")
    counted = reference(instrument, HumanConfig(path=path))
    assert counted is not None
    assert counted.groups[0].singles is None
