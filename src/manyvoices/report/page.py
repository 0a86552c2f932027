"""Results and figures into one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from manyvoices.analyse.study_report import ReleaseAnalysis
from manyvoices.report import findings, formats, palette, rank_figures, score_figures
from manyvoices.report.canvas import Drawing, Picture, render
from manyvoices.report.provenance import METHODS, Provenance


@dataclass(frozen=True, slots=True)
class Report:
    """A report in memory: the page, and its figures as files."""

    html: str
    pictures: tuple[Picture, ...]

    def write(self, directory: Path) -> tuple[Path, ...]:
        """Write ``report.html`` and ``figures/NAME.svg`` and ``.png``; return all paths."""
        folder = directory / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        page = directory / "report.html"
        page.write_text(self.html, encoding="utf-8")
        written = [page]
        for picture in self.pictures:
            for suffix, content in (("svg", picture.svg), ("png", picture.png)):
                path = folder / f"{picture.name}.{suffix}"
                path.write_bytes(content)
                written.append(path)
        return tuple(written)


def drawings(result: ReleaseAnalysis) -> dict[str, Drawing]:
    """Every figure that `result` has data for, by name."""
    drawn = result.resampling
    found: list[Drawing] = []
    if result.scores.by_model:
        found.append(score_figures.model_scores_figure(result.scores, drawn))
    if len(result.scores.by_turn) > 1:
        found.append(score_figures.turn_scores_figure(result.scores, drawn))
    if result.leaderboard.boards:
        found.append(rank_figures.leaderboard_figure(result.leaderboard))
    found += [
        rank_figures.group_figure(comparison, drawn)
        for comparison in result.groups
        if len(comparison.groups) > 1 and comparison.models
    ]
    found += [
        score_figures.attribute_figure(block, drawn, place)
        for place, block in enumerate(result.attributes, start=1)
        if any(item.n for item in block.items)
    ]
    return {drawing.name: drawing for drawing in found}


def build_report(result: ReleaseAnalysis, made: Provenance) -> Report:
    """Render `result`. The same input gives the same bytes: every date comes from the release."""
    pictures = {name: render(drawing) for name, drawing in drawings(result).items()}
    page = _environment().get_template("report.html")
    html = page.render(
        result=result,
        seen=result.overview,
        made=made,
        methods=METHODS,
        pictures=pictures,
        title=result.source.title or result.words.title or result.source.study_id or "Study",
        notice=findings.simulated_notice(result.overview),
        light=palette.variables(dark=False),
        dark=palette.variables(dark=True),
        attribute_names=[
            score_figures.attribute_name(b, i) for i, b in enumerate(result.attributes, 1)
        ],
        group_names=[rank_figures.group_name(comparison) for comparison in result.groups],
    )
    return Report(html=html, pictures=tuple(pictures.values()))


_FILTERS = (
    "day",
    "days",
    "interval",
    "listed",
    "number",
    "out_of",
    "plural",
    "ranks",
    "share",
    "statement",
)
"""Functions of `formats` that the templates use."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("manyvoices.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: getattr(formats, name) for name in _FILTERS})
    environment.globals.update(
        findings=findings,
        method_name=formats.method_name,
        method_digits=formats.method_digits,
        svg=Markup,  # our own drawings, with labels escaped by the drawing
    )
    return environment
