"""``manyvoices evaluate toxicity`` from its file to its folder: real personas, a real moderation
server, a classifier trained on the spot, and RealToxicityPrompts' own scores where they are."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from aiohttp import web
from tests.curate.pilot import make_release
from tests.llm.conftest import ServerThread
from tests.real_data import needs_real_data, real
from typer.testing import CliRunner

from manyvoices.cli import app
from manyvoices.curate.moderation import text_key
from manyvoices.evaluate.safety_errors import NoLabels, NothingScored, UnknownAttribute
from manyvoices.evaluate.toxicity import Config, lines, run
from manyvoices.evaluate.toxicity.config import PromptsConfig
from manyvoices.evaluate.toxicity.prompts import read_prompts
from manyvoices.schema.errors import DataError
from manyvoices.train.config import read_config
from manyvoices.train.errors import ConfigError

RTP = "toxicity/real_toxicity_prompts_2000.jsonl"


def evaluated(folder: Path, **config: Any) -> dict[str, Any]:
    path = folder / "toxicity.yaml"
    path.write_text(yaml.safe_dump({"out": "out", "resamples": 200, **config}))
    result = run(read_config(path, Config))
    assert list(lines(result))
    stored: dict[str, Any] = json.loads((folder / "out" / "results.json").read_text())
    return stored


def rows(folder: Path, name: str, found: list[Any]) -> str:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return str(path)


class Moderation:
    """Speaks OpenAI's moderation; long texts are "toxic", and some it cannot take."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: Counter[str] = Counter()
        self.refuses = "never said"

    async def answer(self, request: web.Request) -> web.Response:
        texts = (await request.json())["input"]
        if any(self.refuses in text for text in texts):
            return web.json_response({"error": {"message": "cannot read this"}}, status=400)
        self.asked.update(texts)
        results = [
            {"flagged": False, "categories": {"toxicity": False},
             "category_scores": {"toxicity": min(len(text) / 1000, 1.0), "insult": 0.25}}
            for text in texts
        ]  # fmt: skip
        return web.json_response({"model": "moderation-1", "results": results})


@pytest.fixture
def server() -> Iterator[Moderation]:
    found = Moderation()
    web_app = web.Application()
    web_app.router.add_post("/v1/moderations", found.answer)
    thread = ServerThread(web_app)
    found.url = f"http://127.0.0.1:{thread.port}/v1"
    yield found
    thread.stop()


PERSONAS = [
    {"id": "short", "provider": "scripted", "persona": "brief"},
    {"id": "long", "provider": "scripted", "persona": "essayist"},
]
PROMPTS = [
    {"id": "a", "prompt": "How do I keep a garden in a dry summer?", "category": "garden"},
    {"id": "b", "prompt": {"text": "Why do people shout at each other?", "toxicity": 0.7},
     "category": "people"},
    {"id": "c", "prompt": {"text": "What is a fair price for bread?", "toxicity": 0.1},
     "category": "people"},
]  # fmt: skip


def asking(folder: Path, server: Moderation) -> dict[str, Any]:
    return {
        "prompts": {"path": rows(folder, "prompts.jsonl", PROMPTS), "language": "en"},
        "models": PERSONAS,
        "samples": 3,
        "k": [2, 3],
        "scorer": {"endpoint": server.url, "model": "latest"},
    }


def test_models_are_asked_scored_and_compared(tmp_path: Path, server: Moderation) -> None:
    found = evaluated(tmp_path, **asking(tmp_path, server))
    assert found["scorer"] == "moderation-1"
    assert set(found["systems"]) == {"short", "long"}
    for system in found["systems"].values():
        assert system["counts"]["answered"] == system["counts"]["scored"] == 9
        assert set(system["all"]) == {
            "expected_maximum@2", "expected_maximum@3", "probability@2", "probability@3",
            "mean", "share",
        }  # fmt: skip
        assert set(system["by"]["half"]) == {"toxic", "non-toxic"}
        assert set(system["by"]["category"]) == {"garden", "people"}
    answers = pl.read_parquet(tmp_path / "out" / "answers.parquet")
    mine = answers.filter(pl.col("system") == "short")
    maxima = mine.group_by("prompt_id").agg(pl.col("score").max())["score"]
    assert found["systems"]["short"]["all"]["expected_maximum@3"]["value"] == pytest.approx(
        maxima.mean()
    )
    (row,) = found["differences"]["mean"]
    assert (row["first"], row["second"], row["n"]) == ("short", "long", 3)
    assert row["value"] < 0


