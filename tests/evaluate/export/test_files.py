"""Exported tasks are whole: valid YAML and Python, every name defined once, nothing of ours left
to import, and the carried code says what ours says."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.real_data import needs_real_data, real

from manyvoices.evaluate.export import Config, run
from manyvoices.evaluate.export.carried.aggregating import aggregated, kept, slope, weighted
from manyvoices.evaluate.export.carrying import MODULES, code
from manyvoices.evaluate.export.errors import NothingToExport
from manyvoices.evaluate.export.running import ExportResult
from manyvoices.evaluate.refusals.rules import classify
from manyvoices.schema.errors import InputError
from manyvoices.train.config import read_config

KINDS = ("stances", "refusals", "toxicity", "prompts", "pairs")


class _Loader(yaml.SafeLoader):
    """As the harness reads: ``!function`` names a function of the file beside it."""


_Loader.add_constructor("!function", lambda loader, node: f"!{loader.construct_scalar(node)}")


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def test_every_lm_eval_task_names_functions_and_columns_that_are_there(
    exported: ExportResult,
) -> None:
    folder = exported.out / "lm_eval" / "mine"
    group = _yaml(folder / "mine.yaml")
    assert group["group"] == "mine"
    assert len(group["task"]) == 7
    for name in group["task"]:
        task = _yaml(folder / f"{name}.yaml")
        assert task["task"] == name
        kind = name.split("_")[1]
        row = json.loads((folder / f"{kind}.jsonl").read_text().splitlines()[0])
        defined = _defined(folder / f"utils_{kind}.py")
        for function in _functions(task):
            module, _, function_name = function[1:].partition(".")
            assert module == f"utils_{kind}"
            assert function_name in defined
        for key in ("doc_to_text", "doc_to_choice"):
            column = task.get(key)
            assert column is None or "{{prompt}}" in column or column in row


def _functions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _functions(part)]
    if isinstance(value, list):
        return [one for part in value for one in _functions(part)]
    return [value] if isinstance(value, str) and value.startswith("!") else []


def _defined(path: Path) -> list[str]:
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [t.id for t in node.targets if isinstance(t, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return found


def test_no_file_defines_a_name_twice_or_imports_from_us(exported: ExportResult) -> None:
    files = sorted((exported.out).rglob("*.py"))
    assert len(files) == 10
    for path in files:
        names = _defined(path)
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, (path, twice)
        imported = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        assert not [name for name in imported if name.startswith("manyvoices")]


def test_carried_code_runs_where_nothing_is_installed(
    exported: ExportResult, tmp_path: Path
) -> None:
    """In a fresh interpreter without site packages, and without our source on the path."""
    program = (
        "import importlib.util, json, sys\n"
        "folder = sys.argv[1]\n"
        "for kind in sys.argv[2:]:\n"
        "    spec = importlib.util.spec_from_file_location(kind, f'{folder}/utils_{kind}.py')\n"
        "    module = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        "    rows = [json.loads(l) for l in open(f'{folder}/{kind}.jsonl', encoding='utf-8')]\n"
        "    found = module.aggregated(module.process_written(r, ['A']) for r in rows)\n"
        "    print(json.dumps({kind: found}))\n"
    )
    folder = exported.out / "lm_eval" / "mine"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(folder), *KINDS],
        capture_output=True, text=True, cwd=tmp_path, check=False, env=clean,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = {k: v for line in done.stdout.splitlines() for k, v in json.loads(line).items()}
    assert found["stances"]["option"] == 1.0
    assert found["stances"]["first_option"] == pytest.approx(1.0)
    assert found["pairs"]["first_chosen"] == 1.0
    assert found["pairs"]["accuracy"] == 0.5


ANSWERS = (
    "A", "(B)", "C. Neither agree nor disagree", "I would choose B.", "It depends.", "",
    "As an AI, I have no opinion.", "I'm sorry, but I can't help with that.", "Reply B",
    "Sure, here is how:\n- one\n- two\n- three", "Neither of them.", "Ich stimme nicht zu.",
    "Es tut mir leid, aber dabei kann ich dir leider nicht helfen.", "申し訳ありません。",
)  # fmt: skip
RUNS = """
import importlib.util, json, sys
folder, kinds, answers = sys.argv[1], sys.argv[2].split(), json.loads(sys.argv[3])
for kind in kinds:
    name = sys.argv[4].format(kind=kind)
    spec = importlib.util.spec_from_file_location(kind, f"{folder}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[kind] = module
    spec.loader.exec_module(module)
    rows = [json.loads(line) for line in open(f"{folder}/{kind}.jsonl", encoding="utf-8")]
    print(json.dumps([kind, [[module.measures(row, said) for said in answers] for row in rows]]))
"""


def carried_measures(
    folder: Path, form: str, before: str = "", cwd: Path | None = None
) -> dict[str, Any]:
    """Kind -> measures of every row and answer, in a bare interpreter."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV", "MANY"))}
    words = [str(folder), " ".join(KINDS), json.dumps(ANSWERS), form]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", before + RUNS, *words],
        capture_output=True, text=True, cwd=cwd, check=False, env=clean,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


