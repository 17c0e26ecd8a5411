"""Plot surprisal along a text, a bar for each word."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqtext.characters import clipped, visible
from seqtext.errors import InputError
from seqtext.plots.figures import canvas, check_picture

if TYPE_CHECKING:
    from seqtext.models.language_model import Score

MOST_WORDS = 200  # of a picture; a longer one is too large to look at
_LONGEST = 24  # terminal columns of a word; more are cut
_STRONG = (4.0, 10.0)  # bits of a word from which its bar is darker
_COLOURS = ("0.8", "#e69f00", "#9a3300")  # each darker than the one before, in grey, too
_LEGEND = ("below {0:g} bits", "below {1:g} bits", "from {1:g} bits on")
_IN_A_ROW = 25  # words


class WordBits(NamedTuple):
    """Hold a word and its surprisal in bits.

    The bits are those of all its tokens and of the white space before it.
    """

    word: str
    bits: float


def bits_of_words(score: "Score") -> list[WordBits]:
    """Sum the bits of tokens by the words that contain them.

    White space at the end is left out.
    """
    ends, position, words = [], 0, []
    for word in score.text.split():
        position = score.text.index(word, position) + len(word)
        ends.append((position, word))
    tokens = iter(score.tokens)
    token = next(tokens, None)
    for end, word in ends:
        bits = 0.0
        while token is not None and token.start < end:
            bits += token.bits
            token = next(tokens, None)
        words.append(WordBits(word, bits))
    return words


def surprise_picture(score: "Score", path: str | Path) -> None:
    """Plot the surprisal of each word as bars, in bits.

    The file is written whole or not at all.

    raises what `seqtext.plots.figures.check_picture` does; InputError unless there are 1 to MOST_WORDS words;
        ModelError for a file that cannot be written
    """
    check_picture(path)
    words = bits_of_words(score)
    if not 0 < len(words) <= MOST_WORDS:
        raise InputError(
            f"A picture of {len(words):,} words was asked for; 1 to {MOST_WORDS} are accepted.",
            "one paragraph at a time",
        )
    room = math.ceil(len(words) / math.ceil(len(words) / _IN_A_ROW))  # rows that are about as long
    rows = [words[start : start + room] for start in range(0, len(words), room)]
    title = f"Bits of {len(words)} words; {score.bits_per_character:.2f} bits per character"
    size = (max(5.6, 1 + 0.34 * len(rows[0])), 0.9 + 2.1 * len(rows))
    with canvas(path, title, score.text, figsize=size, layout="constrained") as figure:
        panels = figure.subplots(len(rows), 1, sharey=True, squeeze=False)[:, 0]
        for axes, row in zip(panels, rows, strict=True):
            _draw(axes, row, room)
        figure.suptitle(f"{score.bits_per_character:.2f} bits per character", fontsize=9)
        _explain(figure)


def _draw(axes: Any, words: list[WordBits], room: int) -> None:
    """Draw a row of bars.

    room: for how many words
    """
    shown = [clipped(visible(word_bits.word), _LONGEST) for word_bits in words]
    axes.bar(
        range(len(words)),
        [word_bits.bits for word_bits in words],
        color=[_colour(word_bits.bits) for word_bits in words],
        width=0.8,
    )
    axes.set_xticks(range(len(words)), shown, rotation=60, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_xlim(-0.6, room - 0.4)
    axes.set_ylabel("bits of a word")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)


def _explain(figure: Any) -> None:
    """Explain the colours below the rows."""
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=text.format(*_STRONG)) for colour, text in zip(_COLOURS, _LEGEND, strict=True)]
    figure.legend(handles=patches, loc="outside lower left", ncols=len(patches), fontsize=8, frameon=False)


def _colour(bits: float) -> str:
    return _COLOURS[sum(bits >= bound for bound in _STRONG)]
