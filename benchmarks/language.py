"""Naming languages: accuracy per language, equality with langid, and CPU time beside langid's.

    python -m benchmarks.language             75 languages x 100 sentences, five repeats
    python -m benchmarks.language --small     every tenth sentence, one repeat

Both sides take the same texts in turns, on one BLAS thread, and what counts is CPU time. Before
anything is timed, ``method="prism"`` must give langid's label for every sentence and for every real
OASST text. Asserted: that; accuracy at least langid's on the languages both know; the default at
least 8 times langid's speed and PRISM's labels at least 2 times.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import langid.langid as peer  # noqa: E402
import pyarrow as pa  # noqa: E402

from manyvoices.curate.language import Method, annotate_language, load_model  # noqa: E402

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DEFAULT_TARGET, PRISM_TARGET = 8.0, 2.0


def sentences(step: int = 1) -> tuple[list[str], list[str]]:
    """Texts and their languages."""
    with (DATA / "langid" / "sentences.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][::step]
    return [row["text"] for row in rows], [row["lang"] for row in rows]


def oasst_texts() -> list[str]:
    """Every text of the real OASST files, answers of its models included, in the files' order."""
    found: dict[str, None] = {}
    for path in sorted((DATA / "oasst").iterdir()):
        whole = path.read_text(encoding="utf-8")
        documents = (
            [json.loads(line) for line in whole.splitlines() if line.strip()]
            if path.suffix == ".jsonl"
            else [json.loads(whole)]
        )
        for document in documents:
            found.update(dict.fromkeys(_strings(document, wanted=isinstance(document, str))))
    return list(found)


def _strings(value: object, *, wanted: bool = False) -> list[str]:
    if isinstance(value, str):
        return [value] if wanted else []
    if isinstance(value, list):
        return [text for item in value for text in _strings(item, wanted=wanted)]
    if isinstance(value, dict):
        return [
            text
            for name, item in value.items()
            for text in _strings(item, wanted=name in ("text", "prompt", "outputs"))
        ]
    return []


def ours(texts: Sequence[str], method: Method) -> list[str]:
    """Labels through the public step."""
    table = annotate_language(pa.table({"text": list(texts)}), method=method)
    return table.column("language_flag").to_pylist()


def cpu_s(function: Callable[[], object]) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="every tenth sentence, one repeat")
    small = parser.parse_args().small
    texts, languages = sentences(10 if small else 1)
    identifier = peer.LanguageIdentifier.from_modelstring(peer.model)
    theirs = [identifier.classify(text)[0] for text in texts]
    default = ours(texts, "py3langid")
    _check_labels(identifier, texts, theirs, small=small)
    _accuracy(languages, theirs, default, set(identifier.nb_classes))
    _speed(identifier, texts, repeats=1 if small else 5, check=not small)


def _check_labels(
    identifier: peer.LanguageIdentifier, texts: list[str], theirs: list[str], *, small: bool
) -> None:
    real = oasst_texts()[:: 10 if small else 1]
    labels = [identifier.classify(text)[0] for text in real]
    for name, ours_, wanted in (
        ("sentences", ours(texts, "prism"), theirs),
        ("OASST texts", ours(real, "prism"), labels),
    ):
        n = sum(a != b for a, b in zip(ours_, wanted, strict=True))
        print(f'method="prism" against langid: {n} different labels of {len(wanted):,} {name}')
        assert n == 0
    english = {
        "langid": labels.count("en"),
        "manyvoices": ours(real, "py3langid").count("en"),
    }
    print(f"called English, of {len(real):,} OASST texts (mostly English): {english}")


def _accuracy(languages: list[str], theirs: list[str], default: list[str], known: set[str]) -> None:
    both = known & set(load_model().labels)  # type: ignore[attr-defined]
    print(f"\n{'language':10}{'n':>6}{'langid':>9}{'manyvoices':>12}")
    for language in sorted(set(languages)):
        rows = [i for i, name in enumerate(languages) if name == language]
        mark = "" if language in both else "  (not known to both)"
        shares = [
            sum(labels[i] == language for i in rows) / len(rows) for labels in (theirs, default)
        ]
        print(f"{language:10}{len(rows):>6}{shares[0]:>9.3f}{shares[1]:>12.3f}{mark}")
    rows = [i for i, name in enumerate(languages) if name in both]
    found = [
        sum(labels[i] == languages[i] for i in rows) / len(rows) for labels in (theirs, default)
    ]
    n_languages = len({languages[i] for i in rows})
    print(
        f"{n_languages} known to both: langid {found[0]:.4f}, manyvoices {found[1]:.4f}"
        f" of {len(rows):,}"
    )
    assert found[1] >= found[0]


def _speed(
    identifier: peer.LanguageIdentifier, texts: list[str], *, repeats: int, check: bool
) -> None:
    some = texts[::5] if check else texts
    times: dict[str, list[float]] = {"langid": [], "py3langid": [], "prism": []}
    for _ in range(repeats):
        langid_s = cpu_s(lambda: [identifier.classify(text) for text in some])
        times["langid"].append(langid_s * len(texts) / len(some))
        times["py3langid"].append(cpu_s(lambda: ours(texts, "py3langid")))
        times["prism"].append(cpu_s(lambda: ours(texts, "prism")))
    base = statistics.median(times["langid"])
    print(f"\n{'':24}{'texts/s of CPU':>16}{'ratio':>8}{'target':>8}")
    for name, target in (("langid", 1.0), ("py3langid", DEFAULT_TARGET), ("prism", PRISM_TARGET)):
        taken = statistics.median(times[name])
        label = name if name == "langid" else f'method="{name}"'
        print(f"{label:24}{len(texts) / taken:>16,.0f}{base / taken:>8.1f}{target:>8.1f}")
        assert not check or base / taken >= target


if __name__ == "__main__":
    main()
