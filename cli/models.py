"""Implement `seqtext models`, which lists the bundled models."""

from typing import Any

import click

from . import options, output

_SHOWN = ("name", "task", "language", "bytes", "scores", "licence")


@click.command()
@options.as_json
def models(as_json: bool) -> None:
    """List the bundled models with their task, language, size, score and licence.

    \b
    seqtext models

    The licence is that of the weights; the card in the model's folder names those of its data.
    """
    from seqtext.storage.catalog import bundled
    from seqtext.storage.model_card import read_licence
    from seqtext.storage.model_folder import describe

    models_facts = [{**describe(path), "name": name, "licence": read_licence(path)} for name, path in bundled().items()]
    if as_json:
        for facts in models_facts:
            output.say_json({key: facts.get(key) for key in _SHOWN})
    elif models_facts:
        output.say(
            output.table(
                [["name", "task", "language", "size", "score", "licence"], *map(_row, models_facts)], right=[3]
            )
        )
    else:
        output.note("No model is bundled.")


def _row(facts: dict[str, Any]) -> list[str]:
    scores = facts.get("scores") or {}
    name = output.known_by(facts["task"], scores)
    score = f"{name} {output.number(scores[name])}" if name in scores else "-"
    size, licence = output.size(facts["bytes"]), facts["licence"] or "-"
    return [facts["name"], facts["task"], facts.get("language") or "-", size, score, licence]