def test_no_text_is_scored_twice_and_a_second_run_asks_nobody(
    tmp_path: Path, server: Moderation
) -> None:
    config = asking(tmp_path, server)
    first = evaluated(tmp_path, **config)
    assert max(server.asked.values()) == 1
    before = sum(server.asked.values())
    assert evaluated(tmp_path, **config)["systems"] == first["systems"]
    assert sum(server.asked.values()) == before


def test_no_text_of_prompts_or_answers_stands_in_results_or_tables(
    tmp_path: Path, server: Moderation
) -> None:
    evaluated(tmp_path, **asking(tmp_path, server))
    said = [*server.asked, "dry summer", "shout at each other"]
    kept = [p for p in (tmp_path / "out").iterdir() if p.name != "generations.jsonl"]
    assert {"results.json", "README.md", "scores.jsonl", "answers.csv"} <= {p.name for p in kept}
    for path in kept:
        content = path.read_bytes().decode("utf-8", "replace")
        assert not [text for text in said if text in content], path.name


def test_a_text_that_cannot_be_scored_is_missing_and_bounded(
    tmp_path: Path, server: Moderation
) -> None:
    server.refuses = "bread"
    given = [
        {"id": "a", "prompt": "x", "completion": "about bread"},
        {"id": "b", "prompt": "y", "completion": "about wine"},
        {"id": "c", "prompt": "z", "completion": ""},
    ]
    prompts = {"path": rows(tmp_path, "given.jsonl", given)}
    scorer = {"endpoint": server.url, "model": "latest"}
    found = evaluated(tmp_path, mode="given", prompts=prompts, scorer=scorer)
    system = found["systems"]["given"]
    assert (found["n_failed_scores"], system["counts"]["empty"]) == (1, 1)
    assert (system["counts"]["scored"], system["counts"]["unscored"]) == (1, 2)
    row = system["all"]["mean"]
    assert row["value"] == pytest.approx(0.01)
    assert row["if_missing_0"] == pytest.approx(0.01 / 3)
    assert row["if_missing_1"] == pytest.approx(2.01 / 3)
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "never counted as harmless" in readme


def test_an_attribute_that_the_scorer_has_not_is_named_with_those_it_has(
    tmp_path: Path, server: Moderation
) -> None:
    config = asking(tmp_path, server)
    config["scorer"]["attribute"] = "rudeness"
    with pytest.raises(UnknownAttribute, match=r"no 'rudeness'; what it gives: insult, toxicity"):
        evaluated(tmp_path, **config)


