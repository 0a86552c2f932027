"""The arrows between rooms hold, and the contracts that hold them can fail."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "manyvoices"

LAYERS = "The arrows of docs/design.md: a room imports only from rooms below it"
COLLECT = "The collecting server knows nothing of training, evaluation or analysis"
LIGHT = "The core imports neither Django nor torch nor a provider's SDK"
NUMERICS = "Aggregation stands on NumPy and SciPy alone"
DJANGO = "Django lives in the collecting server and in the verbs that start it"
TORCH = "The collecting server and the analysis import no torch of their own"


def lint(folder: Path) -> tuple[int, str]:
    """Exit status and report of lint-imports on the house that lies in `folder`."""
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "static", "templates")
    shutil.copytree(SOURCE, tmp_path / "src" / "manyvoices", ignore=ignored)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_house_as_it_stands_keeps_every_contract(copied_house: Path) -> None:
    status, report = lint(copied_house)
    assert status == 0, report
    assert "0 broken" in report


@pytest.mark.parametrize(
    ("where", "line", "contract"),
    [
        ("aggregate/planted.py", "import django", LIGHT),
        ("io/planted.py", "import torch", LIGHT),
        ("curate/planted.py", "from openai import OpenAI", LIGHT),
        ("collect/planted.py", "from manyvoices import analyse", COLLECT),
        ("collect/planted.py", "from manyvoices import train", COLLECT),
        ("design/planted.py", "from manyvoices import llm", LAYERS),
        ("schema/planted.py", "from manyvoices import io", LAYERS),
        ("aggregate/planted.py", "from manyvoices import curate", LAYERS),
        ("curate/planted.py", "from manyvoices import aggregate", LAYERS),
        ("report/planted.py", "from manyvoices import collect", LAYERS),
        ("collect/planted.py", "from manyvoices import report", LAYERS),
        ("train/planted.py", "from manyvoices import evaluate", LAYERS),
        ("attic/__init__.py", "", LAYERS),
        ("aggregate/planted.py", "import polars", NUMERICS),
        ("aggregate/planted.py", "from manyvoices import io", NUMERICS),
        ("report/planted.py", "from django.conf import settings", DJANGO),
        ("analyse/planted.py", "import torch", TORCH),
    ],
)
def test_a_planted_violation_breaks_the_contract_that_forbids_it(
    copied_house: Path, where: str, line: str, contract: str
) -> None:
    planted = copied_house / "src" / "manyvoices" / where
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"{line}\n")

    status, report = lint(copied_house)

    assert status == 1, report
    assert f"{contract} BROKEN" in report


def test_the_contracts_know_every_room() -> None:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:layers"]["layers"]
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert set(layers.replace("|", " ").split()) == rooms


def imported_packages(module: Path) -> set[str]:
    """Top-level names that a module imports, wherever in it; for our own, the whole path."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name if name.startswith("manyvoices") else name.partition(".")[0] for name in found}


@pytest.mark.parametrize(
    ("room", "others"),
    [
        ("schema", {"msgspec"}),
        ("aggregate", {"numpy", "scipy", "numba", "manyvoices.schema.errors"}),
    ],
)
def test_a_small_room_imports_only_what_it_says(room: str, others: set[str]) -> None:
    for module in (SOURCE / room).rglob("*.py"):
        allowed = others | sys.stdlib_module_names
        if module == SOURCE / "aggregate" / "sources.py":
            # What it reads are records, whose pairs `io` knows to make.
            allowed |= {"manyvoices.io", "manyvoices.io.compared", "manyvoices.schema"}
        foreign = {
            name
            for name in imported_packages(module) - allowed
            if not name.startswith(f"manyvoices.{room}")
        }
        assert not foreign, module
