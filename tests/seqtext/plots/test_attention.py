"""Attention drawn: a matrix whose rows and columns are the right way round, in any script, or one clear error."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from seqtext.characters import text_width
from seqtext.errors import ConfigError, InputError, ModelError, SeqtextError
from seqtext.models.seq2seq import Alignment
from seqtext.plots import figures
from seqtext.plots.attention import attention_picture, attention_text

CAR = Alignment(
    ["a", "red", "car"],
    ["une", "voiture", "rouge"],
    np.array([[0.85, 0.1, 0.05], [0.0, 0.4, 0.6], [0.05, 0.95, 0.0]], np.float32),
)


def straight(source: list[str], target: list[str]) -> Alignment:
    """Every target word looks at the source word that stands as far along as itself."""
    weights = np.zeros((len(target), len(source)), np.float32)
    for row in range(len(target)):
        weights[row, row * len(source) // len(target)] = 1.0
    return Alignment(source, target, weights)


# As text


def test_a_row_per_target_word() -> None:
    assert attention_text(CAR).splitlines() == [
        "une      ██░░·    85% a",
        "voiture  · ▒▒▓▓   60% car, 40% red",
        "rouge    · ██·    95% red",
    ]


def test_a_second_word_is_named_where_there_is_room() -> None:
    assert attention_text(CAR, 36).splitlines()[1] == "voiture  · ▒▒▓▓   60% car, 40% red"
    assert attention_text(CAR, 33).splitlines()[1] == "voiture  · ▒▒▓▓   60% car"


def test_wide_and_combining_characters_keep_the_columns() -> None:
    found = straight(["the", "cat", "cafe\u0301"], ["猫", "บ้าน", "cafe\u0301"])
    lines = attention_text(found).splitlines()
    assert lines == ["猫    ██· ·   100% the", "บ้าน   · ██·   100% cat", "cafe\u0301  · · ██  100% cafe\u0301"]
    assert {text_width(line.partition("100%")[0]) for line in lines} == {14}


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("letter", ["w", "猫", "e\u0301"])
def test_no_line_is_wider_than_the_terminal(width, letter) -> None:
    for count in (1, 5, 25, 60):
        found = straight([letter * (1 + k % 9) for k in range(count)], [letter * (1 + k % 40) for k in range(count)])
        assert max(map(text_width, attention_text(found, width).splitlines())) <= width


def test_25_words_have_their_shades_in_80_columns() -> None:
    lines = attention_text(straight(["sentence"] * 25, ["sentence"] * 25)).splitlines()
    assert len(lines) == 25
    assert [line.index("██") for line in lines] == list(range(10, 60, 2))


def test_shades_are_left_out_before_words_are() -> None:
    lines = attention_text(straight([f"s{k}" for k in range(90)], [f"t{k}" for k in range(90)])).splitlines()
    assert (lines[0], lines[89]) == ("t0   100% s0", "t89  100% s89")


def test_no_words_no_lines() -> None:
    assert attention_text(Alignment(["a"], [], np.zeros((0, 1), np.float32))) == ""


# As a picture


def words_of(path) -> list[str]:
    """The texts that an SVG of matplotlib draws, which it leaves as comments."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    found = ElementTree.parse(path, parser).iter()
    return [one.text.strip() for one in found if one.tag is ElementTree.Comment]


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("b.SVG", b"<?xml"), ("c.pdf", b"%PDF")])
def test_every_kind_of_picture(tmp_path, name, start) -> None:
    attention_picture(CAR, str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("matplotlib")
def test_source_words_stand_above_and_target_words_beside(tmp_path) -> None:
    attention_picture(CAR, tmp_path / "a.svg")
    words = words_of(tmp_path / "a.svg")
    assert words[:6] == [*CAR.source, *CAR.target]


@pytest.mark.usefixtures("matplotlib")
def test_a_dark_cell_is_a_large_weight(tmp_path) -> None:
    from matplotlib.image import imread

    weights = np.zeros((2, 3), np.float32)
    weights[0, 2] = 1.0
    attention_picture(Alignment(["", "", ""], ["", ""], weights), tmp_path / "a.png")
    red, _, blue = np.moveaxis(imread(tmp_path / "a.png")[:, :, :3], -1, 0)
    row, column = np.median(np.nonzero((red < 0.1) & (blue > 0.3)), axis=1).astype(int)  # the middle of the dark cell
    size = 75  # half an inch
    pale = (red > 0.9) & (red < 0.99) & (blue > 0.99)
    assert pale[row, column - size]
    assert pale[row, column - 2 * size]
    assert pale[row + size, column]
    assert not pale[row, column + size]
    assert row < size + 30


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize("count", [1, 5, 60])
def test_labels_have_room(tmp_path, count) -> None:
    """The height that a label has is at least that of its letters, 10 points."""
    from matplotlib.image import imread

    attention_picture(straight(["word"] * count, ["Wort"] * count), tmp_path / "a.png")
    height, width = imread(tmp_path / "a.png").shape[:2]
    assert min(height, width) / 150 > count * 10 / 72 * 1.5


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize(
    "words",
    [
        ["猫", "が", "魚"],
        ["القطة", "أكلت"],
        ["बिल्ली", "ने"],
        ["$x_{$", "10$", "^", "\\frac{", "_", "%", "&<>"],
        ["\U000e0041", "\ue000", "\u200d", "\x07", "🐈"],
        ["https://example.org/" + "a" * 500],
    ],
    ids=["chinese", "arabic", "hindi", "formula", "strange", "long"],
)
@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf"])
def test_any_words_are_drawn(tmp_path, words, name) -> None:
    attention_picture(straight(words, words), tmp_path / name)
    assert (tmp_path / name).stat().st_size > 2000


@pytest.mark.usefixtures("matplotlib")
def test_settings_of_the_user_change_nothing(tmp_path) -> None:
    import matplotlib

    attention_picture(CAR, tmp_path / "a.png")
    with matplotlib.rc_context({"text.usetex": True, "font.size": 30, "savefig.facecolor": "black"}):
        attention_picture(CAR, tmp_path / "b.png")
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.usefixtures("matplotlib")
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 101), (5000, 20)])
def test_too_many_words_or_none(tmp_path, shape) -> None:
    targets, sources = shape
    found = Alignment(["a"] * sources, ["b"] * targets, np.ones(shape, np.float32))
    with pytest.raises(InputError, match=rf"{sources:,} source words by {targets:,} target words.*1 to 100"):
        attention_picture(found, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(figures, "find_spec", lambda name: None)
    with pytest.raises(SeqtextError) as caught:
        attention_picture(CAR, tmp_path / "a.png")
    assert caught.value.message == "A picture needs matplotlib, which is not installed."
    assert caught.value.hint == 'pip install "seqtext[plot]"'


@pytest.mark.usefixtures("matplotlib")
def test_a_place_that_cannot_be_written(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere/a\.png': there is no such folder. Try: mkdir -p \S+/nowhere"):
        attention_picture(CAR, tmp_path / "nowhere" / "a.png")
    (tmp_path / "b.png").mkdir()
    with pytest.raises(ModelError, match=r"b\.png cannot be written: "):
        attention_picture(CAR, tmp_path / "b.png")
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]


@pytest.mark.usefixtures("matplotlib")
def test_text_loads_no_matplotlib_and_a_picture_no_window() -> None:
    program = """
import sys, numpy, tempfile, os
from seqtext.plots.attention import attention_picture, attention_text
from seqtext.models.seq2seq import Alignment
one = Alignment(["a"], ["b"], numpy.ones((1, 1), numpy.float32))
attention_text(one)
assert "matplotlib" not in sys.modules
attention_picture(one, os.path.join(tempfile.mkdtemp(), "a.png"))
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
