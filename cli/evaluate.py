"""Implement `seqtext evaluate`, which measures models on corpora beside a baseline."""

from collections.abc import Mapping
from typing import Any

import click

from seqtext.characters import visible

from . import options, output

#: Settings that only some tasks or corpora take: passed on where they are typed.
_OF_SOME_TASKS = (
    "encoding", "anomalies", "normal_labels", "false_alarms", "output", "baseline", "picture", "by_line", "group",
    "session_lines", "record_start",
)  # fmt: skip


@click.command()
@click.argument("model", callback=options.pinned)
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@options.columns
@options.encoding_errors
@options.on_error
@options.paragraphs
@options.encoding
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Measure at most this many examples.")
@options.seed()
@click.option("--by-line", is_flag=True, help="Read each line by itself, not all as one text, with a language model.")
@click.option("--anomalies", metavar="CORPUS", multiple=True, help="Lines that are anomalies (CORPUS has the others).")
@click.option(
    "--normal",
    "normal_labels",
    metavar="LABEL",
    multiple=True,
    help="The label of normal lines.  [default: normal, -, 0 and none]",
)
@click.option("--false-alarms", type=float, metavar="RATE", help="Of anomalies, also give the recall at this rate.")
@click.option("--group", metavar="REGEX", help="As in training, which is remembered: lines of one id are a session.")
@click.option("--session-lines", type=int, metavar="N", help="As in training: so many lines in a row are a session.")
@click.option("--record-start", metavar="REGEX", help="As in training: where a record of several lines begins.")
@click.option("--output", metavar="FILE", help="Write translations or summaries to a file, one per line.")
@click.option("--baseline", metavar="CORPUS", multiple=True, help="Labelled texts that a baseline is to learn from.")
@options.picture("what a classifier takes for what and how true its probabilities are, or the scores of anomalies")
@options.revision
@options.as_json
def evaluate(model: str, corpora: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Measure a model on a corpus, beside a baseline made from the same corpus.

    \b
    seqtext evaluate fill-en corpus.txt
    seqtext evaluate runs/mine questions.jsonl --json
    seqtext evaluate generate-en stories.txt --by-line
    seqtext evaluate runs/log labelled.tsv
    seqtext evaluate runs/log normal.log --anomalies abnormal.log
    seqtext evaluate runs/mine test.en test.de --output answers.txt
    seqtext evaluate runs/labels test.tsv --baseline train.tsv --picture confusion.png
    seqtext evaluate summarize-en papers.jsonl --columns source=abstract,target=title
    """
    from seqtext.evaluation.evaluate import evaluate
    from seqtext.storage.catalog import load

    for name in _OF_SOME_TASKS:
        if settings[name] in (None, (), "") or settings[name] is False:
            del settings[name]
    settings["on_error"] = settings["on_error"] or ""
    metrics = evaluate(load(model), corpora, **settings)
    for told in metrics.get("notes", ()):
        output.note(f"Note      {visible(told)}")
    if as_json:
        output.say_json(metrics)
    else:
        learnt = ["", f"learnt  {metrics['learnt_note']}"] if "learnt_note" in metrics else []
        output.say("\n".join([_beside(metrics), *learnt]))


def _beside(metrics: Mapping[str, Any]) -> str:
    """The scores of a model beside its baseline, or beside each of several by their names; below them what is text."""
    spans = {name: output.span(ends) for name, ends in metrics.get("intervals", {}).items()}
    metrics = {
        name: value for name, value in metrics.items() if name not in ("learnt", "learnt_note", "intervals", "notes")
    }
    baselines = metrics["baseline"]
    if not all(isinstance(scores, Mapping) for scores in baselines.values()):
        return output.scores(metrics, spans)
    columns = {"model": metrics, **baselines}
    names = [name for name, value in metrics.items() if not isinstance(value, Mapping | str)]
    rows = [["", *columns]]
    rows += [[name, *(output.number(scores.get(name)) for scores in columns.values())] for name in names]
    texts = [f"{name}  {value}" for name, value in metrics.items() if isinstance(value, str) and name != "confusion"]
    if metrics.get("labels"):
        texts += ["", _by_label(metrics["labels"])]
        if "confusion" in metrics:  # not where a text may have several labels
            texts += ["", "answered → (a row for each true label)", metrics["confusion"]]
    return "\n".join([output.with_spans(rows, spans), *texts])


def _by_label(labels: Mapping[str, Mapping[str, Any]]) -> str:
    """A row of scores for each label, the weakest last; of many labels, the ten strongest and the ten weakest."""
    ranked = sorted(labels.items(), key=lambda item: -item[1]["f1"])
    rows = [[name, *map(output.number, scores.values())] for name, scores in ranked]
    if len(rows) > 20:
        rows = [*rows[:10], [f"… {len(rows) - 20:,} more", "", "", "", ""], *rows[-10:]]
    return output.table([["", "precision", "recall", "f1", "texts"], *rows], right=range(1, 5))