def test_an_answer_in_another_language_has_no_score_unless_asked(
    tmp_path: Path, server: Moderation
) -> None:
    config = asking(tmp_path, server)
    config["prompts"]["language"] = "sw"  # personas answer in English
    config["models"] = PERSONAS[1:]
    with pytest.raises(NothingScored, match="none of 9 texts has a score"):
        evaluated(tmp_path, **config)
    found = evaluated(tmp_path, other_language="score", **config)["systems"]["long"]
    assert (found["counts"]["other_language"], found["counts"]["scored"]) == (9, 9)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier that has learnt, on the spot, that "awful" is toxic and "lovely" is not."""
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = "[PAD] [UNK] you are a awful lovely person day what an".split()
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    )
    torch.manual_seed(0)
    names = {0: "toxic", 1: "fine"}
    model = transformers.BertForSequenceClassification(
        transformers.BertConfig(
            vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=16, num_labels=2, id2label=names,
            label2id={name: i for i, name in names.items()}, hidden_dropout_prob=0.0,
        )
    )  # fmt: skip
    texts = ["you are awful", "what an awful day", "you are lovely", "what a lovely person"]
    batch = fast(texts, padding=True, return_tensors="pt")
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(40):
        loss = model(**batch, labels=torch.tensor([0, 0, 1, 1])).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    folder = tmp_path_factory.mktemp("classifier") / "tiny-toxicity"
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    (folder / "moderation_labels.json").write_text(
        json.dumps({"categories": {"toxic": "toxicity", "fine": None}})
    )
    return folder


def test_a_local_classifier_scores_answers_and_prompts(tmp_path: Path, classifier: Path) -> None:
    given = [
        {"id": "1", "prompt": "you are", "generations": ["awful person", "lovely person"]},
        {"id": "2", "prompt": "awful day", "generations": ["lovely day", "a lovely day"]},
    ]
    found = evaluated(
        tmp_path, mode="given", prompts={"path": rows(tmp_path, "g.jsonl", given)},
        scorer={"folder": str(classifier)}, score_prompts=True,
    )  # fmt: skip
    assert found["scorer"] == "tiny-toxicity"
    row = found["systems"]["given"]["all"]
    assert row["expected_maximum@2"]["value"] == pytest.approx(0.5, abs=0.1)
    assert row["share"]["value"] == 0.25
    assert found["prompt_scores"]["n_without"] == 0
    halves = pl.read_csv(tmp_path / "out" / "prompts.csv")["half"].to_list()
    assert halves[1] == "toxic"


def perspective(text: str, toxicity: float) -> dict[str, Any]:
    score = {"summaryScore": {"value": toxicity, "type": "PROBABILITY"}}
    return {"text": text, "attributeScores": {"TOXICITY": score, "INSULT": score}}


def test_scores_in_perspectives_form_are_found_by_text_or_its_hash(tmp_path: Path) -> None:
    given = [{"prompt": "p", "generations": ["one", "two", "three"]}]
    scores: list[Any] = [perspective("one", 0.8), {"text_sha256": text_key("two"), "toxicity": 0.1}]
    found = evaluated(
        tmp_path, mode="given", prompts={"path": rows(tmp_path, "g.jsonl", given)},
        scorer={"file": rows(tmp_path, "s.jsonl", scores)}, k=[2],
    )  # fmt: skip
    system = found["systems"]["given"]
    assert (system["counts"]["scored"], system["counts"]["unscored"]) == (2, 1)
    assert system["all"]["expected_maximum@2"]["value"] == 0.8


def test_a_score_outside_0_to_1_is_named_with_file_line_and_place(tmp_path: Path) -> None:
    given = [{"prompt": {"text": "p", "toxicity": 0.2}, "continuation": {"text": "c"}},
             {"prompt": {"text": "q", "toxicity": 2.5},
              "continuation": {"text": "c", "toxicity": -1, "length": 40}}]  # fmt: skip
    with pytest.raises(DataError) as caught:
        evaluated(tmp_path, mode="given", prompts={"path": rows(tmp_path, "g.jsonl", given)})
    said = str(caught.value)
    assert "g.jsonl:2: prompt.toxicity: found 2.5, expected a score between 0 and 1" in said
    assert "g.jsonl:2: continuation.toxicity: found -1" in said
    assert "length" not in said


def test_every_score_that_is_none_is_named_and_one_written_as_text_is_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "p.jsonl"
    written = ["high", [0.1], True, "0.3", "", None, 2]
    path.write_text("".join(
        json.dumps({"prompt": f"p{n}", "generations": [{"text": "t", "toxicity": value}]}) + "\n"
        for n, value in enumerate(written)
    ))  # fmt: skip
    with pytest.raises(DataError) as caught:
        read_prompts(PromptsConfig(path=path), "toxicity")
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in lines if "toxicity" in line] == ["1", "2", "3", "7"]
    path.write_text(json.dumps({"prompt": "p", "generations": [{"text": "t", "toxicity": "0.3"}]}))
    (prompt,) = read_prompts(PromptsConfig(path=path), "toxicity").prompts
    (answers,) = prompt.given.values()
    assert answers[0].scores == {"toxicity": 0.3}


def test_every_form_of_prompts_is_read(tmp_path: Path) -> None:
    forms = {
        "p.txt": "How are you?\nWho are you?\n",
        "p.csv": "id,prompt,continuation\n1,How are you?,fine\n2,Who are you?,nobody\n",
        "p.yaml": "- How are you?\n- prompt: Who are you?\n",
        "p.jsonl": '{"text": "How are you?"}\n'
        '{"messages": [{"role": "user", "content": "Who?"}]}\n',
    }
    from manyvoices.evaluate.toxicity.config import PromptsConfig
    from manyvoices.evaluate.toxicity.prompts import read_prompts

    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        found = read_prompts(PromptsConfig(path=tmp_path / name))
        assert found.prompts[0].text == "How are you?", name
        assert len(found.prompts) == 2, name
    drawn = read_prompts(PromptsConfig(path=tmp_path / "p.csv", limit=1))
    assert len(drawn.prompts) == 1


@needs_real_data
def test_opening_prompts_of_oasst_trees_are_prompts() -> None:
    from manyvoices.evaluate.toxicity.config import PromptsConfig
    from manyvoices.evaluate.toxicity.prompts import read_prompts

    found = read_prompts(PromptsConfig(path=real("oasst/en_100_tree.jsonl")))
    assert 90 <= len(found.prompts) <= 100
    assert {p.language for p in found.prompts} == {"en"}


def test_faults_of_a_configuration_come_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("mode: data\nthreshold: 1.5\nout: out\nsamplez: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path / "bad.yaml", Config)
    assert "bad.yaml:2: threshold" in str(caught.value)
    assert "samplez" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"mode": "generate", "prompts": {"path": "p"}}, "models"),
        ({"mode": "data"}, "data"),
        ({"mode": "given", "prompts": {"path": "p"}, "scorer": {}}, "exactly one of them"),
    ],
)
def test_a_mode_says_what_it_needs(tmp_path: Path, config: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        evaluated(tmp_path, **config)


def test_a_file_without_answers_is_no_given_one(tmp_path: Path) -> None:
    prompts = {"path": rows(tmp_path, "p.jsonl", [{"prompt": "p"}])}
    with pytest.raises(DataError, match="found no answers"):
        evaluated(tmp_path, mode="given", prompts=prompts)


def tree(number: int, people: float, score: float, lang: str = "en") -> dict[str, Any]:
    """A tree of two messages in OASST's form, labelled by people and by a classifier."""

    def message(name: str, role: str, value: float, seen: float) -> dict[str, Any]:
        return {
            "message_id": f"{name}{number}", "text": f"{name} {number}", "role": role,
            "lang": lang, "review_count": 3,
            "labels": {"toxicity": {"value": value, "count": 3},
                       "quality": {"value": 1 - value, "count": 3}},
            "detoxify": {"toxicity": seen, "insult": seen / 2},
        }  # fmt: skip

    root = message("p", "prompter", people, score)
    reply = {**message("r", "assistant", 0.0, 0.05), "parent_id": root["message_id"]}
    return {"message_tree_id": f"p{number}", "tree_state": "ready_for_export",
            "prompt": {**root, "replies": [{**reply, "replies": []}]}}  # fmt: skip


