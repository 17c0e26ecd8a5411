"""Implement `seqtext inspect`, which shows gradients, tokens, attention and memorised text."""

import shutil
from typing import Any

import click

from seqtext.config import READERS
from seqtext.extras import needed
from seqtext.tasks import ANOMALY

from . import inputs, options, output
from .options import UsageFault

_STARTS = ("orthogonal", "usual")  # those of seqtext.plots.gradients, which would slow --help down
_CLIPPING = """\
Clipping multiplies the gradient of all weights by one number (last column), and every step's part of it alike. So it
tames a gradient that explodes; first/last stays as it is: clipping cannot mend a gradient that vanishes."""


@click.group(cls=options.Commands, no_args_is_help=False)
def inspect() -> None:
    """Look inside: gradients through time, how a text is cut, what a translator looked at, what is known by heart.

    \b
    seqtext inspect gradients novel.txt --picture gradients.png
    seqtext inspect tokens "The cat sat." --model fill-en
    seqtext inspect attention "The book is on the table." --to fr
    seqtext inspect memory runs/novel novel.txt
    """


@inspect.command("gradients")
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@click.option("--cell", "cells", type=click.Choice(READERS), multiple=True, help="Only this cell; may be repeated.")
@click.option(
    "--start",
    "starts",
    type=click.Choice(_STARTS),
    multiple=True,
    help="Only this start, of which see above; may be repeated.",
)
@click.option("--hidden", type=click.IntRange(1), metavar="N", help="Units of a network.  [default: 128]")
@click.option("--steps", type=click.IntRange(0), metavar="N", help="Train each for so many updates and measure again.")
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="Instead, a language model before and after its training.",
)
@options.revision
@click.option(
    "--window-length",
    "--length",
    cls=options.Renamed,
    earlier=("--length",),
    type=click.IntRange(2),
    metavar="N",
    default=100,
    show_default=True,
    help="Steps of a window of text.",
)
@click.option(
    "--windows", type=click.IntRange(1), metavar="N", default=16, show_default=True, help="How many are averaged over."
)
@click.option(
    "--clip",
    type=click.FloatRange(0),
    metavar="NORM",
    default=1.0,
    show_default=True,
    help="Largest gradient of all weights; 0 clips nothing.",
)
@options.picture("the norms")
@options.seed()
@click.option(
    "--threads", type=click.IntRange(0), metavar="N", default=0, help="Processor threads.  [default: every core]"
)
@options.encoding_errors
@options.as_json
def gradients(
    corpora: tuple[str, ...],
    cells: tuple[str, ...],
    starts: tuple[str, ...],
    hidden: int | None,
    steps: int | None,
    model: str | None,
    picture: str | None,
    as_json: bool,
    **settings: Any,
) -> None:
    """Show how much of the loss at a step reaches each step before it, for every cell, on your own text.

    \b
    seqtext inspect gradients novel.txt --picture gradients.png
    seqtext inspect gradients novel.txt --cell rnn --cell lstm --start orthogonal --steps 200
    seqtext inspect gradients novel.txt --model runs/novel --json

    Networks forecast the next character. Measured is the norm of the gradient of the loss after the last step with
    respect to the state of each step; where it vanishes, nothing is learnt from what stands that far back.

    --start orthogonal is how seqtext begins: recurrent weights that keep lengths, which carries even a simple RNN's
    gradient for a while; usual is how RNNs are begun elsewhere, with every weight uniform within ±1/√hidden. The LSTM's
    forget gates have a bias of 1 in both.
    """
    typed: dict[str, Any] = {"cells": cells, "starts": starts, "hidden": hidden, "steps": steps}
    chosen = {name: value for name, value in typed.items() if value not in ((), None)}
    if model and chosen:
        flag = {"cells": "--cell", "starts": "--start"}.get(name := next(iter(chosen)), f"--{name}")
        raise UsageFault(f"--model and {flag} were given; a trained model has its own.", f"leave {flag} out")
    from seqtext.plots.gradients import gradient_picture, gradient_rows, gradient_text

    with needed("Measuring gradients"):
        from seqtext.training.gradients import gradient_flows, model_flows

    measured = model_flows(model, corpora, **settings) if model else gradient_flows(corpora, **chosen, **settings)
    flows = []
    for flow in measured:
        flows.append(flow)
        if as_json:
            output.say_json(flow.to_dict())
        elif flow.steps and flow.largest:
            output.note(
                f"{flow.cell}, {flow.start}: {flow.steps:,} updates, of which {flow.clipped:,} were clipped; the "
                f"largest gradient had a norm of {flow.largest:.2g}; loss {flow.loss:.2f}"
            )
    if picture:
        gradient_picture(flows, picture)
    if not as_json:
        output.say(output.table(gradient_rows(flows), right=range(3, 20)))
        output.say(f"\n{gradient_text(flows, shutil.get_terminal_size().columns)}\n\n{_CLIPPING}")


