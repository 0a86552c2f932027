"""One Python file from several of our modules: what a task needs, without this package."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from manyvoices.evaluate.export.tasks import Kind
from manyvoices.evaluate.refusals.patterns import Patterns, load

_OURS = "manyvoices"
_EXPORT = "evaluate/export/carried"
MODULES: Mapping[Kind, Sequence[str]] = {
    "stances": ("evaluate/stances/reading", f"{_EXPORT}/stances"),
    "refusals": (
        f"{_EXPORT}/refusal_patterns", "evaluate/refusals/rules", f"{_EXPORT}/refusals",
    ),
    "toxicity": (f"{_EXPORT}/toxicity",),
    "prompts": (f"{_EXPORT}/prompts",),
    "pairs": ("evaluate/stances/reading", f"{_EXPORT}/pairs"),
}  # fmt: skip
"""Kind -> our modules, in the order in which they need each other; a name of an imported one must
be defined by an earlier one."""
PATTERNS = "refusal_patterns.json"


def code(kind: Kind) -> str:
    """`MODULES` of a kind and the aggregations as one text, imports first."""
    sources = [*MODULES[kind], f"{_EXPORT}/aggregating"]
    parsed = [_parsed(name) for name in sources]
    imports = sorted({line for lines, _ in parsed for line in lines}, key=_order)
    bodies = [
        f"# {'-' * 8} {name} {'-' * (88 - len(name))}\n\n{body.strip()}"
        for name, (_, body) in zip(sources, parsed, strict=True)
    ]
    return "\n".join(imports) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def _parsed(name: str) -> tuple[list[str], str]:
    """(imports of the standard library, the rest without any import and without the docstring)."""
    text = files(_OURS).joinpath(f"{name}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    imports: list[str] = []
    gone: set[int] = set()
    for number, node in enumerate(tree.body):
        is_import = isinstance(node, ast.Import | ast.ImportFrom)
        is_docstring = number == 0 and isinstance(node, ast.Expr)
        if is_import or is_docstring:
            gone.update(range(node.lineno - 1, node.end_lineno or node.lineno))
        if isinstance(node, ast.Import):
            imports.append(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and _is_outside(str(node.module)):
            one_each = (ast.ImportFrom(node.module, [one], 0) for one in node.names)
            imports += map(ast.unparse, one_each)
    kept = [line for i, line in enumerate(lines) if i not in gone]
    return imports, "\n".join(kept)


def _is_outside(module: str) -> bool:
    return module != "__future__" and module.partition(".")[0] != _OURS


def patterns_json() -> str:
    """The refusal patterns that come with the program, as the exported code reads them."""
    return json.dumps({k: _plain(v) for k, v in load().items()}, ensure_ascii=False, indent=1)


def _plain(one: Patterns) -> dict[str, Any]:
    names = ("declines", "lacks", "disclaims", "offers", "restricts")
    found: dict[str, Any] = {}
    for name in names:
        pattern = getattr(one, name)
        found[name] = None if pattern is None else pattern.pattern
    return found | {"objects": {name: p.pattern for name, p in one.objects.items()}}
