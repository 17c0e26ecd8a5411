"""Implement `seqtext classify`, which predicts the labels of a text."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.core import ParameterSource

from seqtext.characters import visible

from . import answers, inputs, options, output, tables

FILLER = "fill-en"  # weighs --labels where no --model is named


@click.command()
@options.texts
@options.model("language-id")
@click.option(
    "--labels",
    metavar="WORD,...",
    help=f"Labels of your own, without training: weigh them as fillings of the --prompt, by a fill model ({FILLER} "
    "unless --model names one). WORD=LABEL gives a filling another name.",
)
@click.option("--prompt", metavar="TEXT", help="With --labels: what stands behind a text.  [default: It was ___.]")
@click.option(
    "--top", type=click.IntRange(1), metavar="N", default=3, show_default=True, help="How many labels to give."
)
@click.option("--explain", is_flag=True, help="Also say how much each word speaks for the first label.")
@click.option("--reject", is_flag=True, help="Give no label to a text unlike those that the model has learnt from.")
@options.as_json
@tables.accepted
def classify(
    texts: tuple[str, ...],
    file: str | None,
    encoding_errors: str,
    model: str,
    labels: str | None,
    prompt: str | None,
    top: int,
    explain: bool,
    reject: bool,
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Say which label a text has, and how sure that is.

    \b
    seqtext classify "Où est la gare ?"
    seqtext classify "A lovely film." --model runs/mine --explain
    seqtext classify --file reviews.txt --model runs/mine --json > answers.jsonl
    seqtext classify --labels good=positive,bad=negative --prompt "It was ___." --file reviews.txt

    Without --json, a --file gives one line for each of its lines: the likeliest label, or, from a model for several
    labels, all that the text is found to have with | between them; with TEXT, these are marked with *. With --explain,
    a word weighs what the log-odds of the label lose without it; below 0 it speaks against the label. Of a text longer
    than any that was learnt from, the beginning is read and weighed: "read" and "cut" in --json count the words that
    were and were not.

    To a table, the columns label, probability and unusual are added: the likeliest label, whatever --top says.

    A classifier trained to its end, on 50 texts or more, marks texts unlike those it has learnt from: "unusual" in
    --json, a note without. With --reject such a text gets an empty line, in --json no labels. language-id says
    "unknown" of text in none of its languages, of digits and code, and of fewer than three letters; in --json each
    language has its code.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    if labels is not None or prompt is not None:
        from seqtext.models.options import ClassifyOptions

        ClassifyOptions(labels=labels, prompt=prompt, explain=explain, reject=reject)
        zero_shot = {"labels": labels, "prompt": prompt, "top": top}
        return _classify_zero_shot(lines, file, _filler(model), zero_shot, as_json, table)
    from seqtext.storage.catalog import load

    classifier = load(model, "classify")
    if reject:
        classifier.check_can_reject()
    if table:
        return table.answer(classifier.classify, without={"--explain": explain}, top=top, reject=reject)
    _classify(classifier, lines, file, {"top": top, "reject": reject}, explain, as_json)


def _classify(
    classifier: Any,
    lines: Iterator[answers.InputLine],
    file: str | None,
    own: dict[str, Any],
    explain: bool,
    as_json: bool,
) -> None:
    """Answer with a classifier, text by text; own: the options of its method."""
    from seqtext.models.answers import answering
    from seqtext.models.classifier import BATCH
    from seqtext.models.options import ClassifyOptions

    record, asked = answering("classify"), ClassifyOptions(**own, explain=explain)
    unread, marked = answers.Unread("text"), 0
    answered = answers.answered(lines, file, lambda batch: record.ask(classifier, batch, asked), BATCH)
    for number, (text, labels) in enumerate(answered):
        noted = is_noted(classifier, labels)
        marked += noted
        read, cut = classifier.words_read(text)
        unread.add(read, cut)
        if as_json:
            output.say_json(record.tell(classifier, text, labels, asked))
        elif file and not explain:
            output.say(_line(labels))
        else:
            show(labels, classifier.explain(text) if explain and labels else [], number, noted)
    unread.say()
    if marked and file and not as_json:
        _note_unusual(marked, number + 1, own["reject"])


def _filler(model: str) -> Any:
    """Load the fill model that weighs --labels; raises ModelError for one of another task."""
    from seqtext.errors import ModelError
    from seqtext.storage.catalog import load

    source = click.get_current_context().get_parameter_source("model")
    name = FILLER if source is not ParameterSource.COMMANDLINE else model
    try:
        return load(name, "fill")
    except ModelError as error:
        if "one for 'fill' is needed" not in error.message:
            raise
        raise error.framed(
            after=" Labels of --labels fill a blank; a classifier has its own.",
            hint=f"leave --labels out, or --model {FILLER}",
        ) from error


def _classify_zero_shot(
    lines: Iterator[answers.InputLine],
    file: str | None,
    filler: Any,
    typed: dict[str, Any],
    as_json: bool,
    table: tables.TableOptions,
) -> None:
    """Answer with labels that fill the blank of a prompt."""
    from seqtext.models.answers import answering
    from seqtext.models.options import ClassifyOptions
    from seqtext.models.zero_shot import PROMPT, Verbalizer, parse_labels

    arguments = {
        **typed,
        "labels": parse_labels(typed["labels"]),
        "prompt": PROMPT if typed["prompt"] is None else typed["prompt"],
    }
    Verbalizer.of(arguments["labels"], arguments["prompt"])
    if table:
        return table.answer(filler.classify, without={}, **arguments)
    record, asked = answering("classify"), ClassifyOptions(**typed)
    for number, (text, labels) in enumerate(
        answers.answered(lines, file, lambda some: record.ask(filler, some, asked))
    ):
        if as_json:
            output.say_json(record.tell(filler, text, labels, asked))
        elif file:
            output.say(_line(labels))
        else:
            show(labels, (), number, noted=False)


def _note_unusual(marked: int, texts: int, reject: bool) -> None:
    left = "have no label" if reject else "are labelled all the same; --reject leaves their lines empty"
    output.note(f"Unlike what the model has learnt from: {marked:,} of {texts:,} texts, which {left}.")


def is_noted(classifier: Any, found: Sequence[Any]) -> bool:
    """Tell whether to note that a text is unusual. It is not noted if its label says so."""
    from seqtext.models.answers import is_unusual

    return is_unusual(found) and not (found and found[0].label == classifier.names.unknown)


def _line(found: Sequence[Any]) -> str:
    """Write the answer to a text on one line; several labels in alphabetical order."""
    chosen_labels = [label for label in found if label.chosen] if found and found[0].chosen is not None else found[:1]
    return output.one_line("|".join(sorted(label.label for label in chosen_labels)))


def show(found: Sequence[Any], reasons: Sequence[Any], number: int, noted: bool) -> None:
    """Print the labels of a text. Where asked for, the words that weigh most follow."""
    if number:
        output.say("")
    if found:
        rows = [[output.percent(label.probability), label.label, "*" * bool(label.chosen)] for label in found]
        output.say(output.table(rows, right=[0]))
    if noted:
        output.say("unusual: unlike the texts that the model has learnt from" if found else "")
    if reasons:
        ranked = sorted(reasons, key=lambda reason: -reason.weight)
        rows = [[f"{reason.weight:+.2f}", reason.text] for reason in ranked]
        output.say(f"\nfor {visible(found[0].label)}\n{output.table(rows, right=[0])}")