@inspect.command("tokens")
@options.texts
@options.model("generate-en")
@click.option("--target", is_flag=True, help="As a translator writes it, not as it reads it.")
@options.as_json
def tokens(
    texts: tuple[str, ...], file: str | None, encoding_errors: str, model: str, target: bool, as_json: bool
) -> None:
    """Show how a model's tokenizer cuts a text: pieces, their ids, and the characters that each stands for.

    \b
    seqtext inspect tokens "The cat sat on the refrigerator." --model fill-en
    seqtext inspect tokens --file log.txt --model runs/log --json > tokens.jsonl

    Of an anomaly model, the tokens are those of the line as it is read, which is shown with what was masked: each
    stand-in, and what it hides.
    """
    lines = inputs.read_texts(texts, file, encoding_errors)
    from seqtext.models.token_pieces import pieces
    from seqtext.storage.catalog import load

    reader = load(model)
    for number, (place, text) in enumerate(lines):
        masked = _masked(reader, text)
        read = masked.masked if masked else text
        with inputs.faults_at(place):
            token_pieces = pieces(reader, read, "target" if target else "source")
        if as_json:
            hidden = (
                {"masked": masked.masked, "stand_ins": [stand_in._asdict() for stand_in in masked.stand_ins]}
                if masked
                else {}
            )
            output.say_json({"text": text, **hidden, "tokens": [piece._asdict() for piece in token_pieces]})
            continue
        if masked:
            output.say_apart(_hidden(masked), number)
        rows = [
            [str(piece.id), str(piece.start), str(piece.end), repr(piece.text), piece.token] for piece in token_pieces
        ]
        table = output.table([["id", "start", "end", "text", "token"], *rows], right=[0, 1, 2])
        output.say_apart(f"{table}\ntokens: {len(token_pieces):,}, characters: {len(read):,}", number + bool(masked))


def _masked(reader: Any, text: str) -> Any:
    """Return a line as an anomaly model reads it; None for other models, and for sessions, whose tokens are lines."""
    if getattr(reader, "task", "") != ANOMALY.name or reader.templates:
        return None
    from seqtext.models.masked_line import masked_line

    return masked_line(reader, text)


def _hidden(masked: Any) -> str:
    """Return the masked line, and the text that each of its stand-ins hides."""
    rows = [[stand_in.kind, repr(stand_in.stand_in), repr(stand_in.text)] for stand_in in masked.stand_ins]
    table = "\n" + output.table([["kind", "stand-in", "hides"], *rows]) if rows else ""
    return f"masked: {output.one_line(masked.masked)}{table}"


