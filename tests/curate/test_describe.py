"""Tables that describe data: counts, order, gaps, both forms of a release."""

from __future__ import annotations

import csv
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.curate.pilot import make_release
from tests.real_data import needs_real_data, real

from manyvoices.curate.describe_counts import block, ordered, top
from manyvoices.curate.describe_people import demographics, geography, llm_use, recruitment
from manyvoices.curate.describe_release import describe_release
from manyvoices.curate.describe_texts import text_flags, text_lengths
from manyvoices.schema import PrismMetadata
from manyvoices.schema.errors import DataError


def row(column: str, **flags: object) -> PrismMetadata:
    empty = dict.fromkeys(
        ("pii_flag", "pii_manual_flag", "language_flag", "en_flag", "moderation_flag")
    )
    return PrismMetadata(
        column_id=column,
        user_id="u",
        conversation_id=None,
        interaction_id=None,
        utterance_id=None,
        **(empty | flags),  # type: ignore[arg-type]
    )


def test_other_and_prefer_not_to_say_come_last_however_frequent() -> None:
    counts = Counter({"Other": 9, "a": 1, "b": 5, "Prefer not to say": 20, "c": 5})
    assert ordered(counts) == ["b", "c", "a", "Other", "Prefer not to say"]


def test_missing_values_are_counted_only_where_they_have_a_label() -> None:
    plain, named = block("x", ["a", None]), block("x", ["a", None], missing="Not shown question")
    assert [(r.label, r.share) for r in plain.rows] == [("a", 1.0)]
    assert [r.label for r in named.rows] == ["a", "Not shown question"]
    assert (plain.n_missing, named.rows[0].share) == (1, 0.5)


def test_the_rest_is_what_the_first_leave() -> None:
    first, other = top(Counter("aaabbc"), 2)
    assert [(r.label, r.n) for r in first] == [("a", 3), ("b", 2)]
    assert (other.n, other.of) == (1, 6)


def test_flags_that_nobody_set_are_not_counted_as_no() -> None:
    found = text_flags([row("user_prompt"), row("user_prompt", pii_flag=True, en_flag=False)])
    overall, prompts = found.rows
    assert overall.column == "Overall"
    assert (prompts.n, prompts.pii.n if prompts.pii else None) == (2, 1)
    assert prompts.english is not None
    assert prompts.english.n == 0
    assert prompts.moderation is None
    assert found.categories == ()


@pytest.mark.parametrize(
    "flag",
    [
        {"flagged": True, "categories": {"hate": True, "violence": False}, "scores": {"hate": 0.9}},
        {"flagged": True, "hate": True, "violence": False},
    ],
)
def test_moderation_is_read_nested_and_flat(flag: dict[str, object]) -> None:
    quiet = {"flagged": False, "hate": False}
    found = text_flags(
        [
            row("user_prompt", moderation_flag=flag, language_flag="en"),
            row("open_feedback", moderation_flag=quiet, language_flag="en"),
            row("model_response", moderation_flag=quiet, language_flag="de"),
            row("model_response"),
        ]
    )
    hate = next(one for one in found.categories if one[0] == "hate")
    assert (hate[1].n, hate[1].of, hate[2].n, hate[2].of) == (1, 2, 0, 1)
    assert len(found.categories) == 11
    assert found.rows[0].moderation is not None
    assert found.rows[0].moderation.n == 1
    assert found.languages_human is not None
    assert (found.languages_human.n, found.languages_human.first[0].label) == (2, "en")


def test_words_are_parted_by_white_space_and_by_single_spaces_for_prism() -> None:
    texts = [("p", "one two\nthree"), ("p", "one  two"), ("p", None)]
    (ours,), (theirs,) = text_lengths(texts), text_lengths(texts, compat="prism")
    assert (ours.n, ours.mean, ours.n_unique) == (2, 2.5, 3)
    assert (theirs.mean, theirs.n_unique) == (2.5, 4)
    assert ours.sd == pytest.approx(0.5**0.5)
    assert theirs.sd == 0.5


def test_countries_are_ordered_by_births_then_residents() -> None:
    rows = [
        {"location": {"birth_country": b, "reside_country": r, "special_region": "R"}}
        for b, r in (("A", "B"), ("A", "A"), ("B", "B"), ("C", "C"), ("Prefer not to say", "C"))
    ]
    found = geography(rows)
    assert [(c.name, c.n_born, c.n_reside) for c in found.countries] == [
        ("A", 2, 1),
        ("B", 1, 2),
        ("C", 1, 2),
        ("Prefer not to say", 1, 0),
    ]
    assert found.n_same == 3
    assert (found.tree[0].country, found.tree[0].n) == ("A", 2)


