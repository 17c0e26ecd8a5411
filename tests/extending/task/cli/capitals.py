"""`seqtext capitals`: tells which words of a text are capitalised."""

import click

from . import inputs, options, output


@click.command()
@options.texts
@options.model("capitals-en")
@options.as_json
def capitals(texts: tuple[str, ...], file: str | None, encoding_errors: str, model: str, as_json: bool) -> None:
    """Tell which words of a text are capitalised.

    \b
    seqtext capitals "the river rhine" --model runs/capitals
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    from seqtext.storage.catalog import load

    truecaser = load(model, "capitals")
    for _, text in lines:
        found = truecaser.mark(text)
        if as_json:
            output.say_json({"text": text, "words": [mark._asdict() for mark in found]})
        else:
            output.say(output.table([[output.percent(mark.probability), mark.word] for mark in found], right=[0]))
