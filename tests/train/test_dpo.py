"""DPO and KTO: TRL's losses by hand, our margins and smoothing, labels, runs and their errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.train.sft_parts import SEA, SKY, write_trees
from torch.nn.functional import logsigmoid

from manyvoices.train.config_dpo import DpoConfig, KtoConfig, LabelsConfig
from manyvoices.train.dpo import run
from manyvoices.train.dpo.labels import label_of, label_rows, with_others
from manyvoices.train.dpo.losses import pair_losses
from manyvoices.train.dpo.pairs import NoPairsError, disagreement, pair_rows
from manyvoices.train.dpo.rows import Tokens
from manyvoices.train.dpo.trainers import label_trainer, pair_trainer
from manyvoices.train.metrics_log import read_metrics
from manyvoices.train.results import StepLog, silent
from manyvoices.train.views import ReplyGroup, Turn

ASK = (Turn("prompter", "Tell me of the sea."),)


def group(
    replies: tuple[str, ...] = (SEA, SKY[:40], "No."),
    ranks: tuple[int, ...] = (0, 1, 2),
    scores: tuple[float, ...] | None = None,
    name: str = "t",
    rater: str | None = None,
) -> ReplyGroup:
    return ReplyGroup(ASK, replies, ranks, scores, name, "en", rater)


def settings(tmp_path: Path, of: Any = DpoConfig, /, **changes: Any) -> Any:
    optim = {"max_steps": 4, "lr": 1e-3, "max_length": 96, "batch_size": 2}
    given: dict[str, Any] = {
        "data": {"path": tmp_path / "trees.jsonl", "split": {"share": 0.25}},
        "model": {"tiny": {"hidden": 32, "vocab": 512}},
        "out": tmp_path / "out",
    }
    given["optim"] = optim | changes.pop("optim", {})
    given["model"] = given["model"] | changes.pop("model", {})
    return of.model_validate(given | changes)


def tokens(setup: Any, length: int = 200, min_prompt: int = 256) -> Tokens:
    return Tokens(setup[1], setup[2], length, min_prompt)


def log_prob(model: Any, prompt: Any, reply: Any) -> torch.Tensor:
    """log p(reply | prompt), token by token."""
    logits = model(input_ids=torch.tensor([[*prompt, *reply]])).logits[0].log_softmax(-1)
    start = len(prompt) - 1
    return sum(logits[start + i, token] for i, token in enumerate(reply))  # type: ignore[return-value]


@pytest.mark.parametrize("format", ["oasst", "chatml"])
def test_a_pair_is_the_prompt_with_header_and_replies_with_their_end(
    tiny: Any, format: str
) -> None:
    setup = tiny("llama", format)
    _, tokenizer, written = setup
    prompt, replies = tokens(setup).prompt_and(ASK, (SEA, "No."))
    assert prompt == written.encode(ASK, tokenizer, generation=True).ids
    said = [tokenizer.decode(reply, skip_special_tokens=False) for reply in replies]
    assert said == [SEA + tokenizer.eos_token, "No." + tokenizer.eos_token]


def test_a_long_pair_loses_the_beginning_of_its_prompt_first_and_it_is_counted(tiny: Any) -> None:
    setup = tiny()
    whole, (long, _) = tokens(setup).prompt_and(ASK, (SEA, "No."))
    cutting = tokens(setup, len(long) + 5, min_prompt=2)
    prompt, replies = cutting.prompt_and(ASK, (SEA, "No."))
    assert prompt == whole[-5:]
    assert replies[0] == long
    assert cutting.cuts.prompt_tokens == len(whole) - 5
    tight = tokens(setup, 20, min_prompt=8)
    prompt, replies = tight.prompt_and(ASK, (SEA, "No."))
    assert len(prompt) == 8
    assert len(replies[0]) == 12
    assert tight.cuts.reply_tokens == len(long) - 12
    assert "at their end" in tight.cuts.line(20)


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_trl_gives_the_loss_of_dpo_by_hand(tiny: Any, tmp_path: Path, family: str) -> None:
    setup = tiny(family)
    rows = pair_rows([group()], (), tokens(setup), settings(tmp_path), "s").rows
    config = settings(tmp_path, optim={"batch_size": 3}, beta=0.3)
    trainer = pair_trainer(config, setup[0], setup[1], rows, progress=silent)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=torch.manual_seed(1))
    batch = next(iter(trainer.get_train_dataloader()))
    loss = trainer.compute_loss(trainer.model, dict(batch))
    wanted = []
    for row in rows:
        lead = [
            log_prob(trainer.model, row.prompt_ids, reply)
            - log_prob(trainer.ref_model, row.prompt_ids, reply)
            for reply in (row.chosen_ids, row.rejected_ids)
        ]
        wanted.append(-logsigmoid(0.3 * (lead[0] - lead[1])))
    assert loss.item() == pytest.approx(torch.stack(wanted).mean().item(), abs=1e-5)
    assert loss.item() != pytest.approx(0.6931, abs=1e-3)


def test_the_reference_does_not_move(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    before = {n: p.clone() for n, p in setup[0].state_dict().items()}
    rows = pair_rows([group()], (), tokens(setup), settings(tmp_path), "s").rows
    trainer = pair_trainer(settings(tmp_path), setup[0], setup[1], rows, progress=silent)
    trainer.train()
    after = trainer.ref_model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    now = trainer.model.state_dict()
    assert not all(torch.equal(before[name], now[name]) for name in before)


def test_without_margins_our_loss_is_trls(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    rows = pair_rows([group()], (), tokens(setup), settings(tmp_path), "s").rows
    found = []
    for changes in ({}, {"average": "group"}):
        config = settings(tmp_path, optim={"batch_size": 3}, **changes)
        trainer = pair_trainer(config, tiny()[0], setup[1], rows, progress=silent)
        batch = next(iter(trainer.get_train_dataloader()))
        assert ("weight" in batch) == bool(changes)
        with torch.no_grad():
            trainer.model.get_output_embeddings().weight.mul_(1.5)
        loss = trainer.compute_loss(trainer.model, dict(batch))
        loss.backward()
        grads = [p.grad for p in trainer.model.parameters() if p.grad is not None]
        found.append((loss.item(), grads))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(*(f[1] for f in found), strict=True))


def test_an_offset_asks_for_a_lead_and_smoothing_for_doubt() -> None:
    chosen, rejected = torch.tensor([2.0, -1.0]), torch.tensor([0.5, 1.0])
    offset, doubt = torch.tensor([0.3, 0.0]), torch.tensor([0.0, 0.25])
    found = pair_losses(chosen, rejected, 0.4, offset, doubt)
    by_hand = [
        -logsigmoid(torch.tensor(0.4 * 1.5 - 0.3)),
        -0.75 * logsigmoid(torch.tensor(-0.8)) - 0.25 * logsigmoid(torch.tensor(0.8)),
    ]
    assert torch.allclose(found, torch.stack(by_hand))
    half = pair_losses(chosen, rejected, 0.4, 0.0, 0.5)
    assert torch.allclose(half, pair_losses(rejected, chosen, 0.4, 0.0, 0.5))


def test_margins_select_offset_or_weigh(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    scored = group(scores=(90.0, 80.0, 20.0))

    def rows(**changes: Any) -> Any:
        return pair_rows([scored], (), tokens(setup), settings(tmp_path, **changes), "s")

    assert [row.offset for row in rows(margins="offset", margin_scale=0.1).rows] == pytest.approx(
        [1.0, 7.0, 6.0]
    )
    weights = [row.weight for row in rows(margins="weight").rows]
    assert weights == pytest.approx([10 / 140 * 3, 70 / 140 * 3, 60 / 140 * 3])
    wide = rows(min_margin=30)
    assert len(wide.rows) == 2
    assert wide.near == 1
    assert "below min_margin" in wide.line()


def test_groups_can_count_the_same_whatever_their_size(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    groups = [group(), group((SEA, "No."), (0, 1), name="u")]
    found = pair_rows(groups, (), tokens(setup), settings(tmp_path, average="group"), "s")
    by_tree: dict[str, float] = {}
    for row in found.rows:
        by_tree[row.tree_id] = by_tree.get(row.tree_id, 0) + row.weight
    assert by_tree["t"] == pytest.approx(by_tree["u"])
    assert sum(row.weight for row in found.rows) == pytest.approx(len(found.rows))


def test_smoothing_is_the_share_of_people_who_preferred_the_other_reply(
    tiny: Any, tmp_path: Path
) -> None:
    two = (SEA, "No.")
    people = [
        group(two, (0, 1), rater="a"),
        group(two, (0, 1), rater="b"),
        group(two, (1, 0), rater="c"),
        group(two, (0, 0), rater="d"),
    ]
    shares = disagreement(people)
    assert shares[(ASK, SEA, "No.")] == pytest.approx(1.5 / 4)
    assert shares[(ASK, "No.", SEA)] == 0.5
    config = settings(tmp_path, smooth_by="disagreement", smoothing=0.1)
    merged = [group(two, (0, 1)), group((SEA, SKY), (0, 1), name="u")]
    found = pair_rows(merged, people, tokens(tiny()), config, "s")
    assert [row.smoothing for row in found.rows] == pytest.approx([1.5 / 4, 0.1])
    assert found.asked == 1


def test_ties_and_nothing_are_errors_that_say_so(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    config = settings(tmp_path)
    with pytest.raises(NoPairsError, match=r"no group"):
        pair_rows([], (), tokens(setup), config, "the training side")
    with pytest.raises(NoPairsError, match=r"all 3 pairs of its 1 groups are ties"):
        pair_rows([group(ranks=(0, 0, 0))], (), tokens(setup), config, "the training side")
    with pytest.raises(NoPairsError, match=r"largest margin of its 3 pairs is 2"):
        pair_rows([group()], (), tokens(setup), settings(tmp_path, min_margin=3), "s")
    same = group(("la " * 40 + "a", "la " * 40 + "b"), (0, 1))
    with pytest.raises(NoPairsError, match=r"the same in optim.max_length"):
        pair_rows([same], (), tokens(setup, 20, 4), config, "s")
    partly = pair_rows([group(ranks=(0, 0, 1))], (), tokens(setup), config, "s")
    assert (len(partly.rows), partly.tied) == (2, 1)


def test_labels_come_from_ranks_or_scores() -> None:
    ranked = group(ranks=(0, 1, 2))
    by_rank = [label_of(ranked, i, LabelsConfig()) for i in range(3)]
    assert by_rank == [True, None, False]
    scored = group(scores=(90.0, 62.0, 20.0))
    config = LabelsConfig(by="score", threshold=60, band=5)
    assert [label_of(scored, i, config) for i in range(3)] == [True, None, False]
    assert label_of(ranked, 0, config) is None
    assert label_of(group(ranks=(0, 0, 0)), 0, LabelsConfig()) is None


def test_the_rarer_label_is_weighed_up(tiny: Any) -> None:
    setup = tiny()
    found = label_rows([group()] * 2, tokens(setup), LabelsConfig(threshold=0.8), "s")
    assert (found.desirable, len(found.rows)) == (4, 6)
    assert found.weights() == (1.0, 2.0)
    with pytest.raises(NoPairsError, match=r"0 undesirable"):
        label_rows([group()], tokens(setup), LabelsConfig(threshold=2), "s")


def test_trl_gives_the_loss_of_kto_by_hand(tiny: Any, tmp_path: Path) -> None:
    setup = tiny()
    rows = label_rows([group()] * 2, tokens(setup), LabelsConfig(threshold=0.8), "s").rows
    config = settings(tmp_path, KtoConfig, optim={"batch_size": 6}, beta=0.2)
    trainer = label_trainer(config, setup[0], setup[1], rows, weights=(1.0, 2.0), progress=silent)
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=torch.manual_seed(1))
    batch = next(iter(trainer.get_train_dataloader()))
    loss = trainer.compute_loss(trainer.model, dict(batch))

    def ratio(prompt: Any, reply: Any) -> torch.Tensor:
        return log_prob(trainer.model, prompt, reply) - log_prob(trainer.ref_model, prompt, reply)

    paired = with_others(rows, 6)
    assert [row.KL_completion_ids for row in paired[1:]] == [r.completion_ids for r in rows[:-1]]
    apart = torch.stack([ratio(row.prompt_ids, row.KL_completion_ids) for row in paired])
    kl = apart.mean().clamp(min=0)
    wanted = []
    for row in rows:
        lead = 0.2 * (ratio(row.prompt_ids, row.completion_ids) - kl)
        wanted.append(1 - lead.sigmoid() if row.label else 2 * (1 - (-lead).sigmoid()))
    assert loss.item() == pytest.approx(torch.stack(wanted).mean().item(), abs=1e-5)


@pytest.fixture
def run_config(tmp_path: Path) -> Callable[..., Any]:
    write_trees(tmp_path / "trees.jsonl", 10)
    return lambda kind=DpoConfig, **changes: settings(tmp_path, kind, **changes)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (DpoConfig, {}),
        (DpoConfig, {"margins": "offset", "smoothing": 0.1}),
        (DpoConfig, {"loss": "ipo", "model": {"lora": {"r": 2}}, "merge": True}),
        (KtoConfig, {}),
        (KtoConfig, {"model": {"lora": {"r": 2}}}),
    ],
)
def test_a_run_learns_what_was_preferred(run_config: Any, kind: Any, changes: Any) -> None:
    from transformers import AutoModelForCausalLM

    told: list[StepLog] = []
    optim = {"max_steps": 10, "lr": 5e-3}
    result = run(run_config(kind, eval_every=5, optim=optim, **changes), progress=told.append)
    lines = read_metrics(result.out / "metrics.jsonl")
    held = [line for line in lines if "eval_accuracy" in line]
    assert [line["step"] for line in held] == [5, 10]
    assert held[-1]["eval_margin"] > 0
    assert held[-1]["eval_accuracy"] > 0.5
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 11))
    model = AutoModelForCausalLM.from_pretrained(result.model)
    assert torch.isfinite(model(input_ids=torch.arange(5, 20)[None]).logits).all()
    assert any("the training side" in log.text for log in told if log.kind == "note")


@pytest.mark.parametrize("kind", [DpoConfig, KtoConfig])
def test_a_resumed_run_equals_one_that_was_never_interrupted(
    run_config: Any, tmp_path: Path, kind: Any
) -> None:
    from transformers import AutoModelForCausalLM

    plan: dict[str, Any] = {"save_every": 2, "optim": {"max_steps": 5}}
    whole = run(run_config(kind, out=tmp_path / "whole", **plan))
    interrupted = run_config(kind, out=tmp_path / "cut", **plan)

    def stop(log: StepLog) -> None:
        if log.kind == "train" and log.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, progress=stop)
    resumed = run(interrupted, resume=True)
    one, two = (
        AutoModelForCausalLM.from_pretrained(r.model).state_dict() for r in (whole, resumed)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        (KtoConfig, {"optim": {"batch_size": 1}}, "batch_size"),
        (DpoConfig, {"loss": "ipo", "margins": "offset"}, "loss"),
        (DpoConfig, {"merge": True}, "merge"),
        (DpoConfig, {"kind": "kto"}, "kind"),
    ],
)
def test_settings_that_do_not_go_together_are_faults(
    tmp_path: Path, kind: Any, changes: Any, field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        settings(tmp_path, kind, **changes)


def test_data_without_rankings_is_an_error(tmp_path: Path) -> None:
    import json

    path = write_trees(tmp_path / "trees.jsonl", 6)
    lines = path.read_text(encoding="utf-8").splitlines()
    plain = [json.dumps(json.loads(line), sort_keys=True) for line in lines]
    path.write_text(
        "\n".join(line.replace('"rank": 0, ', "").replace('"rank": 1, ', "") for line in plain),
        encoding="utf-8",
    )
    with pytest.raises(NoPairsError, match=r"no group of ranked"):
        run(settings(tmp_path))
