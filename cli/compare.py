"""Implement `seqtext compare`, which trains several configurations for equal minutes.

It prints a league table.
"""

import contextlib
import dataclasses
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from seqtext.characters import visible
from seqtext.data.split import measured_on
from seqtext.errors import ConfigError, nearest
from seqtext.evaluation.league import FILE, League, Row, Turn, chosen_rungs
from seqtext.extras import needed
from seqtext.fields import renamed
from seqtext.shell import quote
from seqtext.tasks import TASKS

from . import options, output, process
from .options import UsageFault
from .progress import Progress


@click.command()
@click.argument("task", metavar="TASK")
@click.argument("corpora", metavar="[CORPUS]...", nargs=-1)
@click.option("--run", required=True, metavar="FOLDER", help="The folder to write; each setting is a run in it.")
@click.option("--minutes", type=float, metavar="M", help="Train each setting for so long.  [default: 1; at least 0.01]")
@click.option(
    "--rung",
    "rungs",
    metavar="NAME",
    multiple=True,
    help="Compare this rung; may be repeated. "
    + " ".join(f"Of {task.name}: {', '.join(task.rungs)}." for task in TASKS.values()),
)
@click.option(
    "--each",
    metavar="NAME=VALUE,...",
    multiple=True,
    help="Compare these settings, as in encoder=bag,pooling=mean; may be repeated.",
)
@click.option("--set", "common", metavar="NAME=VALUE", multiple=True, help="A setting that all have; may be repeated.")
@click.option("--preset", metavar="NAME", help="Settings that go together; single settings win.  [default: base]")
@click.option("--valid", metavar="CORPUS", multiple=True, help="Held-out text; without it some is set aside.")
@click.option("--seed", type=int, metavar="N", help="Makes every random choice repeatable.  [default: 1]")
@click.option(
    "--seeds", type=int, metavar="N", help="Train each setting with N seeds, for M minutes each.  [default: 1]"
)
@click.option("--threads", type=int, metavar="N", help="Processor threads.  [default: what learns fastest]")
@click.option(
    "--opponents/--no-opponents",
    default=None,
    help="Of classify, also let fastText, tf-idf with logistic regression, and a transformer as large as the best "
    "setting learn, for the minutes each.  "
    "[default: those installed, unless --rung or --each is given]",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted comparison, which knows its corpus.")
@options.picture("the metric over the minutes and over the size", default="FOLDER/league.png")
@options.columns
@options.encoding_errors
@options.encoding
@options.as_json
def compare(task: str, run: str, picture: str | None, as_json: bool, **typed: Any) -> None:
    """Train several settings for the same minutes each and print a league table.

    \b
    seqtext compare classify reviews.tsv --run runs/ladder --minutes 2
    seqtext compare classify reviews.tsv --run runs/two --each encoder=bag,pooling=mean --each encoder=lstm
    seqtext compare generate novel.txt --run runs/cells --rung rnn --rung lstm --preset small
    seqtext compare classify --run runs/ladder --resume

    TASK is classify, fill, generate, anomaly, translate or summarize. Without --rung and --each, all rungs of the task
    are compared.

    One learns after the other, all from the same texts, and all are measured on the same held-out ones. The table has
    the metric of the weights that were kept, parameters, tokens learnt per second, the size of weights.safetensors, the
    median time of one answer, and the metric over the minutes; its 95 % range is what the middle 95 % of bootstrap
    resamples of the held-out texts span, and = marks a row that a paired bootstrap cannot tell from the one above.
    Ctrl-C saves; the same command, or --resume, goes on; with further settings or more seeds, the same command adds
    them.

    With --seeds 3, each setting learns three times from the same texts, with --seed and the two seeds after it; the
    table has means, and the standard deviation of the three scores behind ±. The bootstrap then draws seeds, too.
    """
    each, common = typed.pop("each"), typed.pop("common")
    given: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in typed.items()
        if value not in (None, ())
    }
    chosen_rungs(task, given.get("rungs", ()))  # an unknown task or rung is said before torch is loaded
    options.check_corpora(typed["corpora"], typed["resume"], f"seqtext compare {task}", run)
    if typed["resume"]:
        used = ("run", "resume", "picture", "as_json")
        options.check_resumable(click.get_current_context(), used, f"seqtext compare {task}", run)
    given["each"] = [_assigned(text, task, "--each") for text in each]
    for text in common:
        given |= _assigned(text, task, "--set")
    sources = given.pop("corpora", None)

    def events() -> Any:
        with needed("Training"):
            from seqtext.training.compare import compare

        return compare(task, sources, run, **given)

    league = _follow(events, task, run)
    picture_path = picture or str(Path(run) / "league.png")
    if picture or find_spec("matplotlib") is not None:
        league.picture(picture_path)
        output.note(f"Drawn     {picture_path}")
    if as_json:
        _say_rows(league)
    else:
        output.say(_table(league))


