"""Write the tables of formats and of conversions into docs/formats.md, or check that they are so.

python scripts/format_tables.py            write
python scripts/format_tables.py --check    exit 1 where the page is behind the registry
"""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "formats.md"
BEGIN = "<!-- {name}: written by scripts/format_tables.py -->"
END = "<!-- /{name} -->"


def format_table() -> str:
    """Each format, what it looks like and what it holds."""
    from manyvoices.io.registry import formats

    head = ["| format | what it looks like | holds |", "|---|---|---|"]
    rows = (f"| `{f.name}` | {f.looks_like} | {f.content} |" for f in formats().values())
    return "\n".join([*head, *rows])


def conversion_table() -> str:
    """What each content can become, by steps that lose nothing they do not count."""
    from manyvoices.io.converting import way
    from manyvoices.io.registry import formats

    contents = sorted({known.content for known in formats().values()})
    rows = ["| what holds | can become |", "|---|---|"]
    for source in contents:
        found = [(target, way(source, target)) for target in contents if target != source]
        words = [target + _through(steps) for target, steps in found if steps]
        rows.append(f"| {source} | {', '.join(words) or '-'} |")
    return "\n".join(rows)


def _through(steps: tuple) -> str:
    between = [step.target for step in steps[:-1]]
    return f" (through {', '.join(between)})" if between else ""


def page(now: str) -> str:
    """The page as `now`, with both tables written anew."""
    for name, table in (("formats", format_table()), ("conversions", conversion_table())):
        begin, end = BEGIN.format(name=name), END.format(name=name)
        before, _, rest = now.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"{PAGE} has lost its markers: {begin} ... {end}")
        now = f"{before}{begin}\n{table}\n{end}{after}"
    return now


def main() -> int:
    now = PAGE.read_text(encoding="utf-8")
    new = page(now)
    if "--check" not in sys.argv:
        PAGE.write_text(new, encoding="utf-8")
    elif new != now:
        print(f"{PAGE} is behind the list of formats: python scripts/format_tables.py")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
