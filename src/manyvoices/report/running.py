"""Chapters from data: read once, compute what is not kept, draw, and say how long it took."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from manyvoices.analyse.dataset import Dataset, NotEnough
from manyvoices.analyse.dataset_reading import read_dataset
from manyvoices.analyse.settings import Settings
from manyvoices.io.manifest import sha256
from manyvoices.report.cache import ResultCache, drawing_software, software
from manyvoices.report.drawn import DrawnChapter, draw_chapter
from manyvoices.report.inputs import Input, digest_of, find_input
from manyvoices.report.section import Chapter
from manyvoices.report.watching import Watch
from manyvoices.schema.errors import InputError, MissingExtraError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a chapter is not there, in a sentence for its reader; kept like a result."""

    note: str


@dataclass(frozen=True, slots=True)
class ChapterRun:
    """What became of one chapter."""

    id: str
    title: str
    drawn: DrawnChapter | None = None
    note: str = ""
    """Why it is not shown: what the release lacks, or which part is not installed."""
    fault: str = ""
    """The program failed: the error in a line."""
    trace: str = ""
    """The traceback of that failure."""
    seconds: float = 0.0
    """Wall time of reading, computing and drawing; nearly nothing where all of it was kept."""
    peak_bytes: int = 0
    kept: bool = False
    """Nothing was computed: an earlier report's result was taken."""

    @property
    def state(self) -> Literal["shown", "note", "fault"]:
        """What stands in its place."""
        if self.fault:
            return "fault"
        return "note" if self.note else "shown"


@dataclass(slots=True)
class Kitchen:
    """One report's input, settings and cache. Reads the input when something must be computed."""

    found: Input
    settings: Settings
    cache: ResultCache | None = None
    on_conversation: Callable[[], None] | None = None
    n_computed: int = 0
    """How many results were computed and not taken from the cache."""
    _dataset: Dataset | None = None
    _key: str = field(default="", init=False)

    @property
    def dataset(self) -> Dataset:
        """The release; read when it is first asked for."""
        if self._dataset is None:
            self.settings.tick("Reading")
            self._dataset = read_dataset(self.found.path, on_conversation=self.on_conversation)
        return self._dataset

    def material(self, takes: str) -> Any:
        """What `Chapter.compute` gets."""
        return self.dataset if takes == "study" else self.found.path

    def kept(self, name: str, make: Callable[[], T], *, more: str = "") -> T:
        """What `make` returned before on the same data with the same software, or returns now.

        `name` and `more` say what it is; `NotEnough` is kept as well.
        """
        key = digest_of((name, more, self.key, software()))
        result = self.cache.get(key) if self.cache else None
        if result is None:
            self.n_computed += 1
            result = make()
            if self.cache:
                self.cache.put(key, result)
        return result

    @property
    def key(self) -> str:
        """Digest of the input and of every setting that a result hangs on."""
        if not self._key:
            self._key = digest_of((self.found.digest(), *_settings(self.settings)))
        return self._key


def run_chapter(kitchen: Kitchen, chapter: Chapter, *, strict: bool = False) -> ChapterRun:
    """Compute and draw one chapter.

    A release that lacks what the chapter needs, and a part that is not installed, become a note.
    Files that cannot be read are the user's to mend: `InputError` is raised. Any other error is
    one of ours: it is raised where `strict`, else it stands in the chapter's place, so that one
    broken chapter does not cost the reader all others.
    """
    watch, before = Watch(), kitchen.n_computed
    run = ChapterRun(id=chapter.id, title=chapter.title)
    try:
        run = _run(kitchen, chapter, run)
    except MissingExtraError as error:
        run = replace(run, note=f"{_sentence(str(error))}")
    except InputError:
        raise
    except Exception as error:
        if strict:
            raise
        fault = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        run = replace(run, fault=fault, trace=traceback.format_exc())
    return replace(
        run,
        seconds=watch.seconds,
        peak_bytes=watch.peak_bytes,
        kept=kitchen.n_computed == before and run.state != "fault",
    )


def _run(kitchen: Kitchen, chapter: Chapter, run: ChapterRun) -> ChapterRun:
    def drawn() -> DrawnChapter | Absent:
        result = kitchen.kept(f"computed {chapter.id}", lambda: _computed(kitchen, chapter))
        if isinstance(result, Absent):
            return result
        kitchen.settings.tick(f"{chapter.title}: drawing")
        return draw_chapter(chapter, chapter.render(result))

    kitchen.settings.tick(chapter.title)
    more = digest_of((chapter.title, drawing_software()))
    found = kitchen.kept(f"drawn {chapter.id}", drawn, more=more)
    if isinstance(found, Absent):
        return replace(run, note=_sentence(found.note))
    return replace(run, drawn=found)


def _computed(kitchen: Kitchen, chapter: Chapter) -> Any:
    material = kitchen.material(chapter.takes)

    def tick(step: str) -> None:
        kitchen.settings.tick(f"{chapter.title}: {step}")

    try:
        return chapter.compute(material, replace(kitchen.settings, tick=tick))
    except NotEnough as error:
        return Absent(str(error))


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ")", "'")) else f"{text}."


def _settings(settings: Settings) -> Sequence[str]:
    """Every choice by name and value, except where things are kept and who watches."""
    plain = {
        name: value
        for name, value in asdict(replace(settings, tick=_nobody)).items()
        if name not in ("tick", "cache", "compare", "references", "embedder")
    }
    others = (*((settings.compare,) if settings.compare else ()), *settings.references)
    return (
        *(f"{name} {value!r}" for name, value in sorted(plain.items())),
        f"embedder {_embedder(settings.embedder)}",
        *(f"beside it {_of_path(path)}" for path in others),
        f"compares {settings.compare is not None}",
    )


def _of_path(path: Path) -> str:
    """Digest of a release, or of a file, by what is in it."""
    if path.is_dir():
        return find_input(path).digest()
    return digest_of((path.name, sha256(path)))


def _embedder(name: str) -> str:
    """A model's folder by its files; sizes and times stand for gigabytes of weights."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    stats = ((file.relative_to(folder).as_posix(), file.stat()) for file in files)
    return digest_of(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats)


def _nobody(step: str) -> None:
    del step
