"""The documents of a release: what they say, what they never say, and who can open them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.releases import NOW, WORDS, small_study, write_small
from tests.real_data import needs_real_data, real

from manyvoices.curate.documents import About, Entry, build_codebook, write_documents
from manyvoices.curate.documents.codebook_text import codebook_latex
from manyvoices.curate.documents.latex import escape, unescape
from manyvoices.curate.documents.tally import Distinct, Tally
from manyvoices.schema import InputError, WithdrawnFrom


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small(tmp_path_factory.mktemp("small") / "release")
    about = About(
        release_id="small-1",
        notes=("2 people left out: their consent does not allow it",),
        settings={"pseudonyms": "fresh", "dates": "month"},
        withdrawals=(WithdrawnFrom(release_id="small-0", participants=["p-gone"]),),
    )
    write_documents(folder, study=small_study(), now=NOW, about=about)
    return folder


def entries(folder: Path) -> dict[tuple[str, str], Entry]:
    found = build_codebook(folder, small_study()).entries
    return {(entry.file, entry.variable): entry for entry in found}


def test_free_text_is_in_no_document(documented: Path) -> None:
    texts = [path for path in documented.iterdir() if path.is_file()]
    assert len(texts) == 7
    for path in texts:
        text = path.read_text()
        assert "quetzal" not in text.lower(), path


def test_what_was_left_out_and_who_withdrew_is_said(documented: Path) -> None:
    card = (documented / "README.md").read_text()
    assert "2 people left out: their consent does not allow it" in card
    assert "`p-gone`" in card
    assert "| `small-0` |" in card


def test_a_codebook_names_question_missing_unique_and_distribution(documented: Path) -> None:
    found = entries(documented)
    gender = found["prism/survey.jsonl", "gender"]
    assert gender.question_text == "What is your gender?"
    assert (gender.category, gender.type, gender.n, gender.n_missing) == (
        *("direct", "categorical"),
        *(6, 0),
    )
    # PRISM's form puts what was written in into the column; its words are not shown.
    assert gender.distribution == {"Female": 2, "Male": 2, "(written in)": 2}
    prefs = found["prism/survey.jsonl", "stated_prefs"].distribution["parts"]
    assert prefs["safety"]["mean"] == 22.5  # type: ignore[index,call-overload]  # JSON
    assert prefs["safety"]["label"] == "is safe"  # type: ignore[index,call-overload]
    assert prefs["creativity"]["missing"] == 6  # type: ignore[index,call-overload]
    score = found["native/conversations.jsonl", "turns[].utterances[].score"]
    assert "from [Terrible] to [Perfect], kept as 1 to 100" in score.notes
    text = found["prism/utterances.jsonl", "user_prompt"].distribution
    assert text["mean chars"] == len(WORDS) + 1


def test_message_trees_of_a_release_are_in_the_codebook(tmp_path: Path) -> None:
    from tests.io.test_native_trees import grown, ranking, review

    from manyvoices.io import write_grown

    folder = write_small(tmp_path / "release")
    trees = [grown(reviews=[review()], rankings=[ranking([["b"], ["c"]])]), grown("x")]
    write_grown(trees, folder / "native" / "trees.jsonl")
    found = entries(folder)
    file = "native/trees.jsonl"
    text = found[file, "tree.prompt.text"]
    # All six messages, whatever their depth, by their length alone.
    assert (text.n, text.n_missing, text.distribution["max chars"]) == (6, 0, 5)
    assert found[file, "tree.prompt.role"].distribution == {"assistant": 4, "prompter": 2}
    assert found[file, "tree.tree_state"].distribution == {"ranking": 2}
    labels = found[file, "reviews[].labels"].distribution["parts"]
    assert (labels["spam"]["mean"], labels["quality"]["missing"]) == (0, 1)  # type: ignore[index,call-overload]  # JSON
    assert found[file, "rankings[].participant_id"].n_unique == 1
    assert "described below" in found[file, "reviews"].label
    write_documents(folder, study=small_study(), now=NOW)
    assert "native/trees.jsonl" in (folder / "codebook.md").read_text()
    sets = json.loads((folder / "croissant.json").read_text())["recordSet"]
    assert "native/trees.jsonl" not in json.dumps(sets)


def test_an_answer_in_the_native_file_is_described_by_question(documented: Path) -> None:
    found = entries(documented)
    usecases = found["native/answers.jsonl", "survey.usecases"]
    assert usecases.distribution["fun"] == 6
    assert "Not everybody was asked" in usecases.notes


def test_the_codebook_for_programs_holds_every_variable(documented: Path) -> None:
    document = json.loads((documented / "codebook.json").read_text())
    assert len(document["variables"]) == len(entries(documented))


def test_the_statement_fills_in_the_study_and_marks_what_it_cannot_know(documented: Path) -> None:
    text = (documented / "statement.md").read_text()
    headings = re.findall(r"^## \d+\. (.+)$", text, re.MULTILINE)
    assert len(headings) == 10
    assert headings[:3] == ["Curation rationale", "Language variety", "Speaker demographics"]
    assert "up to 14 days after they finished" in text
    assert "moved to the start of their first month" in text
    assert text.count("> **TO BE WRITTEN:**") >= 8


def test_a_licence_is_never_invented(documented: Path, tmp_path: Path) -> None:
    assert "license: unknown" in (documented / "README.md").read_text()
    assert (documented / "terms.md").read_text().count("TO BE DECIDED") >= 3
    folder = write_small(tmp_path)
    kinds = ("human_text", "model_text", "survey")
    write_documents(
        folder, study=small_study(), now=NOW, licences=dict.fromkeys(kinds, "CC-BY-4.0")
    )
    assert "license: cc-by-4.0" in (folder / "README.md").read_text()
    write_documents(folder, study=small_study(), now=NOW, licences={"human_text": "CC-BY-4.0"})
    assert "license: other" in (folder / "README.md").read_text()
    kept = About(settings={"licences": {"human_text": "CC0-1.0"}})
    write_documents(folder, study=small_study(), now=NOW, about=kept)
    assert "CC0-1.0" in (folder / "terms.md").read_text()
    with pytest.raises(InputError, match="human_text, model_text, survey"):
        write_documents(folder, study=small_study(), now=NOW, licences={"texts": "MIT"})


def test_the_same_files_give_the_same_documents(documented: Path, tmp_path: Path) -> None:
    again = write_small(tmp_path / "again")
    twice = [write_documents(again, study=small_study(), now=NOW) for _ in range(2)]
    before = {path.name: path.read_bytes() for path in twice[0]}
    assert before == {path.name: path.read_bytes() for path in twice[1]}


def test_hugging_face_opens_every_configuration(
    documented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    names = datasets.get_dataset_config_names(str(documented))
    assert names[0] == "prism-conversations"
    assert set(names) == {
        *("prism-survey", "prism-conversations", "prism-utterances", "prism-metadata"),
        *("native-participants", "native-answers", "native-conversations"),
    }
    rows = {
        name: datasets.load_dataset(
            str(documented), name, cache_dir=str(tmp_path), split="train"
        ).num_rows
        for name in names
    }
    assert rows["prism-survey"] == rows["prism-utterances"] == rows["native-participants"] == 6
    assert rows["native-answers"] == 30


def test_croissant_is_valid_and_its_records_can_be_read(documented: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    metadata = documented / "croissant.json"
    dataset = croissant.Dataset(jsonld=os.fspath(metadata))  # raises on any error
    assert not dataset.metadata.ctx.issues.errors
    counts = {}
    for records in dataset.metadata.record_sets:
        rows = list(dataset.records(records.name))
        counts[records.name] = len(rows)
    assert counts["prism-survey"] == 6
    assert counts["native-conversations"] == 6
    rows = list(dataset.records("prism-survey"))
    people = {row["prism-survey/user_id"].decode() for row in rows}
    assert people == {f"person-{n}" for n in range(6)}
    safety = "prism-survey/stated_prefs/safety"
    assert {row["prism-survey/stated_prefs"][safety] for row in rows} >= {b"0", b"9"}


def test_croissant_reaches_the_keys_that_prism_describes_one_by_one(tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant")
    row: dict[str, Any] = {"user_id": "u", "survey_only": True, "simulated": False}
    row["location"] = {"birth_country": "Kenya", "reside_country": None}
    (tmp_path / "survey.jsonl").write_text(json.dumps(row) + "\n")
    write_documents(tmp_path, study=None, now=NOW)
    dataset = croissant.Dataset(jsonld=os.fspath(tmp_path / "croissant.json"))
    (record,) = dataset.records("survey")
    assert record["survey/location"]["survey/location/birth_country"] == b"Kenya"


# LaTeX


@given(st.text())
def test_any_text_survives_latex(text: str) -> None:
    code = escape(text)
    assert code.isascii()
    kept = "".join(
        " " if char == "\t" else char
        for char in text
        if char in "\t\n" or (char.isprintable() and not 0xD800 <= ord(char) <= 0xDFFF)
    )
    assert unescape(code) == kept


@given(st.text())
def test_nothing_in_escaped_text_is_a_command_of_its_own(text: str) -> None:
    code = escape(text)
    bare = re.sub(r"\\[a-zA-Z]+\{[0-9A-F]*\}|\\[{}$&#%_]|-\{\}", "", code)
    assert not set(bare) & set("\\{}$&#%_^~")


def test_the_tables_of_the_latex_codebook_are_closed(documented: Path) -> None:
    code = (documented / "codebook.tex").read_text()
    assert code.isascii()
    plain = re.sub(r"\\[\\{}$&#%_]", "", code)
    assert plain.count("{") == plain.count("}")
    assert code.count(r"\begin{longtable}") == code.count(r"\end{longtable}") == 7
    for line in code.splitlines():
        if line.startswith(" & \\multicolumn") or re.match(r"\d+ & ", line):
            columns = len(re.findall(r"(?<!\\)&", line)) + 1
            spanned = sum(int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d)\}", line))
            assert columns + spanned == 5, line


def test_an_empty_release_has_a_codebook_too(tmp_path: Path) -> None:
    folder = write_small(tmp_path, participants=[], answers=[], conversations=[])
    write_documents(folder, study=small_study(), now=NOW)
    assert codebook_latex(build_codebook(folder, None), "x").endswith("\\end{document}\n")


# Counting


@settings(max_examples=20)  # each opens 64 files
@given(st.lists(st.text(max_size=3)), st.integers(1, 5))
def test_different_values_are_counted_the_same_on_disk(values: list[str], limit: int) -> None:
    distinct = Distinct(limit=limit)
    for value in values:
        distinct.add(value)
    assert len(distinct) == len(set(values))
    assert len(distinct) == len(set(values))


def test_of_many_values_the_most_frequent_are_shown() -> None:
    tally = Tally("values")
    for number in range(40):
        for _ in range(40 - number):
            tally.see(f"v{number:02}")
    shown = tally.distribution()
    assert list(shown)[:2] == ["v00", "v01"]
    assert list(shown)[-1] == "(30 other values)"
    assert sum(n for n in shown.values() if isinstance(n, int)) == tally.n


# PRISM's own codebook


@needs_real_data
def test_prisms_variables_types_and_categories_are_prisms(tmp_path: Path) -> None:
    published = json.loads(real("prism/golden/codebook_entries.json").read_text())
    from benchmarks.synthetic_prism import write_synthetic

    write_synthetic(tmp_path, share=1.0)
    ours = {(e.file.split(".")[0], e.variable): e for e in build_codebook(tmp_path, None).entries}
    files = {
        "The Survey": "survey",
        "The Conversations": "conversations",
        "The Utterances": "utterances",
        "The MetaData": "metadata",
    }
    wanted = {(files[e["_section"]], e["variable_name"]): e for e in published}
    assert set(ours) == set(wanted)
    differ = [
        key
        for key, e in wanted.items()
        if (ours[key].category, ours[key].type) != (e["variable_category"], e["variable_type"])
    ]
    # PRISM calls it "nested", which is no category of its codebook.
    assert differ == [("conversations", "performance_attributes")]
    same = [key for key, e in wanted.items() if _counts_are_equal(ours[key], e)]
    # Everything of which the synthetic data has the published counts; see benchmarks.
    assert {name for file, name in same if file == "survey"} >= {
        *("user_id", "survey_only", "num_completed_conversations", "consent", "lm_familiarity"),
        *("lm_direct_use", "lm_indirect_use", "lm_frequency_use", "order_lm_usecases", "age"),
        *("education", "employment_status", "marital_status", "english_proficiency", "gender"),
        *("religion_categorised", "religion_simplified", "ethnicity_categorised"),
        *("ethnicity_simplified", "location_birth_country", "location_reside_country", "study_id"),
        *("location_special_region", "self_description", "consent_age"),
    }
    assert {key for key in same if key[0] != "survey"} >= {
        *((file, "user_id") for file in ("conversations", "utterances", "metadata")),
        *((file, "conversation_id") for file in ("conversations", "utterances", "metadata")),
        ("conversations", "conversation_type"),
        ("utterances", "interaction_id"),
        ("utterances", "utterance_id"),
        ("utterances", "within_turn_id"),
        ("utterances", "score"),
        ("metadata", "column_id"),
        ("metadata", "interaction_id"),
        ("metadata", "utterance_id"),
    }


def _counts_are_equal(ours: Entry, published: dict[str, Any]) -> bool:
    counts = (published["num_missing"], published["num_unique"])
    if (ours.n_missing, ours.n_unique) != counts:
        return False
    values = {
        name: n for name, n in published["values"].items() if isinstance(n, int) and name != "None"
    }
    return not values or ours.distribution == values
