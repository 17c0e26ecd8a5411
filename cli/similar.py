"""`seqtext similar`: the words that a model takes to be most alike to a word."""

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
    """Show the words that are most alike to a word, which is the TEXT, by their vectors.

    \b
    seqtext similar kettle
    seqtext similar Paris Monday --top 5
    seqtext similar --file words.txt --json > similar.jsonl

    Likeness is the cosine of the vectors, 1 at most. It is of use, not of sense: words that stand in the same company
    are alike, and so opposites often are. Without --json, a --file gives one line for each of its lines.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    avoided = inputs.read_avoided(avoid, file, encoding_errors)
    from seqtext.storage.catalog import load

    reader = load(model)

    found = answers.answered(lines, file, lambda batch: reader.similar(batch, top, avoided))
    for number, (word, alike) in enumerate(found):
        if as_json:
            output.say_json({"word": word, "similar": [one._asdict() for one in alike]})
        elif file:
            output.say(output.one_line(", ".join(one.word for one in alike)))
        else:
            table = output.table([_row(one) for one in alike], right=[0])
            output.say(f"\n{table}" if number else table)


def _row(one: Any) -> list[str]:
    return [f"{one.similarity:.2f}", one.word]
