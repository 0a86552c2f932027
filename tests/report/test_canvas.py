"""Drawings: the same bytes twice, no metadata, colours that follow the page."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from manyvoices.report import palette
from manyvoices.report.canvas import Drawing, new_figure, render, rows_axes, shortened


def drawing(labels: tuple[str, ...] = ("a", "b")) -> Drawing:
    def draw(width: float) -> Figure:
        figure = new_figure(width, 2)
        axes = figure.subplots()
        rows_axes(axes, list(labels))
        axes.plot([0, 1], [0, 1], "o-", color=palette.ACCENT)
        return figure

    return Drawing(
        name="plain", title="A title", caption="c", alt='Says "this" & <that>', draw=draw
    )


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert render(drawing()) == render(drawing())


def test_files_hold_no_date_and_no_name_of_a_program_version() -> None:
    picture = render(drawing())
    for content in (picture.svg, picture.png):
        assert b"20" + b"26-" not in content
        assert b"Matplotlib" not in content
    assert picture.png.startswith(b"\x89PNG")


def test_every_form_is_well_formed_whatever_the_labels_say() -> None:
    picture = render(drawing(("<script>$x^2$", "a & b \"c\" 'd'")))
    for text in (picture.svg.decode(), picture.wide, picture.narrow):
        ET.fromstring(text)
    assert "$x^2$" in picture.wide
    assert "<script>" not in picture.wide


def test_inline_colours_are_properties_of_the_page_and_files_keep_theirs() -> None:
    picture = render(drawing())
    assert "var(--accent)" in picture.wide
    assert palette.ACCENT not in picture.wide
    assert palette.ACCENT.encode() in picture.svg
    assert palette.PAPER.encode() in picture.svg


def test_inline_text_takes_the_font_of_the_page_and_files_need_no_font() -> None:
    picture = render(drawing())
    assert "DejaVu" not in picture.wide
    assert "<text" in picture.wide
    assert b"<text" not in picture.svg


def test_both_widths_have_ids_of_their_own() -> None:
    picture = render(drawing())
    ids = [
        {element.get("id") for element in ET.fromstring(text).iter() if element.get("id")}
        for text in (picture.wide, picture.narrow)
    ]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_light_and_dark_name_the_same_properties() -> None:
    light, dark = palette.variables(dark=False), palette.variables(dark=True)
    assert light.keys() == dark.keys()
    assert all(light[name] != dark[name] for name in light)


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_and_marks_stand_out_on_both_grounds() -> None:
    for dark in (False, True):
        colours = palette.variables(dark=dark)
        for ground in ("paper", "ground"):
            for name in ("ink", "quiet", "accent"):
                assert _contrast(colours[name], colours[ground]) >= 4.5, (dark, ground, name)
        for name in ("series1", "series2", "series3"):
            assert _contrast(colours[name], colours["paper"]) >= 3, (dark, name)


def test_a_long_label_keeps_its_beginning_and_its_end() -> None:
    labels = [f"a-model-with-a-long-name-{size}b" for size in (7, 70)]
    cut = [shortened(label, 17) for label in labels]
    assert [len(label) for label in cut] == [17, 17]
    assert cut[0] != cut[1]
    assert all(label.startswith("a-model-wi") and "…" in label for label in cut)
    assert shortened("short", 17) == "short"
