"""Text for LaTeX, in plain ASCII, so that any engine and any encoding reads it.

What ASCII has no room for becomes ``\\uchar{4F60}``: LuaLaTeX and XeLaTeX print the character,
pdfLaTeX its number.
"""

from __future__ import annotations

import re

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "-{}",
    "…": r"\ldots{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "£": r"\pounds{}",
    "\n": r"\newline{}",
    "\t": " ",
}
_BACK = {code: char for char, code in _SPECIAL.items() if char != "\t"}
_CODES = re.compile(
    r"\\uchar\{([0-9A-F]+)\}|" + "|".join(re.escape(c) for c in sorted(_BACK, key=len)[::-1])
)

PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
  \newcommand{\uchar}[1]{[U+#1]}
\else
  \newcommand{\uchar}[1]{\char"#1\relax}
\fi
\usepackage[margin=2cm]{geometry}
\usepackage{longtable}
\usepackage{array}
\setlength{\parindent}{0pt}
\sloppy
"""


def escape(text: str) -> str:
    """`text` so that LaTeX prints it as it is; control characters are dropped."""
    return "".join(_character(char) for char in text)


def unescape(code: str) -> str:
    """The text that `escape` made `code` from, but for what it dropped; for tests."""
    return _CODES.sub(lambda m: chr(int(m[1], 16)) if m[1] else _BACK[m[0]], code)


def _character(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if " " <= char <= "~":
        return char
    printable = char.isprintable() and not 0xD800 <= ord(char) <= 0xDFFF
    return rf"\uchar{{{ord(char):X}}}" if printable else ""
