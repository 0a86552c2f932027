"""Reading and writing gettext's catalogues, without gettext's tools."""

from __future__ import annotations

import ast
import re
import struct
from pathlib import Path

Catalogue = dict[str, list[str]]
"""Message as gettext keys it (context and plural included) -> its translations."""

_LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr)(?:\[\d+\])? (".*")')


def read_po(path: Path) -> Catalogue:
    """Every message of a catalogue; untranslated ones have only empty texts."""
    found: Catalogue = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts = _parts(block)
        if "msgid" not in parts:
            continue
        context = "".join(parts.get("msgctxt", [""]))
        plural = parts.get("msgid_plural")
        found[_key(context, parts["msgid"][0], plural[0] if plural else None)] = parts["msgstr"]
    return found


def _parts(block: str) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in block.splitlines():
        if line.startswith("#"):
            continue
        if match := _LINE.fullmatch(line):
            current = parts.setdefault(match[1], [])
            current.append(ast.literal_eval(match[2]))
        elif line.startswith('"'):
            current[-1] += ast.literal_eval(line)
    return parts


def _key(context: str, single: str, plural: str | None) -> str:
    name = f"{context}\x04{single}" if context else single
    return f"{name}\x00{plural}" if plural is not None else name


def read_mo(path: Path) -> Catalogue:
    """Every message of a compiled catalogue."""
    data = path.read_bytes()
    _magic, _version, n, originals, translations = struct.unpack("<5I", data[:20])

    def text(table: int, index: int) -> str:
        length, start = struct.unpack_from("<2I", data, table + 8 * index)
        return data[start : start + length].decode("utf-8")

    return {text(originals, i): text(translations, i).split("\x00") for i in range(n)}


def write_mo(catalogue: Catalogue, path: Path) -> None:
    """Compile a catalogue; messages without any translation are left out, as msgfmt does."""
    rows = sorted(
        (key.encode(), "\x00".join(texts).encode())
        for key, texts in catalogue.items()
        if any(texts)
    )
    start = 28 + 16 * len(rows)
    blob, tables = b"", ([], [])  # type: ignore[var-annotated]
    for column, table in enumerate(tables):
        for row in rows:
            table += [len(row[column]), start + len(blob)]
            blob += row[column] + b"\x00"
    n = len(rows)
    head = struct.pack("<7I", 0x950412DE, 0, n, 28, 28 + 8 * n, 0, 28 + 16 * n)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + struct.pack(f"<{4 * n}I", *tables[0], *tables[1]) + blob)
