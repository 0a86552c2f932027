"""Tasks of Inspect: one Python file with ``@task`` for each kind, its data beside it.

``inspect eval FOLDER/KIND.py --model PROVIDER/MODEL``. Dataset, solver and scorer are plain
Inspect; what they measure is our own code, copied in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from manyvoices.evaluate.export.carrying import PATTERNS, code, patterns_json
from manyvoices.evaluate.export.tasks import Task

_HEAD = '''"""{about}

Written by manyvoices evaluate export for Inspect (inspect-ai); the code between the lines is
manyvoices' own and scores here exactly as it does there.
"""

import asyncio
import json
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
)
from inspect_ai.scorer import SampleScore, Score, Target, metric, scorer
from inspect_ai.solver import TaskState, generate
'''
_GLUE = '''

# -------- Inspect --------------------------------------------------------------------------

_DATA = Path(__file__).parent / "{kind}.jsonl"
_MESSAGES = {{
    "system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant,
}}


def to_sample(doc):
    """A row of the data as a sample; all of it goes along as metadata."""
    said = [_MESSAGES[one["role"]](content=one["content"]) for one in doc["messages"]]
    return Sample(id=doc["id"], input=said, target="", metadata={{"doc": doc}})


@metric
def measured():
    """Every measure over all answers that have it."""

    def compute(scores: list[SampleScore]):
        return aggregated(one.score.metadata["measures"] for one in scores)

    return compute


@scorer(metrics=[measured()])
def {kind}_scorer():
    """Reads one answer."""

    async def score(state: TaskState, target: Target) -> Score:
        answer = state.output.completion
        found = await asyncio.to_thread(measures, state.metadata["doc"], answer)
        plain = {{name: value for name, value in found.items() if isinstance(value, float)}}
        return Score(value=plain, answer=answer, metadata={{"measures": found}})

    return score


@task
def {name}_{kind}(max_tokens: int = {max_tokens}):
    """{title}"""
    return Task(
        dataset=json_dataset(str(_DATA), to_sample),
        solver=generate(),
        scorer={kind}_scorer(),
        config=GenerateConfig(max_tokens=max_tokens),
    )
'''


def written(name: str, tasks: Sequence[Task]) -> Iterator[tuple[str, str]]:
    """(file name, text) of everything in the folder."""
    for task in tasks:
        text = _HEAD.format(about=task.about.replace('"""', "'''").replace("\\", ""))
        text += code(task.kind)
        text += _GLUE.format(
            kind=task.kind,
            name=name,
            max_tokens=task.max_tokens,
            title=f"{len(task.docs):,} prompts.",
        )
        yield f"{task.kind}.py", text
        yield (
            f"{task.kind}.jsonl",
            "".join(json.dumps(doc, ensure_ascii=False) + "\n" for doc in task.docs),
        )
        if task.kind == "refusals":
            yield PATTERNS, patterns_json()
    yield "README.md", _readme(name, tasks)


def _readme(name: str, tasks: Sequence[Task]) -> str:
    kinds = " ".join(f"{task.kind}.py" for task in tasks)
    parts = [
        f"# {name}: tasks for Inspect",
        "Written by `manyvoices evaluate export`; tried with inspect-ai 0.3.285. Needs nothing of "
        "manyvoices.",
        f"```sh\ninspect eval {kinds} --model openai/MODEL\n```",
    ]
    parts += [
        f"## {name}_{task.kind}\n\n{task.about} {len(task.docs):,} prompts." for task in tasks
    ]
    return "\n\n".join(parts) + "\n"
