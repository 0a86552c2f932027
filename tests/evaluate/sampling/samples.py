"""Small reports and configurations, written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

PROMPTS = ["What is a good tea for the evening?", "Name a river.", "Why do cats purr?"]


def plain_report(name: str = "a/small-model", n_prompts: int = 2) -> dict[str, Any]:
    """As Open-Assistant writes them: nothing of ours."""
    return {
        "model_name": name,
        "date": "2023-03-01T22:16:13.869034",
        "args": {"device": "cuda", "seed": 42, "num_samples": 2},
        "prompts": [
            {
                "prompt": prompt,
                "results": [
                    {
                        "sampling_config": "k50",
                        "sampling_params": {"top_k": 50, "do_sample": True},
                        "outputs": [f"{name} says one thing.", "It says another thing entirely."],
                    },
                    {
                        "sampling_config": "greedy",
                        "sampling_params": {"do_sample": False},
                        "outputs": [""],
                    },
                ],
            }
            for prompt in PROMPTS[:n_prompts]
        ],
    }


def config_file(folder: Path, **more: Any) -> Path:
    """A run with two personas on three prompts, changed by `more`."""
    (folder / "prompts.txt").write_text("\n".join(PROMPTS) + "\n")
    settings = {
        "prompts": {"path": "prompts.txt", "language": "en"},
        "models": [
            {"id": "plain", "provider": "scripted", "persona": "plain"},
            {"id": "essay", "provider": "scripted", "persona": "essayist"},
        ],
        "resamples": 50,
        "out": "out",
    }
    path = folder / "sampling.yaml"
    path.write_text(yaml.safe_dump({**settings, **more}))
    return path
