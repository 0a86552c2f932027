"""Trees that a server grew and released: the description counts what is in the database."""

from __future__ import annotations

from pathlib import Path

from tests.collect.trees.conftest import orchard, orchard_spec
from tests.collect.trees.growing import NOW, let_grow, people

from manyvoices.analyse import Resampling, Settings
from manyvoices.analyse.trees import describe_trees
from manyvoices.collect.release import write_release
from manyvoices.collect.studies.models import StudyVersion
from manyvoices.collect.trees.models import LabelsGiven, Message, RankingGiven, Tree

__all__ = ["orchard", "orchard_spec"]

FEW = Settings(resampling=Resampling(20), min_group=1)


def test_a_release_is_described_as_it_was_collected(
    orchard: StudyVersion,  # the fixture
    tmp_path: Path,
) -> None:
    let_grow(people(orchard, 10), rounds=120)
    write_release(study_id="orchard", out=tmp_path / "r", formats=("native", "oasst"),
                  pseudonyms="fresh", key=b"k" * 32, now=NOW)  # fmt: skip
    found = describe_trees(tmp_path / "r", FEW)
    assert found.form == "native-trees"
    assert found.shape.n_trees == Tree.objects.count()
    assert found.shape.n_messages == Message.objects.count()
    assert dict(found.shape.states) == {
        state: Tree.objects.filter(state=state).count()
        for state in Tree.objects.values_list("state", flat=True).distinct()
    }
    assert found.labels.n_answers == sum(
        len(row.labels) for row in LabelsGiven.objects.filter(source="task", counts=True)
    )
    assert found.ranking is None or found.ranking.n_rankings == RankingGiven.objects.count()
    assert found.contributors is not None
    assert found.contributors.n_people == 10
    finished = describe_trees(tmp_path / "r" / "oasst" / "trees.jsonl", FEW)
    assert finished.shape.n_trees == Tree.objects.filter(state="ready_for_export").count()


def test_answers_of_contributors_are_weighed_by_what_they_wrote(tmp_path: Path) -> None:
    import datetime as dt

    from benchmarks.synthetic.trees import Forest

    from manyvoices.analyse.trees.contributors import activity
    from manyvoices.analyse.trees.flatten import read_columns
    from manyvoices.analyse.trees.survey import OTHERS, survey_of
    from manyvoices.io import write_grown
    from manyvoices.io.writing import write_records
    from manyvoices.schema import Answer

    when = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    write_grown(
        Forest(seed=1, n_people=30, native=True).trees(200),  # type: ignore[arg-type]
        tmp_path / "native" / "trees.jsonl",
    )
    columns = read_columns(tmp_path)

    def answer(i: int, person: str) -> Answer:
        value = "Male" if i % 3 else "Female" if i else "Prefer not to say"
        return Answer(
            participant_id=person, study_id="s", survey="about", question_id="gender",
            kind="single", value=value if i != 6 else "Other", answered_at=when,
            consent_version="1", simulated=False,
        )  # fmt: skip

    rows = [answer(i, person) for i, person in enumerate(columns.people)]
    write_records([*rows, answer(1, "nobody")], tmp_path / "native" / "answers.jsonl")
    [block] = survey_of(columns, tmp_path, min_group=2)
    assert [row.label for row in block.rows] == ["Male", "Female", OTHERS]
    assert (block.n_people, block.n_unsaid) == (len(rows) - 1, 1)
    done = activity(columns)
    male = [i for i in range(len(rows)) if i % 3]
    assert block.rows[0].n_messages == (done["prompter"] + done["assistant"])[male].sum()
    assert block.rows[0].n_judgements == (done["reviewer"] + done["ranker"])[male].sum()
    assert survey_of(columns, None, min_group=2) == ()
