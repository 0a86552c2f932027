"""Write the help of the command line into README.md and docs/commands.md, or check that it is so.

    python scripts/readme_help.py            write
    python scripts/readme_help.py --check    exit 1 and name the file that is behind

README.md carries the list of verbs between two markers; docs/commands.md carries the help of each
verb and is written as a whole.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- help: written by scripts/readme_help.py -->"
END = "<!-- /help -->"


def help_of(*words: str) -> str:
    """The help text of the command, or of a verb, as a terminal of 80 columns shows it."""
    from manyvoices.cli import main

    os.environ["COLUMNS"] = "80"
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        main([*words, "--help"], standalone_mode=False)
    return "\n".join(line.rstrip() for line in shown.getvalue().strip().splitlines())


def readme(now: str) -> str:
    """README.md as `now`, with the block between the markers written anew."""
    before, _, rest = now.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"README.md has lost its markers: {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n```text\n{help_of()}\n```\n{END}{after}"


def commands() -> str:
    """docs/commands.md: one section per verb."""
    from manyvoices.cli import VERBS

    head = (
        "# Every verb\n\n"
        "<!-- written by scripts/readme_help.py: change docstrings, then run `make docs` -->\n\n"
        "Exit codes: 0 done; 1 the input is at fault and the message says where; 2 wrong usage.\n"
    )
    sections = [f"\n## {name}\n\n```text\n{help_of(name)}\n```\n" for name in VERBS]
    return head + "".join(sections)


def bring_up_to_date(*, check: bool) -> list[str]:
    """Names of the files that were behind; they are written unless only a check was asked for."""
    behind = []
    for path, make in (("README.md", readme), ("docs/commands.md", lambda _: commands())):
        file = ROOT / path
        now = file.read_text(encoding="utf-8") if file.exists() else ""
        wanted = make(now)
        if wanted != now:
            behind.append(path)
            if not check:
                file.write_text(wanted, encoding="utf-8")
    return behind


if __name__ == "__main__":
    only_check = "--check" in sys.argv[1:]
    files = bring_up_to_date(check=only_check)
    if files and only_check:
        sys.exit(f"behind the command line: {', '.join(files)} (run `make docs`)")
    print(f"written: {', '.join(files)}" if files else "the help in the docs is up to date")
