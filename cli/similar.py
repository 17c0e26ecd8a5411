"""Implement `seqtext similar`, which lists the words most similar to a word."""

from typing import Any

import click

from . import answers, inputs, options, output


@click.command()
@options.texts
@options.model("fill-en")
@click.option(
    "--top", type=click.IntRange(1), metavar="N", default=10, show_default=True, help="How many words to give."
)
@options.avoid
@options.as_json
def similar(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    top: int,
    avoid: str | None,
    as_json: bool,
) -> None:
    """Show the words whose vectors are most similar to that of a word.

    \b
    seqtext similar kettle
    seqtext similar Paris Monday --top 5
    seqtext similar --file words.txt --json > similar.jsonl

    Each TEXT is a word. Similarity is the cosine of the vectors, 1 at most. It tells use, not meaning: words that occur
    in the same contexts are similar, so opposites often are. Without --json, a --file gives one line for each of its
    lines.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    from seqtext.storage.catalog import load

    reader = load(model)
    answered = answers.answered(lines, file, lambda batch: reader.similar(batch, top, avoided))
    for number, (word, alike) in enumerate(answered):
        if as_json:
            output.say_json({"word": word, "similar": [neighbour._asdict() for neighbour in alike]})
        elif file:
            output.say(output.one_line(", ".join(neighbour.word for neighbour in alike)))
        else:
            output.say_apart(output.table([_row(neighbour) for neighbour in alike], right=[0]), number)


def _row(one: Any) -> list[str]:
    return [f"{one.similarity:.2f}", one.word]