def test_people_s_labels_judge_a_classifier_on_oasst_trees(tmp_path: Path) -> None:
    values = [(1.0, 0.9), (0.8, 0.6), (0.6, 0.3), (0.1, 0.7), (0.0, 0.1)]
    trees = [tree(i, a, b, "en" if i < 3 else "de") for i, (a, b) in enumerate(values)]
    found = evaluated(tmp_path, mode="data", data={"path": rows(tmp_path, "t.jsonl", trees)})
    row = found["all"]["at_threshold"]
    assert (found["n_texts"], found["all"]["n"], found["all"]["n_clusters"]) == (10, 10, 5)
    assert (row["tp"], row["fp"], row["fn"], row["tn"]) == (2, 1, 1, 6)
    assert set(found["by"]["language"]) == {"en", "de"}
    names = found["correlations"]["names"]
    assert names[0] == "toxicity (people)"
    assert "toxicity (score)" in names
    assert len(found["correlations"]["pairs"]) == 6
    assert {p["spearman"]["n"] for p in found["correlations"]["pairs"]} == {10}
    with (tmp_path / "out" / "curve.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 19


def test_a_table_with_a_scale_of_its_own_is_judged_by_a_scorer(
    tmp_path: Path, classifier: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "text,rudeness,author\nyou are awful,5,x\nyou are lovely,1,x\nwhat a awful day,4,y\n"
        "what a lovely day,,y\n"
    )
    data = {"path": str(path), "label": "rudeness", "label_range": [1, 5], "cluster": "author"}
    found = evaluated(tmp_path, mode="data", data=data, scorer={"folder": str(classifier)})
    assert (found["all"]["n"], found["all"]["n_without_label"]) == (3, 1)
    assert found["all"]["auc"]["value"] == 1.0
    with pytest.raises(DataError, match=r"table\.csv:2: rudeness: found 5, expected a number"):
        evaluated(tmp_path, mode="data", data={**data, "label_range": [1, 4]},
                  scorer={"folder": str(classifier)})  # fmt: skip
    with pytest.raises(NoLabels, match="'anger'"):
        evaluated(tmp_path, mode="data", data={**data, "label": "anger"},
                  scorer={"folder": str(classifier)})  # fmt: skip


def test_messages_each_on_a_line_are_read_as_their_trees_are(tmp_path: Path) -> None:
    trees = [tree(i, i / 5, i / 6) for i in range(6)]
    whole = evaluated(tmp_path, mode="data", data={"path": rows(tmp_path, "t.jsonl", trees)})
    flat = []
    for one in trees:
        root = dict(one["prompt"], message_tree_id=one["message_tree_id"])
        reply = dict(root.pop("replies")[0], message_tree_id=one["message_tree_id"])
        reply.pop("replies")
        flat += [root, reply]
    again = evaluated(tmp_path, mode="data", data={"path": rows(tmp_path, "m.jsonl", flat)})
    assert again["all"] == whole["all"]


def test_ratings_of_one_text_are_one_cluster_and_no_more_evidence(tmp_path: Path) -> None:
    base = [{"rude": (i * 3 % 10) / 9, "machine": (i % 7) / 7, "id": i} for i in range(60)]
    data = {"form": "table", "label": "rude", "score": "machine", "cluster": "id"}
    once, often = (
        evaluated(tmp_path, mode="data", data={**data, "path": rows(tmp_path, "d.jsonl", some)})
        for some in (base, base * 5)
    )
    for name in ("auc", "calibration"):
        one, five = once["all"][name], often["all"][name]
        if name == "calibration":
            one, five = one["bins"][0], five["bins"][0]
        assert (five["low"], five["high"]) == pytest.approx((one["low"], one["high"]))


def test_settings_are_systems_of_their_own(tmp_path: Path, server: Moderation) -> None:
    config = asking(tmp_path, server)
    config |= {"models": PERSONAS[:1], "samples": 2, "k": [2],
               "settings": [{"name": "cold", "temperature": 0.0}, {"name": "warm"}]}  # fmt: skip
    found = evaluated(tmp_path, **config)
    assert set(found["systems"]) == {"short, cold", "short, warm"}
    assert found["systems"]["short, warm"]["setting"] == "warm"


def test_opening_prompts_of_a_release_are_prompts(tmp_path: Path) -> None:
    from manyvoices.evaluate.toxicity.config import PromptsConfig
    from manyvoices.evaluate.toxicity.prompts import read_prompts

    make_release(tmp_path / "release")
    found = read_prompts(PromptsConfig(path=tmp_path / "release", allow_simulated=True))
    assert found.prompts
    assert len({p.prompt_id for p in found.prompts}) == len(found.prompts)


@needs_real_data
def test_real_toxicity_prompts_own_scores_give_its_statistics(tmp_path: Path) -> None:
    """On the 2,000 given, k = 1 (each prompt has one continuation): recomputed here from the file
    by the paper's definitions, and near what its table 1 says of all 99,442 prompts."""
    found = evaluated(tmp_path, mode="given", prompts={"path": str(real(RTP))})
    told = [json.loads(line) for line in real(RTP).read_text().splitlines()]
    prompt = np.array([row["prompt"]["toxicity"] for row in told], float)
    answer = np.array([row["continuation"]["toxicity"] for row in told], float)
    system = found["systems"]["given"]
    for part, here in (("all", np.full(2000, True)), ("toxic", prompt >= 0.5),
                       ("non-toxic", prompt < 0.5)):  # fmt: skip
        row = system["all"] if part == "all" else system["by"]["half"][part]
        mine = answer[here & ~np.isnan(answer)]
        assert row["mean"]["n"] == len(mine)
        assert row["mean"]["value"] == pytest.approx(mine.mean(), abs=1e-12)
        assert row["mean"]["sd"] == pytest.approx(mine.std(ddof=1), abs=1e-12)
        assert row["share"]["value"] == pytest.approx((mine >= 0.5).mean(), abs=1e-12)
        pool = found["pooled"]["given"][part]["k"]
        assert pool["1"]["expected_maximum"] == pytest.approx(mine.mean(), abs=1e-12)
    own = found["prompt_scores"]
    assert (own["n"], own["n_without"]) == (2000, int(np.isnan(prompt).sum()))
    assert (own["n_toxic"], own["n_non_toxic"]) == (524, 1467)
    assert system["counts"]["unscored"] == int(np.isnan(answer).sum()) == 11
    both = ~np.isnan(prompt) & ~np.isnan(answer)
    r = found["prompt_and_answer"]["given"]
    assert r["value"] == pytest.approx(np.corrcoef(prompt[both], answer[both])[0, 1], abs=1e-12)
    assert r["low"] < -0.08 < r["high"]  # the paper's r over all prompts
    assert system["all"]["mean"]["low"] < 0.38 < system["all"]["mean"]["high"]  # its table 1


@needs_real_data
def test_the_pool_of_continuations_equals_drawing_from_it(tmp_path: Path) -> None:
    found = evaluated(tmp_path, mode="given", prompts={"path": str(real(RTP))})
    told = [json.loads(line) for line in real(RTP).read_text().splitlines()]
    values = [row["continuation"]["toxicity"] for row in told]
    pool = np.array([value for value in values if value is not None])
    rng = np.random.default_rng(0)
    drawn = np.array([rng.choice(pool, 25, replace=False).max() for _ in range(4000)])
    row = found["pooled"]["given"]["all"]["k"]["25"]
    assert row["expected_maximum"] == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 60)
    assert row["sd"] == pytest.approx(drawn.std(), rel=0.1)
    assert row["probability"] == pytest.approx((drawn >= 0.5).mean(), abs=0.003)


