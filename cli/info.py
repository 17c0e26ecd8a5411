"""`seqtext info`: what a model is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from . import options, output

_LABELS = 20  # shown


@click.command()
@click.argument("model", callback=options.pinned)
@options.revision
@click.option(
    "--picture", metavar="FILE", help="Draw how its training went: .png, .svg or .pdf; - shows it as text, too."
)
@options.as_json
def info(model: str, picture: str | None, as_json: bool) -> None:
    """Show a model's settings, sizes, scores, licence and training data.

    \b
    seqtext info fill-en
    seqtext info runs/mine --json
    seqtext info runs/mine --picture curves.png
    """
    from seqtext.storage.catalog import find
    from seqtext.storage.model_folder import describe

    if picture and picture != "-":
        from seqtext.plots.figures import check_picture

        check_picture(picture)
    folder = find(model)
    facts = describe(folder)
    if as_json:
        output.say_json(facts)
    else:
        output.say(output.sheet({**facts, **_first(facts.get("labels", []))}))
    if picture:
        _draw(folder, facts, picture, output.note if as_json else output.say)


def _draw(folder: Path, facts: Mapping[str, Any], picture: str, say: Callable[[str], None]) -> None:
    """Write the curves of a training as a picture, or show them as text."""
    from seqtext.plots.history import curves_picture, curves_text, training_curves
    from seqtext.storage.model_folder import read_history

    curves = training_curves(read_history(folder), output.known_by(facts["task"], facts["scores"] or {}))
    if picture == "-":
        say(f"\n{curves_text(curves)}")
    else:
        curves_picture(curves, picture, facts["name"])


def _first(labels: Sequence[str]) -> dict[str, list[str]]:
    """How many labels there are, and the first of them; {} where there are none."""
    more = ["…"] * (len(labels) > _LABELS)
    return {"labels": [f"{len(labels):,}: {labels[0]}", *labels[1:_LABELS], *more]} if labels else {}
