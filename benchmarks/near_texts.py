"""What it costs to look for texts nearly like a new one, in a store of many.

    python -m benchmarks.near_texts [--small]

A project's messages are stored with their signatures (`collect.trees.near_texts.bands`) in a
database of its own, SQLite unless MANYVOICES_DATABASE_URL names another empty one; then texts are
looked up, half of them copies with one word changed. Processor time is this process's; time between
two points holds the database's too.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from typing import Any

from benchmarks.duplicates import make_texts
from benchmarks.task_handout import NOW, ORCHARD

BATCH = 5_000
ASKED = 200
MOST_STATEMENTS = 2


def main() -> int:
    """Build, look up, print; fails where a copy is not found or it takes more statements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true")
    sizes = (200, 2_000) if parser.parse_args().small else (1_000, 100_000)
    with tempfile.TemporaryDirectory(prefix="manyvoices-near-") as folder:
        os.environ.setdefault("MANYVOICES_DATABASE_URL", f"sqlite:///{folder}/near.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "manyvoices.collect.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        print(
            f"{'texts stored':>14}{'store, s':>10}{'CPU ms':>9}{'ms':>8}{'p95 ms':>8}{'stmts':>7}"
        )
        texts, tree, stored, is_held = make_texts(sizes[-1]), make_tree(), 0, True
        for size in sizes:
            began = time.perf_counter()
            store(tree, texts[stored:size])
            took, stored = time.perf_counter() - began, size
            found = look_up(tree.study_id, texts[:size])
            is_held &= found["found"] == 1 and found["statements"] <= MOST_STATEMENTS
            print(
                f"{size:>14,}{took:>10.1f}{found['cpu_ms']:>9.2f}{found['ms']:>8.2f}"
                f"{found['p95_ms']:>8.2f}{found['statements']:>7}  ({connection.vendor},"
                f" {found['found']:.0%} of changed copies found)"
            )
        connection.close()
    return 0 if is_held else 1


def make_tree() -> Any:
    """A tree to hang the texts on."""
    from manyvoices.collect.studies.operations import publish_study
    from manyvoices.collect.trees.models import Tree
    from manyvoices.design import load_study

    version = publish_study(spec=load_study(ORCHARD), now=NOW)
    return Tree.objects.create(
        study=version.study, language="en", state="growing", goal_size=9, created_at=NOW,
        changed_at=NOW,
    )  # fmt: skip


def store(tree: Any, texts: list[str]) -> None:
    """Keep the texts with their signatures, as an import does."""
    from django.db import transaction

    from manyvoices.collect.trees.models import Message
    from manyvoices.collect.trees.near_texts import remember

    for start in range(0, len(texts), BATCH):
        with transaction.atomic():
            made = Message.objects.bulk_create(
                Message(
                    tree=tree, role="assistant", text=text, language="en", path="/", depth=1,
                    created_at=NOW,
                )
                for text in texts[start : start + BATCH]
            )  # fmt: skip
            remember(made)


def look_up(study: str, texts: list[str]) -> dict[str, float]:
    """Look for new texts and for copies with one word changed; medians of one look."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from manyvoices.collect.trees.near_texts import near_duplicates

    rng, new = random.Random(7), make_texts(ASKED, seed=99)
    wall, cpu, hits = [], [], []
    for number in range(ASKED):
        text = new[number]
        if number % 2:
            words = rng.choice([t for t in rng.sample(texts, 20) if len(t.split()) > 45]).split()
            words[rng.randrange(len(words))] = "otherwise"
            text = " ".join(words)
        began, used = time.perf_counter(), time.process_time()
        found = near_duplicates(text, study, "en")
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
        if number % 2:
            hits.append(bool(found))
    with CaptureQueriesContext(connection) as captured:
        near_duplicates(text, study, "en")
    return {
        "ms": statistics.median(wall),
        "p95_ms": sorted(wall)[int(0.95 * ASKED)],
        "cpu_ms": statistics.median(cpu),
        "statements": len(captured),
        "found": sum(hits) / len(hits),
    }


if __name__ == "__main__":
    sys.exit(main())
