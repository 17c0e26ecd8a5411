"""`seqtext info`: what a model is."""

from collections.abc import Sequence

import click

from . import options, output

_LABELS = 20  # shown


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
        output.say(output.sheet({**facts, **_first(facts.get("labels", []))}))


def _first(labels: Sequence[str]) -> dict[str, list[str]]:
    """How many labels there are, and the first of them; {} where there are none."""
    more = ["…"] * (len(labels) > _LABELS)
    return {"labels": [f"{len(labels):,}: {labels[0]}", *labels[1:_LABELS], *more]} if labels else {}
