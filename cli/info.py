"""`seqtext info`: what a model is."""

import click

from . import options, output


@click.command()
@click.argument("model", callback=options.pinned)
@options.revision
@options.as_json
def info(model: str, as_json: bool) -> None:
    """Show a model's settings, sizes, scores, licence and training data.

    \b
    seqtext info fill-en
    seqtext info runs/mine --json
    """
    from seqtext.storage.catalog import find
    from seqtext.storage.model_folder import describe

    facts = describe(find(model))
    if as_json:
        output.say_json(facts)
    else:
        output.say(output.sheet(facts))
