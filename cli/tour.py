"""Implement `seqtext tour`, which walks through a lecture's steps. It runs their commands."""

import contextlib
import io
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from seqtext.shell import quote_all
from seqtext.tasks import TASKS
from seqtext.tour import layout
from seqtext.tour.steps import CORPORA, FOLDER, STEPS, Command, TourStep
from seqtext.tour.walk import check_corpora, check_training, chosen_steps, prepare, step_named

from . import options, output, process
from .options import UsageFault
from .progress import Progress

_ASKED_BEFORE = "Enter runs it, s skips it, a number goes to that step, q stops: "
_ASKED_AFTER = "Enter goes on, a number goes to that step, q stops: "


class Way(NamedTuple):
    """Hold the typed settings of a tour."""

    run: str
    corpora: str
    keep: bool
    pause: bool
    as_json: bool

    def again(self, step: TourStep) -> str:
        """Return the command that continues with a step."""
        words = ["seqtext", "tour", "--from", step.name]
        words += ["--run", self.run] if self.run != FOLDER else []
        words += ["--corpora", self.corpora] if self.corpora != CORPORA else []
        return quote_all([*words, *["--keep"] * self.keep])


class _Stopped(Exception):
    """Somebody has stopped the tour."""


class _GoTo(Exception):
    """Somebody goes to another step, named by the argument."""


class _Bar(Progress):
    """The bar of a training run, without the lines beside it."""

    def write(self, text: str) -> None:
        """Leave out a line."""


@click.command()
@click.argument("steps", metavar="[STEP]...", nargs=-1)
@click.option("--from", "first", metavar="STEP", help="Go on from this step, to the end.")
@click.option("--list", "listed", is_flag=True, help="List the steps, and about how long each takes.")
@click.option(
    "--corpora",
    metavar="FOLDER",
    default=CORPORA,
    show_default=True,
    help="The folder corpora of a clone of seqtext, whose texts some steps read.",
)
@click.option(
    "--run",
    "--folder",
    cls=options.Renamed,
    earlier=("--folder",),
    metavar="FOLDER",
    default=FOLDER,
    show_default=True,
    help="The folder to write: made-up texts, and a run for each training.",
)
@click.option("--keep", is_flag=True, help="Keep the runs; else each is removed at the end of its step.")
@click.option(
    "--pause/--no-pause", default=None, help="Wait for Enter before and after each step.  [default: on a terminal]"
)
@options.as_json
def tour(steps: tuple[str, ...], first: str | None, listed: bool, pause: bool | None, **typed: Any) -> None:
    """Walk a lecture on sequence models, from a bag of words to translation, with networks that learn as you watch.

    \b
    seqtext tour
    seqtext tour --list
    seqtext tour --from window
    seqtext tour lstm gru

    STEP is a name or a number of --list. Each step says what is built, shows its commands, runs them, draws what came
    of it, and says what to see in it. Most learn made-up texts of which the answer is known, small words with red and
    blue among them: each rung learns what the one
    below cannot, or not in as many updates.

    Ctrl-C or q stops anywhere, and the command that goes on is told. What is trained is removed at the end of its step
    unless --keep is given, so that every command can be typed as it stands; the made-up texts stay. Some steps read
    texts of seqtext's own, which a clone has in its folder corpora; training needs PyTorch.
    """
    if steps and first is not None:
        raise UsageFault(
            f"--from {first} and the steps {' '.join(steps)} were given; one is expected.", "leave --from out"
        )
    chosen = chosen_steps(steps, first)
    if listed:
        _list(chosen, typed["as_json"])
        return
    asks = output.on_terminal() and sys.stdin is not None and sys.stdin.isatty()
    way = Way(**typed, pause=(asks if pause is None else pause) and not typed["as_json"])
    check_corpora(chosen, Path(way.corpora))
    check_training(chosen)
    _walk(chosen, way)


def _list(steps: Sequence[TourStep], as_json: bool) -> None:
    if as_json:
        for step in steps:
            output.say_json({"step": step.number, "name": step.name, "title": step.title, "seconds": step.seconds})
        return
    rows = [[str(step.number), step.name, step.title, f"{output.clock(step.seconds)}"] for step in steps]
    output.say(output.table([["", "step", "what", "about"], *rows], right=[0, 3]))
    output.say(f"\nAll together about {output.clock(sum(step.seconds for step in steps))} on two cores.")


def _walk(steps: list[TourStep], way: Way) -> None:
    """Show steps one after the other, until the end or until somebody stops."""
    index = 0
    if not way.as_json:
        _greet(steps, way)
    with process.terminable(lambda: f"Stopped; go on with\n  {way.again(steps[index])}"):
        try:
            while index < len(steps):
                try:
                    _show(steps[index], way)
                    index += 1
                except _GoTo as wish:
                    steps, index = list(STEPS), step_named(str(wish)).number - 1
                    check_corpora(steps[index : index + 1], Path(way.corpora))
                    check_training(steps[index : index + 1])
        except _Stopped:
            output.note(f"\nStopped; go on with\n  {way.again(steps[index])}")
        except KeyboardInterrupt as interruption:
            output.note(f"\nStopped; go on with\n  {way.again(steps[index])}")
            raise click.exceptions.Exit(process.status(interruption)) from None


