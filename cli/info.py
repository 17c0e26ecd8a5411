"""Implement `seqtext info`, which describes a model."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from . import options, output

_LABELS = 20  # shown


@click.command()
@click.argument("model", callback=options.pinned)
@options.revision
@options.picture("how its training went", as_text=True)
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

    folder = find(model)
    facts = describe(folder)
    training = _training(folder, facts) if picture else None  # so one without a curve is refused before it is printed
    if as_json:
        output.say_json(facts)
    else:
        accepted = [f"{alarm['times']:,} × {alarm['masked']}" for alarm in facts.get("accepted", [])]
        output.say(output.sheet({**facts, **_first(facts.get("labels", [])), **_accepted(accepted)}))
    if picture and training:
        _draw(*training, facts["name"], picture, output.note if as_json else output.say)


def _training(folder: Path, facts: Mapping[str, Any]) -> tuple[Any, Any]:
    """Read the curves of a training run, and what was tried before it."""
    from seqtext.plots.history import training_curves, trials_of
    from seqtext.storage.model_folder import read_history

    history = read_history(folder)
    return training_curves(history, output.known_by(facts["task"], facts["scores"] or {})), trials_of(history)


def _draw(curves: Any, trials: Any, name: str, picture: str, say: Callable[[str], None]) -> None:
    """Write the curves of a training as a picture, or show them as text."""
    from seqtext.plots.history import curves_picture, curves_text

    if picture == "-":
        say(f"\n{curves_text(curves)}")
    else:
        curves_picture(curves, picture, name, trials)


def _accepted(lines: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the first lines that were accepted as false alarms, one below the other; {} without any."""
    more = {"…": f"{len(lines) - _LABELS:,} more"} if len(lines) > _LABELS else {}
    return {"accepted": {str(number): line for number, line in enumerate(lines[:_LABELS], 1)} | more} if lines else {}


def _first(labels: Sequence[str]) -> dict[str, list[str]]:
    """How many labels there are, and the first of them; {} where there are none."""
    more = ["…"] * (len(labels) > _LABELS)
    return {"labels": [f"{len(labels):,}: {labels[0]}", *labels[1:_LABELS], *more]} if labels else {}
