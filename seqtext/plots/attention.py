"""Show attention weights between source and target words, as picture or text."""

from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING

from seqtext.characters import clipped, text_width, visible
from seqtext.errors import InputError
from seqtext.plots.figures import canvas, check_picture

if TYPE_CHECKING:
    from seqtext.models.seq2seq import Alignment
    from seqtext.networks.cells import Array

MOST_WORDS = 100  # on either side of a picture; a larger one is too large to look at

_LONGEST = 24  # terminal columns of a word in a picture; more are cut, as of an address
_SHADES = ("· ", "░░", "▒▒", "▓▓", "██")
_BOUNDS = (0.1, 0.3, 0.55, 0.8)  # the weights at which the next shade begins
_NAMED = 0.2  # the second word that was looked at is named from this weight on


def attention_picture(alignment: "Alignment", path: str | Path) -> None:
    """Plot attention weights as a matrix of target and source words.

    It has a row per target word, a column per source word, darker for larger weights.

    The file is written whole or not at all. Scripts that matplotlib's own font lacks are drawn with whatever installed
    font has them; a character that no font has becomes a box.
    raises what `check_picture` does; InputError unless either side has 1 to MOST_WORDS words; ModelError for a file
        that cannot be written
    """
    check_picture(path)
    rows, columns = len(alignment.target), len(alignment.source)
    if not 0 < min(rows, columns) <= max(rows, columns) <= MOST_WORDS:
        raise InputError(
            f"A picture of {columns:,} source words by {rows:,} target words was asked for; 1 to {MOST_WORDS} of each "
            "are accepted.",
            "one sentence at a time",
        )
    sources, targets = ([clipped(word, _LONGEST) for word in words] for words in (alignment.source, alignment.target))
    cell = min(0.5, max(0.27, 6 / max(rows, columns)))  # inches
    width, height = cell * columns, cell * rows
    title = f"How much each of {rows} target words looked at each of {columns} source words"
    with canvas(path, title, "".join(sources + targets), tight=True, figsize=(width, height)) as figure:
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


def attention_text(alignment: "Alignment", width: int = 80) -> str:
    """Format attention weights as shades for a terminal.

    There is a line per target word, with a shade per source word and the words of the largest weights. width: terminal
    columns; the shades are left out where there are too many source words for it
    """
    sources = [visible(word) for word in alignment.source]
    targets = [clipped(visible(word), max(4, width // 4)) for word in alignment.target]
    margin = max(map(text_width, targets), default=0)
    cell = next((cell for cell in (2, 1) if margin + cell * len(sources) + 20 <= width), 0)
    room = width - margin - cell * len(sources) - 2 - 2 * bool(cell)
    lines = []
    for word, weights in zip(targets, alignment.weights, strict=True):
        shades = "".join(_SHADES[bisect_right(_BOUNDS, weight)][:cell] for weight in weights.tolist() if cell)
        named = _looked_at(sources, weights, room)
        lines.append(
            "  ".join(cell_text for cell_text in (word + " " * (margin - text_width(word)), shades, named) if cell_text)
        )
    return "\n".join(lines)


def _looked_at(source: list[str], weights: "Array", room: int) -> str:
    """Name the word of the largest weight, and the second if it matters.

    There must be room for it: " 61% rides, 35% a"
    """
    shown = ""
    for index in (-weights).argsort(kind="stable")[:2].tolist():
        if not shown:
            shown = f"{weights[index]:4.0%} {clipped(source[index], max(1, room - 5))}"
        elif weights[index] >= _NAMED:
            more = f"{shown}, {weights[index]:.0%} {source[index]}"
            shown = more if text_width(more) <= room else shown
    return shown
