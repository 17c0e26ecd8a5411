"""`seqtext evaluate`: a model's scores on a corpus, beside a baseline."""

from typing import Any

import click

from . import options, output


@click.command()
@click.argument("model")
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@options.columns
@options.encoding_errors
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Measure at most this many examples.")
@click.option("--seed", type=int, default=1, show_default=True, help="Makes every random choice repeatable.")
@options.as_json
def evaluate(model: str, corpora: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Measure a model on a corpus, beside a baseline made from the same corpus.

    \b
    seqtext evaluate fill-en corpus.txt
    seqtext evaluate runs/mine questions.jsonl --json
    """
    from seqtext.evaluate import evaluate
    from seqtext.folder import load

    metrics = evaluate(load(model), corpora, **settings)
    if as_json:
        output.say_json(metrics)
    else:
        output.say(output.scores(metrics))
