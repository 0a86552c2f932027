"""Our PPO against TRL's last one: the same rollouts must give the same update.

TRL removed PPO in September 2026; 1.12.0 is the last release that has it. It runs side-loaded on
the transformers of this project, and must not be installed in its place (SFT and DPO need 1.16):

    pip download --no-deps --dest /tmp/trl112 trl==1.12.0
    python -m zipfile -e /tmp/trl112/trl-1.12.0-py3-none-any.whl /tmp/trl112/site
    OMP_NUM_THREADS=1 python benchmarks/ppo_oracle.py --trl /tmp/trl112/site

TRL generates, pays and updates with its own code; the token ids that it drew are recorded and given
to ours, which computes everything else anew. Compared are scores, KL, advantages, the losses of the
epochs, and the weights of policy and critic afterwards. Tolerances are those of float32: TRL takes
the old log-probabilities from generation with a cache, we from a forward pass.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

REPLIES, TOKENS, EPOCHS, LR = 16, 24, 4, 1e-3
CASES: dict[str, dict[str, Any]] = {
    "k1": {},
    "k3": {"kl_estimator": "k3"},
    "whitened rewards": {"whiten_rewards": True},
    "gamma .9, lambda .5, tight clips": {
        "gamma": 0.9,
        "lam": 0.5,
        "cliprange": 0.05,
        "cliprange_value": 0.05,
    },
    "penalty without an end": {"missing_eos_penalty": 1.0},
}
DEFAULTS: dict[str, Any] = {
    "kl_estimator": "k1",
    "whiten_rewards": False,
    "gamma": 1.0,
    "lam": 0.95,
    "cliprange": 0.2,
    "cliprange_value": 0.2,
    "missing_eos_penalty": None,
    "kl_coef": 0.1,
    "vf_coef": 0.5,
}


@dataclass
class Models:
    """The four models of PPO, tiny and random, with the policy moved away from its reference."""

    tokenizer: Any
    policy: Any
    reference: Any
    value: Any
    reward: Any


@dataclass
class Seen:
    """What TRL did."""

    ids: Any = None
    prompt_length: int = 0
    scores: list[Any] = field(default_factory=list)
    whitened: list[Any] = field(default_factory=list)
    log: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


def build_models() -> Models:
    """Made so that a reply ends after some 15 tokens, and the pad token is never drawn: TRL would
    take it for the end."""
    import torch
    from transformers import AutoModelForSequenceClassification

    from manyvoices.train.config import ModelConfig, TinyConfig
    from manyvoices.train.models import load_model
    from manyvoices.train.tiny import tiny_model

    sizes = {"hidden": 64, "layers": 2, "heads": 4, "vocab": 320}
    policy, tokenizer, _ = load_model(ModelConfig(tiny=TinyConfig(**sizes)), [])
    model: Any = policy
    with torch.no_grad():  # one coordinate that is about 4 in every state carries these two
        model.model.embed_tokens.weight[:, 0] = 0.1
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight[0] = 0.0
            layer.mlp.down_proj.weight[0] = 0.0
        head = model.lm_head.weight
        head[:, 0] = 0.0
        head[tokenizer.eos_token_id, 0] = 0.8
        head[tokenizer.pad_token_id, 0] = -10.0
    reference = copy.deepcopy(policy)
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=noise)

    def classifier(seed: int) -> Any:
        language_model: Any = tiny_model(**sizes, seed=seed)
        config = copy.deepcopy(policy.config)
        config.num_labels = 1
        torch.manual_seed(seed)
        made: Any = AutoModelForSequenceClassification.from_config(config)
        made.model = language_model.model
        return made

    return Models(tokenizer, policy, reference, classifier(2), classifier(3))


def questions() -> list[list[int]]:
    """Different prompts of 4 to 11 tokens."""
    return [[10 + (i * 13 + 7 * t) % 300 for t in range(4 + i % 8)] for i in range(REPLIES)]


def run_trl(models: Models, case: dict[str, Any], out: Path) -> Seen:
    """One round of TRL's PPO; `models` are changed in place."""
    import trl.experimental.ppo.ppo_trainer as theirs
    from datasets import Dataset
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    seen = Seen()
    drawn, whiten, paid = theirs.batch_generation, theirs.masked_whiten, theirs.get_reward

    def batch_generation(model: Any, queries: Any, *rest: Any) -> Any:
        result = drawn(model, queries, *rest)
        seen.ids, seen.prompt_length = result[0].clone(), queries.shape[1]
        return result

    def masked_whiten(*args: Any, **kwargs: Any) -> Any:
        result = whiten(*args, **kwargs)
        seen.whitened.append(result.clone())
        return result

    def get_reward(model: Any, *rest: Any) -> Any:
        result = paid(model, *rest)
        if model is models.reward:
            seen.scores.append(result[1].clone())
        return result

    models.tokenizer.padding_side = "left"
    settings = {**DEFAULTS, **case}
    arguments = PPOConfig(
        output_dir=str(out),
        per_device_train_batch_size=REPLIES,
        gradient_accumulation_steps=1,
        num_mini_batches=1,
        num_ppo_epochs=EPOCHS,
        total_episodes=REPLIES,
        response_length=TOKENS,
        temperature=1.0,
        stop_token="eos",
        num_sample_generations=0,
        learning_rate=LR,
        lr_scheduler_type="constant",
        adam_beta1=0.9,
        adam_beta2=0.95,
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        save_strategy="no",
        dataloader_pin_memory=False,
        logging_steps=1,
        seed=5,
        **settings,
    )
    theirs.batch_generation, theirs.masked_whiten = batch_generation, masked_whiten
    theirs.get_reward = get_reward
    try:
        trainer = PPOTrainer(
            args=arguments,
            processing_class=models.tokenizer,
            model=models.policy,
            ref_model=models.reference,
            reward_model=models.reward,
            value_model=models.value,
            train_dataset=Dataset.from_list([{"input_ids": ids} for ids in questions()]),
            eval_dataset=Dataset.from_list([{"input_ids": [10, 11]}]),
        )
        trainer.log = lambda logs, *_: seen.log.update(logs)
        started = time.process_time()
        trainer.train()
        seen.seconds = time.process_time() - started
    finally:
        theirs.batch_generation, theirs.masked_whiten, theirs.get_reward = drawn, whiten, paid
    return seen


