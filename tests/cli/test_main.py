"""The command's frame: lazy verbs, exit codes, messages in place of tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from manyvoices import __version__, cli
from manyvoices.cli.common import print_json, verb
from manyvoices.schema.errors import DataError, Fault

Plant = Callable[[Callable[..., object]], None]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Puts a function into the command line as a verb of its own name."""

    def put(function: Callable[..., object]) -> None:
        name = function.__name__
        monkeypatch.setitem(cli.VERBS, name, "Planted by a test.")
        module = SimpleNamespace(**{name: function})
        monkeypatch.setitem(sys.modules, f"manyvoices.cli.{name}", module)

    return put


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    result = CliRunner().invoke(cli.app, list(words), prog_name="manyvoices")
    return result.exit_code, result.stdout, result.stderr


def test_the_version_is_printed() -> None:
    assert run("--version") == (0, f"manyvoices {__version__}\n", "")


def test_help_lists_the_verbs_in_the_order_of_a_studys_life() -> None:
    code, out, _ = run("--help")
    shown = [line.split()[0] for line in out.partition("Verbs:")[2].splitlines() if line.strip()]
    assert code == 0
    assert shown == list(cli.VERBS)


def test_help_imports_no_verb() -> None:
    program = (
        "import sys; from manyvoices.cli import main; main(['--help'], standalone_mode=False); "
        "print(sorted(name for name in sys.modules if name.startswith('manyvoices.cli.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "['manyvoices.cli.common']"


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_each_verb_is_a_function_in_the_module_of_its_name(name: str) -> None:
    function = getattr(import_module(f"manyvoices.cli.{name}"), name)
    assert function.__doc__
    code, out, _ = run(name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: manyvoices {name}")
    assert function.__doc__.split()[0] in out


def test_without_a_verb_the_help_is_shown_and_the_usage_was_wrong() -> None:
    code, out, err = run()
    assert code == 2
    assert "Usage: manyvoices" in out + err


def test_a_mistyped_verb_is_wrong_usage_and_the_near_one_is_named() -> None:
    code, _, err = run("rnak")
    assert code == 2
    assert "No such verb 'rnak'. Did you mean rank?" in err


def test_an_unknown_option_is_wrong_usage(plant: Plant) -> None:
    def probe(size: int = 1) -> None:
        """Probe."""

    plant(probe)
    assert run("probe", "--colour")[0] == 2
    assert run("probe", "--size", "large")[0] == 2
    assert run("probe", "--size", "3")[0] == 0


def test_a_verbs_docstring_and_parameters_are_its_help(plant: Plant) -> None:
    def probe(data: Annotated[Path, typer.Argument(help="Where the data lies.")]) -> None:
        """Look at the data once.

        A second paragraph with more about it.
        """

    plant(probe)
    code, out, _ = run("probe", "--help")
    assert code == 0
    assert out.startswith("Usage: manyvoices probe [OPTIONS]")
    assert "Look at the data once." in out
    assert "A second paragraph with more about it." in out
    assert "Where the data lies." in out


def test_an_input_at_fault_ends_with_1_and_every_fault_on_its_line(plant: Plant) -> None:
    def probe() -> None:
        raise DataError(
            [
                Fault("[bold]x.jsonl", 3, "turns[0]", "a list", "an object"),
                Fault("x.jsonl", 9, "", "nothing", "a record"),
            ],
            n_more=4,
        )

    plant(probe)
    assert run("probe") == (
        1,
        "",
        "[bold]x.jsonl:3: turns[0]: found a list, expected an object\n"
        "x.jsonl:9: found nothing, expected a record\n"
        "... and 4 more faults that are not listed\n",
    )


def test_a_file_that_is_missing_is_an_input_at_fault(plant: Plant, tmp_path: Path) -> None:
    def probe() -> None:
        (tmp_path / "absent.jsonl").read_text()

    plant(probe)
    code, _, err = run("probe")
    assert code == 1
    assert err == f"{tmp_path / 'absent.jsonl'}: No such file or directory\n"


def test_an_error_of_the_system_without_a_file_is_shown_alone(plant: Plant) -> None:
    def probe() -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    plant(probe)
    assert run("probe") == (1, "", "Connection refused\n")


def test_a_package_of_no_extra_that_is_missing_is_a_bug_and_stays_one() -> None:
    def probe() -> None:
        raise ModuleNotFoundError("No module named 'nowhere'", name="nowhere")

    with pytest.raises(ModuleNotFoundError):
        verb(probe)()


def test_a_verb_whose_module_needs_a_missing_extra_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def not_there(name: str) -> None:
        raise ModuleNotFoundError("No module named 'polars'", name="polars.frame")

    monkeypatch.setattr(cli, "import_module", not_there)
    code, _, err = run("report")
    assert code == 1
    assert "manyvoices report (polars) needs a part that is not installed" in err
    assert "pip install 'manyvoices[analysis]'" in err


def test_a_reader_that_leaves_early_is_no_error() -> None:
    program = """
import sys, types
from manyvoices import cli

def probe():
    for number in range(100_000):
        print(number)

cli.VERBS["probe"] = "Planted."
sys.modules["manyvoices.cli.probe"] = types.SimpleNamespace(probe=probe)
cli.main(["probe"])
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_json_is_what_it_holds_and_nan_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    @dataclass(frozen=True)
    class Result:
        scores: np.ndarray
        best: np.float64
        nothing: float
        where: Path
        when: datetime

    print_json(
        {
            "Zoë": Result(
                scores=np.array([[1.5, np.nan], [np.inf, 2.0]]),
                best=np.float64(2.5),
                nothing=float("nan"),
                where=Path("a/b"),
                when=datetime(2026, 11, 21, tzinfo=UTC),
            ),
            "n": np.int64(3),
        }
    )
    out = capsys.readouterr().out
    assert "Zoë" in out
    assert json.loads(out) == {
        "Zoë": {
            "scores": [[1.5, None], [None, 2.0]],
            "best": 2.5,
            "nothing": None,
            "where": "a/b",
            "when": "2026-11-21T00:00:00Z",
        },
        "n": 3,
    }


def test_json_refuses_what_has_no_form_rather_than_guess() -> None:
    with pytest.raises(TypeError, match="object has no form in JSON"):
        print_json({"what": object()})
