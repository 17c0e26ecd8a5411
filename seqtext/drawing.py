"""Attention, shown: which words of a source a translation or summary looked at, as a picture, as text or as pairs."""

import io
import shlex
import warnings
from bisect import bisect_right
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

from seqtext.errors import ConfigError, InputError, SeqtextError
from seqtext.files import write_atomically

if TYPE_CHECKING:
    from seqtext.layers import Array
    from seqtext.seq2seq import Alignment

PICTURES = (".png", ".svg", ".pdf")
MOST_WORDS = 100  # on either side of a picture; a larger one is too large to look at

_LONGEST = 24  # terminal columns of a word in a picture; more are cut, as of an address
_SHADES = ("· ", "░░", "▒▒", "▓▓", "██")
_BOUNDS = (0.1, 0.3, 0.55, 0.8)  # the weights at which the next shade begins
_NAMED = 0.2  # the second word that was looked at is named from this weight on


def check_picture(path: str | Path) -> str:
    """The kind of picture that a path asks for: "png", "svg" or "pdf".

    raises ConfigError for another ending or a folder that is not there; SeqtextError where matplotlib is not installed
    """
    kind, folder = Path(path).suffix.lower(), Path(path).parent
    if kind not in PICTURES:
        good = Path(path).with_suffix(".png") if Path(path).name else "attention.png"
        raise ConfigError(
            f"A picture cannot be written as {str(path)!r}; accepted are {', '.join(PICTURES)}.", f"{good}"
        )
    if not folder.is_dir():
        raise ConfigError(
            f"A picture cannot be written as {str(path)!r}: there is no such folder.",
            f"mkdir -p {shlex.quote(str(folder))}",
        )
    if find_spec("matplotlib") is None:
        raise SeqtextError("A picture is drawn by matplotlib, which is not installed.", 'pip install "seqtext[plot]"')
    return kind[1:]