def recorded(seen: Seen, tokenizer: Any) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(prompt, reply) of each row, padding taken off."""
    pad, rows = tokenizer.pad_token_id, []
    for row in seen.ids.tolist():
        prompt, reply = row[: seen.prompt_length], row[seen.prompt_length :]
        kept = reply[: reply.index(pad)] if pad in reply else reply
        rows.append((tuple(i for i in prompt if i != pad), tuple(kept)))
    return rows


def run_ours(
    models: Models, case: dict[str, Any], rows: list[Any], out: Path, place: str
) -> tuple[Any, Any, list[Any], list[Any], float]:
    """(round, actors, updates, scores by row) of our PPO on the recorded rollouts."""
    import torch

    from manyvoices.train.config_ppo import PpoConfig
    from manyvoices.train.distributed import here
    from manyvoices.train.ppo.actors import ActorCritic, Reference
    from manyvoices.train.ppo.rollouts import Written
    from manyvoices.train.ppo.rounds import Rounds
    from manyvoices.train.ppo.stepping import PpoStep
    from manyvoices.train.updates import Updater

    s = {**DEFAULTS, **case}
    config = PpoConfig.model_validate(
        {
            "data": {"path": "none"},
            "model": {"tiny": {}},
            "out": str(out),
            "reward": {"builtin": "length"},
            "optim": {
                "lr": LR,
                "clip": None,
                "batch_size": REPLIES,
                "max_length": 64,
                "max_steps": EPOCHS,
            },
            "generate": {"max_new_tokens": TOKENS, "top_p": 1.0},
            "kl": {"coef": s["kl_coef"], "target": None, "estimator": s["kl_estimator"]},
            "rollouts": REPLIES,
            "ppo_epochs": EPOCHS,
            "gamma": s["gamma"],
            "lam": s["lam"],
            "clip": s["cliprange"],
            "value_clip": s["cliprange_value"],
            "value_coef": s["vf_coef"],
            "score_clip": None,
            "no_end_penalty": s["missing_eos_penalty"],
            "whiten_rewards": s["whiten_rewards"],
            "score_place": place,
        }
    )
    actors = ActorCritic(models.policy, models.value.model)
    with torch.no_grad():
        actors.head.weight.copy_(models.value.score.weight)
    actors.head.bias.requires_grad_(False)  # transformers' heads have none
    replies, end = dict(rows), models.tokenizer.eos_token_id

    def generator(asked: Sequence[Any]) -> list[Any]:
        return [Written(replies[a.ids], str(list(a.ids)), replies[a.ids][-1] == end) for a in asked]

    scores = {str(list(prompt)): score(models.reward, prompt + reply) for prompt, reply in rows}
    rounds = Rounds(
        config,
        [((), prompt) for prompt, _ in rows],
        generator,
        lambda _prompts, texts: torch.tensor([scores[text] for text in texts]),
        Reference(models.reference),
        here("cpu"),
        pad=models.tokenizer.pad_token_id,
    )
    updater = Updater(actors, config.optim, EPOCHS, rounds.place)
    step, started = PpoStep(rounds, config), time.process_time()
    write(actors, models.tokenizer, config, rounds)
    updates = [updater.update([part], step) for part in rounds.parts(0, 0, 1)]
    seconds = time.process_time() - started
    return rounds.current, actors, updates, [scores[str(list(p))] for p, _ in rows], seconds


def write(actors: Any, tokenizer: Any, config: Any, rounds: Any) -> None:
    """Draw as many replies of our own: nothing is done with them, but they take their time."""
    from manyvoices.train.ppo.generation import LocalGenerator

    ids = {"stop": tokenizer.eos_token_id, "pad": tokenizer.pad_token_id}
    LocalGenerator(actors, tokenizer, config.generate, batch_size=REPLIES, **ids)(rounds._asked(0))


def score(model: Any, ids: Sequence[int]) -> float:
    """What the reward model gives the last token."""
    import torch

    with torch.no_grad():
        states = model.model(input_ids=torch.tensor([list(ids)])).last_hidden_state
        return float(model.score(states[0, -1]))


def compare(name: str, case: dict[str, Any], place: str) -> dict[str, float]:
    """Largest differences between TRL's round and ours."""
    import torch

    theirs = build_models()
    ours = copy.deepcopy(theirs)
    start = copy.deepcopy(ours.policy.state_dict())
    with tempfile.TemporaryDirectory() as folder:
        seen = run_trl(theirs, case, Path(folder))
        rows = recorded(seen, theirs.tokenizer)
        made, actors, updates, scores, seconds = run_ours(ours, case, rows, Path(folder), place)
    order = [[r[0] for r in rows].index(row.prompt) for row in made.rows]
    mask = made.experience.mask
    advantages = seen.whitened[-1][order][:, : mask.shape[1]] * mask
    moved = {n: w - start[n] for n, w in theirs.policy.state_dict().items()}
    apart = {n: w - theirs.policy.state_dict()[n] for n, w in actors.policy.state_dict().items()}
    body = actors.body.state_dict()
    critic = {n: w - body[n] for n, w in theirs.value.model.state_dict().items()}

    def farthest(differences: dict[str, Any]) -> float:
        return max(float(d.abs().max()) for d in differences.values())

    def mean(metric: str) -> float:
        return sum(update.metrics[metric] for update in updates) / len(updates)

    lengths = [len(reply) for _, reply in rows]
    print(
        f"  {name}: replies of {min(lengths)} to {max(lengths)} tokens, "
        f"{sum(row.ended for row in made.rows)} of {len(rows)} ended; clipped "
        f"{mean('clip_fraction'):.3f} (TRL {seen.log['policy/clipfrac_avg']:.3f}), values "
        f"{mean('value_clip_fraction'):.3f} (TRL {seen.log['val/clipfrac_avg']:.3f}); CPU "
        f"{seconds:.2f} s, TRL {seen.seconds:.2f} s"
    )
    trl_scores = torch.cat(seen.scores)
    return {
        "scores": float((trl_scores - torch.tensor(scores)).abs().max()),
        "KL per reply": abs(made.metrics["kl"] - seen.log["objective/kl"]),
        "advantages": float((advantages - made.experience.advantages).abs().max()),
        "policy loss": abs(mean("policy_loss") - seen.log["loss/policy_avg"]),
        "value loss": abs(mean("value_loss") - seen.log["loss/value_avg"]),
        "policy weights": farthest(apart),
        "critic weights": farthest(critic),
        "policy, share of its change": torch.cat([d.flatten() for d in apart.values()])
        .norm()
        .item()
        / torch.cat([d.flatten() for d in moved.values()]).norm().item(),
    }


