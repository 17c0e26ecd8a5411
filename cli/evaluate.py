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
@click.option("--anomalies", metavar="CORPUS", multiple=True, help="Lines that are anomalies (CORPUS has the others).")
@click.option(
    "--normal",
    "normal_labels",
    metavar="LABEL",
    multiple=True,
    help="The label of normal lines.  [default: normal, -, 0 and none]",
)
@click.option("--false-alarms", type=float, metavar="RATE", help="Of anomalies, also give the recall at this rate.")
@options.as_json
def evaluate(model: str, corpora: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Measure a model on a corpus, beside a baseline made from the same corpus.

    \b
    seqtext evaluate fill-en corpus.txt
    seqtext evaluate runs/mine questions.jsonl --json
    seqtext evaluate runs/log labelled.tsv
    seqtext evaluate runs/log normal.log --anomalies abnormal.log
    """
    from seqtext.evaluate import evaluate
    from seqtext.folder import load

    for name in ("anomalies", "normal_labels", "false_alarms"):  # of one task: not passed on where they are not given
        if not settings[name] and settings[name] != 0.0:
            del settings[name]
    metrics = evaluate(load(model), corpora, **settings)
    if as_json:
        output.say_json(metrics)
    else:
        output.say(output.scores(metrics))
