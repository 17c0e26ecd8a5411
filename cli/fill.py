"""Implement `seqtext fill`, which fills a text's blanks or ranks given words."""

from collections.abc import Sequence
from typing import Any

import click

from . import answers, inputs, options, output, tables


@click.command()
@options.texts
@options.model("fill-en")
@click.option(
    "--top", type=click.IntRange(1), metavar="N", default=5, show_default=True, help="How many answers to give."
)
@click.option(
    "--max-words",
    type=click.IntRange(1),
    metavar="N",
    default=1,
    show_default=True,
    help="Most words in a blank that does not say.",
)
@click.option(
    "--option",
    "choices",
    metavar="WORD",
    multiple=True,
    help="Rank this instead; give two or more of them. Your own word is ranked even where it is avoided.",
)
@options.avoid
@options.as_json
@tables.accepted
def fill(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    top: int,
    max_words: int,
    choices: tuple[str, ...],
    avoid: str | None,
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Fill the blanks of a text, two or more underscores each, with the likeliest words.

    \b
    seqtext fill "The quick brown ___ jumped over the lazy dog."
    seqtext fill "She drank a cup of ___." --option tea --option sand
    seqtext fill "The ___[q....] sat on the ___[t...n]." "The night is ___(-dark,cold)."
    seqtext fill --file cloze.txt --json > answers.jsonl

    A blank may say what it takes: ___[5] five letters (or [3-5]), ___[s..r] a pattern, in which . is any letter,
    ___{2,4} two to four words, ___(-sad,gloom*) not these; ___[5](-sweet) both. Probabilities are those that the words
    have in a plain blank. A bracket behind a space is text.

    Without --json, a --file gives one line for each of its lines: the likeliest text, or the likeliest --option. Of a
    table, the columns filled and probability are added: the likeliest text or --option, whatever --top says.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    words = [inputs.utf8(word, encoding_errors) for word in choices]
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    from seqtext.models.answers import answering
    from seqtext.models.blank_filler import BATCH
    from seqtext.models.options import FillOptions
    from seqtext.storage.catalog import load

    filler, record = load(model, "fill"), answering("fill")
    if table and words:
        return table.answer(filler.choose, without={}, options=words)
    if table:
        return table.answer(filler.fill, without={}, top=top, max_words=max_words, avoid=avoided)

    asked = FillOptions(top, max_words, tuple(words), avoided)
    every = answers.answered(lines, file, lambda some: record.ask(filler, some, asked), BATCH, blank=file is not None)
    unfit, first = 0, 0
    for number, (text, fills) in enumerate(every):
        if not fills and text.strip():
            unfit, first = unfit + 1, first or number + 1
        if as_json:
            output.say_json(record.tell(filler, text, fills, asked))
        elif file:
            output.say(output.one_line(fills[0].option if words else fills[0].text) if fills else "")
        else:
            show(fills, number, text)
    if unfit and file and not as_json:
        more = f" and {unfit - 1:,} more" * (unfit > 1)
        output.note(f"Nothing that the model knows fits in line {first:,}{more}.")


def show(found: Sequence[Any], number: int, text: str) -> None:
    """Print a table of Fills or Choices, or a note without any.

    A blank line stands above it unless it is the first.
    """
    if found:
        output.say_apart(output.table([_row(answer) for answer in found], right=[0]), number)
    else:
        output.note(f"Nothing that the model knows fits in {text!r:.200}.")


def _row(answer: Any) -> list[str]:
    """Return probability and option of a Choice; probability, blanks and text of a Fill."""
    share = output.percent(answer.probability)
    if hasattr(answer, "option"):
        return [share, answer.option]
    return [share, " … ".join(answer.blanks), output.one_line(answer.text)]
