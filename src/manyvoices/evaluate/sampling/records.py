"""A sampling report: what one model answers to a set of prompts, under several ways of sampling.

The form is that of Open-Assistant's ``sampling_report.py`` (three such reports of March 2023 are
published). Its readers know ``model_name``, ``date``, ``args`` and ``prompts`` and pass over keys
that they do not know, so what we add stands in blocks of its own, each called ``manyvoices``: why
an output is empty, in which language it is, why the model stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from manyvoices.evaluate.generating import Outcome

FORM = 1
"""Version of the ``manyvoices`` blocks."""


class ResultMore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What OASST's schema has no place for, parallel to the outputs of one sampling."""

    outcomes: list[Outcome]
    """Why an output is empty, or that it is in another language than the prompt."""
    languages: list[str | None] = []
    """ISO 639 label of each output, where a language was asked for."""
    finish_reasons: list[str | None] = []
    """Why the model stopped; ``length`` is the limit of tokens."""
    failures: list[str | None] = []
    """What the endpoint said, where there is no output."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All outputs of one way of sampling to one prompt."""

    sampling_config: str
    sampling_params: dict[str, Any]
    outputs: list[str]
    """One per sample; a failure is an empty text, as it is in OASST's own reports."""
    manyvoices: ResultMore | None = None


class PromptMore(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a prompt, beside its text."""

    id: str
    category: str | None = None
    language: str | None = None
    earlier: list[str] = []
    """What was said before, beginning with the prompter."""


class PromptResults(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One prompt and what came of it."""

    prompt: str
    results: list[Result]
    manyvoices: PromptMore | None = None


class SamplingReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model's report."""

    model_name: str
    date: str
    """ISO 8601, of the run."""
    args: dict[str, Any]
    """What the run was called with."""
    prompts: list[PromptResults]
    manyvoices: dict[str, Any] = {}
    """``form``, ``outcomes`` (sampling -> outcome -> how many), ``software``."""


def outcomes_of(result: Result) -> list[Outcome]:
    """Parallel to the outputs; a report of others says only which ones are empty."""
    if result.manyvoices is not None:
        return result.manyvoices.outcomes
    return ["answered" if text.strip() else "empty" for text in result.outputs]


def languages_of(result: Result) -> list[str | None]:
    """Parallel to the outputs; None where nobody looked."""
    known = result.manyvoices.languages if result.manyvoices else []
    return known or [None] * len(result.outputs)


def finish_of(result: Result) -> list[str | None]:
    """Parallel to the outputs; None where nobody said why the model stopped."""
    known = result.manyvoices.finish_reasons if result.manyvoices else []
    return known or [None] * len(result.outputs)


def texts_of(
    reports: Sequence[SamplingReport],
) -> Iterator[tuple[tuple[int, int, int, int], str]]:
    """((report, prompt, result, output), text) of every output that has a text."""
    for r, report in enumerate(reports):
        for p, one in enumerate(report.prompts):
            for s, result in enumerate(one.results):
                for i, text in enumerate(result.outputs):
                    if text.strip():
                        yield (r, p, s, i), text


def prompt_key(one: PromptResults) -> str:
    """What makes two reports' prompts the same one: all that was said."""
    earlier = one.manyvoices.earlier if one.manyvoices else []
    return "\x1e".join([*earlier, one.prompt])
