"""A release in PRISM's shape and size: real ids, published marginals, nobody's words.

    python -m benchmarks.synthetic_prism [FOLDER] [--seed 0] [--share 1.0] [--planted]

PRISM's own files are not here; what its authors published of them is (`benchmarks.synthetic`):
1,500 people of whom 1,396 held 8,011 conversations with 27,172 turns and 68,371 answers. Exact are
the ids, the numbers of conversations, turns and answers of each person, the counts of every
categorical survey variable, the types of conversations with 6,696 in the balanced subset, and age x
gender x ethnicity of the people whom the census samples are drawn from. Means and spreads of scores
and lengths are near the published ones. Flags are null: nobody has checked these texts.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.synthetic.conversations import Conversations, types_of, utterances
from benchmarks.synthetic.golden import FOLDER, Golden, read_golden
from benchmarks.synthetic.people import by_person, survey_rows
from benchmarks.synthetic.planted import Planted, PlantedConversations

from manyvoices.io.writing import LineWriter, replacing, write_records

__all__ = ["FOLDER", "Planted", "write_planted", "write_synthetic"]

Make = Callable[[str, str, int, str], dict[str, Any]]
"""(conversation, user, utterances, type) -> PRISM's row."""


def write_synthetic(folder: Path, *, seed: int = 0, share: float = 1.0) -> dict[str, int]:
    """Write PRISM's four files to `folder`; return the rows of each.

    Args:
        share: Of the people, 0 to 1, the first ones; their conversations come whole.

    Raises:
        FileNotFoundError: The published figures are not on this machine.
    """
    golden = read_golden()
    make = Conversations(golden, seed).make
    return _write(folder, golden, lambda _rows: make, seed, share)


def write_planted(
    folder: Path, plan: Planted | None = None, *, seed: int = 0, share: float = 1.0
) -> dict[str, int]:
    """The same with the effects of `plan` in opening prompts and scores.

    Raises:
        FileNotFoundError: The published figures are not on this machine.
        ValueError: The plan names a model, a column or a level that there is not.
    """
    golden, planted = read_golden(), plan or Planted()
    return _write(
        folder,
        golden,
        lambda rows: PlantedConversations(golden, seed, planted, rows).make,
        seed,
        share,
    )


def _write(
    folder: Path,
    golden: Golden,
    maker: Callable[[dict[str, dict[str, Any]]], Make],
    seed: int,
    share: float,
) -> dict[str, int]:
    people = by_person(golden.skeleton)
    types, balanced = types_of(people, random.Random(f"{seed}-types"))
    rows = survey_rows(golden, balanced, random.Random(f"{seed}-people"))
    people_kept = list(rows)[: round(len(rows) * share)]
    kept = set(people_kept)
    skeleton = [row for row in golden.skeleton if row[1] in kept]
    held = by_person(skeleton)
    folder.mkdir(parents=True, exist_ok=True)
    survey = (_complete(rows[u], len(held.get(u, ())), seed, golden) for u in people_kept)
    counts = {"survey": write_records(survey, folder / "survey.jsonl")}
    return counts | _write_talks(folder, maker(rows), skeleton, types, people_kept)


def _write_talks(
    folder: Path,
    make: Make,
    skeleton: list[tuple[str, str, int]],
    types: dict[str, str],
    people: list[str],
) -> dict[str, int]:
    names = ("conversations", "utterances", "metadata")
    n_answers = n_turns = 0
    with (
        replacing(folder / "conversations.jsonl") as first,
        replacing(folder / "utterances.jsonl") as second,
        replacing(folder / "metadata.jsonl") as third,
    ):
        files = zip((first, second, third), names, strict=True)
        talks, answers, texts = (LineWriter(file, folder / f"{n}.jsonl") for file, n in files)
        for conversation, user, n in skeleton:
            row = make(conversation, user, n, types[conversation])
            talks.write(row)
            for answer in utterances(row, n_answers, n_turns):
                answers.write(answer)
                if answer["within_turn_id"] == 0:
                    texts.write(_keys("user_prompt", answer) | {"utterance_id": None})
                texts.write(_keys("model_response", answer))
            texts.write(_keys("open_feedback", row))
            n_answers, n_turns = answers.n_rows, n_turns + row["conversation_turns"]
        for user in people:
            for column in ("self_description", "system_string"):
                texts.write(_keys(column, {"user_id": user}))
    return {w: writer.n_rows for w, writer in zip(names, (talks, answers, texts), strict=True)}


def _keys(column: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row of metadata that nobody has filled in yet."""
    keys = ("user_id", "conversation_id", "interaction_id", "utterance_id")
    flags = ("pii_flag", "pii_manual_flag", "language_flag", "en_flag", "moderation_flag")
    return {"column_id": column, **{key: row.get(key) for key in keys}, **dict.fromkeys(flags)}


def _complete(row: dict[str, Any], n_talks: int, seed: int, golden: Golden) -> dict[str, Any]:
    """The survey row in the codebook's order of columns."""
    rng = random.Random(f"{seed}-{row['user_id']}-survey")
    seconds = round(rng.lognormvariate(6.6, 0.6), 0)
    row = row | {
        "survey_only": n_talks == 0,
        "num_completed_conversations": n_talks,
        "consent": next(iter(golden.counts("survey", "consent"))),
        "consent_age": next(iter(golden.counts("survey", "consent_age"))),
        "study_id": f"study{rng.randrange(51)}",
        "generated_datetime": f"2023-11-{22 + rng.randrange(9):02} {rng.randrange(24):02}:00:00",
        "timing_duration_s": seconds,
        "timing_duration_mins": round(seconds / 60, 1),
        **dict.fromkeys(("included_in_UK_REP", "included_in_US_REP")),
        "included_in_balanced_subset": None,
    }
    names: Iterator[str] = (name for section, name in golden.codebook if section == "survey")
    return {name: row[name] for name in names if name in row}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="none: written and thrown away")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--planted", action="store_true", help="with the effects of `Planted()`")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.folder or Path(temporary)
            write = write_planted if options.planted else write_synthetic
            counts = write(folder, seed=options.seed, share=options.share)
    except FileNotFoundError as error:
        print(f"the published figures are not here: {error.filename}", file=sys.stderr)
        return 1
    for name, n in counts.items():
        print(f"{name:15}{n:>9,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
