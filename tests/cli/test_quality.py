"""``manyvoices quality``: over a server's database, and what it says of wrong use."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from manyvoices.cli import app


@pytest.mark.parametrize("arguments", [[], ["some-folder", "--study", "x"]])
def test_it_takes_a_release_or_a_study(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["quality", *arguments])
    assert result.exit_code == 2
    assert "one of the two" in " ".join(result.output.split()).replace("│ ", "")


def test_a_folder_that_is_no_release_is_the_inputs_fault(tmp_path) -> None:  # type: ignore[no-untyped-def]
    result = CliRunner().invoke(app, ["quality", str(tmp_path)])
    assert result.exit_code == 1
