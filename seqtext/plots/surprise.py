"""Surprise along a text, as a picture: a bar for each word, as high as its bits."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seqtext.characters import clipped, visible
from seqtext.errors import InputError
from seqtext.plots.figures import check_picture, families
from seqtext.storage.atomic import write_atomically

if TYPE_CHECKING:
    from seqtext.models.language_model import Score

MOST_WORDS = 200  # of a picture; a longer one is too wide to look at
_LONGEST = 24  # terminal columns of a word; more are cut
_STRONG = (4.0, 10.0)  # bits of a word from which its bar is darker
_COLOURS = ("0.72", "C1", "C3")


class WordBits(NamedTuple):
    """A word as it stands in a text, and the bits of all its tokens and of the white space before it."""

    word: str
    bits: float


def bits_of_words(score: "Score") -> list[WordBits]:
    """Add up the bits of tokens by the words that they stand in; white space at the end has a word of its own."""
    ends, place, found = [], 0, []
    for word in score.text.split():
        place = score.text.index(word, place) + len(word)
        ends.append((place, word))
    tokens = iter(score.tokens)
    token = next(tokens, None)
    for end, word in ends:
        bits = 0.0
        while token is not None and token.start < end:
            bits += token.bits
            token = next(tokens, None)
        found.append(WordBits(word, bits))
    return found


def surprise_picture(score: "Score", path: str | Path) -> None:
    """Draw a bar for each word of a text, as high as it surprises; the file is written whole or not at all.

    raises what `seqtext.plots.figures.check_picture` does; InputError unless there are 1 to MOST_WORDS words;
        ModelError for a file that cannot be written
    """
    kind = check_picture(path)
    words = bits_of_words(score)
    if not 0 < len(words) <= MOST_WORDS:
        raise InputError(
            f"A picture of {len(words):,} words was asked for; 1 to {MOST_WORDS} are accepted.",
            "one paragraph at a time",
        )
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure

    shown = [clipped(visible(one.word), _LONGEST) for one in words]
    picture = io.BytesIO()
    with matplotlib.style.context("default"):
        matplotlib.rcParams["font.family"] = families("".join(shown))
        matplotlib.rcParams["svg.hashsalt"] = "seqtext"
        figure = Figure(figsize=(max(3.6, 1 + 0.34 * len(words)), 3.2), dpi=150, layout="constrained")
        axes = figure.add_subplot()
        axes.bar(range(len(words)), [one.bits for one in words], color=[_colour(one.bits) for one in words], width=0.8)
        axes.set_xticks(range(len(words)), shown, rotation=60, ha="right", rotation_mode="anchor", parse_math=False)
        axes.set_xlim(-0.6, len(words) - 0.4)
        axes.set_ylabel("bits of a word")
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
        axes.set_title(f"{score.bits_per_character:.2f} bits per character", fontsize=9)
        figure.savefig(picture, format=kind, metadata={"Date": None} if kind == "svg" else {})
    write_atomically(Path(path), picture.getvalue())


def _colour(bits: float) -> str:
    return _COLOURS[sum(bits >= bound for bound in _STRONG)]