def test_costs_are_there_only_where_a_reward_is_given() -> None:
    rows = [{"study_locale": "uk"}, {"study_locale": "uk"}, {"study_locale": None}]
    assert recruitment(rows)[0].cost is None
    (uk,) = recruitment(rows, reward=10, fee=0.5, tax=0.2)
    assert (uk.n.n, uk.cost) == (2, pytest.approx(32))


def test_another_study_has_its_own_blocks() -> None:
    rows = [
        {"user_id": f"u{i}", "colour": "red" if i % 2 else "blue", "why": f"a long text {i} " * 30}
        for i in range(30)
    ]
    assert [b.title for b in demographics(rows).blocks] == ["colour"]
    assert llm_use(rows) == ()


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    """The survey of the synthetic PRISM, whose counts per variable are the published ones."""
    from benchmarks.synthetic.conversations import types_of
    from benchmarks.synthetic.golden import read_golden
    from benchmarks.synthetic.people import by_person, survey_rows

    golden = read_golden()
    held = by_person(golden.skeleton)
    _, balanced = types_of(held, random.Random(0))
    rows = survey_rows(golden, balanced, random.Random(0))
    return [row | {"survey_only": user not in held} for user, row in rows.items()]


def published(name: str) -> list[list[str]]:
    with real(f"prism/golden/{name}.csv").open() as file:
        return [[cell.strip() for cell in line] for line in csv.reader(file)][1:]


@needs_real_data
def test_table_5_of_the_synthetic_prism_is_the_published_one(people: list[dict[str, Any]]) -> None:
    found, wanted = demographics(people), published("tab05_demographics")
    ours = [
        ["Total Participants", f"{found.n_people:,}", ""],
        ["With conversations", f"{found.n_with_conversations:,}", "93.1%"],
        ["Just survey", f"{found.n_survey_only:,}", "6.9%"],
    ]
    for one in found.blocks:
        ours += [[r.label, f"{r.n:,}", f"{100 * r.share:.1f}%"] for r in one.rows]
    lines = [line for line in wanted if line[1]]
    assert len(found.blocks) == len(wanted) - len(lines)
    assert sorted(ours) == sorted(lines)
    # The order too, but among labels that are equally frequent.
    assert [line[1] for line in ours] == [line[1] for line in lines]


@needs_real_data
def test_table_8_of_the_synthetic_prism_is_the_published_one(people: list[dict[str, Any]]) -> None:
    ours = {one.name: (one.n_born, one.n_reside) for one in geography(people).countries}
    wanted = {line[0]: (int(line[1]), int(line[3])) for line in published("tab08_geographics")}
    assert ours == wanted
    assert [born for born, _ in ours.values()] == [born for born, _ in wanted.values()]


@needs_real_data
def test_table_9_of_the_synthetic_prism_is_the_published_one(people: list[dict[str, Any]]) -> None:
    with real("prism/header_usecases_mapping.csv").open() as file:
        labels = {line["header"]: line["survey_text"] for line in csv.DictReader(file)}
    *blocks, cases = llm_use(people, labels=labels)
    ours = [[r.label, f"{r.n:,}"] for one in blocks for r in one.rows]
    wanted = [line[:2] for line in published("tab09_lm_usage") if line[1]]
    assert ours == wanted[: len(ours)]
    rest = [label for label, _ in wanted[len(ours) :]]
    assert sorted(r.label for r in cases.rows) == sorted(rest)
    assert cases.rows[-1].label == rest[-1] == "**Other**"
    assert cases.rows[0].of == 1253


@needs_real_data
def test_a_prompt_counts_once_for_each_answer_only_for_compatibility(tmp_path: Path) -> None:
    from benchmarks.synthetic_prism import write_synthetic

    counts = write_synthetic(tmp_path, share=0.02)
    theirs = {one.column: one.n for one in describe_release(tmp_path, compat="prism").lengths}
    names = [
        line[0].split("{")[1][:-1].replace("\\", "") for line in published("tab11_text_summary")
    ]
    assert list(theirs) == names
    assert theirs["user_prompt"] == theirs["model_response"] == counts["utterances"]
    ours = describe_release(tmp_path)
    assert ours.flags is not None
    kinds = {one.column: one.n for one in ours.flags.rows}
    assert {one.column: one.n for one in ours.lengths}["user_prompt"] == kinds["user_prompt"]
    assert kinds["Overall"] == counts["metadata"]


def test_a_native_release_is_described_like_its_prism_form(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release")
    both = describe_release(release)
    shutil.rmtree(release / "prism")
    alone = describe_release(release)
    assert repr(alone) == repr(both)  # a spread of one text is NaN, which equals nothing
    assert both.demographics.n_people


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        describe_release(tmp_path)
