"""Implement `seqtext score`, which shows where a text surprises."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import click

from . import answers, inputs, options, output, tables

#: From so many bits on, a token stands out: dim below the first, then plain, yellow, red.
_BITS = (1.0, 6.0, 10.0)
_LEGEND = ("dim below {0:g}", "plain below {1:g}", "yellow below {2:g}", "red from {2:g} on")


@click.command()
@options.texts
@options.model("generate-en")
@click.option("--adapt", is_flag=True, help="What a text, or a file up to here, has held before surprises less.")
@options.picture("the bits of each word of one TEXT")
@options.as_json
@tables.accepted
def score(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    adapt: bool,
    picture: str | None,
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Measure how much each part of a text surprises the model, in bits.

    \b
    seqtext score "The cat sat on the refrigerator."
    seqtext score --file log.txt --json > bits.jsonl
    seqtext score --file novel.txt --adapt
    seqtext score "The cat sat on the refrigerator." --picture bits.png

    A line has the bits per character and the text; on a terminal, its parts are dim, plain, yellow or red by how much
    they surprise, and the first line says from how many bits on, unless NO_COLOR is set. With --adapt, names and
    phrases that came before surprise less: before in the same TEXT, or on any line of the --file so far. To a table,
    the columns bits and bits_per_character are added; with --adapt, each row stands by itself.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    if picture:
        inputs.check_one_text("--picture", picture, texts, file)
    from seqtext.models.answers import answering
    from seqtext.models.language_model import BATCH
    from seqtext.models.options import ScoreOptions
    from seqtext.storage.catalog import load

    reader = load(model, "generate")
    if table:
        return table.answer(reader.score, without={}, adapt=adapt)
    explained = False
    memory = reader.memory() if adapt and file is not None else adapt
    scores: Iterator[tuple[str, Any]] = answers.answered(
        lines, file, partial(reader.score, adapt=memory), BATCH, blank=False
    )
    for text, surprise in scores:
        if picture:
            from seqtext.plots.surprise import surprise_picture

            surprise_picture(surprise, picture)
        if as_json:
            output.say_json(answering("score").tell(reader, text, surprise, ScoreOptions(adapt)))
            continue
        if output.in_colour() and text and not explained:
            explain()
            explained = True
        show(text, surprise if text else None)


def explain() -> None:
    """Print the legend of the colours on a terminal."""
    output.say_painted(_legend())


def show(text: str, found: Any) -> None:
    """Print a text after its bits per character, coloured on terminals.

    found: its Score; None for a text without one
    """
    bits = "" if found is None else f"{output.number(found.bits_per_character):>6}  "
    if output.in_colour() and found is not None:
        output.say_painted(bits + _coloured(found))
    else:
        output.say(bits + output.one_line(text))


def _legend() -> str:
    """Write the legend, each entry in its colour."""
    parts = zip(_LEGEND, (0.0, *_BITS), strict=True)
    return "bits of a part: " + ", ".join(_styled(text.format(*_BITS), bits) for text, bits in parts)


def _coloured(score: Any) -> str:
    """Colour a text by its bits; a character that several tokens spell has the bits of all of them."""
    shown, position = "", 0
    for token in score.by_characters().tokens:
        if token.end > position:
            shown += _styled(score.text[position : token.end], token.bits)
            position = token.end
    return shown + output.paint(score.text[position:])


def _styled(text: str, bits: float) -> str:
    low, high, highest = _BITS
    colour = "red" if bits >= highest else "yellow" if bits >= high else None
    return output.paint(text, fg=colour, bold=bits >= highest or None, dim=bits < low if colour is None else None)
