"""``manyvoices evaluate preference`` as its user runs it: on a release, on battles, on faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
import yaml
from tests.evaluate.preference.studies import BASE, OURS, folder, planted
from tests.real_data import needs_real_data, real
from typer.testing import CliRunner

from manyvoices.cli import app
from manyvoices.evaluate.preference.config import JudgeConfig, PreferenceConfig
from manyvoices.evaluate.preference.rules import Rules
from manyvoices.evaluate.preference.simulating import simulate_comparisons
from manyvoices.evaluate.preference.study import lines, run


def verb(path: Path, kind: str = "preference", **config: Any) -> tuple[int, str]:
    path.mkdir(parents=True, exist_ok=True)
    file = path / "config.yaml"
    file.write_text(yaml.safe_dump({"out": "result", **config}))
    found = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["evaluate", kind, str(file)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A plan, a rehearsed study, and its evaluation held to the plan."""
    path = tmp_path_factory.mktemp("study")
    release = folder(path / "release")
    code, said = verb(
        path / "plan", "plan", title="A rehearsal", model=OURS, baseline=BASE, simulations=50,
        chosen={"raters": 60, "prompts": 24, "per_rater": 12}, prompts=[24], per_rater=[12],
        by=["country"], win_rate=0.6,
    )  # fmt: skip
    assert code == 0, said
    code, said = verb(
        path, data=str(release), baseline=BASE, by=["country"], simulated=True,
        preregistration="plan/result/preregistration.json",
    )  # fmt: skip
    assert code == 0, said
    return path / "result", said


def test_it_says_what_it_found_and_leaves_every_file(done: tuple[Path, str]) -> None:
    out, said = done
    assert "of bots of a rehearsal" in said
    assert "Win rates against base" in said
    assert "To read:" in said
    results = json.loads((out / "results.json").read_text())
    row = next(row for row in results["rates"] if row["model"] == OURS)
    assert sum(row["outcomes"].values()) > row["rate"]["n"]
    assert row["rate"]["low"] < 0.483 < row["rate"]["high"]
    assert set(row["by"]) == {"category", "country"}
    of_ours = results["answers"][OURS]
    assert set(of_ours) >= {"answered", "timeout", "empty", "other_language"}
    assert of_ours["timeout"] > 0
    assert results["answers"][BASE]["timeout"] == 0
    table = pl.read_parquet(out / "numbers" / "rates.parquet")
    assert table.filter(pl.col("field") == "country").height == 4
    assert pl.read_csv(out / "numbers" / "rates.csv").height == table.height
    readme = (out / "README.md").read_text()
    for heading in ("by country", "Place and length", "Agreement of people", "Preregistration"):
        assert heading in readme
    assert (out / "index.html").exists()


def test_the_only_deviations_are_those_there_are(done: tuple[Path, str]) -> None:
    results = json.loads((done[0] / "results.json").read_text())
    what = {row["what"] for row in results["preregistration"]["deviations"]}
    assert what == {"results by category", "who judged"}


@needs_real_data
def test_mt_bench_is_looked_at_with_its_judge(tmp_path: Path) -> None:
    config = PreferenceConfig(
        data=real("battles/mt_bench_human.jsonl"), by=("turn",), out=tmp_path,
        judges=(JudgeConfig(name="GPT-4", path=real("battles/mt_bench_gpt4.jsonl")),),
        rules=Rules(resamples=100),
    )  # fmt: skip
    result = run(config)
    assert len(result.results["rates"]) == 15
    assert result.results["judges"]["GPT-4"]["joins"]["pair"]["with_ties"]["n"] == 1814
    assert "GPT-4: agrees with people on 67.2%" in " ".join(map(str, lines(result)))
    assert "no texts of the answers" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"baseline": "nobody"}, "baseline: nobody compared nobody; there are: base, ours, small"),
        ({"by": ["shoes"]}, "by: no vote has shoes; what there is: category, language, pool, coun"),
        ({"simulated": False}, "verdicts of a rehearsal's bots and none of people; set simulated"),
        ({"judges": [{"name": "j"}]}, "found neither path nor ask"),
        ({"preregistration": "config.yaml"}, "holds no JSON"),
        ({"rules": {"ties": "whatever"}}, "config.yaml"),
    ],
)
def test_a_fault_says_what_was_found_and_what_to_do(
    done: tuple[Path, str], tmp_path: Path, config: dict[str, Any], words: str
) -> None:
    release = done[0].parent / "release"
    code, said = verb(tmp_path, data=str(release), **{"simulated": True, **config})
    assert code == 1
    assert words in " ".join(said.split())


def test_a_folder_that_is_no_release_is_named(tmp_path: Path) -> None:
    code, said = verb(tmp_path, data=str(tmp_path / "nowhere"))
    assert code == 1
    assert "nowhere" in said


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"win_rate": 0.5}, "0.5, which nothing tells from 0.5"),
        ({"baseline": OURS}, "another model than model"),
        ({"chosen": {"raters": 9, "prompts": 4, "per_rater": 8}}, "8 of 4 prompts"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    tmp_path: Path, config: dict[str, Any], words: str
) -> None:
    code, said = verb(tmp_path, "plan", **{"title": "t", "model": OURS, "baseline": BASE, **config})
    assert code == 1
    assert words in " ".join(said.split())


@needs_real_data
def test_nobody_is_asked_about_texts_that_are_not_there(tmp_path: Path) -> None:
    judge = {"name": "j", "ask": {"id": "j", "provider": "scripted", "persona": "brief"}}
    code, said = verb(tmp_path, data=str(real("battles/mt_bench_human.jsonl")), judges=[judge])
    assert code == 1
    assert "holds no comparison with the texts of two answers" in " ".join(said.split())


def test_an_arena_without_a_prompt_set_is_looked_at_by_people_alone(tmp_path: Path) -> None:
    """Everybody writes prompts of their own, so every comparison is a prompt by itself."""
    records = [
        msgspec.structs.replace(
            one, source="arena", prompt_id=None, simulated=False, comparison_id=f"a{n}"
        )
        for n, one in enumerate(
            simulate_comparisons(planted(0.6), n_raters=30, n_prompts=10, per_rater=5)
        )
    ]
    file = tmp_path / "comparisons.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in records))
    result = run(PreferenceConfig(data=file, out=tmp_path / "out"))
    (row,) = result.results["rates"]
    assert row["rate"]["n_prompts"] == row["rate"]["n"] == 150
    assert row["rate"]["df"] == 29
    assert "nobody judged" in result.results["agreement"]["alpha"]["why"]
