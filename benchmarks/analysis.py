"""The analyses of a report against their peers: CPU time, and whether the answers are the same.

    python -m benchmarks.analysis                         every room
    python -m benchmarks.analysis neighbourhoods welfare  these alone
    python -m benchmarks.analysis --scale 0.1             smaller inputs, to try it out

Data are made here, from fixed seeds. Both sides run in this process on one thread, by turns. Exit
status 1 where an answer differs; a missed aim is printed and is no failure, since it depends on
the machine.
"""

from __future__ import annotations

import argparse
import importlib
import math
import operator
import os
import pkgutil
import sys

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

from benchmarks import analysing  # noqa: E402
from benchmarks.analysing.rows import Row  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

_HOLDS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def rooms() -> list[str]:
    """Modules of `benchmarks.analysing` that measure something."""
    found = sorted(module.name for module in pkgutil.iter_modules(analysing.__path__))
    return [name for name in found if name != "rows" and not name.startswith("_")]


def verdict(row: Row) -> str:
    """Whether the aim was met; empty where there is none."""
    if not row.aim:
        return ""
    if math.isnan(row.ratio):
        return "not tried"
    sign, value = row.aim.split()
    return "met" if _HOLDS[sign](row.ratio, float(value)) else "MISSED"


def table(room: str, rows: list[Row]) -> Table:
    """The rows of one room."""
    shown = Table(title=room, title_justify="left")
    shown.add_column("what", overflow="fold")
    for head in ("ours, s", "peer, s", "ratio", "aim", "", "same answer"):
        shown.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        numbers = [_number(row.ours_s), _number(row.peer_s), _number(row.ratio)]
        shown.add_row(row.what, *numbers, row.aim, verdict(row), "yes" if row.same else "NO")
    return shown


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def main(arguments: list[str] | None = None) -> int:
    """Run the rooms asked for; 1 where an answer differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(rooms())}")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full sizes")
    choice = parser.parse_args(arguments)
    unknown = sorted(set(choice.rooms) - set(rooms()))
    if unknown:
        parser.error(f"no room {', '.join(unknown)}; there are {', '.join(rooms())}")
    console, same = Console(width=None if sys.stdout.isatty() else 140), True
    for room in choice.rooms or rooms():
        console.print(f"[dim]{room} …[/]", highlight=False)
        rows = importlib.import_module(f"benchmarks.analysing.{room}").main_rows(scale=choice.scale)
        console.print(table(room, rows))
        same = same and all(row.same for row in rows)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
