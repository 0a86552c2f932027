"""A task folder of lm-evaluation-harness (0.4): YAML, data, and one ``utils_KIND.py`` for each.

``lm_eval --include_path FOLDER --tasks NAME``. Data come through ``custom_dataset`` from the file
beside the code, so that the folder works wherever it lies.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from manyvoices.evaluate.export.carried.aggregating import aggregation_of
from manyvoices.evaluate.export.carrying import PATTERNS, code, patterns_json
from manyvoices.evaluate.export.tasks import Task

# No "from __future__ import annotations": the harness executes the file before it names it in
# sys.modules, where dataclasses look up annotations that are texts.
_HEAD = '''"""{about}

Written by manyvoices evaluate export for lm-evaluation-harness; the code below the line is
manyvoices' own and scores here exactly as it does there.
"""

import json
from pathlib import Path
'''
_GLUE = '''

# -------- lm-evaluation-harness ------------------------------------------------------------

_DATA = Path(__file__).parent / "{kind}.jsonl"


def load_data(**_):
    """The data as the harness wants them: split -> rows."""
    from datasets import Dataset

    lines = _DATA.read_text(encoding="utf-8").splitlines()
    return {{"test": Dataset.from_list([json.loads(line) for line in lines])}}


def process_written(doc, results):
    """Measures of one written answer."""
    return measures(doc, results[0])
'''
_LIKELIHOOD = '''

def process_likelihood(doc, results):
    """Measures of the log-likelihoods of the choices."""
    return measures_of_likelihoods(doc, [log for log, _ in results])
'''


def written(name: str, tasks: Sequence[Task]) -> Iterator[tuple[str, str]]:
    """(file name, text) of everything in the folder."""
    names = []
    for task in tasks:
        for form, measures in (("written", task.written), ("likelihood", task.likelihood)):
            if measures:
                names.append(f"{name}_{task.kind}_{form}")
                yield f"{names[-1]}.yaml", _task(names[-1], task, form, measures)
        yield f"{task.kind}.jsonl", "".join(_line(doc) for doc in task.docs)
        yield f"utils_{task.kind}.py", _utils(task)
        if task.kind == "refusals":
            yield PATTERNS, patterns_json()
    yield f"{name}.yaml", "\n".join([f"group: {name}", "task:", *(f"  - {n}" for n in names), ""])
    yield "README.md", _readme(name, tasks)


def _line(doc: object) -> str:
    return json.dumps(doc, ensure_ascii=False) + "\n"


def _utils(task: Task) -> str:
    text = _HEAD.format(about=task.about.replace('"""', "'''").replace("\\", ""))
    text += code(task.kind) + _GLUE.format(kind=task.kind)
    return text + (_LIKELIHOOD if task.likelihood else "")


def _task(name: str, task: Task, form: str, measures: Sequence[str]) -> str:
    utils = f"utils_{task.kind}"
    lines = [
        f"task: {name}",
        f"custom_dataset: !function {utils}.load_data",
        "test_split: test",
        *(_likelihood(task) if form == "likelihood" else _written(task)),
        f"process_results: !function {utils}.process_{form}",
        "metric_list:",
    ]
    for measure in measures:
        how = aggregation_of(measure)
        lines += [
            f"  - metric: {measure}",
            f"    aggregation: {'mean' if how == 'mean' else f'!function {utils}.{how}'}",
            f"    higher_is_better: {'true' if measure.startswith('accuracy') else 'null'}",
        ]
    return "\n".join([*lines, "metadata:", "  version: 1.0", ""])


def _written(task: Task) -> list[str]:
    return [
        "output_type: generate_until",
        "doc_to_text: prompt",
        'doc_to_target: ""',
        "generation_kwargs:",
        "  until: []",
        "  do_sample: false",
        f"  max_gen_toks: {task.max_tokens}",
    ]


def _likelihood(task: Task) -> list[str]:
    is_pairs = task.kind == "pairs"
    return [
        "output_type: multiple_choice",
        "doc_to_text: context" if is_pairs else 'doc_to_text: "{{prompt}}\\n\\nAnswer:"',
        f"doc_to_choice: {'replies' if is_pairs else 'choices'}",
        "doc_to_target: 0",
        'target_delimiter: ""',
    ]


def _readme(name: str, tasks: Sequence[Task]) -> str:
    parts = [
        f"# {name}: tasks for lm-evaluation-harness",
        "Written by `manyvoices evaluate export`; tried with lm-eval 0.4.13. Needs nothing of "
        "manyvoices.",
        "```sh\nlm_eval --model hf --model_args pretrained=MODEL --include_path . "
        f"--tasks {name} --log_samples --output_path results\n```",
        "Chat models: add `--apply_chat_template`.",
    ]
    parts += [f"## {name}_{task.kind}\n\n{task.about}\n\n{_numbers(task)}" for task in tasks]
    return "\n\n".join(parts) + "\n"


def _numbers(task: Task) -> str:
    forms = "`_written` and `_likelihood`" if task.likelihood else "`_written`"
    return f"{len(task.docs):,} prompts; {forms}."
