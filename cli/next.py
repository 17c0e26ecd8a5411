"""Implement `seqtext next`, which forecasts the word that comes next."""

from collections.abc import Sequence
from typing import Any

import click

from . import answers, inputs, options, output, tables


@click.command()
@options.texts
@options.model("generate-en")
@click.option(
    "--top", type=click.IntRange(1), metavar="N", default=5, show_default=True, help="How many words to give."
)
@click.option("--complete", is_flag=True, help="The letters at the end of the text begin the word that is wanted.")
@options.avoid
@options.as_json
@tables.accepted
def next(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    top: int,
    complete: bool,
    avoid: str | None,
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Forecast the next word of a text, with probabilities.

    \b
    seqtext next "The children went to the"
    seqtext next "The children went to the sch" --complete
    seqtext next --file beginnings.txt --json > words.jsonl

    Without --json, a --file gives one line for each of its lines: the likeliest word. To a table, the columns next
    and probability are added: the likeliest word, whatever --top says.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    from seqtext.models.answers import answering
    from seqtext.models.language_model import BATCH
    from seqtext.models.options import NextOptions
    from seqtext.storage.catalog import load

    forecaster, record = load(model, "generate"), answering("next")
    if table:
        return table.answer(forecaster.next, without={}, top=top, complete=complete, avoid=avoided)
    asked = NextOptions(top, complete, avoided)
    every = answers.answered(
        lines, file, lambda some: record.ask(forecaster, some, asked), BATCH, blank=file is not None
    )
    for number, (text, words) in enumerate(every):
        if as_json:
            output.say_json(record.tell(forecaster, text, words, asked))
        elif file:
            output.say(output.one_line(words[0].text) if words else "")
        else:
            show(words, number)


def show(found: Sequence[Any], number: int) -> None:
    """Print a table of words.

    A blank line stands above it unless it is the first.
    """
    rows = [[output.percent(word.probability), word.text] for word in found]
    output.say_apart(output.table(rows or [[""]], right=[0]), number)