def _say_rows(league: League) -> None:
    """Print the rows as JSON, the best first."""
    for row in league.ranked():
        facts = {name: value for name, value in row.to_dict().items() if name not in ("interval", "runs")}
        told = {"metric": league.metric, "measured_on": measured_on(league.held_out)}
        spans = {} if row.interval is None else {"intervals": {league.metric: row.interval}}
        p_value = {"p_value": league.p_values[row.name]} if row.name in league.p_values else {}
        output.say_json({**told, **facts, **spans, **p_value})


def _assigned(text: str, task: str, flag: str) -> dict[str, Any]:
    """Read NAME=VALUE,... as settings of a task, checked; a comma without NAME= after it belongs to the value."""
    configs, settings = TASKS[task].configs, {}
    fields = {item.name: item for config in configs for item in dataclasses.fields(config)}
    for pair in re.split(r",(?=[^,=]*=)", text):
        name, _, value = (side.strip() for side in pair.partition("="))
        name = next(iter(renamed({name.removeprefix("--").replace("-", "_"): value}, *configs)))
        if not name or not value:
            raise UsageFault(f"{flag} received {text!r}; NAME=VALUE is expected.", f"{flag} hidden=64")
        if name not in fields:
            raise ConfigError(
                f"{flag} received {name!r}, which is no setting of {task}; accepted are {', '.join(fields)}.",
                f"{flag} {nearest(name, fields)}={value}",
            )
        settings[name] = value if isinstance(fields[name].default, str) else _value(value)
    return options.chosen(configs, settings, None)


def _value(text: str) -> Any:
    try:
        return json.loads(text.lower())
    except ValueError:
        return text  # the config says what is wrong with it


def _follow(compare: Any, task: str, run: str) -> League:
    """Show a comparison until its end; a signal leaves with its status and the command that goes on."""
    progress = Progress()
    turn: Turn | None = None

    def last_words() -> str:
        again = f"go on with\n  seqtext compare {task} --run {quote(run)} --resume"
        where = f" in {turn.name}, {turn.number} of {turn.count}" if turn is not None else ""
        saved = again if (Path(run) / FILE).is_file() else "nothing was saved"
        return visible(f"Interrupted{where}; {saved}", keep="\n")

    try:
        with process.terminable(last_words), contextlib.closing(compare()) as events:
            for event in events:
                if isinstance(event, League):
                    return event
                if isinstance(event, Row):
                    progress.close()
                    output.note(_reached(event, output.known_by(task, event.metrics)))
                elif isinstance(event, Turn):
                    progress.close()
                    progress, turn = Progress(task), event
                    chosen = ", ".join(f"{name} {value}" for name, value in event.settings.items())
                    how = {"interrupted": "; goes on", "finished": "; finished earlier"}.get(event.state, "")
                    how = f"; seed {event.seed}{how}" if event.seed else how
                    how = f"; left out: {visible(event.why)}" if event.why else how
                    what = visible(f"{event.name}: {chosen or 'an outside opponent'}")
                    output.note(f"\n{event.number} of {event.count}    {what}{how}")
                else:
                    progress.show(event)
    except KeyboardInterrupt as interruption:
        progress.close()
        output.note(last_words())
        raise click.exceptions.Exit(process.status(interruption)) from None
    finally:
        progress.close()
    raise AssertionError("a comparison ends with its league")


def _reached(row: Row, score: str) -> str:
    found = row.metrics.get(score, row.score)
    why = "" if row.outside else f": {row.reason}"
    return f"Reached   {score} {output.number(found)} in {output.clock(row.seconds)}{why}"


def _table(league: League) -> str:
    """Write the league for a person: a row per setting, the best first."""
    minutes, ties = league.request.minutes, league.ties()
    spans = any(row.interval for row in league.rows.values())
    head = [league.metric, *["95 % range"] * spans]
    rows = [["", "setting", *head, "parameters", "tokens/s", "file", "ms/answer", f"over {minutes:g} min"]]
    for number, (row, curve) in enumerate(zip(league.ranked(), league.curves(), strict=True), 1):
        speed = None if row.tokens_per_second is None else round(row.tokens_per_second)
        rows.append([
            f"{number}{'=' if row.name in ties else ' ' * bool(ties)}", f"{row.name}{' (outside)' * row.outside}",
            f"{output.number(row.score)}{'' if row.spread is None else f' ± {output.number(row.spread)}'}",
            *[output.span_after(row.interval).strip()] * spans, output.number(row.parameters), output.number(speed),
            output.size(row.file_bytes), f"{row.milliseconds:.2f}", curve,
        ])  # fmt: skip
    right = [column for column in (0, *range(2, 7 + spans)) if not (spans and column == 3)]
    shown = f"{output.table(rows, right=right)}\n\nHeld out  {league.held_out}"
    if ties:
        shown += "\n=         cannot be told apart from the row above (paired bootstrap, p ≥ 0.05)"
    names = ("held_out_texts", "measured_texts")  # the second where nothing was held out
    counts = {row.name: next(filter(None, map(row.metrics.get, names)), None) for row in league.ranked()}
    fewer = ", ".join(f"{name} on {count:,.0f}" for name, count in counts.items() if count)
    return f"{shown}\nMeasured  on other texts than the rest, for want of time: {fewer}" if fewer else shown
