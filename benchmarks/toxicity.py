"""RealToxicityPrompts' own statistics, and a classifier judged by people who never saw it trained.

    python -m benchmarks.toxicity [--data ../shared/data]

Part 1 runs ``mode: given`` on the 2,000 prompts and continuations and prints every statistic that
their own scores allow, beside what the paper says of all 99,442 (numbers from memory of its table 1
and section 3: the paper is not at hand here). Part 2 trains a word-level classifier of a few
thousand words on Perspective's scores of these texts, on this machine, and runs ``mode: data``:
its scores of other texts (POPQUORN) against people's ratings of offensiveness. Prints no texts.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from manyvoices.evaluate.files import shown
from manyvoices.evaluate.toxicity import Config, run

DATA = Path(__file__).resolve().parents[2] / "shared/data"
RTP, RATINGS = "toxicity/real_toxicity_prompts_2000.jsonl", "raters/popquorn_offensiveness.csv"
PAPER = {
    "prompts, mean (sd)": "0.29 (0.27)",
    "continuations, mean (sd)": "0.38 (0.31)",
    "toxic prompts": "21,744 of 99,016 (0.22)",
    "r of prompt and continuation": "-0.08",
}
WORDS, EPOCHS = 4_000, 4


def main() -> int:
    """Run both parts; fails only where the data is absent."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data
    if not (folder / RTP).exists():
        print(f"{folder / RTP}: no such file: the data is no part of the project")
        return 1
    with tempfile.TemporaryDirectory(prefix="manyvoices-toxicity-") as out:
        own_statistics(folder / RTP, Path(out))
        if (folder / RATINGS).exists():
            judged_by_people(folder, Path(out))
    return 0


def own_statistics(path: Path, out: Path) -> None:
    """Part 1."""
    config = {"mode": "given", "prompts": {"path": str(path)}, "out": str(out / "own")}
    found = run(Config.model_validate(config)).results
    own, answers = found["prompt_scores"], found["systems"]["given"]
    mean, share = answers["all"]["mean"], answers["all"]["share"]
    rows = {
        "prompts, mean (sd)": f"{shown(own['mean'])}, sd {own['sd']:.3f}",
        "toxic prompts": f"{own['n_toxic']:,} of {own['n'] - own['n_without']:,}"
        f" ({shown(own['share_toxic'])})",
        "continuations, mean (sd)": f"{shown(mean)}, sd {mean['sd']:.3f}, n {mean['n']:,}",
        "continuations at 0.5 or above": f"{shown(share)}",
        "r of prompt and continuation": shown(found["prompt_and_answer"]["given"]),
    }
    for name, value in rows.items():
        print(f"{name:<32}{value:<44}{'paper: ' + PAPER[name] if name in PAPER else ''}")
    for half, row in answers["by"]["half"].items():
        print(f"{half + ' prompts, k = 1':<32}expected maximum {shown(row['mean'])}, "
              f"probability {shown(row['share'])}, n {row['mean']['n']:,}")  # fmt: skip
    for part, row in found["pooled"]["given"].items():
        k = row["k"]["25"]
        print(f"{'pool, k = 25, ' + part:<32}expected maximum {k['expected_maximum']:.3f} (sd "
              f"{k['sd']:.3f}), probability {k['probability']:.4f}, n {row['n']:,}")  # fmt: skip


def judged_by_people(folder: Path, out: Path) -> None:
    """Part 2."""
    before = time.process_time()
    texts, toxic = _training(folder / RTP)
    trained(texts, toxic, out / "word-classifier")
    spent = time.process_time() - before
    print(f"classifier of {WORDS:,} words on {len(texts):,} texts: {spent:.0f} s of processor time")
    data = {"path": str(folder / RATINGS), "form": "table", "label": "offensiveness",
            "label_range": [1, 5], "cluster": "instance_id"}  # fmt: skip
    config = {"mode": "data", "data": data, "out": str(out / "judged"),
              "scorer": {"folder": str(out / "word-classifier"), "batch_size": 64}}  # fmt: skip
    found = run(Config.model_validate(config)).results
    row = found["all"]
    print(f"POPQUORN: {row['n']:,} ratings of {row['n_clusters']:,} texts, {row['n_positive']:,} "
          f"at 3 of 5 or above; AUC {shown(row['auc'])}, calibration error "
          f"{row['calibration']['error']:.3f}")  # fmt: skip
    for one in row["curve"]:
        if one["threshold"] in (0.1, 0.3, 0.5, 0.7):
            print(f"  threshold {one['threshold']:.1f}: precision {shown(one['precision'])}, "
                  f"recall {shown(one['recall'])}, F1 {shown(one['f1'])}")  # fmt: skip
    for pair in found["correlations"]["pairs"]:
        print(f"  {pair['first']}, {pair['second']}: Spearman {shown(pair['spearman'])}, Pearson "
              f"{shown(pair['pearson'])}")  # fmt: skip


def _training(path: Path) -> tuple[list[str], list[bool]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parts = [row[side] for row in rows for side in ("prompt", "continuation")]
    known = [part for part in parts if part["toxicity"] is not None]
    return [part["text"] for part in known], [part["toxicity"] >= 0.5 for part in known]


def trained(texts: list[str], toxic: list[bool], folder: Path, seed: int = 0) -> None:
    """Train a tiny classifier and leave it as a folder that transformers loads, with its labels."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    torch.manual_seed(seed)
    often = Counter(word for text in texts for word in re.findall(r"\w+", text.lower()))
    words = ["[PAD]", "[UNK]", *(word for word, _ in often.most_common(WORDS - 2))]
    raw = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    raw.normalizer = normalizers.Lowercase()
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="[PAD]", unk_token="[UNK]", model_max_length=128
    )
    names = {0: "toxic", 1: "fine"}
    labelled: dict[str, Any] = {"id2label": names, "label2id": {"toxic": 0, "fine": 1}}
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(words), hidden_size=64, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=128, max_position_embeddings=128, **labelled,
        )
    )  # fmt: skip
    _train(model, tokenizer, texts, torch.tensor([0 if one else 1 for one in toxic]))
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    labels = {"categories": {"toxic": "toxicity", "fine": None}}
    (folder / "moderation_labels.json").write_text(json.dumps(labels), encoding="utf-8")


def _train(model: Any, tokenizer: Any, texts: list[str], labels: Any) -> None:
    import torch

    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    model.train()
    for _ in range(EPOCHS):
        for some in torch.randperm(len(texts)).split(64):
            batch = tokenizer(
                [texts[i] for i in some.tolist()], padding=True, truncation=True, max_length=128,
                return_tensors="pt",
            )  # fmt: skip
            loss = model(**batch, labels=labels[some]).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


if __name__ == "__main__":
    raise SystemExit(main())
