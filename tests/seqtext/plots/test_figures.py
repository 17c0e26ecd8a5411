"""What all pictures share: fonts and endings."""

import pytest

from seqtext.errors import ConfigError
from seqtext.plots import figures
from seqtext.plots.figures import check_picture


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
