"""Loading a study: what is read, and every fault at once with its file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from manyvoices.design import (
    ConversationsStage,
    Study,
    estimate_minutes,
    load_study,
    read_study,
    study_json_schema,
    summarise,
)
from manyvoices.design.sources import parse_yaml
from manyvoices.design.templates import demo_path, template_names, template_path
from manyvoices.schema.errors import Fault, StudyError

DOCS = Path(__file__).parents[2] / "docs"
Change = Callable[[str, str, str], dict[str, str]]


def faults_of(texts: dict[str, str]) -> list[Fault]:
    with pytest.raises(StudyError) as caught:
        read_study(texts)
    return list(caught.value.faults)


def only_fault(texts: dict[str, str]) -> Fault:
    faults = faults_of(texts)
    assert len(faults) == 1, [str(fault) for fault in faults]
    return faults[0]


def test_a_study_and_its_files_become_one_object(small: Study) -> None:
    assert [stage.kind for stage in small.stages] == ["consent", "survey", "conversations"]
    assert small.consent.text == "# Consent\n\nYou agree.\n"
    assert len(small.consent.version) == 12
    ((_, survey),) = small.surveys()
    assert [page.title for page in survey.pages] == ["First", "Second"]
    ((_, talks),) = small.conversation_stages()
    assert isinstance(talks, ConversationsStage)
    assert talks.types["unguided"].count == 2
    assert talks.types["guided"].label == "Guided"
    assert talks.n_conversations == 3
    assert talks.feedback.performance is not None
    assert talks.feedback.choice is not None
    assert [i.id for i in talks.feedback.performance.items] == ["fluency", "safety"]
    assert [i.id for i in talks.feedback.choice.items] == ["fluency"]
    assert talks.feedback.open is not None
    assert talks.feedback.open.label == "What was good?"
    assert talks.feedback.open.help == "In your own words."
    assert small.responder("two").persona == "plain"
    with pytest.raises(KeyError):
        small.responder("three")


def test_a_folder_and_its_texts_give_the_same_study(tmp_path: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    loaded = load_study(tmp_path)
    assert loaded == load_study(tmp_path / "study.yaml")
    assert loaded.source_files == texts
    assert read_study(loaded.source_files) == loaded


def test_a_study_cannot_be_changed(small: Study) -> None:
    with pytest.raises(ValueError, match="frozen"):
        small.title = "Other"  # type: ignore[misc]


def test_layout_and_comments_leave_the_digest_and_words_change_it(
    small: Study, texts: dict[str, str]
) -> None:
    assert len(small.digest) == 64
    commented = {**texts, "survey.yaml": "# A comment\n" + texts["survey.yaml"]}
    assert read_study(commented).digest == small.digest
    for name in texts:
        if name.endswith(".md"):
            changed = {**texts, name: texts[name] + "More.\n"}
        else:
            changed = {**texts, name: texts[name].replace("A", "Aa")}
        assert changed[name] == texts[name] or read_study(changed).digest != small.digest


def test_the_demo_study_loads_and_every_template_is_sound() -> None:
    assert "demo" in template_names()
    for name in template_names():
        load_study(template_path(name))
    demo = load_study(demo_path())
    assert {spec.persona for spec in demo.models} >= {"brief", "careful", "essayist"}
    with pytest.raises(KeyError):
        template_path("../demo")


def test_a_study_in_numbers(small: Study) -> None:
    consent, survey, talks = summarise(small)
    assert (consent.pages, survey.pages, survey.questions) == (1, 2, 4)
    assert talks.conversations == 3
    assert estimate_minutes(small) == pytest.approx(sum(s.minutes for s in summarise(small)))
    # 40 + 2 x 20 opening, 40 + 2 x 20 once more, three lines of 7 s, 75 s of writing.
    assert talks.minutes == pytest.approx(3 * (80 + 80 + 21 + 75) / 60)


# Faults: each its own file, line, place and words


FAULTS = [
    # file, text that stands there, text put in its place, file of the fault, line, path, words
    ("study.yaml", "title: A", "titel: A", "study.yaml", 3, "titel", "did you mean title?"),
    ("study.yaml", "id: small", "id: Small One", "study.yaml", 2, "id", "lower-case letters"),
    ("study.yaml", "manyvoices: 1", "manyvoices: 2", "study.yaml", 1, "manyvoices", "expected 1"),
    ("study.yaml", "title: A small study", "title: ''", "study.yaml", 3, "title", "not empty"),
    ("study.yaml", "title: A small study", "title: no", "study.yaml", 3, "title", "quotes"),
    (
        "study.yaml",
        "- survey: {q",
        "- survy: {q",
        "study.yaml",
        6,
        "stages[1].survy",
        "did you mean survey?",
    ),
    (
        "study.yaml",
        "unguided: 2",
        "unguided: 0",
        "study.yaml",
        8,
        "stages[2].conversations.types.unguided",
        "greater than or equal to 1",
    ),
    (
        "study.yaml",
        "unguided: 2",
        "unguided: no",
        "study.yaml",
        8,
        "stages[2].conversations.types.unguided",
        "a whole number or {count",
    ),
    (
        "study.yaml",
        "{responders: 2}",
        "{responders: 3}",
        "study.yaml",
        9,
        "stages[2].conversations.opening.responders",
        "3 responders, but 2 models",
    ),
    (
        "study.yaml",
        "      opening: {responders: 2}\n",
        "",
        "study.yaml",
        7,
        "stages[2].conversations",
        "4 responders, but 2 models",
    ),
    (
        "study.yaml",
        "turns: [2, 3]",
        "turns: [3, 2]",
        "study.yaml",
        10,
        "stages[2].conversations.continuing.turns",
        "the least number of turns first",
    ),
    (
        "study.yaml",
        "turns: [2, 3]",
        "turns: [2, yes]",
        "study.yaml",
        10,
        "stages[2].conversations.continuing.turns[1]",
        "found true, expected a whole number",
    ),
    (
        "study.yaml",
        "{text: consent.md}",
        "{text: missing.md}",
        "study.yaml",
        5,
        "stages[0].consent.text",
        "missing.md, which cannot be read",
    ),
    (
        "study.yaml",
        "{text: consent.md}",
        "{text: ../consent.md}",
        "study.yaml",
        5,
        "stages[0].consent.text",
        "leads out of the study's folder",
    ),
    (
        "study.yaml",
        "questions: survey.yaml",
        "questions: survey.txt",
        "study.yaml",
        6,
        "stages[1].survey.questions",
        "a .yaml file",
    ),
    (
        "study.yaml",
        "  - consent: {text: consent.md}\n",
        "",
        "study.yaml",
        4,
        "stages",
        "a consent stage",
    ),
    (
        "survey.yaml",
        "{id: uses,",
        "{id: colour,",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1].id",
        "each question's id once",
    ),
    (
        "survey.yaml",
        "kind: multiple",
        "kind: multple",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1].kind",
        "did you mean multiple?",
    ),
    (
        "survey.yaml",
        "kind: multiple, ",
        "",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1]",
        "the key kind",
    ),
    (
        "survey.yaml",
        "options: [work, play]",
        "options: [work, no]",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1].options[1]",
        "put the word in quotes",
    ),
    (
        "survey.yaml",
        "options: [work, play]",
        "options: [work, work]",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1].options",
        "work more than once",
    ),
    (
        "survey.yaml",
        "options: [work, play]",
        "options: [work]",
        "survey.yaml",
        5,
        "stages[1].survey.questions[0].questions[1].options",
        "at least 2",
    ),
    (
        "survey.yaml",
        "question: colour, equals",
        "question: color, equals",
        "survey.yaml",
        11,
        "stages[1].survey.questions[1].questions[0].visible_if.question",
        "did you mean colour?",
    ),
    (
        "survey.yaml",
        "question: colour, equals",
        "question: marks, equals",
        "survey.yaml",
        11,
        "stages[1].survey.questions[1].questions[0].visible_if.question",
        "which comes later",
    ),
    (
        "survey.yaml",
        "equals: red",
        "equals: green",
        "survey.yaml",
        11,
        "stages[1].survey.questions[1].questions[0].visible_if",
        "'green', which colour does not offer",
    ),
    (
        "survey.yaml",
        "equals: red",
        "equals: red, answered: true",
        "survey.yaml",
        11,
        "stages[1].survey.questions[1].questions[0].visible_if.question",
        "one of equals, in, not_in, answered",
    ),
    (
        "survey.yaml",
        "anchors: [Little, Much]",
        "anchors: [Little]",
        "survey.yaml",
        15,
        "stages[1].survey.questions[1].questions[1].anchors",
        "anchors[1]",
    ),
    (
        "survey.yaml",
        "anchors: [Little, Much]",
        "anchors: [Little, Much]\n        range: [5, 5]",
        "survey.yaml",
        16,
        "stages[1].survey.questions[1].questions[1].range",
        "the lower number first",
    ),
    (
        "survey.yaml",
        "{id: b, label: B}",
        "{id: a, label: B}",
        "survey.yaml",
        17,
        "stages[1].survey.questions[1].questions[1].items",
        "a more than once",
    ),
    (
        "survey.yaml",
        "    questions:\n      - {id: colour",
        "    questions:\n      - {id: co-lour",
        "survey.yaml",
        4,
        "stages[1].survey.questions[0].questions[0].id",
        "lower-case letters, digits and _",
    ),
    (
        "models.yaml",
        "persona: brief",
        "persona: breif",
        "models.yaml",
        1,
        "models[0].persona",
        "did you mean brief?",
    ),
    (
        "models.yaml",
        ", persona: brief",
        "",
        "models.yaml",
        1,
        "models[0].provider",
        "no persona",
    ),
    (
        "models.yaml",
        "provider: scripted, persona: brief",
        "provider: openai",
        "models.yaml",
        1,
        "models[0].provider",
        "base_url and model where provider is openai",
    ),
    (
        "models.yaml",
        "persona: brief",
        "persona: brief, api_key_env: KEY",
        "models.yaml",
        1,
        "models[0].api_key_env",
        "none where provider is scripted",
    ),
    (
        "attributes.yaml",
        "anchors: [Not, Very]",
        "anchors: Not",
        "attributes.yaml",
        7,
        "stages[2].conversations.feedback.choice.anchors",
        "found 'Not', expected a list",
    ),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "file", "line", "path", "words"),
    FAULTS,
    ids=[f"{row[0]}: {row[2][:30] or 'without ' + row[1][:20]}" for row in FAULTS],
)
def test_a_fault_is_found_where_it_stands(
    change: Change, name: str, old: str, new: str, file: str, line: int, path: str, words: str
) -> None:
    faults = faults_of(change(name, old, new))
    here = [f for f in faults if (f.file, f.line) == (file, line) and f.path.startswith(path)]
    assert here, [str(fault) for fault in faults]
    assert any(words in str(fault) for fault in here), [str(fault) for fault in here]


# Two faults by nature: a misspelt key is one too many and one missing; a renamed question is gone.
DOUBLE = ("titel: A", "{id: colour,", "    questions:\n      - {id: co-lour")


@pytest.mark.parametrize(
    ("name", "old", "new"), [row[:3] for row in FAULTS if row[2] not in DOUBLE]
)
def test_one_mistake_is_one_fault(change: Change, name: str, old: str, new: str) -> None:
    only_fault(change(name, old, new))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("survey.yaml", "~"),
        ("survey.yaml", "pages:"),
        ("attributes.yaml", "performance:\n"),
        ("models.yaml", "null"),
        ("models.yaml", "[]"),
        ("feedback.md", ""),
        ("consent.md", ""),
    ],
)
def test_a_named_file_that_says_nothing_is_a_fault_of_that_file(
    texts: dict[str, str], name: str, text: str
) -> None:
    texts[name] = text
    faults = faults_of(texts)
    assert all(fault.found for fault in faults)
    assert {fault.file for fault in faults} <= {name, "study.yaml"}


def test_faults_in_five_files_are_listed_at_once_in_the_order_of_reading(change: Change) -> None:
    change("study.yaml", "turns: [2, 3]", "turns: [3, 2]")
    change("study.yaml", "open: feedback.md", "open: gone.md")
    change("survey.yaml", "equals: red", "equals: green")
    change("attributes.yaml", "label: was fluent", "lable: was fluent")
    texts = change("models.yaml", "id: two", "id: one")
    faults = faults_of(texts)
    assert [(f.file, f.line) for f in faults] == [
        ("study.yaml", 10),
        ("study.yaml", 11),
        ("survey.yaml", 11),
        ("attributes.yaml", 4),
        ("attributes.yaml", 4),
        ("models.yaml", 2),
    ]


def test_the_same_key_twice_is_a_fault_that_names_both_lines(texts: dict[str, str]) -> None:
    texts["study.yaml"] += "title: Another\n"
    fault = only_fault(texts)
    assert (fault.line, fault.path) == (13, "title")
    assert "line 3" in fault.hint


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n b: [1\n", 2, "valid YAML"),
        ("a: x: y\n", 1, "a text that holds a colon goes in quotes"),
        ("a:\n\tb: 1\n", 2, "spaces"),
        ("{label: Why?, b: 1}", 1, "a text with a question mark goes in quotes"),
        ("", None, "an empty file"),
        ("# only a comment\n", None, "an empty file"),
        ("a: &x [*x]\n", 1, "an alias without end"),
        ("a: {<<: {b: 1}}\n", 1, "the keys written out"),
        ("? [1, 2]\n: 3\n", 1, "a text as key"),
        ("no: 1\n", 1, 'put it in quotes: "no"'),
        ("a: 2024-13-45\n", 1, "a plain value"),
        ("a: !!python/object:os.system x\n", 1, "a plain value"),
        ("a: b\n---\nc: d\n", 2, "valid YAML"),
        ("a: \x00", None, "valid YAML"),
    ],
)
def test_yaml_that_cannot_be_read_says_where(text: str, line: int | None, words: str) -> None:
    source = parse_yaml(text, "f.yaml")
    assert source.faults
    assert source.faults[0].line == line
    assert words in str(source.faults[0])


def test_nested_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    source = parse_yaml("\n".join(lines), "f.yaml")
    assert [fault.found for fault in source.faults] == ["an alias without end"]


@given(st.text(max_size=80))
def test_any_text_is_data_or_faults_and_never_a_crash(text: str) -> None:
    source = parse_yaml(text, "f.yaml")
    assert all(str(fault) for fault in source.faults)
    assert source.faults or text.strip(" \t\r\n")  # a no-break space is a value to YAML


@pytest.mark.parametrize("text", ["- a\n- b\n", "text\n", "", "a: [", "12\n"])
def test_a_study_file_that_is_no_mapping_is_one_fault(text: str) -> None:
    assert only_fault({"study.yaml": text}).file == "study.yaml"


KEYS = """
manyvoices id title stages models consent survey conversations questions text types opening
responders feedback recruitment quotas kind visible_if options items provider persona turns
continuing
"""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(KEYS.split()),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_whatever_is_written_in_a_study_ends_in_faults_and_never_in_a_crash(data: Any) -> None:
    with pytest.raises(StudyError) as caught:
        read_study({"study.yaml": yaml.safe_dump(data, allow_unicode=True)})
    assert caught.value.faults


def test_faults_name_paths_as_the_user_gave_them(tmp_path: Path, texts: dict[str, str]) -> None:
    folder = tmp_path / "my study"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "survey.yaml").write_bytes("titel: é".encode("latin-1"))
    (folder / "models.yaml").write_text("- 3\n", encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(folder / "study.yaml")
    files = {fault.file for fault in caught.value.faults}
    assert files == {str(folder / "study.yaml"), str(folder / "models.yaml")}
    assert "not UTF-8 (byte 7)" in str(caught.value)


def test_a_link_that_leads_out_of_the_folder_is_not_followed(
    tmp_path: Path, texts: dict[str, str]
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    secret = tmp_path / "secret.md"
    secret.write_text("secret", encoding="utf-8")
    (folder / "consent.md").unlink()
    (folder / "consent.md").symlink_to(secret)
    with pytest.raises(StudyError, match=r"consent\.md"):
        load_study(folder)


@pytest.mark.parametrize("name", ["/etc/passwd.md", "..\\x.md", "C:\\x.md", "a/../../x.md"])
def test_no_way_of_writing_a_path_leads_out(change: Change, name: str) -> None:
    texts = change("study.yaml", "text: consent.md", f"text: '{name}'")
    assert "leads out" in only_fault(texts).found


def test_a_study_that_is_not_there_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_study(tmp_path / "study.yaml")


RECRUITMENT = [
    ("provider: prolific", "recruitment", "no completion_code"),
    ("quotas: {colr: {red: 3}}", "recruitment.quotas.colr", "did you mean colour?"),
    ("quotas: {colour: {gren: 3}}", "recruitment.quotas.colour.gren", "does not offer"),
    ("quotas: {uses: {work: 3}}", "recruitment.quotas.uses", "a single choice"),
    ("quotas: {colour: {red: -1}}", "recruitment.quotas.colour.red", "greater than or equal"),
    ("completion_code: a b", "recruitment.completion_code", "letters, digits"),
]


@pytest.mark.parametrize(("written", "path", "words"), RECRUITMENT)
def test_recruitment_refers_to_what_is_asked(
    texts: dict[str, str], written: str, path: str, words: str
) -> None:
    texts["study.yaml"] += f"recruitment: {{{written}}}\n"
    fault = only_fault(texts)
    assert (fault.line, fault.path) == (13, path)
    assert words in str(fault)


def test_stages_of_one_kind_need_ids_of_their_own(texts: dict[str, str]) -> None:
    again = "  - survey: {questions: survey.yaml}\n"
    texts["study.yaml"] = texts["study.yaml"].replace("models: m", f"{again}models: m")
    fault = only_fault(texts)
    assert fault.line == 12
    assert "each stage's id once" in str(fault)
    before, _, after = texts["study.yaml"].rpartition(again)
    texts["study.yaml"] = before + again.replace("{q", "{id: exit, q") + after
    assert len(list(read_study(texts).surveys())) == 2


def test_consent_comes_first_and_once(texts: dict[str, str]) -> None:
    texts["study.yaml"] = texts["study.yaml"].replace(
        "models: m", "  - consent: {text: consent.md}\nmodels: m"
    )
    assert "a second consent stage" in only_fault(texts).found
    consent = "  - consent: {text: consent.md}\n"
    texts["study.yaml"] = texts["study.yaml"].replace(consent, "", 1)
    assert only_fault(texts).expected == "consent first"


def test_the_examples_of_the_how_to_are_a_study() -> None:
    page = (DOCS / "howto" / "write-a-study.md").read_text(encoding="utf-8")
    frame, question, models = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    asked = {"id": "lm_direct_use", "kind": "single", "label": "Ever?", "options": ["Yes", "No"]}
    questions = [asked, *yaml.safe_load(question)]
    texts = {
        "study.yaml": frame.replace("guided: 2}}", "guided: 2}, opening: {responders: 2}}"),
        "consent.md": "Agreed",
        "survey.yaml": yaml.safe_dump([{"title": "First", "questions": questions}]),
        "models.yaml": models,
    }
    study = read_study(texts)
    assert [spec.provider for spec in study.models] == ["scripted", "openai"]


# The schema for editors


def written(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_schema_in_the_docs_is_the_generated_one() -> None:
    path = DOCS / "study.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == study_json_schema()


def test_the_schema_accepts_what_loads() -> None:
    schema = study_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(written(demo_path()), schema)
    inline = written(demo_path())
    folder = demo_path().parent
    inline["models"] = written(folder / "models.yaml")
    inline["stages"][1]["survey"]["questions"] = written(folder / "survey.yaml")["pages"]
    feedback = inline["stages"][2]["conversations"]["feedback"]
    feedback["performance"] = written(folder / "attributes.yaml")["performance"]
    jsonschema.validate(inline, schema)


@pytest.mark.parametrize(
    "change_it",
    [
        lambda d: d.pop("title"),
        lambda d: d.update(titel="x"),
        lambda d: d["stages"].append({"survy": {}}),
        lambda d: d["stages"][1]["survey"].update(kind="survey"),
        lambda d: d["stages"][2]["conversations"]["types"].update(x=0),
        lambda d: d["stages"][2]["conversations"]["opening"].update(responders="4"),
    ],
)
def test_the_schema_refuses_what_does_not_load(change_it: Callable[[Any], Any]) -> None:
    data = written(demo_path())
    change_it(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, study_json_schema())