@inspect.command("attention")
@click.argument("source")
@click.argument("target", required=False)
@click.option("--to", "language", metavar="LANGUAGE", help="Into this language, with a bundled model.  [default: fr]")
@click.option("--from", "own", metavar="LANGUAGE", help="From this language.  [default: en]")
@click.option(
    "-m",
    "--model",
    metavar="MODEL",
    callback=options.pinned,
    help="A translator or summarizer: a bundled name, a folder, a Hub id.",
)
@options.revision
@options.picture("the weights")
@options.as_json
def attention(
    source: str,
    target: str | None,
    language: str | None,
    own: str | None,
    model: str | None,
    picture: str | None,
    as_json: bool,
) -> None:
    """Show which words of a source each word of its translation or summary looked at.

    \b
    seqtext inspect attention "The book is on the table." --to fr
    seqtext inspect attention "The book is on the table." "Le livre est sur la table." --model runs/mine
    seqtext inspect attention "The book is on the table." --picture attention.png

    Without TARGET, the model writes its own. With --json, "weights" has a row for each word of the target.
    """
    if model and (language or own):
        raise UsageFault("--model was given with --to or --from, which choose a bundled one.", f"--model {model}")
    from seqtext.models.answers import alignment_pairs
    from seqtext.plots.attention import attention_picture, attention_text
    from seqtext.storage.catalog import bundled_for, load

    name = model or bundled_for("translate", own or "en", language or "fr")
    reader = load(name)
    if not hasattr(reader, "align"):
        from seqtext.errors import ModelError

        raise ModelError(
            f"{name} is a model for {reader.task!r}; one for 'translate' or 'summarize' is needed.",
            "seqtext inspect attention --help",
        )
    answer = getattr(reader, reader.task)  # a translator's translate, a summarizer's summarize
    written = answer([source])[0][0].text if target is None else target
    aligned = reader.align(source, written)
    if picture:
        attention_picture(aligned, picture)
    if as_json:
        seen = {**alignment_pairs(aligned), "weights": aligned.weights.tolist()}
        output.say_json({"source": source, "target": written, "alignment": seen})
    else:
        output.say(f"{written}\n\n{attention_text(aligned, shutil.get_terminal_size().columns)}")


@inspect.command("memory")
@click.argument("model", callback=options.pinned)
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@click.option("--valid", metavar="CORPUS", multiple=True, help="Text of the same kind that was never learnt.")
@click.option(
    "--samples",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=200,
    show_default=True,
    help="Lines of each kind that are continued, and texts that are written freely.",
)
@options.seed()
@click.option(
    "--top", type=click.IntRange(0, 1000), metavar="N", default=5, show_default=True, help="Copied runs that are shown."
)
@options.columns
@options.encoding_errors
@options.encoding
@options.revision
@options.as_json
def memory(model: str, corpora: tuple[str, ...], valid: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Measure what a model that writes recites of the text that it has learnt.

    \b
    seqtext inspect memory runs/novel novel.txt
    seqtext inspect memory generate-en stories.txt --valid other-stories.txt --samples 500 --json

    CORPUS is what was learnt from. The model is given the first half of some of its lines, at most 25 words, and goes
    on: a line has come back when all its other words, at most 25, do. Lines that the run held out, or those of --valid,
    tell how many come back by themselves. "Greedily" the likeliest token is taken each time, "Drawn" tokens are drawn
    once, at temperature 0.8. Of texts that it writes freely, runs of 12 words count as copied; what is shorter, or
    stands in more than 10 places, is a phrase. Translators and summarizers are asked for targets by their sources and
    by half of them.
    """
    from seqtext.evaluation.memory import measure_memory
    from seqtext.storage.catalog import load

    if settings["encoding"] is None:
        del settings["encoding"]
    report = measure_memory(load(model), corpora, valid=valid or None, **settings)
    if as_json:
        output.say_json({"model": model, **report.to_dict()})
    else:
        output.say(_recited(report))


def _recited(found: Any) -> str:
    """Describe for a person what a model recites."""
    if found.copied is None:
        lines = [
            f"Sources    {found.drawn.told('sources', 'give their targets back')}",
            f"Beginnings {found.recital.told('sources', 'give their whole targets when cut in half')}",
        ]
    else:
        usual = "" if found.usual is None else f", {100 * found.usual:.3g} % of those of lines never learnt"
        lines = [
            f"Greedily   {found.recital.told()}",
            f"Drawn      {found.drawn.told()}",
            f"Freely     {100 * found.copied:.3g} % of the runs of 12 words that it wrote are copied{usual}",
        ]
    if not found.known:
        lines.append("Known      not by its run, which is not here: all of the corpus counts as learnt")
    lines.append(f"Verdict    {found.recital.verdict}")
    if found.runs:
        rows = [[str(run.words), str(run.characters), run.how, run.place, run.text] for run in found.runs]
        lines += ["", output.table([["words", "characters", "how", "place", "text"], *rows], right=[0, 1])]
    return "\n".join(lines)