LIMITS = {
    "scores": 1e-5,
    "KL per reply": 1e-4,
    "advantages": 1e-4,
    "policy loss": 1e-4,
    "value loss": 1e-4,
    "policy weights": 1e-4,
    "critic weights": 1e-4,
    "policy, share of its change": 1e-2,
}


def main() -> int:
    """Print a table; 0 if all differences are within `LIMITS`."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trl", type=Path, default=Path("/tmp/trl112/site"))
    given = parser.parse_args()
    if not (given.trl / "trl" / "experimental" / "ppo").is_dir():
        print(f"skipped: {given.trl} holds no TRL 1.12.0; the head of this file says how to get it")
        return 0
    sys.path.insert(0, str(given.trl))
    import torch
    import trl

    torch.set_num_threads(1)
    print(f"TRL {trl.__version__} from {given.trl}; {REPLIES} replies, {EPOCHS} epochs, lr {LR:g}")
    found = {name: compare(name, case, "after_end") for name, case in CASES.items()}
    found["score on the end token"] = compare("score on the end token", {}, "end_token")
    print("\nlargest difference between TRL's and ours")
    width = max(map(len, LIMITS))
    names = list(found)
    for number, name in enumerate(names):
        print(f"  ({number}) {name}" + (" [ours on purpose]" if name not in CASES else ""))
    print(f"{'':{width}} " + " ".join(f"{f'({i})':>9}" for i in range(len(names))) + "     limit")
    for what, limit in LIMITS.items():
        cells = " ".join(f"{found[name][what]:9.1e}" for name in names)
        print(f"{what:{width}} {cells} {limit:9.0e}")
    bad = [(n, w) for n in CASES for w in LIMITS if not found[n][w] <= LIMITS[w]]
    print("all within the limits" if not bad else f"beyond the limits: {bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