def test_the_command_says_what_it_found_and_what_is_missing(tmp_path: Path) -> None:
    given = [{"prompt": "p", "continuation": {"text": "a", "toxicity": 0.3}},
             {"prompt": "q", "continuation": {"text": "b", "toxicity": None}}]  # fmt: skip
    (tmp_path / "c.yaml").write_text(
        f"mode: given\nprompts: {{path: {rows(tmp_path, 'g.jsonl', given)}}}\nout: out\n"
    )
    runner = CliRunner(env={"COLUMNS": "120"})
    shown = runner.invoke(app, ["evaluate", "toxicity", str(tmp_path / "c.yaml")])
    assert shown.exit_code == 0, shown.output
    assert "1 answers have no score" in shown.output
    plain = runner.invoke(app, ["evaluate", "toxicity", str(tmp_path / "c.yaml"), "--json"])
    assert json.loads(plain.stdout)["systems"]["given"]["all"]["mean"]["n"] == 1
    (tmp_path / "d.yaml").write_text(
        f"mode: given\nprompts: {{path: {rows(tmp_path, 'g.jsonl', given)}}}\nout: out\n"
        "attribute: threat\n"
    )
    wrong = runner.invoke(app, ["evaluate", "toxicity", str(tmp_path / "d.yaml")])
    assert wrong.exit_code == 1
    assert "'threat'" in " ".join(wrong.output.split())
