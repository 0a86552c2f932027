"""Bring the translations up to date: `python scripts/messages.py`.

Writes `collect/messages.py` from the rules' sentences, gathers every string of the server into the
catalogue of each language (Django's makemessages; needs gettext's tools), and compiles them. New
strings stand there untranslated until somebody translates them; see docs/howto/translate.md.
`--compile` only compiles.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
COLLECT = SOURCE / "manyvoices" / "collect"
LOCALE = COLLECT / "locale"
HEAD = "PROBLEMS = (\n"


def write_problems() -> None:
    """Repeat the rules' sentences in a module of the server, marked for translation."""
    from manyvoices.design.problems import MESSAGES
    from manyvoices.design.trees.labels import BUILT_IN

    path = COLLECT / "messages.py"
    before = path.read_text(encoding="utf-8").partition(HEAD)[0]
    texts = [(label.question, label.help, *label.anchors) for label in BUILT_IN.values()]
    labels = sorted({text for found in texts for text in found if text})
    lists = _listed(MESSAGES.values()), _listed(labels)
    path.write_text(f"{before}{HEAD}{lists[0]})\n\nLABELS = (\n{lists[1]})\n", encoding="utf-8")


def _listed(texts: Iterable[str]) -> str:
    return "".join(f'    gettext_noop("{text}"),\n' for text in texts)


def gather() -> None:
    """Every marked string into each language's catalogue."""
    from django.core.management import call_command

    os.chdir(COLLECT)
    languages = sorted(path.name for path in LOCALE.iterdir() if path.is_dir())
    call_command("makemessages", locale=languages, no_location=True, no_wrap=True, verbosity=0)
    for name in languages:
        catalogue = LOCALE / name / "LC_MESSAGES" / "django.po"
        lines = catalogue.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith('"POT-Creation-Date')]
        catalogue.write_text("".join(kept), encoding="utf-8")


def compile_all() -> None:
    """django.po -> django.mo; guesses of gettext (fuzzy) are never used."""
    for catalogue in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        target = catalogue.with_suffix(".mo")
        subprocess.run(["msgfmt", "--check", "-o", str(target), str(catalogue)], check=True)  # noqa: S603, S607 - gettext's own program


if __name__ == "__main__":
    sys.path.insert(0, str(SOURCE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "manyvoices.collect.settings"
    import django

    django.setup()
    if "--compile" not in sys.argv:
        write_problems()
        gather()
    compile_all()
