"""constraints.txt pins what pyproject.toml asks for, all of it, as it is installed here."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from manyvoices.cli.common import EXTRA_OF

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
INSTALLED_EXTRAS = ("server", "analysis", "curate", "fast", "dev")


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [line for line in lines if line and not line.startswith("#")]
    unlike = [line for line in found if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)]
    assert not unlike, "only exact pins belong here: no options, no addresses"
    return {canonicalize_name(name): version for name, version in (x.split("==") for x in found)}


def asked_for(*extras: str) -> list[Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += EXTRAS[extra]
    return [Requirement(line) for line in lines]


def test_every_pin_satisfies_what_is_asked_for() -> None:
    pinned = pins()
    for requirement in asked_for(*EXTRAS):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_everything_that_is_pulled_in_is_pinned_and_installed_as_pinned() -> None:
    pinned = pins()
    waiting = asked_for(*INSTALLED_EXTRAS)
    seen: set[tuple[str, frozenset[str]]] = set()
    wrong = []
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is not installed")
            continue
        # "2.13.0+cpu" is torch 2.13.0 as it is built for a machine without a GPU.
        if pinned.get(name) != found.version.partition("+")[0]:
            wrong.append(f"{name}: installed {found.version}, pinned {pinned.get(name)}")
        for line in found.requires or []:
            inner = Requirement(line)
            wanted = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if inner.marker is None or any(inner.marker.evaluate(extra) for extra in wanted):
                waiting.append(inner)
    assert not wrong


def test_the_command_line_names_the_extra_that_really_brings_a_package() -> None:
    imported_as = {"django_ninja": "ninja", "markdown_it_py": "markdown_it"}
    for extra in ("server", "analysis", "fast", "train", "distributed", "compat"):
        for requirement in map(Requirement, EXTRAS[extra]):
            name = requirement.name.lower().replace("-", "_")
            assert EXTRA_OF[imported_as.get(name, name)] == extra
