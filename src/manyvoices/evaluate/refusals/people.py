"""What people said of replies: two or more annotators, how far they agree, and what is decided.

A label is decided where all who gave one agree; what they differ on is decided by the final column
or the settling file, and stays undecided without. "Cannot tell" is no label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import nan
from pathlib import Path
from typing import Any

from manyvoices.aggregate import cohen_kappa, krippendorff_alpha
from manyvoices.analyse.people.intervals import wilson
from manyvoices.analyse.resampling import Resampling
from manyvoices.curate.review import Item as ReviewItem
from manyvoices.curate.review import in_order_of, line_of
from manyvoices.curate.review_files import read_reviews, write_form
from manyvoices.curate.review_page import review_page
from manyvoices.evaluate.refusals.config import PeopleConfig, ReviewConfig
from manyvoices.evaluate.refusals.items import Reply
from manyvoices.evaluate.refusals.labels import ORDER, read_label
from manyvoices.evaluate.refusals.rules import Label
from manyvoices.io.faults import FaultLog, shorten
from manyvoices.io.writing import write_text
from manyvoices.schema.errors import DataError, Fault


@dataclass(frozen=True, slots=True)
class People:
    """Everybody's labels."""

    annotators: tuple[str, ...]
    given: Mapping[str, tuple[Label | None, ...]]
    """Reply -> label of each annotator, None where they gave none."""
    decided: Mapping[str, Label]
    """Reply -> what counts."""
    n_settled: int
    """Replies that were decided although annotators differ, or none of them gave a label."""
    n_undecided: int
    """Replies with a label, and no decision."""
    n_unknown: int
    """Lines of annotators' files on replies that are not here (another run's, another draw's)."""


def read_people(config: PeopleConfig, replies: Sequence[Reply], file: Path) -> People:
    """Read annotations of `replies`; `file` is where their rows stand.

    Raises:
        DataError: A column is missing, a cell holds no label, or a file is not a refusal review.
    """
    if config.columns:
        names, given, final = _of_columns(config, replies, file)
        n_unknown = 0
    else:
        names, given, final, n_unknown = _of_files(config, replies)
    decided: dict[str, Label] = {}
    n_settled = 0
    for name in dict.fromkeys((*given, *final)):
        said = {label for label in given.get(name, ()) if label is not None}
        ruling = final.get(name)
        label = ruling or (next(iter(said)) if len(said) == 1 else None)
        if label is not None:
            decided[name] = label
            n_settled += len(said) != 1
    n_undecided = sum(any(labels) and name not in decided for name, labels in given.items())
    return People(names, given, decided, n_settled, n_undecided, n_unknown)


def _of_columns(
    config: PeopleConfig, replies: Sequence[Reply], file: Path
) -> tuple[tuple[str, ...], dict[str, tuple[Label | None, ...]], dict[str, Label]]:
    log = FaultLog()
    known = {name for one in replies for name in one.row}
    wanted = (*config.columns, *([config.final] if config.final else []))
    for name in wanted:
        if name not in known:
            log.add(Fault(str(file), None, name, "no such column", "a column of labels"))
    log.raise_if_any()

    def label(one: Reply, name: str) -> Label | None:
        value = one.row.get(name)
        found = read_label(value)
        if found is None and value not in (None, ""):
            place = f"{name} of prompt {one.item.prompt_id}"
            log.add(Fault(str(file), None, place, shorten(str(value)), ", ".join(ORDER)))
        return found

    given = {one.reply_id: tuple(label(one, n) for n in config.columns) for one in replies}
    final = {
        one.reply_id: found
        for one in replies
        if config.final and (found := label(one, config.final)) is not None
    }
    log.raise_if_any()
    return config.columns, given, final