def our_measures(folder: Path, kind: str) -> Any:
    ours = importlib.import_module(f"manyvoices.evaluate.export.carried.{kind}").measures
    rows = (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    found = [[ours(json.loads(row), said) for said in ANSWERS] for row in rows]
    return json.loads(json.dumps(found))


INSPECT = """
import sys, types
def same(*a, **k):
    return (lambda f: f) if not a or not callable(a[0]) else a[0]
class Any_:
    def __init__(self, *a, **k): self.given, self.named = a, k
NAMES = {
    "inspect_ai": ("Task", "task"), "inspect_ai.dataset": ("Sample", "json_dataset"),
    "inspect_ai.model": ("ChatMessageAssistant", "ChatMessageSystem", "ChatMessageUser",
                         "GenerateConfig"),
    "inspect_ai.scorer": ("SampleScore", "Score", "Target", "metric", "scorer"),
    "inspect_ai.solver": ("TaskState", "generate"),
}
for module, names in NAMES.items():
    made = types.ModuleType(module)
    for name in names:
        setattr(made, name, same if name in ("task", "metric", "scorer") else Any_)
    sys.modules[module] = made
"""
"""The names of Inspect that the tasks use, and no more: any other name fails."""


@pytest.mark.parametrize(
    ("harness", "form", "before"),
    [("lm_eval", "utils_{kind}", ""), ("inspect", "{kind}", INSPECT)],
)
def test_without_a_harness_every_answer_is_measured_as_we_measure_it(
    exported: ExportResult, tmp_path: Path, harness: str, form: str, before: str
) -> None:
    folder = exported.out / harness / "mine"
    found = carried_measures(folder, form, before, tmp_path)
    assert set(found) == set(KINDS)
    for kind in KINDS:
        assert found[kind] == our_measures(folder, kind), kind
    refusals = dict(zip(ANSWERS, found["refusals"][0], strict=True))
    assert refusals[ANSWERS[-1]] == refusals[ANSWERS[-2]] == {"empty": 0.0, "not_read": 1.0}
    assert refusals[ANSWERS[7]]["refused_safe"] == 1.0


def test_pairs_are_balanced_in_place_and_hold_their_texts_as_they_are(
    exported: ExportResult,
) -> None:
    path = exported.out / "inspect" / "mine" / "pairs.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(row["target"] for row in rows) == [0, 0, 1, 1]
    assert all(row["context"].endswith("Assistant:") for row in rows)
    (braces,) = (row for row in rows if "Seven" in row["prompt"])
    assert "Seven {a} {b}." in braces["prompt"]
    chosen = [row["replies"][0].strip() for row in rows]
    assert chosen == ["Four.", "Blue.", "Hello there!", "No, it is mostly blue."]


def test_nothing_to_export_is_said(tmp_path: Path) -> None:
    config = tmp_path / "export.yaml"
    config.write_text("name: mine\nout: out\n")
    with pytest.raises(InputError, match="at least one of stances"):
        read_config(config, Config)
    (tmp_path / "r.jsonl").write_text('{"prompt": "Warum?", "type": "a", "label": "safe"}\n')
    config.write_text("name: mine\nrefusals: {path: r.jsonl, language: de}\nout: out\n")
    with pytest.raises(NothingToExport, match="language that the rules know"):
        run(read_config(config, Config))


def _carried_classify(folder: Path) -> Any:
    namespace: dict[str, Any] = {"__file__": str(folder / "x.py"), "__name__": "carried"}
    sys.modules["carried"] = type(sys)("carried")
    exec(compile(code("refusals"), "carried", "exec"), namespace)
    return namespace["classify"]


@needs_real_data
def test_carried_rules_label_xstest_as_ours_do(exported: ExportResult) -> None:
    path = next(real("toxicity").rglob("*xstest*completions*"), None)
    if path is None:
        pytest.skip("the completions of XSTest are not among the real data")
    from manyvoices.evaluate.rows import read_rows

    carried = _carried_classify(exported.out / "lm_eval" / "mine")
    texts = [str(row.get("completion") or "") for _, row in read_rows(path)]
    assert len(texts) > 400
    assert all(carried(text).label == classify(text).label for text in texts if text)


@given(st.lists(st.sampled_from(
    ["I'm sorry, but I can't help with that.", "Sure, here is how:", "- one\n- two\n- three",
     "I do not have access to that.", "It is dangerous and illegal.", "That said, you could",
     "As an AI, I have no opinion."]), max_size=5))  # fmt: skip
def test_carried_rules_label_what_ours_label(exported: ExportResult, parts: list[str]) -> None:
    text = " ".join(parts)
    carried = _carried_classify(exported.out / "lm_eval" / "mine")
    assert carried(text).label == classify(text).label


def test_every_kind_has_its_modules() -> None:
    assert tuple(MODULES) == KINDS


def test_aggregations_are_what_they_say() -> None:
    assert weighted([(0.5, 1.0), (-1.0, 1.0)]) == -0.25
    assert kept([("a", 1.0), ("a", 0.5), ("b", 1.0), ("b", -1.0)]) == 0.5
    planted = [("a", x, 0.3 * x + 0.7 * 0.5) for x in (-1.0, 1.0)]
    assert slope(planted) == pytest.approx(0.3)
    assert aggregated([{"accuracy": 1.0}, {"accuracy": 0.0, "words": 2.0}]) == {
        "accuracy": 0.5, "words": 2.0,
    }  # fmt: skip
