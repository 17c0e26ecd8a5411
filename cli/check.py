"""Implement `seqtext check`, which finds faults in a corpus before training."""

from typing import TYPE_CHECKING, Any

import click

from seqtext.tasks import TASKS

from . import options, output

if TYPE_CHECKING:
    from seqtext.evaluation.check.findings import CheckReport, Finding

_SAID = {"error": "Error", "warning": "Warning", "note": "Note"}


@click.command()
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@click.option("--task", type=click.Choice(list(TASKS)), help="What the corpus is for.  [default: told from the file]")
@click.option("--valid", metavar="CORPUS", multiple=True, help="Held-out text, none of which should be in CORPUS.")
@options.columns
@options.encoding_errors
@options.encoding
@click.option("--multi-label", is_flag=True, help="A text may have several labels, as in late|rude.")
@click.option("--max-length", type=click.IntRange(4), metavar="N", help="Tokens of a text that the model is to read.")
@click.option("--strict", is_flag=True, help="Exit with status 1 where there is an error or a warning.")
@options.as_json
def check(corpora: tuple[str, ...], strict: bool, as_json: bool, valid: tuple[str, ...], **settings: Any) -> None:
    """Check a corpus before training: duplicates, overlap, labels, lengths, languages, damaged texts.

    \b
    seqtext check reviews.tsv
    seqtext check tickets.csv --columns text=body,label=queue
    seqtext check train.tsv --valid dev.tsv --strict
    seqtext check corpus.en corpus.de --json

    Errors make results wrong, warnings make them worse, notes are good to know. The kind of corpus (text, pairs,
    labelled texts, questions) is told from its columns and first rows, or by --task.
    """
    from seqtext.evaluation.check.check import check

    if settings["encoding"] is None:
        del settings["encoding"]
    report = check(corpora, valid=valid or None, **settings)
    if as_json:
        output.say_json(report.to_dict(typed=True))
    else:
        output.say(_page(report))
    if strict and report.problems:
        raise click.exceptions.Exit(1)


def _page(report: "CheckReport") -> str:
    """Write the findings of a report, a few lines each, and the next step."""
    lines = [f"Read      {report.examples:,} examples for {report.task}"]
    for finding in report.findings:
        lines += _told(finding)
    if not report.problems:
        lines.append("Nothing is wrong with it that can be told without training.")
    if report.next_step:
        lines.append(f"Next      {report.next_step}")
    return "\n".join(lines)


def _told(finding: "Finding") -> list[str]:
    lines = [f"{_SAID[finding.severity]:10}{finding.message}"]
    where = ", ".join(map(str, finding.places))
    if where and str(finding.places[0]) not in finding.message:
        lines.append(f"{'':10}at {where}{', …' * (finding.count > len(finding.places))}")
    if finding.typed_hint:
        lines.append(f"{'':10}Try: {finding.typed_hint}")
    return lines