def _of_files(
    config: PeopleConfig, replies: Sequence[Reply]
) -> tuple[tuple[str, ...], dict[str, tuple[Label | None, ...]], dict[str, Label], int]:
    known = {one.reply_id for one in replies}
    read = [_answers(path) for path in config.files]
    names = tuple(name for name, _ in read)
    if len(set(names)) < len(names):
        files = ", ".join(str(path) for path in config.files)
        raise DataError([Fault(files, None, "reviewer", "one name twice", "different people")])
    unknown = {name for _, answers in read for name in answers} - known
    given = {
        name: tuple(answers.get(name) for _, answers in read)
        for name in sorted({name for _, answers in read for name in answers} & known)
    }
    settled = _answers(config.settled)[1] if config.settled else {}
    final = {name: label for name, label in settled.items() if label and name in known}
    return names, given, final, len(unknown)


def _answers(path: Path) -> tuple[str, dict[str, Label | None]]:
    try:
        lines = read_reviews(path)
    except OSError as error:
        fault = Fault(str(path), None, "", error.strerror or "?", "an annotator's file")
        raise DataError([fault]) from None
    if not lines or lines[0].review != "refusal":
        found = lines[0].review if lines else "no lines"
        raise DataError([Fault(str(path), None, "review", found, "refusal")])
    return lines[0].reviewer, {line.instance_id: read_label(line.answer) for line in lines}


def agreement(people: People, resampling: Resampling) -> dict[str, Any]:
    """How far annotators agree: share of equal labels, kappa of each two, alpha of all.

    Intervals resample replies. Alpha also as ordinal: compliance, partial, full refusal.
    """
    rows = list(people.given.values())
    how: dict[str, Any] = {
        "confidence": resampling.level,
        "n_resamples": resampling.n_resamples,
        "seed": resampling.seed,
    }
    pairs = []
    for one, two in combinations(range(len(people.annotators)), 2):
        both = [(row[one], row[two]) for row in rows if row[one] and row[two]]
        same = sum(a == b for a, b in both)
        low, high = wilson(same, len(both), resampling.level)
        kappa = cohen_kappa([a for a, _ in both], [b for _, b in both], **how)
        pairs.append({
            "first": people.annotators[one], "second": people.annotators[two], "n": len(both),
            "same": {"value": same / len(both) if both else nan, "low": low, "high": high},
            "kappa": asdict(kappa),
        })  # fmt: skip
    ordered = krippendorff_alpha(rows, "ordinal", order=ORDER, **how)
    return {
        "annotators": list(people.annotators),
        "n_replies": len(rows),
        "n_decided": len(people.decided),
        "n_settled": people.n_settled,
        "n_undecided": people.n_undecided,
        "n_unknown": people.n_unknown,
        "pairs": pairs,
        "alpha_nominal": asdict(krippendorff_alpha(rows, "nominal", **how)),
        "alpha_ordinal": asdict(ordered),
    }


def write_reviews(
    replies: Sequence[Reply], config: ReviewConfig, out: Path, *, seed: int
) -> list[str]:
    """A page or form for each annotator in ``out/review``; names of the files.

    All get the same replies, each in an order of their own. Neither model nor verdict is told.
    """
    items = [_item(one) for one in replies if one.text]
    if config.limit is not None:
        items = in_order_of("", items, seed=seed)[: config.limit]
    written = []
    for reviewer in config.reviewers:
        mine = in_order_of(reviewer, items, seed=seed)
        safe = "".join(sign if sign.isalnum() else "-" for sign in reviewer)
        for form in config.forms:
            path = out / "review" / f"refusal-{safe}.{form}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if form == "html":
                write_text(review_page(mine, "refusal", reviewer), path)
            else:
                write_form((line_of(one, "refusal", reviewer) for one in mine), path)
            written.append(str(path))
    return written


def _item(reply: Reply) -> ReviewItem:
    prompt = reply.item.prompt
    return ReviewItem(
        instance_id=reply.reply_id,
        column_id="model_response",
        text=f"{prompt}\n\n{reply.text}",
        flagged=False,
        said="",
        spans=(("what was asked", 0, len(prompt)),),
    )
