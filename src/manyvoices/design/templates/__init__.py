"""Complete studies that ship with the package, to begin from: ``manyvoices init DIR``.

In: a template's name. Out: the folder that holds its files. Each folder is a whole study that loads
without a change; a test holds them to that.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["demo_path", "template_names", "template_path"]

_HERE = Path(__file__).parent


def template_names() -> tuple[str, ...]:
    """The templates there are, alphabetically."""
    return tuple(sorted(entry.parent.name for entry in _HERE.glob("*/study.yaml")))


def template_path(name: str) -> Path:
    """The folder of a template; KeyError where there is none of that name."""
    if name not in template_names():
        raise KeyError(name)
    return _HERE / name


def demo_path() -> Path:
    """The demo study's ``study.yaml``."""
    return template_path("demo") / "study.yaml"