def attention_picture(alignment: "Alignment", path: str | Path) -> None:
    """Draw the weights as a matrix: a row per target word, a column per source word, darker where more was looked at.

    The file is written whole or not at all. Scripts that matplotlib's own font lacks are drawn with whatever installed
    font has them; a character that no font has becomes a box.
    raises what `check_picture` does; InputError unless either side has 1 to MOST_WORDS words; ModelError for a file
        that cannot be written
    """
    kind = check_picture(path)
    rows, columns = len(alignment.target), len(alignment.source)
    if not 0 < min(rows, columns) <= max(rows, columns) <= MOST_WORDS:
        raise InputError(
            f"A picture of {columns:,} source words by {rows:,} target words was asked for; 1 to {MOST_WORDS} of each "
            "are accepted.",
            "one sentence at a time",
        )
    import matplotlib.style
    from matplotlib.figure import Figure

    sources, targets = ([clipped(word, _LONGEST) for word in words] for words in (alignment.source, alignment.target))
    cell = min(0.5, max(0.27, 6 / max(rows, columns)))  # inches
    width, height, picture = cell * columns, cell * rows, io.BytesIO()
    with matplotlib.style.context("default"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        matplotlib.rcParams["font.family"] = families("".join(sources + targets))
        figure = Figure(figsize=(width, height), dpi=150)
        axes = figure.add_axes((0, 0, 1, 1))
        image = axes.pcolormesh(alignment.weights, cmap="Blues", vmin=0, vmax=1, edgecolors="0.85", linewidth=0.5)
        axes.invert_yaxis()
        # parse_math: between two dollar signs matplotlib would read a formula.
        middles = [number + 0.5 for number in range(MOST_WORDS)]
        axes.set_xticks(middles[:columns], sources, rotation=45, ha="left", rotation_mode="anchor", parse_math=False)
        axes.set_yticks(middles[:rows], targets, parse_math=False)
        axes.tick_params(length=0, labeltop=True, labelbottom=False)
        scale = figure.add_axes((1 + 0.2 / width, 1 - min(1.0, 2 / height), 0.12 / width, min(1.0, 2 / height)))
        figure.colorbar(image, cax=scale, ticks=[0, 0.5, 1], label="weight")
        figure.savefig(picture, format=kind, bbox_inches="tight", pad_inches=0.15)
    write_atomically(Path(path), picture.getvalue())


def families(text: str) -> list[str]:
    """The fonts that together have every character of a text, where installed fonts do; matplotlib's own first."""
    from matplotlib.font_manager import fontManager, get_font

    missing, names = {ord(character) for character in text}, ["DejaVu Sans"]
    plain = [
        font for font in fontManager.ttflist if (font.style, font.weight) in (("normal", 400), ("normal", "normal"))
    ]
    for font in sorted(plain, key=lambda font: (font.name != names[0], "Sans" not in font.name, font.name)):
        if not missing:
            break
        try:
            found = missing.intersection(get_font(font.fname).get_charmap())
        except (OSError, RuntimeError):  # removed since, or damaged
            continue
        if found and not font.name.startswith("Last Resort"):  # has a box for every character
            missing -= found
            names.append(font.name)
    return list(dict.fromkeys(names))


def attention_text(alignment: "Alignment", width: int = 80) -> str:
    """The weights for a terminal: a line per target word, with a shade per source word and the words it looked at most.

    width: terminal columns; the shades are left out where there are too many source words for it
    """
    targets = [clipped(word, max(4, width // 4)) for word in alignment.target]
    margin = max(map(text_width, targets), default=0)
    cell = next((cell for cell in (2, 1) if margin + cell * len(alignment.source) + 20 <= width), 0)
    room = width - margin - cell * len(alignment.source) - 2 - 2 * bool(cell)
    lines = []
    for word, weights in zip(targets, alignment.weights, strict=True):
        shades = "".join(_SHADES[bisect_right(_BOUNDS, weight)][:cell] for weight in weights.tolist() if cell)
        named = _looked_at(alignment.source, weights, room)
        lines.append("  ".join(part for part in (word + " " * (margin - text_width(word)), shades, named) if part))
    return "\n".join(lines)


def _looked_at(source: list[str], weights: "Array", room: int) -> str:
    """The word of the largest weight, and the second where it matters and there is room: " 61% rides, 35% a"."""
    shown = ""
    for place in (-weights).argsort(kind="stable")[:2].tolist():
        if not shown:
            shown = f"{weights[place]:4.0%} {clipped(source[place], max(1, room - 5))}"
        elif weights[place] >= _NAMED:
            more = f"{shown}, {weights[place]:.0%} {source[place]}"
            shown = more if text_width(more) <= room else shown
    return shown


def attention_pairs(alignment: "Alignment | None") -> dict[str, Any]:
    """For JSON: both sides' words; for each target word, the index of the word that it looked at most, and its own.

    >>> attention_pairs(Alignment(["a", "red", "car"], ["une", "voiture", "rouge"], weights))
    {'source': ['a', 'red', 'car'], 'target': ['une', 'voiture', 'rouge'], 'pairs': [[0, 0], [2, 1], [1, 2]]}
    """
    if alignment is None or not alignment.source:
        return {"source": [], "target": [], "pairs": []}
    best = alignment.weights.argmax(axis=1).tolist()
    pairs = [[place, number] for number, place in enumerate(best)]
    return {"source": alignment.source, "target": alignment.target, "pairs": pairs}


def clipped(text: str, width: int) -> str:
    """The text, its end cut off where it is wider than that."""
    used, end = 0, len(text)
    for place, mark in enumerate(text):
        used += _columns(mark)
        if used >= width and end == len(text):  # what comes from here on may have to make room for the dots
            end = place
        if used > width:
            return f"{text[:end]}…"
    return text


def text_width(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for a mark on another one.

    >>> text_width("café"), text_width("cafe\u0301"), text_width("猫")
    (4, 4, 2)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(mark: str) -> int:
    return 0 if category(mark) in ("Mn", "Me", "Cf") else 2 if east_asian_width(mark) in "WF" else 1
