"""A budget in money needs the prices of the models."""

from __future__ import annotations

from pathlib import Path

import pytest

from manyvoices.design import load_study
from manyvoices.schema.errors import StudyError

SMALL = Path(__file__).parent.parent / "assets" / "studies" / "small"
MODEL = "\n- {id: paid, provider: openai, base_url: http://localhost:1/v1, model: m%s}\n"


def write(folder: Path, *, model: str, budget: str) -> Path:
    for source in SMALL.iterdir():
        (folder / source.name).write_text(source.read_text())
    with (folder / "models.yaml").open("a") as file:
        file.write(MODEL % model)
    with (folder / "study.yaml").open("a") as file:
        file.write(f"\nbudget: {budget}\n")
    return folder


def test_a_paid_model_without_prices_is_a_fault_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no prices"):
        load_study(write(tmp_path, model="", budget="{money: 10.0}"))


@pytest.mark.parametrize(
    ("model", "budget"),
    [(", prices: {prompt: 0.1, completion: 0.2}", "{money: 10.0}"), ("", "{tokens: 1000}")],
)
def test_prices_or_a_budget_in_tokens_are_enough(tmp_path: Path, model: str, budget: str) -> None:
    assert load_study(write(tmp_path, model=model, budget=budget)).budget is not None


def test_a_budget_that_caps_nothing_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StudyError):
        load_study(write(tmp_path, model="", budget="{currency: EUR}"))


def test_prices_may_be_whole_numbers(tmp_path: Path) -> None:
    model = ", prices: {prompt: 1, completion: 2}"
    study = load_study(write(tmp_path, model=model, budget="{money: 900, per_person: {money: 1}}"))
    assert study.budget is not None
    assert study.budget.money == 900
