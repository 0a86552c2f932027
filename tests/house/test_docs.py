"""What the docs say about links, commands, rooms and arrows is so."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """The page without its code blocks and comments."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The fragment names that the page's headings get when it is rendered."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_docs_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not fragment or fragment in anchors(target), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        links = [link for link in LINK.findall(prose(page)) if ":" not in link]
        waiting += [
            (page.parent / link.partition("#")[0]).resolve()
            for link in links
            if link.partition("#")[0].endswith(".md")
        ]
    assert set(PAGES) <= seen


def test_the_help_in_the_docs_is_what_the_command_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/readme_help.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def commands_in_the_docs() -> list[tuple[str, list[str]]]:
    """Each `manyvoices ...` line of a shell block, with the page it stands on."""
    found = []
    for page in PAGES:
        for language, block in FENCE.findall(page.read_text(encoding="utf-8")):
            lines = block.replace("\\\n", " ").splitlines() if language == "sh" else []
            words = [shlex.split(line, comments=True) for line in lines]
            found += [(str(page.relative_to(ROOT)), w) for w in words if w[:1] == ["manyvoices"]]
    return found


def test_every_command_in_the_docs_has_that_verb_and_those_options() -> None:
    commands = commands_in_the_docs()
    assert commands
    reference = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    help_of = {
        section.partition("\n")[0]: section for section in re.split(r"^## ", reference, flags=re.M)
    }
    for page, words in commands:
        assert words[1] in help_of, (page, words)
        for option in (word for word in words[2:] if word.startswith("--")):
            known = re.search(rf"{option}\b", help_of[words[1]])
            assert known, (page, words, option)


def test_the_readme_has_one_comment_for_every_room_and_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "src" / "manyvoices").glob("*/__init__.py")}
    listed = set(re.findall(r"^  (\w+)/ +\S", text, re.MULTILINE))
    assert listed == rooms
    for folder in ("tests", "benchmarks", "examples", "docs", "scripts"):
        assert re.search(rf"^{folder}/ +\S", text, re.MULTILINE), folder


def test_the_design_page_states_the_arrows_that_are_held() -> None:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:layers"]["layers"].strip().splitlines()
    assert " -> ".join(layers) in (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "index.md").read_text(encoding="utf-8")))
    pages = {page.name for page in folder.glob("0*.md")}
    assert pages
    assert listed == pages
