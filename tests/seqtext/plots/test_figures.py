"""What all pictures share: fonts and endings."""

import pytest

from seqtext.errors import ConfigError
from seqtext.plots import figures
from seqtext.plots.figures import canvas, check_picture


@pytest.mark.usefixtures("matplotlib")
def test_a_font_is_looked_for_only_where_one_is_missing(monkeypatch) -> None:
    from matplotlib import font_manager

    opened = []
    get_font = font_manager.get_font
    monkeypatch.setattr(font_manager, "get_font", lambda name: opened.append(name) or get_font(name))
    assert figures.families("Ärger, où, жук") == ["DejaVu Sans"]
    assert len(opened) == 1
    stix = next(font for font in font_manager.fontManager.ttflist if font.name == "STIXGeneral")
    missing = set(get_font(stix.fname).get_charmap()) - set(get_font(opened[0]).get_charmap())
    chosen = figures.families("a" + "".join(map(chr, missing)))
    assert chosen[0] == "DejaVu Sans"
    assert len(chosen) > 1
    assert not any(name.startswith("Last Resort") for name in chosen)


@pytest.mark.parametrize("name", ["a.gif", "a", ".png", "a.png.", ""])
def test_other_endings(name) -> None:
    with pytest.raises(ConfigError, match=r"accepted are \.png, \.svg, \.pdf\. Try: \S+\.png"):
        check_picture(name)


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize(("name", "title"), [("a.png", b"Two & <three>"), ("a.svg", b"Two &amp; &lt;three&gt;")])
def test_a_picture_has_a_title_and_the_same_bytes_each_time(tmp_path, name, title) -> None:
    found = []
    for _ in range(2):
        with canvas(tmp_path / name, "Two & <three>", "$x$", figsize=(2, 2)) as figure:
            figure.add_subplot().plot([1, 2], label="$x$")
        found.append((tmp_path / name).read_bytes())
    assert found[0] == found[1]
    assert title in found[0]
    assert b"Matplotlib" not in found[0]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("matplotlib")
def test_an_svg_is_drawn_to_a_hundredth_of_a_point(tmp_path) -> None:
    import re
    import xml.etree.ElementTree as ElementTree

    with canvas(tmp_path / "a.svg", "a line", figsize=(2, 2)) as figure:
        figure.add_subplot().plot([1 / 3, 2 / 3, 1 / 7], [1, 2, 3])
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    lines = re.findall(r'<path d="([^"]*)" clip-path', svg)
    assert lines
    assert not any(re.search(r"\.\d{3}", line) for line in lines)


@pytest.mark.usefixtures("matplotlib")
def test_what_fails_to_be_drawn_leaves_the_old_picture(tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), canvas(tmp_path / "a.png", "a"):
        _ = 1 / 0
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_colours_are_told_apart_and_each_has_a_mark() -> None:
    assert len(set(figures.COLOURS)) == len(set(figures.MARKS)) == len(figures.COLOURS)