def _greet(steps: Sequence[TourStep], way: Way) -> None:
    count, seconds = len(steps), sum(step.seconds for step in steps)
    what = f"{count} steps" if count > 1 else "One step"
    stays = "stays" if way.keep else "is removed again after its step (--keep keeps it)"
    output.say(
        layout.paragraphs(
            f"{what}, about {output.clock(seconds)} on two cores. Texts and what is trained are written to the folder "
            f"{way.run}; what is trained {stays}. Ctrl-C stops anywhere."
        )
    )


def _show(step: TourStep, way: Way) -> None:
    """Show a step: what it is about, its commands, its figure, what to see."""
    typed = prepare(step, Path(way.run), Path(way.corpora))
    if way.as_json:
        with _runs(typed.runs, way.keep):
            results = [_result(command, words) for command, words in zip(step.commands, typed.lines, strict=True)]
        output.say_json({"step": step.number, "name": step.name, "title": step.title, "commands": results})
        return
    head = f"── {step.number} of {len(STEPS)} · {step.name} "
    tail = f" about {output.clock(step.seconds)} ──"
    output.say_painted("\n" + output.paint(f"{head:─<{layout.WIDTH - len(tail)}}{tail}", **_style(fg="yellow")))
    output.say_painted(output.paint(step.title, **_style(bold=True)))
    output.say(f"\n{layout.paragraphs(step.about)}\n")
    for words in typed.lines:
        output.say(layout.command_line(words))
    output.say("")
    if _asked(_ASKED_BEFORE, way) == "s":
        return
    with _runs(typed.runs, way.keep):
        _figure(step, typed.lines)
        output.say(f"\n{layout.paragraphs(step.look)}")
        _asked(_ASKED_AFTER, way)


def _style(**style: Any) -> dict[str, Any]:
    """Return a style on a terminal, none elsewhere."""
    return style if output.in_colour() else {}


def _asked(question: str, way: Way) -> str:
    """Return what is typed at a pause, s or nothing; raises _Stopped and _GoTo."""
    while way.pause:
        try:
            answer = input(question).strip().lower()
        except EOFError:
            raise _Stopped from None
        if answer in ("q", "quit", "exit"):
            raise _Stopped
        if answer in ("", "s"):
            return answer
        if answer in {name for step in STEPS for name in (str(step.number), step.name)}:
            raise _GoTo(answer)
        output.note(f"{answer!r} was received; a step is 1 to {len(STEPS)}, or its name.")
    return ""


@contextlib.contextmanager
def _runs(runs: dict[str, Path], keep: bool) -> Iterator[None]:
    """Remove the runs of a step at its end, unless they are kept."""
    try:
        yield
    finally:
        for path in () if keep else runs.values():
            shutil.rmtree(path, ignore_errors=True)


def _figure(step: TourStep, lines: Sequence[Sequence[str]]) -> None:
    """Run the commands of a step and show what comes of each as soon as it is there."""
    margin = max((len(command.name) for command in step.commands), default=0)
    otherwise = ""
    if step.is_scored:
        output.say(layout.CAPTION)
    for command, words in zip(step.commands, lines, strict=True):
        result = _result(command, words)
        if command.trains:
            output.say_painted(_score(command, result, margin))
            otherwise = otherwise or layout.surprise(command, result["metrics"].get("accuracy", 0.0))
            continue
        if len(step.commands) > 1:
            output.say(f"\n$ {layout.command_line(words).strip()}")
        output.say("\n".join(layout.shown_lines(result["output"], command.shows)))
    if otherwise:
        output.say(f"\n{layout.paragraphs(otherwise)}")


def _result(command: Command, words: Sequence[str]) -> dict[str, Any]:
    """Run a command: its line, its seconds, and its scores or what it printed."""
    began = time.monotonic()
    facts = {"metrics": _trained(words)} if command.trains else {"output": _printed(words)}
    return {"command": quote_all(words), "seconds": round(time.monotonic() - began, 1), **facts}


def _root() -> click.Group:
    found = click.get_current_context().find_root().command
    assert isinstance(found, click.Group)
    return found


def _printed(words: Sequence[str]) -> str:
    """What a command prints; raises what it raises, KeyboardInterrupt where it was interrupted."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()) as said:
            root = _root()
            with root.make_context("seqtext", list(words[1:])) as context:
                root.invoke(context)
    except click.exceptions.Exit as left:
        if left.exit_code >= 128:
            raise KeyboardInterrupt(left.exit_code - 128) from None
        output.note(said.getvalue())
        raise
    return printed.getvalue()


def _trained(words: Sequence[str]) -> dict[str, float]:
    """Train as a command line says, with a bar on a terminal; return the scores on held-out text."""
    from .train import plan, train

    task = TASKS[words[2]]
    above = click.get_current_context()
    command = train.get_command(above, task.name)
    assert command is not None
    with command.make_context(task.name, list(words[3:]), parent=above) as context:
        events = plan(task, **context.params)
    bar = _Bar(task.name)
    try:
        with contextlib.closing(events()) as stream:
            for event in stream:
                bar.show(event)
    finally:
        bar.close()
    assert bar.finished is not None
    return dict(bar.finished.metrics)


def _score(command: Command, result: dict[str, Any], margin: int) -> str:
    """Write the line of a training run in its step's figure, green where a made-up text was learnt."""
    metrics = result["metrics"]
    if command.chance:
        line = layout.score_line(command, metrics["accuracy"], margin)
        return output.paint(line, **_style(fg="green") if line.endswith("learnt") else {})
    name = output.known_by(result["command"].split()[2], metrics)
    return output.paint(f"{command.name:{margin}}  {name.replace('_', ' ')} {output.number(metrics[name])}")
