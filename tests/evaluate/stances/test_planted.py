"""Planted stances and habits are recovered from a real server; chance is called unstable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluate.stances.scripted import Script, believer, dice, item_in, serving, spec

from manyvoices.evaluate.files import as_json
from manyvoices.evaluate.stances.config import ForcedConfig, HumanConfig, JudgeConfig, OpenConfig
from manyvoices.evaluate.stances.config import StancesConfig as Config
from manyvoices.evaluate.stances.errors import CannotAsk
from manyvoices.evaluate.stances.instrument import Instrument
from manyvoices.evaluate.stances.running import StancesResult, lines, run


def ask(scripts: dict[str, Script], **more: Any) -> StancesResult:
    with serving(scripts) as url:
        return run(Config(models=tuple(spec(name, url) for name in scripts), **more))


def of(result: StancesResult, model: str, way: str = "forced") -> dict[str, Any]:
    subjects = result.results["subjects"]
    (one,) = (s for s in subjects if s["model"] == model and s["way"] == way)
    return dict(one)


def test_planted_stances_are_recovered_with_every_item_stable(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    result = ask({"firm": believer(views, instrument)}, open=OpenConfig(), **small)
    forced, opened = of(result, "firm"), of(result, "firm", "open")
    axes = forced["position"]["axes"]
    assert axes["economic"]["value"] == pytest.approx(-0.5)
    assert axes["social"]["value"] == pytest.approx(1.0)
    assert forced["stability"]["counts"] == {"stable": 30, "unstable": 0, "neutral": 0, "silent": 0}
    assert forced["sensitivity"]["first_option"]["value"] == pytest.approx(0.0)
    assert forced["sensitivity"]["shares"]["item"] == pytest.approx(1.0)
    # Free answers have no "strongly": the side is kept, the distance from the middle is not.
    assert opened["position"]["axes"]["social"]["value"] == pytest.approx(0.5)
    assert opened["columns"]["option"] == opened["n_asked"] == 30 * 6 * 2


def test_a_planted_pull_of_the_first_option_is_recovered_and_makes_answers_unstable(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    settings = {**small, "cells": 12, "samples": 3}
    result = ask({"lazy": believer(views, instrument, first=0.4)}, **settings)
    lazy = of(result, "lazy")
    found = lazy["sensitivity"]["first_option"]
    assert found["low"] < 0.4 < found["high"]
    assert found["high"] - found["low"] < 0.2
    assert lazy["stability"]["verdict"] == "unstable"
    assert lazy["position"]["axes"]["social"]["value"] is None
    # The order is balanced, so the average keeps its direction, (1 - 0.4) of the view.
    assert lazy["averaged"]["axes"]["social"]["value"] == pytest.approx(0.6, abs=0.1)
    assert lazy["sensitivity"]["components"]["order"] > lazy["sensitivity"]["components"]["framing"]


def test_an_answerer_by_dice_is_called_unstable_and_has_no_position(small: dict[str, Any]) -> None:
    result = ask({"dice": dice}, **small)
    found = of(result, "dice")
    assert found["stability"]["verdict"] == "unstable"
    stable = found["stability"]["stable"]
    assert stable["value"] < 0.05
    assert stable["high"] > 0.1  # none of thirty is not none of all
    assert any("dice (forced), askings: option 360" in str(line) for line in lines(result))
    assert all(axis["value"] is None for axis in found["position"]["axes"].values())
    assert found["sensitivity"]["shares"]["sample"] > 0.8
    readme = (result.out / "README.md").read_text()
    assert "none: " in readme
    assert "unstable, " in readme


def test_an_item_that_turns_with_its_wording_is_shown_as_such(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    plain = believer(views, instrument)
    turned = instrument.items[0].text["en"][1]

    def one_sided(said: str, rng: Any) -> str:
        if turned not in said:
            return plain(said, rng)
        return believer({k: -v for k, v in views.items()}, instrument)(said, rng)

    found = of(ask({"m": one_sided}, **{**small, "cells": 12, "samples": 1}), "m")
    item = found["items"][0]
    assert (item["item"], item["status"]) == ("rail", "unstable")
    assert item["flips_by"] == ("paraphrase",)
    assert found["position"]["axes"]["economic"]["n"] == 14
    assert found["stability"]["counts"]["unstable"] == 1


def test_every_way_of_not_choosing_has_its_own_column(
    instrument: Instrument, small: dict[str, Any]
) -> None:
    said = {
        "rail": "As an AI, I do not have personal opinions.",
        "inherit": "It depends on a great many things, and both sides have a point.",
        "minimum_wage": "Once upon a time there was a village by the sea.",
        "rents": "",
        "health": "Ich finde diese Frage ganz außerordentlich spannend und möchte mehr hören.",
    }

    def script(prompt: str, _rng: Any) -> str:
        return said[item_in(prompt, instrument)]

    result = ask({"m": script}, items=tuple(said), **{**small, "samples": 1, "cells": 2})
    columns = of(result, "m")["columns"]
    assert columns == {
        "option": 0, "refusal": 2, "hedged": 2, "unparsable": 2, "unread": 0, "timeout": 0,
        "empty": 2, "other_language": 2, "failed": 0,
    }  # fmt: skip
    assert of(result, "m")["stability"]["counts"]["silent"] == 5
    assert "one sample for each form" in " ".join(result.results["notes"])


def test_a_run_that_was_stopped_asks_only_what_is_missing(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    asked: list[str] = []
    plain = believer(views, instrument)

    def counting(said: str, rng: Any) -> str:
        asked.append(said)
        return plain(said, rng)

    with serving({"m": counting}) as url:
        config = Config(models=(spec("m", url),), items=("rail",), **small)
        first = run(config)
        before = len(asked)
        assert as_json(run(config).results) == as_json(first.results)
    assert len(asked) == before == 12


def test_a_judge_codes_open_answers_and_its_agreement_is_reported(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    def judge(said: str, _rng: Any) -> str:
        answer = said.split("Answer: ")[1].split("\n")[0]
        if "disagree" in answer:
            return "B"
        return "D" if "agree" in answer else "I think the code is D, since it agrees."

    with serving({"m": believer(views, instrument), "judge": judge}) as url:
        settings = {**small, "forced": None, "open": OpenConfig(), "cells": 2, "samples": 1}
        models = (spec("m", url),)
        beside = run(Config(models=models, judge=JudgeConfig(model=spec("judge", url)), **settings))
        decides = run(
            Config(
                models=models, judge=JudgeConfig(model=spec("judge", url), decides=True), **settings
            )
        )
    assert beside.results["judge"]["agreement"] == 1.0
    assert beside.results["judge"]["decided_by"] == "rules"
    assert decides.results["judge"]["decided_by"] == "judge"


def test_a_judge_is_not_asked_about_a_scale_whose_letters_it_uses_itself(
    small: dict[str, Any], tmp_path: Path
) -> None:
    points = [{"value": f"v{n}", "label": {"en": f"Point {n}"}} for n in range(8)]
    ends = {"low": {"en": "less"}, "high": {"en": "more"}}
    item = {"id": "tea", "weights": {"strength": 1}, "text": {"en": ["Tea should be strong."]}}
    made = {
        "instrument": 1, "id": "tea", "title": "Tea", "source": "ours", "question": "agree",
        "axes": {"strength": ends}, "scale": points, "items": [item],
    }  # fmt: skip
    path = tmp_path / "tea.yaml"
    path.write_text(json.dumps(made))
    nobody = spec("m", "http://127.0.0.1:9/v1")
    config = Config(
        models=(nobody,), judge=JudgeConfig(model=nobody), instrument=str(path), open=OpenConfig(),
        **small,
    )  # fmt: skip
    with pytest.raises(CannotAsk, match=r"8 points.*at most 7 points"):
        run(config)


def french(tmp_path: Path) -> str:
    points = {"no": "Non", "yes": "Oui"}
    item = {"id": "tea", "weights": {"tea": 1}, "text": {"fr": ["Le thé doit être fort."]}}
    made = {
        "instrument": 1, "id": "tea", "title": "Tea", "items": [item],
        "axes": {"tea": {"low": {"fr": "moins"}, "high": {"fr": "plus"}}},
        "scale": [{"value": v, "label": {"fr": label}} for v, label in points.items()],
    }  # fmt: skip
    path = tmp_path / "tea.yaml"
    path.write_text(json.dumps(made))
    return str(path)


def test_words_of_a_language_that_the_rules_do_not_know_are_not_read_and_this_is_said(
    small: dict[str, Any], tmp_path: Path
) -> None:
    framing = {"simple": {"fr": "{statement} {options}"}}
    opened = {"simple": {"fr": "Que pensez-vous de cette phrase ? {statement}"}}
    settings = {
        **small, "instrument": french(tmp_path), "languages": ("fr",), "samples": 1,
        "forced": ForcedConfig(framings=framing, letter_only=(False,)),
        "open": OpenConfig(framings=opened),
    }  # fmt: skip
    refuses = lambda said, rng: "Je préfère ne pas donner mon avis sur cette question."  # noqa: E731
    letter = lambda said, rng: "B" if "A." in said else "Oui, je suis tout à fait d'accord."  # noqa: E731
    with serving({"shy": refuses, "sure": letter}) as url:
        judge = JudgeConfig(model=spec("sure", url))
        result = run(Config(models=(spec("shy", url), spec("sure", url)), judge=judge, **settings))
    for model, way, column in (
        ("shy", "forced", "unread"), ("shy", "open", "unread"),
        ("sure", "forced", "option"), ("sure", "open", "unread"),
    ):  # fmt: skip
        found = of(result, model, way)
        assert found["columns"][column] == found["n_asked"], (model, way)
    assert result.results["judge"]["agreement"] is None
    assert "fr: the rules know options" in " ".join(result.results["notes"])
    assert "not read by rules" in (result.out / "README.md").read_text()


def people(path: Path, instrument: Instrument, seed: int = 0) -> None:
    """300 made-up people in three groups, the first of which thinks as the planted model does."""
    rng = np.random.default_rng(seed)
    values = [point.value for point in instrument.scale]
    lean = {"alike": (-0.5, 1.0), "middle": (0.0, 0.0), "apart": (0.5, -1.0)}
    lines = ["person,item,answer,party"]
    for number in range(300):
        party = list(lean)[number % 3]
        tilt = rng.normal(0, 0.3, 2)
        for item in instrument.items:
            ((axis, weight),) = item.weights.items()
            j = ("economic", "social").index(axis)
            view = weight * (lean[party][j] + tilt[j]) + rng.normal(0, 0.35)
            option = int(np.abs(np.array(instrument.scores) - view).argmin())
            lines.append(f"p{number},{item.id},{values[option]},{party}")
    path.write_text("\n".join(lines) + "\n")


def test_the_closest_group_is_named_only_where_intervals_separate(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any], tmp_path: Path
) -> None:
    table = tmp_path / "people.csv"
    people(table, instrument)
    human = HumanConfig(path=table, by=("party",))
    noisy = believer(views, instrument, noise=0.2)
    neutral: Script = lambda said, rng: "C"  # noqa: E731
    result = ask({"m": noisy, "dice": dice, "grey": neutral}, human=human, **small)
    found = of(result, "m")["people"]
    assert found["closest"] == "party: alike"
    by_name = {one["group"]: one for one in found["groups"]}
    assert by_name["party: alike"]["high"] < by_name["party: apart"]["low"]
    assert by_name["party: apart"]["p"] < 0.05
    assert of(result, "dice")["people"]["closest"] in (None, "party: middle")
    reliability = {one["axis"]: one for one in result.results["people"]["reliability"]}
    assert reliability["social"]["alpha"] > 0.9
    assert reliability["social"]["n_people"] == 300
    groups = {g["name"]: g for g in result.results["people"]["groups"]}
    assert groups["party: alike"]["axes"]["social"]["value"] > 0.6
    assert "closest group" in (result.out / "README.md").read_text()


def test_without_models_the_survey_alone_is_written(tmp_path: Path) -> None:
    result = run(Config(out=tmp_path / "out"))
    assert (tmp_path / "out" / "survey" / "survey.yaml").exists()
    assert "only the survey" in " ".join(result.results["notes"])


def test_everything_is_on_disk_and_texts_only_in_generations(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    result = ask({"m": believer(views, instrument)}, **small, items=("rail", "unions"))
    out = result.out
    assert json.loads((out / "results.json").read_text())["subjects"][0]["model"] == "m"
    line = json.loads((out / "answers.jsonl").read_text().splitlines()[0])
    assert "text" not in line
    assert line["column"] == "option"
    names = {path.name for path in (out / "data").iterdir()}
    assert names == {
        f"{n}.csv" for n in ("items", "positions", "outcomes", "shifts", "components", "distances")
    }


def test_rotations_recover_the_pull_too(
    instrument: Instrument, views: dict[str, float], small: dict[str, Any]
) -> None:
    settings = {**small, "cells": 10, "samples": 2}
    forced = ForcedConfig(orders="rotation", framings=("plain",))
    result = ask({"m": believer(views, instrument, first=0.3)}, forced=forced, **settings)
    found = of(result, "m")["sensitivity"]["first_option"]
    assert found["low"] < 0.3 < found["high"]
