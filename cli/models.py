"""`seqtext models`: what is bundled."""

from typing import Any

import click

from . import options, output


@click.command()
@options.as_json
def models(as_json: bool) -> None:
    """List the bundled models with their task, language, size and score.

    \b
    seqtext models
    """
    from seqtext.storage.catalog import bundled
    from seqtext.storage.model_folder import describe

    found = [{**describe(path), "name": name} for name, path in bundled().items()]
    if as_json:
        for facts in found:
            output.say_json({key: facts.get(key) for key in ("name", "task", "language", "bytes", "scores")})
    elif found:
        output.say(output.table([["name", "task", "language", "size", "score"], *map(_row, found)], right=[3]))
    else:
        output.note("No model is bundled.")


def _row(facts: dict[str, Any]) -> list[str]:
    scores = facts.get("scores") or {}
    name = output.known_by(facts["task"], scores)
    score = f"{name} {output.number(scores[name])}" if name in scores else "-"
    return [facts["name"], facts["task"], facts.get("language") or "-", output.size(facts["bytes"]), score]
